"""Remove users from sample lines: words that are on many lines stay, all others become made-up text of their kind."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from logwatch.propose import fields, stamps
from logwatch.propose.lines import COLOUR, without_digits

RUN = re.compile(r"[0-9A-Za-z\x80-\xff]+")
"""A word, which is replaced or kept as a whole."""
_COLOURS = re.compile(f"({COLOUR})")
_WORD = r"""[^\s"',;|(){}[\]=]++(?!=[^\s=])"""
_VALUE = re.compile(
    rf"""
    "(?:[^"\\]|\\.)*"[ \t]*:  # a key
    | "((?:[^"\\]|\\.)*)" | (?<=[=:(,\ ])'([^']*)' | (?<=[\w"'\ \t])[=:][ \t]*({_WORD})
    | (?<![\w.-])(?i:{"|".join(map(re.escape, fields.OF_USERS))})[ \t]+({_WORD})
    | (?<![0-9A-Za-z_:.@+/-])((?=[A-Za-z_:.@+/-]*[0-9])[0-9A-Za-z_:.@+/-]{{20,}}) | ([0-9]{{5,}})
    """,
    re.VERBOSE,
)
_LOOKED_AT = 1024  # characters of a line, since each quote that never closes is searched to the end
_COMMON = 0.1  # of the lines contain a word that is mesibo's
_DIGITS, _HEX, _LOWER = "0123456789", "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz"


def common(lines: Sequence[str], *, never: Iterable[str]) -> frozenset[str]:
    """Return the words that many lines contain, except those within the values ``never``."""
    counts = Counter(run for line in lines for run in set(RUN.findall(line)))
    users = {run for value in never for run in RUN.findall(value)}
    return frozenset(run for run, count in counts.items() if count >= max(2, _COMMON * len(lines))) - users


def private(text: str) -> Iterator[str]:
    """Yield what may be a user, a token or a text, even if many lines contain it: a log may be of a single phone."""
    for found in _VALUE.finditer(text[:_LOOKED_AT]):
        if found.lastindex:
            yield found[found.lastindex]
    yield text[_LOOKED_AT:]


def without_users(line: str, keep: Collection[str]) -> str:
    """Return the line with every word replaced that is not in ``keep``; time stamps stay.

    A word that is there with 0 for its numbers has only these replaced.
    """
    text, at = "", 0
    while (stamp := stamps.find(line[at:])) is not None:
        text += _replaced(line[at : at + stamp.start], keep) + line[at + stamp.start : at + stamp.end]
        at += stamp.end
    return text + _replaced(line[at:], keep)


def _replaced(text: str, keep: Collection[str]) -> str:
    def other(run: re.Match[str]) -> str:
        if run[0] in keep or (len(run[0]) == 1 and run[0].isalpha()):
            return run[0]
        if without_digits(run[0]) in keep:
            return re.sub("[0-9]+", lambda number: _like(number[0]), run[0])
        return _like(run[0])

    return "".join(part if i % 2 else RUN.sub(other, part) for i, part in enumerate(_COLOURS.split(text)))


def _like(run: str) -> str:
    """Return made-up text of the same length and kind, always the same for the same text."""
    seed = hashlib.sha256(run.encode("latin-1")).digest() * (len(run) // 32 + 1)
    hexadecimal = len(run) > 3 and all(char in _HEX for char in run)  # noqa: PLR2004  shorter ones are words
    made: list[str] = []
    for char, byte in zip(run, seed, strict=False):
        if char.isdigit() and char.isascii():
            made.append(char if char == "0" and not made else _DIGITS[1 + byte % 9])
        elif hexadecimal:
            made.append("abcdef"[byte % 6])
        else:
            letter = _LOWER[byte % 26]
            made.append(letter.upper() if char.isupper() else letter)
    return "".join(made)
