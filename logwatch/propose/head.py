"""Learn what precedes the marker, the head of a line, as a strict sequence of pieces, from the heads of many lines.

A head is cut into stamps, levels, words, numbers, blanks and marks. Heads with the same structure are aligned: what is
the same in all stays, what differs becomes a class of characters. Another structure is only accepted if it leaves out,
or adds, a number in brackets or a pair: anything else is another function's line.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter

from logwatch.propose import stamps
from logwatch.propose.lines import COLOUR, escaped, without_digits

LEVELS = frozenset((
    "trace", "debug", "verbose", "dbg", "trc", "info", "inf", "information", "notice", "note", "warn", "warning",
    "wrn", "error", "err", "severe", "critical", "crit", "fatal", "alert", "emerg", "emergency", "panic",
))  # fmt: skip
_MESIBO_LEVEL = r"[A-Z]|\*\*[A-Z]+\*\*|http-"
_TOKEN = re.compile(
    rf"(?P<colour>{COLOUR})|"
    r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<blank>[ \t]+)|'
    r'(?P<mark>[][(){}<>|,;:="\'*])|(?P<atom>[^][(){}<>|,;:="\'* \t\x1b]+)'
)
_SEVERITY = re.compile(_MESIBO_LEVEL)
_BRACKET = re.compile(r'\[[^][{}"]*\]')
_CLASSES = (
    ("[0-9]+", "number"),
    ("[A-Za-z]+", "word"),
    ("[0-9a-f]+", "hexadecimal number"),
    ("[0-9A-Za-z_-]+", "name"),
    ("[0-9A-Za-z_./@#$-]+", "name"),
)
_COMMON = 0.6  # of all heads have to contain an atom for it to be a word, part of how lines are written
_RARE = 0.1  # of the heads have to contain each of the few words that share a place
_MOST_WORDS = 4  # that share a place


@dataclass(frozen=True, slots=True)
class Token:
    """One part of one head.

    ``kind``: stamp, level, severity (a level right before a stamp), word (an atom that most heads contain), atom,
    string, bracket, colour, blank or mark.
    """

    kind: str
    text: str
    stamp: stamps.StampKind | None = None

    @property
    def sign(self) -> str:
        """What heads with the same structure have in common here."""
        if self.kind in ("word", "mark"):
            return self.text
        if self.kind == "blank":
            return "\t" if "\t" in self.text else " "
        return f"<{self.kind}>" if self.stamp is None else f"<{self.stamp.name}>"


@dataclass(frozen=True, slots=True)
class GrammarTerm:
    """A part of a line as the grammar describes it: a regex, and its result name if it has one."""

    pattern: str
    name: str = ""
    title: str = ""  # for set_name; empty for what is always the same
    values: tuple[str, ...] = ()  # what was there, line by line
    optional: int = 0  # terms with the same number above 0 are present together or not at all


@dataclass(frozen=True, slots=True)
class Head:
    """The learnt pieces, the regex for all of them, and a head as an example."""

    pieces: tuple[GrammarTerm, ...] = ()
    pattern: re.Pattern[str] = field(default=re.compile(""))
    example: str = ""


def tokens(text: str) -> list[Token]:
    """Split a head into its tokens."""
    parts: list[Token] = []
    at = 0
    found = stamps.find(text)
    while at < len(text):
        if found is not None and at == found.start:
            parts.append(Token("stamp", text[at : found.end], found.kind))
            at, found = found.end, None
            continue
        end = found.start if found is not None else len(text)
        level = _SEVERITY.match(text, at, end) if found is not None else None
        bracket = _BRACKET.match(text, at, end)
        if level is not None and level.end() == end:
            parts.append(Token("severity", level[0]))
            at = end
        elif bracket is not None and " " in bracket[0]:
            parts.append(Token("bracket", bracket[0]))
            at = bracket.end()
        elif (part := _TOKEN.match(text, at, end)) is not None:
            assert part.lastgroup is not None
            kind = "level" if _is_level(part[0]) else part.lastgroup
            parts.append(Token(kind, part[0]))
            at = part.end()
        else:
            parts.append(Token("atom", text[at]))
            at += 1
    return parts


def _is_level(text: str) -> bool:
    return text.lower() in LEVELS or (len(text) == 1 and text in "TDIWEFCNV")


def learn(heads: Sequence[str]) -> Head:
    """Learn the pieces from the texts before the marker, one per line; ``pattern`` matches the heads they explain."""
    cut = _with_words([tokens(head) for head in heads])
    groups: dict[tuple[str, ...], list[list[Token]]] = {}
    for head in cut:
        groups.setdefault(tuple(token.sign for token in head), []).append(head)
    if not groups:
        return Head()
    ordered = sorted(groups, key=lambda signs: -len(groups[signs]))
    main = ordered[0]
    kept = [main]
    for signs in ordered[1:]:
        enough = len(groups[signs]) >= max(2, len(heads) * 0.03)
        if enough and _same_kind(main, signs, groups):
            kept.append(signs)
    present, optional = _aligned(kept)
    columns: list[list[Token]] = [[] for _ in optional]
    for signs, places in present.items():
        for head in groups[signs]:
            for place, token in zip(places, head, strict=True):
                columns[place].append(token)
    stamp = next((column[0].stamp for column in columns if column and column[0].stamp), None)
    pieces = _named(
        [
            replace(_piece(column, stamp.name if stamp else ""), optional=number)
            for column, number in zip(columns, optional, strict=True)
        ]
    )
    example = "".join(token.text for token in groups[main][0])
    return Head(tuple(pieces), re.compile(expression(pieces) + r"\Z"), example)


def expression(pieces: Sequence[GrammarTerm]) -> str:
    """Return the pieces as one regex."""
    text = ""
    for optional, together in groupby(pieces, attrgetter("optional")):
        inner = "".join(f"(?:{piece.pattern})" for piece in together)
        text += f"(?:{inner})?" if optional else inner
    return text


def _with_words(heads: list[list[Token]]) -> list[list[Token]]:
    """Turn the atoms that most heads contain into words: they are written by mesibo, not by users."""
    counts = Counter(text for head in heads for text in {token.text for token in head if token.kind == "atom"})
    common = {text for text, count in counts.items() if count >= _COMMON * len(heads) and not text.isdigit()}
    return [
        [replace(token, kind="word") if token.kind == "atom" and token.text in common else token for token in head]
        for head in heads
    ]


def _same_kind(main: tuple[str, ...], other: tuple[str, ...], groups: dict[tuple[str, ...], list[list[Token]]]) -> bool:
    """Return whether two structures differ only in a number in brackets or a pair."""
    if main[-1:] != other[-1:]:
        return False
    if not any(sign.startswith("<") for sign in other) and main:
        return False
    longer, shorter = (main, other) if len(main) > len(other) else (other, main)
    for tag, i, j, k, m in SequenceMatcher(None, longer, shorter, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if tag != "delete" or k != m:
            return False
        for head in groups[longer]:
            if not _may_be_left_out([token for token in head[i:j] if token.kind != "blank"]):
                return False
    return True


def _may_be_left_out(chunk: list[Token]) -> bool:
    text = "".join(token.text for token in chunk)
    return (
        re.fullmatch(r"(?:[([<]?[A-Za-z]{0,8}[:=#]?[0-9]+[)\]>]?[:,|]?|[a-z_]+=[0-9A-Za-z_.-]+[,;|]?|:)+", text)
        is not None
    )


def _aligned(structures: list[tuple[str, ...]]) -> tuple[dict[tuple[str, ...], tuple[int, ...]], list[int]]:
    """Align structures, the most frequent first, with the longest; if that is impossible, use the first one alone.

    Return the places of each in the longest, and a number per place, as ``GrammarTerm.optional``.
    """
    base = max(structures, key=len)
    present: dict[tuple[str, ...], tuple[int, ...]] = {}
    missing: list[set[int]] = [set() for _ in base]
    for number, signs in enumerate(structures):
        places: list[int] = []
        for tag, i, j, k, m in SequenceMatcher(None, base, signs, autojunk=False).get_opcodes():
            if tag == "equal":
                places += range(i, j)
            elif tag == "delete" and k == m:
                for place in range(i, j):
                    missing[place].add(number)
            else:
                return _aligned(structures[:1])
        present[signs] = tuple(places)
    optional: list[int] = []
    number = 0
    for i, who in enumerate(missing):
        if who and (i == 0 or missing[i - 1] != who):
            number += 1
        optional.append(number if who else 0)
    return present, optional


def _piece(column: list[Token], stamp: str) -> GrammarTerm:  # noqa: PLR0911  one case a kind
    """Describe one place of the heads by the tokens found there."""
    texts = tuple(token.text for token in column)
    kind = column[0].kind
    if kind == "stamp":
        when = column[0].stamp
        assert when is not None
        return GrammarTerm(when.pattern, "timestamp", when.name, texts)
    if kind in ("level", "severity"):
        pattern = _MESIBO_LEVEL if kind == "severity" and stamp.startswith("DDMM") else _level_pattern(texts)
        return GrammarTerm(pattern, "level", "level", texts)
    if kind == "blank":
        alone = {"\t": r"\t", " ": " "}.get(texts[0]) if len(set(texts)) == 1 else None
        tab = any("\t" in text for text in texts)
        return GrammarTerm(alone or (r"[ \t]+" if tab else " +"), values=texts)
    spelt = set(map(without_digits, texts))
    if len(spelt) == 1 and kind in ("mark", "word", "atom") and not texts[0].isdigit():
        # a number may differ tomorrow; an escape such as \xd0 has a 0 that is none
        pattern = "[0-9]+".join(map(escaped, spelt.pop().split("0")))
        return GrammarTerm(pattern, "", "name" if "[0-9]+" in pattern else "", texts)
    if len(set(texts)) == 1 and kind not in ("bracket", "string") and not any(map(str.isdigit, texts[0])):
        return GrammarTerm(escaped(texts[0]), "", "", texts)
    if kind == "colour":
        return GrammarTerm(COLOUR, "", "colour", texts)
    if kind == "string":
        return GrammarTerm(r'"[^"\\]*(?:\\.[^"\\]*)*"', "", "quoted string", texts)
    if kind == "bracket":
        return GrammarTerm(r'\[[^][{}"]*\]', "", "brackets", texts)
    return _of_class(texts)


def _level_pattern(texts: tuple[str, ...]) -> str:
    if all(len(text) == 1 for text in texts):
        return "[A-Z]"
    if all(text.isupper() for text in texts):
        return "[A-Z]+"
    return "[a-z]+" if all(text.islower() for text in texts) else "[A-Za-z]+"


def _of_class(texts: tuple[str, ...]) -> GrammarTerm:
    """Describe words or numbers: by the few that share a place, or the narrowest class that matches them all."""
    counts = Counter(texts)
    frequent = [text for text, count in counts.most_common(_MOST_WORDS) if count >= max(2, _RARE * len(texts))]
    covered = sum(counts[text] for text in frequent)
    if frequent and not all(map(str.isdigit, frequent)) and covered >= 0.75 * len(texts):
        return GrammarTerm("|".join(map(escaped, sorted(frequent))), "", "name", texts)
    for pattern, title in _CLASSES:
        if all(re.fullmatch(pattern, text) for text in texts):
            return GrammarTerm(pattern, "", title, texts)
    return GrammarTerm(r'[^][(){}<>|,;:="\'* \t]+', "", "name", texts)


def _named(pieces: list[GrammarTerm]) -> list[GrammarTerm]:
    """Keep each result name once, and name the first number in brackets the thread."""
    for i, piece in enumerate(pieces):
        before = "".join(each.pattern for each in pieces[max(0, i - 2) : i])
        behind = pieces[i + 1].pattern if i + 1 < len(pieces) else ""
        address = before.endswith(("(", "[")) and behind == ":"  # [2001:db8::1]
        if piece.pattern == "[0-9]+" and re.search(r"(?:\(|\[|t(?:id|hread)\W{0,2})$", before) and not address:
            pieces[i] = replace(piece, name="thread")
            break
    return once(pieces)


def once(pieces: Iterable[GrammarTerm]) -> list[GrammarTerm]:
    """Keep each result name only for the first piece that has it."""
    seen: set[str] = set()
    kept: list[GrammarTerm] = []
    for piece in pieces:
        kept.append(replace(piece, name="") if piece.name in seen else piece)
        seen.add(piece.name)
    return kept
