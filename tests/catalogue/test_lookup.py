"""Every line gets one entry: the most specific there is, and an honest one where there is none."""

import time
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from logwatch.catalogue import OTHER, PLATFORMS, Catalogue, answered_by, limiter

CATALOGUE = Catalogue.load()
REASONS = sorted({entry.reason for entry in CATALOGUE.entries})
CODES = sorted({entry.code for entry in CATALOGUE.entries})


@pytest.mark.parametrize(
    ("platform", "code", "reason", "name"),
    [
        ("apns", 400, "BadDeviceToken", "apns_bad_device_token"),
        ("apns", 400, "baddevicetoken", "apns_bad_device_token"),
        ("unknown", 400, "BadDeviceToken", "apns_bad_device_token"),
        ("fcm", 400, "BadDeviceToken", "fcm_bad_device_token"),
        ("fcm", 400, "BadTopic", "fcm_bad_request"),
        ("fcm", 404, "UNREGISTERED", "fcm_unregistered"),
        ("fcm", 404, "", "fcm_probably_unregistered"),
        ("apns", 404, "", "apns_path_refused"),
        ("unknown", 404, "", "not_found"),
        ("fcm", 413, "", "payload_too_large"),
        ("apns", 502, "whatever", "bad_gateway"),
        ("fcm", 903, "", "mesibo_certificate_expired"),
        ("unknown", 912, "BadDeviceToken", "mesibo_certificate_app_mismatch"),
        ("unknown", 915, "", "mesibo_undocumented_rejection"),
        ("fcm", 900, "", "undocumented_code"),
        ("fcm", 599, "", "undocumented_provider_fault"),
        ("apns", 600, "", "undocumented_code"),
        ("apns", 100, "", "undocumented_code"),
        ("unknown", 99, "", "no_http_status"),
        ("fcm", 7, "", "no_http_status"),
        ("unknown", -1, "", "no_http_status"),
        ("unknown", 0, "", "no_response"),
    ],
)
def test_the_most_specific_entry_wins(platform, code, reason, name):
    """Exact reason, else the provider's bare code, else the bare number of any, else the range."""
    assert CATALOGUE.classify(platform, code, reason).name == name


@pytest.mark.parametrize(
    ("code", "class_"),
    [(901, "configuration"), (999, "rejected"), (540, "provider_fault"), (-7, "network"), (150, "unknown")],
)
def test_ranges_have_the_documented_classes(code, class_):
    """Above 900 is rejected by mesibo, 5xx the provider's fault, no HTTP status no answer, the rest unknown."""
    assert CATALOGUE.classify("unknown", code).class_ == class_


@pytest.mark.parametrize("code", [-999999, -1, 7, 99])
def test_what_is_no_http_status_is_judged_as_0_is(code):
    """No provider answers below 100: class and side are those of a code of 0, not the provider's."""
    entry, zero = CATALOGUE.classify("fcm", code), CATALOGUE.classify("fcm", 0)
    assert (entry.class_, entry.side, entry.retryable) == (zero.class_, zero.side, zero.retryable)


@given(
    st.sampled_from(PLATFORMS),
    st.integers(-999999, 999999) | st.sampled_from(CODES),
    st.text() | st.sampled_from(REASONS),
)
def test_reasons_are_values_of_the_catalogue_or_nothing(platform, code, raw):
    """Whatever a line contains, the label is empty or spelled as an entry of that code spells it."""
    reason = CATALOGUE.reason(platform, code, raw)
    assert reason in {"", *(entry.reason for entry in CATALOGUE.entries if entry.code == code)}
    assert reason.lower() in ("", raw.lower())
    assert CATALOGUE.classify(platform, code, raw) == CATALOGUE.classify(platform, code, reason)


def test_a_reason_of_unknown_platform_counts_only_where_one_provider_gives_it():
    """A reason that FCM and APNs share with one code does not tell which of them answered."""
    apns = next(entry for entry in CATALOGUE.entries if entry.name == "apns_unregistered")
    both = Catalogue([*CATALOGUE.entries, replace(apns, provider="fcm", reason="UNREGISTERED", name="fcm_gone")])
    assert CATALOGUE.reason("unknown", 410, "UNREGISTERED") == "Unregistered"
    assert both.reason("unknown", 410, "UNREGISTERED") == ""
    assert both.reason("apns", 410, "UNREGISTERED") == "Unregistered"


def test_known_series_are_complete_and_distinct():
    """Whatever a line of a listed code is counted under exists at 0 before, once, with the entry it will have."""
    known = list(CATALOGUE.known())
    assert max(Counter((platform, code, reason) for platform, code, reason, _ in known).values()) == 1
    keys = {(platform, code, reason): entry for platform, code, reason, entry in known}
    for platform, code, raw in product(PLATFORMS, CODES, REASONS):
        key = (platform, code, CATALOGUE.reason(platform, code, raw))
        assert keys[key] == CATALOGUE.classify(platform, code, raw)


def test_known_series_cover_each_mesibo_code_on_each_platform():
    """Each of mesibo's codes exists for FCM, APNs and unknown; test_shipped says which ones these are."""
    mesibo = {(platform, code) for platform, code, _, entry in CATALOGUE.known() if entry.provider == "mesibo"}
    assert mesibo == set(product(PLATFORMS, {e.code for e in CATALOGUE.entries if e.provider == "mesibo"}))


def test_known_reasons_of_unknown_platform_are_unambiguous():
    """The series of an unknown platform carry the reasons that one provider alone gives."""
    unknown = {(code, reason) for platform, code, reason, _ in CATALOGUE.known() if platform == "unknown" and reason}
    assert (400, "BadDeviceToken") in unknown
    assert (404, "UNREGISTERED") in unknown


@pytest.mark.parametrize(
    ("platform", "code", "whose"),
    [("fcm", 914, "mesibo"), ("fcm", 429, "fcm"), ("apns", 429, "apns"), ("unknown", 429, "unknown"), ("fcm", 200, "")],
)
def test_limits_of_mesibo_and_of_providers_are_distinguished(platform, code, whose):
    """Mesibo's own limit and the providers' are different limits."""
    assert limiter(platform, code) == whose


def test_mesibo_answers_above_900_whatever_the_platform():
    """The platform says whose push it was, the code who refused it."""
    assert answered_by("apns", 901) == "mesibo"
    assert answered_by("apns", 900) == "apns"
    assert answered_by("unknown", 404) == "unknown"


def test_listed_codes_are_those_of_entries():
    """A code outside the catalogue is one that no entry has."""
    assert CATALOGUE.lists(410)
    assert not CATALOGUE.lists(915)


def test_other_codes_have_an_entry_too():
    """The overflow of unknown codes is an unknown, not a delivered one."""
    assert OTHER.class_ == "unknown"


def test_loading_is_fast_enough_for_a_start():
    """The catalogue, which is read at each start and reload, loads within a bound that only a fault could miss."""
    start = time.process_time()
    Catalogue.load()
    assert time.process_time() - start < 1.0
