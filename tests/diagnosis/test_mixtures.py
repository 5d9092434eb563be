"""Real lines through scanner, pipeline and ledger: whatever the mixture, no good news above one in twenty unread."""

import tempfile
import time
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.catalogue import Catalogue
from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.find import diagnose
from logwatch.ledger.buckets import MINUTE, QUARTER
from logwatch.ledger.reader import Reader, Timelines
from logwatch.ledger.store import Ledger
from logwatch.model import Chunk, Position, SourceStatus
from logwatch.parse import Scanner, load
from logwatch.pipeline import Pipeline, Source
from logwatch.privacy import Privacy

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
GRAMMAR, CATALOGUE = load("mesibo"), Catalogue.load()
READ = "{prefix}push_on_complete: uid 1 type fcm code 200"
UNREAD = (
    "{prefix}push_on_complete: uid 1 type apn status=903",  # another word
    "{prefix}push_on_complete: uid 1 code 200 code 903",  # which of them?
    "gw7 >> {prefix}push_on_complete: uid 1 type apn code 903",  # another beginning
    "2025-11-22T10:14:00Z push_on_complete: code 903",  # another stamp
    "push_on_complete code 903",  # none at all
)


def line(ago, form):
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime(NOW - ago))
    return form.format(prefix=f"E{stamp}-000 (17): ").encode() + b"\n"


class Log:
    """An input that hands on a chunk a read."""

    def __init__(self, chunks, caught_up):
        self.chunks, self.caught_up = list(chunks), caught_up

    def look(self, sink):
        pass

    def read(self, sink, budget):
        if self.chunks:
            data = self.chunks.pop(0)
            sink.chunk(
                Chunk("m", data, "plain", NOW, len(data), 0, Position(1, "m", "/m", 1, 1, 0, b"", 1, 0, b"", 1, "live"))
            )
        return bool(self.chunks)

    def status(self):
        return SourceStatus("m", up=True, files_followed=1, lag_bytes=0, caught_up=self.caught_up or not self.chunks,
                            problems=())  # fmt: skip

    def settle(self, sink, goes_on):
        pass

    def directories(self):
        return frozenset()

    def close(self):
        pass


def told(chunks, *, live):
    """Read chunks as a daemon does, and give what its page would find."""
    scanner = Scanner(GRAMMAR, timezone=UTC)
    with tempfile.TemporaryDirectory() as directory:
        ledger = Ledger(Path(directory), clock=lambda: NOW)
        log = Log([] if live else chunks, caught_up=live)
        pipeline = Pipeline([Source("m", log, scanner)], ledger, CATALOGUE, Privacy("mask", b"k" * 32), keep=10,
                            commit_seconds=1.0, clock=lambda: NOW, monotonic=lambda: 0.0)  # fmt: skip
        if live:
            pipeline.turn()  # it has caught up before anything is written
            log.chunks += chunks
        while pipeline.turn():
            pass
        pipeline.commit()
        reader = Reader(ledger.path)
        timelines, changed = Timelines(reader), ledger.snapshot.changed
        minutes, quarters = (timelines.of(width, NOW, changed) for width in (MINUTE, QUARTER))
        found = diagnose(
            Facts(NOW, CATALOGUE, ledger.snapshot, pipeline.status, minutes, quarters, "", reader.shapes(20))
        )
        ledger.close()
    return found


def good(found):
    return any(finding.severity == "good" for finding in found)


MIXTURE = st.lists(
    st.tuples(st.integers(60, 3300), st.integers(0, 40), st.integers(0, 12), st.sampled_from(UNREAD)),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("live", [True, False])
@settings(max_examples=40, deadline=None)
@given(mixture=MIXTURE)
def test_no_good_news_above_one_in_twenty_unread(live, mixture):
    """With more than 1 in 20 lines unread there is no good news, for a followed log and for an old one."""
    parts = sorted(mixture, key=lambda part: -part[0])
    data = b"".join(line(ago, READ) * read + line(ago, form) * unread for ago, read, unread, form in parts)
    read, unread = (sum(part[i] for part in parts) for i in (1, 2))
    found = told([data] if data else [], live=live)
    if unread > 0.05 * (read + unread):
        assert not good(found)
        assert any(finding.key == "unparsed:m" for finding in found)
    if not unread:
        assert all(finding.key != "unparsed:m" for finding in found)


@pytest.mark.parametrize("form", UNREAD)
def test_a_good_month_in_the_same_file_hides_nothing(form):
    """20,000 old good lines, then 40 minutes in which three of four are unread, in one chunk and in many."""
    old = b"".join(line(86400 * 9 - i, READ) for i in range(20_000))
    new = b"".join(line(20 * i, READ) + line(20 * i, form) * 3 for i in range(120, 0, -1))
    for chunks in ([old + new], [old, new]):
        first, *others = told(chunks, live=False)
        assert first.key == "unparsed:m"
        assert first.severity == "critical"
        assert not good(others)


def test_an_old_month_that_was_unread_does_not_darken_today():
    """Lines that could not be read nine days ago do not affect the findings of today."""
    old = b"".join(line(86400 * 9 - i, UNREAD[0]) + line(86400 * 9 - i, READ) for i in range(1000))
    new = b"".join(line(60 * ago, READ) for ago in range(40, 0, -1))
    found = told([old, new], live=False)
    assert good(found)
    assert all(finding.key != "unparsed:m" for finding in found)
