"""Shows how far a grammar comes in a line: part by part what it took, and at which column it expected what."""

from collections.abc import Iterator
from typing import NamedTuple

import pyparsing as pp

from logwatch.model import Cause
from logwatch.parse.grammar import Grammar, default_whitespace, sequence
from logwatch.parse.result import PushResult, display, parse_reference


class Step(NamedTuple):
    """One part of LINE, and the text it took."""

    part: str
    taken: str


class Trace(NamedTuple):
    """How far a grammar came: the parts that matched, then where it stopped (column from 1) and what it expected."""

    steps: list[Step]
    column: int | None
    expected: str
    outcome: PushResult | Cause


def trace(grammar: Grammar, payload: bytes) -> Trace:
    """Follow a line through the parts of a grammar."""
    line = payload.decode("latin-1")
    steps: list[Step] = []
    column, expected = None, ""
    at = 0
    for part, end in _ends(grammar, line):
        if isinstance(end, pp.ParseBaseException):
            column, expected = max(end.loc, at) + 1, str(end.msg).removeprefix("Expected ")
            break
        if taken := display(line[at:end]).strip():
            steps.append(Step(_short(part), taken))
        at = end
    return Trace(steps, column, expected, parse_reference(grammar, payload))


def _ends(grammar: Grammar, line: str) -> Iterator[tuple[pp.ParserElement, int | pp.ParseBaseException]]:
    """Return the parts of LINE with the places where they end, up to the first that does not match."""
    parts = sequence(grammar.line)
    with default_whitespace():
        here = pp.Empty().leave_whitespace().set_parse_action(lambda _, loc, __: [loc])
    end = 0
    for i, part in enumerate(parts):
        try:
            end = int(pp.And([*parts[: i + 1], here.copy()]).parse_with_tabs().parse_string(line)[-1])
        except Exception as failure:  # noqa: BLE001  an action of the grammar may raise anything
            raised = f"no {type(failure).__name__} ({failure}) from a parse action"
            yield part, failure if isinstance(failure, pp.ParseBaseException) else pp.ParseException(line, end, raised)
            return
        yield part, end


def _short(part: pp.ParserElement) -> str:
    while isinstance(part, pp.Suppress) and part.customName is None and part.expr is not None:
        part = part.expr
    text = f"{part.resultsName}: {part}" if part.resultsName and part.resultsName != str(part) else str(part)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004  the left column of a table
