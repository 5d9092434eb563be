"""Check basic authentication: a password is hashed once, in a thread of its own, and remembered by a keyed digest.

bcrypt is slow on purpose, so a flood of wrong passwords must neither hold up the event loop nor fill a queue: each
client may have a few passwords waiting, all clients together a bounded number, networks take turns, and a client that
was let in before comes first, even after a restart. Only its address is kept for that: a digest that is quick to check
would be quick to guess for whoever reads it.
"""

import asyncio
import base64
import collections
import concurrent.futures
import contextlib
import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import bcrypt

from logwatch.web.fair_queue import FairQueue

LANES = 4  # passwords that wait, of one client; by a secret digest of the user, so that a lane reveals no name
REMEMBERED = 1024
CLIENTS = 64  # that were let in, remembered across a restart: the newest
# Of a random password that nobody knows
NOBODY = "$2b${:02}$yrcqGUkKF8sjpTTl3fKyCO9hyL46eRE6ly3w/7T8vMbbthHWWMKXK"
CheckPassword = Callable[[bytes, bytes], bool]


class BusyError(Exception):
    """Too many passwords are waiting to be hashed; this one may be tried again."""


def neighbourhood(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or a /64, from which any IPv6 host can take addresses."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def credentials(header: str) -> tuple[str, bytes] | None:
    """Parse user and password out of an ``Authorization`` header; None if it is no basic authentication."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except ValueError:  # no base64, or no UTF-8
        return None


class _Job(NamedTuple):
    """A password to be hashed."""

    asked: bytes
    lane: tuple[str, int]
    password: bytes
    hashed: bytes


class Passwords:
    """Checks passwords; for one event loop."""

    def __init__(self, check: CheckPassword = bcrypt.checkpw, *, known: Path | None = None) -> None:
        """Take the function that checks a password, and the file with the clients that were let in before."""
        self._check = check
        self._key = secrets.token_bytes(32)
        self._right: collections.OrderedDict[bytes, None] = collections.OrderedDict()
        self._wrong: collections.OrderedDict[bytes, None] = collections.OrderedDict()
        self._waiting: dict[bytes, asyncio.Future[bool]] = {}
        self._lanes: set[tuple[str, int]] = set()
        self._queue = FairQueue()
        self._hashing: asyncio.Task[None] | None = None
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "passwords")
        self._file = known
        self._clients = dict.fromkeys(_read(known))

    async def accepts(self, users: Mapping[str, str], user: str, password: bytes, address: str) -> bool:
        """Return whether ``user`` has this password; BusyError if that cannot be checked now."""
        hashed = users.get(user) or _nobody(users)
        asked = self._digest(user.encode(), hashed.encode(), password)
        for answer, known in ((True, self._right), (False, self._wrong)):
            if asked in known:
                known.move_to_end(asked)
                return answer
        if asked not in self._waiting:
            self._ask(asked, user, hashed, password, neighbourhood(address))
        # A client that goes away must not cancel the check for others who wait for the same one
        right = await asyncio.shield(self._waiting[asked])
        return right and user in users

    def close(self) -> None:
        """Stop hashing."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(self, asked: bytes, user: str, hashed: str, password: bytes, client: str) -> None:
        lane = (client, self._digest(user.encode())[0] % LANES)
        job = _Job(asked, lane, password, hashed.encode())
        if lane in self._lanes:
            raise BusyError
        may, given_up = self._queue.put(job, client, known=client in self._clients)
        if isinstance(given_up, _Job):
            self._end(given_up, BusyError())
        if not may:
            raise BusyError
        self._lanes.add(lane)
        self._waiting[asked] = asyncio.get_running_loop().create_future()
        if self._hashing is None:
            self._hashing = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """Hash what waits, one after the other, in the order of the queue."""
        loop = asyncio.get_running_loop()
        try:
            while isinstance(job := self._queue.get(), _Job):
                try:
                    right = await loop.run_in_executor(self._thread, self._hash, job.password, job.hashed)
                except Exception:  # noqa: BLE001  it was closed, or no thread or memory is left: whoever waits is told
                    self._end(job, BusyError())
                    continue
                known = self._right if right else self._wrong
                known[job.asked] = None
                if len(known) > REMEMBERED:
                    known.popitem(last=False)
                if right:
                    self._let_in(job.lane[0])
                self._end(job, right)
        finally:
            self._hashing = None

    def _end(self, job: "_Job", answer: bool | BusyError) -> None:  # noqa: FBT001  the answer
        self._lanes.discard(job.lane)
        waiting = self._waiting.pop(job.asked)
        if isinstance(answer, BusyError):
            waiting.set_exception(answer)
            waiting.exception()  # retrieved here, since whoever asked may be gone
        else:
            waiting.set_result(answer)

    def _let_in(self, client: str) -> None:
        """Remember a client; if the file cannot be written, it only loses its precedence after a restart."""
        if client in self._clients or not client:
            return
        self._clients[client] = None
        while len(self._clients) > CLIENTS:
            del self._clients[next(iter(self._clients))]
        if self._file is not None:
            new = self._file.with_name(f"{self._file.name}.new")
            with contextlib.suppress(OSError):
                new.write_text("".join(f"{each}\n" for each in self._clients))
                new.rename(self._file)

    def _hash(self, password: bytes, hashed: bytes) -> bool:
        try:
            return self._check(password[:72], hashed)  # as Go does: bcrypt uses no more of a password
        except ValueError:
            return False

    def _digest(self, *parts: bytes) -> bytes:
        made = hashlib.blake2b(key=self._key, digest_size=32)
        for part in parts:
            made.update(len(part).to_bytes(8, "big") + part)
        return made.digest()


def _read(path: Path | None) -> list[str]:
    """Return the clients that were let in before; none if the file cannot be read."""
    try:
        return path.read_text().split()[-CLIENTS:] if path else []
    except (OSError, UnicodeDecodeError):
        return []


def _nobody(users: Mapping[str, str]) -> str:
    """Return a hash to check for an unknown user, so that it takes as long as for a known one."""
    return NOBODY.format(max((int(hashed[4:6]) for hashed in users.values()), default=10))
