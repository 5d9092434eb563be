"""Learn lines that are one JSON object each: the code is a member at its top level."""

import ast
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from logwatch.propose import codes, fields, stamps
from logwatch.propose.codes import CatalogueWords, CodeCandidate
from logwatch.propose.dialect import Member, Object

_STAMPS = frozenset(
    ["ts", "time", "timestamp", "@timestamp", "t", "at", "date", "datetime", "when", "logged_at", "created"]
)
_NEARLY_ALL = 0.95

Body = tuple[str, dict[str, Any], bool]
"""What precedes the object, the object, and whether it is written as a dict of Python."""


def decode(text: str) -> Body | None:
    """Decode a line that is an object; None if it is none."""
    at = text.find("{")
    if at < 0 or not text.rstrip().endswith("}"):
        return None
    body = text[at:].strip()
    try:
        found: Any = json.loads(body)
        return (text[:at], found, False) if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        pass
    try:
        found = ast.literal_eval(body)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return (text[:at], found, True) if isinstance(found, dict) and all(isinstance(k, str) for k in found) else None


def learn(bodies: Sequence[Body], marker: str, known: CatalogueWords) -> list[tuple[CodeCandidate, Object]]:
    """Return the ways to read the objects, the best first."""
    objects = [body for _, body, _ in bodies]
    event = value = ""
    open_end = False
    fronts = [front for front, _, _ in bodies if marker in front]
    if 2 * len(fronts) <= len(bodies):  # most have it inside; the others stay unread
        keys = Counter(
            key for body in objects for key, each in body.items() if isinstance(each, str) and marker in each
        )
        if not keys:
            return []
        event = keys.most_common(1)[0][0]
        texts = [each for body in objects if isinstance(each := body.get(event), str) and marker in each]
        value, count = Counter(texts).most_common(1)[0]
        if count < len(texts) * _NEARLY_ALL:
            value = value[: value.index(marker) + len(marker)]
            open_end = True
    ways = []
    candidates = [
        CodeCandidate(key, ":", None, tuple(_number(body.get(key)) for body in objects))
        for key in dict.fromkeys(key for body in objects for key in body)
    ]
    for candidate in codes.choose(candidates, known):
        first = not event or all(
            list(body).index(event) < list(body).index(candidate.key)
            for body in objects
            if event in body and candidate.key in body
        )
        opener = fronts[0][fronts[0].rindex(marker) + len(marker) :] if not event else ""
        members = _members(objects, {event, candidate.key}, known.reasons)
        single = bodies[0][2]
        ways.append((candidate, Object(event, value, open_end, first, candidate.key, members, opener, single)))
    return ways


def _number(value: Any) -> int | None:
    fine = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**6
    return value if fine else None


def _members(objects: Sequence[dict[str, Any]], taken: set[str], reasons: frozenset[str]) -> tuple[Member, ...]:
    """Return the members that get a result name."""
    members: dict[str, Member] = {}
    counts = Counter(key for body in objects for key in body)
    for key, _ in counts.most_common():
        if key in taken:
            continue
        values = [body[key] for body in objects if key in body]
        texts = [str(value) for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)]
        text = any(isinstance(value, str) and value for value in values)
        bare = any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        if not texts:
            continue
        if key.lower() in _STAMPS and "timestamp" not in members:
            found = stamps.find(texts[0])
            if found is not None and text != bare and all(stamps.matches(found.kind, each) for each in texts):
                members["timestamp"] = Member(key, "timestamp", text, bare, found.kind.pattern)
            continue
        if key.lower() in ("level", "lvl", "severity", "loglevel") and text and not bare:
            members.setdefault("level", Member(key, "level", True, False))  # noqa: FBT003  text, not bare
            continue
        for name in fields.named(key):
            if name not in members and fields.fit(name, texts, reasons):
                members[name] = Member(key, name, text, bare)
                break
    texts_of = {
        key: [value for body in objects if isinstance(value := body.get(key), str)]
        for key in counts
        if key not in taken and key not in {member.key for member in members.values()}
    }
    for name, key in fields.surely(texts_of, members, reasons).items():
        members[name] = Member(key, name, True, False)  # noqa: FBT003  text, not bare
    return tuple(members.values())


def stamps_of(objects: Sequence[dict[str, Any]], key: str) -> list[str]:
    """Return the time stamps under a key, as written."""
    return [str(body[key]) for body in objects if key in body and re.search("[0-9]", str(body[key]))]
