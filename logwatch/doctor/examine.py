"""Run all checks in their order: from mesibo's configuration to the pager."""

from collections.abc import Iterator
from pathlib import Path

from logwatch.assembly import Parts, assemble
from logwatch.config import Config
from logwatch.config.default import find
from logwatch.doctor import credentials, logs, mesibo, monitoring, outbound, service, state, webhook
from logwatch.doctor.check import Check, failure, ok
from logwatch.doctor.host import Host
from logwatch.errors import LogwatchError
from logwatch.events import quoted
from logwatch.mesibo_conf import push_logging
from logwatch.words import followed

PROMETHEUS = "http://127.0.0.1:9090"


def examine(
    host: Host,
    path: Path | None = None,
    mesibo_conf: Path | None = None,
    prometheus: str | None = None,
    alertmanager: str | None = None,
    *,
    way_out: bool = False,
) -> Iterator[Check]:
    """Yield the rows as they are found; what is not named is looked for in its usual place, and need not be there."""
    prometheus, alertmanager = (url and host.log_in(url) for url in (prometheus, alertmanager))
    checks, config, parts = _configuration(path)
    yield from mesibo.configuration(config, mesibo_conf)
    yield from checks
    if config is not None:
        yield from mesibo.running(host, config)
        options = "" if path is None else f" --config {quoted(path)}"
        reached: set[str] = set()  # sources with a log that this user can see
        if parts is not None:
            for source in config.source:
                if source.webhook:
                    yield from webhook.rows(config, source)
                    continue
                for row in logs.rows(host, parts, source, push_logging(source, mesibo_conf), options):
                    yield row
                    if row.verdict == "ok" and row.name in logs.there(source):
                        reached.add(source.name)
        yield from credentials.rows(host, config)
        yield from credentials.handed_over(config)
        yield from state.directory(host, config)
        yield from service.listening(host, config, path)
        yield from service.in_reach(host, config, reached)
    yield from service.unit(host)
    yield from service.reading(host)
    asked = prometheus is not None
    yield from monitoring.prometheus(host, prometheus or PROMETHEUS, asked=asked, alertmanager=alertmanager)
    if way_out:
        yield from outbound.rows(host)
    yield from service.versions(host, config)


def _configuration(path: Path | None) -> tuple[list[Check], Config | None, Parts | None]:
    """Load what ``run`` would load: return rows, configuration and parts, None for what cannot be loaded."""
    name = "configuration"
    try:
        config, story = find(path)
    except LogwatchError as error:
        return [_refused(name, error)], None, None
    try:
        parts = assemble(config)
    except LogwatchError as error:
        return [_refused(name, error)], config, None
    return [ok(name, f"{story}; {followed(len(config.source), parts.grammars)}")], config, parts


def _refused(name: str, error: LogwatchError) -> Check:
    """Put every problem of a configuration into one row, as `run` would print them."""
    remedies = dict.fromkeys(problem.try_ for problem in error.problems if problem.try_)
    return failure(
        name,
        "; ".join(problem.headline for problem in error.problems),
        "; ".join(remedies) or "fix it: `mesibo-logwatch check` says when it is right",
    )
