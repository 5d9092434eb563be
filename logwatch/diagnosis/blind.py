"""Find push lines that cannot be read: how many, since when, how they look, and the command that fixes it."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from logwatch.diagnosis import weight
from logwatch.diagnosis.facts import Facts, Finding, Rank, SourceSetup
from logwatch.dialect.redact import out_of_json
from logwatch.ledger.batch import ShapeRow
from logwatch.ledger.buckets import QUARTER, oldest
from logwatch.model import Seen
from logwatch.sight import LineShare, Sight
from logwatch.words import HOUR, clock, many, number, share, span

MOST = 0.5
UNREAD = {
    "misplaced": "have the marker behind a prefix that the grammar does not know",
    "unenveloped": "are not in the envelope that the rest of the file has",
    "no_code": "have no code where one is expected",
    "ambiguous": "have two different codes",
    "grammar": "do not fit the grammar",
}
_OF_ONE = {"have": "has", "are": "is", "do": "does"}
_IN_JSON = (
    "They are strings inside JSON, where no grammar looks, since users' texts are there as well. Have them written in"
    " a format that can be read directly, such as rsyslog's RSYSLOG_FileFormat; the command below counts those that"
    " are there."
)
_CHANGED = (
    "Have the log rotated: the envelope is decided once per file, and these lines are in another one or in none. The"
    " next file is read."
)
_SHOWN = 3  # shapes and fronts
_PATHS = 3


def finding(name: str, facts: Facts) -> Iterator[Finding]:
    """Yield at most one finding: that lines of a source cannot be read, and how to mend it."""
    sight = facts.sights[name]
    if not sight.blind:
        sight = _ever(name, facts)
    if not sight.blind:
        return
    now, setup = facts.now, facts.setup(name)
    since = sight.since if sight.since is not None else sight.last
    began = f" since {clock(since, now)}" if since is not None else ""
    if since is not None and since < oldest(QUARTER, now) + 2 * QUARTER:  # no reading of before that is kept
        since, began = None, " for a day or more"
    fronts = [*_fronts(_shapes(name, facts))][:1]
    command, verb = way_out(name, setup, fronts), "cannot"
    if sight.over:
        command, verb = "", "could not"
        began = f" until {clock(sight.last, now)}" if sight.last is not None else began
        remedy = (
            "Everything since then is read. Earlier counts lack these lines; `mesibo-logwatch report` reads them from"
            " the files."
        )
    elif out_of_json(fronts):
        remedy = _IN_JSON
    elif sight.causes and sight.causes[0][0] == "unenveloped":
        command, remedy = "", _CHANGED
    else:
        remedy = (
            "Run the command below to propose a grammar from these lines, and check what it says. Then set `grammar ="
            f' "{_new_name(name, setup)}"` in the source {name}, and reload mesibo-logwatch.'
        )
    yield Finding(
        key=f"unparsed:{name}",
        rank=how_blind(sight),
        title=f"{share(sight.worst.share)} of the push lines of {name} {verb} be read"
        f" ({number(sight.worst.unread)}{' in two minutes' if sight.sudden else ''}){began}: the numbers below lack"
        " them.",
        side="yours",
        remedy=remedy,
        evidence=tuple(_evidence(name, sight, facts)),
        steps=(8,),
        since=since,
        pushes=sight.hour.unread,
        command=command,
        cause=f"Push lines of {name} could not be read",
        ended=sight.last if sight.over else None,
    )


def way_out(name: str, setup: SourceSetup, fronts: Sequence[str]) -> str:
    """Return the command that reads a source's unread lines with such fronts: out of JSON, or by a new grammar."""
    paths = " ".join(map(shlex.quote, setup.paths[:_PATHS]))
    if jq := out_of_json(fronts):
        return f"{jq} {paths or 'FILE'} | mesibo-logwatch report"
    what = paths or f"--source {shlex.quote(name)}"
    new = _new_name(name, setup)
    return f"mesibo-logwatch grammar propose {what} --name {new} --output {shlex.quote(setup.grammars)}{setup.options}"


def _new_name(source: str, setup: SourceSetup) -> str:
    """Return a name for the new grammar of a source; each source gets another one."""
    name = f"mine-{re.sub('[.:]', '-', source)}"
    return name if setup.grammar != name else f"{name}-2"


def _ever(name: str, facts: Facts) -> Sight:
    """Judge a source without any readable line by all its counts, since its log may have been quiet for an hour."""
    unread = {cause: facts.snapshot.counted(name, "unparsed_lines", cause) for cause in UNREAD}
    total = sum(unread.values())
    if not total or any(row.source == name for row in facts.snapshot.results):
        return Sight()
    causes = sorted(((c, n) for c, n in unread.items() if n), key=lambda item: -item[1])
    return Sight(hour=LineShare(total, total), causes=tuple(causes), last=facts.sights[name].last)


def how_blind(sight: Sight) -> Rank:
    """Return how serious it is that a source is blind."""
    if sight.over and sight.last is not None:
        return weight.UNREAD_BEFORE
    if not sight.heavy:
        return weight.UNREAD_SOME
    return weight.UNREAD_MOST if sight.worst.share >= MOST else weight.UNREAD_MUCH


def _evidence(name: str, sight: Sight, facts: Facts) -> Iterator[str]:
    hour, lately = facts.sights[name].hour, sight.lately
    if hour.all:
        recent = f"; {number(lately.unread)} of {number(lately.all)} in the last two minutes" if lately.all else ""
        yield f"{number(hour.unread)} of {number(hour.all)} push lines in the last hour gave no result{recent}."
    else:
        ago = f"; the last one came {span(facts.now - sight.last)} ago" if sight.last is not None else ""
        yield f"No push line of this source was ever read{ago}."
    causes = "; ".join(counted(cause, count) for cause, count in sight.causes)
    if causes:
        yield f"Of these, {causes}." if len(sight.causes) > 1 else f"They {UNREAD.get(sight.causes[0][0], causes)}."
    shapes = _shapes(name, facts)
    fronts = _fronts(shapes)
    visible = [front for front in fronts if front.strip()]
    if visible:
        begin = sum(fronts[front] for front in visible)
        who = "They begin" if begin == sum(fronts.values()) else many(begin, "begins", "begin")
        shown = ", ".join(f'"`{front}`"' for front in visible[:_SHOWN])
        yield f"{who} with {shown} where mesibo's own prefix is expected."
    for row, seen in shapes[:_SHOWN]:
        yield f"{many(seen.count, 'looks', 'look')} like `{row.shape}`"


def counted(cause: str, count: int) -> str:
    """Return in words how many lines are unread for one cause."""
    verb, _, rest = UNREAD.get(cause, cause).partition(" ")
    return f"{many(count, _OF_ONE.get(verb, verb), verb)} {rest}"


def _fronts(shapes: Sequence[tuple[ShapeRow, Seen]]) -> Counter[str]:
    """Count the lines of each front, the most frequent first."""
    fronts: Counter[str] = Counter()
    for row, seen in shapes:
        fronts[row.front] += seen.count
    return Counter(dict(fronts.most_common()))


def _shapes(name: str, facts: Facts) -> list[tuple[ShapeRow, Seen]]:
    """Return the shapes of the last hour, the most frequent first; older ones if there are none."""
    mine = [(row, seen) for row, seen in facts.shapes if row.source == name]
    fresh = [(row, seen) for row, seen in mine if (seen.last or 0.0) > facts.now - HOUR]
    return sorted(fresh or mine, key=lambda item: -item[1].count)
