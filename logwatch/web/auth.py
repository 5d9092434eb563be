"""Checks basic authentication: a password is hashed once, in a thread of its own, and remembered by a keyed digest.

bcrypt is slow on purpose, so a flood of wrong passwords must neither hold up the event loop nor fill a queue: each
client may have a few passwords waiting, all clients together a bounded number, and who is known is never behind them.
"""

import asyncio
import base64
import binascii
import collections
import concurrent.futures
import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Mapping

import bcrypt

WAITING = 32  # passwords that wait to be hashed, of all clients together: two seconds at the usual cost
LANES = 4  # passwords that wait, of one client; by a secret digest of the user, so that no name shows by its lane
REMEMBERED = 1024
# Of a password that was drawn by lot and forgotten
NOBODY = "$2b${:02}$yrcqGUkKF8sjpTTl3fKyCO9hyL46eRE6ly3w/7T8vMbbthHWWMKXK"
Check = Callable[[bytes, bytes], bool]


class BusyError(Exception):
    """Too many passwords are waiting to be hashed; this one may be tried again."""


def neighbourhood(address: str) -> str:
    """Give what counts as one client: an IPv4 address, or the /64 that any IPv6 host can take addresses from."""
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
    """Take user and password out of an ``Authorization`` header; None when it is no basic authentication."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


class Passwords:
    """Tells right passwords from wrong ones; for one event loop."""

    def __init__(self, check: Check = bcrypt.checkpw) -> None:
        self._check = check
        self._key = secrets.token_bytes(32)
        self._right: collections.OrderedDict[bytes, None] = collections.OrderedDict()
        self._wrong: collections.OrderedDict[bytes, None] = collections.OrderedDict()
        self._waiting: dict[bytes, asyncio.Future[bool]] = {}
        self._lanes: set[tuple[str, int]] = set()
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "passwords")

    async def accepts(self, users: Mapping[str, str], user: str, password: bytes, address: str) -> bool:
        """Tell whether ``user`` has this password; BusyError when that cannot be found out now."""
        hashed = users.get(user) or _nobody(users)
        asked = self._digest(user.encode(), hashed.encode(), password)
        for answer, known in ((True, self._right), (False, self._wrong)):
            if asked in known:
                known.move_to_end(asked)
                return answer
        if asked not in self._waiting:
            self._ask(asked, user, hashed, password, neighbourhood(address))
        # Whoever goes away does not take the answer from others who wait for the same one
        right = await asyncio.shield(self._waiting[asked])
        return right and user in users

    def close(self) -> None:
        """Hash nothing any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(self, asked: bytes, user: str, hashed: str, password: bytes, client: str) -> None:
        lane = (client, self._digest(user.encode())[0] % LANES)
        if lane in self._lanes or len(self._waiting) >= WAITING:
            raise BusyError
        self._lanes.add(lane)
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._thread, self._hash, password, hashed.encode())

        def answered(done: asyncio.Future[bool]) -> None:
            self._lanes.discard(lane)
            del self._waiting[asked]
            if not done.cancelled() and done.exception() is None:
                known = self._right if done.result() else self._wrong
                known[asked] = None
                if len(known) > REMEMBERED:
                    known.popitem(last=False)

        future.add_done_callback(answered)
        self._waiting[asked] = future

    def _hash(self, password: bytes, hashed: bytes) -> bool:
        try:
            return self._check(password[:72], hashed)  # as Go does: bcrypt knows no more of a password
        except ValueError:
            return False

    def _digest(self, *parts: bytes) -> bytes:
        made = hashlib.blake2b(key=self._key, digest_size=32)
        for part in parts:
            made.update(len(part).to_bytes(8, "big") + part)
        return made.digest()


def _nobody(users: Mapping[str, str]) -> str:
    """Give a hash for a name that nobody has, so that it takes as long as one that somebody has."""
    return NOBODY.format(max((int(hashed[4:6]) for hashed in users.values()), default=10))
