"""``grammar propose``: write a grammar and its samples from lines that cannot be read. Exit 0 fine, 1 findings."""

import glob
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logwatch import envelope
from logwatch.assembly import assemble
from logwatch.cli import terminal
from logwatch.config import Config, Source
from logwatch.config.default import DEFAULT_PATH, find
from logwatch.discover import Container, Globs
from logwatch.errors import ConfigError, GrammarError, LogwatchError, Problem
from logwatch.model import PLAIN, Envelope, EnvelopeKind
from logwatch.parse import Scanner
from logwatch.propose import Proposal, Shape, propose
from logwatch.report import open_path, open_stream

OWN = Path("/etc/mesibo-logwatch/grammars")
STDIN = "-"
_MOST_LINES = 20_000  # lines with the marker, of which a dialect shows itself many times over
_ENVELOPE_LINES = 200  # that tell what all of them are in
_ESCAPING: tuple[EnvelopeKind, ...] = ("docker", "journal-json")
_MOST_SHAPES = 12  # rows of the table
_UNREADABLE_SHARE = 20  # more than one unread line in so many is a finding


@click.command("propose")
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@click.option("--name", required=True, help="Of the new grammar: letters, digits, - and _.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=OWN,
    show_default=True,
    help="Directory for NAME.py and samples/NAME.log.",
)
@click.option("--all", "whole", is_flag=True, help="Look at all lines, also at those that can be read today.")
@click.option("--force", is_flag=True, help="Write over a grammar of that name.")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), metavar="F", help="Read what this configuration follows."
)
@click.option("--source", metavar="S", help="Only this source of the configuration.")
def command(
    *, paths: tuple[str, ...], name: str, output: Path, whole: bool, force: bool, file: Path | None, source: str | None
) -> None:
    """Write a grammar, and the samples that hold it to its promises, from push lines that cannot be read.

        docker logs mesibo 2>&1 | mesibo-logwatch grammar propose - --name mine

    Without PATH, the logs of the configuration are read. What was found is shown beside every doubt; look at both
    before numbers are believed. The exit code is 1 if nothing could be proposed, or more than one line in twenty
    would stay unread.
    """
    config = _config(paths, file)
    chosen = _source(config, source)
    parts = assemble(config)
    scanner = parts.scanner(chosen, keep=0)
    target, samples = output / f"{name}.py", output / "samples" / f"{name}.log"
    if target.exists() and not force:
        raise GrammarError(Problem(str(target), "is there already", "", "choose another --name, or add --force"))
    lines = list(_lines(paths, chosen, scanner.marker))
    unread = [line for line in lines if not reads(scanner, line)]
    if not unread and not whole:
        word = "read already" if lines else "there"
        click.echo(
            f"nothing to propose: {len(lines)} lines with {scanner.marker.decode()} are {word} by {chosen.grammar}"
        )
        click.echo(
            "  try: --all to look at them all the same" if lines else "  try: name a log that holds push results"
        )
        sys.exit(0 if lines else 1)
    try:
        proposal = propose(lines if whole else unread, name, scanner.marker.decode(), parts.catalogue)
    except GrammarError as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        sys.exit(1)
    save(target, samples, proposal)
    readable = 0 if whole else len(lines) - len(unread)
    terminal.show(render(proposal, readable, chosen.grammar))
    _next(target, samples, name, chosen.name, config, output)
    sys.exit(1 if proposal.unread * _UNREADABLE_SHARE > proposal.unread + proposal.counted else 0)


def reads(scanner: Scanner, line: bytes) -> bool:
    """Return whether a line gives a result today."""
    return bool(scanner.scan(line + b"\n", envelope="plain", reference=0.0).results)


def _config(paths: Sequence[str], file: Path | None) -> Config:
    """Load the configuration; without one, and with paths, what an empty one would say."""
    if paths and file is None and not DEFAULT_PATH.exists():
        return Config(source=(Source(name="mesibo"),))
    return find(file)[0]


def _source(config: Config, name: str | None) -> Source:
    found = next((each for each in config.source if name in (None, each.name)), None)
    if found is None:
        known = ", ".join(each.name for each in config.source)
        raise ConfigError(Problem("--source", f"there is no source {name!r}", "", f"one of {known}"))
    return found


def _lines(paths: Sequence[str], source: Source, marker: bytes) -> Iterator[bytes]:
    """Read the payloads with the marker, out of their envelope, as many as are worth looking at."""
    count = 0
    for path in _expanded(paths) or _files(source):
        if path == STDIN:
            found = list(_payloads(open_stream("standard input", sys.stdin.buffer).chunks, marker))
        else:
            with open_path(Path(path)) as stream:
                found = list(_payloads(stream.chunks, marker))
        for line in found:
            yield line
            count += 1
            if count == _MOST_LINES:
                return


