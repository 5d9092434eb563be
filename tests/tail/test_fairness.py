import gzip
import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from logwatch.discover.globs import Globs
from logwatch.lines import CHUNK_BYTES
from logwatch.tail import directories, identity, owners, survey, unnamed
from logwatch.tail.candidates import Heads
from logwatch.tail.path_state import PathState
from tests.helpers.recorder import Follower, append, caught_up


def test_fresh_lines_do_not_wait_for_a_backlog(tmp_path):
    """While one file has a backlog of many turns, each line written to the others is handed on in the next turn."""
    append(tmp_path / "big.log", *(f"{n:07} {'x' * 100}" for n in range(40_000)))
    append(tmp_path / "small.log", "first")
    follower = Follower(tmp_path / "*.log")
    follower.look()
    turns = 0
    more = True
    while more:
        append(tmp_path / "small.log", f"fresh {turns}")
        follower.look()
        more = follower.tail.read(follower.sink, 1 << 18)
        assert f"fresh {turns}".encode() in follower.sink.lines
        turns += 1
    assert turns > 5
    assert len(follower.lines) == 40_001 + turns


def test_a_turn_reads_about_its_budget(tmp_path):
    """A turn hands on its budget and at most a chunk more, and a backlog moves on however small it is."""
    for name in "abc":
        append(tmp_path / f"{name}.log", *("x" * 99 for _ in range(20_000)))
    follower = Follower(tmp_path / "*.log")
    follower.look()
    seen = []
    while True:  # until there is no more
        before = follower.sink.consumed
        more = follower.tail.read(follower.sink, 300_000)
        seen.append(follower.sink.consumed - before)
        if not more:
            break
    assert max(seen) <= 300_000 + CHUNK_BYTES
    assert sum(seen) == 6_000_000
    offsets = {position.offset for position in follower.sink.positions.values()}
    assert offsets == {2_000_000}


def test_backlogs_take_turns(tmp_path):
    """Files with large backlogs are read in turn."""
    for name in "abc":
        append(tmp_path / f"{name}.log", *("x" * 99 for _ in range(30_000)))
    follower = Follower(tmp_path / "*.log")
    follower.look()
    for _ in range(6):
        follower.tail.read(follower.sink, 1)
    offsets = [position.offset for position in follower.sink.positions.values()]
    assert min(offsets) > 0
    assert max(offsets) - min(offsets) <= CHUNK_BYTES


def test_progress_and_lag_are_in_the_status(tmp_path):
    """caught_up is true once what was there at the first look was handed on, and lag counts the bytes that were not."""
    append(tmp_path / "a.log", *("x" * 99 for _ in range(10_000)))
    follower = Follower(tmp_path / "a.log")
    follower.look()
    status = follower.tail.status()
    assert (status.caught_up, status.lag_bytes) == (False, 1_000_000)
    follower.tail.read(follower.sink, 1)
    assert 0 < follower.tail.status().lag_bytes < 1_000_000
    assert not follower.tail.status().caught_up
    append(tmp_path / "a.log", "more", "unfinished", end="\n")
    while follower.tail.read(follower.sink, 1 << 20):
        pass
    assert follower.tail.status().caught_up
    follower.turn()
    status = follower.tail.status()
    assert (status.up, status.files_followed, status.lag_bytes) == (True, 1, 0)


def test_nothing_there_is_caught_up(tmp_path):
    """A source without files has no backlog to wait for."""
    follower = caught_up(tmp_path / "a.log")
    status = follower.tail.status()
    assert (status.up, status.caught_up, status.files_followed) == (False, True, 0)


def test_an_unfinished_line_does_not_keep_a_source_from_catching_up(tmp_path):
    """A line without an end, once it was looked at, does not count as unread."""
    append(tmp_path / "a.log", "one", "tw", end="")
    follower = caught_up(tmp_path / "a.log")
    assert follower.tail.status().caught_up


def test_an_idle_source_has_nothing_to_commit(tmp_path):
    """Looks and reads without news hand on nothing."""
    append(tmp_path / "a.log", "one")
    follower = caught_up(tmp_path / "a.log")
    follower.turn()

    class Nothing:
        def __getattr__(self, name):
            raise AssertionError(f"{name} was handed on")

    for _ in range(5):
        follower.clock.now += 1
        follower.tail.look(Nothing())
        assert not follower.tail.read(Nothing(), 1 << 20)


