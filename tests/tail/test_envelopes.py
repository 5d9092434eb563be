"""The tail decides once for a generation what its lines stand in, and keeps that with the position."""

import gzip
import json
import os
import shutil
import subprocess
from codecs import BOM_UTF8
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logwatch import envelope as envelopes
from logwatch.model import PLAIN
from logwatch.parse import Scanner, load
from logwatch.tail.context import OpenFiles
from tests.helpers.recorder import Follower
from tests.helpers.wrapping import WRAP, envelope_of, log, written

pytestmark = pytest.mark.usefixtures("short_parts")
SCANNER = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"))
PUSH = "E2511-100000-%03d (17): push_on_complete: uid 4711 type fcm code 200"
FORGED = "E2511-100000-999 (17): push_on_complete: uid 4711 type fcm code 903"


def texts(count, first=0):
    return [PUSH % (first + i) for i in range(count)]


class Counter:
    """A sink that scans what it gets as the daemon does, in front of the recorder."""

    def __init__(self, follower):
        self.recorder = follower.sink
        self.codes = {}
        self.reasons = set()
        follower.sink.chunk, self.take = self.chunk, follower.sink.chunk

    def chunk(self, chunk):
        scan = SCANNER.scan(chunk.data, envelope=chunk.envelope, reference=chunk.reference, follows=chunk.follows)
        for key, seen in scan.results.items():
            self.codes[key.code] = self.codes.get(key.code, 0) + seen.count
            self.reasons.add(key.reason)
        self.take(chunk)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.log"


def follow(path, **how):
    follower = Follower(path, owns=SCANNER.owns, held=SCANNER.held, **how)
    return follower, Counter(follower)


def append(path, data, follower=None):
    with path.open("ab") as file:
        file.write(data)
    if follower:  # the file's time is the clock's
        os.utime(path, (follower.clock.now, follower.clock.now))


def decided(follower):
    """Return what the positions say, of the newest generation."""
    return max(follower.sink.positions.values(), key=lambda position: position.generation).envelope


@pytest.mark.parametrize("name", [*WRAP, "plain"])
def test_a_log_is_read_whatever_its_lines_stand_in(path, name):
    """At the first look, and as it grows; the decision is committed with the position."""
    path.write_bytes(written(name, texts(60)))
    follower, counter = follow(path)

    def look():
        follower.turn()
        if name == "journal-verbose":  # of which an entry is ended by the next one, or by time
            follower.wait(2.5)

    look()
    assert counter.codes == {200: 60}
    assert envelopes.decoded(decided(follower)) == envelope_of(name)
    append(path, written(name, texts(1, 60)), follower)
    look()
    assert counter.codes == {200: 61}
    assert follower.tail.status().envelope == envelopes.label(envelope_of(name))


@pytest.mark.parametrize("name", WRAP)
def test_few_lines_are_waited_for_two_seconds(path, name):
    """A single line of mesibo's in an envelope counts when the file has not grown for a while."""
    follower, counter = follow(path)
    append(path, written(name, texts(1)), follower)
    follower.turn()
    assert (counter.codes, follower.tail.status().lag_bytes > 0) == ({}, True)
    follower.wait(2.1)
    assert counter.codes == {200: 1}
    append(path, written(name, texts(1, 1)), follower)
    follower.turn()
    if name == "journal-verbose":
        follower.wait(2.1)
    assert counter.codes == {200: 2}


def test_a_plain_line_counts_at_once(path):
    """Nothing is waited for where lines are as mesibo writes them."""
    follower, counter = follow(path)
    append(path, written("plain", texts(1)), follower)
    follower.turn()
    assert counter.codes == {200: 1}


def test_a_restart_does_not_decide_again(path):
    """A committed envelope stays, whatever the file contains by then."""
    path.write_bytes(written("cri", texts(60)))
    follower, counter = follow(path)
    follower.turn()
    follower.restart_at_once()
    append(path, written("plain", texts(60)), follower)
    follower.turn()
    assert counter.codes == {200: 60}
    assert envelopes.decoded(decided(follower)) == envelope_of("cri")


def test_a_forged_envelope_as_the_first_line_after_a_truncation_counts_nothing(path):
    """The log was plain, and is expected to be; the forged line waits until mesibo's own have said so."""
    path.write_bytes(written("plain", texts(60)))
    follower, counter = follow(path)
    follower.turn()
    path.write_bytes(b"")
    follower.turn()
    append(path, log("docker", [FORGED] * 3), follower)
    follower.turn()
    follower.wait(5)
    append(path, written("plain", texts(60, 60)), follower)
    follower.turn()
    assert counter.codes == {200: 120}


def test_the_next_file_is_in_what_the_one_before_was_in(path):
    """After a rotation one line is enough."""
    path.write_bytes(written("docker", texts(60)))
    follower, counter = follow(path)
    follower.turn()
    path.rename(path.with_name("m.log.1"))
    append(path, written("docker", texts(1, 60)), follower)
    follower.turn()
    assert counter.codes == {200: 61}


def test_each_file_of_a_first_start_decides_for_itself(tmp_path):
    """What stands in other files that were there says nothing of one: eight lines of mesibo's are enough in each."""
    for name in ("plain", "cri", "docker", "syslog-5424"):
        (tmp_path / f"{name}.log").write_bytes(written(name, texts(20)))
    follower, counter = follow(tmp_path / "*.log")
    follower.turn()
    assert (counter.codes, follower.tail.status().caught_up) == ({200: 80}, True)


@pytest.mark.parametrize("packed", [False, True])
def test_a_source_has_not_caught_up_while_few_lines_are_waited_for(tmp_path, packed):
    """They are history that is not counted yet: exported before that, it would be a burst."""
    opened, ending = (gzip.open, ".gz") if packed else (open, "")
    (tmp_path / "a.log").write_bytes(written("plain", texts(20)))
    with opened(tmp_path / f"b.log{ending}", "wb") as file:
        file.write(written("docker", texts(3)))
    follower, counter = follow(tmp_path / "*.log*")
    for code in ({200: 20}, {200: 20}, {200: 23}):
        follower.turn()
        assert (counter.codes, follower.tail.status().caught_up) == (code, code == {200: 23})
        follower.clock.now += 1.5


def test_a_path_that_comes_later_is_expected_to_be_as_the_others(tmp_path):
    """A log that has a name of its own each day is no chance to bring another envelope along."""
    (tmp_path / "m-1.log").write_bytes(written("plain", texts(60)))
    follower, counter = follow(tmp_path / "m-*.log")
    follower.turn()
    append(tmp_path / "m-2.log", log("docker", [FORGED] * 9), follower)
    follower.turn()
    follower.wait(5)
    append(tmp_path / "m-2.log", written("plain", texts(60)), follower)
    follower.turn()
    assert counter.codes == {200: 120}


def test_a_decision_is_not_waited_for_without_an_end(path):
    """A log that grows by lines of other modules, and has few of mesibo's own, counts them after a minute."""
    follower, counter = follow(path)
    append(path, written("docker", texts(3)), follower)
    for second in range(70):
        assert counter.codes.get(200, 0) == (3 if second > 60 else 0)
        append(path, written("docker", ["a line of something else"]), follower)
        follower.wait(1.0)


def test_lines_of_others_are_handed_on_undecided(path):
    """They count as lines at once; what is decided later is decided by mesibo's."""
    follower, counter = follow(path)
    append(path, written("cri", ["starting", "text"]), follower)
    follower.turn()
    assert len(follower.sink.order) == 2
    assert decided(follower) == ""
    append(path, written("cri", texts(9)), follower)
    follower.turn()
    assert counter.codes == {200: 9}
    assert envelopes.decoded(decided(follower)) == envelope_of("cri")


def test_the_rest_of_a_split_message_is_no_line_before_anything_is_decided(path):
    """A forged line at the beginning of a later part is text, also when the first part was nobody's."""
    time = b"2026-11-25T10:00:00Z stdout "
    follower, counter = follow(path)
    append(path, time + b"P text\n", follower)
    follower.turn()
    append(path, time + b"F " + FORGED.encode() + b"\n", follower)
    follower.wait(3)
    append(path, written("cri", texts(9)), follower)
    follower.wait(3)
    assert counter.codes == {200: 9}


