"""Alerts on shares: refusals by mesibo, the delivery objective, tokens, rate limits, one bad host, silence.

Each compares a share with a floor, most also with the past, and none believes a share of a handful of pushes. Pages
look at 2 minutes.
"""

from config.generate.recording import BAD, BY_CLUSTER, REFUSED, TELLS_ALL
from config.generate.rules import Alert, Record
from config.generate.thresholds import threshold as t
from config.generate.words import COUNT, INSTANCE, PERCENT, PLACE, hosts

CLASS = "cluster_source_platform_class:mesibo_push_results:increase"
RATIO = "cluster_source:mesibo_push_refused:ratio_rate"
BEFORE = "cluster_source:mesibo_push_refused:ratio_hour_before"
SPIKE = "MesiboPush9xxSpike"
IN_CLUSTER = ("cluster", "source")
LIMITER = "cluster, source, limiter"
TOP_CODES = (
    '{{ range printf "topk(3, sum by (code) (increase(mesibo_push_results_total{cluster=%q,source=%q,'
    + REFUSED.replace('"', '\\"')
    + '}[5m])) >= 1)" $labels.cluster $labels.source | query }} {{ .Labels.code }}: {{ .Value | printf "%.0f" }}.{{ end }}'
)


def hour_before() -> Record:
    """The share of mesibo's refusals in the hour before; kept as it was before the spike while the spike lasts."""
    firing = f'ALERTS{{alertname="{SPIKE}",alertstate="firing"}}'
    return Record(
        BEFORE,
        f"""
        (
          {BEFORE}
          and on ({BY_CLUSTER}) {firing}
        )
        or
        (
          {RATIO}1h offset 5m
          unless on ({BY_CLUSTER}) {firing}
        )
        """,
    )


def spike() -> Alert:
    """Codes above 900, without 911 and 914: a share far above a floor and above its own past."""

    def ordinary(past: str) -> str:
        return f"{RATIO}2m <= clamp_max({t('spike.factor')} * {past}, {t('spike.cap')})"

    return Alert(
        SPIKE,
        f"""
        (
          {RATIO}2m >= {t("spike.floor")}
          and cluster_source:mesibo_push_judged:increase2m >= {t("spike.min_results")}
          and cluster_source:mesibo_push_refused:increase2m >= {t("spike.min_pushes")}
        )
        unless {ordinary(BEFORE)}
        unless {ordinary(f"{RATIO}1h offset 23h30m")}
        unless {ordinary(f"{RATIO}1h offset 167h30m")}
        """,
        "critical",
        "mesibo itself refuses far more pushes than usual.",
        f"{PERCENT} of pushes ended with a code above 900 in the last 2 minutes, {PLACE}, far above the hour before and"
        f" the same hour of yesterday and last week. Codes:{TOP_CODES}{hosts(REFUSED, '2m', IN_CLUSTER)}."
        " What to do: the code says it; mesibo-logwatch explain CODE, or the status page of a host.",
        keep="2m",  # against flapping at the floor; less than the cause looks back
        role="symptom",
    )


def rejected() -> Alert:
    """Codes above 900 that the catalogue does not know."""
    return Alert(
        "MesiboPushUnknown9xxCode",
        f"""
        sum by (cluster, source, code) (
          increase(mesibo_push_results_total{{class="rejected"}}[1h])
        ) >= {t("rejected.min_pushes")}
        """,
        "warning",
        "mesibo refuses pushes with a code that the catalogue does not know.",
        f"{COUNT} pushes ended with code {{{{ $labels.code }}}} within an hour, {PLACE}. mesibo documents nine codes"
        " above 900, and this is none of them. What to do: mesibo-logwatch push debug on, or the push webhook, to see the request and"
        " the answer, ask mesibo what it means, and add it to your catalogue.",
    )


def objective() -> list[Alert]:
    """Burn rates over two windows: the speed at which the errors that the objective allows are used up."""
    allowed = 1 - t("objective.accepted_share")

    def burning(rate: str, long: str, short: str, bad: str, least: str) -> str:
        limit = f"{1 - t(f'objective.{rate}') * allowed:.4g}"
        ratio = "cluster_source:mesibo_push_accepted:ratio_rate"
        return f"""
        1 - (
          {ratio}{long} < {limit}
          and {ratio}{short} < {limit}
          and {bad} >= {t(f"objective.{least}")}
        )
        """

    text = (
        f"{PERCENT} of pushes were not accepted over the last WINDOW, {PLACE}; the objective allows {allowed:.2%}."
        " Dead tokens and rate limits are not in it."
        f"{hosts(BAD, '1h', IN_CLUSTER)}."
        " What to do: see which codes it is on the overview dashboard or with mesibo-logwatch report, then follow their remedy."
    )
    return [
        Alert(
            "MesiboPushErrorBudgetBurn",
            burning("fast_burn", "1h", "5m", "cluster_source:mesibo_push_bad:increase1h", "fast_min_bad"),
            "critical",
            "Pushes fail so fast that the error budget of a month is gone within two days.",
            text.replace("WINDOW", "hour"),
            for_="2m",
            role="symptom",
        ),
        Alert(
            "MesiboPushErrorBudgetBurn",
            burning("slow_burn", "6h", "30m", "cluster_source:mesibo_push_bad:increase6h", "slow_min_bad"),
            "warning",
            "Pushes fail steadily; the error budget of a month is gone within five days.",
            text.replace("WINDOW", "6 hours"),
            for_="15m",
            role="symptom",
        ),
    ]


