"""What the named values of lines mean, one by one and column by column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.dialect.result import PushResult, from_captures, from_groups

NAMES = ("code", "platform", "reason", "fcm_error", "code", "apns_reason", "reason", "fcm_name", "user")
WORDS = st.sampled_from([b"", b"", b"200", b"0200", b"404", b"x", b"apn", "é".encode(), b"\xff", b"r" * 2000])


@given(st.lists(st.tuples(*[WORDS] * len(NAMES)), max_size=5))
def test_values_mean_the_same_in_columns(rows):
    """Whatever was captured, by one group of a name or by several: a result, or the same cause why there is none."""
    columns, without = from_groups(NAMES, list(zip(*rows, strict=True)) or [()] * len(NAMES))
    found = [without.get(i, PushResult(*values)) for i, values in enumerate(zip(*columns, strict=True))]
    assert found == [
        from_captures([(name, value) for name, value in zip(NAMES, row, strict=True) if value]) for row in rows
    ]


@pytest.mark.parametrize(
    ("fcm", "apple", "reason"),
    [
        ("INVALID_ARGUMENT", "Unregistered", "Unregistered"),
        ("INVALID_ARGUMENT", "baddevicetoken", "baddevicetoken"),
        ("INVALID_ARGUMENT", "API_KEY_INVALID", "INVALID_ARGUMENT"),  # of Google's own ErrorInfo
        ("UNREGISTERED", "Unregistered", "UNREGISTERED"),
        ("THIRD_PARTY_AUTH_ERROR", "InvalidProviderToken", "THIRD_PARTY_AUTH_ERROR"),
        ("PERMISSION_DENIED", "SERVICE_DISABLED", "PERMISSION_DENIED"),
    ],
)
def test_what_apple_said_of_a_token_is_the_reason_where_fcm_only_says_invalid(fcm, apple, reason):
    """FCM says INVALID_ARGUMENT of an iPhone's dead token, as of a bad payload; what Apple said tells them apart."""
    names = [("code", b"400"), ("fcm_error", fcm.encode()), ("apns_reason", apple.encode())]
    assert from_captures(names) == PushResult(400, "fcm", reason)
