"""Watch for results as they are logged: in the log itself, which has accepted pushes too, or in a daemon's API."""

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from logwatch.assembly import Parts, discovery
from logwatch.model import Chunk, Platform
from logwatch.parse import Scanner
from logwatch.story import alike
from logwatch.tail.tail import SourceSpec, Tail

_READ_BYTES = 1 << 20
_READS = 64  # of a source before the clock is checked again
_KEPT = 10_000  # results of one chunk
_PAUSE_SECONDS = 0.1  # between two looks for results
_SETTLE_SECONDS = 1.0  # after each user has a result


class LoggedResult(NamedTuple):
    """One logged push; ``user`` is written as in its line, or as the daemon writes it."""

    user: str
    platform: Platform
    code: int
    reason: str


class _Silent:
    """A log or a sink that takes no note of anything: a command that only looks has nothing to report or commit."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_args, **_fields: None


class _Collector(_Silent):
    """The sink of one source, which keeps results and nothing else."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self.found: list[LoggedResult] = []

    def chunk(self, chunk: Chunk) -> None:
        scan = self.scanner.scan(chunk.data, envelope=chunk.envelope, reference=chunk.reference, follows=chunk.follows)
        self.found += [LoggedResult(f.user, f.platform, f.code, f.reason) for f in scan.failures]


class LogResults:
    """Results in the logs of the configured sources, from its creation on."""

    def __init__(self, parts: Parts) -> None:
        numbers = itertools.count(1)
        self._sources: list[tuple[Tail, _Collector]] = []
        for source in parts.config.source:
            if source.docker is None and not source.paths:
                continue
            scanner = parts.scanner(source, keep=_KEPT, every=True)
            tail = Tail(
                SourceSpec(source.name, discovery(source), source.envelope, "end"),
                (),
                lambda: next(numbers),
                owns=scanner.owns,
                dates=scanner.dates,
                held=scanner.held,
                max_line_bytes=parts.config.follow.max_line_bytes,
                release_seconds=parts.config.follow.release_seconds,
                clock=time.time,
                log=_Silent(),
            )
            self._sources.append((tail, _Collector(scanner)))
        self.new()  # what is there already belongs to other pushes

    @property
    def readable(self) -> bool:
        """Whether there is a log that this user may read."""
        return any(tail.status().up for tail, _ in self._sources)

    @property
    def where(self) -> str:
        """Where results are looked for, in words."""
        return "the log of " + ", ".join(tail.source.name for tail, _ in self._sources)

    def new(self) -> list[LoggedResult]:
        """Return what was logged since the last call."""
        found: list[LoggedResult] = []
        for tail, collector in self._sources:
            tail.look(collector)
            for _ in range(_READS):
                if not tail.read(collector, _READ_BYTES):
                    break
            found += collector.found
            collector.found = []
        return found

    def same(self, user: str, logged: str) -> bool:
        """Compare addresses as people write them; a telephone number may lack its plus."""
        return alike(user, logged)

    def close(self) -> None:
        """Close the files."""
        for tail, _ in self._sources:
            tail.close()


class ApiResults:
    """Results as a running daemon reports them: failures with masked users, accepted pushes only as a number."""

    def __init__(self, get: Callable[[str], Any], masked: Callable[[str], str] | None) -> None:
        """Take a function that fetches a path of the API, and one that masks a user as this installation does.

        The latter is None if the installation's key cannot be read: then the ends that a mask shows are compared.
        """
        self._get = get
        self._masked = masked
        self._seen: set[tuple[Any, ...]] = set()
        self._accepted: dict[Platform, int] = {}
        self.new()

    @property
    def where(self) -> str:
        """Where results are looked for, in words."""
        return "the running daemon"

    def new(self) -> list[LoggedResult]:
        """Return what was committed since the last call; an accepted push has no user."""
        failures = self._get("api/v1/failures?limit=200")["failures"]
        found = []
        for each in failures:
            key = tuple(each[name] for name in ("at", "source", "platform", "code", "user", "token"))
            if key not in self._seen and each["code"] is not None:
                found.append(LoggedResult(each["user"], each["platform"], each["code"], each["reason"]))
            self._seen.add(key)
        for each in self._get("api/v1/status")["results"]:
            if each["class"] == "delivered":
                before = self._accepted.get(each["platform"], 0)
                found += [LoggedResult("", each["platform"], each["code"], "")] * min(each["total"] - before, _KEPT)
                self._accepted[each["platform"]] = each["total"]
        return found

    def same(self, user: str, logged: str) -> bool:
        """Compare a user with how the daemon stores one."""
        if logged == user:
            return True
        if self._masked is not None:
            return logged == self._masked(user)
        head, mask, tail = logged.partition("***")
        ends = tail.partition("#")[0]
        return bool(mask) and bool(head) and user.startswith(head) and user.endswith(ends)

    def close(self) -> None:
        """Do nothing: nothing is open."""


Results = LogResults | ApiResults


def wait(
    results: Results,
    users: Sequence[str],
    seconds: float,
    *,
    on_result: Callable[[str, LoggedResult, float], object],
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> tuple[set[str], list[LoggedResult]]:
    """Wait until each user has a result, or ``seconds`` are over; call ``on_result(user, result, delay)`` for each.

    A user may have several devices: for a second more, their results are passed on, too. Return the users
    without a result, and the results that belong to none of ``users``.
    """
    missing, others = set(users), list[LoggedResult]()
    start = monotonic()
    end = start + seconds
    while True:
        for result in results.new():
            user = next((user for user in users if results.same(user, result.user)), None)
            if user is None:
                others.append(result)
                continue
            on_result(user, result, monotonic() - start)
            missing.discard(user)
            if not missing:
                end = min(end, monotonic() + _SETTLE_SECONDS)
        if monotonic() >= end:
            return missing, others
        sleep(_PAUSE_SECONDS)