def test_an_endless_line_takes_bounded_memory(tmp_path):
    """Of a line of many megabytes the head is handed on, the rest is skipped in steps, and the next line counts."""
    path = tmp_path / "a.log"
    with open(path, "wb") as file:
        file.write(b"E" * 5_000_000)
    follower = Follower(path, max_line_bytes=1000)
    largest = 0
    real = follower.sink.chunk

    def chunk(chunk):
        nonlocal largest
        largest = max(largest, len(chunk.data))
        real(chunk)

    follower.sink.chunk = chunk
    follower.turn()
    follower.commit()
    follower.restart()
    append(path, "", "next")
    follower.turn()
    assert follower.lines == ["E" * 1000, "next"]
    assert follower.sink.oversized == 1
    assert follower.sink.consumed == 5_000_006
    assert largest == 1001


def test_the_head_of_a_sparse_file_is_where_its_lines_begin(tmp_path):
    """A writer without O_APPEND leaves a hole when its file is truncated: generations are told apart behind it."""
    path = str(tmp_path / "a.log")
    import os  # noqa: PLC0415
    import shutil  # noqa: PLC0415

    writer = open(path, "wb", buffering=0)  # noqa: SIM115
    follower = Follower(path)
    for n in range(6):
        writer.write(b"".join(b"E2211-101112-%03d (1): line\n" % (n * 100 + i) for i in range(90)))
        if n % 3:
            follower.turn()
            follower.commit()
        for number in (4, 3, 2, 1):
            if os.path.exists(f"{path}.{number}"):
                os.rename(f"{path}.{number}", f"{path}.{number + 1}")
        shutil.copyfile(path, f"{path}.1")
        os.truncate(path, 0)
        if n == 4:
            follower.restart()
    writer.close()
    follower.turn()
    follower.wait(700)
    expected = {b"E2211-101112-%03d (1): line" % (n * 100 + i): 1 for n in range(1, 6) for i in range(90)}
    counted = {line: n for line, n in follower.sink.lines.items() if line >= b"E2211-101112-100"}
    assert counted == expected
    assert follower.lost == 0


def count_calls(monkeypatch):
    """Count files that are examined, pairs that are compared, and names that are looked up."""
    asked = []

    def counted(of, function):
        def call(*arguments, **options):
            asked.append(of)
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(Heads, "examine", counted("file", Heads.examine))
    monkeypatch.setattr(survey, "compare", counted("pair", survey.compare))
    monkeypatch.setattr(owners, "compare", counted("pair", owners.compare))
    monkeypatch.setattr(os, "stat", counted("stat", os.stat))
    monkeypatch.setattr(directories, "is_conclusive", lambda *_: True)  # else it is listed again
    monkeypatch.setattr(unnamed, "_OTHERS", 4)
    return asked


NAMES = ("{}.log.1", "old-{}", "{}.log.kept", "20261126-{}")
STEMLESS = "old-{:.0}{}"  # which log it is of, only the files tell that are there


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("name", [*NAMES, STEMLESS])
def test_what_a_look_costs_grows_with_files_and_not_with_their_square(tmp_path, monkeypatch, name, away):
    """All logs of a directory are renamed at once, to any names: each file is looked at a few times."""
    asked = count_calls(monkeypatch)
    costs = []
    for count in (20, 40):
        directory = tmp_path / str(count)
        directory.mkdir()
        bases = [f"log{n:02}" for n in range(count)]
        for base in bases:
            append(directory / f"{base}.log", f"E2511-101112-001 (1): first line of {base}")
        follower = caught_up(directory / "*.log")
        with follower.away(away):
            for number, base in enumerate(bases):
                os.rename(directory / f"{base}.log", directory / name.format(base, number))
                append(directory / f"{base}.log", f"E2511-101112-002 (1): next line of {base}")
            asked.clear()
        follower.turn()
        costs.append(len(asked))
        assert len(follower.lines) == 2 * count
        follower.tail.close()
    assert costs[1] <= 2 * costs[0] + 20