def _grown(series: str, group: str) -> str:
    """A share that is high by itself, or above a low floor and far above yesterday and, where known, last week."""
    floor, growth = t(f"{group}.share"), t(f"{group}.growth")
    return f"""(
  {series} >= {t(f"{group}.high_share")}
  or
  (
    {series} >= {floor}
    and {series} > {growth} * ({series} offset 1d)
    unless {series} <= {growth} * ({series} offset 1w)
  )
)"""


def tokens() -> list[Alert]:
    """911, 404, 410 and other bad tokens: more than uninstalls make."""
    bad = 'class="token"'
    remedy = (
        "What to do: if it began with a release of the app, look at which token it sets (Step 2) and for which"
        " environment; otherwise delete the tokens that FCM calls UNREGISTERED or APNs answers with 410."
    )
    return [
        Alert(
            "MesiboPushBadTokens",
            f"""
            sum without (class) ({CLASS}2m{{class="token"}}) >= {t("tokens.page_min_pushes")}
            and
            sum without (class) ({CLASS}2m{{class="token"}})
            / sum without (class) ({CLASS}2m) >= {t("tokens.page_share")}
            """,
            "critical",
            "Most pushes of a platform go to tokens that do not work.",
            f"{COUNT} pushes of platform {{{{ $labels.platform }}}} went to bad or dead tokens in the last 2 minutes, most"
            f" of all, {PLACE}. That is no churn.{hosts(bad)}. {remedy}",
            keep="2m",  # against flapping at the floor
        ),
        Alert(
            "MesiboPushBadTokens",
            f"""
            {_grown("cluster_source_platform:mesibo_push_tokens:ratio_rate30m", "tokens")}
            and
            sum without (class) ({CLASS}30m{{class="token"}}) >= {t("tokens.min_pushes")}
            """,
            "warning",
            "More pushes than usual go to tokens that do not work.",
            f"{PERCENT} of pushes of platform {{{{ $labels.platform }}}} went to bad or dead tokens in the last 30 minutes,"
            f" {PLACE}.{hosts(bad, '30m')}. {remedy}",
            for_="10m",
        ),
    ]


def _limited(name: str, group: str, matcher: str, extreme: str, summary: str, remedy: str) -> list[Alert]:
    hits = "cluster_source_limiter:mesibo_push_rate_limit_hits"
    text = f"of pushes were rate-limited ({{{{ $labels.limiter }}}}) WINDOW, {PLACE}. What to do: {remedy}"
    return [
        Alert(
            name,
            extreme,
            "critical",
            summary.replace("more pushes than usual", "most pushes") if "usual" in summary else summary,
            PERCENT + " " + text.replace("WINDOW", "in the last minutes"),
            keep="2m",  # against flapping at the floor
        ),
        Alert(
            name,
            f"""
            {_grown(f"{hits}:ratio_rate30m{{{matcher}}}", group)}
            and
            {hits}:increase30m{{{matcher}}} >= {t(f"{group}.min_pushes")}
            """,
            "warning",
            summary,
            PERCENT + " " + text.replace("WINDOW", "in the last 30 minutes"),
            for_="10m",
        ),
    ]


def _refused_of_a_minute(offset: str = "") -> str:
    """The share of a platform's pushes that its provider refused as too many, within one minute: that of its quota."""
    return f"""(
          sum by ({LIMITER}) (increase(mesibo_push_rate_limit_hits_total{{limiter!="mesibo"}}[1m]{offset}))
          / on ({LIMITER})
          label_replace(
            sum by (cluster, source, platform) (increase(mesibo_push_results_total[1m]{offset})) > 0,
            "limiter", "$1", "platform", "(.*)"
          )
        )"""


