"""``grammar propose``: write a grammar and its samples from lines that cannot be read. Exit 0 fine, 1 findings."""

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
from logwatch.model import PLAIN, Envelope
from logwatch.ownership import is_there, may_be_there
from logwatch.parse import Scanner, load
from logwatch.parse.bodies import may_be_open
from logwatch.propose import Proposal, Selection, Shape, around, propose, unwrapped
from logwatch.report import open_path, open_stream
from logwatch.words import many

OWN = Path("/etc/mesibo-logwatch/grammars")
STDIN = "-"
_MOST_LINES = 20_000  # of a kind, spread over all: enough to show a dialect many times over
_DECIDED_LINES = 200  # lines with the marker, or
_DECIDED_BYTES = 1 << 22  # bytes are enough to decide the envelope
_LONGEST = 65536  # bytes of a line
_TOGETHER = 1000  # lines that are scanned at once
_MOST_ENTRIES = 50_000  # of the journal
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
    that are read today and are not all older than those that would be read.
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
        found = _gathered(paths, chosen, scanner)
    except LogwatchError as error:
        _kept(paths, config, chosen)
        raise error from None
    unread = found.unread.lines
    if not whole and (later := found.changed(scanner)):
        click.echo(_rotate(found, later, chosen.grammar))
        sys.exit(1)
    if not unread and not (whole and found.read.seen):
        click.echo(_nothing(found.read.seen, scanner.marker.decode(), chosen.grammar))
        if not found.read.seen:
            _kept(paths, config, chosen)
        sys.exit(0 if found.read.seen else 1)
    wanted = sorted(unread + found.read.lines) if whole else unread
    try:
        proposal = propose([line for _, line in wanted], name, scanner.marker.decode(), parts.catalogue)
    except GrammarError as error:
        print_problems(error.problems)
        sys.exit(1)
    save(target, samples, proposal)
    proposed = Scanner(load(name, [output]), timezone=UTC)
    logs = found.logs
    terminal.show(render(proposal, kinds := _envelopes(logs)))
    if (every := found.unread.seen + found.read.seen * whole) > len(wanted):
        click.echo(f"Looked at {len(wanted):,} of {every:,} such lines, spread over all.")
    if found.bare.seen:
        bare = many(found.bare.seen, "line is", "lines are")
        click.echo(f"look at: {bare} not in the envelope of the others: no grammar reads what is outside it")
    click.echo(f"written: {target} and {samples}, checked against each other")
    if loses(found.read.lines, unread, proposed, chosen, whole=whole):
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


def loses(
    read: Sequence[tuple[int, bytes]],
    unread: Sequence[tuple[int, bytes]],
    proposed: Scanner,
    source: Source,
    *,
    whole: bool,
) -> bool:
    """Print how many lines that today's grammar reads the proposed one does not; return whether that forbids it.

    It does not if all of them are older than those that only the proposed one reads: mesibo was updated.
    """
    lost = [number for number, line in read if not reads(proposed, line)]
    if not lost:
        return False
    first = next((number for number, line in unread if reads(proposed, line)), None)
    today = source.grammar
    what = f"of the {len(read):,} lines that {today} reads, {len(lost):,} would not be read"
    if first is not None and lost[-1] < first:
        click.echo(f"look at: {what}; all are older than those that would, as after an update of mesibo")
        return False
    by_hand = "or write one by hand that reads both" if whole else "or try --all --force, which looks at all lines"
    click.echo(
        f'next: not in source "{source.name}" as it is: {what}\n'
        f'      keep grammar = "{today}" where the others are texts of users that quote mesibo; {by_hand}'
    )
    return True


def _rotate(found: "Gathered", later: str, grammar: str) -> str:
    """Explain that the lines need no grammar, but a file of their own."""
    unread = f"{found.unread.seen + found.bare.seen:,}"
    return (
        f"nothing to propose: of {unread} unread lines most are in another envelope ({later}) than the rest of their\n"
        f"  file, and {grammar} reads what is inside\n"
        "  try: have the log rotated: the envelope is decided once per file"
    )


