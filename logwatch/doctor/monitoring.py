"""Check what watches us: Prometheus scrapes often enough, has every rule, and agrees about the time."""

import json
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from logwatch.config.listen import bracketed, is_loopback
from logwatch.doctor import pager
from logwatch.doctor.check import Check, failure, ok, skipped, understood, warning
from logwatch.doctor.host import UNAUTHORIZED, Host, NoAnswer
from logwatch.doctor.shipped import RuleFile, rule_files, seconds
from logwatch.words import many, names, number, span

JOB = "mesibo-logwatch"
METRIC = "mesibo_"
SCRAPE_SECONDS = 15.0  # the shortest windows of the rules are two minutes: they need several samples
CLOSE_SECONDS, FAR_SECONDS = 5.0, 60.0  # between two clocks: they agree; alerts about recent times go wrong


def prometheus(host: Host, url: str, *, asked: bool, alertmanager: str | None = None) -> Iterator[Check]:
    """Yield the rows of the Prometheus at ``url``; unless it was ``asked`` for, it need not be there."""
    base = url.rstrip("/")
    try:
        targets = _api(host, f"{base}/api/v1/targets?state=active")
    except NoAnswer as why:
        if why.status == UNAUTHORIZED:
            refused = failure if asked else skipped
            yield refused(
                "prometheus", f"{base}: {why}", "name it with a login: --prometheus http://USER:PASSWORD@HOST"
            )
        elif asked:
            reach = "check that it is running there, and that this host can reach it"
            yield failure("prometheus", f"{base}: {why}", reach)
        else:
            none = "; where there is none, `make monitoring` or the package's monitoring.sh installs one"
            yield skipped("prometheus", f"none answers at {base}", f"name yours with --prometheus URL{none}")
        if alertmanager:
            yield from understood("alertmanager", pager.alertmanager(host, [alertmanager], rule_files()))
        return
    yield ok("prometheus", f"{base} answers")
    mine: list[dict[str, Any]] = []
    yield from understood("prometheus scrapes", _scraped(targets, mine))
    yield from understood("prometheus rules", _loaded(host, base, mine))
    yield from understood("prometheus clock", _clock(host, base))
    yield from understood("alertmanager", _paging(host, base, alertmanager))


def _loaded(host: Host, base: str, mine: list[dict[str, Any]]) -> Iterator[Check]:
    shipped = rule_files()
    loaded = _api(host, f"{base}/api/v1/rules").get("groups") or []
    yield _rules(loaded, shipped)
    yield _evaluated(loaded, shipped)
    instances = [str(each["labels"]["instance"]) for each in mine if (each.get("labels") or {}).get("instance")]
    yield pager.runbook_links(host, [rule for group in loaded for rule in group.get("rules") or ()], instances)


def _paging(host: Host, base: str, named: str | None) -> Iterator[Check]:
    yield from pager.alertmanager(host, [named] if named else _alertmanagers(host, base), rule_files())


def _api(host: Host, url: str) -> dict[str, Any]:
    """Return the ``data`` of an answer; NoAnswer if that is not Prometheus'."""
    try:
        answer = json.loads(host.fetch(url))
    except (ValueError, RecursionError):
        raise NoAnswer("what answers there is not Prometheus") from None
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise NoAnswer("what answers there is not Prometheus")
    return data


def _ours(target: dict[str, Any]) -> bool:
    return JOB in (target.get("scrapePool"), (target.get("labels") or {}).get("job"))


def _scraped(targets: dict[str, Any], mine: list[dict[str, Any]]) -> Iterator[Check]:
    """Yield the rows about targets, and add those of ours to ``mine``."""
    name = "prometheus scrapes"
    mine += [target for target in targets.get("activeTargets") or [] if _ours(target)]
    if not mine:
        yield failure(
            name,
            f"no target of a job {JOB}",
            f"add to scrape_configs of its prometheus.yml: `{{job_name: {JOB}, scrape_interval: 15s, static_configs:"
            " [{targets: [HOST:10914], labels: {cluster: NAME}}]}`, and reload it",
        )
        return
    bad = [target for target in mine if target.get("health") != "up"]
    whys = [f"{each.get('scrapeUrl')}: {str(each.get('lastError') or each.get('health'))[:200]}" for each in bad]
    if bad:
        yield failure(name, names(whys, "; "), "see its address, and the firewall between them")
    else:
        yield ok(name, f"{many(len(mine), 'target', 'targets')}, up")
    slow = {text for each in mine if seconds(text := str(each.get("scrapeInterval") or "")) > SCRAPE_SECONDS}
    if slow:
        yield failure(
            "prometheus interval",
            f"scraped every {', '.join(sorted(slow))}: the rules look at two minutes, and need a sample every 15 s",
            f"set scrape_interval: 15s in the job {JOB} of its prometheus.yml, and reload it",
        )
    else:
        yield ok("prometheus interval", "a scrape every 15 s or more often")
    bare = [str(each.get("scrapeUrl")) for each in mine if not (each.get("labels") or {}).get("cluster")]
    if bare:
        yield failure(
            "cluster label",
            f"{names(bare)} has none: alerts of hosts that share an app are not grouped",
            f"add labels: {{cluster: NAME}} to these targets of the job {JOB}, and reload Prometheus",
        )
    else:
        yield ok("cluster label", ", ".join(sorted({str(each["labels"]["cluster"]) for each in mine})))
    named: dict[tuple[str, str], set[str]] = {}
    for each in mine:
        labels = each.get("labels") or {}
        daemon = str(labels.get("cluster")), str(labels.get("instance"))
        named.setdefault(daemon, set()).add(str(each.get("scrapeUrl")))
    for urls in (found for found in named.values() if len(found) > 1):
        yield warning(
            "instance label",
            f"{names(urls)} have the same cluster and instance: they count as one daemon",
            "if they are two, give each an instance of its own: see relabel_configs of their job",
        )


