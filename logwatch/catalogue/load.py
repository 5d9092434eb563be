"""Read a catalogue file into entries, or report all that is wrong with it, each problem with place and remedy."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import msgspec

from logwatch.catalogue.entries import MESIBO_ABOVE, STEPS, Entry
from logwatch.errors import CatalogueError, Problem, did_you_mean, in_words

_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Entry)}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_HIGHEST = 999_999  # a log line's code has at most six digits


def read(path: Path) -> list[Entry]:
    """Return the entries of a file in its order.

    Raises CatalogueError with every problem of the file: not readable, no TOML, unknown or missing keys, wrong types
    or values, an entry given twice, a name given twice.
    """
    document = _document(path)
    if problems := list(_faults(path, document)):  # msgspec would stop at the first one
        raise CatalogueError(*problems)
    entries = msgspec.convert(document.get("code", []), list[Entry])
    if problems := [*_implausible(path, entries), *_repeated(path, entries)]:
        raise CatalogueError(*problems)
    return entries


def repeated_names(path: Path, entries: Iterable[Entry]) -> list[Problem]:
    """Find names that two entries share; names are labels, and a label means one thing."""
    seen: dict[str, Entry] = {}
    problems = []
    for entry in entries:
        first = seen.setdefault(entry.name, entry)
        if first is not entry:
            what = f"name {entry.name!r} stands for both {label(first)} and {label(entry)}"
            problems.append(Problem(str(path), what, try_="choose another name for one of them"))
    return problems


def label(entry: Entry) -> str:
    """Name an entry by what it is looked up with: ``fcm 404 UNREGISTERED``."""
    return f"{entry.provider} {entry.code} {entry.reason}".rstrip()


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        reason = in_words(error)
        problem = Problem(str(path), "cannot read the catalogue", reason, "name an existing, readable file")
    except UnicodeDecodeError as error:
        problem = Problem(str(path), "is not a TOML file", f"byte {error.start} is not UTF-8", "save it as UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        problem = Problem(str(path), "is not a TOML file", str(error), "fix the syntax at that place")
    raise CatalogueError(problem)


def _faults(path: Path, document: dict[str, Any]) -> Iterable[Problem]:
    for key in document.keys() - {"code"}:
        yield Problem(str(path), f"unknown key {key!r}", try_="write each entry as a table [[code]]")
    tables = document.get("code", [])
    if not isinstance(tables, list):
        yield Problem(str(path), "'code' is not a list of tables", try_="write each entry as a table [[code]]")
        return
    for number, table in enumerate(tables, 1):
        if isinstance(table, dict):
            yield from _faults_of_entry(_where(path, number, table), table)
        else:
            yield Problem(f"{path}: entry {number}", "is not a table", try_="write each entry as a table [[code]]")


def _where(path: Path, number: int, table: dict[str, Any]) -> str:
    """Name an entry by its number, since TOML gives no line numbers, and as its author would."""
    key = " ".join(str(table[part]) for part in ("provider", "code", "reason") if table.get(part) not in (None, ""))
    return f"{path}: [[code]] number {number}" + (f" ({key})" if key else "")


def _faults_of_entry(where: str, table: dict[str, Any]) -> Iterable[Problem]:
    for key, value in table.items():
        if key not in _FIELDS:
            remedy = did_you_mean(key, _FIELDS) or f"known here: {', '.join(_FIELDS)}"
            yield Problem(where, f"unknown key {key!r}", try_=remedy)
            continue
        try:
            msgspec.convert(value, _FIELDS[key].type)
        except msgspec.ValidationError as error:
            allowed = get_args(_FIELDS[key].type)
            if allowed and isinstance(value, str) and all(isinstance(choice, str) for choice in allowed):
                why = f"{value!r} is not one of {', '.join(allowed)}"
                yield Problem(where, f"{key} has no such value", why, did_you_mean(value, allowed))
            else:
                yield Problem(where, f"{key} has a wrong type", str(error).lower().replace("`", ""))
    for key, field in _FIELDS.items():
        if field.required and key not in table:
            yield Problem(where, f"{key} is missing", try_=f"add {key} = …")


def _implausible(path: Path, entries: list[Entry]) -> Iterable[Problem]:
    for number, entry in enumerate(entries, 1):
        where = f"{path}: [[code]] number {number} ({label(entry)})"
        if abs(entry.code) > _HIGHEST:
            yield Problem(where, "no such code", "a code in the log has at most six digits")
        elif (entry.code > MESIBO_ABOVE) != (entry.provider == "mesibo"):
            why = "codes above 900 are mesibo's own, all others are the provider's"
            yield Problem(where, f"code {entry.code} is not from {entry.provider}", why, "correct provider or code")
        if entry.provider == "any" and entry.reason:
            why = "'any' is the meaning of a bare number; a reason tells the provider"
            yield Problem(where, "reason with provider 'any'", why, "write provider = 'fcm' or 'apns'")
        if entry.reason and not _REASON.fullmatch(entry.reason):
            why = "letters, digits and _, at most 64 of them"
            yield Problem(where, f"reason {entry.reason!r} is not a word", why, "write it as FCM or APNs does")
        if not _NAME.fullmatch(entry.name):
            yield Problem(where, f"name {entry.name!r} is not snake_case", try_="use a-z, 0-9 and single _")
        for key in ("meaning", "remedy"):
            if not getattr(entry, key).strip():
                yield Problem(where, f"{key} is empty", try_="say it in one or two sentences")
        unknown = sorted(set(entry.steps) - STEPS.keys())
        if unknown:
            yield Problem(where, f"no such step: {unknown[0]}", "mesibo's page has Steps 1 to 9")


def _repeated(path: Path, entries: list[Entry]) -> Iterable[Problem]:
    seen: dict[tuple[str, int, str], int] = {}
    for number, entry in enumerate(entries, 1):
        first = seen.setdefault((entry.provider, entry.code, entry.reason.lower()), number)
        if first != number:
            where = f"{path}: [[code]] number {number} ({label(entry)})"
            yield Problem(where, f"is there already, as number {first}", try_="keep one of them")
    yield from repeated_names(path, entries)
