"""What envelope a log has is decided by mesibo's own lines, by a clear majority of them, and by nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope
from logwatch.envelope.decide import ENOUGH_VOTES
from logwatch.envelope.prefixed import CONTAINER_ID
from logwatch.model import PLAIN, Envelope, Layer
from tests.helpers.wrapping import NAMES, SEVERAL_LINES, WRAP, envelope_of, log, nano, owns, written


def texts(count: int) -> list[str]:
    return [f"E2511-{100000 + i:06d}-001 (17): push_on_complete: uid 4711 type fcm code 200" for i in range(count)]


def decided(data: bytes, **how) -> Envelope | None:
    found = envelope.decide(data, owns, **({"final": True} | how))
    return found if isinstance(found, Envelope) else None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 3, 60])
def test_each_envelope_is_detected_by_lines_of_mesibo(name, count):
    """A few of mesibo's lines are enough to detect each envelope once nothing more is to come."""
    assert decided(written(name, texts(count))) == envelope_of(name)


@pytest.mark.parametrize("forged", [name for name in NAMES if name not in SEVERAL_LINES])
@pytest.mark.parametrize("real", NAMES)
def test_a_forged_first_line_decides_nothing(forged, real):
    """One line in another envelope, the very first one, is outvoted by those of mesibo."""
    assert decided(written(forged, texts(1)) + written(real, texts(60))) == envelope_of(real)


def test_a_name_inside_another_envelope_that_forges_a_few_lines_is_not_mesibos():
    """What another container prints with mesibo's prefix does not make its name one of mesibo's, there neither."""
    mine = b"".join(WRAP["docker"](f"mesibo-1  | {text}", i) + b"\n" for i, text in enumerate(texts(60)))
    forged = b"".join(WRAP["docker"](f"web-1  | {text}", i) + b"\n" for i, text in enumerate(texts(4)))
    assert decided(mine + forged) == decided(mine) != decided(forged)


@pytest.mark.parametrize("name", NAMES)
def test_it_stays_open_until_mesibo_has_spoken(name):
    """Lines of others, however many, tell nothing."""
    assert decided(written(name, ["starting", "==1== Using the defaults", '{"log":"x"}'] * 40), final=False) is None


@pytest.mark.parametrize("name", WRAP)
def test_few_lines_are_not_enough_while_more_may_come(name):
    """A new file with a line or two is waited for; with what the file before had, one line is enough."""
    few = written(name, texts(2))
    assert decided(few, final=False) is None
    assert decided(few, final=False, expected=envelope_of(name)) == envelope_of(name)
    assert decided(few, final=False, expected=PLAIN) is None
    assert decided(written(name, texts(9)), final=False) == envelope_of(name)
    assert decided(written(name, texts(9)), final=False, expected=PLAIN) is None
    assert decided(written(name, texts(60)), final=False, expected=PLAIN) == envelope_of(name)


@pytest.mark.parametrize("other", ["plain", "compose"])
def test_a_few_lines_of_which_one_contradicts_are_not_enough_while_more_may_come(other):
    """It may be the others that a user's text brought along."""
    lines = written("cri", texts(9)) + (written(other, texts(1)) if other != "plain" else texts(1)[0].encode() + b"\n")
    assert decided(lines, final=False) is None
    assert decided(lines) == envelope_of("cri")


@pytest.mark.parametrize("name", ["plain", "docker", "cri", "syslog-3164"])
def test_lines_that_all_say_the_same_are_looked_at_until_they_are_enough(name):
    """Of hundreds of small files each is decided: no more is asked than what a file that grows slowly is decided by.

    Where lines stand under names, those that come later may be mesibo's as well.
    """
    asked = 0

    def owns_counted(line):
        nonlocal asked
        asked += owns(line)
        return owns(line)

    assert envelope.decide(written(name, texts(300)), owns_counted) == envelope_of(name)
    assert asked == (200 if "syslog" in name else ENOUGH_VOTES)


def test_a_plain_line_is_enough_for_a_plain_log():
    """A new log is read with its first line, unless the one before it had an envelope."""
    one = written("plain", texts(1))
    assert decided(one, final=False) == PLAIN
    assert decided(one, final=False, expected=PLAIN) == PLAIN
    assert decided(one, final=False, expected=envelope_of("cri")) is None


@given(st.lists(st.sampled_from([name for name in WRAP if name not in SEVERAL_LINES]), min_size=60, max_size=120))
def test_without_a_clear_majority_nothing_enveloped_counts(names):
    """A wild mixture is read as plain."""
    data = b"".join(written(name, texts(1)) for name in names)
    found = decided(data)
    most = max(names.count(name) for name in names)
    if most < len(names) * 2 / 3:
        assert found == PLAIN


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("journal-precise", "compose"),
        ("journal-json", "compose"),
        ("syslog-3339", "compose"),
        ("docker", "syslog-5424"),
        ("docker", "docker-timestamps"),
    ],
)
def test_two_envelopes_are_detected_if_nearly_all_lines_have_the_same_two(outer, inner):
    """Two envelopes, as of `docker compose up` under systemd, are detected, but not among lines with one."""
    both = log(outer, [WRAP[inner](text, i).decode() for i, text in enumerate(texts(20))])
    expected = Envelope((*envelope_of(outer).layers, *envelope_of(inner).layers))
    assert decided(both) == expected
    assert decided(both + log(outer, texts(5))) == envelope_of(outer)
    assert decided(log(outer, texts(60)) + both) == envelope_of(outer)
    begun = b"".join(both.splitlines(keepends=True)[:2])
    assert decided(begun, final=False) is None  # and not plain, in which the others would be lost


