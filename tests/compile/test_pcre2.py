"""PCRE2 writes what groups hold, of all matches of a text at once; as machine code or not, it is the same text."""

import gc
import re
import subprocess
import sys
import threading

import pytest

from logwatch.compile import pcre2
from logwatch.compile.pcre2 import Expression
from logwatch.parse import load
from logwatch.parse.line_parser import LineParser

LINES = rb"(*LF)(?:code=([0-9]+)(?: b=([a-z]*))?|.*+)\n"
TEMPLATE = b"$1,$2\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b""),
        (b"code=7 b=x\n", b"7,x\n"),
        (b"code=7\n", b"7,\n"),
        (b"code=7 b=\n", b"7,\n"),
        (b"other\n\ncode=1 b=y\n", b",\n,\n1,y\n"),
        (b"\0\xff\r\x85\xe2\x80\xa8\ncode=1\n", b",\n1,\n"),
        (b"code=1\ncode=2 b=c", b"1,\ncode=2 b=c"),
        (b"code=" + b"9" * 100_000 + b"\n", b"9" * 100_000 + b",\n"),
    ],
)
def test_a_substitution_writes_the_groups_of_each_match(text, expected):
    """The groups of each match are written, empty ones for those not set, and what no match takes stays as it is."""
    assert Expression(LINES, TEMPLATE).written(text) == expected


def test_text_in_a_template_has_no_meaning():
    """Text that looks like a group of the template is written unchanged."""
    assert Expression(rb"<([^>]*+)>", b"[$1]").written(rb"<$1><${2}><\1><$$><\Q>") == rb"[$1][${2}][\1][$$][\Q]"


@pytest.mark.parametrize("text", [b"ac", b"aac", b"aacc", b"a" * 10, b""])
def test_a_result_that_is_longer_than_its_text_is_whole(text):
    """It is written again then, into as much memory as it takes."""
    assert Expression(b"a|(c)", b"bb$1").written(text) == text.replace(b"a", b"bb").replace(b"c", b"bbc")


@pytest.mark.parametrize(
    ("mistake", "why"),
    [
        (b"(a", "missing closing parenthesis"),
        (b"a)", "unmatched closing parenthesis"),
        (b"(?<name", "syntax error in subpattern name"),
        (b"(?<=a*)b", ""),  # its words are others since 10.43
        (b"[b-a]", "range out of order in character class"),
        (b"\\", "\\ at end of pattern"),
    ],
)
def test_a_mistake_in_a_pattern_is_reported(mistake, why):
    """A wrong pattern raises an error with PCRE2's own words."""
    with pytest.raises(ValueError, match=f"PCRE2: {re.escape(why)}"):
        Expression(mistake, b"")


def test_a_pattern_that_is_too_large_is_an_error():
    """PCRE2 writes out counted groups, and refuses more than 64 KiB of them."""
    with pytest.raises(ValueError, match="PCRE2: regular expression is too large"):
        Expression(b"(?:(?:ab|c){1000}){60}", b"")


@pytest.mark.parametrize("machine_code", [True, False])
def test_a_match_that_tries_too_many_ways_is_given_up(monkeypatch, machine_code):
    """Nothing is written of its text; the next text is read as ever."""
    if not machine_code:
        monkeypatch.setattr(pcre2.loaded(), "jit_compile", lambda *_: -45)
    expression = Expression(rb"(?:a|a)*b\n", b"!")
    assert expression.is_machine_code is machine_code
    assert expression.written(b"aaab\n") == b"!"
    assert expression.written(b"aaab\n" + b"a" * 60 + b"\n") is None
    assert expression.written(b"aaab\n") == b"!"


@pytest.mark.parametrize("machine_code", [True, False])
def test_a_match_that_takes_too_much_memory_is_given_up(monkeypatch, machine_code):
    """A turn that can be gone back to is remembered; there are millions of them."""
    if not machine_code:
        monkeypatch.setattr(pcre2.loaded(), "jit_compile", lambda *_: -45)
    expression = Expression(rb"(?:(a)|(b))*c", b"!")
    assert expression.written(b"ab" * 20 + b"c") == b"!"
    assert expression.written(b"ab" * 2_000_000 + b"c") is None
    assert expression.written(b"ab" * 20 + b"c") == b"!"


