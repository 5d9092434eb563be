"""``grammar check`` finds what is wrong with a grammar, ``trace`` shows how far it comes, ``diagram`` draws it."""

import itertools
from datetime import UTC
from pathlib import Path

import pytest
from click.testing import CliRunner

from logwatch.cli.grammar import command
from logwatch.dialect.grammar import elements_of
from logwatch.dialect.result import from_groups
from logwatch.dialect.trace import trace
from logwatch.errors import GrammarError
from logwatch.parse import Scanner, load
from logwatch.parse.check import check
from tests.helpers.grammars import write_grammar

GOOD = """
from pyparsing import Keyword, Literal, Opt, Regex, StringEnd, ZeroOrMore, one_of
MARKER = b"sent"
word = Regex("[a-z]+")
LINE = Regex("[0-9]+")("timestamp") + ":" + Keyword("sent") + one_of("to at") + "code" + Regex("[0-9]+")("code")
"""
SAMPLES = '# expect: {"code": 5}\n1795342500: sent to code 5\n# expect: null\nsent code 5\n'


@pytest.fixture
def checked(tmp_path: Path):
    def run(source: str = GOOD, samples: str = SAMPLES) -> str:
        write_grammar(tmp_path, "mine", source, samples)
        return "\n".join(map(str, check(load("mine", [tmp_path]))))

    return run


def run(*words: str, stdin: str = ""):
    return CliRunner().invoke(command, words, input=stdin)


def test_the_shipped_grammar_is_without_findings():
    """Samples, alternatives, roads and time: all in order, and it is compiled."""
    assert check(load("mesibo")) == []


def test_a_check_leaves_the_grammar_as_it_was():
    """The daemon may compile it afterwards: what listens to alternatives stands in a copy."""
    grammar = load("mesibo")
    check(grammar)
    assert not [element for element in elements_of(grammar.line) if element.parseAction]


def test_samples_are_read_by_the_expression_for_whole_chunks(monkeypatch):
    """Were it to read them otherwise than pyparsing does, the check would say so."""
    nothing = from_groups((), [])[0]
    monkeypatch.setattr(
        "logwatch.parse.chunk_reader.from_groups",
        lambda _, groups: ([[0] * len(groups[0])] * len(nothing), dict.fromkeys(range(len(groups[0])), "no_code")),
    )
    assert any("the roads disagree" in str(problem) for problem in check(load("mesibo")))


def test_a_good_grammar_of_an_operator_is_without_findings(checked):
    """A correct grammar has no findings."""
    assert checked() == ""


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (SAMPLES.replace('"code": 5', '"code": 6'), "mine.log:2: not what is expected: code is 5, expected 6"),
        (SAMPLES.replace("null", '{"code": 5}'), "mine.log:4: not what is expected: it yields nothing: misplaced"),
        (SAMPLES.replace('{"code": 5}', "null"), "mine.log:2: not what is expected: it yields code 5"),
        (SAMPLES.replace("null", "null (grammar)"), "because misplaced, not because grammar"),
        (SAMPLES.replace('"code": 5', '"code": 5, "user": "me"'), "user is '', expected 'me'"),
    ],
)
def test_a_sample_that_yields_something_else_is_found(checked, samples, told):
    """The finding has the sample's place, what it yields and what was expected."""
    assert told in checked(samples=samples)


def test_an_alternative_without_a_sample_is_found(checked):
    """Nobody knows whether it works."""
    source = GOOD.replace('one_of("to at")', '(Keyword("to") | Keyword("at"))')
    assert checked(source).count("no sample reaches") == 1
    assert "no sample reaches 'at'" in checked(source)


def test_a_marker_that_the_lines_do_not_have_is_found(checked):
    """A marker that no sample contains is a finding, since such lines would be skipped."""
    assert "never looked at" in checked(GOOD.replace('b"sent"', 'b"SENT"'))


