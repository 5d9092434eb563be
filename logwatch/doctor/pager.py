"""Check the last steps: Alertmanager answers, its route leads to somebody, and the runbook link opens."""

import json
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml

from logwatch.config import bad_address
from logwatch.config.listen import is_loopback
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import UNAUTHORIZED, Host, NoAnswer
from logwatch.doctor.route import integrations, receivers
from logwatch.doctor.shipped import RuleFile
from logwatch.words import names

_LONGEST_CONFIG = 1 << 18  # characters: PyYAML's own parser takes some 30 us for each
_TEMPLATE = "{{"  # where Prometheus fills something in


class _Plain(yaml.SafeLoader):
    """Reads YAML without aliases, which Alertmanager never writes: a few lines of them can make an endless route."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError
        return super().compose_node(parent, index)


def alertmanager(host: Host, bases: Sequence[str], shipped: Sequence[RuleFile]) -> Iterator[Check]:
    """Yield the rows of the Alertmanagers at these addresses, each of which is asked itself."""
    name = "alertmanager"
    if not bases:
        yield warning(
            name,
            "Prometheus knows none: alerts reach nobody",
            "set alerting.alertmanagers in its prometheus.yml, or name yours with --alertmanager URL",
        )
        return
    answered: list[str] = []
    refused: list[str] = []
    closed: list[str] = []
    config: dict[str, Any] | None = None
    for base in bases:
        try:
            found = _configuration(host, base.rstrip("/"))
            config = found if config is None else config
            answered.append(base)
        except NoAnswer as why:
            (closed if why.status == UNAUTHORIZED else refused).append(f"{base}: {why}")
    if closed and config is None:  # Prometheus may have a login for them
        login = "name one with a login: --alertmanager http://USER:PASSWORD@HOST"
        yield skipped(name, names([*closed, *refused], "; "), login)
        return
    if refused and config is None:
        yield failure(
            name,
            f"{names(refused, '; ')}: alerts reach nobody",
            "start it (on a host without a private IP address it needs --cluster.listen-address=); if it is elsewhere,"
            " fix alerting.alertmanagers in prometheus.yml, or name it with --alertmanager URL",
        )
        return
    if refused:
        yield warning(name, names(refused, "; "), "start it, or take it out of alerting.alertmanagers")
    else:
        yield ok(name, f"{names(answered)} answers")
    yield _routed(config or {}, shipped)


def _configuration(host: Host, base: str) -> dict[str, Any]:
    """Ask an Alertmanager for its configuration, in which it masks secrets."""
    try:
        answer = json.loads(host.fetch(f"{base}/api/v2/status"))
        text = answer["config"]["original"]
        if len(text) > _LONGEST_CONFIG:
            raise NoAnswer(f"its configuration has more than {_LONGEST_CONFIG} characters, which are not looked at")
        config = yaml.load(text, _Plain)  # noqa: S506  a safe loader
    except (AttributeError, ValueError, KeyError, TypeError, RecursionError, yaml.YAMLError):
        raise NoAnswer("what answers there is not Alertmanager") from None
    if not isinstance(config, dict):
        raise NoAnswer("what answers there is not Alertmanager")
    return config


def _routed(config: dict[str, Any], shipped: Sequence[RuleFile]) -> Check:
    name = "alertmanager route"
    try:
        kinds = integrations(config)
        reached = {
            severity: sorted(
                {
                    receiver
                    for each in shipped
                    for labels in each.alerts
                    if labels.get("severity") == severity
                    for receiver in receivers(config.get("route") or {}, {"cluster": "main"} | labels)
                }
            )
            for severity in ("critical", "warning")
        }
    except (AttributeError, TypeError, ValueError, RecursionError):
        return skipped(name, "its configuration is in a form that is not known here", "see `amtool config routes test`")
    for severity, found in reached.items():
        silent = [each or "no receiver" for each in found if not kinds.get(each)]
        if silent:
            what = f"{severity} alerts go to {', '.join(silent)}, which notifies nobody"
            remedy = (
                f"give the receiver {silent[0]} a webhook, mail or pager in alertmanager.yml, or route these elsewhere"
            )
            return (failure if severity == "critical" else warning)(name, what, remedy)
    what = "; ".join(
        f"{severity} to " + ", ".join(f"{each} ({', '.join(kinds[each])})" for each in found)
        for severity, found in reached.items()
    )
    return ok(name, what)


def runbook_links(host: Host, rules: Sequence[dict[str, Any]], scraped: Sequence[str]) -> Check:
    """Open one runbook at each address that the alerts link to: a dead link helps nobody at night.

    If rules make the link from the scraped address, the first of ``scraped`` (HOST:PORT) is tried.
    """
    name = "runbook link"
    links = [str((rule.get("annotations") or {}).get("runbook_url") or "") for rule in rules]
    mine = {posixpath.dirname(link): link for link in links if "Mesibo" in link.rpartition("/")[2]}
    if not mine:
        return skipped(name, "no alert of ours is loaded")
    elsewhere = "`make monitoring RUNBOOKS=https://HOST/runbooks`, with an address that phones reach"
    if any(_TEMPLATE in place for place in mine):
        elsewhere = "scrape the daemon by an address that phones reach"
        if not scraped:
            return skipped(name, "it is the address of a scraped daemon, and none is scraped")
        place = f"http://{scraped[0]}/runbooks"
        mine = {place: f"{place}/{posixpath.basename(next(iter(mine.values())))}"}
    for place, link in mine.items():
        if bad_address(link):
            return warning(
                name,
                f"{link} is not an address: it opens on no phone",
                "mesibo-logwatch serves them at /runbooks/: where the rule files are,"
                f" `sed -i 's#{place}/#http://HOST:10914/runbooks/#' mesibo-*.yml` with an address that phones reach,"
                " then reload Prometheus",
            )
        if is_loopback(urlsplit(link).hostname or ""):
            return warning(
                name,
                f"{link} opens on that host alone",
                f"{elsewhere}; or set links.pages in config/thresholds.toml to one and run `make generate`",
            )
        try:
            host.fetch(link)
        except NoAnswer as why:
            return failure(name, f"{link}: {why}", f"check that {place}/ is served, or write the right address")
    return ok(name, f"{next(iter(mine.values()))} opens")