def _rules(groups: list[dict[str, Any]], shipped: Sequence[RuleFile]) -> Check:
    name = "prometheus rules"
    rules = [rule for group in groups for rule in group.get("rules") or []]
    mine = [rule for rule in rules if METRIC in str(rule.get("query", ""))]
    alerts = [rule for rule in mine if rule.get("type") == "alerting"]
    missing = {each.path: sorted(each.names - {str(rule.get("name")) for rule in rules}) for each in shipped}
    load = f"copy {shipped[0].path.parent}/*.yml to where rule_files of its prometheus.yml points, and reload it"
    broken = {str(rule.get("name")): str(rule.get("lastError") or "") for rule in mine if rule.get("health") == "err"}
    if broken:
        first = broken[min(broken)]
        return failure(name, f"failing: {names(broken)}" + (f" ({first[:200]})" if first else ""), load)
    if not alerts:
        return failure(name, "no alert is about mesibo", load)
    lacking = [
        f"{each.path.name} is not loaded" if len(missing[each.path]) == len(each.names)
        # one of an older version, or an edited one
        else f"{each.path.name} lacks {names(missing[each.path])}"
        for each in shipped
        if missing[each.path]
    ]  # fmt: skip
    if lacking:
        return failure(name, "; ".join(lacking), load)
    return ok(name, f"all {len(shipped)} files: {number(len(mine))} about mesibo, {len(alerts)} of them alerts")


def _evaluated(groups: list[dict[str, Any]], shipped: Sequence[RuleFile]) -> Check:
    """Check how often the groups are evaluated, and whether they were."""
    name = "rules evaluated"
    wanted = {group: every for each in shipped for group, every in each.intervals.items()}
    mine = [group for group in groups if group.get("name") in wanted]
    slow = [
        f"{group['name']} every {float(group.get('interval') or 0):g} s instead of {wanted[group['name']]:g} s"
        for group in mine
        if float(group.get("interval") or 0) > wanted[group["name"]]
    ]
    never = {
        str(rule.get("name")): wanted[group["name"]]
        for group in mine
        for rule in group.get("rules") or ()
        if rule.get("health") == "unknown"
    }
    if slow:
        return failure(name, "; ".join(slow), "keep the `interval` of the shipped rule files, and reload Prometheus")
    if never:
        what = f"{len(never)} not yet: {names(never)}"
        after = _apart(max(never.values()))
        return warning(name, what, f"run doctor again in {after}; if it says the same, see /rules of your Prometheus")
    if not mine:
        return skipped(name, "none of the shipped rules is loaded")
    return ok(name, f"{many(len(mine), 'group', 'groups')}, as often as they should be")


def _clock(host: Host, base: str) -> Iterator[Check]:
    name = "prometheus clock"
    before = host.now()
    theirs = float(_api(host, f"{base}/api/v1/query?query=time()")["result"][1])
    here = (before + host.now()) / 2
    apart = abs(theirs - here)
    if apart <= CLOSE_SECONDS:
        yield ok(name, "agrees with this host's")
        return
    what = f"it is {_apart(apart)} {'ahead of' if theirs > here else 'behind'} this host's"
    remedy = "check on both hosts whether the clock is synchronised" + (
        " (`timedatectl`)" if host.has("timedatectl") else ""
    )
    yield (failure if apart > FAR_SECONDS else warning)(name, what, remedy)


def _apart(amount: float) -> str:
    return span(amount) if amount >= 60 else f"{amount:.0f} s"  # noqa: PLR2004  a minute


def _alertmanagers(host: Host, base: str) -> list[str]:
    """Return where Prometheus sends alerts; a loopback address becomes one of Prometheus' host."""
    active = _api(host, f"{base}/api/v1/alertmanagers").get("activeAlertmanagers") or []
    theirs = urllib.parse.urlsplit(base).hostname or ""
    found = []
    for each in active:
        parts = urllib.parse.urlsplit(str(each.get("url")))
        if is_loopback(parts.hostname or "") and not is_loopback(theirs):
            port = f":{parts.port}" if parts.port else ""
            parts = parts._replace(netloc=f"{bracketed(theirs)}{port}")
        path = parts.path.removesuffix("/alerts").removesuffix("/api/v2").removesuffix("/api/v1")
        found.append(parts._replace(path=path, query="", fragment="").geturl())
    return found
