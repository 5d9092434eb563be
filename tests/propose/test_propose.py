# ruff: noqa: E501  log lines are as long as they are
"""What `grammar propose` makes of dialects that it has never seen: exact counts, and nothing of what users write."""

import json
import random
import re
from collections import Counter
from contextlib import suppress
from datetime import UTC
from functools import cache, lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.catalogue import Catalogue
from logwatch.errors import GrammarError
from logwatch.parse import Scanner, load
from logwatch.parse.check import check
from logwatch.propose import propose, stamps
from logwatch.propose.hostile import false_code
from logwatch.propose.prove import outcome
from tests.helpers import dialects
from tests.helpers.grammars import write_grammar

NAMES = sorted(dialects.DIALECTS)
CATALOGUE = Catalogue.load()


@lru_cache(maxsize=len(NAMES))
def proposal(name, seed=0):
    lines = dialects.sheet(name, seed).lines
    return propose([line.encode() for line in lines], name, "push_on_complete", CATALOGUE)


def reader(directory, made):
    """Load a proposal as the daemon would, and return what reads one line: its code, or None."""
    write_grammar(directory, made.name, made.grammar, made.samples)
    scanner = Scanner(load(made.name, [directory]), timezone=UTC)

    def read(line):
        scan = scanner.scan(line.encode("utf-8", "replace") + b"\n", envelope="plain", reference=0.0)
        return next((key.code for key in scan.results), None)

    return read


@pytest.fixture(scope="module")
def reader_of(tmp_path_factory):
    """Return what reads a line by the proposal for a dialect, compiled once for all tests."""
    return cache(lambda name: reader(tmp_path_factory.mktemp(name), proposal(name)))


@pytest.mark.parametrize("name", NAMES)
def test_every_push_of_a_dialect_counts_and_nothing_else(name, reader_of):
    """Each line counts its own code; lines of other functions give nothing, and a text of a user never gives a code."""
    sheet, read = dialects.sheet(name, 0), reader_of(name)
    told = dict(sheet.told)
    counts = Counter(code for line in sheet.lines if line not in told and (code := read(line)) is not None)
    assert counts == sheet.counts
    assert [line for line in sheet.hostile if read(line) is not None] == []
    assert [line for line, code in sheet.told if read(line) not in (code, None)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_proposal_reads_lines_that_it_was_not_made_from(name, reader_of):
    """Two hundred later lines, of other users and with other numbers, count their own codes, all of them."""
    read = reader_of(name)
    rng = random.Random(f"later {name}")
    write = dialects.DIALECTS[name]
    later = [(write(push, "", rng), push.code) for push in dialects.pushes(rng, 200)]
    assert [(line, code) for line, code in later if read(line) != code] == []


@pytest.mark.parametrize(
    "name", ["logfmt_iso", "json_lines", "pipes_padded", "result_words", "call_form", "python_dict"]
)
def test_no_text_of_a_user_forges_a_code(name, reader_of):
    """Whatever is written as a display name, the line counts its own code or nothing."""
    read = reader_of(name)
    alphabet = st.sampled_from(
        [*"code 903=:\"'{}[]()|,;\\->", "code", "903", "push_on_complete", '"code":903', "result 903"]
    )
    write = dialects.DIALECTS[name]

    @settings(max_examples=200, deadline=None)
    @given(st.lists(alphabet, max_size=14).map("".join), st.integers(0, 50))
    def holds(text, seed):
        rng = random.Random(seed)
        push = next(dialects.pushes(rng, 1))
        for line in write(push, text, rng).split("\n"):
            assert read(line) in (push.code, None)

    holds()


@pytest.mark.parametrize("name", ["logfmt_iso", "json_code_first", "pipes", "code_in_head", "last_word", "parens"])
def test_what_is_written_passes_the_real_checker_and_names_no_user(name, tmp_path):
    """The samples hold every alternative, matching is linear, all of it is compiled, and no address or token is kept."""
    made = proposal(name)
    reader(tmp_path, made)
    grammar = load(made.name, [tmp_path])
    assert [str(problem) for problem in check(grammar)] == []
    assert sum(sample.expected is None for sample in grammar.samples) >= 5
    rng = random.Random(f"{name} 0")
    text = made.grammar + made.samples
    assert [push.uid for push in dialects.pushes(rng, 60) if len(push.uid) > 5 and push.uid in text] == []
    assert [push.token for push in dialects.pushes(random.Random(f"{name} 0"), 60) if push.token in text] == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{iso} push_on_complete {{"uid": 4711, "answer": {{"code": {code}}}}}', id="an object inside one"),
        pytest.param('{iso} push_on_complete: "code {code} for fcm" sent to 4711', id="a quoted text of words"),
        pytest.param('{iso} push_on_complete|fcm|say "x|{code}|y" then|4711', id="a quoted text of fields"),
        pytest.param("{iso} push_on_complete, fcm, [17, {code}, 3], 4711", id="a list in a field"),
        pytest.param('{iso} INFO push_on_complete uid=4711 text="code={code}"', id="a quoted text"),
        pytest.param('{iso} INFO on_message text="say \\"push_on_complete code={code}\\""', id="a quote within a text"),
        pytest.param("{iso} INFO on_message uid=4711 text='push_on_complete code={code}'", id="single quotes"),
        pytest.param("{iso} INFO push_on_complete uid=4711 [code={code}]", id="square brackets"),
        pytest.param('{{"time": "{iso}", "msg": "push_on_complete uid 4711 code {code}"}}', id="a JSON string"),
        pytest.param("{iso} INFO push_on_complete uid=4711 ms={ms}", id="numbers that are no codes"),
        pytest.param("{iso} INFO push_on_complete [{code}] uid=4711 retries: 0", id="a count beside square brackets"),
        pytest.param('{iso} INFO push_on_complete uid=4711 code="{code}" 0', id="a 0 beside a quoted text"),
        pytest.param(
            "{iso} INFO push_on_complete rc 0 {{uid=4711 code={code}}}", id="always 0 beside a code in braces"
        ),
        pytest.param(
            '{{"ts":"{iso}","msg":"push_on_complete","rc":0,"answer":{{"code":{code}}}}}', id="0 beside an object"
        ),
    ],
)
def test_no_code_is_taken_from_quotes_and_brackets(line):
    """Nothing is proposed, with the reason, where users' texts stand as well."""
    rng = random.Random(1)
    lines = [
        line.format(iso=push.iso, code=push.code, ms=rng.randrange(2000)).encode() for push in dialects.pushes(rng, 60)
    ]
    with pytest.raises(GrammarError, match="nothing to propose"):
        propose(lines, "x", "push_on_complete", CATALOGUE)


