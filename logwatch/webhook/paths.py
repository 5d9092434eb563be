"""Find values in decoded JSON by paths such as ``response.**.error.details[].errorCode``, in bounded time.

A path is names with dots between them; ``name[]`` stands for every element of a list, ``**`` for any number of names.
A string that holds a JSON object or list is searched, too: some pass providers' answers on as text.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

DEEPEST = 32  # levels that are looked into; a provider's answer has six
NODES = 300_000  # values looked at in one call: as many of the smallest results as a call may hold have fewer
_PATH = re.compile(r"(?:\*\*|[^.\[\]*\s]+(?:\[\])?)(?:\.(?:\*\*|[^.\[\]*\s]+(?:\[\])?))*")

Path = tuple[tuple[str, bool], ...]
"""Names, and whether each is a list whose elements are meant."""


class TooMuch(Exception):  # noqa: N818  a property of the input, not a mistake
    """A call has more values than are looked at."""


def parse(text: str) -> Path:
    """Parse a path; ValueError if it is none."""
    if not _PATH.fullmatch(text):
        raise ValueError(f'"{text}" is not a path: names with dots between them, name[] for lists, ** for any depth')
    return tuple((name.removesuffix("[]"), name.endswith("[]")) for name in text.split("."))


class Tree:
    """Decodes and searches the events of one call; ``left`` is how many values may still be looked at."""

    def __init__(self) -> None:
        self.left = NODES

    def open(self, value: Any, depth: int = 0) -> Any:
        """Return ``value``, to ``DEEPEST`` levels, with objects and lists in strings decoded; raises TooMuch."""
        self._spend()
        if depth > DEEPEST:
            return None
        if isinstance(value, dict):
            return {name: self.open(inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.open(inner, depth + 1) for inner in value]
        if isinstance(value, str) and value[:1] in ("{", "["):
            try:
                return self.open(msgspec.json.decode(value), depth + 1)
            except (msgspec.DecodeError, RecursionError, UnicodeError):
                return value
        return value

    def find(self, value: Any, path: Path) -> Iterator[Any]:
        """Yield what ``path`` leads to, nearest first where it has ``**``; raises TooMuch."""
        self._spend()
        if not path:
            yield value
            return
        (name, each), rest = path[0], path[1:]
        if name == "**":
            yield from self.find(value, rest)
            inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            for one in inner:
                if isinstance(one, dict | list):
                    yield from self.find(one, path)
        elif isinstance(value, dict) and name in value:
            found = value[name]
            if not each:
                yield from self.find(found, rest)
            elif isinstance(found, list):
                for one in found:
                    yield from self.find(one, rest)

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMuch
