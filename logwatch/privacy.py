"""Mask who a push was for, before anything is stored, shown or logged: identifiers go in, text safe to keep comes out.

A user's address becomes a mask or a keyed hash, or stays plain, as configured; a push token is never shown whole,
whatever is configured. All results are bounded in length and free of control, format and bidirectional characters.
"""

import hmac
import re
from functools import lru_cache
from typing import Literal, get_args

Identifiers = Literal["mask", "hash", "plain"]

LONGEST = 128  # characters of a value that is shown; addresses are shorter, hostile lines are not
_SHOWN_ENDS = 2  # characters kept at either end of a masked address
_MASKED_FROM = 8  # characters; the ends would give away half of a shorter address
_TOKEN_ENDS = 4
_TOKEN_FROM = 32  # characters; APNs tokens have 64, FCM's more than 140
_TAG_DIGITS = 6  # of the 24 bits that tell masked values apart
_HASH_DIGITS = 16
_HIDDEN = re.compile(rf".*\*\*\*.*#[0-9a-f]{{{_TAG_DIGITS}}}|[0-9a-f]{{{_HASH_DIGITS}}}")
_REMEMBERED = 2048  # tokens that are cached, and as many addresses
_USUAL = 512  # characters of one that is cached; hostile ones would fill the memory


class Privacy:
    """How identifiers look outside the log; the same value always looks the same within one installation."""

    def __init__(self, identifiers: Identifiers, key: bytes) -> None:
        """``key`` is that of this installation, and never leaves it: without it hashes say nothing."""
        assert key, "a hash without a key can be undone by trying all telephone numbers"
        self._identifiers = identifiers
        self._key = key
        self._keyed = hmac.new(key, digestmod="sha256")  # copied for each value: the key is hashed once
        # A user whose push failed will fail again
        self._known_token = lru_cache(maxsize=_REMEMBERED)(self._masked_token)
        self._known_user = lru_cache(maxsize=_REMEMBERED)(self._masked_user)

    def user(self, value: str) -> str:
        """Return a user's address as configured: ``+4***21#3f9a01``, 16 digits of a keyed hash, or itself.

        The tag behind a mask distinguishes users whose ends agree. An empty value stays empty.
        """
        if not value:
            return ""
        return self._known_user(value) if len(value) <= _USUAL else self._masked_user(value)

    def _masked_user(self, value: str) -> str:
        if self._identifiers == "plain":
            return readable(value)[:LONGEST]
        digest = self._digest("user", value)
        if self._identifiers == "hash":
            return digest[:_HASH_DIGITS]
        return f"{_ends(readable(value), _SHOWN_ENDS, _MASKED_FROM)}#{digest[:_TAG_DIGITS]}"

    def user_forms(self, value: str) -> tuple[str, ...]:
        """Return every form in which a user may be stored: as configured now, and as it may have been before."""
        forms = [Privacy(identifiers, self._key).user(value) for identifiers in get_args(Identifiers)]
        return tuple(dict.fromkeys([self.user(value), *forms]))

    def token(self, value: str) -> str:
        """Return enough of a push token to compare it with another, but never the token; an empty one stays empty."""
        if not value:
            return ""
        return self._known_token(value) if len(value) <= _USUAL else self._masked_token(value)

    def _masked_token(self, value: str) -> str:
        return f"{_ends(readable(value), _TOKEN_ENDS, _TOKEN_FROM)}#{self._digest('token', value)[:_TAG_DIGITS]}"

    def app(self, value: str) -> str:
        """Return an application's number or name as it may be shown; it identifies no person."""
        return readable(value)[:LONGEST] if value else ""

    def _digest(self, kind: str, value: str) -> str:
        digest = self._keyed.copy()
        digest.update(f"{kind}\0{value}".encode(errors="surrogatepass"))
        return digest.hexdigest()


def is_hidden(user: str) -> bool:
    """Return whether a stored user is a mask or a hash, which means nothing outside this installation."""
    return _HIDDEN.fullmatch(user) is not None


def readable(value: str) -> str:
    """Return text from a log as it may be shown, without what moves a cursor, is invisible, or changes reading order.

    Characters that are not printable (control, format and bidirectional ones, lone surrogates, unusual blanks) become
    U+FFFD.
    """
    if value.isprintable():
        return value
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)


def _ends(text: str, kept: int, shortest: int) -> str:
    return f"{text[:kept]}***{text[-kept:]}" if len(text) >= shortest else "***"
