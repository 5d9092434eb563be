"""The recording rules for a past that `history` wrote: what dashboards read, and what alerts compare today with.

`promtool tsdb create-blocks-from rules` evaluates each rule over data that is there, so a rule cannot read what another
one records. Here each is written out down to the counters, once a minute, as often as these have a sample. They never go
down, so what is new within a window is the difference of its largest and its smallest value, and 0 where nothing is: a
series that ends in a block is not seen to end, as it is where rules run.
"""

import re

from config.generate import dashboards, rules

PATH = "config/prometheus/past.yml"
_RECORDED = re.compile(rf"(?<![\w:])([a-z]\w*:\w+:\w+){rules.MATCHERS}")
_COUNTER = re.compile(rf"(mesibo_push_(?:results|rate_limit_hits)_total){rules.MATCHERS}")
_BEFORE = re.compile(r"(\w+:\w+:\w+)(?:\{[^}]*\})? offset \d+[hdw]")
_WHOLE = {within: length for length, within in rules.WORDS.WITHIN_OF.items()}
"""Windows that hold as many evaluations, fifteen seconds each, as these lengths of time have."""


def files() -> dict[str, str]:
    """Return path -> text of the rule file."""
    groups = [group for name in ("push", "trends") for group in rules.groups(name)]
    words = rules.WORDS
    recorded = {
        rule["record"]: re.sub(rf"\s+{re.escape(words.TELLS_ALL)}", "", rule["expr"])  # as a log does, whose past it is
        for group in groups
        for rule in group["rules"]
        if "record" in rule
    }
    for name, labels in (
        (words.NEW, f"{words.CODE}, instance, class"),
        (words.NEW_OF_HOST, f"{words.HOST}, platform, class"),
    ):
        recorded[name] = (
            f"sum by ({labels}) (sum_over_time({words.NEW}[{words.within('1m')}])) > 0"  # since the sample before
        )
    shown = {name for text in dashboards.files().values() for name, _ in _RECORDED.findall(text)}
    compared = {name for group in groups for rule in group["rules"] for name in _BEFORE.findall(rule["expr"])}
    past = [
        {"record": name, "expr": _written_out(expr, recorded)}
        for name, expr in recorded.items()
        if name in shown | compared and "mesibo_push" in name
    ]
    return {PATH: rules.written([{"name": "mesibo-past", "interval": "1m", "rules": past}])}


def _written_out(expr: str, recorded: dict[str, str], matchers: str = "") -> str:
    """Return an expression over counters alone; ``matchers`` of labels that its sums keep narrow each of them down."""
    new = re.compile(rf"sum_over_time\(\w+:mesibo_push_results:new{rules.MATCHERS}\[(\w+)\]\)")

    def difference(match: re.Match[str]) -> str:
        # rules are evaluated at some moment of a minute: the sample at the beginning of the window belongs to it, and none
        # before, whether Prometheus counts the older edge to the window (2) or not (3)
        counter = f"mesibo_push_results_total{match[1] or ''}[{_WHOLE.get(match[2], match[2])}59s999ms]"
        return f"(max_over_time({counter}) - min_over_time({counter}))"

    def inner(match: re.Match[str]) -> str:
        return f"({_written_out(recorded[match[1]], recorded, (match[2] or '{}')[1:-1])})"

    def narrowed(match: re.Match[str]) -> str:
        both = ",".join(part for part in ((match[2] or "{}")[1:-1], matchers) if part)
        return f"{match[1]}{{{both}}}" if both else match[1]

    return _COUNTER.sub(narrowed, _RECORDED.sub(inner, new.sub(difference, expr)))
