"""Files that begin alike: banners, copies, links, and names that globs match."""

import dataclasses
import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from logwatch.tail.context import OpenFiles
from logwatch.tail.survey import Survey
from tests.helpers.recorder import Follower, append, caught_up, pack_away

BANNER = "==1== Using the defaults from __asan_default_options: verbosity=2:disable_coredump=0"


def test_two_live_files_that_are_alike_stay_two(tmp_path):
    """Two logs with the same lines are two logs, also after a restart."""
    for name in ("a.log", "b.log"):
        append(tmp_path / name, BANNER, "same", *["x" * 100] * 30)
    follower = caught_up(tmp_path / "*.log")
    follower.stop()
    append(tmp_path / "a.log", "more")
    append(tmp_path / "b.log", "more")
    follower.start()
    follower.turn()
    assert follower.lines.count("same") == 2
    assert follower.lines.count("more") == 2
    assert follower.rotations() == {}


def test_a_generation_that_begins_like_the_one_packed_away_is_the_next_one(tmp_path):
    """Where rotation has compressed the log, a shorter file with its first lines at the path is no copy of it."""
    path = tmp_path / "a.log"
    first = [f"line {n:03} of every start of the process, the same to the letter" for n in range(7)]
    append(path, *first)
    follower = caught_up(path)
    append(path, *(f"line {n} behind them" for n in range(50)))
    follower.turn()
    with gzip.open(f"{path}.1.gz", "wb") as archive:
        archive.write(path.read_bytes())
    path.unlink()
    append(path, *first)
    follower.turn()
    follower.turn()
    assert [follower.lines.count(line) for line in first] == [2] * 7
    assert len(follower.lines) == 7 + 50 + 7
    assert follower.missed == 0


def test_a_log_that_is_copied_away_twice_and_begins_with_the_same_long_banner_counts_once(tmp_path, monkeypatch):
    """A copy tells that the log was emptied, though more than is fingerprinted of its beginning was there again."""
    path = tmp_path / "a.log"
    banner = [f"line {n:03} of every start of the process, the same to the letter" for n in range(80)]

    def copy_away(day):
        shutil.copy(path, f"{path}-202611{day}")
        path.write_bytes(b"")

    append(path, *banner, "a line of the first start")
    follower = caught_up(path)
    copy_away(24)
    append(path, *banner, *(f"line {n} of the second start" for n in range(9)))
    find = Survey.find

    def find_after_another(survey):
        if not os.path.exists(f"{path}-20261125"):  # the daemon looks right now
            copy_away(25)
        return find(survey)

    monkeypatch.setattr(Survey, "find", find_after_another)
    for _ in range(2):
        follower.turn()
    assert Counter(line for line in follower.lines if line not in banner).most_common(1)[0][1] == 1
    assert len(set(follower.lines)) == 80 + 1 + 9
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("seen", ["in between", "at one look", "after a stop"])
def test_a_truncated_log_that_begins_as_it_did_is_read_again(tmp_path, seen):
    """Copied away and emptied, then filled with the same first lines: the copy holds what was read, these are new."""
    path = tmp_path / "a.log"
    first = [f"line {n:03} of every start of the process, the same to the letter" for n in range(7)]
    append(path, *first, *(f"line {n} behind them" for n in range(50)))
    follower = caught_up(path)
    with follower.away(seen == "after a stop"):
        shutil.copy(path, f"{path}.1")
        os.truncate(path, 0)
        if seen == "in between":
            follower.turn()
        append(path, *first)
    follower.turn()
    follower.turn()
    assert [follower.lines.count(line) for line in first] == [2] * 7
    assert len(follower.lines) == 7 + 50 + 7
    assert follower.missed == 0


def test_generations_that_begin_with_the_same_banner(tmp_path):
    """Each restart of a process logs the same first line: the generations are still told apart."""
    path = tmp_path / "a.log"
    append(path, BANNER)
    follower = caught_up(path)
    follower.commit()
    for n in range(3):
        append(path, f"E2211-101112-00{n} (1): of generation {n}")
        if n == 1:
            follower.turn()
        if os.path.exists(f"{path}.1"):
            os.rename(f"{path}.1", f"{path}.2")
        os.rename(path, f"{path}.1")
        append(path, BANNER)
        follower.turn()
    follower.turn()
    assert sorted(set(follower.lines) - {BANNER}) == [f"E2211-101112-00{n} (1): of generation {n}" for n in range(3)]
    assert follower.lines.count(BANNER) == 4


@pytest.mark.parametrize("restart", [False, True])
def test_a_line_that_recurs_behind_a_banner_is_no_proof_where_the_log_was_renamed(tmp_path, restart):
    """Its file has another name: the next log, in which its last line stands again, is read from its start."""
    path = tmp_path / "a.log"
    banner = [f"{BANNER}, module {n}" for n in range(10)]
    append(path, *banner)
    follower = caught_up(path)
    append(path, "E2211-101112-000 (1): {", "  n: 0", "}")
    follower.turn()
    with follower.away(restart):
        os.rename(path, f"{path}.1")
        later = [f"E2211-101112-{n:03} (1): {{\n  n: {n}\n}}" for n in range(1, 9)]
        append(path, *banner, *later)
    follower.turn()
    follower.turn()
    assert "\n".join(follower.lines[13:]) == "\n".join([*banner, *later])


ANSWER = """{
  "error": {
    "code": 404,
    "message": "Requested entity was not found.",
    "status": "NOT_FOUND",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "UNREGISTERED"
      }
    ]
  }
}"""


def _rename(path):
    os.rename(path, f"{path}.1")


def _pack(path):
    pack_away(path, Path(f"{path}.1.gz"))


def _copytruncate(path):
    shutil.copy(path, f"{path}.1")
    os.truncate(path, 0)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("answer", [ANSWER, "{\n}"], ids=["long", "short"])
@pytest.mark.parametrize("banner", [[], [BANNER, f"{BANNER}, again"]], ids=["", "banner"])
@pytest.mark.parametrize("rotate", [_rename, _pack, _copytruncate, Path.unlink])
def test_how_an_answer_over_several_lines_ends_is_no_proof_of_a_place(tmp_path, rotate, banner, answer, restart):
    """It ends each of them: the next log, in which it stands again, is read from its start."""
    path = tmp_path / "a.log"
    append(path, *banner, f"E2211-101112-000 (1): code 404 {answer}")
    follower = caught_up(path)
    append(path, f"E2211-101112-001 (1): code 404 {answer}")
    follower.turn()
    with follower.away(restart):
        rotate(path)
        append(path, *banner, *(f"E2211-101113-{n:03} (1): code 404 {answer}" for n in range(8)))
    follower.turn()
    follower.turn()
    follower.wait(30)
    stamps = [line[:16] for line in follower.lines if line.startswith("E2211-")]
    assert stamps == [f"E2211-101112-00{n}" for n in range(2)] + [f"E2211-101113-00{n}" for n in range(8)]


def _in_each_line(front):
    return lambda text, _: "".join(f"{front}{line}\n" for line in text.split("\n"))


def _entry(text, number):
    """Return the fields of an entry of the journal: those behind its message are those of any other."""
    ends = {f"_FIELD_{n}": "x" * 60 for n in range(8)}
    begins = {"__CURSOR": f"s=1;i={number:x}", "__REALTIME_TIMESTAMP": str(1_795_800_000_000_000 + number)}
    return begins | {"_SYSTEMD_UNIT": "mesibo.service", "MESSAGE": text.replace("\n", " "), **ends}


def _export(text, number):
    return "".join(f"{name}={value}\n" for name, value in _entry(text, number).items()) + "\n"


def _pretty(text, number):
    fields = (f"\t{json.dumps(name)} : {json.dumps(value)}" for name, value in _entry(text, number).items())
    return "{\n" + ",\n".join(fields) + "\n}\n"


ENTRIES = {
    "syslog-3164": _in_each_line("Nov 25 10:00:00 chat mesibo[12]: "),
    "journal-iso": _in_each_line("2026-11-25T10:00:00+0100 chat mesibo[12]: "),
    "compose": _in_each_line("mesibo-1  | "),
    "journal-export": _export,
    "journal-json-pretty": _pretty,
}


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("rotate", [_rename, _pack, _copytruncate, Path.unlink])
def test_how_an_entry_ends_is_no_proof_of_a_place(tmp_path, rotate, kind, restart):
    """The last fields of a line, or an answer's lines without a finer time, do not identify a place in a file."""
    path = tmp_path / "a.log"
    texts = [f"E2211-101112-{n:03} (1): push_on_complete: code 404 {ANSWER}" for n in range(20)]
    entries = [ENTRIES[kind](text, n) for n, text in enumerate(texts)]
    append(path, *entries[:8], end="")
    follower = caught_up(path)
    append(path, *entries[8:10], end="")
    follower.turn()
    with follower.away(restart):
        rotate(path)
        append(path, *entries[10:], end="")
    follower.turn()
    follower.wait(0, 30)
    stamps = re.findall(r"E2211-101112-\d{3}", "\n".join(follower.lines))
    assert stamps == [text[:16] for text in texts]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("rotate", [_rename, _pack, Path.unlink])
def test_how_an_answer_ends_is_no_proof_of_a_place_where_the_last_line_is_another(tmp_path, rotate, empty, restart):
    """Behind the same banner, with lines as long as those of the log before: no log that has lost its end."""
    path = tmp_path / "a.log"
    banner = [f"{BANNER}, module {n}" for n in range(4)]
    texts = [f"E2211-101112-{n:03} (1): code 404 {ANSWER}" for n in range(20)]
    texts[5] = "E2211-101112-005 (1): code 200"
    append(path, *banner, *texts[:6])
    follower = caught_up(path)
    rotate(path)
    if empty:
        path.touch()
        follower.turn()
    if restart:
        follower.restart_at_once()
    append(path, *banner, *texts[6:])
    follower.wait(0, 1, 11, 30)
    assert [line[:16] for line in follower.lines if line.startswith("E2211-")] == [text[:16] for text in texts]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("kept", [3, 4, 5])
def test_a_log_that_is_trimmed_to_begin_amid_an_answer_is_read_on_behind_its_last_line(tmp_path, kept, restart):
    """However short it is by then: what it begins with is known, too, though it has no time."""
    path = tmp_path / "a.log"
    append(path, *(f"E2211-101112-{n:03} (1): code 404 {ANSWER}" for n in range(5)))
    append(path, *(f"E2211-101113-{n:03} (1): code 200" for n in range(2)))
    follower = caught_up(path)
    with follower.away(restart):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[-kept:]))
        append(path, "E2211-101114-000 (1): code 200")
    follower.wait(0, 11, 700)
    stamps = Counter(line[:16] for line in follower.lines if line.startswith("E2211-"))
    assert (len(stamps), set(stamps.values())) == (8, {1})


@pytest.mark.parametrize("restart", [False, True])
def test_half_a_line_behind_a_banner_that_an_archive_has_as_well_may_go_on_otherwise(tmp_path, restart):
    """Only whole lines are what another path has read."""
    log, other = tmp_path / "a.log", tmp_path / "b.log"
    append(other, BANNER, "E2211-101112-000 (1): line")
    follower = caught_up(tmp_path / "*.log")
    with follower.away(restart):
        _pack(other)
        append(log, BANNER)
        append(log, "E2211-101", end="")
    follower.turn()
    append(log, "113-000 (1): another line")
    follower.wait(0, 11, 700)
    lines = [line for line in follower.lines if line.startswith("E2211-")]
    assert lines == ["E2211-101112-000 (1): line", "E2211-101113-000 (1): another line"]


@pytest.mark.parametrize("banner", [0, 5, 30])
def test_a_line_that_recurs_is_no_proof_where_the_log_was_moved_twice(tmp_path, banner):
    """To names that nobody knows: the next log, empty at first, has its last line again, and is read from its start."""
    path, last = tmp_path / "a.log", "E2211-101113-000 (1): again"
    begin = [f"{BANNER}, module {n}" for n in range(banner)]
    append(path, *begin, *(f"E2211-101112-{n:03} (1): line" for n in range(20)), last)
    follower = caught_up(path)
    os.rename(path, tmp_path / "kept")
    path.touch()
    follower.turn()
    before = len(follower.lines)
    os.rename(tmp_path / "kept", tmp_path / "moved")
    later = [*begin, *(f"E2211-101114-{n:03} (1): line" for n in range(20)), last]
    append(path, *later)
    follower.turn()
    follower.turn()
    assert "\n".join(follower.lines[before:]) == "\n".join(later)


@pytest.mark.parametrize("pattern", ["a.log", "a.log*", "*"])
@pytest.mark.parametrize("looks", [False, True])
def test_a_log_that_logrotate_copies_after_it_was_renamed_counts_once(tmp_path, looks, pattern):
    """With ``renamecopy``: it is renamed, copied to its rotated name, and removed, whatever of that the globs match."""
    path = tmp_path / "a.log"
    append(path, *(f"E2211-101112-{n:03} (1): line" for n in range(50)))
    follower = caught_up(tmp_path / pattern)
    os.rename(path, f"{path}.tmp")
    append(path, "E2211-101112-050 (1): line")
    follower.turn()
    shutil.copyfile(f"{path}.tmp", f"{path}.1")
    if looks:
        follower.turn()
    os.unlink(f"{path}.tmp")
    follower.turn()
    follower.wait(700, 700)
    assert sorted(follower.lines) == [f"E2211-101112-{n:03} (1): line" for n in range(51)]


def test_a_copy_beside_a_log_is_no_log(tmp_path):
    """Cp mesibo.log mesibo.log.1 while it is followed counts nothing twice, whatever the globs match."""
    path = tmp_path / "mesibo.log"
    append(path, *(f"E2211-101112-{n:03} (1): line" for n in range(50)))
    follower = caught_up(tmp_path / "mesibo.log*")
    shutil.copyfile(path, f"{path}.1")
    append(path, "E2211-101112-050 (1): line")
    shutil.copyfile(path, f"{path}.2")
    follower.turn()
    follower.stop()
    follower.start()
    follower.turn()
    assert len(follower.lines) == len(set(follower.lines)) == 51


def test_links_to_one_file_are_one_log(tmp_path):
    """A hard link and a symbolic link that the globs match too add nothing."""
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "a.log"
    append(path, "one")
    os.symlink(path, tmp_path / "current.log")
    os.link(path, tmp_path / "hard.log")
    follower = caught_up(tmp_path / "**" / "*.log")
    append(path, "two")
    follower.turn()
    follower.stop()
    follower.start()
    follower.turn()
    assert follower.lines == ["one", "two"]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("seconds", [1, 700])
@pytest.mark.parametrize("edit", ["1d", "2,4d", "3s/line/text/"])
def test_a_rotated_file_that_is_edited_after_it_was_read_does_not_count_again(tmp_path, edit, seconds, restarted):
    """A pattern matches it, and ``sed -i`` puts another file in its place, with the last lines that were read."""
    log, rotated = tmp_path / "m.log", tmp_path / "m.log.1"
    append(log, *numbered(0, 60))
    follower = caught_up(tmp_path / "m.log*")
    log.rename(rotated)
    append(log, *numbered(500, 30))
    follower.wait(1, seconds)
    if restarted:
        follower.restart_at_once()
    subprocess.run(["sed", "-i", edit, rotated], check=True)
    for _ in range(3):
        follower.wait(20)
    append(log, *numbered(600, 1))
    follower.turn()
    assert follower.lines == numbered(0, 60) + numbered(500, 30) + numbered(600, 1)


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("name", ["current", "zlatest"])
@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_rotated_files_count_also_where_their_log_is_followed_under_a_link_to_it(tmp_path, link, name, life):
    """A pattern matches the link of ``rotatelogs -L``, the log, and what it wrote between two looks."""
    log = tmp_path / "m.log"
    append(log, *numbered(0, 30))
    link(log, tmp_path / name)
    follower = caught_up(tmp_path / "*")
    follower.commit()
    with follower.away(life == "stopped"):
        append(tmp_path / "m.log.1", *numbered(30, 30))
        append(tmp_path / "m.log.2", *numbered(60, 30))
        log.write_text("")
        append(log, *numbered(90, 1))
    follower.wait(0, 1, 700)
    assert sorted(follower.lines) == numbered(0, 91)


def numbered(first, count):
    return [f"E2211-101112-{n:03} (1): line" for n in range(first, first + count)]


@pytest.mark.parametrize("life", ["running", "stopped", "killed"])
def test_a_copy_that_grows_counts_once_also_after_restarts(tmp_path, life):
    """A nightly mirror of a log, under a name that the pattern matches, is known as one whoever of both grows first."""
    log, copy = tmp_path / "logs" / "m.log", tmp_path / "logs.bak" / "m.log"
    log.parent.mkdir()
    copy.parent.mkdir()
    append(log, *numbered(0, 50))
    follower = caught_up(tmp_path / "*" / "m.log")
    for night in range(4):
        for first, count in ((50 + 9 * night, 6), (56 + 9 * night, 3)):
            follower.commit()
            if life != "running":
                follower.stop() if life == "stopped" else follower.kill()
            append(log, *numbered(first, count))
            if count == 6:  # as rsync does
                shutil.copyfile(log, tmp_path / "temporary")
                os.replace(tmp_path / "temporary", copy)
            if life != "running":
                follower.start()
            follower.turn()
    assert sorted(follower.lines) == numbered(0, 86)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_is_written_to_a_copy_counts_also_after_a_restart(tmp_path, end):
    """A copy that is written on is a log of its own from there on, with what its original gets there as well."""
    log, copy = tmp_path / "a.log", tmp_path / "b.log"
    append(log, *numbered(0, 50))
    follower = caught_up(tmp_path / "*.log")
    shutil.copyfile(log, copy)
    follower.turn()
    follower.commit()
    getattr(follower, end)()
    for n, path in enumerate((log, copy) * 2):
        append(path, *numbered(100 + 20 * n, 20))
        follower.start()
        follower.turn()
        follower.commit()
        getattr(follower, end)()
    assert sorted(follower.lines) == numbered(0, 50) + numbered(100, 80)


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_file_that_two_sources_come_to_lead_to_counts_for_the_first(tmp_path, link):
    """A link that is made while the daemon runs doubles nothing, is told, and is followed once it leads elsewhere."""
    files, log = OpenFiles(), tmp_path / "first.log"
    append(log, "E2211-101112-001 (1): one")
    first = Follower(log, files=files)
    second = Follower(tmp_path / "second.log", files=files)
    second.tail.close()
    second.spec = dataclasses.replace(second.spec, name="other")
    second.start()
    for follower in (first, second):
        follower.turn()
    link(log, tmp_path / "second.log")
    append(log, "E2211-101112-002 (1): two")
    for _ in range(3):
        for follower in (first, second):
            follower.turn()
    assert len(first.lines) == 2
    assert second.lines == []
    (problem,) = second.tail.status().problems
    assert str(problem) == (
        f"{tmp_path}/second.log: is followed by another source: its lines count for source 'mesibo' alone\n"
        "  try: follow it with one source only"
    )
    assert len(second.log.named("source_unreadable")) == 1
    (tmp_path / "second.log").unlink()
    append(tmp_path / "second.log", "E2211-101112-003 (1): of its own")
    second.turn()
    assert second.lines == ["E2211-101112-003 (1): of its own"]
    assert second.tail.status().problems == ()


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_file_that_two_sources_lead_to_counts_for_the_first_also_where_the_other_looks_first_after_a_restart(
    tmp_path, link
):
    """Whose it is is known from what was read of it, not from who is the first to look."""
    files, log = OpenFiles(), tmp_path / "first.log"
    append(log, "E2211-101112-001 (1): one")
    first = caught_up(log, files=files)
    first.stop()
    link(log, tmp_path / "second.log")
    append(log, "E2211-101112-002 (1): two")
    first.start()
    second = Follower(tmp_path / "second.log", files=files)
    second.tail.close()
    second.spec = dataclasses.replace(second.spec, name="other")
    second.start()
    for follower in (second, first) * 2:
        follower.turn()
    assert len(first.lines) == 2
    assert second.lines == []


