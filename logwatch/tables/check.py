"""Turn a TOML file into a typed table, or into the complete list of what is wrong with it.

msgspec checks each value by itself, so that one bad value hides no other; it was chosen over pydantic since it loads
in half the time, and decodes Docker's records as well.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from logwatch.errors import Problem, did_you_mean, in_words
from logwatch.ownership import me
from logwatch.regular_file import open_file
from logwatch.tables import places, syntax
from logwatch.tables.table import FilePath, Table, unnameable

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
T = TypeVar("T", bound=Table)


def read(kind: type[T], path: Path, what: str, missing: str, *, piped: bool = False) -> tuple[T | None, list[Problem]]:
    """Read the file at ``path`` despite problems, so that the rest can be examined: a wrong value gets its default.

    The table is None if the file cannot be read or is not TOML. ``what`` names such a file in words, and ``missing`` is
    the remedy where it is not there. Unless it may be ``piped`` in, nothing but a regular file is waited for.
    """
    try:
        with path.open("rb") if piped else open_file(path) as file:
            text = file.read().decode("utf-8-sig")
    except OSError as error:
        why = in_words(error)
        return None, [Problem(str(path), f"{what} cannot be read", why, _remedy(error, missing))]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        wrong = f"byte {error.start} is not UTF-8"
        why = "it is UTF-16, and TOML is UTF-8 text" if error.object[:2] in _UTF_16 else "TOML is UTF-8 text"
        return None, [Problem(f"{path}:{line}", wrong, why, "save the file as UTF-8")]
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [syntax.syntax_problem(str(path), text, error)]
    return examined(kind, raw, path, text)


def locator(path: Path) -> Callable[[Problem], Problem]:
    """Return a function that puts line and readable name of a setting of the file at ``path`` into a problem."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        raw = tomllib.loads(text)
    except (OSError, ValueError):
        return lambda problem: problem
    lines = places.line_numbers(text)
    return lambda problem: places.spoken(problem, str(path), raw, lines)


def examined(kind: type[T], raw: dict[str, Any], path: Path, text: str) -> tuple[T | None, list[Problem]]:
    """Check what the TOML file at ``path`` contains, as ``read`` does; ``text`` has the line of each setting."""
    checked = _Checked(kind, str(path))
    table = checked.table(kind, raw, "")
    lines = places.line_numbers(text) if checked.problems else {}
    problems = (places.spoken(problem, str(path), raw, lines) for problem in checked.problems)
    return table, places.in_order(problems, str(path))


class _Checked:
    """The values of one file on their way into tables, and what was wrong with them so far."""

    def __init__(self, root: type[Table], file: str) -> None:
        self.problems: list[Problem] = []
        self._root = root
        self._file = file

    def table(self, kind: type[T], raw: Any, prefix: str) -> T | None:
        """Check one table and replace wrong values by their defaults; None if it is not a table."""
        where = f"{self._file}: {prefix}" if prefix else self._file
        if not isinstance(raw, dict):
            self.problems.append(Problem(where, f"{_shown(raw)} is not a table", try_=_as_table(kind, raw, prefix)))
            return None
        fields = _fields(kind)
        for key in sorted(raw.keys() - fields.keys()):
            remedy = self._belongs(key) or did_you_mean(key, fields) or f"known here: {', '.join(fields)}"
            self.problems.append(Problem(f"{where}.{key}" if prefix else f"{where}: {key}", "unknown key", try_=remedy))
        values: dict[str, Any] = {}
        wrong: set[str] = set()
        for key, spec in fields.items():
            if key in raw:
                before = len(self.problems)
                value = self._value(spec.type, raw[key], f"{prefix}.{key}" if prefix else key)
                if len(self.problems) == before or value is not None:
                    values[spec.name] = value
                if len(self.problems) > before:
                    wrong.add(key)
            elif spec.required:
                self.problems.append(Problem(f"{where}.{key}", "missing", try_=f"add {key} = …"))
                wrong.add(key)
            if spec.required:  # a stand-in, like no other, so that the rest can be checked
                values.setdefault(spec.name, -len(self.problems) if int in get_args(spec.type) else prefix)
        table = kind(**values)
        follow_ups = {where, *(f"{where}.{key}" for key in wrong), *(f"{where}: {key}" for key in wrong)}
        found = table.contradictions(where)
        self.problems += [problem for problem in found if not wrong or problem.where not in follow_ups]
        return table

    def _belongs(self, key: str) -> str:
        """Return which table an unknown key belongs in; an empty text unless exactly one table has it."""
        tables = {
            f"[[{field.name}]]" if get_origin(field.type) is tuple else f"[{field.name}]": part
            for field in msgspec.structs.fields(self._root)
            for part in (field.type, *get_args(field.type))
            if isinstance(part, type) and issubclass(part, Table)
        }
        own = [f"it is a table of its own: {table}" for table in tables if table.strip("[]") == key]
        inside = [table for table, kind in tables.items() if key in kind.__struct_encode_fields__]
        found = own + [f"it belongs in {table}" for table in inside]
        return found[0] if len(found) == 1 else ""

    def _value(self, kind: Any, raw: Any, key: str) -> Any:
        """Check one value, which may be a table or a list of tables."""
        inner = _table_in(kind)
        if inner is not None and get_origin(kind) is tuple:
            if not isinstance(raw, list):
                self._refuse(key, f"{_shown(raw)} where tables are expected", "", f"[[{key}]]")
                return ()
            tables = (self.table(inner, item, f"{key}[{i}]") for i, item in enumerate(raw))
            return tuple(table for table in tables if table is not None)
        if inner is not None:
            return self.table(inner, raw, key)
        try:
            value = msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            self._refuse(key, f"{_shown(raw)} cannot be used", _why(raw, str(error)), _expected(kind, raw))
            return None
        return value if FilePath not in (kind, *get_args(kind)) else self._named(value, key)

    def _named(self, value: str | tuple[str, ...], key: str) -> str | tuple[str, ...] | None:
        """Return a path, or those of several that a file can have, made absolute; None if a single one has no name."""
        base, absolute = Path(self._file).absolute().parent, []
        for path in (value,) if isinstance(value, str) else value:
            why, remedy = unnameable(path)
            if why:
                self._refuse(key, f"{_shown(path)} cannot be used", why, remedy)
            else:
                absolute.append(str(base / path))
        if isinstance(value, str):
            return absolute[0] if absolute else None
        return tuple(absolute)

    def _refuse(self, key: str, what: str, why: str, remedy: str) -> None:
        self.problems.append(Problem(f"{self._file}: {key}", what, why, remedy))


