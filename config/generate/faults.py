"""Alerts on faults that stop all pushes of a platform by themselves, one rule for each such code of the catalogue.

They are causes: while one fires, the alerts that only see its effect do not page. Each looks back 5 minutes and is held
for 5 more, as long as any effect's page, and wherever an effect is seen its cause is: so the effect is over first, also
where failures are so few that the last five of them are old.
"""

from config.generate.codes import CATALOGUE, Entry, exported
from config.generate.rules import Alert
from config.generate.thresholds import threshold as t
from config.generate.words import COUNT, PLACE, hosts, share

ON = "cluster, source, platform"
CODES = "cluster_source_platform_code_reason:mesibo_push_results:increase"
WHOLE = "cluster_source_platform:mesibo_push_results:increase"

OF_MESIBO = {
    901: "MesiboPushNotConfigured",
    902: "MesiboPushDisabled",
    903: "MesiboPushCertificateExpired",
    904: "MesiboPushCertificateError",
    905: "MesiboPushProductionCertificateRequired",
    912: "MesiboPushCertificateAppMismatch",
}
REFUSED = {
    "fcm": "MesiboPushFcmCredentialRefused",
    "apns": "MesiboPushApnsCredentialRefused",
    "unknown": "MesiboPushCredentialRefused",
}
OTHERS = "MesiboPushCriticalCode"


def covered() -> list[tuple[str, str, Entry]]:
    """(alert name, platform, entry) of each rule: what stops every push until somebody acts, and was answered."""
    found = []
    for platform, entry in exported():
        if entry.severity != "critical" or entry.cls not in ("credential", "configuration"):
            continue
        if entry.provider != "mesibo":
            found.append((REFUSED[platform], platform, entry))
        elif platform == "apns":  # mesibo's own codes are of the app: one rule serves every platform
            found.append((OF_MESIBO[entry.code], platform, entry))
    return found


def matchers_of(platform: str, entry: Entry) -> str:
    """What selects the results that the entry explains."""
    if entry.provider == "mesibo":
        return f'code="{entry.code}"'
    return f'platform="{platform}",code="{entry.code}",reason="{entry.reason}"'


def _expr(matchers: str, entry: Entry) -> str:
    builds = entry.name in t("fault.build_faults")
    least = t("fault.min_share_of_builds") if builds else t("fault.min_share")
    recent = f"sum by ({ON}) ({CODES}5m{{{matchers}}})"
    fast = f"""\
{recent} >= {t("fault.min_pushes")}
and
{recent}
/ on ({ON})
({WHOLE}5m > 0) >= {least}"""
    if builds:
        return fast
    quiet = f"sum by ({ON}) ({CODES}30m{{{matchers}}})"
    return f"""\
(
{_indent(fast)}
)
or
(
{_indent(quiet)} >= {t("fault.quiet_min_pushes")}
  and
{_indent(quiet)}
  / on ({ON})
  ({WHOLE}30m < {t("fault.quiet_below")}) >= {t("fault.quiet_min_share")}
)"""


def _indent(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


def _alert(name: str, matchers: str, entry: Entry) -> Alert:
    who = {"mesibo": "mesibo refused"}.get(entry.provider, "The push service refused")
    number = entry.spoken if entry.provider != "any" else f"{entry.code}, without a reason in the log"
    return Alert(
        name,
        _expr(matchers, entry),
        "critical",
        entry.meaning,
        f"{who} {COUNT} pushes of platform {{{{ $labels.platform }}}} with {number} ({entry.name}),"
        f" {share(f'{CODES}5m', f'{WHOLE}5m', matchers)} of that platform in the last 5 minutes, {PLACE}."
        f"{hosts(matchers, '30m' if entry.name not in t('fault.build_faults') else '5m')}."
        f" Meaning: {entry.meaning} What to do: {entry.remedy}",
        keep="5m",
        role="cause",
        labels={"code_name": entry.name},
    )


def alerts() -> list[Alert]:
    """One rule for each code and platform, and one for critical codes that an operator's own catalogue adds."""
    found = [_alert(name, matchers_of(platform, entry), entry) for name, platform, entry in covered()]
    return [*found, _others()]


def _others() -> Alert:
    shipped = "|".join(entry.name for entry in CATALOGUE if entry.severity == "critical")
    codes = "cluster, source, platform, code, reason"
    info = f'mesibo_push_code_info{{severity="critical",name!~"{shipped}"}}'
    return Alert(
        OTHERS,
        f"""
        sum by ({codes}) (
          {CODES}5m
          and on (cluster, platform, code, reason) {info}
        ) >= {t("fault.min_pushes")}
        and
        {CODES}5m
        / on ({ON}) group_left ()
        ({WHOLE}5m > 0) >= {t("fault.min_share")}
        """,
        "critical",
        "A code that your own catalogue calls critical is being returned.",
        f"{COUNT} pushes of platform {{{{ $labels.platform }}}} ended with code {{{{ $labels.code }}}}"
        f" {{{{ $labels.reason }}}} in the last 5 minutes, {PLACE}."
        f"{hosts(labels=('cluster', 'source', 'platform', 'code'))}."
        " What to do: mesibo-logwatch explain {{ $labels.code }} shows what your catalogue says about it.",
        keep="5m",
        role="cause",
    )