def test_a_symbolic_link_that_is_swapped(tmp_path):
    """The old target is read to its end, the new one from its beginning, at one path."""
    append(tmp_path / "app-1", "one")
    link = tmp_path / "current.log"
    os.symlink(tmp_path / "app-1", link)
    follower = caught_up(link)
    append(tmp_path / "app-1", "two")
    append(tmp_path / "app-2", "three")
    os.symlink(tmp_path / "app-2", tmp_path / "new")
    os.rename(tmp_path / "new", link)
    append(tmp_path / "app-1", "late")
    follower.turn()
    assert sorted(follower.lines) == ["late", "one", "three", "two"]
    assert follower.rotations() == {"replace": 1}


def test_a_log_that_is_renamed_to_a_name_that_is_followed_too(tmp_path):
    """Mv mesibo.log saved.log under *.log: the file is the same under its new name, and followed on there."""
    append(tmp_path / "mesibo.log", "one")
    follower = caught_up(tmp_path / "*.log")
    os.rename(tmp_path / "mesibo.log", tmp_path / "saved.log")
    append(tmp_path / "saved.log", "late")
    append(tmp_path / "mesibo.log", "two")
    follower.turn()
    append(tmp_path / "saved.log", "very late")
    follower.wait(700)
    append(tmp_path / "saved.log", "and on")
    follower.turn()
    follower.stop()
    follower.start()
    follower.turn()
    assert sorted(follower.lines) == sorted(["one", "late", "two", "very late", "and on"])


def test_two_logs_that_are_swapped(tmp_path):
    """Each file goes on where it was read to, under the other's name."""
    append(tmp_path / "a.log", "E2211-101112-001 (1): a")
    append(tmp_path / "b.log", "E2211-101112-002 (1): b")
    follower = caught_up(tmp_path / "*.log")
    os.rename(tmp_path / "a.log", tmp_path / "x")
    os.rename(tmp_path / "b.log", tmp_path / "a.log")
    os.rename(tmp_path / "x", tmp_path / "b.log")
    append(tmp_path / "a.log", "E2211-101112-003 (1): b")
    append(tmp_path / "b.log", "E2211-101112-004 (1): a")
    for _ in range(3):
        follower.turn()
    assert sorted(follower.lines) == [
        "E2211-101112-001 (1): a",
        "E2211-101112-002 (1): b",
        "E2211-101112-003 (1): b",
        "E2211-101112-004 (1): a",
    ]


def test_worker_logs_with_numbers_are_all_followed(tmp_path):
    """worker.1.log beside worker.log may be a rotated one or another worker's: its lines count either way."""
    for name in ("worker.log", "worker.1.log", "worker.2.log"):
        append(tmp_path / name, f"E2211-101112-001 (1): start of {name}")
    follower = caught_up(tmp_path / "*.log")
    follower.wait(700)
    for name in ("worker.log", "worker.1.log", "worker.2.log"):
        append(tmp_path / name, f"E2211-101112-002 (1): more of {name}")
    follower.turn()
    assert len(follower.lines) == len(set(follower.lines)) == 6


