"""Show how far a grammar gets in a line: what each part matched, and at which column it expected what."""

from typing import NamedTuple

import pyparsing as pp

from logwatch.dialect.grammar import Grammar, parse_reference, sequence
from logwatch.dialect.load import default_whitespace
from logwatch.dialect.result import PushResult, display
from logwatch.model import Cause


class Step(NamedTuple):
    """One part of LINE, and the text that it matched."""

    part: str
    taken: str


class Trace(NamedTuple):
    """How far a grammar got: the parts that matched, then where it stopped (column from 1) and what it expected."""

    steps: list[Step]
    column: int | None
    expected: str
    outcome: PushResult | Cause


def trace(grammar: Grammar, payload: bytes) -> Trace:
    """Follow a line through the parts of a grammar."""
    line, parts = payload.decode("latin-1"), sequence(grammar.line)
    with default_whitespace():
        here = pp.Empty().leave_whitespace().set_parse_action(lambda _, loc, __: [loc])
    steps: list[Step] = []
    column, expected, at = None, "", 0
    for i, part in enumerate(parts):
        try:
            end = int(pp.And([*parts[: i + 1], here.copy()]).parse_with_tabs().parse_string(line)[-1])
        except pp.ParseBaseException as failure:
            column, expected = max(failure.loc, at) + 1, str(failure.msg).removeprefix("Expected ")
            break
        except Exception as failure:  # noqa: BLE001  an action of the grammar may raise anything
            column, expected = at + 1, f"no {type(failure).__name__} ({failure}) from a parse action"
            break
        if taken := display(line[at:end]).strip():
            steps.append(Step(_short(part), taken))
        at = end
    return Trace(steps, column, expected, parse_reference(grammar, payload))


def _short(part: pp.ParserElement) -> str:
    while isinstance(part, pp.Suppress) and part.customName is None and part.expr is not None:
        part = part.expr
    text = f"{part.resultsName}: {part}" if part.resultsName and part.resultsName != str(part) else str(part)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004  the left column of a table
