"""What journald's rate limit keeps out of the journal is missed, by its own word, and once."""

import os
import time

import pytest

from logwatch.journal.follow import QUIET_SECONDS
from logwatch.journal.messages import Messages
from logwatch.journal.place import Target
from tests.helpers.journald import Journald, Service, remote
from tests.helpers.running import until
from tests.journal.test_follow import NOW, entries, following

pytestmark = pytest.mark.integration

UNIT = "mesibo.service"
SUPPRESSED = "a596d6fe7bfa4994828e72309e95d61e"

__all__ = ["following"]


def told(at, dropped=5, unit=UNIT, **fields):
    """Return the entry that journald writes before the first line of a unit that it lets in again."""
    return {
        "at": at,
        "_TRANSPORT": "driver",
        "_SYSTEMD_UNIT": "systemd-journald.service",
        "MESSAGE_ID": SUPPRESSED,
        "MESSAGE": f"Suppressed {dropped} messages from {unit}",
        "N_DROPPED": dropped,
        "OBJECT_SYSTEMD_UNIT": unit,
        **fields,
    }


def test_what_a_real_journald_suppresses_is_counted(tmp_path, following):
    """Each line of a unit came, or is missed: journald itself says how many, with the next line of the unit."""
    journald = Journald(tmp_path, burst=5)
    unit, other = f"mesibo-{os.getpid()}.service", f"other-{os.getpid()}.service"
    services = [Service(journald, each) for each in (other, unit)]
    try:
        one = following(journald.home / "log", container="", unit=unit)
        for service in services:
            service.write(*range(500))
        sent = 501

        def accounted():
            nonlocal sent
            one.turn()
            if one.sink.counted and sum(one.sink.counted.values()) + len(one.sink.lines) == sent:
                return True
            time.sleep(1.1)  # of journald's own clock: until it lets the unit write again
            for service in services:
                service.write("later")
            sent += 1
            return False  # and the line has until the next call to come, however busy the machine

        until(accounted, lambda: f"{sent} {len(one.sink.lines)} {one.sink.counted}")
        assert one.sink.counted["missed_entries"] > 400
        assert not any("Suppressed" in line for line in one.sink.lines)
    finally:
        for service in services:
            service.stop()
        journald.stop()


def test_a_suppression_counts_once_over_restarts(tmp_path, following):
    """It is counted with the position behind it: after kill -9 before the commit again, after it no more."""
    journal = tmp_path / "m.journal"
    first = entries(2, _SYSTEMD_UNIT=UNIT)
    remote(journal, [*first, told(NOW + 3)])
    one = following(tmp_path, container="", unit="mesibo")
    one.until(lambda: one.sink.counted == {"missed_entries": 5})
    one.kill()
    assert one.sink.counted == {}
    for _ in range(3):
        one.start()
        one.until(lambda: one.status.caught_up and one.sink.counted == {"missed_entries": 5})
        one.sink.commit()
        one.kill()
    remote(tmp_path / "n.journal", entries(1, at=NOW + 9, boot="0" * 31 + "2", _SYSTEMD_UNIT=UNIT))
    one.start()
    one.has("line 0", "line 1", "line 0")
    assert one.sink.counted == {"missed_entries": 5}


@pytest.mark.parametrize(
    "word",
    [
        told(NOW + 5, unit="other.service"),
        told(NOW + 5) | {"_TRANSPORT": "journal"},
        told(NOW + 5) | {"_TRANSPORT": "journal", "_SYSTEMD_UNIT": UNIT, "MESSAGE": "line 2"},
        told(NOW - 5),
    ],
    ids=["another unit's", "a program's", "the unit's own", "before the first line"],
)
def test_what_is_no_word_of_journald_about_this_unit_is_no_loss(tmp_path, following, word):
    """Other units lose lines too, programs can write what they like, and what was before the first line is history."""
    remote(tmp_path / "m.journal", sorted([*entries(2, _SYSTEMD_UNIT=UNIT), word], key=lambda entry: entry["at"]))
    one = following(tmp_path, container="", unit="mesibo")
    one.until(lambda: one.status.caught_up and len(one.sink.lines) >= 2)
    one.stop()
    one.start()
    one.until(lambda: one.status.caught_up)
    assert one.sink.counted == {}