def test_threads_that_share_an_expression_get_results_of_their_own():
    """Each reads other lines, and the results of some are longer than these."""
    expression = Expression(LINES, TEMPLATE * 2)
    wrong: list[int] = []

    def read(number: int) -> None:
        text, expected = b"code=%d b=x\n" % number * 300, b"%d,x\n" % number * 600
        wrong.extend(number for i in range(200) if expression.written(text) != expected)

    threads = [threading.Thread(target=read, args=(10**number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_expressions_that_are_let_go_of_give_their_memory_back(monkeypatch):
    """A scanner makes one a frame, for as long as it runs."""
    freed: list[str] = []
    for name in ("code_free", "match_data_free"):
        real = getattr(pcre2.loaded(), name)
        monkeypatch.setattr(pcre2.loaded(), name, lambda at, name=name, real=real: freed.append(name) or real(at))
    expression = Expression(b"a", b"")
    assert freed == []
    del expression
    gc.collect()
    assert sorted(freed) == ["code_free", "match_data_free"]


def test_without_the_library_there_is_no_expression(monkeypatch):
    """It says which one is not there."""
    monkeypatch.setattr(pcre2, "loaded", lambda: None)
    with pytest.raises(ValueError, match=r"libpcre2-8\.so\.0 is not there"):
        Expression(b"a", b"")
    assert pcre2.version() == ""
    assert not pcre2.makes_machine_code()


@pytest.mark.parametrize("found", ["libnothing-of-this-name.so.0", "libc.so.6"])
def test_a_library_that_is_not_pcre2_is_none(monkeypatch, found):
    """A library that is missing, or lacks PCRE2's functions, counts as none."""
    monkeypatch.setattr(pcre2, "LIBRARY", found)
    assert pcre2.loaded.__wrapped__() is None


def test_the_version_is_that_of_the_library():
    """Without the date behind it."""
    major, minor = pcre2.version().split(".")
    assert (int(major), int(minor.partition("-")[0])) >= (10, 30)


@pytest.mark.parametrize("text", [b"code=7 b=x\nother\n", b"", b"\0\xff\ncode=1\n" * 500, b"code=1" * 999 + b"\n"])
def test_without_machine_code_the_text_is_the_same(monkeypatch, text):
    """PCRE2 interprets then."""
    compiled = Expression(LINES, TEMPLATE)
    monkeypatch.setattr(pcre2.loaded(), "jit_compile", lambda *_: -45)
    interpreted = Expression(LINES, TEMPLATE)
    assert compiled.is_machine_code
    assert not interpreted.is_machine_code
    assert compiled.written(text) == interpreted.written(text)


def test_without_machine_code_the_longest_escaped_text_needs_no_more_memory_than_allowed(monkeypatch):
    """A user can write one: if the limit were lower, all lines of its chunk would be read one by one."""
    monkeypatch.setattr(pcre2.loaded(), "jit_compile", lambda *_: -45)
    line = b'E2211-101500-123 (17): push_on_complete: code 404 {"a":"' + b'\\"' * 32_500 + b'"}\n'
    assert LineParser(load("mesibo")).chunk_reader.bare.encode(line) is not None


SCAN = """
import ctypes, sys
from datetime import UTC
if sys.argv[1] == "denied" and ctypes.CDLL(None, use_errno=True).prctl({PR_SET_MDWE}, 1, 0, 0, 0):
    sys.exit("not known to this kernel")
from logwatch.compile import pcre2
from logwatch.parse import Scanner, load
line = "E2211-101500-123 (17): push_on_complete: uid u{{0}} type fcm code {{1}} {{{{\\"status\\":\\"NOT_FOUND\\"}}}}\\n"
lines = "".join(line.format(i, 404 if i % 3 else 200) for i in range(3000))
found = Scanner(load("mesibo"), timezone=UTC).scan(lines.encode(), envelope="plain", reference=1795342500.0)
print(pcre2.version(), sorted(found.results.items()), found.failures[-1], found.unparsed)
print(pcre2.makes_machine_code())
"""


def test_a_process_that_may_not_make_machine_code_reads_the_same():
    """Results are the same where the kernel denies executable memory, as with ``MemoryDenyWriteExecute=``."""
    code = SCAN.format(PR_SET_MDWE=65)
    told = {}
    for way in ("allowed", "denied"):
        run = subprocess.run([sys.executable, "-c", code, way], capture_output=True, text=True, timeout=60, check=False)
        if "not known to this kernel" in run.stderr:
            pytest.skip("the kernel cannot deny it: it is older than 6.3")
        assert (run.stderr, run.returncode) == ("", 0)
        told[way] = run.stdout.splitlines()
    assert "(platform='fcm', code=404, reason='NOT_FOUND'), Seen(count=2000, " in told["denied"][0]
    assert told["allowed"][0] == told["denied"][0]
    assert (told["allowed"][1], told["denied"][1]) == ("True", "False")


ENDS = """
import threading, time
from logwatch.compile.pcre2 import Expression
from logwatch.parse import load
from logwatch.parse.line_parser import LineParser
expression = Expression(rb"(*LF)(?:((?:a|a)*+)b|.*+)\\n", b"$1\\n")
text = (b"a" * 200 + b"\\n") * 100_000
threading.Thread(target=expression.written, args=(text,), daemon=True).start()
while not expression._pcre2.lock.locked():
    time.sleep(0.001)
"""


def test_a_process_ends_while_a_thread_matches():
    """Nothing is freed under it: the system frees all that a process had."""
    runs = [subprocess.Popen([sys.executable, "-c", ENDS], stderr=subprocess.PIPE) for _ in range(8)]
    assert [(run.communicate(timeout=60)[1], run.returncode) for run in runs] == [(b"", 0)] * 8
