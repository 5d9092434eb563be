"""Turn a line into its shape: words of the grammar stay, all else becomes ``<num>`` or ``<str>``.

A shape can be stored and shown anywhere: whatever it contains stands in the grammar or in the list below, so that no
address, no token and no text of a user survives in it.
"""

import re
import sys
from collections.abc import Sequence

from pyparsing import CaselessKeyword, CaselessLiteral, Keyword, Literal, Regex

from logwatch.parse.grammar import Grammar, walk

LENGTH = 240
_LOOKED_AT = 1000  # bytes of a line; a shape is short, a hostile line is not
_WORD = re.compile(r"[A-Za-z_]{2,}")
_MARKS = b'][ (){}":=,;*\n-'  # between words; they stay
_SPACED = bytes.maketrans(b"\t\n\r\x0b\x0c", b" " * 5)
_WORDS_ALONE = bytes.maketrans(_MARKS, b" " * len(_MARKS))
_MARKS_ALONE = bytes({32: 1, 10: 2}.get(code, code) if code in _MARKS else 32 for code in range(256))
_AS_WRITTEN = bytes.maketrans(b"\1\2", b" \n")
_REPEATED = re.compile("<(?:str> (?=<str>)|num> (?=<num>))")
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


def shape(payload: bytes, words: frozenset[bytes]) -> str:
    """Return a line's shape, at most LENGTH characters of it."""
    return shapes([payload], words)[0]


def shapes(payloads: Sequence[bytes], words: frozenset[bytes]) -> list[str]:
    """Return the shape of each line; equal shapes are one string, since lists hold many.

    One is made for every failure that is kept: thousands of lines are gone through as one text, and its words and what
    stands between them taken apart at the speed of C.
    """
    text = b"\n".join([payload[:_LOOKED_AT].translate(_SPACED).strip() for payload in payloads]) + b"\n"
    if b"  " in text:
        text = re.sub(b"  +", b" ", text)
    runs, marks = text.translate(_WORDS_ALONE).split(), text.translate(_MARKS_ALONE).split()
    parts = [b""] * (len(runs) + len(marks))
    marks_first = len(marks) > len(runs)  # the last one is a newline
    parts[marks_first::2] = [run if run in words else b"<num>" if run.isdigit() else b"<str>" for run in runs]
    parts[not marks_first :: 2] = marks
    shown = _REPEATED.sub("", b"".join(parts).translate(_AS_WRITTEN).decode())
    return [
        sys.intern(each if len(each) <= LENGTH else each[: LENGTH - 1] + "…")
        for each in shown.split("\n")[: len(payloads)]
    ]