def test_a_containers_lines_are_kept_out_with_those_of_the_unit_that_writes_them(tmp_path, following):
    """Podman's conmon has a unit for each start of a container; older Dockers write all as docker.service."""
    was, now = "libpod-conmon-1.scope", "libpod-conmon-2.scope"
    remote(
        tmp_path / "m.journal",
        [
            *entries(1, _SYSTEMD_UNIT=was),
            told(NOW + 1, 100, now),
            told(NOW + 2, 10, was),
            *entries(1, at=NOW + 3, _SYSTEMD_UNIT=now),
            told(NOW + 4, 1000, was),
            told(NOW + 5, 1, now),
        ],
    )
    one = following(tmp_path)
    one.until(lambda: one.status.caught_up)
    assert one.sink.counted == {"missed_entries": 11}


def test_numbers_of_entries_take_precedence_over_journalds_report(tmp_path, following):
    """If Docker numbers its entries, exactly this container's missing ones are counted, and no more."""
    numbered = [
        {"at": NOW + i, "CONTAINER_NAME": "mesibo", "MESSAGE": f"line {i}", "_SYSTEMD_UNIT": "docker.service"}
        | {"CONTAINER_LOG_EPOCH": "e", "CONTAINER_LOG_ORDINAL": i}
        for i in (1, 2, 5)
    ]
    suppressed = told(NOW + 4, 500, "docker.service")
    remote(tmp_path / "m.journal", [suppressed | {"at": NOW}, *numbered[:2], suppressed, *numbered[2:]])
    one = following(tmp_path)
    one.until(lambda: one.status.caught_up and len(one.sink.lines) == 3)
    one.stop()
    one.start()
    one.until(lambda: one.status.caught_up)
    one.later = QUIET_SECONDS + 1
    one.until(lambda: one.sink.counted)
    assert one.sink.counted == {"missed_entries": 2}


def test_the_end_is_the_last_line_and_no_word_about_others(tmp_path, following):
    """Where reading begins at the end, a suppression behind the last line moves nothing."""
    remote(tmp_path / "m.journal", [*entries(3, _SYSTEMD_UNIT=UNIT), told(NOW + 9, unit="other.service")])
    one = following(tmp_path, container="", unit="mesibo", start_at="end")
    one.until(lambda: one.status.caught_up and one.status.up)
    assert (one.sink.lines, one.sink.counted) == ([], {})


def test_a_word_between_the_parts_of_a_message_counts():
    """Entries that wait for the rest of a message before them keep their order."""
    messages = Messages(100, fresh=True)
    for number, fields in enumerate(
        [
            {b"MESSAGE": b"one"},
            {b"MESSAGE": b"head ", b"_STREAM_ID": b"s", b"_LINE_BREAK": b"line-max"},
            {b"_TRANSPORT": b"driver", b"OBJECT_SYSTEMD_UNIT": UNIT.encode(), b"N_DROPPED": b"7", b"PRIORITY": b"6"},
            {b"MESSAGE": b"rest", b"_STREAM_ID": b"s"},
        ]
    ):
        entry = {b"__CURSOR": b"%d" % number, b"_SYSTEMD_UNIT": UNIT.encode(), **fields}
        assert not messages.of_another(entry)
        messages.take(entry)
    handed = messages.hand_on()
    assert (handed.data, handed.missed, messages.cursor) == (b"one\nhead rest\n", 7, "3")


def test_the_machine_is_the_only_one(monkeypatch):
    """Of the journals that are merged, the words of another host's journald are left out as its lines are."""
    monkeypatch.setattr("logwatch.journal.place._machine", lambda: "1" * 32)
    wanted = Target(unit="mesibo").followed
    assert wanted.count("_MACHINE_ID=" + "1" * 32) == 2
    assert wanted[:3] == Target(unit="mesibo").arguments
