"""Decide which envelope the lines of a generation are in, by mesibo's own lines among them: a pure function of lines.

Each whole line with mesibo's own prefix, bare or behind exactly one envelope, is a vote. A clear majority decides, so
no text of a user can bring an envelope along, not even as the first line. A second envelope is looked for behind the
first only where nearly all lines have the same two.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from logwatch.envelope.formats import FORMATS, of_kind
from logwatch.envelope.journal_json import Multiline
from logwatch.envelope.lines import cut, unwrap
from logwatch.envelope.prefixed import CONTAINER_ID, Prefixed, is_container_id
from logwatch.envelope.record import Format, Record
from logwatch.envelope.text import clean, uncoloured
from logwatch.model import PLAIN, Envelope, EnvelopeChoice, Layer

Owns = Callable[[bytes], bool]
"""Returns whether a line, without its newline, begins with mesibo's own prefix, which a grammar knows."""

ENOUGH_VOTES = 50
"""So many votes decide at once, whatever envelope was expected."""
_UNANIMOUS_VOTES = 8  # so many decide if none contradicts
_LOOKED_AT_VOTES = 200
_LOOKED_AT_LINES = 20000
_CLEAR = 2 / 3  # of the votes
_NEARLY_ALL = 0.95
_LEAST_PAIRS = 3
_OWN_SHARE = 0.5  # of the lines under a name, for the name to be mesibo's
_WORTH_SHARE = 0.1  # of the votes for the format
_LEAST_STRANGE = 5  # lines; fewer may be a user's


class Undecided(Enum):
    """Why an envelope is not decided."""

    SILENT = "no line of mesibo's so far: none can count, whatever the envelope is"
    FEW = "some lines of mesibo's, but too few for what they say"


_Pair = tuple[str, str]  # names of an outer and an inner format


@dataclass(slots=True)
class Votes:
    """What the lines that were looked at say about their envelope."""

    plain: int = 0
    single: Counter[str] = field(default_factory=Counter)  # by name of the format
    pairs: Counter[_Pair] = field(default_factory=Counter)
    own: Counter[tuple[str, str]] = field(default_factory=Counter)  # (format, origin) -> lines with the prefix
    all: Counter[tuple[str, str]] = field(default_factory=Counter)  # (format, origin) -> lines
    inner: Counter[str] = field(default_factory=Counter)  # inner origin of a pair -> lines with the prefix

    @property
    def count(self) -> int:
        """Lines that have the prefix bare or behind one envelope."""
        return self.plain + self.single.total()

    @property
    def agree(self) -> bool:
        """Whether all votes agree, and later lines cannot add a name."""
        kinds = bool(self.plain) + len(self.single)
        return kinds == 1 and not self.pairs and not any(origin for _, origin in self.own)


def decide(
    data: bytes,
    owns: Owns,
    *,
    kind: EnvelopeChoice = "auto",
    expected: Envelope | None = None,
    final: bool = False,
) -> Envelope | Undecided:
    """Decide by whole lines from the beginning of a generation, or say why these are not enough.

    ``kind`` restricts the choice to the formats of one kind. ``expected`` is the previous generation's envelope: one
    line suffices for it, but any other takes ``ENOUGH_VOTES``. With ``final`` the lines there are must suffice; without
    any of mesibo's there is nothing to decide by, and nothing that could count either.
    """
    forms = tuple(FORMATS.values()) if kind == "auto" else of_kind(kind)
    if len(forms) <= 1 and not any(form.named for form in forms):
        return undecided(kind)  # nothing is left to decide
    votes = count(data, owns, forms, plain=kind == "auto", final=final)
    if not votes.count and not votes.pairs:
        return Undecided.SILENT
    found = _majority(votes)
    enough = final or max(votes.count, votes.pairs.total()) >= ENOUGH_VOTES
    if found is None:  # a wild mixture: nothing enveloped counts in it, unless the file was said to have an envelope
        return undecided(kind) if enough else Undecided.FEW
    if enough or found == expected or (found == PLAIN and expected in (None, PLAIN)):
        return found
    sure = expected is None and max(votes.count, votes.pairs.total()) >= _UNANIMOUS_VOTES
    alike = votes.plain == 0 and len(votes.single) + len(votes.pairs) == 1
    return found if sure and alike else Undecided.FEW


def could_be(kind: EnvelopeChoice, data: bytes) -> bool:
    """Return whether some line of ``data`` is in an envelope of this kind."""
    forms = of_kind(kind) if kind != "auto" else ()
    if not forms:
        return True
    several = (form.rewritten(data, final=True) for form in forms if isinstance(form, Multiline))
    return any(form.record(line) for line in _lines(data) for form in forms) or any(found.entries for found in several)


def settled(data: bytes, owns: Owns, kind: EnvelopeChoice = "auto") -> Envelope:
    """Decide by whole lines that nothing follows."""
    found = decide(data, owns, kind=kind, final=True)
    return undecided(kind) if isinstance(found, Undecided) else found


