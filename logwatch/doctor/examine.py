"""Puts the rows of an examination in their order: from mesibo's configuration to the pager."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from logwatch.assembly import Parts, assemble
from logwatch.config import Config
from logwatch.config.default import find
from logwatch.doctor import credentials, logs, mesibo, monitoring, service, state, webhook
from logwatch.doctor.check import Check, Host, failure, ok
from logwatch.errors import LogwatchError

MESIBO_CONF = Path("/etc/mesibo/mesibo.conf")
PROMETHEUS = "http://127.0.0.1:9090"


@dataclass(frozen=True, slots=True)
class Questions:
    """What was asked for; None means the usual place, whose absence is no fault."""

    config: Path | None = None
    mesibo_conf: Path | None = None
    prometheus: str | None = None


def examine(questions: Questions, host: Host) -> Iterator[Check]:
    """Give the rows as they are found."""
    checks, config, parts = _configuration(questions.config)
    yield from mesibo.configuration(host, questions.mesibo_conf or MESIBO_CONF, asked=questions.mesibo_conf is not None)
    yield from checks
    if config is not None:
        yield from mesibo.running(host, config)
        if parts is not None:
            for source in config.source:
                yield from webhook.source(config, source) if source.webhook else logs.source(host, parts, source)
        yield from credentials.rows(host, config)
        yield from state.directory(config)
        yield from service.listening(host, config)
    yield from service.unit(host)
    yield from monitoring.prometheus(host, questions.prometheus or PROMETHEUS, asked=questions.prometheus is not None)
    yield from service.versions(host, config)


def _configuration(path: Path | None) -> tuple[list[Check], Config | None, Parts | None]:
    """Load what ``run`` would load."""
    name = "configuration"
    try:
        config, story = find(path)
    except LogwatchError as error:
        return (
            [failure(name, f"{p.where}: {p.what}" + (f": {p.why}" if p.why else ""), p.try_) for p in error.problems],
            None,
            None,
        )
    try:
        parts = assemble(config)
    except LogwatchError as error:
        return (
            [failure(name, f"{p.where}: {p.what}" + (f": {p.why}" if p.why else ""), p.try_) for p in error.problems],
            config,
            None,
        )
    return [ok(name, f"{story}; {len(config.source)} source(s), grammar(s) {', '.join(parts.grammars)}")], config, parts
