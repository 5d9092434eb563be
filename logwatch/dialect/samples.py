"""Read annotated samples: log lines, each below a comment that says in JSON what it must yield.

    # Anything else after a hash is prose.
    # expect: {"code": 404, "platform": "fcm", "reason": "UNREGISTERED", "user": "4711"}
    E2211-101500-123 (17): push_on_complete: uid 4711 type fcm code 404 {"error":{"status":"NOT_FOUND"}}
    # expect: null  (misplaced)
    E2211-101500-123 (17): user said push_on_complete code 903

``null`` means that the line must yield nothing; the cause may follow. What an object leaves out must not be in the line
(except ``level``, ``timestamp`` and ``thread``). Log lines are copied as they are, also from json-file logs.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from logwatch import envelope
from logwatch.errors import Problem
from logwatch.model import Cause

_EXPECT = re.compile(r"#\s*expect:\s*(.*?)(?:\s+\((\w+)\))?\s*")


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sample line and what it must yield: a result's values, or None for no result, because of ``cause`` if set."""

    number: int  # of the line in the file, from 1
    payload: bytes
    expected: dict[str, Any] | None
    cause: Cause | None = None


def read_samples(path: Path, data: bytes, known: Sequence[str]) -> tuple[tuple[Annotated, ...], list[Problem]]:
    """Return the samples of a file, and everything that is wrong with its annotations.

    ``known`` are the names that the values of a result may have.
    """
    samples: list[Annotated] = []
    problems: list[Problem] = []
    pending: tuple[dict[str, Any] | None, Cause | None] | None = None
    for number, raw in enumerate(data.split(b"\n"), 1):
        where = f"{path}:{number}"
        if raw.startswith(b"#"):
            if annotation := _EXPECT.fullmatch(raw.decode(errors="replace")):
                try:
                    pending = _annotation(annotation[1], annotation[2], known)
                except ValueError as error:
                    problems.append(
                        Problem(where, "bad annotation", str(error), 'write # expect: {"code": 404} or # expect: null')
                    )
                    pending = None, None
        elif raw.strip():
            if pending is None:
                problems.append(
                    Problem(where, "a sample without expectation", "", "put # expect: … with a JSON object above it")
                )
            else:
                samples.append(Annotated(number, _payload(raw), *pending))
            pending = None
    return tuple(samples), problems


def _payload(raw: bytes) -> bytes:
    record = envelope.FORMATS["docker"].record(raw)
    return record.payload.partition(b"\n")[0] if record else raw  # only the first line of a record counts


def _annotation(text: str, name: str | None, known: Sequence[str]) -> tuple[dict[str, Any] | None, Cause | None]:
    expected = json.loads(text)
    causes: dict[str | None, Cause] = {cause: cause for cause in get_args(Cause)}
    if name is not None and (expected is not None or name not in causes):
        raise ValueError(f"({name}) stands behind null and is one of {', '.join(get_args(Cause))}")
    if expected is None:
        return None, causes.get(name)
    if not isinstance(expected, dict) or not isinstance(expected.get("code"), int):
        raise ValueError("an object with a number as `code`, or null, was expected")  # noqa: TRY004  one kind for all
    if unknown := expected.keys() - set(known):
        raise ValueError(f"unknown {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return expected, None
