"""Identifiers leave the log masked, and no token leaves it whole."""

import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.privacy import LONGEST, Privacy, readable

KEY = b"key of an installation"
TOKEN = "c8f1a2" * 10 + "beef"
MODES = ["mask", "hash", "plain"]


def test_a_masked_address_keeps_its_ends():
    """Enough to recognise an address one knows, not enough to learn one."""
    assert Privacy("mask", KEY).user("+14155550123").startswith("+1***23#")


@pytest.mark.parametrize("value", ["x", "yz", "alice", "1234567"])
def test_short_addresses_are_not_given_away(value):
    """The ends of a short address would be most of it."""
    assert re.fullmatch(r"\*\*\*#[0-9a-f]{6}", Privacy("mask", KEY).user(value))


def test_two_users_with_the_same_ends_stay_two():
    """The tag tells masked addresses apart, so that counting by user remains right."""
    privacy = Privacy("mask", KEY)
    assert privacy.user("+14155550123") != privacy.user("+14166660123")


def test_the_same_value_always_looks_the_same():
    """Two instances with one key agree; another key says something else."""
    for mode in ("mask", "hash"):
        assert Privacy(mode, KEY).user("alice@example.com") == Privacy(mode, KEY).user("alice@example.com")
        assert Privacy(mode, KEY).user("alice@example.com") != Privacy(mode, b"other").user("alice@example.com")


def test_a_hash_shows_nothing_of_the_address():
    """Sixteen digits, whatever the address."""
    hashed = Privacy("hash", KEY).user("alice@example.com")
    assert len(hashed) == 16
    assert int(hashed, 16) >= 0


def test_plain_shows_the_address_when_asked_for():
    """The configuration may say otherwise, for addresses."""
    assert Privacy("plain", KEY).user("alice@example.com") == "alice@example.com"


@pytest.mark.parametrize("mode", MODES)
@given(token=st.text(st.characters(codec="latin-1"), min_size=1, max_size=300))
def test_no_token_is_ever_shown_whole(mode, token):
    """At most eight of its characters, and none of a short one, in every mode."""
    shown = Privacy(mode, KEY).token(token)
    ends = shown.rpartition("#")[0]
    assert len(ends) <= 4 + 3 + 4
    assert len(token) >= 32 or ends == "***"


@pytest.mark.parametrize("mode", MODES)
def test_a_token_can_be_compared(mode):
    """The same token looks the same in every mode, another one different."""
    assert Privacy(mode, KEY).token(TOKEN) == Privacy("mask", KEY).token(TOKEN)
    assert Privacy(mode, KEY).token(TOKEN) != Privacy(mode, KEY).token(TOKEN.replace("a2c8", "a3c8", 1))


@pytest.mark.parametrize("mode", MODES)
@given(value=st.text(max_size=2 * LONGEST))
def test_what_comes_out_is_bounded_and_printable(mode, value):
    """A hostile value harms neither a page, a terminal nor the memory."""
    privacy = Privacy(mode, KEY)
    for shown in (privacy.user(value), privacy.token(value)):
        assert len(shown) <= LONGEST
        assert shown.isprintable()


@pytest.mark.parametrize("mode", MODES)
def test_a_user_who_is_not_named_is_not_masked(mode):
    """A line without a user has none afterwards."""
    assert Privacy(mode, KEY).user("") == ""
    assert Privacy(mode, KEY).token("") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("zoë", "zoë"),
        ("日本", "日本"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("a\u202eb", "a\ufffdb"),
        ("a\0b", "a\ufffdb"),
        ("\x9b2J", "\ufffd2J"),
        ("a\u2028b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
    ],
)
def test_text_of_a_line_becomes_readable(value, shown):
    """Letters of any script stay; escapes, hidden and turning characters are replaced."""
    assert readable(value) == shown


def test_an_app_is_shown_as_far_as_it_is_readable():
    """It identifies no person, but it may move a cursor."""
    assert Privacy("mask", KEY).app("60\x1b35") == "60\ufffd35"


@given(key=st.binary(min_size=1, max_size=200), address=st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_hash_is_hmac_sha256(key, address):
    """Any program that has the key can compute the hash of an address."""
    expected = hmac.digest(key, f"user\0{address}".encode(), "sha256").hex()
    assert Privacy("hash", key).user(address) == expected[:16]


def test_what_is_stored_stays_the_same_from_release_to_release():
    """A user is found again under what an earlier release stored, for a short key, and for one longer than a block."""
    assert Privacy("hash", KEY).user("+18005551234") == "bd11f0e2e93897a8"
    assert Privacy("hash", b"k" * 65).user("+18005551234") == "a600d74fce24636d"
    assert Privacy("mask", KEY).user("+18005551234") == "+1***34#bd11f0"
