"""Lines of any order and structure give their results by whole chunks: none that LINE takes is read by itself."""

import json
import random
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.model import Scan
from logwatch.parse import Scanner, chunk_reader, load
from logwatch.parse.chunk_reader import positions_of
from logwatch.parse.line_parser import LineParser
from tests.parse import logshaped

GRAMMAR = load("mesibo")
# Orders and fields that no sample has
DIALECTS = [
    "E2211-1015{0:02}-123 (17): push_on_complete: ttl {0} token tok{0} app 7 type fcm code {1}",
    "E2211-1015{0:02}-123: push_on_complete app: 7 via: proxy{0} platform: apns code: {1} reason: Unregistered",
    "**W**2211-1015{0:02}-123 (9): push_on_complete: sent {0} code={1} type=fcm",
    "E2211-1015{0:02}-123 (17): push_on_complete: [queue-{0}] to bob type fcm code {1}",
]


class Counted(LineParser):
    """A parser that counts how many lines are read one by one."""

    def __init__(self):
        super().__init__(GRAMMAR)
        self.singles = 0

    def read(self, line):
        self.singles += 1
        return super().read(line)


@pytest.fixture
def scanner():
    made = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"), keep=0)
    made.parser = Counted()
    return made


def lines(dialect: str, count: int, code: str = "200") -> list[str]:
    return [dialect.format(i % 60, code) for i in range(count)]


def chunk(some: list[str], envelope: str = "plain") -> bytes:
    if envelope == "docker":
        some = [f'{{"log":"{line}\\n","stream":"stdout","time":"2026-11-22T10:15:00Z"}}' for line in some]
    return "".join(line + "\n" for line in some).encode()


def scan(scanner, data, envelope="plain"):
    return scanner.scan(data, envelope=envelope, reference=1795342500.0)


def answer(number: int) -> str:
    """Return what FCM answers, with details of its own."""
    return (
        f'{{"error":{{"code":404,"message":"no such token (request {number * 7919:x})","status":"NOT_FOUND",'
        f'"details":[{{"@type":"FcmError","errorCode":"UNREGISTERED"}}]}}}}'
    )


def counted(found):
    return {(key.code, key.reason): seen.count for key, seen in found.results.items()}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_a_dialect_that_no_sample_shows_is_read_by_whole_chunks(scanner, dialect, envelope):
    """Lines of an unknown dialect are all counted without reading one by itself."""
    found = scan(scanner, chunk(lines(dialect, 500) + lines(dialect, 300, "914"), envelope), envelope)
    assert {key.code: seen.count for key, seen in found.results.items()} == {200: 500, 914: 300}
    assert scanner.parser.singles == 0


@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_dialects_side_by_side_are_all_read_by_whole_chunks(scanner, envelope):
    """Chunks that change between them, as of several files, and chunks in which they are mixed."""
    for dialect in DIALECTS * 2:
        assert sum(counted(scan(scanner, chunk(lines(dialect, 200), envelope), envelope)).values()) == 200
    mixed = [line for dialect in DIALECTS for line in lines(dialect, 200)]
    mixed = [mixed[i * 37 % len(mixed)] for i in range(len(mixed))]
    assert sum(counted(scan(scanner, chunk(mixed, envelope), envelope)).values()) == len(mixed)
    assert scanner.parser.singles == 0


def test_a_dialect_that_changes_all_the_time_is_read_by_whole_chunks(scanner):
    """Another one with each chunk."""
    for i in range(100):
        dialect = DIALECTS[0].replace("ttl", f"f{i % 20} x " * (i % 7 + 1))
        assert counted(scan(scanner, chunk(lines(dialect, 40)))) == {(200, ""): 40}
    assert scanner.parser.singles == 0


def test_lines_without_a_result_are_counted_by_cause(scanner):
    """A storm of lines with the marker and no code hides nothing."""
    for _ in range(3):
        found = scan(scanner, chunk(lines("E2211-101500-123 (17): push_on_complete: uid {0} pending", 200)))
        assert found.unparsed == {"no_code": 200}
    assert counted(scan(scanner, chunk(lines(DIALECTS[0], 200)))) == {(200, ""): 200}


def test_very_long_lines_are_counted(scanner):
    """Long lines are counted with the others, without reading one by itself."""
    endless = "E2211-101500-123 (17): push_on_complete: type fcm " + "a b " * 2000 + "code 200"
    assert counted(scan(scanner, chunk([endless] * 40))) == {(200, ""): 40}
    assert scanner.parser.singles == 0


