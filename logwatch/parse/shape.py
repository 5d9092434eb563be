"""Turns a line into its shape: words of the grammar stay, all else becomes ``<num>`` or ``<str>``.

A shape can be stored and shown anywhere: whatever it contains stands in the grammar or in the list below, so that no
address, no token and no text of a user survives in it.
"""

import re
import sys

from pyparsing import CaselessKeyword, CaselessLiteral, Keyword, Literal, Regex

from logwatch.parse.grammar import Grammar, walk

LENGTH = 240
_LOOKED_AT = 1000  # bytes of a line; a shape is short, a hostile line is not
_WORD = re.compile(r"[A-Za-z_]{2,}")
_BLANK = re.compile(r"[ \t\r\n]+")
_RUN = re.compile(r'[^][ (){}":=,;*-]+')  # between blanks and marks, which stay
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
    """Give a line's shape, at most LENGTH characters of it; equal shapes are one string, since lists hold many."""

    def kind(run: re.Match[str]) -> str:
        text = run[0]
        return text if text in words else "<num>" if text.isascii() and text.isdigit() else "<str>"

    text = _BLANK.sub(" ", payload[:_LOOKED_AT].decode("latin-1")).strip(" ")
    joined = _REPEATED.sub(r"\1", _RUN.sub(kind, text))
    return sys.intern(joined if len(joined) <= LENGTH else joined[: LENGTH - 1] + "…")
