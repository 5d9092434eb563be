"""What is learnt of a dialect: the nouns that finding hands to writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from logwatch.propose.codes import CodeCandidate
from logwatch.propose.head import GrammarTerm, Head
from logwatch.propose.stamps import StampKind


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """One line with the marker: the text in front of it, and the text behind."""

    text: str
    head: str
    rest: str


@dataclass(frozen=True, slots=True)
class Announced:
    """A value with a word in front: ``uid=``, ``uid: ``, or ``uid "…"`` where ``quote`` is set."""

    key: str
    gap: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Follows:
    """A reason right behind the code: ``410 Unregistered``, ``410/Unregistered``, ``410 (Unregistered)``."""

    marks: tuple[str, ...]  # what stands between, without blanks; an empty text: nothing but blanks
    never: tuple[str, ...]  # words that stand there as well, and are none
    keys: bool  # so do words with a value behind them


@dataclass(frozen=True, slots=True)
class Words:
    """Fields with words in front of them, in any order; the code has a word too, or stands first or last."""

    opener: tuple[str, ...]  # what may stand right behind the marker; an empty text among them: it may be missing
    codes: tuple[Announced, ...]  # empty where the code stands first or last
    last: bool  # the code is the last word of the line
    fields: Mapping[str, tuple[Announced, ...]]
    marks: str  # separate fields, as blanks do
    groups: bool  # parentheses hold text in which no code is looked for
    quotes: str
    reason: Follows | None
    platforms: tuple[str, ...]  # words for a platform that stand alone; empty where another word announces them
    stamp: tuple[Announced, StampKind] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Fields by their place: ``before`` the code, then the code, then ``behind``, of which the last may be missing."""

    opener: str
    delimiter: str  # "|", "\t", ";", "," or " "
    padded: bool  # blanks around the delimiter
    before: tuple[GrammarTerm, ...]
    behind: tuple[GrammarTerm, ...]
    least: int  # columns behind the code that every line has


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a JSON object that becomes a result name; ``text``: its value is a string, ``bare``: it is not."""

    key: str
    name: str
    text: bool
    bare: bool
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """One JSON object a line: the code is a member at its top level, so is the marker unless it stands in front."""

    event: str  # the key whose value is the marker; empty where the marker stands in front of the object
    value: str  # that value; ends with the marker or is followed by more text where ``open_end``
    open_end: bool
    first: bool  # the marker's member comes before the code
    code: str
    members: tuple[Member, ...]
    opener: str  # between marker and brace
    single: bool  # Python's way: single quotes


@dataclass(frozen=True, slots=True)
class InHead:
    """The code is one of the pieces in front of the marker."""

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
    others: tuple[CodeCandidate, ...]  # that would have fitted too
    timestamp: str  # format for strptime; empty where none is needed
    doubts: tuple[str, ...]
