"""Collect one user's pushes while logs are counted: failed and accepted ones, each in detail."""

import re
from collections import deque
from dataclasses import dataclass, field

from logwatch.catalogue import Catalogue
from logwatch.model import Failure, Scan
from logwatch.parse import LazyFailures
from logwatch.privacy import Privacy
from logwatch.story import UserPush, alike, logged_push

MOST = 100_000  # pushes of one user that are kept; of more, the last ones that were read
_SAMPLED = 3  # results of a scan that are checked for whether they name any user
_PLAIN = re.compile(r"[a-z0-9]+", re.ASCII)
_NO_INSTALLATION = b"report"  # key for the tags of tokens without a ledger: they compare only within such reports


@dataclass(slots=True)
class UserPushes:
    """What logs say of one user; ``take`` is called with every scan, whose failures must be all its results."""

    address: str
    catalogue: Catalogue
    since: float | None = None  # seconds since the epoch; a push whose time cannot be told stays
    until: float | None = None
    privacy: Privacy = field(default_factory=lambda: Privacy("plain", _NO_INSTALLATION))  # what masks tokens
    pushes: deque[UserPush] = field(default_factory=lambda: deque(maxlen=MOST))
    found: int = 0
    anonymous: bool = True  # of the results that were looked at, none names a user

    def take(self, scan: Scan, source: str) -> None:
        """Collect the user's pushes from a scan."""
        results = scan.failures
        if self.anonymous:
            self.anonymous = not any(each.user for each in results[:_SAMPLED])
        if isinstance(results, LazyFailures):
            results = results.naming(_sure(self.address))
        for each in results:
            if alike(self.address, each.user) and self._inside(each):
                self.found += 1
                self.pushes.append(logged_push(each, self.catalogue, source, self.privacy.token(each.token)))

    def _inside(self, push: Failure) -> bool:
        if push.at is None:
            return True
        return (self.since is None or push.at >= self.since) and (self.until is None or push.at < self.until)


def _sure(address: str) -> bytes:
    """Return a text that every line about a user contains, in lower case; empty if none is certain.

    Letters and digits are the same in any envelope; other characters may be escaped.
    """
    return max(_PLAIN.findall(address.lower()), key=len, default="").encode()
