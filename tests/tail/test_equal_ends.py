"""Lines that end alike, as where a provider answers all of them alike, are told apart by where they stand."""

import os
import shutil
from datetime import UTC

import pytest

from logwatch.dialect.load import load
from logwatch.parse.scanner import Scanner
from tests.helpers.grammars import write_grammar
from tests.helpers.recorder import Follower, append, caught_up, pack_away

ANSWER = (
    '{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND","details":[{"@type":'
    '"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}}'
)
FORMS = {
    "on the line": f" code 404 {ANSWER} of {ANSWER}",
    "below it": "\n" + f"  {ANSWER[:90]}\n" * 4 + "  end of answer",
}


def lines(form, first, count):
    """Return lines, or entries of several, that end in the same 256 bytes."""
    return [f"E2211-101112-{n:03} (1): push_on_complete: uid {n}{FORMS[form]}" for n in range(first, first + count)]


def rotate(log, how):
    """Rotate a log once: rename it, rename and pack it, or copy and truncate it."""
    rotated = log.with_name("m.log.1")
    if how == "copytruncate":
        shutil.copy2(log, rotated)
        os.truncate(log, 0)
    else:
        os.rename(log, rotated)
    if how == "pack":
        pack_away(rotated, log.with_name("m.log.1.gz"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("singly", [True, False])
@pytest.mark.parametrize("unread", [0, 3])
@pytest.mark.parametrize("how", ["rename", "pack", "copytruncate"])
@pytest.mark.parametrize("stopped", [True, False])
def test_the_next_log_is_not_taken_for_the_rest_of_one_that_ends_alike(tmp_path, form, singly, unread, how, stopped):
    """All lines of both count, once, whether they were read together or one by one."""
    log = tmp_path / "m.log"
    old, late, new = lines(form, 0, 20), lines(form, 20, unread), lines(form, 50, 10)
    append(log, old[0])
    follower = Follower(log)
    for some in [[line] for line in old[1:]] if singly else [old[1:]]:
        append(log, *some)
        follower.turn()
    with follower.away(stopped):
        if late:
            append(log, *late)
        rotate(log, how)
        append(log, *new)
    for _ in range(3):
        follower.wait(15)
    lost_by_copytruncate = late if how == "copytruncate" and not stopped else []
    expected = "\n".join([*old, *late, *new]).split("\n")
    assert sorted(follower.lines) == sorted(expected), lost_by_copytruncate
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("read", "unread", "count"), [(3, 0, 1), (3, 3, 3), (20, 0, 19)])
def test_behind_a_long_banner_the_next_log_is_no_copy_of_one_that_ends_alike(tmp_path, form, read, unread, count):
    """All lines count, however many fewer the next log has, and though the first 4 KiB of both are their banner."""
    log = tmp_path / "m.log"
    banner = [f"{n:02} {'=' * 95}" for n in range(50)]
    old, late, new = lines(form, 10, read), lines(form, 40, unread), lines(form, 70, count)
    append(log, *banner, *old)
    follower = caught_up(log)
    append(log, *late)
    os.rename(log, tmp_path / "m.log.1")
    append(log, *banner, *new)
    for _ in range(3):
        follower.wait(15)
    counted = [line for line in follower.lines if line not in banner]
    assert sorted(counted) == sorted("\n".join([*old, *late, *new]).split("\n"))


SECONDS = """
from pyparsing import Regex, Suppress
MARKER = b"push_on_complete"
stamp = Regex("[0-9-]+ [0-9:]+")("timestamp")
LINE = "[" + stamp + "] " + Suppress("push_on_complete: code ") + Regex("[0-9]+")("code")
"""
FRONTS = {
    "to the second": "[2026-11-30 10:15:00] ",
    "to a millisecond": "[2026-11-30 10:15:00.123] ",
    "to the second, among others": "[2026-11-30 10:15:00] ",
    "not at all": "",
}


def scanner_of(directory, dated):
    """Return a scanner for lines dated so."""
    source = SECONDS if FRONTS[dated] else SECONDS.replace('"[" + stamp + "] " + ', "")
    fronts = [FRONTS[dated]] + [FRONTS["to a millisecond"]] * ("others" in dated)
    source = source.replace("[0-9:]", "[0-9:.]") if "." in fronts[-1] else source
    samples = "".join(f'# expect: {{"code": 7}}\n{front}push_on_complete: code 7\n' for front in fronts)
    write_grammar(directory, "mine", source, samples)
    return Scanner(load("mine", [directory]), timezone=UTC)


@pytest.mark.parametrize(
    ("dated", "fine"),
    [
        ("to the second", False),
        ("to a millisecond", True),
        ("to the second, among others", False),
        ("not at all", False),
    ],
)
def test_a_line_is_dated_if_its_dialect_tells_a_time_finer_than_a_second(tmp_path, dated, fine):
    """Lines of a second may be alike; where a dialect tells milliseconds, no other log has the same ones."""
    scanner = scanner_of(tmp_path, dated)
    line = f"{FRONTS[dated]}push_on_complete: code 404".encode()
    assert scanner.owns(line)
    assert scanner.dates(line) is fine
    assert not scanner.dates(b"    at push.c:17")


@pytest.mark.parametrize("dated", ["to the second", "to the second, among others", "not at all"])
@pytest.mark.parametrize("how", ["rename", "pack", "copytruncate"])
@pytest.mark.parametrize("stopped", [True, False])
def test_a_rotation_amid_lines_that_are_alike_loses_none(tmp_path, dated, how, stopped):
    """Where lines have no time, or the same second, the next log may begin as the one before it ended."""
    log, scanner = tmp_path / "m.log", scanner_of(tmp_path / "grammars", dated)
    first, second = (f"{FRONTS[dated]}push_on_complete: code {code}" for code in (200, 404))
    append(log, *[first] * 3)
    follower = caught_up(log, owns=scanner.owns, dates=scanner.dates)
    with follower.away(stopped):
        append(log, *[second] * 6)
        rotate(log, how)
        append(log, *[second] * 3)
    for _ in range(3):
        follower.wait(15)
    assert sorted(follower.lines) == [first] * 3 + [second] * 9
    assert (follower.lost, follower.missed) == (0, 0)


TRACE = [
    f"    at handler_{n:02} (push.c:{n * 7}), in the pool of workers that was started first" for n in range(70)
]  # 5 KiB


@pytest.mark.parametrize("banner", [[], ["Licence: this program comes without any warranty."] * 6])
@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("stopped", [True, False])
def test_an_emptied_log_is_not_taken_for_itself_if_it_ends_as_long_and_alike_without_a_time(
    tmp_path, banner, copied, stopped
):
    """The rest of a message recurs in any log, even at its place: what else it begins with proves another log."""
    log = tmp_path / "m.log"
    old, new = (
        [f"E2211-101112-{n:03} (1): push_on_complete: uid {n} code 404" for n in range(i, i + 3)] for i in (0, 5)
    )
    append(log, *banner, *old, *TRACE)
    follower = caught_up(log)
    with follower.away(stopped):
        if copied:
            shutil.copy2(log, tmp_path / "m.log.1")
        os.truncate(log, 0)
        append(log, *banner, *new, *TRACE)
    for _ in range(3):
        follower.wait(15)
    assert sorted(line for line in follower.lines if line.startswith("E")) == old + new


def test_logs_that_end_as_long_and_alike_without_a_time_are_no_copies(tmp_path):
    """Of two logs that began with the same banner, neither is read from where the other was, however they end."""
    banner, logs = ["Licence: this program comes without any warranty."] * 6, [tmp_path / "a.log", tmp_path / "b.log"]
    lines = [[f"E2211-101112-{n:03} (1): push_on_complete: uid {n} code 404" for n in range(i, i + 3)] for i in (0, 5)]
    follower = Follower(tmp_path / "*.log")
    for log, some in zip(logs, lines, strict=True):
        append(log, *banner)
        follower.turn()
        append(log, *some, *TRACE)
        follower.turn()
    assert sorted(line for line in follower.lines if line.startswith("E")) == lines[0] + lines[1]
