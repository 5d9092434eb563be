"""Stories of a day, told minute by minute, and what is found at their end."""

from logwatch.catalogue import Catalogue
from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.find import diagnose
from logwatch.ledger.batch import CounterRow
from logwatch.ledger.buckets import WIDTHS, Bucket, Reading, spread
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.ledger.timeline import Changed
from logwatch.model import Seen, SourceStatus
from logwatch.simulate.outcomes import ordinary
from tests.helpers.timelines import timeline

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
CATALOGUE = Catalogue.load()
UP = SourceStatus("mesibo", up=True, files_followed=1, lag_bytes=0, caught_up=True,
                  problems=())  # fmt: skip


class Story:
    """Pushes of a day, minute by minute, and the facts at its end."""

    def __init__(self):
        self.results: dict[ResultRow, Seen] = {}
        self.buckets: dict[Bucket, Seen] = {}
        self.counters = {CounterRow("mesibo", "lines", ""): 1000}
        self.status = {"mesibo": UP}
        self.read_at = NOW
        self.logged_at = None
        self.committed_at = NOW
        self.trouble = ""
        self.readings: dict[Reading, Seen] = {}
        self.shapes = []
        self.setups = {}
        self.refused = ()

    def pushes(self, platform, code, count, minutes_ago, reason="", source="mesibo", seconds=50):
        """Add ``count`` pushes in the first ``seconds`` of the minute that begins so many minutes ago."""
        at = NOW - minutes_ago * 60
        seen = Seen(count, at, at + seconds if minutes_ago >= 1 else NOW)
        row = ResultRow(source, platform, str(code), reason)
        self.results.setdefault(row, Seen()).add(seen)
        for width, start, part in spread(seen, NOW):
            self.buckets.setdefault(Bucket(width, start, row), Seen()).add(part)

    def lines(self, cause, count, minutes_ago, source="mesibo"):
        """Add ``count`` lines with the marker in that minute: unread for ``cause``, read with an empty one."""
        at = NOW - minutes_ago * 60
        seen = Seen(count, at, at + 50 if minutes_ago >= 1 else NOW)
        for width, start, part in spread(seen, NOW):
            self.readings.setdefault(Reading(width, start, source, cause), Seen()).add(part)
        if cause:
            row = CounterRow(source, "unparsed_lines", cause)
            self.counters[row] = self.counters.get(row, 0) + count
        return self

    def ordinary(self, minutes, until=0, rate=200, without=()):
        """Add an ordinary day's pushes, ``rate`` a minute; of platforms in ``without`` none is accepted."""
        for (platform, code, reason), share in ordinary(0.06).items():
            if code == 200 and platform in without:
                continue
            owed = 0.0
            for ago in range(minutes + until - 1, until - 1, -1):
                owed += share * rate
                if int(owed):
                    self.pushes(platform, code, int(owed), ago, reason)
                    owed -= int(owed)
        return self

    def incident(self, platform, code, reason="", minutes=54, rate=22):
        for ago in range(minutes - 1, -1, -1):
            self.pushes(platform, code, rate, ago, reason)
        return self

    def findings(self):
        return diagnose(self.facts())

    def facts(self):
        minutes, quarters, *before = (timeline(width, NOW, self.buckets.items()) for width in WIDTHS)
        sources = {
            name: SourceRow(ready=True, last_line_at=self.read_at, logged_at=self.logged_at) for name in self.status
        }
        changed = Changed(until=self.committed_at)
        snapshot = Snapshot(NOW, self.results, self.counters, sources, readings=self.readings, changed=changed)
        return Facts(
            NOW, CATALOGUE, snapshot, self.status, minutes, quarters, self.trouble, self.shapes, self.setups,
            self.refused, before=before,
        )  # fmt: skip

    def finding(self, key):
        (found,) = [finding for finding in self.findings() if finding.key == key]
        return found