@pytest.mark.parametrize(
    ("log", "old"),
    [
        ("{0}/m.log", "{0}/old/m.log.{1}"),
        ("{0}/m.log", "old/{0}/m.log.{1}"),
        ("{0}/{0}.log", "old/{0}.log.{1}"),
        ("{0}/m.log", "{0}/old/kept-{1}"),
    ],
)
def test_a_directory_for_old_logs_of_each_costs_no_more_than_its_files(tmp_path, monkeypatch, log, old):
    """Of many logs of one name, each knows its own rotated files: looks, rows, and what a rename among them costs."""
    asked = count_calls(monkeypatch)
    costs = []
    for count in (20, 40):
        top = tmp_path / str(count)
        for n in range(count):
            path, rotated = top / log.format(f"t{n:02}", 1), top / old.format(f"t{n:02}", 1)
            for each in (path, rotated):
                each.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            append(rotated, f"E2511-101112-001 (1): a line of yesterday, of {n}")
        asked.clear()
        patterns = [str(top / each.format("*", "*").replace("**", "*")) for each in (log, old)]
        follower = caught_up(patterns[0], rotated=(patterns[1],))
        first, rows = len(asked), len(follower.sink.positions)
        follower.wait(60)
        asked.clear()
        follower.turn()
        idle = len(asked)
        os.rename(top / old.format("t00", 1), top / old.format("t00", 2))
        asked.clear()
        follower.turn()
        costs.append((first, rows, idle, len(asked)))
        assert follower.lines == []
        follower.tail.close()
    assert [more <= 2 * less + 20 for less, more in zip(*costs, strict=True)] == [True] * 4, costs


def calls_in(act):
    """Count the calls of functions in tail, whatever they are: what is done for each pair of files is among them."""
    called = 0

    def profile(frame, event, _argument):
        nonlocal called
        called += event == "call" and f"{os.sep}tail{os.sep}" in frame.f_code.co_filename

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
    return called


def rotate(path, number, begin, ways):
    """Write a rotated file of a day ago, which begins as all of them do: as it is, packed beside that, or alone."""
    line = f'{{"log":"E2511-{number:06}-001 (1): of rotation {number}\\n"}}\n'
    data = (begin + line * 40).encode()
    when = time.time() - 86400 - number
    if "plain" in ways:
        Path(f"{path}.{number}").write_bytes(data)
        os.utime(f"{path}.{number}", (when, when))
    if "packed" in ways:
        Path(f"{path}.{number}.gz").write_bytes(gzip.compress(data))
        os.utime(f"{path}.{number}.gz", (when, when + 20))


BANNER = "licensed to nobody, not even to you\n" * 90


@pytest.mark.parametrize("pattern", ["m.log", "m.log*"])
@pytest.mark.parametrize("begin", ["", BANNER], ids=["", "banner"])
@pytest.mark.parametrize("ways", ["plain", "packed", "plain and packed"])
def test_no_step_is_quadratic_in_the_rotated_files_of_one_log(tmp_path, pattern, begin, ways):
    """At a start that knows none of them, when nothing happens, at one that knows all, and when the log is rotated."""
    costs = []
    for count in (30, 60):
        directory = tmp_path / str(count)
        directory.mkdir()
        path = directory / "m.log"
        append(path, begin + '{"log":"E2511-101112-001 (1): first\\n"}')
        for number in range(1, count + 1):
            rotate(path, number, begin, ways)
        follower = Follower(directory / pattern)
        cost = [calls_in(follower.look)]
        follower.turn()
        cost.append(calls_in(partial(follower.wait, 1)))
        follower.stop()
        follower.start()
        cost.append(calls_in(follower.look))
        follower.turn()
        os.rename(path, f"{path}-20270101")
        append(path, begin + '{"log":"E2511-101112-002 (1): next\\n"}')
        cost.append(calls_in(follower.look))
        costs.append(cost)
        follower.tail.close()
    assert [more <= 2.2 * less for less, more in zip(*costs, strict=True)] == [True] * 4, costs


def test_no_step_is_quadratic_in_deleted_files_that_are_open(tmp_path):
    """While they wait for late lines, and when one more is deleted."""
    costs = []
    for count in (30, 60):
        path = tmp_path / f"m{count}.log"
        append(path, '{"log":"E2511-101112-000 (1): line\\n"}')
        follower = Follower(path)
        for number in range(1, count):
            follower.wait(1)
            path.unlink()
            append(path, f'{{"log":"E2511-101112-{number:03} (1): line\\n"}}')
        cost = [calls_in(follower.look)]
        follower.turn()
        cost.append(calls_in(partial(follower.wait, 1)))
        costs.append(cost)
        assert len(follower.lines) == count
        follower.tail.close()
    assert [more <= 2.2 * less for less, more in zip(*costs, strict=True)] == [True] * 2, costs