def test_what_an_empty_log_got_counts_where_it_was_copied_to_a_directory_for_old_logs(tmp_path):
    """Between two looks, and the log is empty again: nothing tells of it but a file that came into that directory."""
    log, old = tmp_path / "m.log", tmp_path / "old"
    old.mkdir()
    log.touch()
    follower = caught_up(log, rotated=(f"{old}/*",))
    for lines in (["a line of the first night"], ["a line of the second night"]):
        append(log, *lines)
        shutil.copy(log, old / "m.log.new")
        os.rename(old / "m.log.new", old / "m.log.1")
        os.truncate(log, 0)
        follower.wait(1, 11)
    assert follower.lines == ["a line of the first night", "a line of the second night"]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("life", ["running", "killed before it is read", "killed amid it"])
def test_a_copy_is_distinguished_from_logs_that_begin_with_the_same_banner(tmp_path, life):
    """Which log a file is a copy of, the read finds out, also where the daemon ends between the look and the read."""
    banner = "mesibo 3.0, licence and version " * 200
    for n in range(3):
        append(tmp_path / f"log{n}.log", banner, *(f"E2511-101112-{i:03} (1): of log {n}" for i in range(3000)))
    follower = caught_up(tmp_path / "*.log")
    follower.commit()
    shutil.copy(tmp_path / "log1.log", tmp_path / "log1-copy.log")
    append(tmp_path / "log1-copy.log", "E2511-101113-000 (1): and of the copy")
    follower.wait(6)
    if life != "running":
        follower.kill()
        follower.start()
        follower.look()
    if life == "killed amid it":
        follower.tail.read(follower.sink, 1)
    if life != "running":
        follower.restart_at_once()
    follower.turn()
    lines = Counter(follower.lines)
    del lines[banner]
    assert lines.pop("E2511-101113-000 (1): and of the copy") == 1
    assert len(lines) == 9000
    assert set(lines.values()) == {1}
    follower.tail.close()


def test_a_log_and_its_copy_count_once_though_both_go_on_with_long_lines_that_end_alike(tmp_path):
    """How far both agree is found by more than the end of one line."""
    follower = Follower(tmp_path / "*.log")
    ending = "x" * 600
    append(tmp_path / "a.log", *(f"E2511-101112-{n:03} (1): {ending}" for n in range(200)))
    follower.turn()
    shutil.copy(tmp_path / "a.log", tmp_path / "b.log")
    follower.wait(6)
    append(tmp_path / "b.log", *(f"E2511-101113-{n:03} (1): {ending}" for n in range(300)))
    follower.turn()
    append(tmp_path / "a.log", *(f"E2511-101114-{n:03} (1): {ending}" for n in range(40)))
    follower.turn()
    assert sorted(Counter(follower.lines).values()) == [1] * 540
    follower.tail.close()


@pytest.mark.parametrize("lines", [1, 30])
def test_a_new_log_that_begins_with_the_long_banner_of_one_that_is_gone(tmp_path, lines):
    """Its first lines count: a banner is no proof that a file is what is left of another path's."""
    banner = [f"{n:04} mesibo 3.0, licence and version" for n in range(200)]
    append(tmp_path / "worker-1.log", *banner, *(f"E2511-101112-{n:03} (1): of the first" for n in range(30)))
    append(tmp_path / "worker-2.log", *banner, *(f"E2511-101112-{n:03} (1): of the second" for n in range(40)))
    follower = caught_up(tmp_path / "*.log", release_seconds=60)
    (tmp_path / "gone").mkdir()
    (tmp_path / "worker-1.log").rename(tmp_path / "gone" / "worker-1.log")
    follower.wait(100)
    follower.restart_at_once()
    new = [f"E2511-101113-{n:03} (1): of the next" for n in range(lines)]
    append(tmp_path / "worker-3.log", *banner, *new)
    follower.wait(6)
    assert [line for line in follower.lines if line.endswith("of the next")] == new
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_what_is_lost_of_a_log_is_reported_where_the_next_one_begins_with_its_banner(tmp_path, lines):
    """Deleted with half a line that was seen, before the daemon ended; that the banner stands there is no copy."""
    log, half = tmp_path / "m.log", "E2002 half a line that"
    append(log, BANNER)
    follower = caught_up(log)
    append(log, half, end="")
    follower.turn()
    log.unlink()
    append(log, BANNER)
    follower.turn()
    follower.stop()
    new = [f"E2002 line {n} of the next log" for n in range(lines)]
    append(log, *new)
    follower.start()
    follower.turn()
    follower.wait(11)
    assert (follower.lost, follower.missed) == (len(half), 0)
    assert [line for line in follower.lines if line != BANNER] == new


