"""Find the dialect of lines with the marker: a pure function of lines and catalogue."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from logwatch.catalogue import Catalogue
from logwatch.dialect.redact import front, out_of_json
from logwatch.dialect.result import PLATFORM_WORDS
from logwatch.propose import codes, columns, fields, objects, stamps, words
from logwatch.propose import head as heads
from logwatch.propose.codes import CatalogueWords, CodeCandidate
from logwatch.propose.dialect import Columns, Dialect, InHead, MarkedLine, Words
from logwatch.propose.head import GrammarTerm
from logwatch.propose.lines import inside, mask, quotes_of
from logwatch.words import many, names

_NO_PLACE = "no word and no place at the top level holds numbers that are codes"
_BY_HAND = "nothing is proposed there, since users' texts stand there too; write it by hand from the shipped one"
_ENOUGH_LINES = 5
_FEW_LINES = 20
_MOST_WAYS = 6  # to read the lines; each takes a second to prove
_MOST = 2000  # lines that are looked at
_IDENT = "0-9A-Za-z_-"


@dataclass(frozen=True, slots=True)
class Nothing:
    """No dialect was found: why, and what the operator may try."""

    why: str
    try_: str


def find(texts: Sequence[str], marker: str, catalogue: Catalogue) -> list[Dialect] | Nothing:
    """Return the dialects in which most of the lines may be written, the most likely first.

    ``texts`` are decoded as latin-1, one character per byte.
    """
    whole = re.compile(rf"{re.escape(marker)}(?![{_IDENT}])")
    held = [text for text in texts if whole.search(text)]
    if len(held) > _MOST:
        held = [held[i] for i in sorted(random.Random(0).sample(range(len(held)), _MOST))]  # noqa: S311  no secret
    if len(held) < _ENOUGH_LINES:
        return Nothing(
            f"{many(len(held), 'line holds', 'lines hold')} {marker}",
            f"at least {_ENOUGH_LINES} are needed, with different results among them",
        )
    known = CatalogueWords(
        frozenset(entry.code for entry in catalogue.entries),
        frozenset(entry.reason.lower() for entry in catalogue.entries if entry.reason),
    )
    decoded = [(text, body) for text in held if (body := objects.decode(text)) is not None]
    if len(decoded) * 2 > len(held):
        dialect = _object(len(held), decoded, marker, known)
        if dialect is not None:
            return [dialect]
    lines = [_line(text, found) for text in held if (found := whole.search(text)) is not None]
    head = heads.learn([line.head for line in lines])
    fitting = [line for line in lines if head.pattern.match(line.head) and not inside(line.head, line.rest)]
    if not fitting:
        jq = out_of_json([front(text.encode("latin-1"), marker.encode(), ()) for text in held])
        try_ = f"they are texts inside JSON: `{jq} FILE | mesibo-logwatch report` reads them" if jq else _BY_HAND
        return Nothing(_NO_PLACE + "; the marker itself stands inside quotes or brackets", try_)
    quotes = quotes_of([line.rest for line in fitting])
    return _text(lines, fitting, head, quotes, marker, known)


def _line(text: str, found: re.Match[str]) -> MarkedLine:
    return MarkedLine(text, text[: found.start()], text[found.end() :])


def _object(
    held: int, decoded: Sequence[tuple[str, objects.Body]], marker: str, known: CatalogueWords
) -> Dialect | None:
    bodies = [body for _, body in decoded]
    ways = objects.learn(bodies, marker, known)
    if 2 * len(_hidden([text for text, _ in decoded], known)) > len(decoded):
        ways = [way for way in ways if set(way[0].numbers) != {0}]
    if not ways:
        return None
    code, form = ways[0]
    # What precedes the marker, or the object if the marker is inside it
    head = heads.learn([front.rpartition(marker)[0] if marker in front else front for front, _, _ in bodies])
    member = next((each for each in form.members if each.name == "timestamp"), None)
    times = _times(head.pieces)
    if member is not None:
        times = objects.stamps_of([body for _, body, _ in bodies], member.key)
    doubts = _doubts(code, [way[0] for way in ways[1:]], known, held, held - len(code.numbers), marker)
    timestamp, more = _dating(times)
    texts = tuple(text for text, _ in decoded)
    return Dialect(marker, head, form, code, texts, timestamp, (*doubts, *more))


def _text(
    lines: Sequence[MarkedLine],
    fitting: Sequence[MarkedLine],
    head: heads.Head,
    quotes: str,
    marker: str,
    known: CatalogueWords,
) -> list[Dialect] | Nothing:
    ways: list[tuple[CodeCandidate, Words | Columns | InHead]] = []
    by_words = words.learn(fitting, quotes, known)
    by_words = [way for way in by_words if way[0].key.lower() not in PLATFORM_WORDS]
    by_place = columns.learn(fitting, quotes, known)
    ways += [way for way in by_words if codes.telling(way[0])]
    ways += [way for way in by_place if way[1].delimiter != " "]
    ways += [way for way in by_words if not way[0].key]
    ways += [way for way in by_words if way[0].key and not codes.telling(way[0])]
    ways += [way for way in by_place if way[1].delimiter == " "]
    if 2 * len(_hidden([line.rest for line in fitting], known)) > len(fitting):
        ways = [way for way in ways if set(way[0].numbers) != {0}]  # rc=0 beside {"code": 410} says that it was sent
    if not ways:
        ways += _in_head(fitting, head, quotes, known)
    if not ways:
        return Nothing(*_why_nothing(fitting, known))
    found = []
    for code, form in ways[:_MOST_WAYS]:
        times = _times(head.pieces)
        if isinstance(form, Words) and form.stamp is not None:
            _, kind = form.stamp
            times = [stamp.group() for line in fitting if (stamp := re.search(kind.pattern, line.rest))]
        if isinstance(form, Columns):
            times += _times((*form.before, *form.behind))
        others = [way[0] for way in ways if not _same(way[0], code)]
        doubts = _doubts(code, others, known, len(lines), len(lines) - len(fitting), marker)
        timestamp, more = _dating(times)
        texts = tuple(line.text for line in fitting)
        found.append(Dialect(marker, head, form, code, texts, timestamp, (*doubts, *more)))
    return found


def _times(pieces: Sequence[GrammarTerm]) -> list[str]:
    """Return the time stamps among some pieces."""
    return [text for piece in pieces if piece.name == "timestamp" for text in piece.values]


def _same(one: CodeCandidate, other: CodeCandidate) -> bool:
    """Return whether two candidates have the same number in every line in which both have one."""
    return all(a == b for a, b in zip(one.values, other.values, strict=True) if a is not None and b is not None)


def _in_head(
    fitting: Sequence[MarkedLine], head: heads.Head, quotes: str, known: CatalogueWords
) -> list[tuple[CodeCandidate, InHead]]:
    """Return the pieces before the marker that may be the code."""
    candidates = []
    for i, piece in enumerate(head.pieces):
        if piece.optional or not all(re.fullmatch("-?[0-9]{1,6}", value) for value in piece.values):
            continue
        before = "".join(each.values[0] for each in head.pieces[max(0, i - 3) : i] if each.values)
        word = re.search(r"([A-Za-z_]+)(\W{1,3})$", before)
        key, gap = (word[1], word[2]) if word else ("", "")
        candidates.append(CodeCandidate(key, gap, i, tuple(map(int, piece.values))))
    chosen = codes.choose(candidates, known)
    rests = [line.rest for line in fitting]
    masked = [mask(rest, quotes) for rest in rests]
    found = fields.announced(rests, masked, marks=",;|", taken=(), reasons=known.reasons)
    return [(each, InHead(found, quotes)) for each in chosen]


def _hidden(texts: Sequence[str], known: CatalogueWords) -> list[str]:
    """Return the texts that hold codes anywhere."""
    return [text for text in texts if codes.share_of_codes([int(n) for n in re.findall(r"\b[0-9]{3}\b", text)], known)]


def _why_nothing(fitting: Sequence[MarkedLine], known: CatalogueWords) -> tuple[str, str]:
    hidden = _hidden([line.rest for line in fitting], known)
    if len(hidden) * 2 > len(fitting):
        where = f"{len(hidden)} of {len(fitting)} lines hold some inside quotes or brackets, or in changing places"
        return f"{_NO_PLACE}; {where}", _BY_HAND
    remedy = (
        "check whether these lines are the results, and whether `push = 1` is set in the logs section of mesibo.conf"
    )
    return _NO_PLACE, remedy


def _doubts(
    code: CodeCandidate, others: Sequence[CodeCandidate], known: CatalogueWords, lines: int, elsewhere: int, marker: str
) -> list[str]:
    doubts = []
    if others:
        named = list(dict.fromkeys(each.described() for each in (code, *others[:3])))
        many = "two" if len(named) == 2 else "several"  # noqa: PLR2004  the word for it
        doubts.append(f"{many} places hold numbers that are codes: {', '.join(named)}; the first is taken")
    if not code.key:
        doubts.append(f"no word announces the code; it is taken from its place, {code.described()}")
    seen = sorted(set(code.numbers))
    if len(seen) == 1:
        doubts.append(
            f"every line has the same number, {seen[0]}; propose again once there are failures among the lines"
        )
    unknown = [number for number in seen if number not in known.codes]
    if unknown:
        doubts.append(f"not in the catalogue: {names(unknown)}; are these codes?")
    if nought := code.numbers.count(0):
        doubts.append(
            f"{nought} of {len(code.numbers)} lines have 0, which counts as a failure, no answer; if it says here that"
            ' all was well, give `code = 0` of `provider = "any"` the class delivered in a catalogue of your own'
        )
    if lines < _FEW_LINES:
        doubts.append(f"{lines} lines are few: more of them would make more certain")
    if elsewhere:
        doubts.append(f"{elsewhere} of {lines} lines hold {marker} in another place or shape; they stay unread")
    return doubts


def _dating(times: Sequence[str]) -> tuple[str, list[str]]:
    """Return the format for TIMESTAMP, empty if none is needed, and the doubts about the times."""
    first = stamps.find(times[0]) if times else None
    if first is None:
        return "", ["no time stamp was found; lines are dated by what stands around them, or not at all"]
    form = stamps.strptime_format(first.kind, list(times))
    doubts = []
    if form.startswith(("%d/%m", "%d-%m", "%m/%d", "%m-%d")):
        doubts.append(f"{times[0]} is read with the {'day' if form.startswith('%d') else 'month'} first")
    if odd := [time for time in times if form and not stamps.dates(time, form)]:
        doubts.append(f"{len(odd)} of {len(times)} time stamps, such as {odd[0]}, are not written as most are")
    return form, doubts