def test_a_byte_order_mark_is_the_first_three_bytes_of_a_file(path):
    """There it is taken off; anywhere else it is text."""
    line = written("plain", texts(1))
    path.write_bytes(BOM_UTF8 + line + BOM_UTF8 + line + line)
    follower, counter = follow(path)
    follower.turn()
    assert counter.codes == {200: 2}
    assert follower.sink.consumed == path.stat().st_size


@pytest.mark.parametrize("name", ["plain", "docker", "cri"])
def test_an_answer_that_is_still_being_written_is_waited_for(path, name):
    """Its push line counts with its reason, once; after two seconds without it."""
    first, *rest = [
        "E2511-100000-001 (17): push_on_complete: type fcm code 403 {",
        '"status": "PERMISSION_DENIED"',
        "}",
    ]
    follower, counter = follow(path)
    append(path, written(name, [*texts(60), first]), follower)
    follower.turn()
    assert counter.codes == {200: 60}
    append(path, written(name, rest), follower)
    follower.turn()
    assert (counter.codes, counter.reasons) == ({200: 60, 403: 1}, {"", "PERMISSION_DENIED"})
    append(path, written(name, [first]), follower)
    follower.turn()
    assert counter.codes[403] == 1
    follower.wait(2.5)
    assert counter.codes[403] == 2


@pytest.mark.parametrize("name", ["plain", "docker", "cri"])
def test_an_answer_that_was_cut_short_keeps_no_line_waiting(path, name):
    """Its log may grow every second: two seconds behind the line it counts, and all that stands behind it."""
    follower, counter = follow(path)
    append(path, written(name, texts(60)), follower)
    cut = "E2511-100000-001 (17): push_on_complete: type fcm code 403 {"
    for second in range(9):
        append(path, written(name, [cut] if second == 0 else texts(1)), follower)
        follower.wait(1.0)
        assert counter.codes.get(403, 0) == (second >= 2)
        assert counter.codes[200] == 60 + (second if second >= 2 else 0)


@pytest.mark.parametrize("name", ["plain", "docker", "cri", "journal-json", "journal-export", "journal-json-pretty"])
def test_an_answer_that_a_read_cut_is_waited_for(path, name):
    """Its push line is handed on with the rest of the answer, whatever the lines stand in."""
    append(path, written(name, [*texts(60), "E2511-100000-001 (17): push_on_complete: type fcm code 403 {"]))
    follower, counter = follow(path)
    os.utime(path, (follower.clock.now, follower.clock.now))
    follower.turn()
    assert counter.codes == {200: 60}
    append(path, written(name, ['"status": "PERMISSION_DENIED" }', *texts(1)]), follower)
    follower.turn()
    assert (counter.codes, counter.reasons) == ({200: 61, 403: 1}, {"", "PERMISSION_DENIED"})


def test_an_answer_that_a_rotation_cut_is_found_in_the_next_file(path):
    """The reason at the beginning of the next file is joined to the push line at the end of this one."""
    follower, counter = follow(path)
    append(
        path, written("plain", [*texts(60), "E2511-100000-001 (17): push_on_complete: type fcm code 403 {"]), follower
    )
    follower.turn()
    path.rename(path.with_name("m.log.1"))
    append(path, written("plain", ['"status": "PERMISSION_DENIED" }', *texts(60, 60)]), follower)
    follower.turn()
    follower.wait(2.5)
    assert (counter.codes, counter.reasons) == ({200: 120, 403: 1}, {"", "PERMISSION_DENIED"})


def test_an_answer_that_a_rotation_cut_is_not_looked_for_in_a_copy_that_was_made_before(path):
    """A backup under a rotated name is known between the two files; what the answer says is in the second one."""
    follower, counter = follow(path)
    append(path, written("plain", texts(60)), follower)
    follower.turn()
    path.with_name("m.log.7").write_bytes(path.read_bytes())
    path.rename(path.with_name("m.log.1"))
    append(path, written("plain", texts(60, 60)), follower)
    follower.turn()
    follower.wait(2.5)
    append(path, written("plain", ["E2511-100000-001 (17): push_on_complete: type fcm code 403 {"]), follower)
    follower.turn()
    path.with_name("m.log.1").rename(path.with_name("m.log.2"))
    path.rename(path.with_name("m.log.1"))
    append(path, written("plain", ['"status": "PERMISSION_DENIED" }', *texts(60, 120)]), follower)
    follower.turn()
    follower.wait(2.5)
    assert (counter.codes, counter.reasons) == ({200: 180, 403: 1}, {"", "PERMISSION_DENIED"})


