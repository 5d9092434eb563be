"""Alerts on outages of a platform: its provider fails, does not answer, refuses payloads; or most pushes fail somehow.

What is named here is a cause, and its page is held for 5 minutes, until its effects have left every window. The last
one is for sites too quiet for the floors of the others: few failures, but nearly all of a platform, and lasting.
"""

from config.generate.rates import CLASS
from config.generate.recording import BAD, JUDGED, TELLS_ALL
from config.generate.rules import Alert
from config.generate.thresholds import threshold as t
from config.generate.words import PERCENT, PLACE, hosts

PLATFORM = "cluster, source, platform"
FAILING = f'{BAD},code!="400"'
"""What one device cannot make by itself: a bare 400 can be its bad token, as often as its user gets a message."""
TOP_CODES = (
    '{{ range printf "topk(3, sum by (code) (increase(mesibo_push_results_total{cluster=%q,source=%q,platform=%q,'
    + FAILING.replace('"', '\\"')
    + '}[5m])) >= 1)" $labels.cluster $labels.source $labels.platform | query }}'
    ' {{ .Labels.code }}: {{ .Value | printf "%.0f" }}.{{ end }}'
)


def _class_share(name: str, cls: str, group: str, by_host: bool, summary: str, text: str, role: str) -> list[Alert]:
    level = "instance" if by_host else "cluster"
    part = f"{level}_source_platform_class:mesibo_push_results:increase"
    by = "cluster, instance, source, platform" if by_host else "cluster, source, platform"

    def over(window: str, share: str) -> str:
        failed = f'sum by ({by}) ({part}{window}{{class="{cls}"}})'
        return f"""
        {failed}
        / on ({by})
        (sum by ({by}) ({part}{window}) > 0 {TELLS_ALL}) >= {t(f"{group}.{share}")}
        and
        {failed} >= {t(f"{group}.min_pushes")}
        """

    where = PLACE if by_host else PLACE + hosts(f'class="{cls}"')
    return [
        Alert(
            name,
            over("2m", "page_share"),
            "critical",
            summary.replace("Some pushes", "Most pushes of a platform"),
            f"{PERCENT} of pushes of platform {{{{ $labels.platform }}}} failed like this in the last 2 minutes, {where}. {text}",
            keep="5m",
            role=role,
        ),
        Alert(
            name,
            over("5m", "share"),
            "warning",
            summary,
            f"{PERCENT} of pushes of platform {{{{ $labels.platform }}}} failed like this in the last 5 minutes, {where}. {text}",
            for_="5m",
        ),
    ]


def by_class() -> list[Alert]:
    """Providers that fail or do not answer, and payloads they do not take."""
    return [
        *_class_share(
            "MesiboPushProviderFailing",
            "provider_fault",
            "provider",
            by_host=False,
            summary="Some pushes fail at FCM or APNs with a server error.",
            text="What to do: look at the status pages of Firebase and Apple; the fault is theirs and passes. mesibo's"
            " behaviour on retries is not documented, so messages may have to be fetched when the app opens.",
            role="cause",
        ),
        *_class_share(
            "MesiboPushNoAnswer",
            "network",
            "network",
            by_host=True,
            summary="Some pushes get no answer from FCM or APNs.",
            text="What to do: from this host, test DNS, the clock and TCP 443 to fcm.googleapis.com,"
            " oauth2.googleapis.com and api.push.apple.com; compare with other hosts. Many hosts at once: the provider.",
            role="cause",
        ),
        *_class_share(
            "MesiboPushPayloadRefused",
            "payload",
            "payload",
            by_host=False,
            summary="Some pushes are refused for their content.",
            text="What to do: see what changed (release, custom push fields, size above 4096 bytes), then look at one"
            " request with mesibo-logwatch push debug on or the push webhook (Steps 3, 6 to 8). A bare 400 can also be a bad token.",
            role="cause",
        ),
    ]


def mostly() -> Alert:
    """Most of a platform's pushes fail: looked for with a number over 5 minutes, a share over 2, at several scrapes.

    The long window gives enough to believe, the short one says that it is so now; scrapes tell an outage from one
    message to a group. The subquery has a step of its own, since hosts are not scraped at the same instant.
    """

    def failing(window: str) -> str:
        return f"sum by ({PLATFORM}) (increase(mesibo_push_results_total{{{FAILING}}}[{window}]))"

    return Alert(
        "MesiboPushMostlyFailing",
        f"""
        {failing("2m")}
        / on ({PLATFORM})
        (sum by ({PLATFORM}) ({CLASS}2m{{{JUDGED}}}) > 0 {TELLS_ALL}) >= {t("mostly.min_share")}
        and
        {failing("5m")} >= {t("mostly.min_pushes")}
        and
        changes(sum by ({PLATFORM}) (mesibo_push_results_total{{{FAILING}}})[3m:15s]) >= {t("mostly.min_scrapes")}
        """,
        "critical",
        "Most pushes of a platform fail.",
        f"{PERCENT} of the pushes of platform {{{{ $labels.platform }}}} failed in the last 2 minutes,"
        f" dead tokens and rate limits aside, {PLACE}. Codes of 5 minutes:{TOP_CODES}{hosts(FAILING)}."
        " What to do: the code says it; mesibo-logwatch explain CODE, or the status page of a host.",
        keep="5m",
        role="outage",
    )


def alerts() -> list[Alert]:
    """All of them; the one that names no cause last."""
    return [*by_class(), mostly()]