def test_a_count_on_lines_without_a_code_is_no_code():
    """Lines that tell a success by a word are not read: a 0 of retries there is no answer of anybody."""
    lines = [
        f"{push.iso} push_on_complete uid={push.uid} {f'code={push.code}' if i % 3 else 'sent retries=0'}"
        for i, push in enumerate(dialects.pushes(random.Random(4), 60))
    ]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    read = sum((each.codes for each in made.shapes), Counter())
    assert (0 in read, made.unread) == (False, 20)


def test_a_place_that_differs_from_line_to_line_is_not_proposed():
    """A number among free words is not taken for a code."""
    rng = random.Random(2)
    lines = []
    for push in dialects.pushes(rng, 60):
        words = ["said", "hello", "there", str(push.uid)]
        words.insert(rng.randrange(4), str(push.code))
        lines.append(f"{push.iso} push_on_complete {' '.join(words)} end".encode())
    with pytest.raises(GrammarError, match="changing places"):
        propose(lines, "x", "push_on_complete", CATALOGUE)


def test_doubts_are_reported():
    """Two places with codes, lines of other functions, a single number: each is reported as a doubt."""
    rng = random.Random(3)
    lines = [
        f"{push.iso} push_on_complete http_status={push.code} result={push.code}" for push in dialects.pushes(rng, 60)
    ]
    lines = [re.sub("result=.*", "result=404", line) if i % 7 == 0 else line for i, line in enumerate(lines)]
    lines += [lines[0].replace("push_on_complete", "on_message: push_on_complete")] * 3
    told = "\n".join(propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE).doubts)
    assert "two places hold numbers that are codes: `http_status=N`, `result=N`" in told
    assert "3 of 63 lines hold push_on_complete in another place" in told


