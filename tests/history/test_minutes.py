"""The history of a log has the totals of its report, and each push in the minute of its stamp."""

import io
import json
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.catalogue import Catalogue
from logwatch.history import Past, Tallies
from logwatch.parse import Scanner, load
from logwatch.report import Count, LogSettings, open_stream
from logwatch.simulate import Mesibo, Mix
from tests.helpers.wrapping import WRAP, log

pytestmark = pytest.mark.usefixtures("short_parts")
BEGIN = 1_795_600_800.0  # 2026-11-25T10:00:00Z
MINUTE = int(BEGIN // 60)
CATALOGUE = Catalogue.load()
SCANNER = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"), keep=0)
ANSWER = ["{", '  "error": {', '    "status": "PERMISSION_DENIED"', "  }", "}"]


def past(data, how=None, **asked):
    with Tallies() as tallies:
        counted = Past(CATALOGUE, tallies=tallies, **asked)
        counted.read(open_stream("test", io.BytesIO(data)), how or LogSettings(SCANNER), now=BEGIN + 86_000)
        return counted, {
            (row.platform, int(row.code), row.reason, minute): count
            for row in tallies.rows
            for minute, count in tallies.minutes([row])
        }


def report(data, how=None):
    counted = Count(CATALOGUE)
    counted.read(open_stream("test", io.BytesIO(data)), how or LogSettings(SCANNER), now=BEGIN + 86_000)
    return counted


def told(counted):
    summary = counted.summary
    counts = {key: seen.count for key, seen in summary.results.items()}
    return counts, summary.lines, summary.push_lines, summary.unparsed, summary.misplaced, counted.causes


def stamp(second):
    """Return the stamp of so many seconds after 10:00."""
    return f"E2511-{10 + second // 3600:02}{second // 60 % 60:02}{second % 60:02}-001"


def push(second, code, rest=""):
    return f"{stamp(second)} (17): push_on_complete: uid 4711 type fcm code {code}{rest}"


seconds = st.integers(0, 7200)
single = st.one_of(
    st.builds(push, seconds, st.sampled_from([200, 200, 200, 404, 903])),
    st.builds(lambda second: f"{stamp(second)} (17): on_message: text push_on_complete: code 903", seconds),
    st.builds(lambda second: f"{stamp(second)} (17): push_on_complete: uid 4711", seconds),
    st.sampled_from(
        ["", "a line of nobody", "push_on_complete: code 912", "E9911-100000-001: push_on_complete: code 500"]
    ),
)
with_answer = st.builds(
    lambda second, lines, between: [push(second, 403, " " + ANSWER[0]), *lines[:between], *ANSWER[1:]],
    seconds,
    st.lists(single, max_size=4),
    st.integers(0, 4),
)
logs = st.lists(st.one_of(single.map(lambda line: [line]), with_answer), min_size=1, max_size=40).map(
    lambda parts: [line for part in parts for line in part]
)


def test_a_push_behind_a_colour_is_in_its_minute():
    """Where a terminal's colours are in the log, its pushes are not all in one minute."""
    lines = [f"\x1b[32m{push(second, 404)}\x1b[0m\n" for second in (0, 60, 61)]
    _, found = past("".join(lines).encode())
    assert found == {("fcm", 404, "", MINUTE): 1, ("fcm", 404, "", MINUTE + 1): 2}


@settings(max_examples=120, deadline=None)
@given(logs, st.sampled_from(["plain", *WRAP]))
def test_the_totals_are_those_of_the_report(texts, envelope):
    """Whatever the order of the times, whatever stands around the lines: answers below, quoted pushes, no dates."""
    # the first lines tell the envelope
    texts = [push(0, 200), push(1, 200), *texts]
    data = "\n".join(texts).encode() + b"\n" if envelope == "plain" else log(envelope, texts)
    counted, minutes = past(data)
    assert told(counted) == told(report(data))
    assert sum(minutes.values()) == sum(seen.count for seen in counted.summary.results.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(seconds, st.sampled_from([200, 404, 903])), min_size=1, max_size=60))
