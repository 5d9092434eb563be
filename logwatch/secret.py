"""Read a file that holds one secret, a token or a password, or say why it holds none, quoting nothing of it."""

import sys
from pathlib import Path

from logwatch.errors import LogwatchError, in_words
from logwatch.regular_file import AFTER_RESTART, SECRETS, handed, open_file

_LONGEST = 8192  # bytes; FCM's tokens have a few hundred
EVERYBODY = 0o004  # of a mode: whoever is neither the owner nor in the group may read


class SecretError(LogwatchError):
    """A secret cannot be read; the text says why and quotes nothing of it."""


def read_line(path: Path, what: str) -> str:
    """Return the one line of a file, or of standard input for ``-``, without its end; SecretError if it is not one.

    Blanks are kept, since a password may begin or end with one. What editors put around a line (a byte order mark, CR)
    is no part of a secret.
    """
    where = "standard input" if str(path) == "-" else str(path)
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.readline(_LONGEST + 1)
        else:
            with open_file(handed(path) or path) as file:
                data = file.read(_LONGEST + 1)
    except OSError as error:
        remedy = "name a file that this user may read"
        if path.parent == SECRETS and isinstance(error, PermissionError):  # the service, or a person at a command
            remedy += f"; {AFTER_RESTART}"
        raise SecretError.at(where, f"{what} cannot be read", in_words(error), remedy) from None
    text = data.decode("utf-8-sig", errors="replace").strip("\r\n")
    if len(data) > _LONGEST:
        raise _none(where, what, f"it is larger than {_LONGEST} bytes")
    if not text.strip():
        raise _none(where, what, "it is empty")
    if "\ufffd" in text or not "".join(text.splitlines()).isprintable():  # UTF-16, for one
        raise _none(where, what, "it is not text in UTF-8, or has characters that cannot be printed")
    if len(text.splitlines()) > 1:
        raise _none(where, what, "it has several lines")
    return text


def read_word(path: Path, what: str) -> str:
    """Return the one word of a file, or of standard input for ``-``; SecretError if it is not one."""
    return checked(read_line(path, what), "standard input" if str(path) == "-" else str(path), what)


def checked(text: str, where: str, what: str) -> str:
    """Return a secret without the blanks around it; SecretError unless it is one word of plain characters."""
    text = text.strip()
    if not text:
        raise _none(where, what, "it is empty")
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        raise _none(where, what, "it is more than one word of plain characters")
    return text


def _none(where: str, what: str, why: str) -> SecretError:
    return SecretError.at(where, f"does not hold {what}", why, f"put {what} alone on its one line")


def readers(path: Path) -> int:
    """Return the bits of a file's mode by which its group, or everybody, may read it; OSError if they are not known.

    What lies below a directory that is closed to them, they cannot read.
    """
    bits = path.stat().st_mode & (0o040 | EVERYBODY)
    for directory in path.resolve().parents:
        bits &= directory.stat().st_mode << 2  # the right to enter it, in the place of that to read
    return bits


def exposed(path: Path) -> bool:
    """Return whether anybody but its owner may read a file of secrets."""
    try:
        return bool(readers(path))
    except OSError:
        return False