@pytest.mark.parametrize("pattern", ["m.log", "m.log*"])
def test_a_backup_of_a_log_that_is_gone_is_not_one_of_which_but_the_banner_was_read(tmp_path, pattern):
    """Logs that wrote no more than that were deleted since: all that the backup holds was read before."""
    log, lines = tmp_path / "m.log", [f"E2002 10:{n:02} a line of a push" for n in range(50)]
    append(log, BANNER, *lines[:40])
    follower = caught_up(tmp_path / pattern)
    shutil.copy2(log, tmp_path / "m.log.save")
    append(log, *lines[40:])
    follower.turn()
    for _ in range(2):
        log.unlink()
        append(log, BANNER)
        follower.turn()
        follower.wait(3)
    follower.restart_at_once()
    follower.wait(0, 11, 700)
    assert [line for line in follower.lines if line != BANNER] == lines
    assert (follower.lost, follower.missed) == (0, 0)


def test_an_archive_that_begins_with_a_long_banner_is_not_a_part_of_what_was_longer(tmp_path):
    """A log that went on while the daemon was away is in its archive, though one before it was read further."""
    log, banner = tmp_path / "m.log", [f"licence and version, line {n:03}" for n in range(200)]
    lines = [f"E2002 10:{n // 60:02}:{n % 60:02} a line of a push, as long as such lines are" for n in range(120)]
    append(log, *banner, *lines[:60])
    follower = caught_up(log)
    log.rename(tmp_path / "m.log.1")
    append(log, *banner, *lines[60:65])
    follower.turn()
    follower.stop()
    append(log, *lines[65:68])
    (tmp_path / "m.log.1").rename(tmp_path / "m.log.2")
    with gzip.open(tmp_path / "m.log.1.gz", "wb") as packed:
        packed.write(log.read_bytes())
    log.unlink()
    append(log, *banner, *lines[68:])
    follower.start()
    follower.turn()
    follower.wait(20)
    assert [line for line in follower.lines if line not in banner] == lines
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("begun", ["", "E2211-101112-009 (1): a line that begins as the torn one"])
def test_half_a_line_behind_a_banner_does_not_wait_for_a_log_with_the_same_banner(tmp_path, begun):
    """The next log, which looks like a copy of this one, does not contain the rest of its unfinished line."""
    log = tmp_path / "m.log"
    banner = [f"licence clause {n:04} comes without any warranty at all" for n in range(90)]
    append(log, *banner)
    follower = Follower(log, owns=lambda _line: True)  # else half a line goes on in the banner
    follower.turn()
    half = "E2211-101112-009 ("
    append(log, half, end="")
    follower.wait(1)
    os.rename(log, tmp_path / "m.log.1")
    append(log, *banner, *[begun] * bool(begun))
    follower.wait(1)
    for _ in range(2):
        follower.wait(700)
    assert follower.tail.status().lag_bytes == 0
    assert [line for line in follower.lines if line not in banner] == [begun or half]
    assert follower.lost == 0


@pytest.mark.parametrize("last", [0, 3])
@pytest.mark.parametrize("clauses", [1, 60, 100])
@pytest.mark.parametrize("pack", [True, False])
@pytest.mark.parametrize("way", ["rename", "copytruncate"])
@pytest.mark.parametrize("place", [".", "old"])
def test_generations_count_that_began_with_the_banner_of_a_log_of_which_no_more_was_read(
    tmp_path, place, way, pack, clauses, last
):
    """A start wrote only its banner before the daemon ended; what it wrote then is in the oldest file with that."""
    log, old = tmp_path / "m.log", tmp_path / place
    old.mkdir(exist_ok=True)
    banner = [f"licence clause {n:04} comes without any warranty at all" for n in range(clauses)]
    pushes = [f"E2211-101112-{n:03} (1): push_on_complete: a line behind a banner" for n in range(20)]
    history = old / "m.log-20261101"
    append(history, *banner, *pushes[:1])
    append(log, *banner)
    follower = caught_up(log, rotated=(f"{tmp_path}/old/*",))
    follower.stop()
    pack_away(history)
    written = iter(pushes[2:])
    for day, lines in ((2, 2), (3, 3), (4, 4)):
        append(log, *(next(written) for _ in range(lines)))
        to = old / f"m.log-2026110{day}"
        if way == "rename":
            os.rename(log, to)
        else:
            shutil.copyfile(log, to)
            os.truncate(log, 0)
        if pack:
            pack_away(to)
        append(log, *banner)
    append(log, *pushes[11 : 11 + last])
    follower.start()
    follower.wait(0, 1, 12, 700)
    assert sorted(line for line in follower.lines if line not in banner) == pushes[2 : 11 + last]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("pattern", ["m.log", "m.log*"])
