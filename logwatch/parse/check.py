"""Check a grammar against its samples: what each yields when read in every way, what none reaches, and linear time.

No problems means that the grammar does what its author wrote down; some problems are only warnings.
"""

import time
import timeit
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC
from functools import partial
from typing import Any

import pyparsing as pp

from logwatch.compile import pcre2
from logwatch.dialect.grammar import Grammar, elements_of, parse_reference
from logwatch.dialect.result import PushResult
from logwatch.errors import Problem
from logwatch.model import PLAIN, Cause
from logwatch.parse.line_parser import LineParser, parser_of
from logwatch.parse.scanner import Scanner

_ABSENT = {"platform": "unknown", "reason": "", "app": "", "user": "", "token": ""}
_SIZES = (1024, 8192)  # bytes of a pumped line: eight times as many may take eight times as long
_SIZES_OF_PYPARSING = (512, 4096)  # which takes some 20 us a byte
_ENOUGH = 3  # slow lines to report: each takes time to find
_PATIENCE = 4.0  # times longer than linear: more than any measuring error, less than quadratic time would take
_NOISE_SECONDS = 0.02  # a busy host can lengthen three short measurements in a row; these are repeated
_FOUR_YEARS = [year * 365.25 * 86400 for year in range(54, 58)]  # in seconds since the epoch, one of them a leap year
_PUMPS = ("code ", "code 7 ", '"', '\\"', "{", "[", "{[", "}", " ", "\t", "a", "0", "=", ":", "(", '" "', "{}")


def against_samples(grammar: Grammar) -> list[Problem]:
    """Return what differs from the samples and what none of them reaches; fit for every start: it measures no time."""
    return [*_samples(grammar), *_unreached(grammar)]


def check(grammar: Grammar) -> list[Problem]:
    """Return everything that is wrong with a grammar, warnings last."""
    problems = [*against_samples(grammar), *_slow(grammar)]
    if why := grammar.not_compiled_because:
        remedy = "see which elements can be compiled in docs/grammars.md, or live with the speed of pyparsing"
        problems.append(Problem(str(grammar.path), "not compiled", why, remedy, warning=True))
    reader = parser_of(grammar).chunk_reader
    expression = reader.bare.pattern.expression if reader and pcre2.loaded() else None
    if isinstance(expression, str):
        remedy = "see what PCRE2 refuses in docs/grammars.md, or live with a tenth of the speed"
        problems.append(Problem(str(grammar.path), "read line by line", expression, remedy, warning=True))
    return problems


def _samples(grammar: Grammar) -> Iterator[Problem]:
    """Read each sample in every way and compare the results with its annotation."""
    path = grammar.path.parent / "samples" / f"{grammar.name}.log"
    scanner = Scanner(grammar, timezone=UTC)
    scanner.parser = parser = LineParser(grammar)  # a fresh one, which remembers no rows
    for sample in grammar.samples:
        where = f"{path}:{sample.number}"
        by_hand = parse_reference(grammar, sample.payload)
        stamp = by_hand.timestamp if isinstance(by_hand, PushResult) else ""
        if stamp and all(scanner.timestamps.seconds(stamp, reference) is None for reference in _FOUR_YEARS):
            how = f"TIMESTAMP = {grammar.timestamp!r}" if grammar.timestamp else "no usual way to write one"
            remedy = 'say how it is written: TIMESTAMP = "%d/%b/%Y:%H:%M:%S %z"'
            yield Problem(where, f"the stamp {stamp!r} cannot be dated", how, remedy)
        if difference := _difference(sample.expected, sample.cause, by_hand):
            remedy = f"grammar trace {grammar.name} shows how far it came"
            yield Problem(where, "not what is expected", difference, remedy)
        if sample.expected is not None and grammar.marker not in sample.payload:
            marker = grammar.marker.decode("latin-1")
            yield Problem(where, "never looked at", f"MARKER {marker!r} is not in the line", "choose another MARKER")
        compiled = parser.read(sample.payload)
        scan = scanner.scan(sample.payload + b"\n", envelope=PLAIN, reference=0.0)
        scanned = next(((key.code, key.platform, key.reason) for key in scan.results), None)
        counted = by_hand[:3] if isinstance(by_hand, PushResult) else None
        if compiled != by_hand or (scan.candidates and scanned != counted):
            why = f"pyparsing: {by_hand}, compiled: {compiled}, scanned: {scanned}"
            yield Problem(where, "the roads disagree", why, "this is a bug of mesibo-logwatch; please report it")


