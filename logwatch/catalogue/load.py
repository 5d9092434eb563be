"""Read a catalogue file into entries, or report all that is wrong with it, each problem with place and remedy."""

from collections.abc import Iterable
from pathlib import Path

from logwatch import tables
from logwatch.catalogue.entries import Entry
from logwatch.errors import CatalogueError, Problem


class CodeTables(tables.Table, frozen=True, kw_only=True):
    """A whole catalogue file."""

    code: tuple[Entry, ...] = ()

    def contradictions(self, where: str) -> list[Problem]:
        """Refuse two entries for the same provider, code and reason, since nobody knows which is meant."""
        keys = [(entry.provider, entry.code, entry.reason.lower()) for entry in self.code]
        return [
            Problem(f"{where}: code[{i}]", f"{entry} is there twice", "", "keep one of them")
            for i, entry in enumerate(self.code)
            if keys[i] in keys[:i]
        ]


def read(path: Path) -> tuple[Entry, ...]:
    """Return the entries of a file in its order; raise CatalogueError with every problem of the file."""
    found, problems = tables.read(CodeTables, path, "the catalogue", "check catalogue.file")
    if problems or found is None:
        raise CatalogueError(*problems)
    return found.code


def repeated_names(path: Path, entries: Iterable[Entry]) -> list[Problem]:
    """Find names that two entries share; names are labels, and a label means one thing."""
    seen: dict[str, Entry] = {}
    problems = []
    for entry in entries:
        first = seen.setdefault(entry.name, entry)
        if first is not entry:
            what = f"name {entry.name!r} stands for both {first} and {entry}"
            problems.append(Problem(str(path), what, try_="choose another name for one of them"))
    return problems
