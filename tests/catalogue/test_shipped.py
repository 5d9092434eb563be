"""The shipped catalogue covers what mesibo, FCM and APNs document, and says enough to act on."""

import re

import pytest

from logwatch.catalogue import Catalogue, either

CATALOGUE = Catalogue.load()

# https://docs.mesibo.com/api/push-notifications/troubleshooting, Step 6
MESIBO = {901, 902, 903, 904, 905, 911, 912, 913, 914}

# https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode; UNSPECIFIED_ERROR has no documented status
FCM = {
    (400, "INVALID_ARGUMENT"),
    (401, "THIRD_PARTY_AUTH_ERROR"),
    (403, "SENDER_ID_MISMATCH"),
    (404, "UNREGISTERED"),
    (429, "QUOTA_EXCEEDED"),
    (500, "INTERNAL"),
    (503, "UNAVAILABLE"),
    (0, "UNSPECIFIED_ERROR"),
}

# https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
APNS = {
    400: "BadCollapseId BadDeviceToken BadExpirationDate BadMessageId BadPriority BadTopic DeviceTokenNotForTopic "
    "DuplicateHeaders IdleTimeout InvalidPushType MissingDeviceToken MissingTopic PayloadEmpty TopicDisallowed",
    403: "BadCertificate BadCertificateEnvironment ExpiredProviderToken Forbidden InvalidProviderToken "
    "MissingProviderToken UnrelatedKeyIdInToken BadEnvironmentKeyIdInToken",
    404: "BadPath",
    405: "MethodNotAllowed",
    410: "ExpiredToken Unregistered",
    413: "PayloadTooLarge",
    429: "TooManyProviderTokenUpdates TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable Shutdown",
}


def keys(provider):
    return {(entry.code, entry.reason) for entry in CATALOGUE.entries if entry.provider == provider}


def test_every_code_of_mesibo_is_listed():
    """The codes of mesibo's page, no more."""
    assert keys("mesibo") == {(code, "") for code in MESIBO}


def test_every_answer_of_fcm_is_listed():
    """Each ErrorCode of the HTTP v1 API, and each of its statuses without a reason."""
    assert keys("fcm") >= FCM | {(code, "") for code, _ in FCM if code}


def test_every_answer_of_apns_is_listed():
    """Each reason of Apple's table, and each of its statuses without a reason."""
    table = {(code, reason) for code, reasons in APNS.items() for reason in reasons.split()}
    assert keys("apns") >= table | {(code, "") for code in (200, *APNS)}


def test_every_bare_number_has_a_meaning_without_a_platform():
    """A line that tells no platform is explained as far as its number goes."""
    codes = {entry.code for entry in CATALOGUE.entries if entry.provider in ("fcm", "apns")}
    assert {code for code, _ in keys("any")} >= codes


def steps_named(text):
    for first, word, last in re.findall(r"Steps? (\d)(?:,? (and|to) (\d))?", text):
        yield from range(int(first), int(last) + 1) if word == "to" else map(int, filter(None, (first, last)))


@pytest.mark.parametrize("entry", CATALOGUE.entries, ids=lambda entry: entry.name)
def test_every_entry_says_enough_to_act_on(entry):
    """Meaning and remedy are sentences, the source is named, and the steps that a remedy names are listed."""
    assert entry.meaning.endswith(".")
    assert entry.remedy.endswith(".")
    assert entry.source
    assert all(re.match(r"https://|inference|assumption", source) for source in entry.source)
    assert set(steps_named(entry.remedy)) <= set(entry.steps)


@pytest.mark.parametrize("entry", CATALOGUE.entries, ids=lambda entry: entry.name)
def test_class_severity_and_token_agree(entry):
    """Only what was delivered has no severity; only tokens die; what is delivered ends at the device."""
    assert (entry.severity == "none") == (entry.class_ == "delivered")
    assert not entry.token_dead or entry.class_ == "token"
    assert entry.class_ != "delivered" or (entry.side, entry.steps) == ("device", (9,))
    assert entry.class_ != "provider_fault" or (entry.side, entry.retryable) == ("provider", True)


def test_a_title_is_the_name_without_its_provider():
    """The title is the name without the provider, as a person would write it."""
    titles = {entry.name: entry.title for entry in CATALOGUE.entries}
    assert titles["mesibo_certificate_expired"] == "Certificate expired"
    assert titles["fcm_sender_id_mismatch"] == "Sender ID mismatch"
    assert titles["not_found"] == "Not found"


def test_sides_are_named_as_an_operator_would():
    """A fault of the provider is Google's or Apple's, as far as it is known which."""
    outage = CATALOGUE.classify("unknown", 503)
    assert CATALOGUE.classify("fcm", 503).whose() == "Google"
    assert CATALOGUE.classify("apns", 503).whose() == "Apple"
    assert outage.whose() == "Google or Apple"
    assert outage.whose("apns") == "Apple"
    assert CATALOGUE.classify("apns", 903).whose() == "yours"
    assert CATALOGUE.classify("apns", 914).whose() == "mesibo"
    assert CATALOGUE.classify("apns", 200).whose() == "the device"


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        ([], ""),
        (["Google or Apple", "Google"], "Google or Apple"),
        (["Apple", "Google or Apple"], "Apple or Google"),
        (["mesibo", "yours, in the app", "yours"], "mesibo or yours"),
        (["the device", "yours, in the app"], "the device or yours, in the app"),
    ],
)
def test_several_sides_are_named_once_each(sides, told):
    """Where either provider may be to blame, neither is named again, nor is the app where all of it is yours."""
    assert either(sides) == told
