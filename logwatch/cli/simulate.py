"""Write a log as mesibo would, and the truth about it: for demos, tests and benchmarks."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import BinaryIO, cast

import click
from click.core import ParameterSource

from logwatch.cli.options import Number, time_read
from logwatch.errors import ConfigError, in_words
from logwatch.secret import SecretError, read_line
from logwatch.simulate import Caller, Calls, Mesibo, Mix, Outage, post_to, write


def _secret(_ctx: click.Context, _parameter: click.Parameter, path: Path | None) -> str:
    try:
        return read_line(path, "the webhook's secret").strip() if path else ""
    except SecretError as error:
        raise click.BadParameter(error.problems[0].headline) from None


_SHARE = Number(0, 1)
_MOST_LINES = 1_000_000  # a second: more than can be written in one


@click.command()
@click.option("--output", required=True, metavar="F", help="File to append to, or - for standard output.")
@click.option(
    "--rate",
    metavar="N",
    type=Number(0, _MOST_LINES),
    default=20,
    show_default=True,
    help="Lines per second; 0: as fast as possible, until --seconds or --lines is reached.",
)
@click.option(
    "--seconds",
    metavar="N",
    type=Number(min=0),
    default=60,
    show_default=True,
    help="Duration, by the stamps; 0: until stopped.",
)
@click.option(
    "--lines",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="Stop after this many lines, however long that takes.",
)
@click.option(
    "--seed", metavar="N", type=int, default=1, show_default=True, help="The same seed writes the same lines."
)
@click.option("--envelope", type=click.Choice(["plain", "docker"]), default="plain", show_default=True)
@click.option(
    "--truth",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="F.json",
    help="Write to this file what the log contains, as `report --format json` does.",
)
@click.option("--push", metavar="N", type=_SHARE, default=0.5, show_default=True, help="Share of push lines.")
@click.option(
    "--failures", metavar="N", type=_SHARE, default=0.06, show_default=True, help="Share of failures among them."
)
@click.option(
    "--hostile", metavar="N", type=_SHARE, default=0.002, show_default=True, help="Share of forged, torn and odd lines."
)
@click.option(
    "--everything", is_flag=True, help="Every result of the catalogue equally often, instead of an ordinary day."
)
@click.option(
    "--outage",
    "outages",
    metavar="CODE:START[:SECONDS]",
    multiple=True,
    help="Every push of a platform fails: 903:-1800 for iOS, since half an hour before the history ends; or"
    " fcm/503/UNAVAILABLE:-40000:1500.",
)
@click.option(
    "--history",
    metavar="TIME",
    callback=time_read,
    help="Begin at this time, such as 24h (ago), catch up, then follow the clock.",
)
@click.option("--daily", is_flag=True, help="Fewer lines by night, more by day.")
@click.option("--webhook", metavar="URL", help="Report failed pushes there, as mesibo's push webhook does.")
@click.option(
    "--webhook-secret-file",
    "secret",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    callback=_secret,
    metavar="F",
    help="File with the secret of these calls: then all are of version 1, the only one that has it.",
)
@click.option(
    "--start",
    metavar="TIME",
    callback=time_read,
    help="Begin the stamps at this time, without waiting for it to pass.",
)
def command(
    *,
    output: str,
    rate: float,
    seconds: float,
    lines: int,
    seed: int,
    envelope: str,
    truth: Path | None,
    push: float,
    failures: float,
    hostile: float,
    everything: bool,
    outages: tuple[str, ...],
    history: float | None,
    daily: bool,
    webhook: str | None,
    secret: str,
    start: float | None,
) -> None:
    """Write a log as mesibo would: push results, the lines of other modules, and lines that try to mislead.

    Nobody has published a whole push line of mesibo: these are made up within what the shipped grammar promises to
    read.
    An existing file is appended to, as mesibo does; --truth covers the lines of this run alone.
    """
    source = click.get_current_context().get_parameter_source("seconds")
    if lines and source is ParameterSource.DEFAULT:
        seconds = 0
    if start is not None and not (seconds or lines):
        raise click.UsageError("--start does not wait for time to pass: say where it ends, by --seconds or --lines")
    past = 0.0 if history is None else max(time.time() - history, 0.0)
    if history is not None and (start is not None or not rate):
        raise click.UsageError("--history needs a --rate, and follows the clock: omit --start")
    if daily and not rate:
        raise click.UsageError("--daily needs a --rate: the average")
    struck = _outages(outages, past)
    mix = Mix(push, failures, hostile, everything)
    calls = Calls(seed, secret=secret)
    caller = Caller(calls, post_to(webhook)) if webhook else None
    mesibo = Mesibo(
        seed, envelope="docker" if envelope == "docker" else "plain", mix=mix, tell=caller.tell if caller else None
    )
    if caller:
        caller.start()
    with _stopped_by_signals() as stopped, _opened(output) as file, suppress(BrokenPipeError):
        write(
            mesibo,
            file,
            rate=rate,
            seconds=seconds,
            lines=lines,
            outages=struck,
            start=start,
            history=past,
            daily=daily,
            now=time.time,
            sleep=time.sleep,
            stopped=stopped,
            caught_up=lambda: click.echo("The history is written; from now on it goes on with the clock.", err=True),
        )
    document = mesibo.truth()
    if caller:
        caller.finish()
        document["webhook"] = calls.truth() | {"unanswered_calls": caller.unanswered}
    if truth is not None:
        with _opened(str(truth), "wb") as file:
            file.write(json.dumps(document, indent=2).encode() + b"\n")


def _outages(texts: tuple[str, ...], history: float) -> list[Outage]:
    try:
        return [Outage.parse(text, history) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--outage") from None


@contextmanager
def _opened(path: str, mode: str = "ab") -> Iterator[BinaryIO]:
    """Open the file to write to; a signal that stops the run does not cut a line in two."""
    if path == "-":
        yield sys.stdout.buffer
        return
    try:
        file = open(path, mode)  # noqa: PTH123, SIM115  closed below; only opening it is tried here
    except OSError as error:
        raise ConfigError.at(path, "cannot be written", in_words(error), "name a writable file") from None
    with file:
        yield cast("BinaryIO", file)


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """Make SIGTERM and Ctrl-C end the run after the lines at hand, so that the truth is still written.

    Yield what tells whether one came. No Event does: to set it, the handler may wait for ever for a lock that the very
    wait that it interrupts holds.
    """
    came: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