@pytest.mark.parametrize(("platform", "told"), [("<os ios>", True), ("os=ios", False)])
def test_lines_without_a_platform_are_a_doubt(platform, told):
    """A 404 is a dead token with one provider and a malformed request with the other: the counts cannot say which."""
    codes = [200, 200, 404, 410, 903]
    lines = [f"2026-11-26 08:00:{i:02} push_on_complete {platform} code={codes[i % 5]} took=5" for i in range(60)]
    doubts = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE).doubts
    assert any(each.startswith("no platform was found") for each in doubts) == told


def test_numbers_that_are_no_codes_of_the_catalogue_are_told():
    """Whoever reads the proposal decides whether they are codes: only those that nobody knows are named."""
    lines = [f"2026-11-26 08:00:{i:02} push_on_complete user={i} code={200 if i % 12 else 7}" for i in range(60)]
    told = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE).doubts
    assert "not in the catalogue: 7; are these codes?" in told


def test_a_forged_code_is_never_the_line_s_own():
    """Otherwise a grammar that reads it from a user's text would look as one that reads its own."""
    for code in (200, 903, 904, 0):
        assert false_code(code) != code


def test_a_time_in_a_column_dates_the_lines():
    """It is found behind the marker as well, where it is in a form that needs to be told."""
    lines = [f"push_on_complete|26/11/2026 08:00:{i:02}|fcm|{(200, 410, 903)[i % 3]}|user{i}" for i in range(60)]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    assert 'TIMESTAMP = "%d/%m/%Y %H:%M:%S"' in made.grammar
    assert "26/11/2026 08:00:00 is read with the day first" in made.doubts


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_time_behind_the_marker_dates_the_lines(tmp_path, quote):
    """Lines that begin with the marker have their time among the fields, announced by a word."""
    lines = [
        f"push_on_complete uid={i} type=fcm code={(200, 410, 903)[i % 3]} ts={quote}{1795342500 + i}{quote}"
        for i in range(40)
    ]
    made = propose([line.encode() for line in lines], "mine", "push_on_complete", CATALOGUE)
    write_grammar(tmp_path, made.name, made.grammar, made.samples)
    scanner = Scanner(load(made.name, [tmp_path]), timezone=UTC)
    (seen,) = scanner.scan(lines[7].encode() + b"\n", envelope="plain", reference=0.0).results.values()
    assert seen.first == 1795342507


@pytest.mark.parametrize("code", ["err=0", "result 0"])
def test_a_nought_is_reported_to_count_as_a_failure(code):
    """Many programs write 0 where all was well: as a code it is one that pages."""
    lines = [f"2026-11-26 08:00:{i:02} push_on_complete user={i} {code}" for i in range(60)]
    lines[::9] = [line[:-1] + "903" for line in lines[::9]]
    told = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE).doubts
    assert [each for each in told if each.startswith("53 of 60 lines have 0, which counts as a failure")]


