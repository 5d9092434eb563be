"""Days before and after a certificate expires, an hour a step; and credentials that cannot work."""

from tests.alerting.scenarios.model import Host, Scenario

HOUR, DAY = 60, 24 * 60
SECONDS = 86400
TICKET = "warning MesiboPushCredentialExpiring"
PAGE = "critical MesiboPushCredentialExpiring"
PROBLEM = "warning MesiboPushCredentialProblem"
EXPIRY = "mesibo_push_credential_expiry_timestamp_seconds"
PROBLEMS = "mesibo_push_credential_problems"


def _expires(days: float, *, renewed: float | None = None) -> Host:
    """Return a host with a certificate that expires so many days after the start, and is renewed for a year before."""
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
            "a certificate is a ticket for its last month",
            [_expires(31)],
            {0.5 * DAY: [], DAY + 2.0 * HOUR: [TICKET], 9.0 * DAY: [TICKET]},
            daily=True,
        ),
        Scenario(
            "a certificate is a page for its last week, and when it has expired, until it is renewed",
            [_expires(8, renewed=10)],
            {
                0.5 * DAY: [TICKET],
                DAY + 2.0 * HOUR: [PAGE, TICKET],
                7.5 * DAY: [PAGE, TICKET],
                9.5 * DAY: [PAGE, TICKET],
                11.0 * DAY: [],
            },
            daily=True,
        ),
        Scenario(
            "a certificate that is renewed three days before it would page ends the ticket and never pages",
            [_expires(10.5, renewed=0.5)],
            {0.25 * DAY: [TICKET], 1.5 * DAY: [], 4.0 * DAY: [], 11.0 * DAY: []},
            spares=("MesiboPushCredentialExpiring",),
            daily=True,
        ),
        Scenario(
            "a credential with a fault is a ticket until it is mended",
            [broken],
            {9.0: [], 22: [PROBLEM], 60: []},
            spares=("MesiboPushCredentialProblem",),
        ),
    ]
