"""Looks at what looks at us: Prometheus scrapes, its rules are loaded, and it knows an Alertmanager."""

import json
from collections.abc import Iterator
from typing import Any

from logwatch.doctor.check import Check, Host, NoAnswer, failure, ok, skipped, warning

JOB = "mesibo-logwatch"
METRIC = "mesibo_"


def prometheus(host: Host, url: str, *, asked: bool) -> Iterator[Check]:
    """Give the rows of the Prometheus at ``url``; one that nobody named may not be on this host."""
    base = url.rstrip("/")
    try:
        targets = _api(host, f"{base}/api/v1/targets?state=active")
    except NoAnswer as why:
        if asked:
            yield failure("prometheus", f"{base}: {why}", "see that it runs, and that this host may reach it")
        else:
            yield skipped("prometheus", f"none answers at {base}", "name yours with --prometheus URL")
        return
    yield ok("prometheus", f"{base} answers")
    yield from _scraped(targets)
    try:
        yield _rules(_api(host, f"{base}/api/v1/rules"))
        yield _alertmanager(_api(host, f"{base}/api/v1/alertmanagers"))
    except NoAnswer as why:
        yield skipped("prometheus rules", str(why))


def _api(host: Host, url: str) -> dict[str, Any]:
    """Give the ``data`` of an answer."""
    try:
        answer = json.loads(host.fetch(url))
    except ValueError:
        raise NoAnswer("it is no Prometheus that answers there") from None
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise NoAnswer("it is no Prometheus that answers there")
    return data


def _scraped(targets: dict[str, Any]) -> Iterator[Check]:
    name = "prometheus scrapes"
    mine = [
        target
        for target in targets.get("activeTargets") or []
        if JOB in (target.get("scrapePool"), (target.get("labels") or {}).get("job"))
    ]
    if not mine:
        yield failure(name, f"no target of a job {JOB}", "add the scrape configuration of config/prometheus/")
        return
    bad = [target for target in mine if target.get("health") != "up"]
    for target in bad:
        why = str(target.get("lastError") or target.get("health"))[:200]
        yield failure(name, f"{target.get('scrapeUrl')}: {why}", "see its address, and the firewall between them")
    if not bad:
        yield ok(name, f"{len(mine)} target(s), up")


def _rules(data: dict[str, Any]) -> Check:
    rules = [rule for group in data.get("groups") or [] for rule in group.get("rules") or []]
    mine = [rule for rule in rules if METRIC in str(rule.get("query", ""))]
    alerts = [rule for rule in mine if rule.get("type") == "alerting"]
    broken = [str(rule.get("name")) for rule in mine if rule.get("health") == "err"]
    if broken:
        return failure("prometheus rules", f"failing: {', '.join(broken[:5])}", "see /rules of your Prometheus")
    if not alerts:
        return failure(
            "prometheus rules", "no alert is about mesibo", "load the rules of config/prometheus/ and reload"
        )
    return ok("prometheus rules", f"{len(mine)} about mesibo, {len(alerts)} of them alerts")


def _alertmanager(data: dict[str, Any]) -> Check:
    active = data.get("activeAlertmanagers") or []
    if not active:
        return warning("alertmanager", "Prometheus knows none: alerts reach nobody", "set alerting.alertmanagers")
    return ok("alertmanager", ", ".join(str(each.get("url")) for each in active[:3]))
