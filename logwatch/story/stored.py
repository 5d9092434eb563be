"""Find a user's failures among those that a daemon keeps, although their addresses are masked or hashed there."""

from itertools import chain, islice

from logwatch.catalogue import Catalogue
from logwatch.ledger.reader import Filter, Reader
from logwatch.privacy import Privacy
from logwatch.story.address import spellings
from logwatch.story.pushes import UserPush, stored_push


def stored_forms(key: bytes, address: str) -> tuple[str, ...]:
    """Return every form in which a daemon with this key may store a user, however people spell the address."""
    privacy = Privacy("mask", key)
    return tuple(dict.fromkeys(form for each in spellings(address) for form in privacy.user_forms(each)))


def stored_pushes(
    reader: Reader,
    address: str,
    catalogue: Catalogue,
    since: float | None = None,
    until: float | None = None,
    most: int | None = None,
) -> list[UserPush]:
    """Return the failed pushes of a user, the newest first, of which ``most`` are looked for.

    They were at ``since`` (seconds since the epoch) or later, and before ``until``; NotReadable if the ledger is not.
    """
    wanted = Filter(users=stored_forms(reader.key(), address), since=since, until=until)
    return [stored_push(each.failure, catalogue) for each in islice(chain.from_iterable(reader.every(wanted)), most)]