@pytest.mark.parametrize("front", ["Шлюз1", "[Прод-01]", "20°", "サーバ01"])
def test_a_name_in_any_script_may_have_a_number_behind_it(front, tmp_path):
    """Bytes of its letters are written with digits (0xd0 is one), which are no number that differs tomorrow."""
    lines = [f"{front} E2611-0800{n:02}-123 (17): push_on_complete: uid 4711 type apn code 903" for n in range(20)]
    made = propose([line.encode() for line in lines], "mine", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert [read(line) for line in lines] == [903] * 20
    assert read(lines[0].replace("1 ", "23 ", 1)) == 903


def test_a_date_in_the_prefix_is_not_learnt_literally(tmp_path):
    """A grammar made from lines of one hour reads any other hour, day, thread and pid."""
    lines = [
        f"10:15:{i:02}.123 push[17] host-3 push_on_complete uid={i} code={code}"
        for i, code in enumerate([200, 410, 903] * 10)
    ]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert read("23:59:59.999 push[99999] host-12 push_on_complete uid=1 code=914") == 914


def test_a_text_with_separators_in_it_is_no_other_way_to_write_a_line(tmp_path):
    """One line in six with a column too many, since a user's text holds a pipe, does not make longer lines count."""
    rng = random.Random(5)
    good = [
        f"{push.epoch}|push|push_on_complete|{push.uid}|Ada|{push.platform}|{push.code}|{push.reason}"
        for push in dialects.pushes(rng, 60)
    ]
    forged = [
        f"{push.epoch}|push|push_on_complete|{push.uid}|x|fcm|903|{push.platform}|200|"
        for push in dialects.pushes(rng, 12)
    ]
    made = propose([line.encode() for line in [*good, *forged]], "x", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert [read(line) for line in good] == [int(line.split("|")[6]) for line in good]
    assert [line for line in forged if read(line) is not None] == []


def test_longer_lines_without_a_code_in_its_place_keep_no_grammar_from_being_written(tmp_path):
    """One line in six has a text with two pipes, which move its code: a column that only such lines have is none."""
    good = [
        f"{p.iso} push_on_complete|{p.uid}|Ada|{p.platform}|{p.code}" for p in dialects.pushes(random.Random(6), 60)
    ]
    moved = [
        f"{p.iso} push_on_complete|{p.uid}|a|b|c|{p.platform}|{p.code}" for p in dialects.pushes(random.Random(7), 12)
    ]
    made = propose([line.encode() for line in [*good, *moved]], "x", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert [read(line) for line in good] == [int(line.split("|")[4]) for line in good]
    assert [line for line in moved if read(line) is not None] == []


def test_a_text_of_a_user_among_the_lines_does_not_keep_a_grammar_from_being_written(tmp_path):
    """A display name in quotes that holds the code's own word, on the first line too, is no reason to refuse."""
    names = ("Ada", "status 903", "Bob", "kim")
    lines = [
        f'{push.iso} push_on_complete: name "{names[(i + 1) % 4]}", status {push.code}, dev {push.platform}'
        for i, push in enumerate(dialects.pushes(random.Random(6), 60))
    ]
    read = reader(tmp_path, propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE))
    codes = [int(re.search(r'", status (\d+)', line)[1]) for line in lines]
    assert [read(line) for line in lines] == codes


def test_a_log_that_spells_its_words_in_several_ways_is_read_whole(tmp_path):
    """`code 410`, `code=410`, `code: 410` and, on one line in fifty, `code = 410` are one dialect, its fields included.

    The fields of each spelling stand on lines of that spelling alone, and the samples, which are few, show all of them.
    """
    ways = (
        "uid {p.uid} type {p.platform} mid {i} code {p.code}",
        "uid={p.uid} type={p.platform} id={i} code={p.code}",
        "to: {p.uid} platform: {p.platform} seq: {i} code: {p.code}",
    )
    lines = [
        f"[{p.iso}] INFO push_on_complete: "
        + ("uid {p.uid} seq {i} code = {p.code}" if i % 50 == 49 else ways[i % 3]).format(p=p, i=7000 + i)
        for i, p in enumerate(dialects.pushes(random.Random(8), 200))
    ]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert [read(line) for line in lines] == [int(line.split()[-1].split("=")[-1]) for line in lines]
    for way in ("type ", "type=", "platform: ", "uid ", "uid=", "code = "):
        assert way in made.samples


def test_each_value_ends_with_the_quote_that_it_begins_with(tmp_path):
    """A line may quote its user in one way and its token in another; the code behind them counts, and both are read."""
    lines = [
        f"""{p.iso} INFO push_on_complete uid="{p.uid}" token='{p.token}' code={p.code} text="it's well" """
        for p in dialects.pushes(random.Random(9), 60)
    ]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert [read(line) for line in lines] == [push.code for push in dialects.pushes(random.Random(9), 60)]
    found = [sample.expected for sample in load("x", [tmp_path]).samples if sample.expected]
    assert all(each["user"] and each["token"] for each in found)


def test_a_stamp_that_is_no_date_keeps_no_grammar_from_being_written(tmp_path):
    """A line with an impossible stamp becomes no sample, but is counted by the proposed grammar."""
    lines = [f"E2511-1015{i:02}-123 (17): result push_on_complete uid {i} code {200 + i % 2 * 203}" for i in range(30)]
    lines[7] = lines[7].replace("E2511", "E3113").replace("code 403", "code 404")
    read = reader(tmp_path, propose([line.encode() for line in lines], "mine", "push_on_complete", CATALOGUE))
    assert [read(line) for line in lines] == [404 if i == 7 else 200 + i % 2 * 203 for i in range(30)]


def test_a_name_with_a_number_that_differs_is_shown_by_samples(tmp_path):
    """What precedes the marker names a worker: its letters are the grammar's own, its number is made up in a sample."""
    names = [f"worker{1000 + i * 7}" for i in range(60)]
    lines = [
        f"2026-11-26 08:00:{i:02} [{names[i]}] push_on_complete uid=u{i} code={(200, 410, 903)[i % 3]}"
        for i in range(60)
    ]
    made = propose([line.encode() for line in lines], "mine", "push_on_complete", CATALOGUE)
    read = reader(tmp_path, made)
    assert [read(line) for line in lines] == [(200, 410, 903)[i % 3] for i in range(60)]
    assert len(re.findall(r"expect: {.*\n.*\[worker[0-9]{4}\]", made.samples)) >= 3
    assert [name for name in names if name in made.samples] == []


def test_stamps_that_are_not_written_as_most_are_keep_no_format_from_being_told():
    """Some loggers leave out a fraction that is nought: the others are dated, and how many are not is a doubt."""
    lines = [
        f"26.11.2026 08:00:{i:02}{f'.{i}' if i % 20 else ''} push_on_complete uid=u{i} code={(200, 410, 903)[i % 3]}"
        for i in range(60)
    ]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    assert 'TIMESTAMP = "%d.%m.%Y %H:%M:%S.%f"' in made.grammar
    assert "3 of 60 time stamps, such as 26.11.2026 08:00:00, are not written as most are" in made.doubts


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        ("2511-080005-123", ""),
        ("2026-11-26T08:00:05.123+02:00", ""),
        ("20261126T080005.5Z", ""),
        ("2026/11/26 08:00:05.5 UTC", ""),
        ("1795680005.123", ""),
        ("1795680005123456", ""),
        ("1795680005123456789", ""),
        ("Nov 26 08:00:05", ""),
        ("26.11.2026 08:00:05.1", "%d.%m.%Y %H:%M:%S.%f"),
        ("26.11.2026 08:00:05-0200", "%d.%m.%Y %H:%M:%S%z"),
        ("26/Nov/2026:08:00:05 +0000", "%d/%b/%Y:%H:%M:%S %z"),
        ("26/Nov/2026:08:00:05.123456789 +0000", "%d/%b/%Y:%H:%M:%S.%f %z"),
        ("26-Nov-2026 08:00:05,123", "%d-%b-%Y %H:%M:%S,%f"),
        ("6 Nov 2026 08:00:05Z", "%d %b %Y %H:%M:%S%z"),
        ("11/26/2026 08:00:05.5 GMT", "%m/%d/%Y %H:%M:%S.%f %Z"),
        ("Thu Nov 26 08:00:05.123456 UTC 2026", "%a %b %d %H:%M:%S.%f %Z %Y"),
        ("1126 08:00:05.123456", "%m%d %H:%M:%S.%f"),
        ("20261126 08:00:05.123456", "%Y%m%d %H:%M:%S.%f"),
        ("20261126-080005-123", "%Y%m%d-%H%M%S-%f"),
        ("261126-080005.123", "%y%m%d-%H%M%S.%f"),
    ],
)
def test_each_way_to_write_a_time_is_found_whole_and_dated(stamp, form):
    """By the grammar itself, or by the format that is proposed for it."""
    found = stamps.find(f"[x] {stamp} y")
    assert (found.start, found.end) == (4, 4 + len(stamp))
    assert stamps.strptime_format(found.kind, [stamp]) == form
    assert stamps.dates(stamp, form)