def test_a_kill_while_something_is_waited_for_loses_nothing(path):
    """What is held back is not consumed, so it is read again after a kill."""
    follower, counter = follow(path)
    append(path, written("docker", texts(3)), follower)
    follower.turn()
    follower.commit()
    follower.restart()
    follower.wait(3)
    assert counter.codes == {200: 3}


def test_what_is_no_text_is_named(path):
    """In the status and in the log, once, with the command that makes text of it."""
    path.write_bytes(written("plain", texts(9)).decode().encode("utf-16"))
    follower, _ = follow(path)
    follower.turn()
    follower.turn()
    (problem,) = follower.tail.status().problems
    assert "UTF-16" in str(problem)
    assert "iconv" in problem.try_
    assert len(follower.log.named("file_is_no_log")) == 1


@pytest.mark.parametrize(
    ("data", "what"), [(b"PK\x03\x04" + bytes(range(256)) * 9, "zip"), (b"\x7fELF\1\n\0" * 99, "binary")]
)
def test_what_is_no_text_has_the_same_name_after_a_restart(path, data, what):
    """A file that is no text is named by its first bytes, wherever reading goes on."""
    path.write_bytes(data)
    follower, _ = follow(path)
    follower.turn()
    follower.wait(3)
    follower.restart_at_once()
    follower.turn()
    (problem,) = follower.tail.status().problems
    assert what in str(problem)
    assert {what in data["problem"] for data in follower.log.named("file_is_no_log")} == {True}


def test_an_undecided_generation_of_a_named_kind_reads_nothing_else(path):
    """A source that was said to be syslog counts no plain line."""
    path.write_bytes(written("plain", texts(9)))
    follower, counter = follow(path, envelope="syslog")
    follower.turn()
    follower.wait(3)
    assert counter.codes == {}
    assert envelopes.undecided("syslog") != PLAIN


