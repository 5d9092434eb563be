"""Read config/thresholds.toml: every number that an alert depends on, with the reason for it."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).parent.parent / "thresholds.toml"


class Threshold(NamedTuple):
    """One number and why it is that number; ``name`` is ``group.name``."""

    name: str
    value: Any
    reason: str


def load(path: Path = FILE) -> list[Threshold]:
    """Return all thresholds in the order of the file; an entry without a value or a reason is a KeyError."""
    tables = tomllib.loads(path.read_text())
    return [
        Threshold(f"{group}.{name}", entry["value"], entry["reason"])
        for group, entries in tables.items()
        for name, entry in entries.items()
    ]


class Values:
    """The values of ``thresholds``, by name; ``used`` holds the names that were asked for."""

    def __init__(self, thresholds: list[Threshold]) -> None:
        self._values = {t.name: t.value for t in thresholds}
        self.used: set[str] = set()

    def __call__(self, name: str) -> Any:
        """Return the value of ``group.name``."""
        self.used.add(name)
        return self._values[name]

    def groups(self) -> "dict[str, Group]":
        """Return each table, so that a template can write ``group.name``."""
        return {name: Group(self, name) for name in dict.fromkeys(full.split(".")[0] for full in self._values)}


class Group:
    """One table of the file."""

    def __init__(self, values: Values, name: str) -> None:
        self._values, self._name = values, name

    def __getitem__(self, name: str) -> Any:
        return self._values(f"{self._name}.{name}")


threshold = Values(load())
