"""Describe JSON by the names of its keys and the types of its values, without any value: safe to keep and to show."""

import contextlib
import itertools
import re
from typing import Any

import msgspec

LONGEST = 600  # characters: a push event with a provider's whole answer
_DEEPEST = 8
_MEMBERS = 24  # of one object
# Names are written by programmers; keys that name users have digits, signs or letters of other alphabets
_NAME = re.compile(r"(?!.*\d{3})[A-Za-z_@][A-Za-z0-9_-]{0,31}", re.ASCII)
_TYPES = {str: "<str>", bool: "<bool>", int: "<num>", float: "<num>", type(None): "null"}


def shape(value: Any) -> str:
    """Return how ``value`` is built: ``{type: <str>, response: {code: <num>}}``; at most LONGEST characters."""
    text = _shape(value, 0)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _shape(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        return _object(value, depth)
    if isinstance(value, list):
        inner = [_shape(each, depth + 1) for each in value[:1]] if depth < _DEEPEST else []
        return "[" + ", ".join(inner + ["…"] * (len(value) > len(inner))) + "]"
    if isinstance(value, str) and value[:1] in ("{", "[") and depth < _DEEPEST:
        with contextlib.suppress(msgspec.DecodeError, RecursionError, UnicodeError):
            return f"<json {_shape(msgspec.json.decode(value), depth + 1)}>"
    return _TYPES.get(type(value), "<?>")


def _object(value: dict[str, Any], depth: int) -> str:
    if depth >= _DEEPEST:
        return "{…}"
    shown = itertools.islice(value.items(), _MEMBERS)
    parts = [f"{name if _NAME.fullmatch(name) else '<key>'}: {_shape(inner, depth + 1)}" for name, inner in shown]
    return "{" + ", ".join(parts + ["…"] * (len(value) > _MEMBERS)) + "}"