def test_matching_that_is_not_linear_is_found(checked):
    """A pattern that tries every end of every beginning shows on a pumped line."""
    source = GOOD.replace('one_of("to at") + "code"', 'ZeroOrMore(Regex("[^;]*;|.")) + "code"')
    assert "slow on lines of" in checked(source, SAMPLES.replace(" to", ""))


def test_a_host_that_is_busy_for_a_moment_makes_no_grammar_slow(checked, monkeypatch):
    """Three measurements in a row that were all lengthened are no finding: they are made again."""
    passed, clock = itertools.count(), itertools.count()
    long = {7, 9, 11}  # the ends of the first three of the long line, which come behind three of the short one
    jumps = itertools.accumulate(0.01 * (n in long) for n in passed)
    monkeypatch.setattr("logwatch.parse.check.time.thread_time", lambda: next(jumps) + 1e-6 * next(clock))
    assert checked() == ""


def test_what_cannot_be_compiled_is_reported(checked):
    """The warning says why; the grammar still works, by pyparsing."""
    source = GOOD.replace('one_of("to at")', 'one_of("to at").add_parse_action(lambda tokens: tokens)')
    assert "not compiled: a parse action on" in checked(source)


def test_what_pcre2_refuses_for_chunks_is_reported(checked):
    """It is counted the same, line by line, and the warning says why that is slow."""
    source = GOOD.replace('one_of("to at")', 'Regex("to|at|x{70000}")')
    assert "read line by line: PCRE2: number too big in {} quantifier" in checked(source)
    assert "read line by line" not in checked(GOOD)


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ('one_of("to at")', 'one_of("to at").add_parse_action(lambda tokens: {"to": 1}[tokens[0]])',
         b"7:sent at code 5", "no KeyError ('at') from a parse action"),
        ('+ "code"', '- "code"', b"7:sent to nobody", "'code'"),
    ],
)  # fmt: skip
def test_whatever_a_grammar_raises_leaves_the_line_unread(checked, tmp_path, old, new, line, expected):
    """One such line would else end the daemon, and again after each start; a trace tells what was raised."""
    assert "not what is expected" not in checked(GOOD.replace(old, new))
    grammar = load("mine", [tmp_path])
    found = Scanner(grammar, timezone=UTC).scan(line + b"\n7:sent to code 5\n", envelope="plain", reference=0.0)
    assert (found.unparsed, found.candidates) == ({"grammar": 1}, 2)
    assert trace(grammar, line).expected == expected


def test_what_an_action_returns_is_no_end_of_the_daemon(checked, tmp_path, monkeypatch):
    """Neither text that it has decoded itself nor something else the second time, when a failure is told in detail."""
    decodes = 'Regex("[^ ]+").set_parse_action(lambda t: t[0].encode("latin-1").decode())("user")'
    checked(GOOD.replace('one_of("to at")', decodes))
    line = "7:sent \u017b\xf3\u0142w code 5\n".encode()
    found = Scanner(load("mine", [tmp_path]), timezone=UTC).scan(line, envelope="plain", reference=0.0)
    assert [(failure.code, failure.user) for failure in found.failures] == [(5, "\u017b\xf3\u0142w")]
    scanner = Scanner(load("mine", [tmp_path]), timezone=UTC)
    found = scanner.scan(b"7:sent to code 5\n", envelope="plain", reference=0.0)
    monkeypatch.setattr(scanner.parser, "read", lambda _: "grammar")
    assert [failure.code for failure in found.failures] == [0]


@pytest.mark.parametrize(
    "repeated",
    [
        'Regex("x*")', 'Opt("x") ^ "y"', 'Opt("x"), stop_on=Literal("c") ^ "d"', "StringEnd()",
        'ZeroOrMore(Opt("x")) | "y"', '"y", stop_on=ZeroOrMore(Opt("x"))',
    ],
)  # fmt: skip
def test_an_endless_repetition_is_no_grammar(checked, repeated):
    """It would hang on the first line, also where pyparsing itself has to read it."""
    with pytest.raises(GrammarError, match="would never end"):
        checked(GOOD.replace('one_of("to at")', f"ZeroOrMore({repeated})"))


