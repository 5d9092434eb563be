"""The decision itself, as a table: what was known, what was found, what is done. No file is touched here."""

import ast
import errno
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

import logwatch.tail
from logwatch.model import Position
from logwatch.tail.candidates import Candidate
from logwatch.tail.fingerprint import empty_file_id, fingerprint_head, fingerprint_tail
from logwatch.tail.identity import NO_KEY, Answer, Relation
from logwatch.tail.plan import Absent, Draft, Found, Hold, Known, Leave, PathView, Rotated, TakeUp
from logwatch.tail.reconcile import reconcile
from logwatch.tail.rotated_names import RotatedName as Name
from logwatch.tail.rotated_names import rotated_name
from logwatch.unpack import MissingLibraryError

PACKAGE = Path(logwatch.tail.__file__).parent
SAME, MOVED, PART, CUT, UNDECIDED = Relation.SAME, Relation.MOVED, Relation.PART, Relation.CUT, Relation.UNDECIDED
A = b"E2511-101112-001 (1): the first line of a log\n" * 30
BANNER = b"licensed to nobody\n" * 20  # no line of it has a time


def known(
    number=1,
    inode=1,
    state="live",
    offset=1000,
    size=1000,
    *,
    head=A[:1000],
    tail=A[:230],
    is_open=False,
    name="",
    dead=False,
    gone_at=0.0,
    copy_of=0,
    found_at="",
):
    position = Position(
        number,
        "s",
        "/m.log",
        9 if inode else 0,
        inode,
        len(head),
        fingerprint_head(head),
        offset,
        256,
        fingerprint_tail(tail if offset else b"", lambda line: line.startswith(b"E"))[1],
        size,
        state,
        gone_at=gone_at,
        copy_of=copy_of,
        found_at=found_at,
    )
    return Known(position, is_open, name, dead)


def empty(number, inode):
    """Return a live generation of which no byte was seen."""
    each = known(number, inode, offset=0, size=0, head=b"")
    return replace(each, position=each.position._replace(tail_bytes=0, head=empty_file_id(0)))


def file(name, inode, size=1000, head=A[:1000]):
    rotated = None if name == "m.log" else rotated_name("m.log", name)
    return Candidate(f"/{name}", (9, inode), size, 0, rotated, head)


def archive(name, inode, head=A[:1000]):
    return replace(file(name, inode, 100, head), archive=SimpleNamespace(known_size=len(head), intact=None))


def renamed(name, inode, size=1000, head=A[:1000]):
    """Return a file beside the log, of which only its bytes can tell whether it is the log's."""
    return Candidate(f"/{name}", (9, inode), size, 0, Name(certain=False), head)


def by_file(pairs):
    files = defaultdict(set)
    for i, other in pairs:
        files[i].add(other)
    return files


def found(*files, answers=(), parts=(), own_parts=(), anothers=(), undecided=(), hidden=(), common=()):
    certain = frozenset(each.path for each in files if not each.is_at_path)
    return Found(
        list(files),
        at_path=0 if files and files[0].is_at_path else None,
        answers={(number, i): Answer(*answer) for number, i, *answer in answers},
        parts=by_file(parts),
        own_parts=by_file((i, number) for number, i in own_parts),
        common={(number, 0): end for number, end in common},
        rotated_names=certain,
        anothers=set(anothers),
        undecided=set(undecided),
        hidden=set(hidden),
    )


