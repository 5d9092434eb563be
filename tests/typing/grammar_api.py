"""What a program that reads logs by grammars may rely on, in types: mypy checks it with `make lint`, nothing runs it.

Where an ignored error is none any more, mypy reports the comment: so these are claims as well.
"""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import assert_type

from pyparsing import ParserElement

from logwatch.errors import GrammarError, Problem
from logwatch.model import PLAIN, Cause, Failure, Platform, ResultKey, Scan, Seen
from logwatch.parse import Grammar, Scanner, load
from logwatch.parse.check import check


def loaded(directories: list[Path]) -> Grammar:
    """Load by name, from directories before the shipped ones, or get every problem at once."""
    try:
        grammar = load("mesibo", directories)
    except GrammarError as error:
        assert_type(error.problems, tuple[Problem, ...])
        raise
    assert_type(grammar.line, ParserElement)
    assert_type(grammar.marker, bytes)
    assert_type(check(grammar), list[Problem])
    return grammar


def counted(grammar: Grammar, lines: bytes) -> Scan:
    """Scan whole lines; what comes out is counted by result, and failures can be looked at one by one."""
    found = Scanner(grammar, timezone=UTC, delivered=frozenset({200}), keep=10).scan(
        lines, envelope=PLAIN, reference=0.0
    )
    assert_type(found.results, dict[ResultKey, Seen])
    assert_type(found.failures, Sequence[Failure])
    for key, seen in found.results.items():
        assert_type((key.platform, key.code, key.reason), tuple[Platform, int, str])
        assert_type(seen.last, float | None)
    for cause in found.unparsed:
        assert_type(cause, Cause)
    return found


def refused(grammar: Grammar) -> None:
    """Pass what is no grammar, no bytes, no zone: each is an error before anything runs."""
    load(b"mesibo")  # type: ignore[arg-type]  # names are text
    load("mesibo", fresh=True)  # type: ignore[call-arg]
    load("mesibo", [], True)  # type: ignore[call-arg]  # noqa: FBT003
    Scanner(grammar)  # type: ignore[call-arg]  # a stamp without a zone means nothing
    Scanner(grammar, timezone="UTC")  # type: ignore[arg-type]
    Scanner(grammar, timezone=UTC).scan("text", envelope=PLAIN, reference=0.0)  # type: ignore[arg-type]
    grammar.marker = b"other"  # type: ignore[misc]  # a grammar is never changed
