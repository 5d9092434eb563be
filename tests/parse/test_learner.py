"""A log teaches the scanner how it is written: what was learned is used, what was in vain is not tried for ever."""

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.parse import Scanner, load
from logwatch.parse.engine import Engine
from logwatch.parse.kinds import RARE, Kinds, places

GRAMMAR = load("mesibo")
# Orders and fields that no sample has; a turn more than are unrolled would not be learned
DIALECTS = [
    "E2211-1015{0:02}-123 (17): push_on_complete: ttl {0} token tok{0} app 7 type fcm code {1}",
    "E2211-1015{0:02}-123: push_on_complete app: 7 via: proxy{0} platform: apns code: {1} reason: Unregistered",
    "**W**2211-1015{0:02}-123 (9): push_on_complete: sent {0} code={1} type=fcm",
]


class Counted(Engine):
    """An engine that counts how many lines are read one by one, and how often something is learned."""

    def __init__(self):
        super().__init__(GRAMMAR)
        self.singles = 0
        self.lessons = 0
        alike = self._shape.alike

        def counted(*arguments):
            self.lessons += 1
            return alike(*arguments)

        self._shape.alike = counted

    def read(self, line):
        self.singles += 1
        return super().read(line)


@pytest.fixture
def scanner():
    made = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"), keep=0)
    made.engine = Counted()
    return made


def lines(dialect: str, count: int, code: str = "200") -> list[str]:
    return [dialect.format(i % 60, code) for i in range(count)]


def chunk(some: list[str], envelope: str = "plain") -> bytes:
    if envelope == "docker":
        some = [f'{{"log":"{line}\\n","stream":"stdout","time":"2026-11-22T10:15:00Z"}}' for line in some]
    return "".join(line + "\n" for line in some).encode()


def scan(scanner, data, envelope="plain"):
    return scanner.scan(data, envelope=envelope, reference=1795342500.0)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_a_dialect_that_no_sample_shows_is_read_by_whole_chunks(scanner, dialect, envelope):
    """Not one of its lines is read by itself, and all are counted."""
    found = scan(scanner, chunk(lines(dialect, 500) + lines(dialect, 300, "914"), envelope), envelope)
    assert {key.code: seen.count for key, seen in found.results.items()} == {200: 500, 914: 300}
    assert scanner.engine.singles == 0


def test_several_dialects_side_by_side_are_each_learned_once(scanner):
    """Chunks that change between three dialects, as of three files, do not make it forget any."""
    for _ in range(50):
        for dialect in DIALECTS:
            assert scan(scanner, chunk(lines(dialect, 200))).results
    assert scanner.engine.lessons == len(DIALECTS)


def test_a_log_that_changes_its_dialect_all_the_time_is_learned_from_sparingly(scanner):
    """More dialects than are kept, another one with each chunk: lessons get rarer, also where each one fits."""
    for i in range(300):
        dialect = DIALECTS[0].replace("ttl", f"f{i % 20} x " * (i % 7 + 1))
        assert scan(scanner, chunk(lines(dialect, 40))).results
    assert scanner.engine.lessons < 20


def test_a_mixture_is_counted_exactly_and_learned_from_sparingly(scanner):
    """Where no two lines in a row are alike, lessons get rarer and rarer."""
    mixed = [
        f"E2211-101500-123 (17): push_on_complete: {' '.join(f'{chr(97 + i * j % 23)}{j} {i}' for j in range(i % 7))}"
        f" type fcm code 200"
        for i in range(400)
    ]
    for _ in range(100):
        assert sum(seen.count for seen in scan(scanner, chunk(mixed)).results.values()) == len(mixed)
    assert scanner.engine.lessons < 60


def test_lines_that_give_no_result_teach_nothing_for_long(scanner):
    """A storm of lines with the marker and no code is told as it is, and tried to learn from a few times."""
    for _ in range(100):
        found = scan(scanner, chunk(lines("E2211-101500-123 (17): push_on_complete: uid {0} pending", 200)))
        assert found.unparsed == {"no_code": 200}
    assert scanner.engine.lessons < 60


def test_very_long_lines_teach_nothing(scanner):
    """They are gone through field by field, and what users write must not make that expensive."""
    endless = "E2211-101500-123 (17): push_on_complete: type fcm " + "a b " * 2000 + "code 200"
    assert scan(scanner, chunk([endless] * 40)).candidates == 40
    assert scanner.engine.lessons == 0


def test_results_do_not_depend_on_what_was_learned_before(scanner):
    """The same chunk gives the same after other logs have been read."""
    first = scan(scanner, chunk(lines(DIALECTS[0], 100, "404")))
    for dialect in DIALECTS[1:]:
        scan(scanner, chunk(lines(dialect, 300)))
    assert scan(scanner, chunk(lines(DIALECTS[0], 100, "404"))) == first


GROUPS = st.tuples(st.binary(max_size=3), st.sampled_from([b"200", b"404", b"x" * 2000, b""]))


@settings(max_examples=300)
@given(st.lists(GROUPS, max_size=600))
def test_kinds_count_and_place_what_was_captured(found):
    """Numbers tell equal from unequal; what has none is in its place all the same."""
    kinds = Kinds()
    numbers = kinds.number(found)
    assert len(numbers) == len(found)
    counted = Counter(found)
    for kind in set(numbers) - {RARE}:
        groups = found[numbers.index(kind)]
        at = places(numbers, (kind,))
        assert at == [i for i, each in enumerate(found) if each == groups]
        assert (at[0], at[-1], len(at)) == (numbers.index(kind), numbers.rindex(kind), counted[groups])


def test_more_kinds_than_there_are_numbers_are_all_counted(scanner):
    """A thousand different answers, each twice, and those that come again in the next chunk."""
    answers = [f'E2211-101500-123 (17): push_on_complete: type fcm code 404 {{"n":"{i}"}}' for i in range(1000)]
    for _ in range(3):
        found = scan(scanner, chunk([*answers, *lines(DIALECTS[0], 50), *answers]))
        assert {key.code: seen.count for key, seen in found.results.items()} == {404: 2000, 200: 50}
