"""Diagnose a daemon now and then, and return which incidents have begun, go on or are over, and whom they hit."""

import hashlib
import queue
import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from logwatch.diagnosis.afterwards import missed, past, to_its_end
from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.find import diagnose
from logwatch.diagnosis.gather import Examined, gather
from logwatch.diagnosis.incidents import fold, pushes
from logwatch.ledger.buckets import HOURLY
from logwatch.ledger.incidents import KEPT_SECONDS, NAMED, PEOPLE, Incident, Person
from logwatch.ledger.reader import NotReadable, Reader, Timelines
from logwatch.words import HOUR

DIAGNOSIS_SECONDS = 30.0
FIRST_DIAGNOSIS_SECONDS = 3.0  # then twice as long each time: a process that is killed again and again records, too
_KNOWN_SECONDS = 86400.0  # a finding rests on the last day
Recorded = list[tuple[Incident, frozenset[Person]]]


def beside(work: Callable[[], None]) -> None:
    """Do ``work`` in a thread of its own, for which the end of the process does not wait."""
    threading.Thread(target=work, name="incidents", daemon=True).start()


class Recorder:
    """Diagnoses soon after the start, and then every ``DIAGNOSIS_SECONDS``; incidents are kept in the ledger only.

    A look runs in a thread beside the reading loop: it reads the ledger, and a mesibo.conf on a disk that may hang.
    """

    def __init__(
        self,
        watched: Examined,
        reader: Reader,
        key: bytes,
        *,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        start: Callable[[Callable[[], None]], None] = beside,
    ) -> None:
        """Take the key of this installation: without it, nobody can find out whom a digest stands for."""
        self._watched = watched
        self._reader = reader
        self._timelines = Timelines(reader)
        self._key = key
        self._clock = clock
        self._monotonic = monotonic
        self._start = start
        self._log = structlog.get_logger()
        self._diagnosing = False
        self._past_known: int | None = None  # the commit up to which late results were looked at
        self._found: queue.SimpleQueue[Recorded] = queue.SimpleQueue()
        self._wait = FIRST_DIAGNOSIS_SECONDS
        self._due_at = monotonic() + self._wait

    def due(self, *, stored: bool) -> Recorded:
        """Start a look when it is time; return the incidents that a finished look found to differ from the ledger.

        ``stored``: what was returned before is in the ledger; otherwise a look would return it once more.
        """
        due = stored and not self._diagnosing and self._found.empty() and self._monotonic() >= self._due_at
        if due and not self._watched.trouble:
            self._wait = min(2 * self._wait, DIAGNOSIS_SECONDS)
            self._due_at = self._monotonic() + self._wait
            self._diagnosing = True
            try:
                self._start(self._work)
            except RuntimeError as error:  # no thread can be started: lines go on being counted
                self._diagnosing = False
                self._failed(error)
        try:
            return self._found.get_nowait()
        except queue.Empty:
            return []

    def _work(self) -> None:
        try:
            self._found.put(self._diagnose(self._clock()))
        except NotReadable:
            pass  # perhaps it is at the next look
        except Exception as error:  # noqa: BLE001  whatever is wrong here, lines go on being counted
            self._failed(error)
        finally:
            self._diagnosing = False

    def _failed(self, error: Exception) -> None:
        self._log.error("incidents_not_recorded", error=repr(error), tried_again="at the next look")

    def _diagnose(self, now: float) -> Recorded:
        reader = self._reader
        known = reader.incidents(now - _KNOWN_SECONDS)
        facts, _ = gather(self._watched, reader, now, self._timelines)
        newest = reader.newest_failure()
        changed = []
        for incident in self._with_past(known, fold(known, diagnose(facts), now), facts):
            people, apps = self._people(incident, newest, now)
            incident = replace(  # noqa: PLW2901  completed
                incident,
                pushes=max(incident.pushes, pushes(incident, facts)),
                app_names=tuple(sorted({*incident.app_names, *apps})[:NAMED]),
            )
            if people or incident not in known:
                changed.append((replace(incident, counted=newest), people))
        return changed

    def _with_past(self, known: list[Incident], present: list[Incident], facts: Facts) -> list[Incident]:
        """Add incidents that nobody observed, once all is read and stored: at the first look, and after late results.

        Known incidents are unchanged, except that one that was going on when this program ended gets its end.
        """
        changed, now = facts.snapshot.changed, facts.now
        if not all(status.caught_up or not status.up for status in facts.status.values()):
            return present
        if self._past_known is not None and not changed.late(self._past_known, now - HOUR):
            return present
        if self._reader.withheld():  # it would never be known whom these hit
            return present
        wide = self._timelines.of(HOURLY, now, changed).among(facts.status)
        found = past([wide, facts.quarters], facts)
        going_on = {each.number for each in known if each.ended is None}
        present = [to_its_end(each, found) if each.number in going_on else each for each in present]
        recorded = self._reader.incidents(now - KEPT_SECONDS)
        self._past_known = changed.commits
        return [*present, *missed(found, [*recorded, *present])]

    def _people(self, incident: Incident, newest: int, now: float) -> tuple[frozenset[Person], set[str]]:
        """Return whom the failures since the last count have hit, and the names of their apps."""
        if not incident.rows or newest <= incident.counted:
            return frozenset(), set()
        found = self._reader.people(
            incident.rows, (incident.counted, newest), incident.began, now if incident.ended is None else incident.ended
        )
        apps = {app for _, app in found if app}
        people = {Person("user", self._digest(user)) for user, _ in found if user}
        people |= {Person("app", self._digest(app)) for app in apps}
        return frozenset(sorted(people)[: 2 * PEOPLE]), apps

    def _digest(self, text: str) -> int:
        digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, signed=True)
