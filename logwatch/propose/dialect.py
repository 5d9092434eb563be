"""What is learnt of a dialect: the types that ``find`` hands to ``write``."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from logwatch.propose.codes import CodeCandidate
from logwatch.propose.head import GrammarTerm, Head
from logwatch.propose.stamps import StampKind


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line with the marker, and the text before and behind that."""

    text: str
    head: str
    rest: str


@dataclass(frozen=True, slots=True)
class Announced:
    """The word that announces a value: ``uid=``, ``uid: ``, or ``uid "…"`` if ``quote`` is set."""

    key: str
    gap: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Follows:
    """A reason right behind the code: ``410 Unregistered``, ``410/Unregistered``, ``410 (Unregistered)``."""

    marks: tuple[str, ...]  # what is between them, without blanks; an empty text: only blanks
    never: tuple[str, ...]  # words that are there as well, but are no reasons
    keys: bool  # words with a value behind them are there as well


@dataclass(frozen=True, slots=True)
class Words:
    """Fields announced by words, in any order; the code is announced as well, or comes first or last."""

    opener: tuple[str, ...]  # what may be right behind the marker; an empty text among them: it may be missing
    codes: tuple[Announced, ...]  # empty if the code comes first or last
    last: bool  # the code is the last word of the line
    fields: Mapping[str, tuple[Announced, ...]]
    marks: str  # separate fields, as blanks do
    groups: bool  # no code is looked for inside parentheses
    quotes: str
    reason: Follows | None
    platforms: tuple[str, ...]  # words for a platform that stand alone; empty if another word announces them
    stamp: tuple[Announced, StampKind] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Fields by place: ``before``, then the code, then ``behind``, of which the last may be missing."""

    opener: str
    delimiter: str  # "|", "\t", ";", "," or " "
    padded: bool  # blanks around the delimiter
    before: tuple[GrammarTerm, ...]
    behind: tuple[GrammarTerm, ...]
    least: int  # columns behind the code that every line has
    closing: str = ""  # behind the last one


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a JSON object that gets a result name; its value may be a string (``text``) or not (``bare``)."""

    key: str
    name: str
    text: bool
    bare: bool
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """One JSON object per line: the code is a member at its top level, and so is the marker, unless it precedes it."""

    event: str  # the key whose value is the marker; empty if the marker precedes the object
    value: str  # that value; with ``open_end`` it ends with the marker, and more text may follow
    open_end: bool
    first: bool  # the marker's member comes before the code
    code: str
    members: tuple[Member, ...]
    opener: str  # between marker and brace
    single: bool  # Python's way: single quotes


@dataclass(frozen=True, slots=True)
class InHead:
    """The code is one of the pieces before the marker."""

    fields: Mapping[str, tuple[Announced, ...]] = field(default_factory=dict)
    quotes: str = '"'
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Everything that a grammar is written from."""

    marker: str
    head: Head
    form: Words | Columns | Object | InHead
    code: CodeCandidate
    lines: tuple[str, ...]  # those that ``code.values`` belong to
    timestamp: str  # format for strptime; empty where none is needed
    doubts: tuple[str, ...]
