"""Decide whose password is hashed next, so that no network, and no client in it, keeps the others waiting.

Networks take turns, and within one its clients do; clients that were let in before come first. When there is no room
left, the greediest client of the others gives up its newest.
"""

import collections
import ipaddress
from collections.abc import Hashable

MOST = 32  # that wait, of all clients together: two seconds at the usual cost


def network(client: str) -> str:
    """Return the network of a client (an IPv4 address, or a /64): the /24, or the /48 that a site has of IPv6."""
    try:
        host = ipaddress.ip_interface(client)
    except ValueError:
        return client
    return str(ipaddress.ip_network((host.ip, 24 if host.version == 4 else 48), strict=False))  # noqa: PLR2004  IPv4


class FairQueue:
    """What waits, by network and client; ``known`` clients were let in before."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: dict[tuple[bool, str], dict[str, collections.deque[Hashable]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, what: Hashable, client: str, *, known: bool = False) -> tuple[bool, Hashable | None]:
        """Add ``what`` to the queue; return whether there was room, and what was given up for it."""
        place = (known, network(client))
        mine = len(self._waiting.get(place, {}).get(client, ()))
        given_up = None
        if self._count >= self._most:
            given_up = self._give_up(place, mine)
            if given_up is None:
                return False, None
        self._waiting.setdefault(place, {}).setdefault(client, collections.deque()).append(what)
        self._count += 1
        return True, given_up

    def _give_up(self, newcomer: tuple[bool, str], mine: int) -> Hashable | None:
        """Take out the newest item of the greediest unknown client, if that is greedier than the newcomer would be."""
        strangers = {place: group for place, group in self._waiting.items() if not place[0]}
        if not strangers:
            return None
        crowd = max(strangers, key=lambda place: _size(strangers[place]))
        client = max(strangers[crowd], key=lambda each: len(strangers[crowd][each]))
        greed = len(strangers[crowd][client])
        if crowd == newcomer:
            fair = greed > mine + 1
        else:
            fair = newcomer[0] or _size(strangers[crowd]) > _size(self._waiting.get(newcomer, {})) + 1
        if not fair:
            return None
        what = strangers[crowd][client].pop()
        self._count -= 1
        if not strangers[crowd][client]:
            del self._waiting[crowd][client]
            if not self._waiting[crowd]:
                del self._waiting[crowd]
        return what

    def get(self) -> Hashable | None:
        """Take out what is next; None if nothing waits."""
        if not self._count:
            return None
        place = next((place for place in self._waiting if place[0]), None) or next(iter(self._waiting))
        group = self._waiting.pop(place)
        client = next(iter(group))
        mine = group.pop(client)
        what = mine.popleft()
        self._count -= 1
        if mine:
            group[client] = mine  # after the others of its network
        if group:
            self._waiting[place] = group  # after the other networks
        return what


def _size(group: dict[str, collections.deque[Hashable]]) -> int:
    return sum(map(len, group.values()))
