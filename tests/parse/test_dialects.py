"""Grammars as operators of other servers write them: compiled, they read each line as pyparsing does."""

# ruff: noqa: E501  tables of cases are read in columns

import random
from collections import Counter
from datetime import UTC

import pytest

from logwatch.dialect.grammar import parse_reference
from logwatch.dialect.result import PushResult
from logwatch.model import ResultKey
from logwatch.parse import Scanner, load
from logwatch.parse.line_parser import LineParser
from tests.helpers.grammars import write_grammar

NUMBERS = ["200", "404", "404", "2x", "-1", ""]
DIALECTS = {
    "fields between semicolons, some of them empty": (
        r"""
field, sep = CharsNotIn(";"), Suppress(";")
LINE = Regex(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")("timestamp") + sep + Suppress("push") + sep + Opt(field("user")) + sep + Opt(field("platform")) + sep + Regex("-?[0-9]+")("code") + Opt(sep + field("reason")) + LineEnd()
""",
        [["2026-11-22T10:15:00"], ["Z", "+01:00", ".5", "x"], [";push;"], ["", "bob", "a b", "é"], [";"], ["fcm", "apns", ""], [";"], NUMBERS, ["", ";Gone", ";;", "; a "]],
    ),
    "one object of JSON, members in any order": (
        r"""
string = Regex(r'"(?:[^"\\]|\\.)*"')
value = string | Regex(r"-?\d+(?:\.\d+)?") | Keyword("true") | Keyword("null")
value = value | "[" + Opt(DelimitedList(value)) + "]" | "{" + Opt(DelimitedList(string + ":" + value)) + "}"
def member(key, kind): return Suppress(f'"{key}"') + Suppress(":") + kind
text = Suppress('"') + Regex(r'[^"\\]+')("user") + Suppress('"')
each = member("code", Regex(r"-?\d+(?![\d.])")("code*")) | member("user", text) | string + ":" + value
LINE = Suppress("{") + each + ZeroOrMore(Suppress(",") + each) + Suppress("}")
""",
        [['{"event":"push"'], ["", ',"code":7'], [', "user": "bob"', ',"user":"a\\"b"', ',"user":""'], [',"x":[1,{"code":9}]', ',"x":{}', ',"x":nil'], [',"code":', ', "code" : '], ["200", "404", "1.5", '"200"'], ["}", " }", ""]],
    ),
    "words and values, in any case": (
        r"""
quoted, bare = QuotedString('"', esc_char="\\", unquote_results=False), Regex(r'[^ "=]+')
letters = alphas + "_"
def pair(key, value): return Suppress(CaselessKeyword(key, letters)) + Suppress("=").leave_whitespace() + value
known = pair("code", Regex("[0-9]+")("code*")) | pair("user", (quoted | bare)("user")) | pair("platform", bare("platform"))
LINE = Suppress("push:") + OneOrMore(known | Word(letters) + Suppress("=") + Opt(quoted | bare) | bare) + StringEnd()
""",
        [["push: "], ["", "USER=bob ", 'user="a b" ', r'user="a\"b" '], ["platform=fcm ", "Platform=APNS ", "platform= "], ["code=", "CODE=", "codes=", "code ="], NUMBERS, ["", " ttl=7", " x=", " flag", " y==1", ' "open']],
    ),
    "columns with quotes inside quotes": (
        r"""
cell, comma = QuotedString('"', esc_quote='""', unquote_results=False) | Regex(r'[^",\r]*'), Suppress(",")
LINE = LineStart() + Suppress("push") + comma + cell("user") + comma + cell("platform") + comma + Regex(r"\d{3}(?!\d)")("code") + ZeroOrMore(comma + cell)
""",
        [["push", "push ", " push"], [","], ["bob", "", '"a, b"', '"a ""x"""', '"open'], [",fcm,", ",apns,", ",,"], ["200", "404", "2000"], ["", ",", ",x,y", ',"q"', ',"q', " x"]],
    ),
    "a web server's, with a date of its own": (
        r"""
TIMESTAMP = "%d/%b/%Y:%H:%M:%S %z"
LINE = Combine(Word(nums, max=3) + ("." + Word(nums, max=3)) * 3) + "-" + (Literal("-") | Word(alphanums)("user")) + Suppress("[") + SkipTo("]")("timestamp") + Suppress("]") + Suppress('"push ') + SkipTo('"') + Suppress('"') + Word(nums, exact=3)("code") + (Word(nums) | "-") + Opt(QuotedString('"'))
""",
        [["10.0.0.1", "1.2.3", "1234.1.1.1"], [" - "], ["-", "bob", "a-b"], [" [22/Nov/2026:10:15:00 +0000] "], ['"push /x', '"push /a"b', '"push code 7'], [' HTTP/1.1" '], ["200", "404", "20"], [" -", " 12", " x"], ["", ' "ua"', ' "open']],
    ),
    "optional parts, words that begin others": (
        r"""
LINE = Opt(Regex(r"\[(?P<timestamp>[^\]]+)\]")) + Opt(one_of("INFO WARN WARNING", as_keyword=True)("level")) + Opt("<" + Word(nums)("thread") + ">") + Suppress("push") + Opt(Suppress("to") + Word(alphas + "@")("user")) + Opt(Suppress("via") + (Keyword("fcm") | Keyword("fcmv1") | Keyword("apns"))("platform")) + Suppress(Literal("->") | "=>" | "-") + Word(nums)("code") + Opt("(" + Regex("[^()]*")("reason") + ")")
""",
        [["", "[2026-11-22T10:15:00Z] ", "[] "], ["", "WARN ", "WARNING ", "WARNX "], ["", "<7> ", "<x> "], ["push "], ["", "to a@b ", "to ", "to via "], ["", "via fcm ", "via fcmv1 ", "via fcmx "], ["->", "=> ", "-", "--"], NUMBERS, ["", " (Gone)", " ()", " (a (b))"]],
    ),
    "groups that come again": (
        r"""
group = Suppress("{") + Suppress("id") + Word(nums) + Suppress("code") + Word(nums)("code*") + Opt(Suppress("reason") + Word(alphas)("reason")) + Suppress("}")
LINE = Suppress("push") + DelimitedList(group) + Opt(Suppress("total") + Word(nums)) + (";" | LineEnd())
""",
        [["push "], ["", "{id 1 code 404},", "{id 1 code 404 reason A} , "], ["{id 2 code 404}", "{id 2 code 200}", "{id 2 code 404 reason}", "{id 2 code 404 reason B}"], ["", " total 2", ";", " ; x", ","]],
    ),
    "alternatives with common beginnings and a value in each": (
        r"""
verb = (Literal("pushed") | "push") + (Literal("ok")("reason") + "code" | Literal("okay") + "status" | Literal("o") + "k")
LINE = verb + (Regex("[0-9]+")("code") | "n/a" + Regex("[0-9]+")("code")) + ZeroOrMore(Word(alphas)("user*") + ~Literal(":") | Word(alphas) + ":" + Regex(r"\S+")("token*"))
""",
        [["push ", "pushed ", "pushe "], ["ok code ", "okay status ", "okay code ", "o k "], ["404", "200", "n/a 3", "n/a"], ["", " bob", " bob: x", " ab cd: e f", " é"]],
    ),
    "patterns that know no case": (
        r"""
LINE = Suppress(Regex("(?i)push(?:ed|ing)?")) + Opt(Suppress(CaselessKeyword("to")) + Regex("(?i:user)[-_ ]?") + Word(alphanums)("user")) + Suppress(CaselessLiteral("code")) + Suppress(Regex("[:=]|(?i:is)")) + Word(nums)("code") + Opt(Regex(r"(?i)(?P<platform>fcm|apns|ios)\b"))
""",
        [["push ", "pushED ", "pushing "], ["", "to user bob ", "TO User_b1 ", "tO userx "], ["code", "CODE", "\u017fode"], [":", "=", "is", " Is "], NUMBERS, ["", " FCM", " ApNs", " fcmx", " IOS,", " İOS"]],
    ),
    "classes and blanks beyond ASCII": (
        r"""
LINE = Suppress("push") + Suppress("|") + Regex(r"\w+")("user") + Suppress("|") + Regex(r"\S+")("reason") + Suppress(White(" \t", min=1)) + Regex(r"\d+")("code") + Regex(r"\s*$")
""",
        [["push |"], ["bob", "Zoë", "Ω", "日本", "a b", "b\x85"], ["| ", " |"], ["ok", "größe", "“x”", "\xa0"], [" ", "\t", "", "\xa0 "], ["404", "٤", "²", "200"], ["", " ", "\xa0", "\r", " x"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_is_compiled_and_read_as_pyparsing_reads_it(dialect, tmp_path):
    """Line by line, by whole chunks, and in the details of failures: 300 lines, a third of them damaged."""
    source, slots = DIALECTS[dialect]
    source = f'from pyparsing import *\nMARKER = b"push"\n{source}'
    write_grammar(tmp_path, "odd", source, "# expect: null\npush\n")
    grammar = load("odd", [tmp_path])
    assert grammar.not_compiled_because == ""
    rng = random.Random(dialect)
    lines = ["".join(map(rng.choice, slots)).encode() for _ in range(200)]
    lines += [damaged(line, rng) for line in lines[:100]]
    expected = [parse_reference(grammar, line) for line in lines]
    results = [each for each in expected if isinstance(each, PushResult)]
    assert results
    scanner = Scanner(grammar, timezone=UTC)
    scanner.parser = LineParser(grammar)
    assert [scanner.parser.read(line) for line in lines] == expected
    for _ in range(2):  # and again, when it has seen how they are written
        scan = scanner.scan(b"".join(line + b"\n" for line in lines), envelope="plain", reference=1795342500.0)
        counted = {key: seen.count for key, seen in scan.results.items()}
        assert counted == Counter(ResultKey(each.platform, each.code, each.reason) for each in results)
        assert scan.unparsed == Counter(cause for cause in expected if isinstance(cause, str))
        told = [(each.code, each.platform, *each[3:7]) for each in scan.failures]
        assert told == [each[:6] for each in results if each.code != 200]


def damaged(line: bytes, rng: random.Random) -> bytes:
    """Drop, double or cut a part of a line behind its marker's beginning, or put a strange byte in."""
    at = rng.randrange(line.find(b"push") + 4, len(line) + 1)
    end = min(len(line), at + rng.randrange(1, 8))
    strange = bytes([rng.choice(b'\x85\xa0\xff \t\r"\\{}[]:=0a,|;')])
    return rng.choice([line[:at] + line[end:], line[:end] + line[at:], line[:at], line[:at] + strange + line[at:]])