def _difference(expected: dict[str, Any] | None, cause: Cause | None, found: PushResult | Cause) -> str:
    """Describe how a sample's result differs from what was expected; empty if it does not."""
    if expected is None:
        if isinstance(found, PushResult):
            return f"it yields code {found.code}, and must yield nothing"
        return "" if cause in (None, found) else f"it yields nothing because {found}, not because {cause}"
    if not isinstance(found, PushResult):
        return f"it yields nothing: {found}"
    wanted = {**_ABSENT, **expected}
    return "; ".join(
        f"{key} is {value!r}, expected {wanted[key]!r}"
        for key, value in found._asdict().items()
        if key in wanted and value != wanted[key]
    )


def _unreached(grammar: Grammar) -> Iterator[Problem]:
    """Find alternatives that no sample reaches: nobody knows whether they work."""
    again = replace(grammar, line=deepcopy(grammar.line))  # a copy, for parse actions are added to its elements
    choices = (element for element in elements_of(again.line) if isinstance(element, pp.MatchFirst))
    alternatives = {id(each): each for choice in choices for each in choice.exprs}
    reached: set[int] = set()
    for number, alternative in alternatives.items():
        alternative.add_parse_action(partial(reached.add, number))
    for sample in again.samples:
        parse_reference(again, sample.payload)
    for number, alternative in alternatives.items():
        if number not in reached:
            what = str(alternative)
            short = what if len(what) <= 80 else what[:79] + "…"  # noqa: PLR2004  a line of a terminal
            yield Problem(str(grammar.path), f"no sample reaches {short}", "", "add a sample line that contains it")


def _slow(grammar: Grammar) -> Iterator[Problem]:
    """Find texts whose repetition makes the time grow faster than the line."""
    parser = parser_of(grammar)

    def seconds(line: bytes, tries: int = 3) -> float:  # noise can lengthen a time, but not shorten it
        return min(timeit.repeat(lambda: parser.read(line), timer=time.thread_time, repeat=tries, number=1))

    sizes = _SIZES if parser.compiled else _SIZES_OF_PYPARSING
    marker, found = grammar.marker, 0
    good = [sample.payload for sample in grammar.samples if sample.expected and marker in sample.payload]
    heads = {b""} | {b"".join(payload.partition(marker)[:2]) + b" " for payload in good}
    for head in sorted(heads, key=len)[:3]:
        for pump in (*_PUMPS, marker.decode("latin-1") + " "):
            short, long = (pumped(head, pump, size) for size in sizes)
            small, large = seconds(short), seconds(long)
            bound = _PATIENCE * (sizes[1] / sizes[0]) * max(small, 5e-5)
            if bound < large < _NOISE_SECONDS:
                large = min(large, seconds(long, 15))
            if large > bound:
                why = f"{sizes[0]} bytes take {small * 1e3:.1f} ms, {sizes[1]} take {large * 1e3:.1f} ms"
                remedy = "make alternatives begin with different words, and match no opener without its closer"
                yield Problem(str(grammar.path), f"slow on lines of {pump!r}", why, remedy)
                found += 1
            if found == _ENOUGH:
                return


def pumped(head: bytes, pump: str, size: int) -> bytes:
    """Make a line of about ``size`` bytes that repeats ``pump``."""
    return head + pump.encode("latin-1") * (size // len(pump))
