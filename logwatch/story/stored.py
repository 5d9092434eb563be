"""Finds a user's failures among those that a daemon keeps, though their addresses are masked or hashed there."""

from pathlib import Path

from logwatch.catalogue import Catalogue
from logwatch.ledger import Filter, Reader
from logwatch.privacy import Privacy
from logwatch.story.address import spellings
from logwatch.story.pushes import UserPush, stored_push

_FILE = "ledger.sqlite3"


class Stored:
    """The failures in the state ``directory`` of a daemon; NotReadable where they cannot be asked for."""

    def __init__(self, directory: Path) -> None:
        path = directory / _FILE
        self.there = path.exists()
        self._reader = Reader(path, at_rest=not path.with_name(f"{_FILE}-wal").exists())

    def privacy(self) -> Privacy:
        """Return what masks as the daemon does."""
        return Privacy("mask", self._reader.key())

    def of(self, address: str, catalogue: Catalogue, since: float | None, until: float | None) -> list[UserPush]:
        """Return the failed pushes of a user at ``since`` (seconds since the epoch) or later, and before ``until``."""
        wanted = Filter(users=stored_forms(self.privacy(), address), since=since, until=until)
        return [stored_push(each.failure, catalogue) for page in self._reader.every(wanted) for each in page]


def stored_forms(privacy: Privacy, address: str) -> tuple[str, ...]:
    """Return every form in which failures of a user may be stored, however people spell the address."""
    return tuple(dict.fromkeys(form for each in spellings(address) for form in privacy.user_forms(each)))