@pytest.mark.parametrize("begin", ["", "\0" * 8192, BANNER], ids=["every other one empty", "NULs", "banner"])
def test_no_step_is_quadratic_in_generations_that_were_read(tmp_path, begin):
    """The next start, and one more rotation, take time proportional to the generations that are there."""
    costs = []
    for count in (20, 40):
        path = tmp_path / f"m{count}.log"
        follower = Follower(path, release_seconds=20)
        for number in range(count):
            append(path, *([] if number % 2 and not begin else [f"{begin}E2511-101112-{number:03} (1): line"]))
            follower.wait(15)
            os.rename(path, f"{path}-{20270101 + number}")
        append(path, "E2511-101113-000 (1): line")
        follower.wait(1, 60)
        follower.stop()
        follower.start()
        cost = [calls_in(follower.look)]
        follower.turn()
        os.rename(path, f"{path}-{20270101 + count}")
        append(path, "E2511-101113-001 (1): line")
        cost.append(calls_in(follower.look))
        costs.append(cost)
        follower.tail.close()
    assert [more <= 2.2 * less for less, more in zip(*costs, strict=True)] == [True] * 2, costs


def test_what_came_into_an_empty_log_and_was_put_away_is_found_in_any_of_many_directories(tmp_path):
    """Each of twenty logs has a directory for old ones: what comes into one of them is told to its log alone."""
    for n in range(20):
        (tmp_path / f"t{n}" / "old").mkdir(parents=True)
        (tmp_path / f"t{n}" / "m.log").touch()
    follower = caught_up(tmp_path / "*/m.log", rotated=(str(tmp_path / "*/old/*"),))
    follower.wait(60)
    append(tmp_path / "t7" / "old" / "m.log.1", "E2511-101112-001 (1): copied here, and the log emptied")
    follower.wait(6)
    assert follower.lines == ["E2511-101112-001 (1): copied here, and the log emptied"]
    assert {position.path for position in follower.sink.positions.values() if position.offset} == {
        str(tmp_path / "t7" / "m.log")
    }
    follower.tail.close()


def test_where_paths_lead_is_looked_at_no_more_often_than_it_may_have_changed(tmp_path, monkeypatch):
    """A missing path does not make every look examine all paths, and many that vanish cost one examination."""
    asked = []
    targets = PathState.targets
    monkeypatch.setattr(PathState, "targets", lambda state: asked.append(state) or targets(state))
    for n in range(40):
        append(tmp_path / f"log{n:02}.log", f"E2511-101112-001 (1): first line of log {n:02}")
    follower = caught_up(tmp_path / "*.log", tmp_path / "absent" / "m.log")
    asked.clear()
    for _ in range(5):
        follower.wait(1)
    assert len(asked) <= 10
    for log in tmp_path.glob("*.log"):
        log.unlink()
    follower.wait(1, 11, 700)
    asked.clear()
    follower.wait(1)
    assert len(follower.tail._followers) == 1
    assert len(asked) <= 3 * 41
    follower.tail.close()


def test_paths_that_are_found_again_are_not_sorted_again(tmp_path, monkeypatch):
    """Directories are listed every five seconds, but paths are sorted only if one is new."""
    for n in range(20):
        append(tmp_path / f"log{n:02}.log", f"E2511-101112-001 (1): first line of log {n:02}")
    follower = caught_up(tmp_path / "*.log")
    asked, matches = [], Globs.matches
    monkeypatch.setattr(Globs, "matches", lambda globs, path: asked.append(path) or matches(globs, path))
    for _ in range(3):
        follower.wait(6)
    assert asked == []
    append(tmp_path / "log20.log", "E2511-101112-001 (1): first line of log 20")
    follower.wait(6)
    assert len(follower.lines) == 21
    follower.tail.close()


def test_a_log_that_is_searched_for_what_was_read_costs_a_digest_a_line(tmp_path, monkeypatch):
    """A search takes one digest per line, however many lines are searched for and though all are equally long."""
    path, asked = tmp_path / "m.log", []
    lines = [b"E2511-101112-%03d (1): line" % n for n in range(500)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    follower = caught_up(path)
    follower.stop()
    path.unlink()
    path.write_bytes(b"\n".join(lines[1:-9]) + b"\n")
    part_of = identity.part_of
    monkeypatch.setattr(identity, "part_of", lambda data: asked.append(data) or part_of(data))
    follower.start()
    follower.turn()
    asked = [data for data in asked if len(data) <= len(lines[0]) + 1]  # marks and heads are of more bytes
    assert 0 < len(asked) < 2 * len(lines)
    follower.tail.close()
