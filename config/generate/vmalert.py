"""The same rules for vmalert, which evaluates against a store that learns what it records some seconds later.

What one rule records is not there for the next one in the same evaluation, and an instant query of VictoriaMetrics does
not find a series that has no sample in the last interval. So each recorded series is read through a range: its last
value of three evaluations. What is new since the evaluation before is the difference of the raw counters over exactly
one interval, because vmalert evaluates at multiples of the interval whatever the clock does; it is read as of the
evaluation before, so that none is counted twice or left out.

VictoriaMetrics' own ``increase`` takes a counter that it has not seen before for one that began at 0: what a host that is
added had counted in months would be an event of now. So that of Prometheus is asked for, and ``changes`` likewise.

All raw counters of results are read once, by the one rule that finds what is new. What is new of a cluster or of a host is an
evaluation late, so windows of five minutes and less, which pages wait for, add up what is new of each series.
"""

import re
from collections.abc import Iterator
from typing import Any

from config.generate import rules

DIRECTORY = "config/fleet/vmalert"
EFFECTS = {"outage": "1m", "symptom": "90s"}
"""Role -> how long its condition must have been met before it pages, where the rule itself says nothing."""
AT_ONCE = 4
"""Rules of a group that are evaluated at the same time: their order means nothing here."""
_RAW = "mesibo_push_results_total"


def files() -> dict[str, str]:
    """Return path -> text of each rule file."""
    found = {name: rules.groups(name) for name in ("push", "trends", "watcher")}
    intervals = {
        rule["record"]: rules.seconds(group["interval"])
        for groups in found.values()
        for group in groups
        for rule in group["rules"]
        if "record" in rule
    }
    return {
        f"{DIRECTORY}/mesibo-{name}.yml": rules.written(
            [{**group, "concurrency": AT_ONCE, "rules": [*_adapted(group["rules"], intervals)]} for group in groups]
        )
        for name, groups in found.items()
    }


def _new() -> str:
    """Return what is new as the difference of raw counters: what this evaluation recorded is not there to be read.

    VictoriaMetrics hands the labels of the left side of an operator on to its right side: of all counters, those above 0
    are looked for on the left (the sum drops the others), so that their past is read alone.
    """
    same = f"{rules.WORDS.HOST}, platform, code, reason"
    return f"""\
(
  (
    max by ({same}, class) (last_over_time({_RAW}[15s]) > 0)
    and on ({rules.WORDS.HOST}) last_over_time({_RAW}{{class="delivered"}}[5m] offset 15s)
  )
  - on ({same}) group_left ()
  (
    max by ({same}) (last_over_time({_RAW}[5m] offset 15s))
    or
    0 * max by ({same}) (last_over_time({_RAW}[15s]) > 0)
  )
) > 0"""


def _adapted(found: list[dict[str, Any]], intervals: dict[str, int]) -> Iterator[dict[str, Any]]:
    words = rules.WORDS
    sums = f"(?:{words.NEW_OF_CLUSTER}|{words.NEW_OF_HOST})"
    short = re.compile(rf"(sum_over_time\(){sums}(?={rules.MATCHERS}\[(?:\d+m)?59s\])")
    now = re.compile(rf"{sums}(?!{rules.MATCHERS}\[)")
    like_prometheus = re.compile(r"(?<![\w:])(increase|changes)(?=\()")

    def through_a_range(match: re.Match[str]) -> str:
        name, matchers, offset = match[1], match[2] or "", match[3] or ""
        if name == words.NEW:
            return f"sum_over_time({name}{matchers}[15s] offset 15s)"
        # a late evaluation is no end; where a series looks at itself, what has ended must not come back
        seconds = intervals.get(name, 15) * (2 if offset == " offset 1s" else 3) + 10
        return f"last_over_time({name}{matchers}[{seconds}s]{offset})"

    def adapted(text: str) -> str:
        text = like_prometheus.sub(r"\1_prometheus", short.sub(rf"\1{words.NEW}", text))
        return rules.RECORDED.sub(through_a_range, now.sub(words.NEW, text))

    for rule in found:
        match rule.get("record"):
            case words.SEEN:
                continue  # the raw counters above 0, read where they are needed
            case words.NEW:
                yield rule | {"expr": _new()}
            case words.AFTERMATH:
                # no symptom beside its cause either: what has ended is learnt too late to hold it back from then on
                yield rule | {"expr": rule["expr"].partition("\n")[0]}
            case str():
                yield rule | {"expr": adapted(rule["expr"])}
            case _:
                notes = {name: adapted(text) for name, text in rule["annotations"].items()}
                # rules learn of one another by the store, some a moment sooner: an effect waits for its cause
                waits = {"for": EFFECTS[rule["labels"]["role"]]} if rule["labels"]["role"] in EFFECTS else {}
                yield (
                    rule
                    | {"expr": adapted(rule["expr"])}
                    | (waits if "for" not in rule else {})
                    | {"annotations": notes}
                )
