"""Locate a setting in a TOML file for people: by its line, and by names such as ``source "mesibo"``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from logwatch.errors import Problem

_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_TABLES = re.compile(r"\s*\[\[\s*([A-Za-z0-9_.-]+)\s*\]\]")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*(?:\.\s*([A-Za-z0-9_.-]+)\s*)?=""")
_LONG_TEXT = re.compile(r'"""|\'\'\'')
_ORDINALS = ("first", "second", "third")
_LOGIN = re.compile(r"//.*@")  # credentials in an address, which is refused because of them
_ITEM = re.compile(r"^([a-z_]+)\[([0-9]+)\]\.?")


def line_numbers(text: str) -> dict[str, int]:
    """Map each table and key of a valid TOML text, by a name such as ``source[0].paths``, to its line, from 1."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix, inside = "", False
    for number, line in enumerate(text.split("\n"), 1):  # unlike splitlines, as TOML does
        was_inside = inside
        if len(_LONG_TEXT.findall(line)) % 2:
            inside = not inside
        if was_inside:
            continue
        if tables := _TABLES.match(line):
            index = counts.get(tables[1], 0)
            counts[tables[1]] = index + 1
            prefix = f"{tables[1]}[{index}]"
            found[prefix] = number
        elif table := _TABLE.match(line):
            first, dot, rest = table[1].partition(".")
            prefix = f"{first}[{counts[first] - 1}]{dot}{rest}" if first in counts else table[1]
            found[prefix] = number
        elif key := _KEY.match(line):
            name = f"{prefix}.{key[1]}" if prefix else key[1]
            found.setdefault(name, number)
            if key[2]:
                found.setdefault(f"{name}.{key[2]}", number)
    return found


def spoken(problem: Problem, file: str, raw: Mapping[str, Any], known: Mapping[str, int]) -> Problem:
    """Return a problem located by line and in words; one that is not about ``file`` stays as it is."""
    if not problem.where.startswith(file):
        return problem
    name = problem.where.removeprefix(file).removeprefix(": ")
    line = _line(name, known)
    place = f"{file}:{line}" if line else file
    words = _words(name, raw)
    return replace(problem, where=f"{place}: {words}" if words else place)


def in_order(problems: Iterable[Problem], file: str) -> list[Problem]:
    """Sort problems in the order of ``file``: about the whole file, by line, then about other places."""

    def place(problem: Problem) -> tuple[bool, int]:
        found = re.match(rf"{re.escape(file)}(?::([0-9]+))?(?:: |$)", problem.where)
        return found is None, int(found[1] or 0) if found else 0

    return sorted(problems, key=place)


def _line(name: str, known: Mapping[str, int]) -> int | None:
    """Return the line of a setting, else of the innermost table around it that has one; None if none has."""
    while name:
        if name in known:
            return known[name]
        name = name.rpartition(".")[0]
    return None


def _words(name: str, raw: Mapping[str, Any]) -> str:
    item = _ITEM.match(name)
    if item is None:
        return name
    table, index, rest = item[1], int(item[2]), name[item.end() :]
    listed = raw.get(table)
    entry = listed[index] if isinstance(listed, list) and index < len(listed) else None
    called = entry.get("name", entry.get("url")) if isinstance(entry, dict) else None
    if isinstance(called, str):
        called = _LOGIN.sub("//", called)
    ordinal = _ORDINALS[index] if index < len(_ORDINALS) else f"{index + 1}th"
    who = f'{table} "{called}"' if isinstance(called, str) and called.isprintable() else f"the {ordinal} [[{table}]]"
    return f"{who}: {rest}" if rest else who
