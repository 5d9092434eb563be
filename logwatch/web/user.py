"""``/user``: one user's pushes in order, failed ones from the ledger and accepted ones from the ends of the logs."""

from collections import deque
from dataclasses import dataclass, field

from logwatch.assembly import assemble
from logwatch.config import Config
from logwatch.errors import LogwatchError
from logwatch.ledger.reader import NotReadable
from logwatch.privacy import Privacy, readable
from logwatch.report.recent import BOUND, LogEnds
from logwatch.report.user import UserPushes
from logwatch.story import Conclusion, UserPush, conclude, stored_pushes, together
from logwatch.web.pages import Page
from logwatch.web.site import Site

MOST = 50  # pushes that are shown, the newest
_LOOKED_AT = 1000  # kept failures
_JUDGED = 5000  # pushes of the logs
_LONGEST = 128  # characters of an address


@dataclass(slots=True)
class UserView:
    """What the page shows of one user."""

    address: str
    pushes: list[UserPush] = field(default_factory=list)  # newest first
    conclusions: list[Conclusion] = field(default_factory=list)
    more: int = 0  # pushes that are not shown
    notes: list[str] = field(default_factory=list)
    bound: str = ""  # how much of the logs is read, if not all
    back_to: float | None = None  # the oldest time that the logs were read from, if not from their beginning


class User(Page):
    """The pushes of the user whose ``address`` is asked for."""

    shared = False

    async def get(self) -> None:
        """Answer with the page of one user."""
        address = readable(self.get_query_argument("address", "").strip())[:_LONGEST]
        await self.answer(lambda: self._make(address))

    def _make(self, address: str) -> tuple[int, bytes]:
        view = _look(self.site, address) if address else None
        return 200, self.site.render("user.html", "user", view=view, address=address, now=self.site.now)


def _look(site: Site, address: str) -> UserView:
    view = UserView(address)
    watched, reader = site.watched, site.reader
    stored: list[UserPush] = []
    logs = UserPushes(address, watched.catalogue, pushes=deque(maxlen=_JUDGED))
    read = False
    try:
        logs.privacy = Privacy("mask", reader.key())
        stored = stored_pushes(reader, address, watched.catalogue, most=_LOOKED_AT)
        positions = reader.positions()
        count, whole = _ends(site, watched.config).read(logs, positions, now=site.now)
        read = count.sources > 0
        if read and not whole:
            times = [seen.first for seen in count.summary.results.values() if seen.first is not None]
            view.back_to = min(times, default=None)
            view.bound = BOUND
        if read and not logs.found and logs.anonymous and count.summary.results:
            view.notes.append("The push lines of this log name no user: accepted pushes cannot be told apart.")
    except NotReadable as error:
        view.notes.append(f"The failures that are kept cannot be read now: {error}.")
    except LogwatchError as error:
        view.notes.append(f"The logs were not read: {error.problems[0].headline}.")
    if not read:
        view.notes.append("No log could be read here: pushes that were accepted are not known.")
    if logs.found > _JUDGED:
        view.notes.append(f"Of {logs.found:,} pushes in the logs, the newest {_JUDGED:,} are judged.")
    pushes = together(logs.pushes, stored)
    view.conclusions = conclude(pushes, site.now, accepted_known=read)
    view.more = max(len(pushes) - MOST, 0)
    view.pushes = pushes[::-1][:MOST]
    return view


def _ends(site: Site, config: Config) -> LogEnds:
    """Return the reader of logs for ``config``, whose grammars are compiled once, in the pages' one thread."""
    if site.log_ends is None or site.log_ends[0] is not config:
        site.log_ends = (config, LogEnds(assemble(config)))
    return site.log_ends[1]
