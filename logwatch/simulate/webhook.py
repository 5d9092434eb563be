"""A mesibo that calls a webhook: the failures of its log as events, lost, repeated, late or in batches, and the truth.

Nobody has published a whole push event; these have what is known (``request``, ``response`` with its ``code``), and
the provider's answer in the forms in which others pass it on.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from logwatch.simulate.sayings import Push, answer_of

LOST, REPEATED, LATE = 0.02, 0.05, 0.1  # shares of calls
MOST_EVENTS = 12  # of one call
GATHER_SECONDS = 0.2
RETRY_SECONDS = 0.5
PATIENCE_SECONDS = 15.0
TRUTHS = 100_000  # failures that are remembered one by one
_ACCEPTED = 200

Post = Callable[[bytes], bool]
"""Sends a body; returns True if the answer says that it was taken."""


def post_to(url: str) -> Post:
    """Return a function that posts to an address."""

    def post(body: bytes) -> bool:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  as asked for
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  see above
                return bool(answer.status == _ACCEPTED and answer.read(100).strip() == b"MESIBO OK")
        except urllib.error.HTTPError as refused:
            refused.close()
            return False
        except (OSError, urllib.error.URLError, ValueError):
            return False

    return post


class Calls:
    """Makes calls from pushes: chooses which events come together, in which form, and what becomes of a call."""

    def __init__(self, seed: int, *, secret: str = "") -> None:
        self._random = Random(seed)  # noqa: S311  repeatable on purpose
        self._secret = secret
        self._number = 0
        self._late: list[bytes] = []
        self._failures: deque[dict[str, Any]] = deque(maxlen=TRUTHS)
        self._counts = dict.fromkeys(("events", "calls", "lost_events", "repeated_calls", "late_calls"), 0)

    @staticmethod
    def wants(push: Push) -> bool:
        """Return whether a webhook is called for a push: for failures."""
        return push.outcome.code != _ACCEPTED

    def make(self, pushes: list[tuple[float, Push]]) -> list[bytes]:
        """Return the bodies to send now, in order; some come with the next call's, some twice, some never."""
        now, self._late = self._late, []
        while pushes:
            size = min(len(pushes), self._random.choice((1, 1, 1, 2, MOST_EVENTS)))
            batch, pushes = pushes[:size], pushes[size:]
            body, lost = self._body(batch), self._random.random() < LOST
            self._account(batch, lost=lost)
            if lost:
                continue
            if self._random.random() < LATE:
                self._late.append(body)
                self._counts["late_calls"] += 1
                continue
            again = self._random.random() < REPEATED
            self._counts["repeated_calls"] += again
            now += [body] * (1 + again)
        return now

    def truth(self) -> dict[str, Any]:
        """Return counts of calls and events, and the failures, each with its reason and whether a call reported it."""
        return {**self._counts, "failures": list(self._failures)}

    def _account(self, batch: list[tuple[float, Push]], *, lost: bool) -> None:
        self._counts["calls"] += 1
        self._counts["lost_events" if lost else "events"] += len(batch)
        for at, push in batch:
            if self.wants(push):
                self._failures.append({"at": at, **push.outcome._asdict(), "user": push.user, "told": not lost})

    def _body(self, batch: list[tuple[float, Push]]) -> bytes:
        self._number += 1
        version = 1 if self._secret else self._random.choice((1, 2))
        call: dict[str, Any] = {"server": "mesibo", "id": self._number if version == 2 else 0, "v": version}  # noqa: PLR2004  the newer one
        call |= {"aid": batch[0][1].app, "ts": round(batch[-1][0] * 1000)}
        if self._secret:
            call["secret"] = self._secret
        call["events"] = [self._event(push, call["aid"]) for _, push in batch]
        return json.dumps(call).encode()

    def _event(self, push: Push, app: int) -> dict[str, Any]:
        pick = self._random
        event: dict[str, Any] = {"type": "push", "user": {"uid": 1000 + len(push.user), "address": push.user}}
        if push.app != app:
            event["aid"] = push.app
        if len(push.token) > 1:  # else there is none
            event["token"] = push.token
        platform, code, _ = push.outcome
        event["request"] = (
            {"aps": {"content-available": 1}} if platform == "apns" else {"message": {"token": push.token}}
        )
        answer = answer_of(push.outcome)
        forms: tuple[Callable[[], Any], ...] = (
            lambda: {"code": code, **answer},
            lambda: {"code": code, "body": json.dumps(answer)},
            lambda: {"code": code, "body": answer},
            lambda: json.dumps({"code": code, **answer}),
        )
        event["response"] = pick.choice(forms)()
        return event


class Caller(threading.Thread):
    """Sends the calls of a run from a thread of its own, each until it is answered or its patience is over."""

    def __init__(self, calls: Calls, post: Post) -> None:
        super().__init__(name="webhook", daemon=True)
        self._calls = calls
        self._post = post
        self._lock = threading.Lock()
        self._pushes: list[tuple[float, Push]] = []
        self._ended = threading.Event()
        self.unanswered = 0

    def tell(self, at: float, push: Push) -> None:
        """Take note of a push that a webhook is called for."""
        if self._calls.wants(push):
            with self._lock:
                self._pushes.append((at, push))

    def finish(self) -> None:
        """Send what is left, and end."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Send what has gathered, again and again; at the end send what is late as well."""
        while not self._ended.wait(GATHER_SECONDS):
            self._send()
        self._send()
        self._send()

    def _send(self) -> None:
        with self._lock:
            pushes, self._pushes = self._pushes, []
        for body in self._calls.make(pushes):
            end = time.monotonic() + PATIENCE_SECONDS
            while not self._post(body):
                if time.monotonic() > end:
                    self.unanswered += 1
                    break
                time.sleep(RETRY_SECONDS)