@cache
def _table_in(kind: Any) -> type[Table] | None:
    """Return the kind of table that a value of this kind is, or is a list of; None for any other value."""
    return next((t for t in (kind, *get_args(kind)) if isinstance(t, type) and issubclass(t, Table)), None)


@cache  # a catalogue has hundreds of tables of one kind
def _fields(kind: type[Table]) -> dict[str, msgspec.structs.FieldInfo]:
    """Return the fields of a table by their names in the file."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _as_table(kind: type[Table], raw: Any, prefix: str) -> str:
    """Return how to write a table, for a plain value that was written in its place."""
    _, dot, key = prefix.rpartition(".")
    if not dot:
        name, item, _ = key.partition("[")
        return f"write [[{name}]]" if item else f"write [{name}]"
    for field in msgspec.structs.fields(kind):
        if field.required:
            text = raw if isinstance(raw, str) and raw.isprintable() and '"' not in raw else "…"
            return f'write {key} = {{{field.name} = "{text}"}}'
    return kind().contradictions("")[0].try_


_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_NAMES = {"str": "a text", "bool": "true or false", "int": "a whole number", "float": "a number", "array": "a list"}
_GOT = re.compile(r"Expected `(\w+)(?: \| null)?`, got `\w+`(?: - at `\$\[([0-9]+)\]`)?")


def _why(raw: Any, error: str) -> str:
    """Return in plain words what msgspec found wrong."""
    if found := _GOT.match(error):
        item = raw[int(found[2])] if found[2] else raw
        what = f"{_shown(item)} in it" if found[2] else "it"
        return f"{what} is {_KINDS.get(type(item), 'a table or a date')}, not {_NAMES.get(found[1], found[1])}"
    if "length >=" in error or ("matching regex" in error and isinstance(raw, str) and not raw.strip()):
        return "it is empty"
    if "matching regex" in error:
        return "it has other characters in it, or too many"
    if "Invalid enum value" in error:
        return "it is none of the choices"
    return "it is out of range" if " >= " in error or " <= " in error or " > " in error else error


def _shown(raw: Any) -> str:
    """Return a value as short TOML on one line; a table, which may hold secrets, is not shown."""
    text = _written(raw)
    return text if len(text) <= 80 else text[:77] + "…"  # noqa: PLR2004  one line of a terminal


def _written(raw: Any) -> str:
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list):
        return f"[{', '.join(map(_written, raw))}]"
    if isinstance(raw, bool):
        return str(raw).lower()
    return raw.isoformat() if isinstance(raw, dt.date | dt.time) else repr(raw)


def _expected(kind: Any, raw: Any) -> str:
    """Return in words what a value may be."""
    if get_origin(kind) is tuple and int in get_args(item := get_args(kind)[0]):
        return f"a list of {_expected(item, raw)}"
    if get_origin(kind) is tuple:
        example = raw if isinstance(raw, str) and raw.isprintable() and raw else "…"
        what = "paths" if FilePath in get_args(kind) else "texts"
        return f'a list of {what}, such as ["{example}"]'
    parts = (kind, *get_args(kind))
    if choices := [choice for part in parts if get_origin(part) is Literal for choice in get_args(part)]:
        return "one of " + ", ".join(f'"{choice}"' for choice in choices)
    for part in parts:
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.description:
                return meta.description
    return "true or false" if kind is bool else ""


def _remedy(error: OSError, missing: str) -> str:
    if isinstance(error, FileNotFoundError):
        return missing
    if isinstance(error, PermissionError):
        return f"make it readable for user {me()}, who runs this: `chgrp` to its group, `chmod 640`"
    return "name a TOML file"