@pytest.mark.parametrize("keys", [19, 21, 60, 100])
@pytest.mark.parametrize("same", [True, False])
def test_a_repetition_is_read_however_long_it_is(scanner, keys, same):
    """JSON of any number of keys before the code, of as many on each line or not."""
    line = "E2211-101500-123 (17): push_on_complete: type fcm data {} code 200"
    some = [json.dumps({f"k{j}": f"v{i}" for j in range(keys - (not same and i % 7))}) for i in range(500)]
    assert counted(scan(scanner, chunk([line.format(each) for each in some]))) == {(200, ""): 500}
    assert scanner.parser.singles == 0


def test_answers_that_all_differ_are_read_by_whole_chunks(scanner):
    """A storm of failures with details of their own: the reason of each is found."""
    line = "E2211-101500-123 (17): push_on_complete: type fcm code 404 "
    for start in range(0, 3000, 500):
        found = scan(scanner, chunk([line + answer(start + i) for i in range(500)]))
        assert counted(found) == {(404, "UNREGISTERED"): 500}
    assert scanner.parser.singles == 0


@pytest.mark.parametrize("text", ['"status":"FORGED"', '\\"errorCode\\":\\"FORGED\\"', "code 903", '"reason":"FORGED"'])
def test_an_answer_cannot_be_forged(scanner, text):
    """What a text within quotes looks like is not taken for a value, among harmless ones."""
    line = "E2211-101500-123 (17): push_on_complete: type fcm code 404 "
    quoted = text if "\\" in text else text.replace('"', '\\"')
    for start in range(0, 1000, 500):
        forged = [line + answer(start + i).replace("no such token", quoted if i % 50 == 0 else "x") for i in range(500)]
        assert counted(scan(scanner, chunk(forged))) == {(404, "UNREGISTERED"): 500}


def test_answers_in_any_order_are_read_by_whole_chunks(scanner):
    """Answers on three levels are read without reading a line by itself."""
    rng = random.Random(5)
    shuffled = lambda pairs: dict(rng.sample(pairs, len(pairs)))  # noqa: E731
    push = "E2211-101500-123 (17): push_on_complete: uid 4711 type fcm code 404 "

    def answers(count):
        for number in range(count):
            detail = shuffled([("@type", "FcmError"), ("errorCode", "UNREGISTERED"), ("n", number)])
            error = shuffled([("code", 404), ("message", "gone"), ("status", "NOT_FOUND"), ("details", [detail])])
            yield push + json.dumps(shuffled([("error", error), ("id", number), ("ts", 7), ("ok", "no")]))

    assert counted(scan(scanner, chunk(list(answers(2000))))) == {(404, "UNREGISTERED"): 2000}
    assert scanner.parser.singles == 0


@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_lines_of_users_that_look_like_push_lines_are_not_read_one_by_one(scanner, envelope):
    """They are told by cause, with the shapes of a few, and no push is missed among them."""
    push = "push_on_complete: uid 4711 type fcm code 404 reason UNREGISTERED"
    some = [f"E2211-1015{i % 60:02}-123 (17): {'chat: from bob: ' * (i % 3 == 0)}{push}" for i in range(3000)]
    found = scan(scanner, chunk(some, envelope), envelope)
    assert found.unparsed == {"misplaced": 1000}
    assert counted(found) == {(404, "UNREGISTERED"): 2000}
    assert sum(sample.count for sample in found.samples) == 1000
    assert found.unread["misplaced"].count == 1000
    assert scanner.parser.singles == 0


def test_lines_of_a_function_whose_name_begins_with_the_marker_are_looked_at_once(scanner):
    """They are not read one by one: another module may write one a push."""
    pushes = lines("E2211-1015{0:02}-123 (17): push_on_complete: uid 7 type fcm code {1}", 500)
    other = lines("E2211-1015{0:02}-123 (17): push_on_complete_cb: req {0} code {1}", 500)
    scan(scanner, chunk(pushes + other))
    asked, misplaced = [], scanner.parser.misplaced
    scanner.parser.misplaced = lambda some: asked.extend(some) or misplaced(some)
    singles = scanner.parser.singles
    found = scan(scanner, chunk(pushes + other))
    assert (found.candidates, found.unparsed) == (500, {})
    assert (len(asked), scanner.parser.singles) == (500, singles)


def test_accepted_pushes_with_a_message_name_of_their_own_are_one_result(scanner):
    """Different message ids in answers make no different results, nor does a project named like a value."""
    line = 'E2211-101500-123 (17): push_on_complete: type fcm code 200 {{"name":"projects/{0}/messages/0:17{1}%abc"}}'
    for project in ("demo", "status-code", "reason code 7"):
        found = scan(scanner, chunk([line.format(project, i) for i in range(2000)]))
        assert counted(found) == {(200, ""): 2000}
    assert scanner.parser.singles == 0


