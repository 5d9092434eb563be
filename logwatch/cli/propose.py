"""``grammar propose``: write a grammar and its samples from lines that cannot be read. Exit 0 fine, 1 findings."""

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import chain, islice
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.text import Text

from logwatch import envelope
from logwatch.assembly import assemble, look_for, present
from logwatch.cli import terminal
from logwatch.cli.kept_shapes import kept_shapes, shape_table
from logwatch.cli.options import config_option, print_problems
from logwatch.config import Config, Source
from logwatch.config.default import DEFAULT_PATH, find
from logwatch.dialect.load import require_name
from logwatch.errors import ConfigError, GrammarError, LogwatchError, Problem, in_words
from logwatch.journal import ask
from logwatch.model import Envelope
from logwatch.ownership import is_there, may_be_there
from logwatch.parse import Scanner, load
from logwatch.propose import Proposal, Shape, around, propose, unwrapped
from logwatch.report import open_path, open_stream

OWN = Path("/etc/mesibo-logwatch/grammars")
STDIN = "-"
_MOST_LINES = 20_000  # lines with the marker: enough to show a dialect many times over
_DECIDED_LINES = 200  # lines with the marker, or
_DECIDED_BYTES = 1 << 22  # bytes are enough to decide the envelope
_LONGEST = 65536  # bytes of a line
_MOST_ENTRIES = 50_000  # of the journal
_LATE_LINES, _LATE_SHARE = 20, 10  # at least so many last lines, or 1 in so many, show what still comes after an update
_UNREADABLE_SHARE = 20  # more than one unread line in so many is a finding


