"""Reads what must not be on a command line: the app token, a user's push token."""

import sys
from pathlib import Path

from logwatch.errors import LogwatchError, Problem
from logwatch.regular_file import open_file

_LONGEST = 8192  # characters; FCM's tokens have a few hundred
_NOBODY_ELSE = 0o077


class SecretError(LogwatchError):
    """A secret cannot be read; the text says why and quotes nothing of it."""


def from_file(path: Path, what: str) -> str:
    """Return the one line of a file, or of standard input for ``-``; SecretError if that is no secret."""
    if str(path) == "-":
        return checked(sys.stdin.readline(_LONGEST + 2), "standard input", what)
    try:
        with open_file(path) as file:
            data = file.read(_LONGEST + 2)
    except OSError as error:
        raise SecretError(
            Problem(str(path), f"{what} cannot be read", error.strerror or "", "name a file that this user may read")
        ) from None
    return checked(data.decode("ascii", errors="replace"), str(path), what)


def checked(text: str, where: str, what: str) -> str:
    """Return a secret without the blanks around it; SecretError unless it is one word of plain characters."""
    text = text.strip()
    if not text or len(text) > _LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        why = "it is empty" if not text else "it is more than one word of plain characters"
        raise SecretError(Problem(where, f"does not hold {what}", why, f"put {what} alone on its one line"))
    return text


def exposed(path: Path) -> bool:
    """Return whether anybody but its owner may read a file of secrets."""
    try:
        return bool(path.stat().st_mode & _NOBODY_ELSE)
    except OSError:
        return False