def test_a_log_of_which_but_its_banner_was_read_is_not_in_a_copy_of_the_one_before(tmp_path, pattern):
    """That was left out while it was there: what is in it has been read."""
    log, banner = tmp_path / "m.log", [f"clause {n:02}: this program comes without any warranty" for n in range(8)]
    append(log, *banner, *(f"E2511-101112-{n:03} (1): first" for n in range(30)))
    follower = caught_up(tmp_path / pattern, release_seconds=20)
    log.rename(tmp_path / "m.log.1")
    append(log, *banner)
    follower.wait(0, 30, 30)
    shutil.copy(tmp_path / "m.log.1", tmp_path / "m.log.2")
    follower.wait(11)
    follower.stop()
    log.unlink()
    append(log, "E2511-101113-000 (1): begins without it")
    follower.start()
    follower.wait(0, 1, 11, 700)
    assert {line for line, n in follower.sink.lines.items() if n > 1} == {line.encode() for line in banner}
    assert (follower.lost, follower.missed) == (0, 1)


@pytest.mark.parametrize("name", ["b.log", "copies/a.log"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_slow_copy_of_a_log_that_is_rotated_meanwhile_counts_once(tmp_path, packed, name):
    """It is compared with an archive from when the log that was packed is let go of."""
    log, copy, lines = tmp_path / "a.log", tmp_path / name, numbered(0, 900)
    copy.parent.mkdir(exist_ok=True)
    append(log, *lines[:800])
    follower = caught_up(tmp_path / "*.log", tmp_path / "copies" / "*.log", release_seconds=60)
    data = log.read_bytes()
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    for n, piece in enumerate(pieces):
        with copy.open("ab") as file:
            file.write(piece)
        follower.wait(11)
        if n == 3:
            log.rename(f"{log}.1")
            append(log, *lines[800:850])
            follower.wait(1)
            if packed:
                with gzip.open(f"{log}.1.gz", "wb") as archive:
                    archive.write(data)
                os.unlink(f"{log}.1")
    append(log, *lines[850:])
    follower.wait(0, 1, 11, 700)
    assert sorted(follower.lines) == lines
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("piece", [100, 3000])
@pytest.mark.parametrize("seconds", [1, 700])
def test_generations_that_are_slowly_put_together_under_another_name_count_once(tmp_path, seconds, piece):
    """While a concatenation grows, the rest of each generation may come, also of those that were closed."""
    log, lines = tmp_path / "a.log", numbered(0, 900)
    follower = Follower(tmp_path / "*.log")
    for first in range(0, 900, 300):
        if first:
            log.rename(f"{log}.{first}")
        append(log, *lines[first : first + 300])
        follower.wait(seconds)
    follower.wait(seconds)
    data = b"".join(Path(each).read_bytes() for each in (f"{log}.300", f"{log}.600", log))
    for at in range(0, len(data), piece):
        with (tmp_path / "all.log").open("ab") as file:
            file.write(data[at : at + piece])
        os.utime(tmp_path / "all.log", (follower.clock.now,) * 2)
        follower.wait(5)
    follower.wait(0, 1, 11, 700)
    assert sorted(follower.lines) == lines
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("front", ["another log", "NULs"])
def test_what_begins_amid_a_file_with_the_long_banner_of_another_log_is_read(tmp_path, front, packed):
    """Behind a hole, or where logs were put together: what was read of the other one is not skipped in it.

    What begins with lines that were read is no rotation: as one file, it has never been the log.
    """
    log, name = tmp_path / "m.log", "m.log.9.gz" if packed else "m.log.9"
    banner = [f"licence clause {n:03}: this program comes without any warranty, to anybody" for n in range(90)]
    append(log, *numbered(0, 50))
    follower = caught_up(tmp_path / "m.log*")
    log.rename(tmp_path / "m.log.2")
    append(log, *banner, *numbered(50, 50))
    follower.wait(1)
    before = (tmp_path / "m.log.2").read_bytes() if front == "another log" else b"\0" * 300
    data = before + "".join(f"{line}\n" for line in [*banner, *numbered(100, 80)]).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    follower.wait(1, 1, 1, 11, 700)
    assert sorted(set(follower.lines) - set(banner)) == numbered(0, 180)
    assert len(follower.lines) == 180 + 2 * len(banner)
    assert sum(follower.rotations().values()) == (1 if front == "another log" else 2)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("to", ["m.log.1", "m.log.2"])
def test_a_copy_that_was_empty_at_one_look_and_half_made_at_the_next_counts_nothing_twice(tmp_path, to, restarts):
    """The log is not taken for an edited copy of it, as one is that has more than its original."""
    log, copy = tmp_path / "m.log", tmp_path / "m.log.1"
    append(log, *numbered(0, 50))
    follower = caught_up(tmp_path / "m.log*")
    copy.touch()
    follower.turn()
    copy = copy.rename(tmp_path / to)
    for size in (1000, 2000, log.stat().st_size):
        copy.write_bytes(log.read_bytes()[:size])
        if restarts:
            follower.stop()
            follower.start()
        follower.turn()
    append(log, *numbered(50, 5))
    follower.wait(0, 1, 11, 700)
    assert follower.lines == numbered(0, 55)
    assert (follower.lost, follower.missed, follower.rotations()) == (0, 0, {})
