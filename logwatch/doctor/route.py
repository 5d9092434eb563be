"""Follow an alert through Alertmanager's route, as Alertmanager does: which receivers it reaches, and what those are.

The tree is that of https://prometheus.io/docs/alerting/latest/configuration/: the first child that matches takes the
alert, further ones only after one with ``continue``; if none matches, the node itself does.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REPEAT = re.compile(r"[*+{]|(?<!\()\?")
_MOST_REPEATS = 3  # of one alternative
_MATCHER = re.compile(r'\s*"?([\w.:]+)"?\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^,{}"]*))\s*,?')


def receivers(route: Mapping[str, Any], labels: Mapping[str, str], inherited: str = "") -> list[str]:
    """Return the names of the receivers that an alert with these labels reaches.

    ValueError for a pattern that Python's ``re`` cannot safely judge as Alertmanager's RE2 does.
    """
    name = str(route.get("receiver") or inherited)
    found: list[str] = []
    for child in route.get("routes") or ():
        if not all(_matches(labels, *matcher) for matcher in _matchers(child)):
            continue
        found += receivers(child, labels, name)
        if not child.get("continue"):
            break
    return found or [name]


def integrations(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the kinds of integration that each receiver has: webhook, email, …; none for one that drops alerts."""
    return {
        str(receiver.get("name")): [
            key.removesuffix("_configs") for key, value in receiver.items() if key.endswith("_configs") and value
        ]
        for receiver in config.get("receivers") or ()
    }


def _matchers(route: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, value in (route.get("match") or {}).items():
        yield str(name), "=", str(value)
    for name, value in (route.get("match_re") or {}).items():
        yield str(name), "=~", str(value)
    for text in route.get("matchers") or ():
        for name, operator, quoted, bare in _MATCHER.findall(str(text)):
            yield name, operator, (re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip())


def _matches(labels: Mapping[str, str], name: str, operator: str, value: str) -> bool:
    have = labels.get(name, "")
    if operator in ("=", "!="):
        return (have == value) == (operator == "=")
    if not _judged(value):
        raise ValueError
    try:
        return bool(re.fullmatch(value, have)) == (operator == "=~")
    except (re.error, OverflowError):  # RE2 knows other classes and flags
        raise ValueError from None


def _judged(pattern: str) -> bool:
    """Return whether ``re`` surely matches a pattern in short time, as RE2 always does."""
    alternatives = [pattern] if "(" in pattern else pattern.split("|")
    repeated = any(sign in pattern for sign in (")*", ")+", "){"))
    return not repeated and all(len(_REPEAT.findall(each)) <= _MOST_REPEATS for each in alternatives)