def _expanded(paths: Sequence[str]) -> list[str]:
    """Return the paths, those that a shell was kept from expanding as what they match."""
    found: list[str] = []
    for path in paths:
        matching = [] if path == STDIN or Path(path).exists() else sorted(glob.glob(path, recursive=True))  # noqa: PTH207
        found += matching or [path]
    return found


def _files(source: Source) -> list[str]:
    if source.docker:
        found = list(Container(source.docker.container, source.docker.root).find(time.time()).paths)
    else:
        found = [path for path in Globs(source.paths).find(time.time()).paths if Path(path).exists()]
    if not found:
        what = source.docker.container if source.docker else ", ".join(source.paths)
        raise LogwatchError(Problem(f"source {source.name}", "there is nothing to read", what, "name files, or -"))
    return found


def _payloads(chunks: Iterator[bytes], marker: bytes) -> Iterator[bytes]:
    wrapped, rest, count = PLAIN, b"", 0
    for chunk in chunks:
        data = rest + chunk
        whole, newline, rest = data.rpartition(b"\n")
        wrapped = wrapped if wrapped != PLAIN else _objects(whole)
        for line in _unwrapped(whole + newline, wrapped):
            if marker in line:
                yield line
                count += 1
                if count == _MOST_LINES:
                    return
    yield from (line for line in _unwrapped(rest, wrapped) if marker in line)


def _objects(data: bytes) -> Envelope:
    """Tell the envelopes that escape what they wrap; whatever else stands in front of a line is part of its prefix."""
    lines = envelope.clean(data).split(b"\n", _ENVELOPE_LINES)[:_ENVELOPE_LINES]
    for kind in _ESCAPING:
        wrapped = envelope.undecided(kind)
        if sum(not line.refused for line in envelope.unwrap(b"\n".join(lines), wrapped)) > len(lines) / 2:
            return wrapped
    return PLAIN


def _unwrapped(data: bytes, wrapped: Envelope) -> list[bytes]:
    return [line.payload for line in envelope.unwrap(data, wrapped) if not line.refused]


def save(target: Path, samples: Path, proposal: Proposal) -> None:
    """Write both files, for nobody else to change: a grammar is code."""
    try:
        for directory in (target.parent, samples.parent):
            directory.mkdir(parents=True, exist_ok=True)
        for path, text in ((samples, proposal.samples), (target, proposal.grammar)):
            path.write_text(text)
            path.chmod(0o644)
    except OSError as error:
        where = error.filename or target
        remedy = "name a directory of yours with --output, or run this as root"
        raise GrammarError(Problem(str(where), "cannot be written", error.strerror or str(error), remedy)) from error


def render(proposal: Proposal, readable: int, grammar: str) -> RenderableType:
    """Lay out what was found: the shapes with what they give, and the doubts."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("lines", justify="right")
    table.add_column("would count")
    table.add_column("shape", overflow="fold")
    for each in proposal.shapes[:_MOST_SHAPES]:
        table.add_row(str(each.lines), _counts(each), Text(each.shape))
    if left := proposal.shapes[_MOST_SHAPES:]:
        lines = sum(each.lines for each in left)
        table.add_row(str(lines), "", f"in {len(left)} further shapes")
    totals: dict[int, int] = {}
    for each in proposal.shapes:
        for code, count in each.codes.items():
            totals[code] = totals.get(code, 0) + count
    codes = ", ".join(f"{code}: {count}" for code, count in sorted(totals.items(), key=lambda item: -item[1]))
    parts: list[RenderableType] = [
        Text(f"The code is taken from {proposal.dialect.code.described()}.", style="bold"),
        table,
        Text(f"It would count {proposal.counted} results ({codes}). Lines that stay unread: {proposal.unread}."),
    ]
    doubts = list(proposal.doubts)
    if readable:
        doubts.append(
            f"lines that {grammar} reads today, and this grammar in its place may not: {readable} (see --all)"
        )
    parts += [Text(f"look at: {doubt}", style="yellow") for doubt in doubts]
    return Group(*parts)


def _counts(shape: Shape) -> str:
    if shape.cause:
        return f"nothing ({shape.cause})"
    return ", ".join(f"{code}: {count}" for code, count in shape.codes.most_common(4)) + (
        ", …" if len(shape.codes) > 4 else ""  # noqa: PLR2004  as many as fit
    )


def _next(target: Path, samples: Path, name: str, source: str, config: Config, output: Path) -> None:
    click.echo(f"written: {target} and {samples}, checked against each other")
    directories = [Path(each) for each in config.grammars.directories]
    place = "" if output.absolute() in directories else f', and directories = ["{output.absolute()}"] below [grammars]'
    click.echo(f'next: set grammar = "{name}" in source "{source}"{place}; then mesibo-logwatch check')
    click.echo("      and systemctl reload mesibo-logwatch")
