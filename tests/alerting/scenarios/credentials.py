"""Thirty days and more before a certificate expires, an hour a step; and credentials that cannot work."""

from tests.alerting.scenarios.model import Host, Scenario

HOUR, DAY = 60, 24 * 60
SECONDS = 86400
TICKET = "warning MesiboPushCredentialExpiring"
PAGE = "critical MesiboPushCredentialExpiring"
PROBLEM = "warning MesiboPushCredentialProblem"
EXPIRY = "mesibo_push_credential_expiry_timestamp_seconds"
PROBLEMS = "mesibo_push_credential_problems"


def _expires(days: float, *, renewed: float | None = None) -> Host:
    """A host with a certificate that expires so many days after the start, and is renewed for a year before."""
    host = Host().normal()
    later = () if renewed is None else ((renewed * DAY, 0), (0, 365 * SECONDS))
    ios = {"credential": "ios", "provider": "apns"}
    host.gauge(EXPIRY, ios, days * SECONDS, later)
    for problem in ("expired", "development", "not_checked"):
        host.gauge(PROBLEMS, {**ios, "problem": problem}, 0, ())
    return host


def scenarios() -> list[Scenario]:
    """All of this topic."""
    broken = _expires(300)
    broken.gauge(
        PROBLEMS,
        {"credential": "ios", "provider": "apns", "problem": "development"},
        0,
        ((10, 0), (0, 1), (30, 0), (0, -1)),
    )
    return [
        Scenario(
            "a certificate is a ticket for a month, a page for a week, and still pages when expired until renewed",
            [_expires(40, renewed=47)],
            {
                9.5 * DAY: [],
                10 * DAY + 2.0 * HOUR: [TICKET],
                32.5 * DAY: [TICKET],
                33 * DAY + 2.0 * HOUR: [PAGE, TICKET],
                39.5 * DAY: [PAGE, TICKET],
                45.0 * DAY: [PAGE, TICKET],
                48.0 * DAY: [],
            },
            daily=True,
        ),
        Scenario(
            "a certificate that is renewed in the third week ends the ticket and never pages",
            [_expires(40, renewed=25)],
            {9.5 * DAY: [], 20.0 * DAY: [TICKET], 26.0 * DAY: [], 39.0 * DAY: [], 45.0 * DAY: []},
            spares=("MesiboPushCredentialExpiring",),
            daily=True,
        ),
        Scenario(
            "a credential with a fault is a ticket until it is mended",
            [broken],
            {9.0: [], 20: [PROBLEM], 60: []},
            spares=("MesiboPushCredentialProblem",),
        ),
    ]
