"""A grammar is loaded from a file that only its owner can change, and everything wrong with it is told at once."""

import os
import re
from pathlib import Path

import pyparsing
import pytest

from logwatch.dialect.load import load, wrong_form
from logwatch.errors import GrammarError

GOOD = """
from pyparsing import Forward, Keyword, Regex
MARKER = b"sent"
LINE = Regex("[0-9]+")("timestamp") + ":" + Keyword("sent") + "code" + Regex("[0-9]+")("code")
"""
SAMPLES = '# expect: {"code": 5}\n7: sent code 5\n# expect: null\nsent code 5\n'


@pytest.fixture
def place(tmp_path: Path):
    (tmp_path / "samples").mkdir(mode=0o755)
    os.umask(0o022)

    def write(source: str = GOOD, samples: str = SAMPLES) -> Path:
        (tmp_path / "mine.py").write_text(source)
        (tmp_path / "samples" / "mine.log").write_text(samples)
        return tmp_path

    return write


def problems(directory: Path) -> str:
    with pytest.raises(GrammarError) as raised:
        load("mine", [directory])
    return str(raised.value)


def defaults():
    with_text = pyparsing.Regex("x") + "x"
    return type(with_text.exprs[1]), pyparsing.Keyword("x").ident_chars, with_text.whiteChars


def test_a_grammar_of_the_operator_is_loaded(place):
    """Directories come before the shipped grammars; nothing is left behind in them, nor in pyparsing."""
    before = defaults()
    changed = "from pyparsing import *\nKeyword.set_default_keyword_chars('x')\n"
    changed += "ParserElement.inline_literals_using(Suppress)\nParserElement.set_default_whitespace_chars('')"
    grammar = load("mine", [place(GOOD + changed)])
    assert (grammar.name, grammar.marker, len(grammar.samples)) == ("mine", b"sent", 2)
    assert {path.name for path in grammar.path.parent.iterdir()} == {"mine.py", "samples"}
    assert before == defaults()


def test_only_a_changed_grammar_is_built_again(place):
    """A reload costs nothing where a grammar's files hold what they held."""
    directory = place()
    first = load("mine", [directory])
    assert load("mine", [directory]) is first
    place(samples=SAMPLES.replace("5", "6"))
    assert load("mine", [directory]).samples[0] != first.samples[0]
    place(source=GOOD.replace("sent", "gone"), samples=SAMPLES.replace("sent", "gone"))
    assert load("mine", [directory]).marker == b"gone"


def test_the_first_directory_wins(place, tmp_path):
    """A file of the same name replaces a shipped grammar."""
    directory = place()
    (directory / "mine.py").rename(directory / "mesibo.py")
    (directory / "samples" / "mine.log").rename(directory / "samples" / "mesibo.log")
    assert load("mesibo", [tmp_path / "absent", directory]).marker == b"sent"
    assert load("mesibo").marker == b"push_on_complete"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("LINE = (", "mine.py:1: does not run: SyntaxError"),
        ("\nimport nothing_of_this_name", "mine.py:2: does not run: ModuleNotFoundError"),
        ("raise SystemExit", "mine.py:1: does not run: SystemExit"),
        ("import re\nre.compile('(')", f"mine.py:2: does not run: {re.error.__name__}"),  # raised far from there
        ("MARKER = b'x'", "no LINE"),
        (GOOD.replace('b"sent"', '"sent"'), "no MARKER"),
        (GOOD.replace('b"sent"', 'b""'), "no MARKER"),
        (GOOD.replace('("code")', '("cod")'), "LINE has no result name `code`"),
        (GOOD.replace('("timestamp")', '("time")'), "unknown result name 'time'"),
        (GOOD.replace("[0-9]+", "[0-9"), "ValueError: invalid pattern"),
        (GOOD + "e = Forward()\ne <<= e + 'x' | 'y'\nLINE = e + LINE", "cannot be used: RecursionError"),
        (GOOD + 'TIMESTAMP = "%d %d"', "TIMESTAMP '%d %d' cannot be used: redefinition"),
    ],
)
def test_a_bad_grammar_is_reported(place, source, told):
    """A bad grammar is an error that says where, what and why, without a traceback."""
    assert told in problems(place(source))


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ("", "no samples"),
        ("7: sent code 5\n", "mine.log:1: a sample without expectation"),
        ("# expect: {\n7: sent code 5\n", "mine.log:1: bad annotation"),
        ("# expect: {}\n7: sent code 5\n", "mine.log:1: bad annotation"),
        ('# expect: {"code": 5, "colour": 1}\n7: sent code 5\n', "unknown colour"),
        ("# expect: null (lost)\n7: sent\n", "(lost) stands behind null"),
    ],
)
def test_bad_samples_are_reported(place, samples, told):
    """A grammar without good samples does not load."""
    assert told in problems(place(samples=samples))


def test_several_problems_are_reported_at_once(place):
    """No second run to find the second problem."""
    text = problems(place(GOOD.replace('("code")', "").replace('("timestamp")', '("time")')))
    assert "no result name `code`" in text
    assert "'time'" in text


@pytest.mark.parametrize("what", ["mine.py", "samples/mine.log", ".", "samples"])
def test_what_others_can_write_is_refused(place, what):
    """The grammar, its samples and the directories they lie in."""
    directory = place()
    target = directory / what
    target.chmod(target.stat().st_mode | 0o020)
    assert "writable by others" in problems(directory)
    target.chmod(target.stat().st_mode & ~0o020)
    load("mine", [directory])


def test_a_directory_above_that_others_can_write_to_is_refused(tmp_path, place):
    """Whoever can rename a directory can put another one in its place; with the sticky bit only its owner can."""
    directory = place()
    above = directory.parent
    before = above.stat().st_mode
    try:
        above.chmod(0o777)
        assert "lets others put another in its place" in problems(directory)
        above.chmod(0o1777)
        load("mine", [directory])
    finally:
        above.chmod(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("what", ["mine.py", "samples/mine.log", "."])
def test_a_grammar_of_another_user_is_refused(place, what):
    """A grammar file that belongs to another user is not executed."""
    directory = place()
    os.chown(directory / what, 12345, 12345)
    assert "owned by uid 12345" in problems(directory)


@pytest.mark.parametrize("name", ["../mine", "a/b", "", ".mine", "mine.py"])
def test_a_name_is_no_path(name, tmp_path):
    """Nothing outside the directories can be named."""
    with pytest.raises(GrammarError, match="not a name"):
        load(name, [tmp_path])


def test_an_unknown_name_is_reported_with_the_known_ones(tmp_path):
    """The error says where a grammar was looked for, and which ones there are."""
    with pytest.raises(GrammarError, match=r"(?s)not found: looked in .*known grammars: mesibo"):
        load("mesbo", [tmp_path])


def test_a_directory_that_may_not_be_entered_is_reported(tmp_path, monkeypatch):
    """A grammar of that name may be in it: the shipped one does not quietly take its place."""

    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", closed)
    with pytest.raises(GrammarError, match="cannot be looked into: Permission denied"):
        load("mesibo", [tmp_path])


def test_missing_samples_are_reported(place):
    """A grammar cannot be loaded without them."""
    directory = place()
    (directory / "samples" / "mine.log").unlink()
    assert "samples/mine.log: cannot be read" in problems(directory)


@pytest.mark.parametrize(("form", "why"), [("%H:%M:%S", "no day"), ("%d %Q", "bad directive"), ("%d %H:%M %", "stray")])
def test_a_format_that_cannot_work_is_reported(form, why):
    """A wrong TIMESTAMP is reported when the grammar is loaded, not at the first line."""
    assert why in wrong_form(form)