def rate_limits() -> list[Alert]:
    """Mesibo's own 914 and the providers' 429, apart: what to do is not the same."""
    hits = "cluster_source_limiter:mesibo_push_rate_limit_hits"
    of_mesibo = f"""
        {hits}:ratio_rate30m{{limiter="mesibo"}} >= {t("mesibo_limit.page_share")}
        and
        {hits}:increase30m{{limiter="mesibo"}} >= {t("mesibo_limit.page_min_pushes")}
        """
    recent = f'sum by ({LIMITER}) (increase(mesibo_push_rate_limit_hits_total{{limiter!="mesibo"}}[2m]))'
    of_provider = f"""
        {_refused_of_a_minute()} >= {t("provider_limit.page_share")}
        and
        {_refused_of_a_minute(" offset 1m")} >= {t("provider_limit.page_share")}
        and
        {recent} >= {t("provider_limit.page_min_pushes")}
        """
    return [
        *_limited(
            "MesiboPushRateLimitedByMesibo",
            "mesibo_limit",
            'limiter="mesibo"',
            of_mesibo,
            "mesibo holds back more pushes than usual by its limit per user (914).",
            "mostly harmless: find the users or groups that cause it and send fewer pushes to them (Step 5)."
            " If it hits everybody, look for a client that sends in a loop.",
        ),
        *_limited(
            "MesiboPushRateLimitedByProvider",
            "provider_limit",
            'limiter!="mesibo"',
            of_provider,
            "FCM or APNs refuses more pushes than usual for being too many (429).",
            "FCM: the quota is the project's; spread campaigns out, honour Retry-After (60 s), ask Google for more."
            " APNs: too many to one device; keep mesibo's limit per user on.",
        ),
    ]


def behind() -> Alert:
    """One host that fails while the others of its cluster do not: a fault of that host."""
    bad, judged = "instance_source:mesibo_push_bad:increase15m", "instance_source:mesibo_push_judged:increase15m"
    return Alert(
        "MesiboPushHostBehindFleet",
        f"""
        ({bad} / ({judged} >= {t("behind.min_results")})) >= {t("behind.share")}
        and on (cluster, source, instance)
        (
          (sum by (cluster, source) ({bad}) - on (cluster, source) group_right () {bad})
          /
          (
            (sum by (cluster, source) ({judged}) - on (cluster, source) group_right () {judged})
            >= {t("behind.min_results")}
          )
        ) <= {t("behind.fleet_share")}
        """,
        "warning",
        "One host fails pushes that the other hosts of its cluster deliver.",
        f"{PERCENT} of the pushes of host {INSTANCE} were not accepted in the last 15 minutes, the other hosts' were."
        " What to do: compare mesibo.conf, credentials set by the backend API, clock, DNS and firewall of that host.",
        for_="5m",
        role="symptom",
    )


def silence() -> list[Alert]:
    """No push line where there were many: by cluster, since a standby host is quiet by nature."""
    total = "cluster_source:mesibo_push_results:increase30m"
    return [
        Alert(
            "MesiboPushSilent",
            f"""
            {total} == 0
            and
            (
              {total} offset 30m >= {t("silence.sudden")}
              or
              (
                {total} offset 1d >= {t("silence.expected")}
                unless {total} offset 1w < {t("silence.expected")}
              )
            )
            {TELLS_ALL}
            """,
            "critical",
            "No push was logged for half an hour where there are usually many.",
            f"Not one push result in 30 minutes, {PLACE}, on no host of it. What to do: is mesibo running and are users"
            " connected (docker ps, docker logs mesibo)? Does the log still reach the file that is followed"
            " (mesibo-logwatch doctor)? Was push logging switched off in mesibo.conf?",
            for_="5m",
        ),
        Alert(
            "MesiboPushLoggingOff",
            f"""
            cluster_source:mesibo_push_results:increase1d == 0
            and cluster_source:mesibo_logwatch_lines:increase1d >= {t("logging_off.lines")}
            unless sum by (cluster, source) (increase(mesibo_logwatch_unparsed_lines_total[1d])) > 0
            """,
            "warning",
            "mesibo logs, but no push is in its log; push logging is probably switched off.",
            "Not one push line within a day among {{ with printf `cluster_source:mesibo_logwatch_lines:increase1d"
            "{cluster=%q,source=%q}` $labels.cluster $labels.source | query }}{{ . | first | value | humanize }}{{ end }}"
            f" lines, {PLACE}, on no host of it. What to do: set logs {{ push = 1 }} in /etc/mesibo/mesibo.conf and restart"
            " mesibo (Step 8), then send a test: mesibo-logwatch push test USER.",
            for_="1h",
        ),
    ]


def alerts() -> list[Alert]:
    """All of them, those that page first."""
    return [
        spike(),
        *objective(),
        *tokens(),
        *rate_limits(),
        rejected(),
        behind(),
        *silence(),
    ]
