"""Ask the journal once, and wait for the answer: for commands, not for the reading loop."""

import os
import shlex
import subprocess
from collections.abc import Sequence

from logwatch.errors import Problem
from logwatch.journal import child
from logwatch.journal.child import NoJournalError
from logwatch.journal.export import JournalEntry, Parser
from logwatch.journal.messages import FIELDS, Messages
from logwatch.journal.place import Target, look, nothing_yet

PATIENCE_SECONDS = 10.0
_LONGEST_VALUE = 1 << 16


def newest(target: Target, count: int) -> list[JournalEntry]:
    """Return the newest ``count`` entries of the target, oldest first; raises NoJournalError."""
    fields = f"--output-fields={','.join(FIELDS)}"
    answer = _ask([f"--lines={count}", "--output=export", fields, *target.arguments])
    return Parser(_LONGEST_VALUE).feed(answer)


def field_values(target: Target, field: str) -> list[str]:
    """Return the values of a field in the whole journal of a target, such as units; raises NoJournalError."""
    where = [f"--directory={target.directory}"] if target.directory else []
    return sorted(set(_ask([*where, f"--field={field}"]).decode(errors="replace").splitlines()))


def lines(entries: Sequence[JournalEntry], max_line_bytes: int) -> bytes:
    """Return the lines that entries hold, as the daemon would read them."""
    messages = Messages(max_line_bytes, fresh=True)
    for entry in entries:
        messages.take(entry)
    messages.settle()
    return messages.hand_on().data


def problem(target: Target) -> Problem | None:
    """Return what keeps the target's entries from being read, or a warning if there are none yet, or None."""
    if place := look(target).problems:
        return place[0]
    try:
        if newest(target, 1):
            return None
        there = field_values(target, target.field)
    except NoJournalError as error:
        return error.problems[0]
    return nothing_yet(target, there[:10])


def several_hosts(target: Target) -> Problem | None:
    """Return a warning about a directory with the journals of several hosts: entries that arrive late are skipped."""
    try:
        hosts = field_values(target, "_MACHINE_ID") if target.directory else []
    except NoJournalError as error:
        return error.problems[0]
    if len(hosts) <= 1:
        return None
    why = "entries that arrive late, with times before the last one read, are missed"
    remedy = "run mesibo-logwatch on each host, or collect each host's journal in a directory of its own"
    return Problem(target.directory, f"{len(hosts)} hosts have entries in this journal", why, remedy, warning=True)


def _ask(arguments: Sequence[str]) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  one program; arguments of the configuration, no shell
            [child.PROGRAM, "--quiet", "--no-pager", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C"},
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except OSError as error:
        raise child.not_started(error) from None
    except subprocess.TimeoutExpired:
        why = f"no answer within {PATIENCE_SECONDS:.0f} seconds"
        raise NoJournalError.at(child.PROGRAM, "does not answer", why, "try the command by hand") from None
    if done.returncode != 0:
        why = child.why_ended(done.returncode, done.stderr.decode(errors="replace").strip().split("\n")[-1])
        raise NoJournalError.at(child.PROGRAM, "fails", why, shlex.join([child.PROGRAM, *arguments]))
    if not done.stdout and (unread := child.left_out(done.stderr)):
        raise NoJournalError(unread)
    return done.stdout
