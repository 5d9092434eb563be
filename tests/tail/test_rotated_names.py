import pytest

from logwatch.tail.rotated_names import age_key, possible_bases, rotated_name, shape_of, uncounted
from logwatch.unpack import format_of_name

ROTATED = {
    "mesibo.log.1": (1, "", False),
    "mesibo.log.10.gz": (10, "", True),
    "mesibo.log.gz": (None, "", True),
    "mesibo.log-20261122": (None, "20261122", False),
    "mesibo.log-20261122.gz": (None, "20261122", True),
    "mesibo.log-2026112210": (None, "2026112210", False),
    "mesibo.log-20261122.1": (None, "20261122", False),
    "mesibo.log.2026-11-22": (None, "20261122", False),
    "mesibo.log-1763798400": (None, "1763798400", False),
    "mesibo.log.221126-101500-123": (None, "221126101500123", False),
    "mesibo.log.old": (None, "", False),
    "mesibo.1.log": (1, "", False),
    "mesibo-20261122.log.gz": (None, "20261122", True),
    "mesibo.20261122-101112.log": (None, "20261122101112", False),
    "mesibo.log.1.old": (1, "", False),
    "mesibo.log-20261122.bak.gz": (None, "20261122", True),
    "mesibo.log.2.log": (2, "", False),
    "mesibo.log.3.txt": (3, "", False),
    "2026-11-22-mesibo.log": (None, "20261122", False),
    "20261122T1015_mesibo.log.gz": (None, "202611221015", True),
}
NOT_ROTATED = [
    "mesibo.log",
    "mesibo.logs",
    "mesibo.log2",
    "mesibo.log.1.bak.zip",
    "mesibo.log.tmp",
    "mesibo.log~new",
    "mesibo-eu.log",
    "mesibo2.log",
    "mesibo.log-x",
    "mesibo.log.1.x",
    "2026-mesibo.log",
    "20261122-mesibo.log.x",
    "20261122mesibo.log",
    "other.log.1",
    "mesibo.1.txt",
]


@pytest.mark.parametrize("name", ROTATED)
def test_names_that_rotation_gives(name):
    """logrotate's, Docker's, loggers' and mesibo's own names are known, with their number or date."""
    rotated = rotated_name("mesibo.log", name)
    assert rotated, f"{name}: not known as a name that rotation gives"
    assert (rotated.number, rotated.date, format_of_name(name) is not None) == ROTATED[name]
    assert "mesibo.log" in possible_bases(name)


def test_supervisors_names_are_ordered_by_their_stamps():
    """The names that svlogd, multilog and s6-log give to a rotated ``current`` are ordered by their TAI64N stamps."""
    names = ["@4000000069b0a1c029f2de4c.s", "@4000000069b0a1c1000000ff.u", "@4000000069b0a1c1000001ff.s"]
    assert sorted(names, key=lambda name: age_key(rotated_name("current", name), 0)) == names
    assert all("current" in possible_bases(name) for name in names)
    assert rotated_name("current", "@4000000069b0a1c029f2de4c.t") is None  # what a processor has not finished
    assert rotated_name("mesibo.log", names[0]) is None


@pytest.mark.parametrize("name", NOT_ROTATED)
def test_names_of_other_files(name):
    """A name that only begins alike is another file's."""
    assert rotated_name("mesibo.log", name) is None


def test_dockers_rotated_names_are_known():
    """Docker appends a number to the whole name of a log."""
    base = "0123-json.log"
    assert rotated_name(base, base + ".1").number == 1
    assert rotated_name(base, base + ".2.gz").number == 2


@pytest.mark.parametrize("name", ["server-2", "mesibo_2.log", "v1.2.tar"])
def test_numbers_that_are_part_of_a_name(name):
    """A number behind a dash tells hosts and workers apart; only dates are rotated so."""
    assert {base for base in possible_bases(name) if rotated_name(base, name)} <= {"v1.tar"}


@pytest.mark.parametrize(
    ("name", "log"),
    [("m12.log", "m.log"), ("m.log", "m.log"), ("m-20261122.log", "m-20261122.log"), ("2.log", "2.log"), ("m1", "m1")],
)
def test_a_number_behind_the_last_letter(name, log):
    """Some loggers count up in front of the extension; a date stays."""
    assert uncounted(name) == log


def test_the_oldest_comes_first():
    """Higher numbers and earlier dates are older; else the last write decides."""

    def order(*names):
        return sorted(names, key=lambda name: age_key(rotated_name("m.log", name), 0))

    assert order("m.log.1", "m.log.10.gz", "m.log.2") == ["m.log.10.gz", "m.log.2", "m.log.1"]
    assert order("m.log-20261122", "m.log-20261121.gz") == ["m.log-20261121.gz", "m.log-20261122"]
    old = rotated_name("m.log", "m.log.old")
    assert age_key(old, 1) < age_key(old, 2)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("m.log.bak1", "m.log.bak12.gz", True),
        ("m.log.a.gz", "m.log.B", True),
        ("m.log-Mon", "m.log-Sunday", True),
        ("m.log.24Nov", "m.log.1Dec", True),
        ("@400000006747abc1234567de.s", "@4000000067480a11234567de.u", True),
        ("2026-11-25-m.log", "2026-11-26-m.log.gz", True),
        ("m.log.bak", "m.log.kept", False),
        ("m.log.deadbeef", "m.log.cafecafe", False),
        ("m.log.bak1", "m.log.bak", False),
        ("m.log.a", "m.log.notes", False),
    ],
)
def test_names_of_one_scheme_have_one_shape(one, other, alike):
    """Numbers, letters and days count generations; what else is in a name is the scheme's."""
    assert (shape_of(one) == shape_of(other)) is alike


def test_a_scheme_of_names_is_one_logs_alone():
    """What a scheme counts is another generation; the number in a log's own name is another log."""
    assert shape_of("old-m1-7", "m1") == shape_of("old-m1-8.gz", "m1")
    assert shape_of("old-m1-7", "m1") != shape_of("old-m2-7", "m1")
    assert shape_of("a.Sat", "a") == shape_of("a.Mon", "a")