def _kept(paths: Sequence[str], config: Config, source: Source) -> None:
    """Show the shapes of unread lines that the daemon keeps, if the source's lines are out of reach."""
    if not paths and (shapes := kept_shapes(config, source)) is not None:
        terminal.show(shapes)


def reads(scanner: Scanner, line: bytes) -> bool:
    """Return whether a line gives a result, or is no candidate."""
    if not isinstance(scanner.parser.read(line), str) or not all(scanner.names_marker([line])):
        return True
    return may_be_open(line) and bool(scanner.scan(line + b"\n", envelope="plain", reference=0.0).results)


def read_of(scanner: Scanner, lines: Sequence[bytes]) -> list[bool]:
    """Return ``reads`` for each of some lines: a scan of all is nearly always enough, and takes a tenth of the time."""
    scan = scanner.scan(b"\n".join([*lines, b""]), envelope="plain", reference=0.0)
    if scan.candidates == len(lines) and not scan.unparsed:
        return [True] * len(lines)
    return [reads(scanner, line) for line in lines]


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
    marked: bool  # some line has the marker


@dataclass(slots=True)
class Gathered:
    """The lines with the marker of all logs."""

    logs: list[Log] = field(default_factory=list)
    read: Selection = field(default_factory=lambda: Selection(_MOST_LINES))  # by today's grammar
    unread: Selection = field(default_factory=lambda: Selection(_MOST_LINES))
    bare: Selection = field(default_factory=lambda: Selection(_MOST_LINES))  # not in the envelope of their file

    def take(self, chunks: Iterator[bytes], source: Source, scanner: Scanner) -> None:
        """Read a log to its end."""
        head, marker = b"", scanner.marker
        for chunk in chunks:
            head += chunk
            if len(head) >= _DECIDED_BYTES or head.count(marker) >= _DECIDED_LINES:
                break
        wrapped = around(head, marker, source.envelope)
        before = self.seen
        lines = (line for line in unwrapped(chain([head], chunks), wrapped, _LONGEST) if marker in line.payload)
        while some := list(islice(lines, _TOGETHER)):
            inside = [line.payload for line in some if not line.refused]
            read = iter(read_of(scanner, inside))
            for line in some:
                if line.refused != "misplaced":
                    kept = self.bare if line.refused else self.read if next(read) else self.unread
                    kept.add(self.seen, line.payload)
        self.logs.append(Log(head, wrapped, self.seen > before))

    @property
    def seen(self) -> int:
        """How many lines there are of all kinds."""
        return self.read.seen + self.unread.seen + self.bare.seen

    def changed(self, scanner: Scanner) -> str:
        """Return in which other envelope than their file's most of the unread lines are; empty if they are in none."""
        strange = [line for _, line in (*self.unread.lines, *self.bare.lines)]
        if 2 * sum(scanner.owns(line) for _, line in self.bare.lines) > len(strange):
            return envelope.label(PLAIN)
        found = envelope.changed(b"\n".join([*strange, b""]), PLAIN, scanner.owns)
        return "" if found is None else envelope.label(found)


def _gathered(paths: Sequence[str], source: Source, scanner: Scanner) -> Gathered:
    """Read the named files or standard input; if none is named, the files or the journal of the source."""
    found = Gathered()
    if not paths and source.journal:
        newest = ask.lines(ask.newest(source.journal.target, _MOST_ENTRIES), _LONGEST)
        found.take(iter([newest]), source, scanner)
        return found
    for path in _expanded(paths) or _files(source):
        if path == STDIN:
            found.take(open_stream("standard input", sys.stdin.buffer).chunks, source, scanner)
        else:
            with open_path(Path(path)) as stream:
                found.take(stream.chunks, source, scanner)
    return found


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
    return " and ".join(dict.fromkeys(envelope.label(log.wrapped) for log in logs if log.marked and log.wrapped.layers))


def _detected(logs: Sequence[Log], owns: envelope.Owns, source: Source) -> bool:
    """Return whether the daemon, as configured, would detect the envelopes by lines that the new grammar reads."""
    return all(
        envelope.label(envelope.settled(log.head, owns, source.envelope)) == envelope.label(log.wrapped)
        for log in logs
        if log.marked
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
