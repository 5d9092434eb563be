"""``grammar check | trace | diagram | propose``. Exit 0 fine, 1 findings, 2 wrong use."""

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import compress
from pathlib import Path

import click

from logwatch import resources
from logwatch.cli.options import CommandGroup
from logwatch.cli.propose import OWN
from logwatch.cli.propose import command as propose_command
from logwatch.dialect.grammar import whole_marker
from logwatch.dialect.load import find, names
from logwatch.dialect.redact import shape, words_of
from logwatch.dialect.result import PushResult
from logwatch.dialect.trace import Trace, trace
from logwatch.errors import GrammarError, in_words, installing
from logwatch.parse import Grammar, load
from logwatch.parse.check import check
from logwatch.parse.line_parser import parser_of
from logwatch.words import many

_directory = click.option(
    "--directory",
    "-d",
    "directories",
    multiple=True,
    type=click.Path(path_type=Path),
    default=[OWN],
    show_default=True,
    help="Directory to search for grammars, before the shipped ones; may be given several times.",
)


DRAWS_WITH = ("railroad", "jinja2")
"""The packages of the extra ``diagrams``: nothing else needs them."""


@click.group("grammar", cls=CommandGroup)
def command() -> None:
    """Test, debug, draw and propose a grammar."""


command.add_command(propose_command)


@command.command("check")
@click.argument("name", required=False)
@_directory
def check_command(name: str | None, directories: tuple[Path, ...]) -> None:
    """Test a grammar (all of them, without NAME) with its samples, and that matching takes linear time.

    It reports samples that do not yield what is written above them, alternatives that no sample reaches, and lines
    that take more time than their length warrants.
    """
    failed = False
    for each in [name] if name else names([*directories, resources.GRAMMARS]):
        try:
            grammar = load(each, directories)
            problems = check(grammar)
        except GrammarError as error:
            grammar, problems = None, list(error.problems)
        for problem in problems:
            click.echo(f"{'warning' if problem.warning else 'error'}: {problem}", err=True)
        bad = any(not problem.warning for problem in problems)
        if grammar is not None and not bad:
            road = "compiled" if parser_of(grammar).compiled else "pyparsing alone"
            click.echo(f"ok: {each} ({grammar.path}): {len(grammar.samples)} samples, {road}")
        failed = failed or bad
    sys.exit(1 if failed else 0)


@command.command("trace")
@click.argument("words", nargs=-1, metavar="[NAME] [LINE|-]")
@_directory
def trace_command(words: tuple[str, ...], directories: tuple[Path, ...]) -> None:
    """Show how far the grammar matches a line, at which column it stops, and what it expects there.

    Without LINE, or with -, lines are read from standard input; of similar lines one is shown with their number, those
    without a result first. Where some contain the marker, the others are left out: no push is expected in them. The
    exit code is 1 if a line gives no result.
    """
    name, line = _name_and_line(words, directories)
    grammar = load(name, directories)
    lines = [line.encode()] if line is not None else [each.rstrip(b"\n") for each in sys.stdin.buffer]
    pushes = list(compress(lines, whole_marker(grammar)(lines))) or lines
    if others := len(lines) - len(pushes):
        marker = grammar.marker.decode("latin-1")
        click.echo(f"note: {many(others, 'line', 'lines')} without {marker} left out", err=True)
    lines = pushes
    groups = grouped_by_trace(grammar, lines)
    for payload, result, count in groups:
        if len(lines) > 1:
            click.echo(f"{count} line{'s' if count > 1 else ''} like this:")
        click.echo(render(payload, result))
    sys.exit(0 if all(isinstance(result.outcome, PushResult) for _, result, _ in groups) else 1)


def grouped_by_trace(grammar: Grammar, lines: Iterable[bytes]) -> list[tuple[bytes, Trace, int]]:
    """Return one line of each shape and outcome, how far the grammar gets in it, and how many such lines there are."""
    words = words_of(grammar)
    groups: dict[tuple[str, str], tuple[bytes, Trace, int]] = {}
    for payload in lines:
        result = trace(grammar, payload)
        cause = "" if isinstance(result.outcome, PushResult) else result.outcome
        first, first_result, count = groups.get((shape(payload, words), cause), (payload, result, 0))
        groups[shape(payload, words), cause] = (first, first_result, count + 1)
    return sorted(groups.values(), key=lambda group: (isinstance(group[1].outcome, PushResult), -group[2]))


@command.command("diagram")
@click.argument("name", default="mesibo")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="HTML file to write; - is standard output.",
)
@_directory
def diagram_command(name: str, output: Path, directories: tuple[Path, ...]) -> None:
    """Draw a grammar as a railroad diagram, on one HTML page."""
    grammar = load(name, directories)
    if missing := [each for each in DRAWS_WITH if find_spec(each) is None]:
        why = f"to draw, pyparsing needs packages that are not installed: {', '.join(missing)}"
        raise GrammarError.at("grammar diagram", "cannot draw", why, installing("diagrams"))
    if str(output) == "-":
        grammar.line.create_diagram(sys.stdout, show_results_names=True)
        return
    try:
        grammar.line.create_diagram(str(output), show_results_names=True)
    except OSError as error:
        why = in_words(error)
        raise GrammarError.at(str(output), "cannot be written", why, "name a writable file") from error
    click.echo(f"ok: {output}")


def render(payload: bytes, result: Trace) -> str:
    """Return the line with a mark where the grammar stopped, what each part took, and the outcome."""
    text = "".join(char if char.isprintable() else "·" for char in payload.decode("latin-1"))
    rows = [text]
    if result.column is not None:
        rows.append(f"{' ' * (result.column - 1)}^ column {result.column}: expected {result.expected}")
    wide = max((len(step.part) for step in result.steps), default=0)
    rows += [f"  {step.part:{wide}}  {step.taken}" for step in result.steps]
    if isinstance(result.outcome, PushResult):
        values = ", ".join(f"{key} {value}" for key, value in result.outcome._asdict().items() if value != "")
        rows.append(f"  = {values}")
    else:
        rows.append(f"  = no result: {WHY[result.outcome]}")
    return "\n".join(rows)


WHY = {
    "misplaced": "the marker is missing, or not where a push line has it (misplaced)",
    "no_code": "no code up to the end of the line (no_code)",
    "ambiguous": "two different codes (ambiguous)",
    "grammar": "the line is not what the grammar describes (grammar)",
}


def _name_and_line(words: tuple[str, ...], directories: tuple[Path, ...]) -> tuple[str, str | None]:
    """Distinguish a name from a line: one word alone is a name if there is such a grammar."""
    if len(words) > 2:  # noqa: PLR2004  name and line
        raise click.UsageError("a line with blanks needs quotes around it")
    *before, last = words or ("-",)
    line = None if last == "-" else last
    if before:
        return before[0], line
    if line is not None:
        try:
            find(line, directories)
        except GrammarError:
            return "mesibo", line
        return line, None
    return "mesibo", None