@click.command("propose")
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@click.option("--name", required=True, help="Name of the new grammar: letters, digits, - and _.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=OWN,
    show_default=True,
    help="Directory for NAME.py and samples/NAME.log.",
)
@click.option("--all", "whole", is_flag=True, help="Look at all lines, including those that can be read today.")
@click.option("--force", is_flag=True, help="Overwrite a grammar of that name.")
@config_option("Read what this configuration follows.", "file")
@click.option(
    "--source", metavar="S", help="Source of the configuration; default: the one that follows PATH, or its first."
)
def command(
    *, paths: tuple[str, ...], name: str, output: Path, whole: bool, force: bool, file: Path | None, source: str | None
) -> None:
    """Write a grammar, and the samples that hold it to its promises, from push lines that cannot be read.

        docker logs mesibo 2>&1 | mesibo-logwatch grammar propose - --name mine

    Without PATH, the log of the source is read; where it is out of reach, the shapes of unread lines that the daemon
    keeps are shown. The output lists what was found and what is in doubt: check both before you trust the numbers. The
    exit code is 1 if nothing could be proposed, if more than one line in twenty would stay unread, or if lines would
    that are read today.
    """
    require_name(name)  # before anything is written under it
    config = _config(paths, file)
    named = source if source is not None else _following(config, paths)
    chosen = _source(config, named)
    parts = assemble(config)
    scanner = parts.scanner(chosen, keep=0)
    target, samples = output / f"{name}.py", output / "samples" / f"{name}.log"
    if is_there(target) and not force:
        raise GrammarError.at(str(target), "is there already", "", "choose another --name, or add --force")
    try:
        logs = _logs(paths, chosen, scanner.marker)
    except LogwatchError as error:
        _kept(paths, config, chosen)
        raise error from None
    lines = [line for log in logs for line in log.lines]
    unread = [line for line in lines if not reads(scanner, line)]
    if not unread and not whole:
        click.echo(_nothing(len(lines), scanner.marker.decode(), chosen.grammar))
        if not lines:
            _kept(paths, config, chosen)
        sys.exit(0 if lines else 1)
    try:
        proposal = propose(lines if whole else unread, name, scanner.marker.decode(), parts.catalogue)
    except GrammarError as error:
        print_problems(error.problems)
        sys.exit(1)
    save(target, samples, proposal)
    proposed = Scanner(load(name, [output]), timezone=UTC)
    terminal.show(render(proposal, kinds := _envelopes(logs)))
    click.echo(f"written: {target} and {samples}, checked against each other")
    late = set(lines[-max(_LATE_LINES, len(lines) // _LATE_SHARE) :]).difference(unread)
    if lost := sum(not reads(proposed, line) for line in late):
        click.echo(_both(lost, len(late), chosen, whole=whole))
        sys.exit(1)
    sure = named is not None or not paths or len(config.source) == 1
    where = f'source "{chosen.name}"' if sure else "the source that these lines are of"
    _next(name, where, config, output, "" if _detected(logs, proposed.owns, chosen) else kinds)
    sys.exit(1 if proposal.unread * _UNREADABLE_SHARE > proposal.unread + proposal.counted else 0)


def _nothing(lines: int, marker: str, grammar: str) -> str:
    """Explain why there is nothing to propose, and what to try."""
    if not lines:
        return f"nothing to propose: no line with {marker} is there\n  try: name a log that holds push results"
    why = f"the {lines} lines with {marker} are read already by {grammar}"
    return f"nothing to propose: {why}\n  try: --all to look at them all the same"


def _both(lost: int, late: int, source: Source, *, whole: bool) -> str:
    """Explain why today's grammar has to stay: it reads other lines of the log, and a source has one grammar."""
    today = source.grammar
    why = f"of the last lines that {today} reads, {lost} of {late} would not be read"
    by_hand = "or write one by hand that reads both" if whole else "or try --all --force, which looks at all lines"
    return (
        f'next: not in source "{source.name}" as it is: {why}\n'
        f'      keep grammar = "{today}" where the others are texts of users that quote mesibo; {by_hand}'
    )


def _kept(paths: Sequence[str], config: Config, source: Source) -> None:
    """Show the shapes of unread lines that the daemon keeps, if the source's lines are out of reach."""
    if not paths and (shapes := kept_shapes(config, source)) is not None:
        terminal.show(shapes)


def reads(scanner: Scanner, line: bytes) -> bool:
    """Return whether a line gives a result, or is no candidate."""
    scan = scanner.scan(line + b"\n", envelope="plain", reference=0.0)
    return bool(scan.results) or not scan.candidates


def _config(paths: Sequence[str], file: Path | None) -> Config:
    """Load the configuration; if there is none, and paths are named, make one with a single source of defaults."""
    if paths and file is None and not is_there(DEFAULT_PATH):
        return Config(source=(Source(name="mesibo"),))
    return find(file)[0]


def _following(config: Config, paths: Sequence[str]) -> str | None:
    """Return the name of the source that follows one of these files; None if none does."""
    wanted = {os.path.abspath(path) for path in _expanded(paths)}  # noqa: PTH100  a name may be no text
    return next((each.name for each in config.source if not wanted.isdisjoint(look_for(each).paths)), None)


def _source(config: Config, name: str | None) -> Source:
    found = next((each for each in config.source if name in (None, each.name)), None)
    if found is None:
        known = ", ".join(each.name for each in config.source)
        raise ConfigError.at("--source", f"there is no source {name!r}", "", f"one of {known}")
    return found


@dataclass(frozen=True, slots=True)
class Log:
    """What was read of one log."""

    head: bytes  # its beginning, by which the envelope was decided
    wrapped: Envelope
    lines: Sequence[bytes]  # payloads with the marker, as many as are worth looking at


def _logs(paths: Sequence[str], source: Source, marker: bytes) -> list[Log]:
    """Read the named files or standard input; if none is named, the files or the journal of the source."""
    if not paths and source.journal:
        newest = ask.lines(ask.newest(source.journal.target, _MOST_ENTRIES), _LONGEST)
        return [_read(iter([newest]), source, marker, _MOST_LINES)]
    logs: list[Log] = []
    left = _MOST_LINES
    for path in _expanded(paths) or _files(source):
        if path == STDIN:
            logs.append(_read(open_stream("standard input", sys.stdin.buffer).chunks, source, marker, left))
        else:
            with open_path(Path(path)) as stream:
                logs.append(_read(stream.chunks, source, marker, left))
        left -= len(logs[-1].lines)
    return logs


def _expanded(paths: Sequence[str]) -> list[str]:
    """Return the paths, with globs that the shell did not expand replaced by their matches."""
    found: list[str] = []
    for path in paths:
        matching = [] if path == STDIN or may_be_there(path) else sorted(glob.glob(path, recursive=True))  # noqa: PTH207
        found += matching or [path]
    return found


def _files(source: Source) -> list[str]:
    found = present(source)
    if not found:
        what = source.docker.container if source.docker else ", ".join(source.paths) or "it is not a file"
        remedy = "name files that hold its lines, or - for standard input: docker logs mesibo 2>&1 | …"
        nothing = Problem(f"source {source.name}", "there is nothing to read", what, remedy)
        raise LogwatchError(nothing, *look_for(source).problems)
    return found


def _read(chunks: Iterator[bytes], source: Source, marker: bytes, most: int) -> Log:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _DECIDED_BYTES or head.count(marker) >= _DECIDED_LINES:
            break
    wrapped = around(head, marker, source.envelope)
    found = (line for line in unwrapped(chain([head], chunks), wrapped, _LONGEST) if marker in line)
    return Log(head, wrapped, list(islice(found, most)))


def save(target: Path, samples: Path, proposal: Proposal) -> None:
    """Write both files so that nobody else may change them: a grammar is code."""
    try:
        for directory in (target.parent, samples.parent):
            directory.mkdir(parents=True, exist_ok=True)
        for path, text in ((samples, proposal.samples), (target, proposal.grammar)):
            path.write_text(text)
            path.chmod(0o644)
    except OSError as error:
        where = error.filename or target
        remedy = "name a directory of yours with --output, or run this as root"
        raise GrammarError.at(str(where), "cannot be written", in_words(error), remedy) from error


def _envelopes(logs: Sequence[Log]) -> str:
    """Name the envelopes of the logs as the configuration does; empty for plain logs."""
    return " and ".join(dict.fromkeys(envelope.label(log.wrapped) for log in logs if log.lines and log.wrapped.layers))


def _detected(logs: Sequence[Log], owns: envelope.Owns, source: Source) -> bool:
    """Return whether the daemon, as configured, would detect the envelopes by lines that the new grammar reads."""
    return all(
        envelope.label(envelope.settled(log.head, owns, source.envelope)) == envelope.label(log.wrapped)
        for log in logs
        if log.lines
    )


def render(proposal: Proposal, kinds: str) -> RenderableType:
    """Lay out what was found: the shapes with what they give, and the doubts."""
    totals: dict[int, int] = {}
    for each in proposal.shapes:
        for code, count in each.codes.items():
            totals[code] = totals.get(code, 0) + count
    codes = ", ".join(f"{code}: {count}" for code, count in sorted(totals.items(), key=lambda item: -item[1]))
    parts: list[RenderableType] = [
        Text(f"The code is taken from {proposal.dialect.code.described()}.", style="bold"),
        shape_table("would count", [(each.lines, _counts(each), each.shape) for each in proposal.shapes]),
        Text(f"It would count {proposal.counted} results ({codes}). Lines that stay unread: {proposal.unread}."),
    ]
    if kinds:
        parts.append(Text(f"The lines are in the envelope {kinds}; the grammar is for what is inside it."))
    parts += [Text(f"look at: {doubt}", style="yellow") for doubt in proposal.doubts]
    return Group(*parts)


def _counts(shape: Shape) -> str:
    if shape.cause:
        return f"nothing ({shape.cause})"
    return ", ".join(f"{code}: {count}" for code, count in shape.codes.most_common(4)) + (
        ", …" if len(shape.codes) > 4 else ""  # noqa: PLR2004  as many as fit
    )


def _next(name: str, where: str, config: Config, output: Path, needed: str) -> None:
    place = (
        ""
        if output.absolute() in config.grammars.paths
        else f', and directories = ["{output.absolute()}"] below [grammars]'
    )
    also = f' and envelope = "{needed}"' if needed else ""
    click.echo(f'next: set grammar = "{name}"{also} in {where}{place}; then mesibo-logwatch check')
    click.echo("      and systemctl reload mesibo-logwatch")
