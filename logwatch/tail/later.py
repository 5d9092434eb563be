"""Finds what a log wrote after a generation has left its path, under names that nobody knows.

Several rotations while nobody looked may give names of different shapes, as do a script and logrotate, or logrotate
whose pattern matches what it has rotated before. Files that are named after the log are its later generations if they
were written between its last generation that is known and what is at its path now; an extract of a log is none.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace

from logwatch.tail.candidates import Candidate, Heads
from logwatch.tail.directories import Directories
from logwatch.tail.fingerprint import TELLING_BYTES, when_empty
from logwatch.tail.identity import HELD, NO_KEY, NOWHERE, Relation
from logwatch.tail.plan import Found, Known
from logwatch.tail.rotated_names import Rotated

_WANTED = Rotated()


def written_later(
    path: str, known: list[Known], found: Found, heads: Heads, directories: Directories, skipped: Callable[[str], bool]
) -> list[Candidate]:
    """Return the files beside a path, or beside what has left it, that are its later generations.

    ``skipped``: whether a name is followed as another log's. A log whose name has no ending has none: what is named
    after it may as well be another log.
    """
    base = os.path.basename(path)
    left = [file for each in known for file in _left_to(each, found, heads)]
    at_path = found.path_file
    times = [file.modified for file in left] + [when for each in known if (when := _emptied(each, at_path)) is not None]
    if not times or "." not in base[1:]:
        return []
    since = min(times)
    # Of an empty log a copy may have been copied again; else what is written later is no generation of before
    until = max(at_path.modified, since) if at_path and at_path.head else sys.maxsize
    held = {i for (_, i), answer in found.answers.items() if answer.relation in HELD}
    seen = {c.key for i, c in enumerate(found.candidates) if i in held or not c.rotated or c.rotated.certain}
    seen |= {file.key for file in left}
    later = []
    for directory in {os.path.dirname(place) for place in (path, *(file.path for file in left))}:
        for name in directories.beginning(directory, base):
            place, ending = os.path.join(directory, name), name.removeprefix(base)
            named = ending and not ending[0].isalnum() and place not in found.rotated_names
            file = heads.examine(place, _WANTED) if named and not skipped(place) else None
            if file and file.head and file.key not in seen and since <= file.modified <= until:
                seen.add(file.key)
                later.append(replace(file, matched=True))
    later.sort(key=lambda file: -file.disk_size)
    known_files = [*found.candidates, *left]
    kept: list[Candidate] = []
    for file in later:
        if not any(_is_extract(file, of) for of in [*known_files, *kept] if of.key != file.key):
            kept.append(file)
    return kept


def _left_to(each: Known, found: Found, heads: Heads) -> list[Candidate]:
    """Return the files in which a generation lies by now that the path led to when it was last looked at."""
    relations = {i: found.answer(each.number, i).relation for i in range(len(found.candidates))}
    at_path = None if found.at_path is None else relations[found.at_path]
    emptied = each.position.state == "rotated" and each.key == NO_KEY  # a moment ago
    if not (each.position.state == "live" or emptied) or at_path in (*HELD, Relation.UNDECIDED):
        return []
    files = [found.candidates[i] for i, relation in relations.items() if relation in HELD]
    file = heads.examine(each.name, _WANTED) if each.name else None
    return [*files, file] if file else files


def _emptied(each: Known, at_path: Candidate | None) -> int | None:
    """Return when a live file was last seen empty, in nanoseconds, if lines have come and gone in it since then."""
    if each.position.state != "live" or not each.empty or each.name not in ("", at_path.path if at_path else ""):
        return None
    seen = when_empty(each.position.head)
    same = at_path is not None and at_path.key == each.key
    return None if at_path and same and (at_path.head or at_path.modified == seen) else seen


def _is_extract(file: Candidate, of: Candidate) -> bool:
    """Return whether a plain file's last line stands in another one: it was filtered out of that, or copied."""
    end = file.before(file.disk_size) or b""
    line = end[end.rfind(b"\n", 0, -1) + 1 :]
    if file.packed or of.packed or len(line) < TELLING_BYTES:
        return False

    def last_in(block: bytes, start: int, _: int) -> int:
        at = block.rfind(line)
        return start + at if at >= 0 else NOWHERE

    return of.search(b"", last_in) != NOWHERE