def test_names_behind_two_envelopes_are_those_under_which_a_tenth_of_the_lines_stand():
    """A line under one that is rare is nobody's there."""
    names = ["mesibo"] * 34 + ["relay"] * 4 + ["rare"] * 2
    lines = [
        WRAP["syslog-5424"](text, i).decode().replace(" mesibo ", f" {name} ", 1)
        for i, (text, name) in enumerate(zip(texts(40), names, strict=True))
    ]
    assert decided(log("docker", lines)) == Envelope((Layer("docker"), Layer("syslog-5424", ("mesibo", "relay"))))


def test_lines_under_another_name_are_not_mesibo_s():
    """The tag under which most of its lines stand is part of the decision."""
    data = log("syslog-3164", texts(20))
    other = data.replace(b" mesibo[12]: ", b" nginx: ").splitlines(keepends=True)[0]
    chatter = b"".join(other.replace(b"E2511-", b"GET /") for _ in range(30))
    assert decided(chatter + other + data) == Envelope((Layer("syslog-3164", ("mesibo",)),))


def test_containers_ids_are_mesibo_s_where_no_other_container_logs():
    """A restarted container has another id; where others log beside it, only the ids of its own lines count."""
    first, second, other = (
        log("syslog-3164", texts(20)).replace(b" mesibo[12]: ", b" %s[12]: " % name)
        for name in (b"0123456789ab", b"ba9876543210", b"aaaaaaaaaaaa")
    )
    assert decided(first) == Envelope((Layer("syslog-3164", (CONTAINER_ID,)),))
    noise = other.replace(b"E2511-", b"GET /")
    assert decided(first + noise + second) == Envelope((Layer("syslog-3164", ("0123456789ab", "ba9876543210")),))


@pytest.mark.parametrize("kind", ["docker", "compose", "cri", "syslog", "journal-short", "journal-json"])
def test_a_kind_that_was_named_leaves_only_its_formats(kind):
    """With a configured kind, votes only decide between its formats and names."""
    for name in WRAP:
        found = decided(log(name, texts(3)), kind=kind)
        assert found is None or envelope.label(found) == kind
        if envelope.FORMATS[name].kind == kind:
            assert found == envelope_of(name)
    assert decided(b"", kind="plain", final=False) == PLAIN
    assert decided(b"", kind="docker", final=False) == envelope_of("docker")
    assert decided(b"nothing of mesibo's\n", kind="syslog") is None
    assert envelope.label(envelope.undecided("syslog")) == "syslog"
    assert envelope.undecided("auto") == PLAIN


def test_a_torn_beginning_does_not_hide_what_a_log_is():
    """A log cut at its front, holes, a line of others first: the votes of mesibo's lines decide."""
    data = log("docker", texts(10))
    assert decided(data[30:]) == envelope_of("docker")
    assert decided(b"\0" * 70000 + data) == envelope_of("docker")
    assert decided(b"\n\n" + data) == envelope_of("docker")


def test_a_decision_fits_in_a_column():
    """A decision that is committed with a position is read back unchanged after a restart."""
    for name in NAMES:
        assert envelope.decoded(envelope.encoded(envelope_of(name))) == envelope_of(name)
    assert envelope.decoded("") is None
    assert envelope.decoded('[["gone",[]]]') is None
    assert envelope.decoded("rubbish") is None


def test_names_of_months_are_no_trap():
    """A line of mesibo's in ISO time behind a service is compose's with -t, and without it another dialect's own."""
    dialect = re.compile(rb"[0-9]{4}-[0-9-]{5}T[0-9:.]+Z push")
    data = f"mesibo-1  | {nano(0)} push_on_complete code 200\n".encode() * 3
    found = envelope.decide(data, lambda line: dialect.match(line) is not None, final=True)
    assert found == envelope_of("compose")


@pytest.mark.parametrize("name", ["syslog-3164", "compose", "docker", "cri"])
def test_another_envelope_of_later_lines_is_found(name):
    """Whichever of the two came first; fewer lines than a user may forge are not enough, nor is none of mesibo's."""
    plain, inside = written("plain", texts(20)), written(name, texts(20))
    first, second = envelope_of(name), PLAIN
    assert envelope.changed(inside + plain, first, owns) == second
    assert envelope.changed(plain + inside, second, owns) == first
    assert envelope.changed(inside, first, owns) is None
    assert envelope.changed(plain + written(name, texts(4)), PLAIN, owns) is None
    assert envelope.changed(plain + written(name, texts(9)) + b"chat> push_on_complete\n" * 10, PLAIN, owns) is None
