"""Find when a fault began and ended: not its first and last line, which may be noise, but where its rate jumped.

The likeliest place of one change in a Poisson process: the sequence is cut where two rates explain it best.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TIMES = 3.0  # a rate that grows less is a busy morning
SURE = 6.0  # log-likelihood gained by two rates instead of one: chance gives that about once in 400 looks
_PART = 0.1  # of an interval that must lie after the change for it to have happened there


Point = tuple[float, float, int, int, float]
"""One interval: its start and end, how many pushes failed so, of how many, and when the one nearest to the change did.

That is the first one for a rise, and the last one for a fall.
"""


@dataclass(frozen=True, slots=True)
class Rise:
    """When the rate jumped (seconds since the epoch), and the shares before and after, 0 to 1."""

    at: float
    before: float
    after: float


def rise(points: Sequence[Point]) -> Rise | None:
    """Return when the share of failures rose for good; None if it was about the same throughout."""
    points = _from_the_first(point for point in points if point[3])
    mine, among = sum(point[2] for point in points), sum(point[3] for point in points)
    best: tuple[float, int, float, float] | None = None
    early, early_among, as_one = 0, 0, _likelihood(mine, mine / among) if among else 0.0
    for i, (_, _, mine_here, among_here, _) in enumerate(points[:-1]):  # 10,000 times for a page with everything
        early, early_among = early + mine_here, early_among + among_here
        late = mine - early
        if late * early_among <= TIMES * early * (among - early_among):
            continue
        before, after = early / early_among, late / (among - early_among)
        gained = _likelihood(early, before) + _likelihood(late, after) - as_one
        if best is None or gained > best[0]:
            best = (gained, i + 1, before, after)
    if best is None or best[0] < SURE:
        return None
    _, i, before, after = best
    # the change may lie inside the interval before
    for start, end, mine, among, nearest in points[i - 1 : i + 1]:
        part = min((mine / among - before) / (after - before), 1.0)
        if part > _PART:
            return Rise(max(nearest, end - part * (end - start)), before, after)
    return Rise(points[i][4], before, after)


def fall(points: Sequence[Point]) -> Rise | None:
    """Return when the share fell for good, as a rise in reversed time: ``before`` is the share after the fall."""
    found = rise([(-end, -start, mine, among, -nearest) for start, end, mine, among, nearest in reversed(points)])
    return found and Rise(-found.at, found.before, found.after)


def _from_the_first(points: Iterable[Point]) -> list[Point]:
    """Make the first interval begin at its first failure, without the pushes before that.

    Otherwise a fault that begins within it would look like a low rate from its start on.
    """
    cut = list(points)
    if cut:
        start, end, mine, among, first = cut[0]
        if start < first < end:
            cut[0] = (first, end, mine, max(mine, round(among * (end - first) / (end - start))), first)
    return cut


def _likelihood(count: int, rate: float) -> float:
    return count * math.log(rate) if count else 0.0
