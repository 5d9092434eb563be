"""Find a user's failures among those that a daemon keeps, although their addresses are masked or hashed there."""

from logwatch.catalogue import Catalogue
from logwatch.ledger.reader import Filter, Reader
from logwatch.privacy import Privacy
from logwatch.story.address import spellings
from logwatch.story.pushes import UserPush, stored_push


class Stored:
    """The failures in the ledger of a daemon; its methods raise NotReadable if that cannot be read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def privacy(self) -> Privacy:
        """Return what masks with the daemon's key."""
        return Privacy("mask", self._reader.key())

    def of(self, address: str, catalogue: Catalogue, since: float | None, until: float | None) -> list[UserPush]:
        """Return the failed pushes of a user at ``since`` (seconds since the epoch) or later, and before ``until``."""
        wanted = Filter(users=stored_forms(self.privacy(), address), since=since, until=until)
        return [stored_push(each.failure, catalogue) for page in self._reader.every(wanted) for each in page]


def stored_forms(privacy: Privacy, address: str) -> tuple[str, ...]:
    """Return every form in which failures of a user may be stored, however people spell the address."""
    return tuple(dict.fromkeys(form for each in spellings(address) for form in privacy.user_forms(each)))