def test_results_do_not_depend_on_what_was_read_before(scanner):
    """The same chunk gives the same after other logs have been read."""
    first = scan(scanner, chunk(lines(DIALECTS[0], 100, "404")))
    for dialect in DIALECTS[1:]:
        scan(scanner, chunk(lines(dialect, 300)))
    assert scan(scanner, chunk(lines(DIALECTS[0], 100, "404"))) == first


def test_answers_of_any_structure_are_read_by_whole_chunks(scanner):
    """Answers of any depth are read without reading a line by itself."""
    rng = random.Random(6)

    def value(depth: int):
        kind = rng.choice(["text", "list", "dict"] if depth else ["text"])
        if kind == "text":
            return rng.choice([7, None, "a b", 'say "c"'])
        inner = [value(depth - 1) for _ in range(rng.randrange(4))]
        return inner if kind == "list" else {f"k{i}": each for i, each in enumerate(inner)}

    line = "E2211-101500-123 (17): push_on_complete: type fcm code 200 "
    for _ in range(5):
        found = scan(scanner, chunk([line + json.dumps({"a": value(4), "b": value(4)}) for _ in range(400)]))
        assert counted(found) == {(200, ""): 400}
    assert scanner.parser.singles == 0


@pytest.mark.parametrize("failures", [1, 200, 4000])
def test_failures_are_read_together(failures):
    """Failures are returned in detail and in order, without reading a line by itself."""
    scanner = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"), keep=5000)
    scanner.parser = Counted()
    found = scan(scanner, chunk(lines(DIALECTS[0], failures, "404"))).failures
    assert [failure.token for failure in found] == [f"tok{i % 60}" for i in range(failures)]
    assert scanner.parser.singles == 0


@settings(max_examples=300)
@given(st.lists(st.integers(0, 255), max_size=600), st.sets(st.integers(0, 255)))
def test_positions_of_codes_are_found_in_order(codes, wanted):
    """The positions at which any of some codes occur are returned in ascending order."""
    assert positions_of(bytes(codes), wanted) == [i for i, code in enumerate(codes) if code in wanted]


def test_more_results_than_there_are_codes_are_all_counted(scanner):
    """A thousand different reasons, each twice, and those that come again in the next chunk."""
    answers = [f"E2211-101500-123 (17): push_on_complete: type fcm code 404 reason r{i}" for i in range(1000)]
    for _ in range(3):
        found = scan(scanner, chunk([*answers, *lines(DIALECTS[0], 50), *answers]))
        assert Counter(seen.count for seen in found.results.values()) == {2: 1000, 50: 1}


def test_results_beyond_the_codes_are_worked_out_once(scanner, monkeypatch):
    """Each line fails for a reason of its own: what its values mean is asked once, and no line is read by itself."""
    asked, mean = [], chunk_reader.from_groups
    monkeypatch.setattr(
        chunk_reader, "from_groups", lambda names, columns: asked.append(len(columns[0])) or mean(names, columns)
    )
    form = "E2211-101500-123 (17): push_on_complete: type fcm code 500 reason r{}"
    scan(scanner, chunk([form.format(i) for i in range(500)]))
    asked.clear()
    found = scan(scanner, chunk([form.format(1000 + i) for i in range(1000)]))
    assert counted(found) == {(500, f"r{1000 + i}"): 1 for i in range(1000)}
    assert sum(asked) == 1000
    assert scanner.parser.singles == 0


@pytest.mark.parametrize("envelope", ["plain", "docker"])
@pytest.mark.parametrize("seed", range(4))
def test_without_pcre2_results_are_the_same(monkeypatch, envelope, seed):
    """Each line is read by itself then: the same results, causes, failures and times."""
    rng = random.Random(seed)
    some = [logshaped.line(rng, 2) for _ in range(500)]
    some += [line.encode() for dialect in DIALECTS for line in lines(dialect, 50, rng.choice(["200", "404"]))]
    rng.shuffle(some)
    if envelope == "docker":
        record = {"stream": "stdout", "time": "2026-11-22T10:15:00.123456789Z"}
        some = [json.dumps({"log": line.decode(errors="replace") + "\n", **record}).encode() for line in some]
    data = b"\n".join([*some, b""])
    found: list[Scan] = []
    for is_there in (True, False):
        if not is_there:
            monkeypatch.setattr("logwatch.compile.pcre2.loaded", lambda: None)
        scanner = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"))
        scanner.parser = Counted()
        found.append(scan(scanner, data, envelope))
        assert list(found[-1].failures)
        assert (scanner.parser.singles > 400) is not is_there
    assert found[0] == found[1]
    assert found[0].results
    assert found[0].unparsed
