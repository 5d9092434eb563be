"""A log is written in the rhythm of the clock that is handed in, and ends cleanly."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from logwatch.parse import Scanner, load
from logwatch.simulate import Mesibo, Mix, Outage, Outcome, write
from logwatch.simulate.pace import Rhythm

NOON = 1_795_348_800.0
QUIET = Mix(push=0.0, hostile=0.0)


class Clock:
    """A clock that jumps ahead whenever somebody waits, by a little more than was asked for."""

    def __init__(self, end=float("inf")):
        self.time = NOON
        self.end = NOON + end

    def now(self):
        """Return the time."""
        return self.time

    def sleep(self, seconds):
        """Advance the clock at once."""
        self.time += seconds * 1.3

    def stopped(self):
        """Return whether the end has come."""
        return self.time > self.end


class Output(BytesIO):
    """What was written, and how often it was flushed."""

    flushed = 0

    def flush(self):
        """Count."""
        self.flushed += 1


def run(mesibo, clock=None, **how):
    clock, output = clock or Clock(), Output()
    write(mesibo, output, now=clock.now, sleep=clock.sleep, stopped=clock.stopped, **how)
    return output


def started():
    return Mesibo(1).start_up(NOON).count(b"\n")


@pytest.mark.parametrize("rate", [3, 0.5, 250, 1234.5])
def test_the_rate_is_kept_over_time(rate):
    """Fractions of lines are not lost between ticks, however long these are."""
    output = run(Mesibo(1, mix=QUIET), rate=rate, seconds=20)
    assert output.getvalue().count(b"\n") == int(rate * 20) + started()


def test_each_tick_is_flushed():
    """A follower sees lines when they are written, not when a buffer is full."""
    assert run(Mesibo(1), rate=10, seconds=5).flushed > 30


def test_it_writes_until_it_is_stopped():
    """Seconds 0 has no end but the signal; what was written is complete."""
    mesibo = Mesibo(1)
    output = run(mesibo, Clock(end=7), rate=100, seconds=0)
    assert output.getvalue().endswith(b"\n")
    assert output.getvalue().count(b"\n") == mesibo.lines
    assert 600 < mesibo.lines < 800


def test_stamps_do_not_run_ahead_of_the_clock():
    """No line is younger than the moment it was written at."""
    mesibo = Mesibo(1, mix=Mix(push=1.0, hostile=0.0))
    clock = Clock()
    run(mesibo, clock, rate=50, seconds=10)
    assert max(result["last"] for result in mesibo.truth()["results"]) <= "2026-11-22T12:00:10.000Z"


@pytest.mark.parametrize("rate", [0, 7, 100_000])
@pytest.mark.parametrize("lines", [1, 3, 10, 12_345])
def test_lines_end_it_exactly(rate, lines):
    """A benchmark gets the number of lines it asked for, also where these are fewer than a mesibo starts with."""
    mesibo = Mesibo(1)
    assert run(mesibo, rate=rate, lines=lines, start=NOON).getvalue().count(b"\n") == lines
    assert mesibo.lines == lines


def test_from_a_start_nothing_is_waited_for():
    """A week at a line a second is written at once, and its stamps span the week."""
    mesibo = Mesibo(1, mix=Mix(push=1.0, hostile=0.0))
    clock = Clock()
    run(mesibo, clock, rate=0.1, seconds=7 * 86400, start=NOON)
    results = mesibo.truth()["results"]
    assert clock.time == NOON
    assert min(r["first"] for r in results) == "2026-11-22T12:00:00.000Z"
    assert max(r["last"] for r in results) == "2026-11-29T11:59:50.000Z"


def test_with_a_history_it_catches_up_and_goes_on_with_the_clock():
    """An hour is written without waiting, in order; then lines come as time passes; the truth is about all of it."""
    mesibo = Mesibo(1, mix=Mix(push=1.0, hostile=0.0))
    clock = Clock()
    run(mesibo, clock, rate=1, seconds=3660, history=3600, outages=[Outage.parse("903:-1800:10", 3600)])
    results = mesibo.truth()["results"]
    assert sum(result["count"] for result in results) == 3660
    assert min(result["first"] for result in results) == "2026-11-22T11:00:00.000Z"
    assert "2026-11-22T12:00:50" < max(result["last"] for result in results) < "2026-11-22T12:01:01"
    assert NOON + 59 < clock.time < NOON + 65


def test_it_says_once_when_its_history_is_written():
    """Whoever waits for that finds all of it in the log, and nothing of what comes with the clock."""
    mesibo, told = Mesibo(1, mix=Mix(push=1.0, hostile=0.0)), []
    run(mesibo, rate=1, seconds=3660, history=3600, caught_up=lambda: told.append(mesibo.lines))
    assert told == [pytest.approx(3600 + started(), abs=1)]
    run(mesibo, rate=1, seconds=60, caught_up=lambda: told.append(None))
    assert len(told) == 1


def test_a_day_has_its_rhythm_and_its_lines_add_up():
    """Fewer by night, the promised number in all, whatever the steps in which they are asked for."""
    rhythm = Rhythm(2.0, daily=True)
    hours = [rhythm.lines(NOON, 3600.0 * (i + 1)) - rhythm.lines(NOON, 3600.0 * i) for i in range(24)]
    assert sum(hours) == rhythm.lines(NOON, 86400.0) == 2 * 86400
    assert min(range(24), key=lambda i: hours[i]) in (15, 16)  # 3 to 5 o'clock, UTC
    assert min(hours) > 0
    assert max(hours) > 4 * min(hours)


def test_in_an_outage_every_push_of_the_platform_fails_and_no_other():
    """Half an hour of 903 in an hour: no iOS push is accepted then, Android goes on, before and after it is as ever."""
    mesibo = Mesibo(3, mix=Mix(push=1.0, failures=0.0, hostile=0.0))
    output = run(mesibo, rate=1, seconds=3600, start=NOON, outages=[Outage.parse("903:1200:1200")])
    results = {(r["platform"], r["code"]): r for r in mesibo.truth()["results"]}
    struck = results["apns", 903]
    assert "2026-11-22T12:20:00" <= struck["first"] < struck["last"] < "2026-11-22T12:40:00"
    assert results["apns", 200]["first"] < "2026-11-22T12:01"
    assert results["apns", 200]["last"] > "2026-11-22T12:59"
    assert results["fcm", 200]["count"] > 2000
    scan = Scanner(load("mesibo", ()), timezone=UTC).scan(
        output.getvalue(),
        envelope="plain",
        reference=NOON,
        since=struck_from(struck, 1),
        until=struck_from(struck, -1, "last"),
    )
    assert ("apns", 200, "") not in scan.results
    assert ("apns", 903, "") in scan.results


def struck_from(result, seconds, which="first"):
    return datetime.fromisoformat(result[which]).timestamp() + seconds


@pytest.mark.parametrize(
    ("text", "outage"),
    [
        ("903:0", Outage(Outcome("apns", 903), 600.0)),
        ("903:-60", Outage(Outcome("apns", 903), 540.0)),
        ("fcm/503/UNAVAILABLE:-60:30", Outage(Outcome("fcm", 503, "UNAVAILABLE"), 540.0, 570.0)),
        ("404:0", Outage(Outcome("unknown", 404), 600.0)),
        ("fcm/914:0.5:1.5", Outage(Outcome("fcm", 914), 600.5, 602.0)),
        ("-1:0", Outage(Outcome("unknown", -1), 600.0)),
    ],
)
def test_outages_are_written_as_code_and_time(text, outage):
    """Their times count from the end of the history; without a length they do not end."""
    assert Outage.parse(text, 600.0) == outage


@pytest.mark.parametrize("text", ["", "903", "gcm/903:1", "903:1:2:3", "abc:1", "903:x"])
def test_what_is_no_outage_is_refused(text):
    """The error shows an example of an outage."""
    with pytest.raises(ValueError, match="is not an outage; try"):
        Outage.parse(text)