def test_what_the_checker_refuses_is_told_without_the_files_that_it_was_tried_in():
    """They are gone by then: what is wrong is said of the lines."""
    lines = [f"31.02.2026 08:00:{i:02} push_on_complete uid=u{i} code={(200, 410, 903)[i % 3]}" for i in range(60)]
    with pytest.raises(GrammarError) as refused:
        propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    (problem,) = refused.value.problems
    assert problem.why.startswith("it would not pass `grammar check`: the stamp '31.02.2026 08:00:0")
    assert "/x.log" not in str(problem)


def test_few_lines_are_a_doubt_and_fewer_are_no_dialect():
    """Of five, one may be anything; below twenty, most codes and many ways to write a line are missing."""
    lines = [f"2026-11-26 08:00:{i:02} push_on_complete uid=u{i} code={(200, 410)[i % 2]}".encode() for i in range(19)]
    assert (
        "19 lines are few: more of them would make more certain"
        in propose(lines, "x", "push_on_complete", CATALOGUE).doubts
    )
    with pytest.raises(GrammarError, match="4 lines hold push_on_complete"):
        propose(lines[:4], "x", "push_on_complete", CATALOGUE)


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("{at} push_on_complete|+1800555{i}|fcm|{code}|17", "+18005551030"),
        ("{at},push_on_complete,user{i}@example.org,fcm,{code},", "user1030@example.org"),
        ("{at} push_on_complete sent fcm +1800555{i} {code} after {i} ms", "+18005551030"),
    ],
    ids=["pipes", "commas", "blanks and a word"],
)
def test_an_address_is_a_user_wherever_it_stands(line, user, tmp_path):
    """A column of telephone numbers or of mail addresses needs no word to be known by."""
    lines = [line.format(at=f"2026-11-26 08:00:{i:02}", i=1000 + i, code=(200, 410, 903)[i % 3]) for i in range(60)]
    made = propose([each.encode() for each in lines], "mine", "push_on_complete", CATALOGUE)
    write_grammar(tmp_path, made.name, made.grammar, made.samples)
    found = outcome(load(made.name, [tmp_path]), lines[30])
    assert (found["code"], found["user"], found["platform"]) == (200, user, "fcm")


