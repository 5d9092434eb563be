"""Turn a line into its shape: words of the grammar stay, all else becomes ``<num>`` or ``<str>``.

A shape can be stored and shown anywhere: whatever it contains stands in the grammar or in the list below, so that no
address, no token and no text of a user survives in it.
"""

import re
import sys
from functools import lru_cache

from pyparsing import CaselessKeyword, CaselessLiteral, Keyword, Literal, Regex

from logwatch.parse.grammar import Grammar, walk

LENGTH = 240
_LOOKED_AT = 1000  # bytes of a line; a shape is short, a hostile line is not
_SHORT = 512  # bytes, to be remembered
_ZEROS = bytes(48 if 48 <= code <= 57 else code for code in range(256))  # noqa: PLR2004  the digits of ASCII
_WORD = re.compile(r"[A-Za-z_]{2,}")
_BETWEEN = re.compile(rb'([][ (){}":=,;*-]+)')  # blanks and marks, which stay
_MARKS = frozenset(bytes((code,)) for code in b'][ (){}":=,;*-') | {b""}
_REPEATED = re.compile(r"(<str>|<num>)(?: \1)+")
COMMON = frozenset(
    re.split(
        " ",
        "code status error errcode errno http response result reason id msg message failed failure success ok retry"
        " push token uid user aid app type platform provider fcm gcm apn apns ios android firebase",
    )
)


def words_of(grammar: Grammar) -> frozenset[bytes]:
    """Collect the words that the grammar itself spells out: these, and COMMON, may appear in a shape."""
    texts = [grammar.marker.decode("latin-1")]
    for element in walk(grammar.line):
        if isinstance(element, Literal | Keyword | CaselessLiteral | CaselessKeyword):
            texts.append(str(element.match))
        elif isinstance(element, Regex):
            texts.append(str(element.pattern))
    return frozenset(word.encode() for word in COMMON.union(*(_WORD.findall(text) for text in texts)))


def shape(payload: bytes, words: frozenset[bytes], value: bytes = b"") -> str:
    """Return a line's shape, at most LENGTH characters of it; equal shapes are one string, since lists hold many.

    It is made for every failure that is kept, of which many differ in numbers and in one value alone: what is before
    and behind the ``value``, such as a token, and what the provider answered is gone through once.
    """
    head, brace, answer = b" ".join(payload[:_LOOKED_AT].split()).partition(b"{")
    before, found, behind = head.partition(value) if value else (head, b"", b"")
    if found and (before[-1:] not in _MARKS or behind[:1] not in _MARKS):
        before, found, behind = head, b"", b""  # not the whole of a word
    text = "".join([_remembered(part, words) for part in (before, found, behind, brace + answer) if part])
    if "<str> <str>" in text or "<num> <num>" in text:
        text = _REPEATED.sub(r"\1", text)
    return sys.intern(text if len(text) <= LENGTH else text[: LENGTH - 1] + "…")


def _remembered(part: bytes, words: frozenset[bytes]) -> str:
    """Show a part that ends where words end, by what it was when only its digits were others."""
    return _known(part.translate(_ZEROS), words) if len(part) <= _SHORT else _shown(part, words)


def _shown(text: bytes, words: frozenset[bytes]) -> str:
    parts = _BETWEEN.split(text)  # words at even places
    parts[::2] = [
        run if run in words or not run else b"<num>" if run.isdigit() else b"<str>"  # digits of bytes are ASCII's
        for run in parts[::2]
    ]
    return b"".join(parts).decode()


_known = lru_cache(maxsize=2048)(_shown)