NOW = PathView(current=1)
ROSE = (("m.log", 4), ("m.log.1", 1), ("m.log.2", 2), ("m.log.3", 3))
TABLE = {
    "nothing there at the first look": (PathView(first=True, followed=False), [], found(), [Absent()]),
    "the first look": (
        PathView(first=True, followed=False),
        [],
        found(file("m.log", 1)),
        [TakeUp(0, "live")],
    ),
    "the first look, with history": (
        PathView(first=True, followed=False),
        [],
        found(file("m.log", 1), file("m.log.1", 2)),
        [TakeUp(1, "ignored"), TakeUp(0, "live")],
    ),
    "the first look at a path that is new in its source: what was written to since that is followed is news": (
        PathView(first=True, followed=False, news_since=4),
        [],
        found(file("m.log", 1), replace(file("m.log.1", 2), modified=5 * 10**9), file("m.log.2", 3)),
        [TakeUp(2, "ignored"), TakeUp(1, "rotated"), TakeUp(0, "live")],
    ),
    "the first look starts at the end": (
        PathView(first=True, followed=False, starts_at_end=True),
        [],
        found(file("m.log", 1)),
        [TakeUp(0, "live", None)],
    ),
    "the first look starts at the end, and a pattern leads to what was rotated, too": (
        PathView(first=True, followed=False, starts_at_end=True),
        [],
        found(file("m.log", 1), replace(file("m.log.1", 2), matched=True)),
        [TakeUp(1, "ignored"), TakeUp(0, "live", None)],
    ),
    "after a restart a log with less than was read, beside one that nobody has seen, is the next one": (
        NOW,
        [known()],
        found(file("m.log", 1, 500, A[:500]), file("m.log.1", 2, 900, A[:200] + b"-"), answers=[(1, 0, PART, 500)]),
        [Leave(1, "missing"), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live")],
    ),
    "the same where its end is not known": (
        NOW,
        [known()],
        found(file("m.log", 1, 500, A[:500]), file("m.log.1", 2, 900, A[:200] + b"-"), answers=[(1, 0, CUT, 500)]),
        [Leave(1, "missing"), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live")],
    ),
    "after a restart a log with less than was read lost its end, where nothing else is new": (
        NOW,
        [known(), known(2, 2, "ignored", 0, 900, head=A[:200])],
        found(
            file("m.log", 1, 500, A[:500]),
            file("m.log.1", 2, 900, A[:200] + b"-"),
            answers=[(1, 0, PART, 500), (2, 1, SAME, 0)],
        ),
        [Hold(1, 0, 500), Hold(2, 1)],
    ),
    "a copy of what was packed before anybody saw it, in a file that is not unpacked to its end": (
        NOW,
        [known(is_open=True)],
        found(
            file("m.log", 2, 0, b""),
            replace(archive("m.log.1.gz", 3), archive=SimpleNamespace(known_size=None, intact=None)),
            file("m.log.old", 4, 900, A[:900]),
            answers=[(1, 0, Relation.OTHER, 0)],
            parts=[(2, 1)],
        ),
        [
            Leave(1, "open"),
            TakeUp(1, "rotated"),
            Rotated("rename"),
            TakeUp(0, "live"),
            Rotated("replace"),
            TakeUp(2, "ignored"),
        ],
    ),
    "a look after that, when it was rotated": (
        PathView(current=1, starts_at_end=True),
        [known()],
        found(file("m.log", 2), file("m.log.1", 1), answers=[(1, 1, SAME, 1000)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "the same, with a rotated file that nobody has seen": (
        PathView(current=1, starts_at_end=True),
        [known()],
        found(file("m.log", 1), replace(file("m.log.1", 2), matched=True), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0), TakeUp(1, "rotated"), Rotated("rename")],
    ),
    "the first look, with history in an archive that is to be unpacked further": (
        PathView(first=True, followed=False, news_since=4),
        [],
        found(file("m.log", 1), file("m.log.1.gz", 2), undecided=[1]),
        [TakeUp(1, "ignored"), TakeUp(0, "live")],
    ),
    "the same, and it was written since that is followed": (
        PathView(first=True, followed=False, news_since=4),
        [],
        found(file("m.log", 1), replace(file("m.log.1.gz", 2), modified=5 * 10**9), undecided=[1]),
        [TakeUp(0, "live")],
    ),
    "the same, and a pattern leads to it": (
        PathView(first=True, followed=False, news_since=4),
        [],
        found(file("m.log", 1), replace(file("m.log.1.gz", 2), matched=True), undecided=[1]),
        [TakeUp(0, "live")],
    ),
    "a start in which the log before is nowhere: what nobody has seen came after it": (
        PathView(current=2, started=True),
        [known(1, 8, "rotated"), known(2, 2, head=A[100:1000])],
        found(file("m.log", 2, head=A[100:1000]), file("m.log.1.gz", 3), answers=[(2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0), TakeUp(1, "rotated"), Rotated("rename")],
    ),
    "the same, and the log before is there: what is older is history": (
        PathView(current=2, started=True),
        [known(1, 8, "rotated"), known(2, 2, head=A[100:1000])],
        found(
            file("m.log", 2, head=A[100:1000]),
            file("m.log.1", 8),
            file("m.log.2.gz", 3),
            answers=[(2, 0, SAME, 1000), (1, 1, SAME, 1000)],
        ),
        [Hold(1, 1), Hold(2, 0), TakeUp(2, "ignored")],
    ),
    "the same, and of that nothing was read: what nobody has seen is history": (
        PathView(current=2, started=True),
        [known(1, 8, "rotated", 0, 0, head=b""), known(2, 2, head=A[100:1000])],
        found(file("m.log", 2, head=A[100:1000]), file("m.log.1.gz", 3), answers=[(2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0), TakeUp(1, "ignored")],
    ),
    "any later look while the log before is nowhere: what nobody has seen is history": (
        PathView(current=2),
        [known(1, 8, "rotated"), known(2, 2, head=A[100:1000])],
        found(file("m.log", 2, head=A[100:1000]), file("m.log.1.gz", 3), answers=[(2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0), TakeUp(1, "ignored")],
    ),
    "the first file at a path that led nowhere, rotated before it was seen": (
        PathView(followed=False),
        [known(1, 0, "ignored", 0, 0, head=b"")],
        found(file("m.log", 3), file("m.log.1", 2)),
        [Leave(1, "forgotten"), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live")],
    ),
    "rotated names that lead nowhere, or to what nothing here can unpack": (
        NOW,
        [known()],
        found(
            file("m.log", 3),
            file("m.log.1", 1),
            replace(file("m.log.2", 0, 0, b""), key=NO_KEY, error=OSError("a loop of links")),
            replace(file("m.log.3.zst", 2, 500, b""), error=MissingLibraryError("no library for zst")),
            answers=[(1, 1, SAME, 1000)],
        ),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "a few bytes were all of one that is over, whose inode is that of another one by now, which begins with them": (
        PathView(current=2),
        [known(1, 1, "done", 10, 10, head=A[:10]), known(2, 2)],
        found(
            file("m.log", 3),
            file("m.log.1", 1),
            file("m.log.2", 2),
            answers=[(1, 1, SAME, 10), (2, 2, SAME, 1000)],
        ),
        [
            Leave(1, "forgotten"),
            Hold(2, 2),
            TakeUp(1, "rotated"),
            Rotated("rename"),
            TakeUp(0, "live"),
            Rotated("rename"),
        ],
    ),
    "what was read before the last one is moved back, and that is gone": (
        PathView(current=2),
        [known(1, 1, "done"), known(2, 2, "done")],
        found(file("m.log", 1), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0), Leave(2, "forgotten")],
    ),
    "deleted, and an edited copy of it begins with all that was read of one before, which was edited, too": (
        PathView(current=2),
        [known(1, 0, "rotated", 500, 700), known(2, 2, "rotated", is_open=True)],
        found(
            file("m.log.1", 3, 990),
            answers=[(1, 0, SAME, 500), (2, 0, MOVED, 990)],
            common=[(2, 1000)],
        ),
        [Leave(1, "missing"), Leave(2, "open"), TakeUp(0, "rotated", 990)],
    ),
    "of two copies of what is gone, the one at the path lacks what was not read yet": (
        NOW,
        [known(offset=500)],
        found(
            file("m.log", 3, 800), file("m.log.1", 2), answers=[(1, 0, SAME, 500), (1, 1, SAME, 500)], parts=[(0, 1)]
        ),
        [Hold(1, 0), TakeUp(1, "rotated", 500)],
    ),
    "an archive that was left out before it was unpacked, and copied since": (
        NOW,
        [known(), known(2, 5, "ignored", 0, 0)],
        found(file("m.log", 1), file("m.log.1.gz", 6), answers=[(1, 0, SAME, 1000), (2, 1, SAME, 0)]),
        [Hold(1, 0), Hold(2, 1)],
    ),
    "deleted, and there is a copy with more, of which it is to be told yet whether it is another log's": (
        NOW,
        [known(is_open=True)],
        found(file("m.log.1", 3, 1100), answers=[(1, 0, SAME, 1000)], common=[(1, 1000)], undecided=[0]),
        [Leave(1, "open")],
    ),
    "kept under a name that nobody knows, and what it was edited into was rotated": (
        NOW,
        [known(is_open=True, name="/m.log~")],
        found(file("m.log.1", 3, 1100), answers=[(1, 0, MOVED, 990)], common=[(1, 1000)]),
        [Leave(1, "open"), TakeUp(0, "rotated", 990)],
    ),
    "deleted while it is open, and what it was edited into was rotated: one rotation": (
        NOW,
        [known(is_open=True)],
        found(file("m.log", 2, 0, b""), file("m.log.1", 3, 1100), answers=[(1, 1, MOVED, 990)]),
        [Leave(1, "open"), TakeUp(1, "rotated", 990), TakeUp(0, "live"), Rotated("replace")],
    ),
    "some of it was seen, nothing read, and it is nowhere: others that came between do not have it": (
        NOW,
        [known(offset=0, size=100, head=A[:100])],
        found(file("m.log", 2), file("m.log.1", 3)),
        [Leave(1, "missing"), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live"), Rotated("replace")],
    ),
    "a few bytes were seen and read, and it is nowhere: others that came between have them": (
        NOW,
        [known(offset=10, size=10, head=A[:10], tail=A[:10])],
        found(file("m.log", 2), file("m.log.1", 3)),
        [
            Leave(1, "missing"),
            TakeUp(1, "rotated"),
            Leave(1, "done"),
            Rotated("rename"),
            TakeUp(0, "live"),
            Rotated("replace"),
        ],
    ),
    "at a start, a copy that was left out does not show what is history": (
        PathView(current=2, started=True),
        [known(1, 7, "done"), known(2), known(3, 9, "ignored", 0)],
        found(
            file("m.log", 1),
            file("m.log.3", 7),
            file("m.log.2", 8),
            file("m.log.old", 9),
            answers=[(1, 1, SAME, 1000), (2, 0, SAME, 1000), (3, 3, SAME, 0)],
        ),
        [Hold(1, 1), Hold(2, 0), Hold(3, 3), TakeUp(2, "rotated"), Rotated("rename")],
    ),
    "at a start, higher numbers than that of the file read last are history, even if it may be that they rise": (
        PathView(current=2, started=True),
        [known(1, 7, "done"), known(2)],
        found(
            file("m.log", 1),
            file("m.log.1", 7),
            file("m.log.2", 8),
            file("m.log.3", 9),
            answers=[(1, 1, SAME, 1000), (2, 0, SAME, 1000)],
        ),
        [Hold(1, 1), Hold(2, 0), TakeUp(2, "ignored"), TakeUp(3, "ignored")],
    ),
    "rotated, and an older file is overwritten with random bytes before it is deleted": (
        NOW,
        [known()],
        found(
            file("m.log", 4),
            file("m.log.1", 1),
            file("m.log.2", 5, 4096, Random(1).randbytes(4096)),
            answers=[(1, 1, SAME, 1000)],
        ),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "only a banner was read, with which a file begins that may be another log's": (
        NOW,
        [known(offset=54, size=54, head=BANNER[:54], tail=BANNER[:54], is_open=True, name="/m.log")],
        replace(
            found(file("m.log", 1), file("m.log.1", 2), answers=[(1, 0, SAME, 54), (1, 1, SAME, 54)]), ambiguous={1}
        ),
        [Hold(1, 0), TakeUp(1, "ignored")],
    ),
    "the same, and it can only be this log's": (
        NOW,
        [known(offset=54, size=54, head=BANNER[:54], tail=BANNER[:54], is_open=True, name="/m.log")],
        found(file("m.log", 1), file("m.log.1", 2), answers=[(1, 0, SAME, 54), (1, 1, SAME, 54)]),
        [Hold(1, 0), TakeUp(1, "rotated"), Rotated("rename")],
    ),
    "deleted while it is open, and its edited copy has got a name that nobody knows": (
        NOW,
        [known(is_open=True)],
        found(file("m.log", 2, 0, b""), renamed("old", 3, 1100), answers=[(1, 1, MOVED, 990)]),
        [Leave(1, "open"), TakeUp(1, "rotated", 990), TakeUp(0, "live"), Rotated("replace")],
    ),
    "what is at the path has less than was read, and ends amid a line: it is told by the rest of that": (
        NOW,
        [known()],
        replace(found(file("m.log", 2, 500, A[:500]), answers=[(1, 0, PART, 500)]), torn=True),
        [Leave(1, "packed")],
    ),
    "the same, and it is the file that it was": (
        NOW,
        [known()],
        replace(found(file("m.log", 1, 500, A[:500]), answers=[(1, 0, PART, 500)]), torn=True),
        [Hold(1, 0, 500)],
    ),
    "the same, and it has all that was read": (
        NOW,
        [known()],
        replace(found(file("m.log", 2, 1500), answers=[(1, 0, SAME, 1000)]), torn=True),
        [Hold(1, 0)],
    ),
    "the same, and less than was read is beside it": (
        NOW,
        [known()],
        replace(
            found(file("m.log", 2, 500, BANNER), file("m.log.1", 3, 500, A[:500]), answers=[(1, 1, PART, 500)]),
            torn=True,
        ),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "gone, and a file begins as it did that is another one's by its inode, and has but a banner so far": (
        PathView(current=3),
        [known(), known(2, 7, "rotated", 0, 300, head=A[:300]), known(3, 4)],
        found(
            file("m.log", 4),
            file("m.log.1", 7, 300, A[:300]),
            answers=[(3, 0, SAME, 1000), (2, 1, SAME, 0), (1, 1, PART, 300)],
        ),
        [Leave(1, "missing"), Leave(2, "forgotten"), Hold(3, 0), TakeUp(1, "ignored")],
    ),
    "gone, and what was left out begins as it did: it is not this one, cut off": (
        PathView(current=2),
        [known(), known(2, 4), known(3, 6, "ignored", 0, 900)],
        found(
            file("m.log", 4),
            file("m.log.1", 6, 950),
            answers=[(2, 0, SAME, 1000), (3, 1, SAME, 0), (1, 1, CUT, 900)],
        ),
        [Leave(1, "missing"), Hold(2, 0), Hold(3, 1)],
    ),
    "rotated and gone, and the next log has its inode and its banner": (
        PathView(current=2),
        [known(1, 5, "rotated"), known(2, 6)],
        found(file("m.log", 5, 500, A[:500]), file("m.log.1", 6), answers=[(1, 0, PART, 500), (2, 1, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "rotated and gone, and the next log has its inode, its first lines, and the last ones read of it": (
        PathView(current=2),
        [known(1, 5, "rotated"), known(2, 6)],
        found(file("m.log", 5, 1500), file("m.log.1", 6), answers=[(1, 0, MOVED, 500), (2, 1, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 1), TakeUp(0, "live", 500), Rotated("rename")],
    ),
    "shorter than it was, while a copy has what was not read of it": (
        NOW,
        [known(offset=500)],
        found(
            file("m.log", 1, 700, A[:700]),
            file("m.log.1", 2),
            answers=[(1, 0, SAME, 500), (1, 1, SAME, 500)],
            parts=[(0, 1)],
        ),
        [Hold(1, 1), TakeUp(0, "live", 500)],
    ),
    "left out with a few bytes, and written to since": (
        NOW,
        [known(), known(2, 6, "ignored", 0, 10, head=A[:10])],
        found(
            file("m.log", 4, 300, BANNER),
            file("m.log.1", 1),
            file("m.log.2", 6),
            answers=[(1, 1, SAME, 1000), (2, 2, SAME, 0)],
        ),
        [
            Hold(1, 1),
            Leave(2, "forgotten"),
            TakeUp(2, "rotated"),
            Rotated("rename"),
            TakeUp(0, "live"),
            Rotated("rename"),
        ],
    ),
    "a file whose name nobody knows begins with all that was read of a log that is still there": (
        NOW,
        [known(is_open=True, name="/m.log")],
        found(file("m.log", 1), renamed("notes", 3, 1100), answers=[(1, 0, SAME, 1000), (1, 1, SAME, 1000)]),
        [Hold(1, 0)],
    ),
    "the same, of which the log that is deleted has but the first half": (
        NOW,
        [known(is_open=True)],
        replace(found(file("m.log", 2, 0, b""), renamed("notes", 3, 1100)), common={(1, 1): 500}),
        [Leave(1, "open"), TakeUp(0, "live"), Rotated("replace")],
    ),
    "a rotated file is edited: what is new in it is news, and no rotation": (
        PathView(current=2),
        [known(1, 7, "done"), known(2)],
        found(file("m.log", 1), file("m.log.1", 8, 1100), answers=[(2, 0, SAME, 1000), (1, 1, MOVED, 950)]),
        [Leave(1, "forgotten"), Hold(2, 0), TakeUp(1, "rotated", 950)],
    ),
    "an empty log has got what was read of another one, and something came between": (
        PathView(current=2, was_blank=True),
        [known(1, 5, "done"), empty(2, 4)],
        found(file("m.log", 4, 1500), file("m.log.1", 9), answers=[(1, 0, SAME, 1000), (2, 0, SAME, 0)]),
        [Leave(1, "forgotten"), Hold(2, 0, 1000), TakeUp(1, "rotated"), Rotated("rename")],
    ),
    "while it runs, what is younger than the file read last, and was not there when that was read, is history": (
        PathView(current=2),
        [known(1, 7, "done"), known(2)],
        found(
            file("m.log", 1),
            file("m.log.3", 7),
            file("m.log.2", 8),
            answers=[(1, 1, SAME, 1000), (2, 0, SAME, 1000)],
        ),
        [Hold(1, 1), Hold(2, 0), TakeUp(2, "ignored")],
    ),
    "another path's successor": (
        PathView(successor=True),
        [],
        found(file("m.log", 1)),
        [TakeUp(0, "live"), Rotated("replace")],
    ),
    "empty, and its disk was copied": (NOW, [empty(1, 1)], found(file("m.log", 4, 0, b"")), [Hold(1, 0)]),
    "empty, and another file has bytes, and the time of its last write": (
        NOW,
        [empty(1, 1)],
        found(file("m.log", 4)),
        [Leave(1, "missing"), TakeUp(0, "live"), Rotated("replace")],
    ),
    "the same, and it cannot be read": (
        NOW,
        [empty(1, 1)],
        found(replace(file("m.log", 4, 900, b""), error=PermissionError(errno.EACCES, "no"))),
        [Leave(1, "missing")],
    ),
    "rotated before a line of it was read, while an older archive is not unpacked: its inode tells it": (
        NOW,
        [known(1, 3, offset=0)],
        found(
            file("m.log", 2, 1500),
            file("m.log.1", 3),
            archive("m.log.2", 4),
            answers=[(1, 0, SAME, 0), (1, 1, SAME, 0), (1, 2, UNDECIDED, 0)],
            parts=[(1, 0)],
            undecided=[2],
        ),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "only the banner was read, with which an older file begins that is another one's: its inode tells it": (
        PathView(),
        [known(1, 1, "done", 900, 900, head=A[:900]), known(2, 3, "rotated", 300, 300, head=A[:300])],
        found(
            file("m.log", 6, 0, b""),
            file("m.log.1", 2, 1500),
            file("m.log.2", 3),
            file("m.log.3", 5),
            answers=[(1, 3, SAME, 900), (2, 1, SAME, 300), (2, 2, SAME, 300), (2, 3, SAME, 300)],
            parts=[(2, 1), (3, 2)],
        ),
        [
            Leave(1, "forgotten"),
            Hold(2, 2),
            TakeUp(1, "rotated", 300),
            TakeUp(0, "live"),
            Rotated("rename"),
            TakeUp(3, "ignored"),
        ],
    ),
    "cut off behind what was read, and an archive has no more than that either": (
        NOW,
        [known(offset=300, size=900, head=A[:900])],
        found(
            file("m.log", 1, 300, A[:300]),
            archive("m.log.1", 3, A[:300]),
            answers=[(1, 0, SAME, 300), (1, 1, SAME, 300)],
        ),
        [Hold(1, 0), TakeUp(1, "ignored")],
    ),
    "beside a file with its last lines that is another one's, and one with its first, a backup has all of it": (
        PathView(current=3),
        [known(offset=500, state="rotated"), known(2, 6, "rotated", 900, 900, head=BANNER[:380]), known(3, 4)],
        found(
            file("m.log", 4),
            file("m.log.1", 6, 900, BANNER[:380]),
            file("m.log.2", 7),
            file("m.log.3", 8, 300, A[:300]),
            answers=[(3, 0, SAME, 1000), (2, 1, SAME, 900), (1, 1, MOVED, 490), (1, 2, SAME, 500), (1, 3, PART, 300)],
            own_parts=[(1, 2)],
            parts=[(3, 2)],
        ),
        [Hold(1, 2), Hold(2, 1), Hold(3, 0), TakeUp(3, "ignored")],
    ),
    "nothing has happened": (
        NOW,
        [known()],
        found(file("m.log", 1), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0)],
    ),
    "of two copies of what is gone, both shorter, the longer one was left out while the log was there": (
        NOW,
        [known(1, 1, "live", 4572, 4572), known(2, 2, "ignored", 0, 3933), known(3, 3, "ignored", 0, 3420)],
        found(
            file("m.log", 4, 27, b"E2511-101113-001 (1): push\n"),
            file("m.log-20260108", 2, 3933),
            file("m.log.1", 3, 3420),
            answers=[(1, 1, PART, 3933), (1, 2, CUT, 3420), *((n, i, SAME, 0) for n in (2, 3) for i in (1, 2))],
        ),
        [Hold(1, 1), Leave(2, "forgotten"), Hold(3, 2), TakeUp(0, "live"), Rotated("rename")],
    ),
    "renamed, and the new one begins with the banner that was all of an older one, and has its inode": (
        PathView(current=2),
        [known(1, 1, "done", 100, 100, head=A[:100]), known(2, 2)],
        found(
            file("m.log", 1, 150, A[:150]),
            file("m.log.1", 2),
            answers=[(1, 0, SAME, 100), (1, 1, SAME, 100), (2, 1, SAME, 1000)],
        ),
        [Leave(1, "forgotten"), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "renamed, and the new one begins with the banner that was all of an older one": (
        PathView(current=2),
        [known(1, 1, "done", 100, 100, head=A[:100]), known(2, 2)],
        found(
            file("m.log", 3, 150, A[:150]),
            file("m.log.1", 2),
            answers=[(1, 0, SAME, 100), (1, 1, SAME, 100), (2, 1, SAME, 1000)],
        ),
        [Leave(1, "forgotten"), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "renamed, and a new one made": (
        NOW,
        [known()],
        found(file("m.log", 2), file("m.log.1", 1), answers=[(1, 1, SAME, 1000)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "renamed and packed while nobody looked": (
        NOW,
        [known()],
        found(file("m.log", 2), file("m.log.1.gz", 3), answers=[(1, 1, SAME, 1000)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "two rotations, with a generation in between": (
        NOW,
        [known()],
        found(file("m.log", 4), file("m.log.1", 3), file("m.log.2", 1), answers=[(1, 2, SAME, 1000)]),
        [Hold(1, 2), TakeUp(1, "rotated"), Rotated("rename", 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "three rotations to numbers that rise": (
        NOW,
        [known()],
        found(*(file(*each) for each in ROSE), answers=[(1, 1, SAME, 1000)]),
        [
            Hold(1, 1),
            TakeUp(2, "rotated"),
            TakeUp(3, "rotated"),
            Rotated("rename", 2),
            TakeUp(0, "live"),
            Rotated("rename"),
        ],
    ),
    "renamed into a directory where another log's lie too": (
        NOW,
        [known()],
        found(file("m.log", 2), file("m.log.1", 1), file("m.log.2", 3), answers=[(1, 1, SAME, 1000)], anothers={2}),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename"), TakeUp(2, "ignored")],
    ),
    "trimmed and rotated, while the next one begins with the same banner": (
        NOW,
        [known()],
        found(file("m.log", 4, 300), file("m.log.1", 3, 500), answers=[(1, 0, PART, 300), (1, 1, MOVED, 450)]),
        [Hold(1, 1, 450), TakeUp(0, "live"), Rotated("rename")],
    ),
    "the same, and the next one has got its inode": (
        NOW,
        [known()],
        found(file("m.log", 1, 300), file("m.log.1", 3, 500), answers=[(1, 0, CUT, 300), (1, 1, MOVED, 450)]),
        [Hold(1, 1, 450), TakeUp(0, "live"), Rotated("rename")],
    ),
    "copied and truncated": (
        PathView(current=1),
        [known(inode=0, state="rotated")],
        found(file("m.log", 1, 10), file("m.log.1", 5), answers=[(1, 1, SAME, 1000)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "truncated, and no copy of it": (
        PathView(current=1),
        [known(inode=0, state="rotated")],
        found(file("m.log", 1, 10)),
        [Leave(1, "missing"), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "gone, while it is open": (
        NOW,
        [known(is_open=True)],
        found(),
        [Leave(1, "open")],
    ),
    "gone, and not open": (NOW, [known()], found(), [Leave(1, "missing")]),
    "its inode is another file's now": (
        NOW,
        [known()],
        found(file("m.log", 1)),
        [Leave(1, "missing"), TakeUp(0, "live"), Rotated("replace")],
    ),
    "an archive that is to be unpacked further": (
        NOW,
        [known()],
        found(file("m.log", 2), file("m.log.1.gz", 3), answers=[(1, 1, UNDECIDED)], undecided=[1]),
        [Leave(1, "packed"), TakeUp(0, "live"), Rotated("replace")],
    ),
    "punched or overwritten in front": (
        NOW,
        [known()],
        found(file("m.log", 1, head=b"X" * 99), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0)],
    ),
    "trimmed in place, while nobody looked": (
        NOW,
        [known()],
        found(file("m.log", 1, 500), answers=[(1, 0, MOVED, 500)]),
        [Hold(1, 0, 500)],
    ),
    "trimmed by rename, while nobody looked": (
        NOW,
        [known()],
        found(file("m.log", 2, 500), answers=[(1, 0, MOVED, 500)]),
        [Hold(1, 0, 500)],
    ),
    "trimmed by rename, while its file is open": (
        NOW,
        [known(is_open=True)],
        found(file("m.log", 2, 500), answers=[(1, 0, MOVED, 500)], common=[(1, 1000)]),
        [Leave(1, "open"), TakeUp(0, "live", 500)],
    ),
    "emptied, and then filled with its own last lines": (
        PathView(current=2, was_blank=True),
        [known(inode=0, state="rotated"), known(2, 1, offset=0, size=500, head=A[50:550])],
        found(file("m.log", 1, 500), answers=[(1, 0, MOVED, 500), (2, 0, SAME, 0)]),
        [Hold(1, 0, 500), Leave(2, "forgotten")],
    ),
    "emptied, and then filled with an older state of itself": (
        PathView(current=2, was_blank=True),
        [known(inode=0, state="rotated"), known(2, 1, offset=0, size=500, head=A[:500])],
        found(file("m.log", 1, 500), answers=[(1, 0, PART, 500), (2, 0, SAME, 0)]),
        [Hold(1, 0, 500), Leave(2, "forgotten")],
    ),
    "emptied, and written back": (
        PathView(current=2, was_blank=True),
        [known(inode=0, state="rotated"), known(2, 1, offset=0, is_open=True)],
        found(file("m.log", 1), answers=[(1, 0, SAME, 1000), (2, 0, SAME, 0)]),
        [Hold(1, 0), Leave(2, "forgotten")],
    ),
    "emptied behind a copy, and written back from that": (
        PathView(current=2, was_blank=True),
        [
            known(1, 5, "rotated", is_open=True, name="/m.log.bak"),
            known(2, 1, offset=0, is_open=True),
        ],
        found(
            file("m.log", 1),
            file("m.log.bak", 5),
            answers=[(1, 0, SAME, 1000), (1, 1, SAME, 1000), (2, 0, SAME, 0)],
            own_parts=[(1, 0)],
        ),
        [Hold(1, 1), Hold(2, 0, 1000)],
    ),
    "emptied behind a copy, and a banner written that recurs": (
        PathView(current=2, was_blank=True),
        [known(1, 5, "rotated", 60, 60, is_open=True, name="/m.log.1"), known(2, 1, offset=0, size=60, is_open=True)],
        found(
            file("m.log", 1, 60), file("m.log.1", 5, 60), answers=[(1, 0, SAME, 60), (1, 1, SAME, 60), (2, 0, SAME, 0)]
        ),
        [Hold(1, 1), Hold(2, 0)],
    ),
    "replaced by a copy, while it is open": (
        NOW,
        [known(is_open=True)],
        found(file("m.log", 2, 1100), answers=[(1, 0, SAME, 1000)], common=[(1, 1000)]),
        [Leave(1, "open"), TakeUp(0, "live", 1000)],
    ),
    "replaced by a copy, with unread lines in both": (
        NOW,
        [known(is_open=True, size=1100)],
        found(file("m.log", 2, 1200), answers=[(1, 0, SAME, 1000)], common=[(1, 1100)]),
        [Leave(1, "open"), TakeUp(0, "live", 1000)],
    ),
    "edited, and kept under a rotated name, where its writer goes on": (
        NOW,
        [known(is_open=True, size=1100, name="/m.log.bak")],
        found(
            file("m.log", 2, 900),
            file("m.log.bak", 1, 1100),
            answers=[(1, 0, MOVED, 850), (1, 1, SAME, 1000)],
            common=[(1, 1000)],
        ),
        [Hold(1, 1), TakeUp(0, "live", 850)],
    ),
    "the path's file, perhaps an edited one, is left to the next look, and so is a copy of it": (
        NOW,
        [known(name="/m.log.1")],
        replace(
            found(
                file("m.log", 2),
                file("m.log.1", 1),
                file("m.log-20260108", 3),
                answers=[(1, 1, SAME, 1000)],
                parts=[(2, 0)],
            ),
            edited={0},
        ),
        [Hold(1, 1)],
    ),
    "renamed, and the next one has but the banner yet": (
        NOW,
        [known(is_open=True, offset=500, name="/m.log.1", tail=BANNER)],
        found(
            file("m.log", 2, 500),
            file("m.log.1", 1),
            answers=[(1, 0, SAME, 500), (1, 1, SAME, 500)],
            own_parts=[(1, 0)],
        ),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "packed and deleted, and the next one begins with the same banner": (
        NOW,
        [known(is_open=True, tail=BANNER)],
        found(
            file("m.log", 2, 1100),
            archive("m.log.1.gz", 3),
            answers=[(1, 0, SAME, 1000), (1, 1, SAME, 1000)],
            own_parts=[(1, 1)],
            common=[(1, 1000)],
        ),
        [Leave(1, "open"), TakeUp(0, "live"), Rotated("replace"), TakeUp(1, "ignored")],
    ),
    "the same, packed before it was read to its end": (
        NOW,
        [known(offset=300, is_open=True, tail=BANNER)],
        found(
            file("m.log", 2, 300),
            archive("m.log.1.gz", 3),
            answers=[(1, 0, SAME, 300), (1, 1, SAME, 300)],
            own_parts=[(1, 0), (1, 1)],
            common=[(1, 300)],
        ),
        [Leave(1, "open"), TakeUp(0, "live"), Rotated("replace"), TakeUp(1, "ignored")],
    ),
    "the same, read to its end, and the line with a time that it ends with stands at the path as well: a copy of it": (
        NOW,
        [known(offset=100, size=100, head=A[:100], is_open=True)],
        found(
            file("m.log", 2, 100, A[:100]),
            archive("m.log.1.gz", 3, A[:100]),
            answers=[(1, 0, SAME, 100), (1, 1, SAME, 100)],
            own_parts=[(1, 0), (1, 1)],
            common=[(1, 100)],
        ),
        [Leave(1, "open"), TakeUp(0, "live", 100), TakeUp(1, "ignored")],
    ),
    "renamed, packed beside that, and copied to its path: a copy that is written on": (
        NOW,
        [known(is_open=True)],
        found(
            file("m.log", 5, 1200),
            file("m.log.1", 1),
            archive("m.log.1.gz", 6),
            answers=[(1, 0, SAME, 1000), (1, 1, SAME, 1000), (1, 2, SAME, 1000)],
            own_parts=[(1, 2)],
            common=[(1, 1000)],
        ),
        [Hold(1, 1), TakeUp(0, "live", 1000), TakeUp(2, "ignored")],
    ),
    "an older state of a log that was renamed, at its path, in which the end of one that is nowhere stands, too": (
        PathView(current=2),
        [known(1, 0, "rotated"), known(2, 2, is_open=True, name="/m.log.old-one")],
        found(
            file("m.log", 5, 800),
            answers=[(1, 0, MOVED, 300), (2, 0, PART, 800)],
            own_parts=[(2, 0)],
        ),
        [Leave(1, "missing"), Leave(2, "open"), TakeUp(0, "live", 800)],
    ),
    "read to the end of a banner, and filled and copied away, twice: in the oldest file, by its inode or not": (
        NOW,
        [known(tail=BANNER)],
        found(
            file("m.log", 1, 1300),
            file("m.log.1", 3, 1200),
            file("m.log.2", 2, 1100),
            answers=[(1, 0, SAME, 1000), (1, 1, SAME, 1000), (1, 2, SAME, 1000)],
        ),
        [Hold(1, 2), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live"), Rotated("rename")],
    ),
    "the same, beside history with that banner, which was packed since": (
        NOW,
        [known(1, 7, "ignored", 0, 1400), known(2, tail=BANNER)],
        found(
            file("m.log", 1, 1300),
            file("m.log.1", 2, 1100),
            file("m.log.2.gz", 3, 1400),
            answers=[(n, i, SAME, 1000 * (n - 1)) for n in (1, 2) for i in range(3)],
        ),
        [Hold(1, 2), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "of which but a banner was read, that others begin with as well: the oldest that is nobody else's": (
        PathView(current=2),
        [known(1, 1, "done", 1000), known(2, 2, "live", 500, 500, tail=BANNER)],
        found(
            file("m.log", 5, 600),
            file("m.log.1", 4, 700),
            file("m.log.2", 6, 600),
            file("m.log.3", 1),
            answers=[(1, 3, SAME, 1000), *((2, i, SAME, 500) for i in range(4))],
        ),
        [Hold(1, 3), Hold(2, 2), TakeUp(1, "rotated"), Rotated("rename", 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "copied away and emptied, and filled with the same banner and more than before": (
        NOW,
        [known()],
        found(file("m.log", 1, 1100), file("m.log.1", 2), answers=[(1, 0, MOVED, 500), (1, 1, SAME, 1000)]),
        [Hold(1, 1), TakeUp(0, "live", 500)],
    ),
    "left out, and now a shorter file begins like it: that is news": (
        PathView(current=2),
        [known(1, 1, "ignored", 0), known(2, 2)],
        found(
            file("m.log", 4), file("m.log.1", 3, 900), file("m.log.2", 2), answers=[(1, 1, SAME, 0), (2, 2, SAME, 1000)]
        ),
        [
            Leave(1, "forgotten"),
            Hold(2, 2),
            TakeUp(1, "rotated"),
            Rotated("rename", 1),
            TakeUp(0, "live"),
            Rotated("rename"),
        ],
    ),
    "replaced by a copy, while nobody looked": (
        NOW,
        [known()],
        found(file("m.log", 2, 1100), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0)],
    ),
    "replaced by a copy, and kept under another name": (
        NOW,
        [known()],
        found(
            file("m.log", 2, 1100),
            file("m.log.1", 1),
            parts=[(1, 0)],
            answers=[(1, 0, SAME, 1000), (1, 1, SAME, 1000)],
        ),
        [Hold(1, 1), TakeUp(0, "live", 1000)],
    ),
    "a banner that recurs is no copy": (
        NOW,
        [known(is_open=True, offset=60, size=60, name="/m.log.1")],
        found(file("m.log", 2, 60), file("m.log.1", 1, 60), answers=[(1, 0, SAME, 60), (1, 1, SAME, 60)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "a copy beside it": (
        NOW,
        [known(is_open=True)],
        found(file("m.log", 1), file("m.log.1", 2), answers=[(1, 0, SAME, 1000)], own_parts=[(1, 1)]),
        [Hold(1, 0), TakeUp(1, "ignored")],
    ),
    "it began to lead to another file before all archives beside it were unpacked": (
        PathView(current=1, news_since=float("-inf")),
        [known()],
        found(
            file("m.log", 1), file("m.log.1.gz", 5), file("m.log.2.gz", 6), answers=[(1, 0, SAME, 1000)], undecided=[2]
        ),
        [Hold(1, 0), TakeUp(1, "rotated"), Rotated("rename")],
    ),
    "an archive of it beside it": (
        NOW,
        [known(is_open=True)],
        found(file("m.log", 1), file("m.log.1.gz", 2), answers=[(1, 0, SAME, 1000)], own_parts=[(1, 1)]),
        [Hold(1, 0), TakeUp(1, "ignored")],
    ),
    "the same banner in another generation makes no copy": (
        NOW,
        [known()],
        found(file("m.log", 1), file("m.log.1.gz", 2), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0), TakeUp(1, "ignored")],
    ),
    "read to its end, and removed": (
        NOW,
        [known(), known(2, 7, "done", dead=True)],
        found(file("m.log", 1), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0), Leave(2, "forgotten")],
    ),
    "over, where nobody can look now": (
        NOW,
        [known(), known(2, 7, "done"), known(3, 8, "done")],
        found(file("m.log", 1), answers=[(1, 0, SAME, 1000)], hidden=[3]),
        [Hold(1, 0), Leave(2, "forgotten"), Leave(3, "missing")],
    ),
    "copied and truncated twice before a byte was read, with a banner in all": (
        NOW,
        [known(offset=0)],
        found(
            file("m.log", 1, 3000),
            file("m.log.1", 2, 2000),
            file("m.log.2", 3),
            answers=[(1, 0, SAME, 0), (1, 1, SAME, 0), (1, 2, SAME, 0)],
        ),
        [Hold(1, 2), TakeUp(1, "rotated"), Rotated("rename", 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "replaced by a copy before a byte was read": (
        NOW,
        [known(offset=0)],
        found(file("m.log", 2, 1100), answers=[(1, 0, SAME, 0)]),
        [Hold(1, 0)],
    ),
    "gone, beside a rotated one that has nothing but the banner of both": (
        NOW,
        [known(1, 1), known(2, 2, "rotated", 500, 500, head=b"")],
        found(
            file("m.log", 4, head=b"another"),
            file("m.log.1", 2, 500, A[:500]),
            answers=[(1, 1, PART, 500), (2, 1, SAME, 500)],
        ),
        [Leave(1, "missing"), Hold(2, 1), TakeUp(0, "live"), Rotated("replace")],
    ),
    "copied and truncated, beside a copy of another with the same banner": (
        PathView(current=2),
        [known(1, 7, "ignored", 0, 2000), known(2, 0, "rotated", 500, 500, head=A[:500])],
        found(
            file("m.log", 1, 10, A[:10]),
            file("m.log.1", 5, 500, A[:500]),
            file("m.log.2", 7, 2000),
            answers=[(2, 1, SAME, 500), (2, 2, SAME, 500), (1, 2, SAME, 0)],
        ),
        [Hold(1, 2), Hold(2, 1), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "a copy that was left out has grown, and what begins like it is news": (
        NOW,
        [known(1, 1), known(2, 7, "ignored", 0, 500, head=A[:500])],
        found(
            file("m.log", 4, head=b"another"),
            file("m.log.1", 5, 700),
            file("m.log.2", 1),
            answers=[(1, 2, SAME, 1000), (2, 1, SAME, 0)],
        ),
        [
            Hold(1, 2),
            Leave(2, "forgotten"),
            TakeUp(1, "rotated"),
            Rotated("rename", 1),
            TakeUp(0, "live"),
            Rotated("rename"),
        ],
    ),
    "replaced by a copy, rotated, and a new one that begins with the banner of the file that was copied": (
        PathView(current=2),
        [known(1, 0, "rotated", 400, 400), known(2, 2, copy_of=1)],
        found(file("m.log", 3, 300), file("m.log.1", 2), answers=[(1, 0, PART, 300), (2, 1, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "replaced by a copy that got the inode of a deleted file that it is a copy of": (
        PathView(current=2),
        [known(1, 2, "rotated", 400, 400), known(2, 1)],
        found(file("m.log", 2), answers=[(1, 0, SAME, 400), (2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0)],
    ),
    "nowhere, while nobody can look where it was: it may come back": (
        PathView(current=1),
        [known(1, 0, "done")],
        found(hidden=[1]),
        [Leave(1, "missing")],
    ),
    "given up, or not to be looked at a while ago, and nowhere: it may come back": (
        PathView(current=2),
        [known(1, 0, "done", gone_at=1.0), known(2, 1, "rotated")],
        found(file("m.log.1", 1), answers=[(2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0)],
    ),
    "read to its end and nowhere, while its path leads nowhere": (
        PathView(current=2),
        [known(1, 0, "done"), known(2, 1, "rotated")],
        found(file("m.log.1", 1), answers=[(2, 0, SAME, 1000)]),
        [Leave(1, "forgotten"), Hold(2, 0)],
    ),
    "nowhere for long enough": (
        PathView(current=1),
        [known(1, 0, "done", gone_at=1.0, dead=True)],
        found(),
        [Leave(1, "forgotten")],
    ),
    "back at its path after it was nowhere, in another inode": (
        NOW,
        [known(1, 0, "done", gone_at=1.0)],
        found(file("m.log", 2), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0)],
    ),
    "rotated with more than the banner that was read, which is all that the next one and another file begin with": (
        PathView(current=2),
        [known(1, 2, "rotated"), known(2, 1, "live", 100, 100, head=A[:100])],
        found(
            file("m.log", 3, 100, A[:100]),
            file("m.log.1", 1, 400, A[:100] + b"x" * 300),
            file("m.log.2", 2),
            answers=[(1, 2, SAME, 1000), (2, 0, SAME, 100), (2, 1, SAME, 100), (2, 2, SAME, 100)],
        ),
        [Hold(1, 2), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "an archive that was left out is what was read by now, beside another file that begins like it": (
        PathView(current=3),
        [known(1, 0, "rotated"), known(2, 3, "ignored", 0, tail=b""), known(3, 2)],
        found(
            file("m.log", 5),
            file("m.log.1", 4),
            file("m.log.2", 2),
            file("m.log.3.gz", 3),
            answers=[(1, 3, SAME, 1000), (2, 1, SAME, 0), (2, 3, SAME, 0), (3, 2, SAME, 1000)],
        ),
        [
            Hold(1, 3),
            Leave(2, "forgotten"),
            Hold(3, 2),
            TakeUp(1, "rotated"),
            Rotated("rename", 1),
            TakeUp(0, "live"),
            Rotated("rename"),
        ],
    ),
    "read to its end and packed, and unpacked again at its path": (
        NOW,
        [known(1, 3, "done")],
        found(file("m.log", 4), answers=[(1, 0, SAME, 1000)]),
        [Hold(1, 0)],
    ),
    "read to its end and deleted, beside an archive of it that was left out": (
        NOW,
        [known(1, 0, "done", dead=True), known(2, 3, "ignored", 0, tail=b"")],
        found(file("m.log.gz", 3), answers=[(1, 0, SAME, 1000), (2, 0, SAME, 0)]),
        [Hold(1, 0), Leave(2, "forgotten")],
    ),
    "the same, with an archive that is to be unpacked further": (
        NOW,
        [known(1, 0, "done", dead=True)],
        found(file("m.log.gz", 3), answers=[(1, 0, UNDECIDED)], undecided=[0]),
        [Leave(1, "packed")],
    ),
    "a file that nobody has seen begins with all that was read of a generation": (
        NOW,
        [known(1, 7, "done", tail=A[:100] + b"the last line\n"), known(2, 1)],
        found(
            file("m.log", 4),
            file("m.log.1", 1),
            file("m.log.2", 7),
            file("m.log.3.gz", 8, 3000),
            answers=[(2, 1, SAME, 1000), (1, 2, SAME, 1000), (1, 3, SAME, 1000)],
        ),
        [Hold(1, 2), Hold(2, 1), TakeUp(3, "rotated", 1000), TakeUp(0, "live"), Rotated("rename")],
    ),
    "found at last, after its path went on, with one that came after it and one that came before": (
        PathView(current=2),
        [known(1, 1), known(2, 2, offset=10, size=10, head=A[:10], tail=A[:10])],
        found(
            file("m.log", 2, 10),
            file("m.log-20261124", 3),
            file("m.log-20261125", 1),
            file("m.log-20261126", 4),
            answers=[(1, 2, SAME, 1000), (2, 0, SAME, 10)],
        ),
        [Hold(1, 2), Hold(2, 0), TakeUp(1, "ignored"), TakeUp(3, "rotated"), Rotated("rename")],
    ),
    "of which but a banner was read: there was no more in its file, which is there, whatever begins alike": (
        PathView(current=3),
        [known(1, 1, "rotated", 2000, 2000), known(3, 3, tail=BANNER)],
        found(
            file("m.log", 5, 1600),
            file("m.log.1", 4, 1050),
            file("m.log.2", 3),
            file("m.log.3", 1, 2000),
            answers=[*[(3, i, SAME, 1000) for i in (1, 2, 3)], (1, 3, SAME, 2000)],
            parts=[(2, 1), (2, 3)],
        ),
        [Hold(1, 3), Hold(3, 2), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live"), Rotated("rename")],
    ),
    "of which but a banner was read: packed, and begun anew with the same banner": (
        PathView(current=3),
        [known(1, 1, "rotated", 2000, 2000), known(3, 3, tail=BANNER)],
        found(
            file("m.log", 5, 1600),
            file("m.log.1", 4, 825, head=b"E2511-101112-002 (1): no banner\n" * 9),
            file("m.log.2.gz", 6),
            file("m.log.3", 1, 2000),
            answers=[*[(3, i, SAME, 1000) for i in (0, 2, 3)], (1, 3, SAME, 2000)],
            parts=[(2, 0), (2, 3)],
        ),
        [Hold(1, 3), Hold(3, 2), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live"), Rotated("rename")],
    ),
    "of which but a banner was read: longer than the older file that begins alike, and than what is at the path": (
        PathView(current=4, was_blank=True),
        [
            known(1, 1, "rotated", 2000, 2000),
            known(3, 3, "rotated", 1000, 1500, tail=BANNER),
            known(4, 4, offset=0, size=0, head=b"", tail=b""),
        ],
        found(
            file("m.log", 4, 1300),
            file("m.log.1", 3, 1500),
            file("m.log.2", 7, 1200),
            file("m.log.3", 1, 2000),
            answers=[
                *[(3, i, SAME, 1000) for i in range(4)],
                (1, 3, SAME, 2000),
                (4, 0, SAME, 0),
            ],
        ),
        [Hold(1, 3), Hold(3, 1), Hold(4, 0), TakeUp(2, "rotated"), Rotated("rename")],
    ),
    "changed before where it was read to, which is where it was": (
        NOW,
        [known()],
        found(file("m.log", 1), answers=[(1, 0, MOVED, 1000)]),
        [Hold(1, 0, 1000)],
    ),
    "changed in front, as sed -i does, and copied as it is then under a rotated name": (
        NOW,
        [known(is_open=True)],
        found(
            file("m.log", 4),
            file("m.log.bak", 5),
            answers=[(1, 0, MOVED, 1000), (1, 1, MOVED, 1000)],
            parts=[(0, 1), (1, 0)],
            common=[(1, 1000)],
        ),
        [Leave(1, "open"), TakeUp(0, "live", 1000), TakeUp(1, "ignored")],
    ),
    "packed with what nobody had read, and the next log, which was empty, has the banner of both by now": (
        PathView(current=2, was_blank=True),
        [known(1, 0, "rotated", size=1200), known(2, 4, offset=0, size=0, head=b"")],
        found(
            file("m.log", 4, 150, A[:150]),
            file("m.log.1.gz", 5, 1200),
            answers=[(1, 0, PART, 100), (1, 1, SAME, 1000), (2, 0, SAME, 0)],
        ),
        [Hold(1, 1), Hold(2, 0)],
    ),
    "copied away and emptied, when a whole short line was all that had been read": (
        PathView(current=1),
        [known(1, 0, "rotated", 23, 23, head=A[:23], tail=A[:23])],
        found(file("m.log", 1, 0, b""), file("m.log.1", 5, 146, A[:146]), answers=[(1, 1, SAME, 23)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "cut off at its end, and written on": (
        NOW,
        [known(offset=2000, size=2000)],
        found(file("m.log", 1, 1500), answers=[(1, 0, CUT, 1500)]),
        [Hold(1, 0, 1500, cut=True)],
    ),
    "emptied behind a copy that is to be unpacked further": (
        PathView(current=1),
        [known(1, 0, "rotated", offset=2000, size=2000)],
        found(
            file("m.log", 1, 1500),
            file("m.log.1.gz", 5),
            answers=[(1, 0, CUT, 1500), (1, 1, UNDECIDED)],
            undecided=[1],
        ),
        [Leave(1, "packed"), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "replaced by a copy, copied and truncated before a line of it was read": (
        PathView(current=2),
        [known(1, 7, "rotated", is_open=True), known(2, 0, "rotated")],
        found(
            file("m.log", 1, 10),
            file("m.log.1", 5),
            answers=[(1, 1, SAME, 1000), (2, 1, SAME, 1000)],
            own_parts=[(1, 1)],
        ),
        [Leave(1, "open"), Hold(2, 1), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "trimmed and deleted while it is open, beside a copy of before that was left out": (
        PathView(current=2),
        [known(1, 7, "ignored", 0, 2000), known(2, 1, is_open=True)],
        found(file("m.log.1", 7, 2000), answers=[(1, 0, SAME, 0), (2, 0, MOVED, 2000)], common=[(2, 1000)]),
        [Hold(1, 0), Leave(2, "open")],
    ),
    "deleted while it is open, and appended to a file that has more": (
        NOW,
        [known(is_open=True)],
        found(renamed("m.log.all", 5, 2000), answers=[(1, 0, SAME, 1000)], common=[(1, 1000)]),
        [Leave(1, "open"), TakeUp(0, "rotated", 1000)],
    ),
    "a copy that was empty when it was taken up, packed and deleted before the next look": (
        PathView(current=1),
        [known(inode=0, state="rotated"), known(2, 7, "rotated", 0, is_open=True)],
        found(
            file("m.log.1.gz", 5), answers=[(1, 0, SAME, 1000), (2, 0, SAME, 0)], own_parts=[(2, 0)], common=[(2, 1000)]
        ),
        [Hold(1, 0), Leave(2, "forgotten")],
    ),
    "copied and emptied, beside a deleted one that is open and had as much, in whose place it was": (
        NOW,
        [
            known(1, 7, "rotated", 800, 800, head=A[:800], is_open=True),
            known(2, 0, "rotated", 800, 1000, copy_of=1),
        ],
        found(file("m.log.1", 5), answers=[(1, 0, SAME, 800), (2, 0, SAME, 800)], common=[(1, 800)]),
        [Leave(1, "open"), Hold(2, 0)],
    ),
    "the same, and that had more by then: a copy of it was made before": (
        PathView(current=2),
        [
            known(1, 7, "rotated", 800, 800, head=A[:800], is_open=True),
            known(2, 0, "rotated", 1200, 1200, copy_of=1),
        ],
        found(file("m.log.1", 5), answers=[(1, 0, SAME, 800), (2, 0, PART, 1000)], common=[(1, 800)]),
        [Leave(1, "open"), Hold(2, 0)],
    ),
    "over, and deleted; what had replaced it went on, and was trimmed behind a copy that was left out": (
        PathView(current=2),
        [known(1, 0, "done", 800, 800, head=A[:800], dead=True), known(2, 2), known(3, 3, "ignored", 0, 1000)],
        found(file("m.log", 2), file("m.log.1", 3), answers=[(1, 1, SAME, 800), (2, 0, SAME, 1000), (3, 1, SAME, 0)]),
        [Leave(1, "forgotten"), Hold(2, 0), Hold(3, 1)],
    ),
    "the same, and the copy was packed": (
        PathView(current=2),
        [known(1, 0, "done", 800, 800, head=A[:800], dead=True), known(2, 2), known(3, 3, "ignored", 0, 1000)],
        found(
            file("m.log", 2), file("m.log.1.gz", 5), answers=[(1, 1, SAME, 800), (2, 0, SAME, 1000), (3, 1, SAME, 0)]
        ),
        [Leave(1, "forgotten"), Hold(2, 0), Hold(3, 1)],
    ),
    "deleted while it is open, beside an archive of the one before, which begins with the same banner": (
        PathView(current=2),
        [known(1, 7, "done", 1000, 1000), known(2, 1, offset=500, is_open=True)],
        found(file("m.log.1.gz", 5), answers=[(1, 0, SAME, 1000), (2, 0, SAME, 500)], common=[(2, 500)]),
        [Hold(1, 0), Leave(2, "open")],
    ),
    "cut off at its end, written on, copied and emptied, and the next one has but the banner": (
        NOW,
        [known()],
        found(file("m.log", 1, 100, A[:100]), file("m.log.1", 5), answers=[(1, 0, PART, 100), (1, 1, CUT, 600)]),
        [Hold(1, 1, 600, cut=True), TakeUp(0, "live"), Rotated("rename")],
    ),
    "gone, beside a shorter copy of which all is known to be its own": (
        NOW,
        [known()],
        found(file("m.log", 2, 0, b""), file("m.log.1", 5, 600), answers=[(1, 1, PART, 600)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "the same, and the end of the copy may have been written after the log had lost its own": (
        NOW,
        [known()],
        found(file("m.log", 2, 0, b""), file("m.log.1", 5, 600), answers=[(1, 1, PART, 500)]),
        [Hold(1, 1, 600, cut=True), TakeUp(0, "live"), Rotated("rename")],
    ),
    "the same, and the log was seen to be emptied behind the copy": (
        PathView(current=1),
        [known(inode=0, state="rotated")],
        found(file("m.log", 2, 0, b""), file("m.log.1", 5, 600), answers=[(1, 1, PART, 500)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "a copy that was empty when it was taken up: it is left out behind its original, as no history": (
        PathView(current=2),
        [
            known(1, 5, "rotated", 0, 0, is_open=True, name="/m.log.1"),
            known(2, 2, offset=0, is_open=True, name="/m.log"),
        ],
        found(
            file("m.log", 2),
            file("m.log.1", 5),
            answers=[(1, 1, SAME, 0), (2, 0, SAME, 0), (2, 1, SAME, 0)],
            parts=[(1, 0)],
            own_parts=[(2, 1)],
        ),
        [Leave(1, "forgotten"), Hold(2, 0), TakeUp(1, "ignored")],
    ),
    "copied to a file that was taken up while it was empty, and emptied before a line of it was read": (
        PathView(current=2),
        [
            known(1, 5, "rotated", 0, 1000, is_open=True, name="/m.log.1"),
            known(2, 0, "rotated", 0, 700, head=A[:700]),
        ],
        found(file("m.log", 1, 0, b""), file("m.log.1", 5), answers=[(1, 1, SAME, 0), (2, 1, SAME, 0)]),
        [Leave(1, "forgotten"), Hold(2, 1), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "copied to a file that was taken up while it was empty and has lines of its own by now, and truncated": (
        PathView(current=1),
        [known(1, 0, "rotated"), known(2, 5, "rotated", 0, 0, is_open=True)],
        found(file("m.log", 1, 10, A[:10]), file("m.log.1", 5, 1200), answers=[(1, 1, SAME, 1000), (2, 1, SAME, 0)]),
        [Hold(1, 1), Leave(2, "forgotten"), TakeUp(0, "live"), Rotated("truncate")],
    ),
    "packed, and its inode given to another archive, which is not unpacked yet": (
        NOW,
        [known()],
        found(
            file("m.log", 2),
            file("m.log.1.gz", 1),
            file("m.log.2.gz", 5),
            answers=[(1, 1, UNDECIDED), (1, 2, SAME, 1000)],
            undecided=[1],
        ),
        [Hold(1, 2), TakeUp(0, "live"), Rotated("rename")],
    ),
    "rotated twice before a look, and copied in between under a name that nobody knows, by which nothing is news": (
        NOW,
        [known()],
        found(
            file("m.log", 4, 10),
            file("m.log.1", 3),
            file("m.log.2", 1),
            renamed("copy-of-m.log", 2),
            answers=[(1, 2, SAME, 1000)],
            parts=[(1, 3), (3, 1)],
        ),
        [Hold(1, 2), TakeUp(1, "rotated"), Rotated("rename"), TakeUp(0, "live"), Rotated("rename")],
    ),
    "copied away and emptied beside a backup, which begins with the banner that was all of one before that is gone": (
        PathView(current=2),
        [known(1, 0, "done", 100, 100, head=A[:100], gone_at=1.0), known(2, 0, "rotated")],
        found(
            file("m.log", 4, 0, b""),
            file("m.log.1", 5),
            file("m.log.bak", 6),
            answers=[(1, 1, SAME, 100), (1, 2, SAME, 100), (2, 1, SAME, 1000), (2, 2, SAME, 1000)],
            parts=[(1, 2), (2, 1)],
        ),
        [Leave(1, "missing"), Hold(2, 1), TakeUp(0, "live"), Rotated("truncate"), TakeUp(2, "ignored")],
    ),
    "absent for a moment, and the next one begins with the banner that was all of one before that is gone": (
        PathView(current=2),
        [known(1, 0, "done", 100, 100, head=A[:100], gone_at=1.0), known(2, 2, "rotated")],
        found(
            file("m.log", 3, 150, A[:150]),
            file("m.log.1", 2),
            answers=[(1, 0, SAME, 100), (1, 1, SAME, 100), (2, 1, SAME, 1000)],
        ),
        [Leave(1, "missing"), Hold(2, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "renamed while it was empty, to a name that nobody knows": (
        NOW,
        [known(offset=0, size=0, head=b"")],
        found(file("m.log", 2), renamed("m.log~kept", 1, 0, b""), answers=[(1, 1, SAME, 0)]),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "the same, and then written to": (
        NOW,
        [known(offset=0, size=0, head=b"")],
        found(file("m.log", 2), renamed("m.log~kept", 1)),
        [Hold(1, 1), TakeUp(0, "live"), Rotated("rename")],
    ),
    "an archive that could not be read when it was taken up, and can by now": (
        PathView(current=2),
        [known(1, 1, "rotated", 0, 0, head=b"", found_at="/m.log.1.gz"), known(2, 2)],
        found(file("m.log", 2), archive("m.log.1.gz", 1), answers=[(2, 0, SAME, 1000)]),
        [Hold(1, 1), Hold(2, 0)],
    ),
    "the same, and it has to be unpacked further": (
        PathView(current=2),
        [known(1, 1, "rotated", 0, 0, head=b"", found_at="/m.log.1.gz"), known(2, 2)],
        found(file("m.log", 2), archive("m.log.1.gz", 1), answers=[(2, 0, SAME, 1000)], undecided=[1]),
        [Hold(1, 1), Hold(2, 0)],
    ),
    "copied over the log, and the copy got the inode of the log before, which was empty and is nowhere": (
        PathView(current=2),
        [known(1, 1, "live", 0, 0, head=b""), known(2, 2)],
        found(file("m.log", 1), answers=[(1, 0, SAME, 0), (2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0)],
    ),
    "the same, of a part that was copied earlier": (
        PathView(current=2),
        [known(1, 1, "live", 0, 0, head=b""), known(2, 2)],
        found(file("m.log", 1, 500, A[:500]), answers=[(1, 0, SAME, 0), (2, 0, PART, 500)]),
        [Leave(1, "missing"), Hold(2, 0, 500)],
    ),
    "what was empty at the path, and is another file than that by now, whose lines nobody has": (
        PathView(current=2),
        [known(1, 1, "live", 0, 0, head=b""), known(2, 2)],
        found(file("m.log", 1, 500, BANNER + A[:120]), answers=[(1, 0, SAME, 0)]),
        [Hold(1, 0), Leave(2, "missing")],
    ),
    "one that has the inode of an empty file that was somewhere else is another": (
        PathView(current=2),
        [known(1, 1, "rotated", 0, 0, head=b"", found_at="/m.log.2"), known(2, 2)],
        found(file("m.log", 2), archive("m.log.1.gz", 1), answers=[(2, 0, SAME, 1000)]),
        [Leave(1, "missing"), Hold(2, 0), TakeUp(1, "ignored")],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_a_plan_follows_from_state_and_files(case):
    """Each known state, with the files that were found, leads to the expected plan."""
    path, generations, files, actions = TABLE[case]
    assert reconcile(path, generations, files).actions == actions


@pytest.mark.parametrize(
    ("number", "again"), [(errno.EIO, True), (errno.ESTALE, True), (errno.ELOOP, False), (errno.EACCES, False)]
)
def test_a_file_that_cannot_be_looked_at_for_now_is_left_to_the_next_look(number, again):
    """A disk or a server may answer by then; a link that leads nowhere would keep every look busy."""
    unseen = replace(file("m.log.2", 0, 0, b""), key=NO_KEY, error=OSError(number, ""))
    plan = reconcile(NOW, [known()], found(file("m.log", 1), unseen, answers=[(1, 0, SAME, 1000)]))
    assert (plan.actions, plan.again) == ([Hold(1, 0)], again)


def test_what_a_decision_costs_grows_with_pairs_of_files_and_generations_and_not_beyond(monkeypatch):
    """A log of which a year of rotated files is kept stops nobody when it is rotated once more."""
    asked, answer = [], Draft.answer
    monkeypatch.setattr(Draft, "answer", lambda *arguments: asked.append(arguments) or answer(*arguments))
    costs = []
    for count in (10, 40):
        asked.clear()
        old = [known(n, n, "ignored", 0) for n in range(2, count + 1)]
        files = [file("m.log", 1), *(file(f"m.log.{n}", n) for n in range(2, count + 1))]
        answers = [(1, 0, SAME, 1000), *((n, n - 1, SAME) for n in range(2, count + 1))]
        reconcile(PathView(current=1), [*old, known()], found(*files, answers=answers))
        costs.append(len(asked))
    assert costs[1] <= 16 * costs[0]


def modules():
    return {path.stem: ast.parse(path.read_text()) for path in PACKAGE.glob("*.py")}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", ["reconcile", "plan", "identity", "fingerprint", "rotated_names"])
def test_a_decision_knows_neither_the_system_nor_the_time(name):
    """Decision modules import neither os, time nor paths."""
    assert not {"os", "time", "stat", "pathlib"} & set(imports(modules()[name]))


def test_no_module_is_imported_in_a_circle():
    """The imports of the package have an order, and none of them hides from it."""
    trees = modules()
    arrows = {
        name: {other for other in trees if other != name and f"logwatch.tail.{other}" in set(imports(tree))}
        for name, tree in trees.items()
        if name != "__init__"
    }
    assert not any("TYPE_CHECKING" in ast.dump(tree) for tree in trees.values())
    while arrows:
        leaves = {name for name, others in arrows.items() if not others & arrows.keys()}
        assert leaves, f"a circle among {sorted(arrows)}"
        arrows = {name: others for name, others in arrows.items() if name not in leaves}


def assigned(tree):
    """Yield every attribute that is assigned: on what, and its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            yield ast.unparse(node.value), node.attr


def attributes(module, *classes):
    found = [node for node in ast.walk(module) if isinstance(node, ast.ClassDef) and node.name in classes]
    assert len(found) == len(classes)
    return {name for each in found for owner, name in assigned(each) if owner == "self"} | {
        node.target.id for each in found for node in each.body if isinstance(node, ast.AnnAssign)
    }


def test_state_has_one_owner():
    """Nobody outside its module assigns an attribute of a generation, a path or a look's time: a method changes it."""
    trees = modules()
    owned = {
        "generation_state": attributes(trees["generation_state"], "GenerationState"),
        "path_state": attributes(trees["path_state"], "PathState"),
        "candidates": attributes(trees["candidates"], "Unpacking"),
    }
    foreign = {
        (name, owner, attribute)
        for module, attributes_ in owned.items()
        for name, tree in trees.items()
        for owner, attribute in assigned(tree)
        if name != module and owner != "self" and attribute in attributes_
    }
    assert foreign == set()


def test_a_generation_has_few_attributes():
    """The number of a generation's attributes is bounded."""
    trees = modules()
    state, reading = (
        attributes(trees["generation_state"], "GenerationState"),
        attributes(trees["generation"], "Generation"),
    )
    assert len(state | reading) <= 16