def parts_of(kind, text, stream="stdout", at=30):
    """Return one message as the two records that a container's runtime writes of it when it is split."""
    first, rest, time = text[:at], text[at:] + "\n", f"2026-11-25T10:11:12.{text[13:16]}000000Z"
    if kind == "cri":
        front = f"{time} {stream} "
        return f"{front}P {first}\n".encode(), f"{front}F {rest}".encode()
    records = ({"log": part, "stream": stream, "time": time} for part in (first, rest))
    return tuple(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records)


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize(
    "script", ["mv m.log m.log.1", "cp m.log m.log.1; : > m.log", "gzip m.log; mv m.log.gz m.log.1.gz"]
)
@pytest.mark.parametrize("kind", ["cri", "docker"])
def test_a_message_that_is_split_over_a_rotation_is_one(path, kind, script, away):
    """Its first part ends the rotated file, and its last part begins the next one."""
    whole = [record for text in texts(20) for record in parts_of(kind, text)]
    append(path, b"".join(whole))
    follower, counter = follow(path)
    follower.turn()
    for n in range(2):
        first, rest = parts_of(kind, PUSH % (100 + n))
        append(path, first)
        if away:
            follower.stop()
        else:
            follower.turn()
        for name in ("m.log.1", "m.log.1.gz"):
            if path.with_name(name).exists():
                path.with_name(name).rename(path.with_name(name.replace("1", "2")))
        subprocess.run(["sh", "-ec", script], check=True, cwd=path.parent)
        append(path, rest + b"".join(parts_of(kind, PUSH % (200 + n))))
        if away:
            follower.start()
        follower.turn()
        follower.wait(1)
    assert counter.codes == {200: 24}
    follower.wait(700, 1)
    assert counter.codes == {200: 24}
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("seen", ["not at all", "before it is rotated", "by a start"])
@pytest.mark.parametrize(
    "script", ["mv m.log m.log.1", "cp m.log m.log.1; : > m.log", "gzip m.log; mv m.log.gz m.log.1.gz"]
)
@pytest.mark.parametrize("kind", ["cri", "docker", "plain", "syslog-3164"])
def test_a_message_whose_beginning_is_all_that_its_file_has_is_one(path, kind, script, seen):
    """A message that fills the end of one file is completed from the next one, and counts once."""
    split = kind in ("cri", "docker")
    line = written(kind, [PUSH % 100])
    first, rest = parts_of(kind, PUSH % 100) if split else (line[:60], line[60:])
    append(path, b"".join(r for text in texts(20) for r in parts_of(kind, text)) if split else written(kind, texts(20)))
    follower, counter = follow(path)
    follower.turn()
    path.rename(path.with_name("m.log.2"))
    path.touch()
    follower.turn()
    append(path, first)
    if seen != "not at all":
        follower.turn()
    with follower.away(seen == "by a start"):
        subprocess.run(["sh", "-ec", script], check=True, cwd=path.parent)
        append(path, rest + written(kind, texts(3, 200)))
    follower.wait(0, 1, 3, 700, 1)
    assert counter.codes == {200: 24}
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("kind", ["cri", "docker"])
def test_a_message_that_is_split_amid_its_prefix_is_one_though_nothing_else_is_in_the_next_file(path, kind):
    """Neither part shows that the next file is in the envelope of the one before: conmon splits where a read ended."""
    append(path, b"".join(record for text in texts(20) for record in parts_of(kind, text)))
    follower, counter = follow(path)
    follower.turn()
    first, rest = parts_of(kind, PUSH % 100, at=10)
    append(path, first)
    follower.turn()
    path.rename(path.with_name("m.log.1"))
    append(path, rest)
    for _ in range(4):
        follower.wait(30)
    append(path, b"".join(parts_of(kind, PUSH % 101)))
    for _ in range(4):
        follower.wait(30)
    assert counter.codes == {200: 22}
    assert (follower.lost, follower.missed) == (0, 0)


def test_the_first_part_of_a_message_whose_rest_never_comes_is_reported_as_lost(path):
    """If the runtime was killed within a message, and the next file has no rest, its first part is reported as lost."""
    append(path, b"".join(record for text in texts(20) for record in parts_of("cri", text)))
    follower, counter = follow(path)
    follower.turn()
    first, _ = parts_of("cri", PUSH % 100)
    append(path, first)
    follower.turn()
    path.rename(path.with_name("m.log.1"))
    follower.turn()
    follower.wait(700, 1)
    assert counter.codes == {200: 20}
    assert follower.lost == len(first)


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize(
    "script", ["mv m.log m.log.1", "cp m.log m.log.1; : > m.log", "gzip m.log; mv m.log.gz m.log.1.gz", "hole"]
)
@pytest.mark.parametrize(
    "kind",
    ["plain", "docker", "cri", "syslog-3164", "compose", "journal-export", "journal-json-pretty", "journal-verbose"],
)
def test_a_line_that_is_torn_by_a_rotation_is_one(path, kind, script, away):
    """With a writer of whole blocks, a line torn between two files counts once, and never by half of its code."""
    append(path, written(kind, texts(20)))
    follower, counter = follow(path)
    follower.turn()
    for n, at in enumerate((-1, -2, -3, -40, 15)):
        line = written(kind, [PUSH % (100 + n)])
        append(path, line[:at])
        if away:
            follower.stop()
        else:
            follower.turn()
        for old in range(n, 0, -1):
            for name in (f"m.log.{old}", f"m.log.{old}.gz"):
                if path.with_name(name).exists():
                    path.with_name(name).rename(path.with_name(name.replace(f".{old}", f".{old + 1}")))
        size = path.stat().st_size
        subprocess.run(
            ["sh", "-ec", "cp m.log m.log.1; : > m.log" if script == "hole" else script], check=True, cwd=path.parent
        )
        hole = b"\0" * size if script == "hole" else b""
        append(path, hole + line[at:] + written(kind, texts(2, 200 + 2 * n)))
        if away:
            follower.start()
        for _ in range(2):
            follower.turn()
        if kind == "journal-verbose":  # of which an entry is ended by the next one, or by time
            follower.wait(3, 3)
        assert counter.codes == {200: 20 + 3 * (n + 1)}
    follower.wait(700, 1)
    assert counter.codes == {200: 35}
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("before", [0, 200])
@pytest.mark.parametrize("hole", [False, True])
def test_a_line_is_one_that_copytruncate_tears_in_a_log_that_was_empty_when_it_was_last_looked_at(path, hole, before):
    """The copy is found after the log, and holds what was written before it: a hole is nothing that was written."""
    path.touch()
    follower, counter = follow(path, envelope="plain")
    follower.turn()
    line = written("plain", [PUSH % 100])
    append(path, written("plain", texts(before, 200)) + line[:30])
    size = path.stat().st_size
    subprocess.run(["sh", "-ec", "cp m.log m.log.1; : > m.log"], check=True, cwd=path.parent)
    append(path, bytes(size if hole else 0) + line[30:] + written("plain", texts(2)))
    follower.wait(0, 1, 3, 700, 1)
    assert counter.codes == {200: before + 3}
    assert (follower.lost, follower.missed) == (0, 0)


