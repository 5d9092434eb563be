"""What is known about a code is put together, and what is not known is said."""

import json

from logwatch.catalogue import Catalogue, explain

CATALOGUE = Catalogue.load()


def names(explanation):
    return [entry.name for entry in explanation.meanings]


def test_a_code_of_mesibo_has_one_meaning():
    """903 means one thing."""
    explanation = explain(CATALOGUE, 903)
    assert explanation.headline == "903 Certificate expired (mesibo)"
    assert names(explanation) == ["mesibo_certificate_expired"]
    assert explanation.notes == ()


def test_without_a_provider_every_meaning_is_given_the_general_one_first():
    """404 is a dead token for FCM and a malformed path for APNs, and that is said."""
    explanation = explain(CATALOGUE, 404)
    assert names(explanation) == [
        "not_found", "fcm_probably_unregistered", "apns_path_refused", "fcm_not_found", "fcm_unregistered",
        "apns_bad_path",
    ]  # fmt: skip
    assert explanation.notes == (
        "FCM and APNs mean different things by 404: find out which of them answered before acting on it.",
    )


def test_a_provider_narrows_it_down():
    """Only what that provider means is given."""
    explanation = explain(CATALOGUE, 404, "apns")
    assert names(explanation) == ["apns_path_refused", "apns_bad_path"]
    assert explanation.notes == ()


def test_a_reason_finds_its_entry_in_any_spelling():
    """A reason alone, in any spelling, is enough to find its provider's entry."""
    explanation = explain(CATALOGUE, 400, reason="badtopic")
    assert names(explanation) == ["apns_bad_topic"]
    assert explanation.found


def test_an_unknown_reason_is_said_and_the_number_explained():
    """Nothing is made up for a reason that the provider does not give."""
    explanation = explain(CATALOGUE, 404, "fcm", "Nonsense")
    assert not explanation.found
    assert names(explanation) == ["fcm_probably_unregistered"]
    assert explanation.notes == ("No reason Nonsense is known with code 404; this is the meaning of the number alone.",)


def test_a_provider_that_does_not_document_a_code_is_said():
    """The bare number's meaning stands in."""
    explanation = explain(CATALOGUE, 413, "fcm")
    assert names(explanation) == ["payload_too_large"]
    assert explanation.notes == ("FCM does not document 413; this is what the number alone suggests.",)


def test_a_platform_has_no_part_in_a_code_of_mesibo():
    """Asked for FCM's 903, mesibo's is explained."""
    explanation = explain(CATALOGUE, 903, "fcm")
    assert names(explanation) == ["mesibo_certificate_expired"]
    assert explanation.notes == ("Codes above 900 are mesibo's own: FCM was never asked.",)
    assert not explanation.found


def test_mesibo_has_no_part_in_a_code_of_a_provider():
    """Asked for mesibo's 410, the answer says that there is none."""
    explanation = explain(CATALOGUE, 410, "mesibo")
    assert not explanation.found
    assert explanation.notes[0] == "mesibo's own codes are above 900: this one is the answer of FCM or APNs."
    assert "token_gone" in names(explanation)


def test_an_unlisted_code_is_explained_by_its_range():
    """The catalogue says that it does not list it, and what its range tells."""
    above, server, below, other = (explain(CATALOGUE, code) for code in (987, 508, -1, 408))
    assert [names(e) for e in (above, server, below, other)] == [
        ["mesibo_undocumented_rejection"], ["undocumented_provider_fault"], ["no_http_status"], ["undocumented_code"],
    ]  # fmt: skip
    assert not above.listed
    assert other.notes == (
        "The catalogue does not list this code; what follows is only what its range suggests.",
        "As an HTTP status 408 is 'Request Timeout'.",
    )


def test_a_program_gets_every_field():
    """The dictionary is plain JSON, and has what follows from an entry spelled out."""
    (meaning,) = json.loads(json.dumps(explain(CATALOGUE, 914).as_dict()))["meanings"]
    assert set(meaning) == {
        "provider", "code", "reason", "name", "title", "class", "severity", "side", "whose", "retryable", "token_dead",
        "steps", "meaning", "remedy", "source",
    }  # fmt: skip
    assert meaning["steps"][0] == {"step": 5, "title": "General and iOS troubleshooting"}
