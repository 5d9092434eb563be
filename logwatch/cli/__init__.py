"""The command line: one module per command, loaded only if it is called. Exit 0 fine, 1 findings, 2 wrong use."""

import difflib
import errno
import io
import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

import logwatch
from logwatch.cli.options import print_problems
from logwatch.errors import LogwatchError, Problem, in_words, remedy_for_scarcity
from logwatch.signal_flags import SignalFlags

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # click itself handles a reader that is gone

# name -> module and the one line `--help` shows, so that `--help` and every short command load only what they use
COMMANDS = {
    "run": ("logwatch.cli.run", "Follow the logs and serve metrics, in the foreground."),
    "check": ("logwatch.cli.check", "Check configuration, grammars and catalogue; report every problem at once."),
    "report": ("logwatch.cli.report", "Count push results in files or standard input, once."),
    "history": ("logwatch.cli.history", "Write what old logs hold as OpenMetrics, to fill a Prometheus with the past."),
    "explain": ("logwatch.cli.explain", "Explain a code: what it means, whose side it is on and what to do."),
    "grammar": ("logwatch.cli.grammar", "Test, debug, draw and propose a grammar."),
    "credentials": ("logwatch.cli.credentials", "Check push credentials: purpose, expiry, and what will fail."),
    "push": ("logwatch.cli.push", "Send test pushes through mesibo, or past it, and explain the results."),
    "doctor": ("logwatch.cli.doctor", "Check every step from mesibo's configuration to the pager."),
    "files": ("logwatch.cli.files", "Write rules, dashboards, runbooks, manual pages and completion to a directory."),
    "simulate": ("logwatch.cli.simulate", "Write a log as mesibo would: for demos, tests and benchmarks."),
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names of the commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Import a command's module and return its ``command``; None for an unknown name."""
        if name not in COMMANDS:
            return None
        module, text = COMMANDS[name]
        command: click.Command = import_module(module).command
        command.short_help = text  # for manual pages and completion
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a misspelt one name the nearest, since click knows only commands that are loaded."""
        if args[0] not in COMMANDS and (near := difflib.get_close_matches(args[0], COMMANDS, 1)):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; problems with its input are printed, and the exit code is 2."""
        try:
            value = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except LogwatchError as error:
            print_problems(error.problems)
            ctx.exit(2)
        except OSError as error:
            if not isinstance(error.filename, str | bytes):
                raise
            remedy = "check the path, and what this user may do there"
            print_problems([Problem(os.fsdecode(error.filename), "cannot be used", in_words(error), remedy)])
            ctx.exit(2)
        return value

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; exit with 2 and in words if output fails, or memory, threads or files are short."""
        try:
            return super().main(*args, **kwargs)
        except (OSError, MemoryError, RuntimeError, ImportError) as error:
            if not (refusal := _refusal(error)):
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())  # what is left in it cannot be written either
            try:
                click.echo(f"error: {refusal}", err=True)
            except OSError:  # standard error itself
                os.dup2(nowhere, sys.stderr.fileno())
            sys.exit(2)


def _refusal(error: Exception) -> str:
    """Return in words what the system refused; an empty text if the error is a fault of ours."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        what = "standard input or output fails" if error.errno == errno.EIO else "the output cannot be written"
        return f"{what}: {in_words(error)}"
    if remedy := remedy_for_scarcity(error):
        why = in_words(error)
        return str(Problem("this process", "cannot go on", why, remedy))
    return ""


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    logwatch.__version__,
    prog_name="mesibo-logwatch",
    message=f"%(prog)s, version %(version)s from {Path(logwatch.__file__).parent} (Python {platform.python_version()})",
)
def group() -> None:
    """Follow mesibo's push logs and say why pushes fail."""


def main(flags: SignalFlags | None = None) -> NoReturn:
    """Run the command line and exit; ``flags`` holds what signals have asked for so far."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of another encoding, a file name of none
    group(prog_name="mesibo-logwatch", obj=flags)
    raise AssertionError("click exits by itself")
