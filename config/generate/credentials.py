"""Alerts on push credentials before a push shows it: dates that come near, and files that cannot work.

They silence nothing: a certificate that will expire explains no failure of today, and one that has expired is paged by
its 903 as well, since mesibo may hold another one than the file that is watched.
"""

from config.generate.rules import Alert
from config.generate.thresholds import threshold as t
from config.generate.words import INSTANCE

EXPIRY = "mesibo_push_credential_expiry_timestamp_seconds"
EXPIRING = "MesiboPushCredentialExpiring"
PROBLEM = "MesiboPushCredentialProblem"
NAMED = "{{ $labels.credential }}"


def _within(length: str) -> str:
    """Certificates that expire within ``length``, or have; the value is the time that is left."""
    seconds = int(length.removesuffix("d")) * 86400
    return f"{EXPIRY} - time() <= {seconds}"


def _expiring(severity: str, length: str, summary: str) -> Alert:
    return Alert(
        EXPIRING,
        _within(length),
        severity,
        summary,
        f"The push certificate {NAMED} on {INSTANCE} expires at"
        f' {{{{ with printf "{EXPIRY}{{credential=%q,instance=%q}}" $labels.credential $labels.instance | query }}}}'
        "{{ . | first | value | humanizeTimestamp }}{{ end }}; from then on every iOS push of its app fails with 903."
        " What to do: renew it at Apple, look at the new file with mesibo-logwatch credentials check, upload it as a"
        " .p12 without a password (Step 1), prove it with mesibo-logwatch push test.",
        for_="5m",
        keep="5m",  # a restart has no verdict for a second
    )


def alerts() -> list[Alert]:
    """All of them."""
    return [
        _expiring("critical", t("credential.page"), "A push certificate expires within a week, or has expired."),
        _expiring("warning", t("credential.ticket"), "A push certificate expires within a month."),
        Alert(
            PROBLEM,
            'mesibo_push_credential_problems{problem!="expired"} == 1',
            "warning",
            "A push credential has a fault, or cannot be looked at.",
            f"The credential {NAMED} on {INSTANCE} has the problem {{{{ $labels.problem }}}}. What to do:"
            " mesibo-logwatch credentials check on its file says what is wrong, which code it will cause and how to mend"
            " it; the status page of the host says so too.",
            for_="5m",
            keep="5m",
        ),
    ]
