"""The page's states as an operator meets them: a ledger filled with a story, and the daemon's face before it."""

from logwatch.config import Config, Source
from logwatch.diagnosis.find import diagnose
from logwatch.diagnosis.gather import gather
from logwatch.diagnosis.incidents import fold
from logwatch.ledger.batch import Batch, ShapeRow
from logwatch.ledger.incidents import Incident, Person
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Reader, Timelines
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from tests.helpers.story import CATALOGUE, NOW, UP, Story

EXPIRED = ResultRow("mesibo", "apns", "903", "")
SHAPE = "push_on_complete: uid <num> type <str> aid <num> token <str> code <num>"


def all_well():
    return Story().ordinary(1440, rate=60)


def ios_903():
    return Story().ordinary(1380, until=54, rate=60).ordinary(54, without=("apns",), rate=60).incident("apns", 903)


def dead_tokens():
    return Story().ordinary(1440, rate=60).incident("fcm", 404, "UNREGISTERED", minutes=200, rate=30)


def limited_914():
    return Story().ordinary(1440, rate=60).incident("fcm", 914, minutes=30, rate=90)


def blind():
    story = Story().ordinary(1380, until=40, rate=60).ordinary(40, rate=15)
    for ago in range(40):
        story.lines("no_code", 45, ago)
    for ago in range(60):
        story.lines("", 60 if ago >= 40 else 15, ago)
    story.shapes = [(ShapeRow("mesibo", "no_code", "push_on_complete: uid <num> status=<num>", "mesibo-1  | "), 1800)]
    return story


def nothing_logged():
    story = Story()
    story.counters = {}
    return story


def ended_yesterday():
    return Story().ordinary(1440, rate=60)


STATES = {each.__name__: each for each in (all_well, ios_903, dead_tokens, limited_914, blind, nothing_logged,
                                            ended_yesterday)}  # fmt: skip


class Watched:
    """A daemon's face at the end of a story."""

    trouble = ""
    credentials = ()
    refused = ()

    def __init__(self, directory, state):
        self.catalogue = CATALOGUE
        self.config = Config(source=(Source(name="mesibo", paths=("/var/log/mesibo/*.log",)),))
        self.status = {"mesibo": UP}
        self.ledger = Ledger(directory, clock=lambda: NOW)
        self.ledger_path = self.ledger.path
        story = STATES[state]()
        self._fill(story)
        batch = Batch(10_000)
        reader = Reader(self.ledger_path)
        facts, _ = gather(self, reader, NOW, Timelines(reader))
        for incident in fold((), diagnose(facts), NOW):
            people = [Person("user", n) for n in range(incident.pushes // 3)] + [Person("app", 1)]
            batch.incident(incident, frozenset(people) if incident.rows else frozenset())
        if state == "ended_yesterday":
            end = NOW - 11 * 3600
            old = Incident("mesibo_certificate_expired:apns", "critical", "The Apple push certificate has expired",
                           "yours", (EXPIRED,), end - 6840, end, end, 412)  # fmt: skip
            batch.incident(old, frozenset([Person("app", 1), *(Person("user", n) for n in range(131))]))
            for days in range(2, 9):
                key = f"fcm_quota_exceeded:{days}"
                row = ResultRow("mesibo", "fcm", "429", "QUOTA_EXCEEDED")
                at = NOW - days * 86400
                batch.incident(
                    Incident(
                        key, "warning", "Google's sending quota is used up", "yours", (row,), at - 1500, at, at, 96
                    ),
                    frozenset([Person("user", 1)]),
                )
        if batch:
            assert self.ledger.commit(batch)

    @property
    def snapshot(self):
        return self.ledger.snapshot

    def _fill(self, story):
        batch = Batch(10_000)
        batch.results = story.results
        batch.buckets.update(story.buckets)
        batch.readings.update(story.readings)
        batch.counters.update(story.counters)
        if story.results:
            batch.last_line_at["mesibo"], batch.logged_at["mesibo"] = NOW - 3.2, NOW - 4.0
        batch.ready.add("mesibo")
        for row, count in story.shapes:
            batch.shape(row, NOW, count)
        failures = []
        for bucket, seen in story.buckets.items():
            row = bucket.row
            if bucket.seconds == 900 and self.catalogue.entry(row.platform, row.code, row.reason).class_ != "delivered":
                step = (seen.last - seen.first) / seen.count
                failures += [
                    StoredFailure(
                        seen.first + i * step, *row, "6035", f"+4***{i % 97:02}#3f9a{i % 97:02x}", f"b9***{i}", SHAPE
                    )
                    for i in range(min(seen.count, 200))
                ]
        batch.fail(sorted(failures)[-5000:])
        assert self.ledger.commit(batch)