def changed(data: bytes, envelope: Envelope, owns: Owns) -> Envelope | None:
    """Return the envelope that most of the strange ones among some whole lines are in; None if they are in none.

    A line is strange if it is not in the envelope of its file, or has no prefix of mesibo's inside that.
    """
    strange = [
        line.payload
        for line in unwrap(data, envelope)
        if line.refused == "unenveloped" or not (line.refused or owns(line.payload))
    ]
    if len(strange) < _LEAST_STRANGE:
        return None
    rest = b"\n".join([*strange, b""])
    found = settled(rest, owns)
    own = sum(not line.refused and owns(line.payload) for line in unwrap(rest, found))
    return found if 2 * own > len(strange) else None


def silent_end(data: bytes, max_line_bytes: int) -> int:
    """Return how many bytes of whole lines, none of them mesibo's, may be handed on before the envelope is decided.

    A message that may be split in some envelope, and is incomplete, is not handed on: its rest is no line.
    """
    forms = (form for form in FORMATS.values() if (form.mark in data if isinstance(form, Multiline) else form.splits))
    return min(cut(data, Envelope((Layer(form.name),)), max_line_bytes).consumed for form in forms)


def undecided(kind: EnvelopeChoice) -> Envelope:
    """Return the envelope by which lines are read while none is decided: none of them can count."""
    return PLAIN if kind == "auto" or not (forms := of_kind(kind)) else Envelope((Layer(forms[0].name),))


def count(data: bytes, owns: Owns, forms: Sequence[Format], *, plain: bool = True, final: bool = False) -> Votes:
    """Count the votes of whole lines, each ended by a newline; with ``final`` the last entry is complete as well."""
    votes = Votes()
    order = [form for form in forms if not isinstance(form, Multiline)]
    for form in forms:
        if isinstance(form, Multiline) and form.mark in data:
            consumed, entries, strange = form.rewritten(data, final=final)
            if entries and strange <= (1 - _NEARLY_ALL) * consumed:
                for _, entry in entries[:_LOOKED_AT_VOTES]:
                    _vote(votes, entry, owns, [form])
                return votes  # a line within an entry is no line of the log
    heard = 0
    for line in _lines(data):
        if heard >= _LOOKED_AT_VOTES or (heard >= ENOUGH_VOTES and votes.agree):
            break
        if plain and owns(uncoloured(line)):
            votes.plain += 1
            heard += 1
        elif order:
            heard += _vote(votes, line, owns, order)
    return votes


def _lines(data: bytes) -> Iterator[bytes]:
    """Yield the first lines of a file one by one, since most of them are never asked for."""
    data = clean(data)
    start = 0
    for _ in range(_LOOKED_AT_LINES):
        if (stop := data.find(b"\n", start)) < 0:
            return
        yield data[start:stop]
        start = stop + 1


def _vote(votes: Votes, line: bytes, owns: Owns, order: list[Format]) -> bool:
    """Count one line that is not plain, and try its format first on the next one; return whether it is mesibo's."""
    fitting: list[tuple[Format, Record]] = []
    for form in order:
        if (record := form.record(line)) is None:
            continue
        fitting.append((form, record))
        if owns(uncoloured(record.payload)):
            votes.single[form.name] += 1
            votes.own[form.name, record.origin] += 1
            votes.all[form.name, record.origin] += 1
            if order[0] is not form and votes.single[form.name] > 1:
                order.remove(form)
                order.insert(0, form)
            return True
    for form, record in fitting:
        votes.all[form.name, record.origin] += 1
        for inner in order:
            if not isinstance(inner, Prefixed) or inner.splits:
                continue  # nobody writes a split message inside another envelope
            second = inner.record(record.payload)
            if second and owns(uncoloured(second.payload)):
                votes.pairs[form.name, inner.name] += 1
                votes.own[form.name, record.origin] += 1
                votes.inner[second.origin] += 1
                return True
    return False


def _majority(votes: Votes) -> Envelope | None:
    """Return a clear majority's envelope, with the names under which mesibo logs its lines; None if there is none."""
    if pairs := votes.pairs.total():
        pair, most = votes.pairs.most_common(1)[0]
        if most >= _LEAST_PAIRS and most >= _NEARLY_ALL * (pairs + votes.count):
            # Those of other pairs are fewer: nearly all have this one
            names = [name for name, n in votes.inner.items() if name and n >= _WORTH_SHARE * most]
            return Envelope((Layer(pair[0], _origins(votes, pair[0])), Layer(pair[1], tuple(sorted(names)))))
    if not votes.count:
        return None
    if votes.plain >= _CLEAR * votes.count:
        return PLAIN
    name, most = votes.single.most_common(1)[0]
    if most < _CLEAR * votes.count:
        return None
    return Envelope((Layer(name, _origins(votes, name)),))


def _origins(votes: Votes, form: str) -> tuple[str, ...]:
    """Return the names that are mesibo's: most lines under them have its prefix, and they are not rare.

    If every container id that was seen is mesibo's, any is: Docker gives each container a new one, so a log has several
    after a restart.
    """
    own = {origin: n for (name, origin), n in votes.own.items() if name == form and origin}
    most = max(own.values(), default=0)
    total = sum(own.values())
    mesibo = {
        origin
        for origin, n in own.items()
        if n == most or (n >= _WORTH_SHARE * total and n >= _OWN_SHARE * votes.all[form, origin])
    }
    ids = {origin for (name, origin) in votes.all if name == form and is_container_id(origin)}
    if mesibo and all(map(is_container_id, mesibo)) and ids <= mesibo:
        return (CONTAINER_ID,)
    return tuple(sorted(mesibo))