def test_a_trace_shows_the_column_and_what_was_expected():
    """The trace names what was expected in the grammar's words, and its column from 1."""
    found = trace(load("mesibo"), b'E2211-101500-123 (17): push_on_complete: uid 4711 "code 903')
    assert (found.column, found.expected, found.outcome) == (51, "code", "grammar")
    assert [step.taken for step in found.steps][:3] == ["E", "2211-101500-123", "(17)"]
    assert found.steps[-1] == ("before the code", "uid 4711")


def test_the_commands_exit_as_they_find():
    """0 for fine, 1 for findings, 2 for wrong use."""
    line = "E2211-101500-123 (17): push_on_complete: code 200"
    assert run("check", "mesibo").exit_code == 0
    assert " samples, compiled" in run("check", "mesibo").output
    assert run("trace", line).exit_code == 0
    assert run("trace", "mesibo", line).output == run("trace", "mesibo", stdin=line + "\n").output
    assert "code 200" in run("trace", "mesibo", "-", stdin=line + "\n").output
    assert run("trace", line.replace("200", "x")).exit_code == 1
    assert run("trace", "a", "b", "c").exit_code == 2
    assert "no code up to the end of the line" in run("trace", line.replace("200", "x")).output


def test_a_missing_grammar_is_a_finding():
    """The name, where it was looked for, and the names there are."""
    found = run("check", "mesbo")
    assert found.exit_code == 1
    assert "not found" in found.output


def test_a_diagram_is_one_page(tmp_path):
    """The diagram is one HTML page with the grammar's names, as a file or on standard output."""
    page = tmp_path / "d.html"
    assert run("diagram", "mesibo", "-o", str(page)).exit_code == 0
    assert run("diagram", "mesibo", "-o", "-").output == page.read_text()
    assert "quoted string" in page.read_text()


def test_a_diagram_that_cannot_be_written_says_what_to_try(tmp_path):
    """An output file that cannot be written is an error with what to try."""
    result = run("diagram", "mesibo", "-o", str(tmp_path / "nowhere/page.html"))
    assert "cannot be written: No such file or directory\n  try: name a writable file" in str(result.exception)


def test_a_diagram_without_its_packages_names_the_extra(tmp_path, monkeypatch):
    """What to install is said, and no traceback shown, where the extra `diagrams` was not asked for."""
    monkeypatch.setattr("logwatch.cli.grammar.find_spec", lambda name: None)
    result = run("diagram", "mesibo", "-o", str(tmp_path / "page.html"))
    assert isinstance(result.exception, GrammarError)
    assert "pip install 'mesibo-logwatch[diagrams]'" in str(result.exception)
    assert not (tmp_path / "page.html").exists()


def test_a_trace_of_many_lines_shows_each_shape_once():
    """Fifty lines of one shape are one trace with their number; what gives no result comes first."""
    good = "".join(f"E2211-101500-{i:03} (17): push_on_complete: uid {i} code 200\n" for i in range(50))
    bad = "".join(f"2026-11-22T10:15:{i:02}Z push_on_complete: uid {i} code 903\n" for i in range(10, 17))
    result = run("trace", "mesibo", "-", stdin=good + bad)
    assert result.exit_code == 1
    headings = [line for line in result.output.splitlines() if line.endswith("like this:")]
    assert headings == ["7 lines like this:", "50 lines like this:"]
    assert result.output.count("column 1: expected level") == 1


def test_a_trace_of_a_whole_log_is_about_its_push_lines():
    """Lines without the marker are not called misplaced, nor do they hide those that are; a line alone is traced."""
    push, other = "E2211-101500-123 (17): push_on_complete: code 200\n", "I2211-101500-123 (17): on_login: code 200\n"
    result = run("trace", "mesibo", "-", stdin=other * 3 + push + push.replace("complete", "complete_cb"))
    assert result.exit_code == 0
    assert result.stderr == "note: 4 lines without push_on_complete left out\n"
    assert run("trace", "mesibo", "-", stdin=push).stdout == result.stdout
    assert "the marker is missing" in run("trace", other).output
