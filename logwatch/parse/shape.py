"""Turns a line that gave no result into its shape: words of the grammar stay, all else becomes ``<num>`` or ``<str>``.

A shape can be stored and shown anywhere: whatever it contains stands in the grammar or in the list below, so that no
address, no token and no text of a user survives in it.
"""

import re

from pyparsing import CaselessKeyword, CaselessLiteral, Keyword, Literal, Regex

from logwatch.parse.grammar import Grammar, walk

LENGTH = 240
_LOOKED_AT = 2000  # bytes of a line; a shape is short, a hostile line is not
_WORD = re.compile(r"[A-Za-z_]{2,}")
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+)|(?P<mark>[](){}[":=,;*-])|(?P<run>[^ \t\r](?<![](){}[":=,;*-])[^][ \t\r(){}":=,;*-]*)"""
)
_REPEATED = re.compile(r"(<str>|<num>)(?: \1)+")
COMMON = frozenset(
    re.split(
        " ",
        "code status error errcode errno http response result reason id msg message failed failure success ok retry"
        " push token uid user aid app type platform provider fcm gcm apn apns ios android firebase",
    )
)


def words_of(grammar: Grammar) -> frozenset[str]:
    """Collect the words that the grammar itself spells out: these, and COMMON, may appear in a shape."""
    texts = [grammar.marker.decode("latin-1")]
    for element in walk(grammar.line):
        if isinstance(element, Literal | Keyword | CaselessLiteral | CaselessKeyword):
            texts.append(str(element.match))
        elif isinstance(element, Regex):
            texts.append(str(element.pattern))
    return COMMON.union(*(_WORD.findall(text) for text in texts))


def shape(payload: bytes, words: frozenset[str]) -> str:
    """Give a line's shape, at most LENGTH characters of it."""
    parts: list[str] = []
    for token in _TOKEN.finditer(payload[:_LOOKED_AT].decode("latin-1")):
        text = token.group()
        if token["blank"]:
            parts.append(" ")
        elif token["mark"] or text in words:
            parts.append(text)
        else:
            parts.append("<num>" if text.isascii() and text.isdigit() else "<str>")
    joined = _REPEATED.sub(r"\1", "".join(parts).strip())
    return joined if len(joined) <= LENGTH else joined[: LENGTH - 1] + "…"