@pytest.mark.parametrize("front", [12, 28])
def test_objects_of_two_kinds_are_read_as_most_are(tmp_path, front):
    """The marker stands in front of some and inside others, the first of them: the few stay unread."""
    lines = [f'{{"event": "push_on_complete", "code": {200 + i % 2 * 203}, "uid": "{i}"}}' for i in range(40 - front)]
    lines += [f'push_on_complete {{"code": {200 + i % 2 * 203}, "uid": "{i}"}}' for i in range(front)]
    read = reader(tmp_path, propose([line.encode() for line in lines], "mine", "push_on_complete", CATALOGUE))
    assert sum(read(line) is not None for line in lines) == 28


def test_nothing_in_a_log_is_executed(tmp_path):
    """A key of an object is quoted in the grammar, which is executed to prove it."""
    keys = [
        f'code{end} or open({str(tmp_path / "run")!r}, "w") or ("x' for end in ('")', '").suppress()', "')", '\\")')
    ]
    for key in [*keys, "code\n\r\0", "code\"'\n"]:
        lines = [json.dumps({"event": "push_on_complete", key: code}).encode() for code in [200, 410, 404] * 10]
        with suppress(GrammarError):
            propose(lines, "x", "push_on_complete", CATALOGUE)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "line",
    [
        "push_on_complete: {user} devkey={token} code={code} txt=hello",
        'push_on_complete: to {user} handle "{token}" text "hello, there" code {code}',
        '{{"event": "push_on_complete", "who": "{user}", "devkey": "{token}", "code": {code}, "text": "hello"}}',
    ],
)
def test_a_log_of_one_phone_leaves_nothing_of_its_user_in_the_samples(line):
    """What stands on every line is no word of mesibo's for that: values are made up, wherever they stand."""
    token = "dX3kq_PzR0a:APA91bHun4MxP5ego-KMwt2KZFBaFUH1RPqjx"
    user = "dest=alice.wonder" if "txt" in line else "alice"
    lines = [line.format(user=user, token=token, code=code).encode() for code in [200, 410, 404, 200, 403, 429] * 5]
    made = propose(lines, "x", "push_on_complete", CATALOGUE)
    assert made.counted == len(lines)
    for text in (made.grammar, made.samples):
        assert not re.search("alice|wonder|PzR0a|APA91b|KMwt2|hello", text)


@pytest.mark.parametrize(
    ("head", "thread"),
    [
        ("[17]", "17"),
        ("(17):", "17"),
        ("tid=17:", "17"),
        ("thread 17 |", "17"),
        ("[2001:db8::1]", ""),
        ("(2001:17::1)", ""),
        ("[::1]", ""),
        ("[10.0.0.17]", ""),
    ],
)
def test_a_number_in_brackets_is_a_thread_and_an_address_is_none(head, thread, tmp_path):
    """The first group of an IPv6 address is no number in brackets."""
    lines = [f"{push.iso} {head} push_on_complete code={push.code}" for push in dialects.pushes(random.Random(3), 60)]
    made = propose([line.encode() for line in lines], "x", "push_on_complete", CATALOGUE)
    write_grammar(tmp_path, "x", made.grammar, made.samples)
    assert outcome(load("x", [tmp_path]), lines[0])["thread"] == thread