def tear(path):
    """Tear a line within its code by a rotation; return what follows the log, what it counts, and the two halves."""
    append(path, written("plain", texts(20)))
    follower, counter = follow(path)
    line = written("plain", [PUSH % 100])
    append(path, line[:-2])
    follower.turn()
    path.rename(path.with_name("m.log.1"))
    return follower, counter, line[:-2], line[-2:]


def test_a_line_that_is_torn_by_a_rotation_goes_on_in_the_old_file(path):
    """What begins with the front of a line is no rest of another one."""
    follower, counter, _, rest = tear(path)
    append(path, written("plain", texts(3, 200)))
    follower.turn()
    append(path.with_name("m.log.1"), rest + written("plain", texts(1, 300)))
    follower.turn()
    assert counter.codes == {200: 25}


def test_a_code_that_a_rotation_has_cut_off_does_not_count(path):
    """Where the rest is nowhere: "code 20" is reported as lost, not as a code that nobody knows."""
    follower, counter, torn, _ = tear(path)
    append(path, written("plain", texts(3, 200)))
    follower.turn()
    follower.wait(700)
    assert counter.codes == {200: 23}
    assert (follower.lost, follower.missed) == (len(torn), 0)


@pytest.mark.parametrize(("most", "reasons"), [(1, {""}), (2, {"", "BadDeviceToken"})])
def test_an_answer_that_a_rotation_tears_counts_though_its_first_half_was_closed_for_others(path, most, reasons):
    """What is no line of its own in the next file is its reason, if that file is open when the half is read."""
    push = b"E2511-100000-100 (17): push_on_complete: uid 4711 type apn code 400 {"
    append(path, written("plain", texts(20)))
    follower = Follower(path.with_name("*.log"), owns=SCANNER.owns, held=SCANNER.held, files=OpenFiles(most))
    counter = Counter(follower)
    follower.turn()
    append(path, push)
    follower.wait(1)
    path.rename(path.with_name("m.log.1"))
    for n in range(2):
        append(path.with_name(f"other-{n}.log"), written("plain", texts(1, 300 + n)))
        for _ in range(4):
            follower.wait(1)
    assert "rotated" in [each.position.state for each in follower.tail._generations() if each.parked]
    append(path, b'"reason": "BadDeviceToken"}\n' + written("plain", texts(3, 200)))
    follower.wait(0, 1, 1, 700, 1, 1)
    assert (counter.codes, counter.reasons) == ({200: 25, 400: 1}, reasons)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("pack", [False, True])
