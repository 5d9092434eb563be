"""Reads config/thresholds.toml: every number that an alert depends on, with the reason for it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "thresholds.toml"


@dataclass(frozen=True)
class Threshold:
    """One number and why it is that number."""

    group: str
    name: str
    value: Any
    reason: str


def load(path: Path = FILE) -> list[Threshold]:
    """All thresholds in the order of the file; an entry without a value or a reason is a KeyError."""
    tables = tomllib.loads(path.read_text())
    return [
        Threshold(group, name, entry["value"], entry["reason"])
        for group, entries in tables.items()
        for name, entry in entries.items()
    ]


_VALUES = {f"{t.group}.{t.name}": t.value for t in load()}


def threshold(name: str) -> Any:
    """The value of ``group.name``."""
    return _VALUES[name]