def test_each_push_stands_in_the_minute_of_its_stamp(pushes):
    """A push counts in the minute of its stamp, even if times of lines go back and forth."""
    _, minutes = past("".join(push(second, code) + "\n" for second, code in pushes).encode())
    truth = Counter((code, MINUTE + second // 60) for second, code in pushes)
    assert {(code, minute): count for (_, code, _, minute), count in minutes.items()} == truth


@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_a_simulated_hour_has_its_truth(envelope):
    """Thousands of lines of every kind: the totals of the simulator, in sixty minutes and the one that is cut."""
    mesibo = Mesibo(21, envelope=envelope, mix=Mix(hostile=0.03))
    data = mesibo.say(6000, BEGIN, 0.6)
    counted, minutes = past(data)
    assert counted.summary.as_dict(CATALOGUE) == mesibo.truth()
    assert {minute for *_, minute in minutes} == set(range(MINUTE, MINUTE + 60))


def docker(text, second, stream="stdout"):
    record = {"log": text, "stream": stream, "time": f"2026-11-25T10:{second // 60:02}:{second % 60:02}.000000000Z"}
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def test_a_message_that_docker_split_is_not_torn_at_the_end_of_a_minute():
    """A split message stays whole even if a push of the next minute is between parts that look like pushes."""
    data = b"".join(docker(push(second, 200) + "\n", second) for second in range(40, 60))
    data += docker(f"{stamp(59)} (17): on_message: text ", 59)
    data += docker(push(61, 404) + "\n", 61, "stderr")
    data += docker(push(62, 903) + "\n", 62)
    data += docker(push(130, 404) + "\n", 130)
    counted, minutes = past(data)
    assert told(counted) == told(report(data))
    assert minutes == {("fcm", 200, "", MINUTE): 20, ("fcm", 404, "", MINUTE + 1): 1, ("fcm", 404, "", MINUTE + 2): 1}


def test_a_torn_record_of_docker_moves_nothing_to_another_minute():
    """Beside a message of two parts, so that there are as many lines in the log as records in the file."""
    torn = docker("E2511-100059-001 (17): on_message: {", 59)[:40]
    data = docker(push(10, 200) + "\n", 10) + torn + docker(push(70, 404) + "\n", 70)
    data += docker(push(130, 200) + "\n", 130) + docker("text ", 131) + docker("and more\n", 131)
    data += docker(push(190, 404) + "\n", 190)
    counted, minutes = past(data)
    assert told(counted) == told(report(data))
    assert minutes == {
        ("fcm", 200, "", MINUTE): 1,
        ("fcm", 404, "", MINUTE + 1): 1,
        ("fcm", 200, "", MINUTE + 2): 1,
        ("fcm", 404, "", MINUTE + 3): 1,
    }


UNDATED = "E9911-100000-001: push_on_complete: type fcm code 500"


@pytest.mark.parametrize(
    ("texts", "minute"),
    [
        ([push(70, 200), UNDATED, push(130, 200)], MINUTE + 1),
        ([UNDATED, push(130, 200), push(70, 200)], MINUTE + 2),
        ([UNDATED], int((BEGIN + 86_000) // 60)),
    ],
    ids=["the one before", "else the first behind", "else the last write"],
)
def test_a_push_without_a_time_counts_in_a_neighbours_minute(texts, minute):
    """Its number is never left out."""
    counted, minutes = past("\n".join(texts).encode())
    assert minutes["fcm", 500, "", minute] == 1
    assert counted.timeless == (len(texts) == 1)


def test_new_years_eve_is_followed_by_the_new_year():
    """Stamps have no year: the file's last write gives it."""
    begin = 1_798_761_540  # 2026-12-31T23:59:00Z
    data = b"E3112-235959-999 (1): push_on_complete: code 200\nE0101-000000-000 (1): push_on_complete: code 200\n"
    with Tallies() as tallies:
        counted = Past(CATALOGUE, tallies=tallies)
        counted.read(open_stream("test", io.BytesIO(data)), LogSettings(SCANNER), now=begin + 3600)
        assert list(tallies.minutes(tallies.rows)) == [(begin // 60, 1), (begin // 60 + 1, 1)]
    assert not counted.over_a_year


def test_a_file_of_more_than_a_year_is_reported():
    """A file whose stamps span more than a year is reported, since some get a wrong year."""
    months = [*range(10, 13), *range(1, 12)]
    data = "".join(f"E01{month:02}-100000-000 (1): push_on_complete: code 200\n" for month in months).encode()
    counted, _ = past(data)
    assert counted.over_a_year == ["test"]


@pytest.mark.parametrize("since", [120, 130, 179])
def test_since_and_until_take_whole_minutes(since):
    """What is outside is neither counted nor written, nor is the minute that ends where the first one begins."""
    data = "".join(push(second, 200) + "\n" for second in range(0, 600, 20)).encode()
    counted, minutes = past(data, since=BEGIN + since, until=BEGIN + 300)
    assert {minute - MINUTE: count for (*_, minute), count in minutes.items()} == {2: 3, 3: 3, 4: 3}
    assert sum(seen.count for seen in counted.summary.results.values()) == 9


def test_a_push_without_a_time_is_left_out_with_the_minute_that_it_belongs_to():
    """What was logged before the first minute that is wanted does not count in that one."""
    counted, minutes = past("\n".join([UNDATED, push(10, 200), push(130, 404)]).encode(), since=BEGIN + 120)
    assert minutes == {("fcm", 404, "", MINUTE + 2): 1}
    assert sum(seen.count for seen in counted.summary.results.values()) == 1


@pytest.mark.parametrize(
    ("behind", "asked"),
    [
        ([push(10, 200), push(130, 404)], {"since": BEGIN + 120}),
        ([push(10, 200), push(130, 404)], {"until": BEGIN - 60}),
        ([], {"until": BEGIN + 600}),
        ([], {"since": BEGIN + 90_000}),
    ],
    ids=["the first behind is too old", "it is too new", "the last write is too new", "it is too old"],
)
def test_a_part_of_a_log_without_a_time_is_left_out_with_the_minute_that_it_belongs_to(behind, asked):
    """However long the part is: a log is read in pieces, and a piece may hold no time at all."""
    undated = [UNDATED] * 20_000  # more than a piece
    counted, minutes = past("\n".join([*undated, *behind]).encode(), **asked)
    expected = {("fcm", 404, "", MINUTE + 2): 1} if behind and "since" in asked else {}
    assert minutes == expected
    assert sum(seen.count for seen in counted.summary.results.values()) == len(expected)


def test_codes_that_nobody_knows_make_few_series():
    """As on /metrics, the first 32 unknown codes have a label, and the others are `other`."""
    data = "".join(push(second, 20_000 + second) + "\n" for second in range(50)).encode()
    with Tallies() as tallies:
        counted = Past(CATALOGUE, tallies=tallies)
        counted.read(open_stream("test", io.BytesIO(data)), LogSettings(SCANNER), now=BEGIN + 3600)
        assert len(tallies.rows) == 33
        (other,) = (row for row in tallies.rows if row.code == "other")
        assert list(tallies.minutes([other])) == [(MINUTE, 18)]
