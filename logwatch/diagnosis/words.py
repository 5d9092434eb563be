"""Put findings in words: what has happened, and to whose pushes."""

from collections.abc import Collection

from logwatch.catalogue import Entry
from logwatch.model import SYSTEMS

# What has happened, by the entry's name; of an entry that is not here, the title is used.
CAUSES = {
    "mesibo_push_not_configured": "Push is not configured for the app: mesibo contacts neither Google nor Apple",
    "mesibo_push_disabled": "Push is switched off for the app in mesibo",
    "mesibo_certificate_expired": "The Apple push certificate has expired",
    "mesibo_certificate_error": "mesibo cannot use the Apple push certificate",
    "mesibo_production_certificate_required": "A development certificate is stored where production is needed",
    "mesibo_bad_push_token": "Apps have set push tokens that cannot be used",
    "mesibo_certificate_app_mismatch": "The Apple certificate belongs to another app (bundle ID) than the push tokens",
    "mesibo_bad_payload": "The content of pushes is malformed",
    "mesibo_rate_limited": "mesibo's per-user limit holds pushes back",
    "fcm_unauthorized": "Google refuses the credentials",
    "fcm_unauthenticated": "Google refuses the credentials: the service account or its access token",
    "fcm_third_party_auth_error": "Google cannot push to Apple: the APNs key in the Firebase project is missing or bad",
    "fcm_forbidden": "Google refuses: wrong Firebase project, or the service account may not send",
    "fcm_permission_denied": "The Google service account may not send for this project",
    "fcm_sender_id_mismatch": "The Firebase project of the credentials is not the one that the tokens came from",
    "fcm_unregistered": "Pushes still go to tokens of apps that are gone (Google: unregistered)",
    "fcm_probably_unregistered": "Pushes still go to tokens of apps that are gone (Google: 404)",
    "fcm_bad_request": "Google refuses requests: their payload or token is bad",
    "fcm_invalid_argument": "Google refuses requests: their payload or token is bad",
    "fcm_rate_limited": "Google's rate limit is hit",
    "fcm_quota_exceeded": "Google's sending quota is used up",
    "fcm_resource_exhausted": "Google's sending quota is used up",
    "apns_bad_device_token": "Apple does not know tokens in this environment: sandbox and production are mixed up",
    "apns_device_token_not_for_topic": "The Apple tokens belong to another app (bundle ID) than the certificate",
    "apns_bad_topic": "The Apple topic (bundle ID) is wrong",
    "apns_topic_disallowed": "The Apple certificate may not push to this app (bundle ID)",
    "apns_credential_refused": "Apple refuses the push certificate",
    "apns_bad_certificate": "Apple refuses the push certificate",
    "apns_bad_certificate_environment": "The Apple certificate is for the other environment (sandbox or production)",
    "apns_unregistered": "Pushes still go to tokens of apps that are gone (Apple: unregistered)",
    "apns_token_gone": "Pushes still go to tokens of apps that are gone (Apple: 410)",
    "apns_expired_token": "Pushes still go to Apple tokens that have expired",
    "apns_bad_request": "Apple refuses requests: something in them is bad",
    "apns_too_large": "Pushes are larger than Apple accepts",
    "apns_payload_too_large": "Pushes are larger than Apple accepts",
    "apns_rate_limited": "Apple's limit per device holds pushes back",
    "apns_too_many_requests": "Apple's limit per device holds pushes back",
    "no_response": "No answer from Google or Apple: this host's way out is broken",
    "no_http_status": "No answer from Google or Apple, it seems: what is logged is no HTTP status",
    "token_gone": "Pushes still go to tokens of apps that are gone",
    "other_codes": "There are more unknown codes than are counted one by one",
}
# What comes in small numbers on any day, by class: {0} is "12 pushes", {1} their share of all, {2} "was" or "were"
NOISE = {
    "token": "{0} went to tokens that no longer work ({1} of all): users leave and change devices.",
    "rate_limited": "{0} {2} held back by rate limits ({1} of all).",
    "provider_fault": "{0} hit a temporary fault at Google or Apple ({1} of all).",
    "payload": "{0} {2} refused for their content ({1} of all).",
    "network": "{0} got no answer from Google or Apple ({1} of all).",
    "configuration": "{0} failed because of a setting ({1} of all).",
    "credential": "{0} failed because of a credential ({1} of all).",
    "rejected": "{0} {2} refused by mesibo for an undocumented reason ({1} of all).",
    "unknown": "{0} failed with an undocumented code ({1} of all).",
}


def cause(entry: Entry, codes: Collection[str]) -> str:
    """Return what has happened, as a sentence without its full stop."""
    code = ", ".join(sorted(codes))
    if entry.name in CAUSES:
        return CAUSES[entry.name]
    if entry.class_ in ("unknown", "rejected"):
        who = "mesibo" if entry.class_ == "rejected" else "The push service"
        return f"{who} refuses pushes with code {code}, whose meaning is not documented"
    return f"{entry.title} (code {code})"


def pushes(platforms: Collection[str], *, every: bool = False, count: int = 0) -> str:
    """Name pushes by whose they are: ``iOS pushes``, ``iOS push`` for a ``count`` of 1, or ``every iOS push``."""
    names = [SYSTEMS[p] for p in sorted(platforms)] if "unknown" not in platforms else []
    which = " and ".join(names) + " " if names else ""
    return f"every {which}push" if every else f"{which}push" if count == 1 else f"{which}pushes"