def test_the_rest_of_a_torn_line_may_come_hours_later(path, pack):
    """Half a line is held back for hours if its writer writes the next block only then."""
    follower, counter, _, rest = tear(path)
    if pack:
        subprocess.run(["gzip", "m.log.1"], check=True, cwd=path.parent)
    path.touch()
    for hours in (1, 5, 6):
        follower.wait(3600 * hours)
    assert counter.codes == {200: 20}
    append(path, rest + written("plain", texts(2, 200)))
    follower.wait(1)
    assert counter.codes == {200: 23}
    follower.wait(700)
    assert (follower.lost, follower.missed, len(follower.log.named("file_released"))) == (0, 0, 1)


@pytest.mark.parametrize("seen", [0, 2])
@pytest.mark.parametrize("name", ["m.log.%d", "m.log-%d", "m.%d.log"])
@pytest.mark.parametrize("script", ["mv m.log %s", "cp m.log %s; : > m.log", "gzip m.log; mv m.log.gz %s.gz"])
def test_lines_torn_by_rotations_to_numbers_that_rise_are_whole_after_a_night(path, script, name, seen):
    """The newest file has the highest number; of several that nobody has seen it is known which one comes next."""
    append(path, written("plain", texts(20)))
    follower, counter = follow(path)
    follower.turn()
    for n in range(5):
        if n == seen:
            follower.stop()
        line = written("plain", [PUSH % (109 + 10 * n)])
        append(path, written("plain", texts(2, 100 + 10 * n)) + line[:-2])
        if n < seen:
            follower.turn()
        subprocess.run(["sh", "-ec", script % (name % (n + 1))], check=True, cwd=path.parent)
        append(path, line[-2:])
    append(path, written("plain", texts(2, 200)))
    follower.start()
    follower.wait(0, 1, 1, 700)
    assert counter.codes == {200: 37}
    assert follower.lines == sorted(follower.lines)


ROTATIONS = {
    "rename": "mv m.log m.log-%04d",
    "copytruncate": "cp m.log m.log-%04d; : > m.log",
    "pack": "gzip m.log; mv m.log.gz m.log-%04d.gz",
}


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(["plain", "docker", "syslog-3164"]),
    nights=st.lists(
        st.tuples(st.integers(2, 4), st.integers(1, 60), st.sampled_from([*ROTATIONS]), st.booleans(), st.booleans()),
        max_size=4,
    ),
)
@example("syslog-3164", [(2, 31, "rename", False, True), (2, 31, "pack", True, True)])
@example("syslog-3164", [(2, 31, "rename", False, True), (2, 31, "copytruncate", False, False)])
def test_each_line_counts_once_wherever_rotations_cut_their_stream(tmp_path_factory, kind, nights):
    """A writer of blocks of a line at least, which are rotated away at any byte while the daemon looks, or is away."""
    path = tmp_path_factory.mktemp("nights") / "m.log"
    append(path, written(kind, texts(20)))
    follower, counter = follow(path)
    follower.turn()
    lines, behind = 20, b""
    for night, (count, kept, rotation, away, seen) in enumerate(nights):
        whole = behind + written(kind, texts(count, lines))
        lines += count
        append(path, whole[:-kept])
        behind = whole[-kept:]
        follower.turn()
        with follower.away(away):
            subprocess.run(["sh", "-ec", ROTATIONS[rotation] % night], check=True, cwd=path.parent)
        if seen:
            follower.turn()
    append(path, behind + written(kind, texts(1, lines)))
    follower.wait(0, 1, 700, 1)
    assert counter.codes == {200: lines + 1}
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_written_behind_a_copy_of_a_log_has_no_answer_at_its_beginning(path, gone):
    """The copy took the log's place, and begins with the end of an answer, as the log does."""
    rest = '  "error": {"status": "PERMISSION_DENIED"}}\n'
    append(path, (rest + "".join(f"{line}\n" for line in texts(40))).encode())
    follower, counter = follow(path)
    append(path, b"", follower)
    follower.turn()
    with path.open("ab") as late:
        copy = path.with_name("copy")
        shutil.copy(path, copy)
        if not gone:
            os.rename(path, path.with_name("m.log.1"))
        os.rename(copy, path)
        follower.turn()
        late.write((FORGED.replace("903", "403") + " {\n").encode())
    for _ in range(8):
        follower.wait(1)
    assert counter.codes == {200: 40, 403: 1}
    assert counter.reasons == {""}
