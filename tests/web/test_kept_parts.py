"""What pages keep from one look to the next never shows: they are as a process that starts now makes them."""

import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

from hypothesis import example, given, settings
from hypothesis import strategies as st

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.ledger.batch import Batch, ShapeRow
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Rotation, Seen, SourceStatus
from logwatch.web.pages import Codes, Status
from logwatch.web.site import USERS_FRESH_SECONDS, Site

NOW = 1_763_806_500.0
CATALOGUE = Catalogue.load()
ROWS = (
    ResultRow("m", "apns", "200", ""),
    ResultRow("m", "apns", "903", ""),
    ResultRow("m", "fcm", "200", ""),
    ResultRow("m", "fcm", "404", "UNREGISTERED"),
    ResultRow("n", "fcm", "914", ""),
    ResultRow("n", "unknown", "0", ""),
)
ASKED = ("", "span=hour", "span=day", "span=week", "span=month", "class=token", "code=903&span=day", "text=ann")
AHEAD = 40 * 86_400.0
OUTCOME = st.tuples(
    st.sampled_from(ROWS),
    st.sampled_from((0, 30, 600, 4000, 90_000, 700_000)),  # seconds ago
    st.integers(1, 40),
    st.sampled_from(("ann", "bob", "<i>")),
)
STEP = st.tuples(
    # that pass before it; a clock may be set
    st.sampled_from((USERS_FRESH_SECONDS, 61.0, 900.0, 86_400.0, -3600.0, AHEAD, -AHEAD)),
    st.lists(OUTCOME, max_size=6),
    st.sampled_from(("", "incident", "ended", "shape", "rotation")),
)


class Watched:
    """A daemon's face, at a moment that a test sets."""

    trouble = ""
    credentials = ()
    refused = ()
    catalogue = CATALOGUE
    config = Config(source=(Source(name="m", paths=("/m.log",)), Source(name="n", paths=("/n.log",))))
    status = {name: SourceStatus(name, True, 1, 0, True, ()) for name in ("m", "n")}  # noqa: FBT003, RUF012

    def __init__(self, directory):
        self.now = NOW
        self.ledger = Ledger(Path(directory), keep=30, clock=lambda: self.now)
        self.ledger_path = self.ledger.path

    @property
    def snapshot(self):
        return self.ledger.snapshot

    def commit(self, outcomes, more):
        batch = Batch(30)
        batch.count("m", "lines")
        for row, ago, count, user in outcomes:
            at = self.now - ago
            batch.result(row, Seen(count, at, at))
            batch.time(row, Seen(count, at, at), self.now)
            if row.code != "200":
                batch.fail([StoredFailure(at - i, *row, "1", user, f"{user}***", "<str>") for i in range(count)])
        if more in ("incident", "ended"):
            ended = self.now if more == "ended" else None
            batch.incident(
                Incident("k:apns", "critical", "Expired", "yours", ROWS[1:2], self.now - 300, self.now, ended),
                frozenset(),
            )
        elif more == "shape":
            batch.shape(ShapeRow("m", "no_code", "push_on_complete: <str>"), self.now)
        elif more == "rotation":
            batch.rotate(Rotation(self.now, "m", "/m.log", "rename", 1))
        assert self.ledger.commit(batch)


def forget():
    """Empty what modules of the web keep, as it is in a process that starts now."""
    modules = [module for name, module in sys.modules.items() if name.startswith("logwatch.web.")]
    kept = [each for module in modules for each in vars(module).values() if hasattr(each, "cache_clear")]
    assert len(kept) > 3  # else nothing is kept, and this is to be told in another way
    for each in kept:
        each.cache_clear()


def pages(site):
    """Return every page of a site, as it is sent."""
    with site.reader.together():
        asked = [SimpleNamespace(site=site, request=SimpleNamespace(query_arguments=_arguments(q))) for q in ASKED]
        return [Status._make(each) for each in asked] + [Codes._make(asked[0])]


def _arguments(query):
    return {name: [value.encode() for value in values] for name, values in parse_qs(query).items()}


@settings(deadline=None, max_examples=8)  # a bound on time says nothing on a busy machine
@given(st.lists(STEP, min_size=2, max_size=4))
@example([(61.0, [(ROWS[1], 0, 3, "ann")], "ended"), (AHEAD, [], "incident"), (-AHEAD, [], "")])
def test_a_page_with_parts_kept_is_the_page_of_a_process_that_starts_now(steps):
    """Commit by commit, whatever comes: late results, a full error log, and a clock that is set."""
    with tempfile.TemporaryDirectory() as directory:
        watched, looks = Watched(directory), iter(range(1_000_000))
        kept = Site(watched, clock=lambda: watched.now, monotonic=lambda: 10.0 * next(looks))
        try:
            for passing, outcomes, more in steps:
                watched.now += passing
                watched.commit(outcomes, more)
                fresh = Site(watched, clock=lambda: watched.now)
                fresh._templates = kept._templates  # compiled, which takes longest
                shown = pages(kept)
                forget()
                assert shown == pages(fresh)
        finally:
            watched.ledger.close()
