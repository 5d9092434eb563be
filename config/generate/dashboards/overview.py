"""The overview: are pushes accepted, if not why, and what to do about it."""

from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models import dashboard as model

from config.generate.dashboards.parts import (
    BY_NAME,
    CLUSTER,
    CODE_TEXTS,
    HOST,
    accepted,
    board,
    colored,
    counted,
    lines,
    mapping,
    number,
    results,
    rows,
    steps,
    title_of,
)
from config.generate.rules import WORDS
from config.generate.thresholds import threshold as t


def _named(results_of: str, labels: str, window: str) -> str:
    """Return counts by code with what the catalogue says of them.

    Whichever host tells it is good, and one of those that differ; in a fleet it is one, so a code that none lists, or
    that of a past, must not need it: it is there as long as it was counted within ``window``.
    """
    same = "on (platform, code, reason)"
    known = "topk by (platform, code, reason) (1, mesibo_push_code_info)"
    other = f"group by (platform, code, reason) (last_over_time({WORDS.CODES}5m{{{CLUSTER}}}[{window}]))"
    return f"{results_of} * {same} group_left ({labels}) ({known} or {same} {other})"


def _codes() -> table.Panel:
    failed = _named(results("platform, code, reason", window="$__range", codes=True), "name, class", "$__range")
    copied = f'label_replace(label_replace({failed}, "meaning", "$1", "name", "(.*)"), "remedy", "$1", "name", "(.*)")'
    panel = rows(
        "Codes, their meaning and what to do",
        "Everything that was not accepted in the chosen time, the most frequent first. What an operator's own catalogue"
        " adds appears with its name; its meaning is on the status page.",
        f"sort_desc({copied})",
        empty="every push was accepted",
        height=11,
    )
    order = ("code", "platform", "reason", "class", "Value", "name", "meaning", "remedy")
    organized = {
        "excludeByName": {"Time": True},
        "indexByName": {name: at for at, name in enumerate(order)},
        "renameByName": {"Value": "pushes"},
    }
    panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=organized))
    wide = {"custom.width": 420, "custom.cellOptions": {"type": "auto", "wrapText": True}}
    columns: dict[str, dict[str, Any]] = {
        "code": {"mappings": mapping(CODE_TEXTS)},
        "name": {"mappings": mapping({name: title_of(e) for name, e in BY_NAME.items()})},
        "meaning": {"mappings": mapping({name: e.meaning for name, e in BY_NAME.items()})} | wide,
        "remedy": {"mappings": mapping({name: e.remedy for name, e in BY_NAME.items()})} | wide,
        "pushes": {"decimals": 0},
    }
    for column, values in columns.items():
        panel.override_by_name(column, [model.DynamicConfigValue(id_val=k, value=v) for k, v in values.items()])
    return panel.sort_by([TableSortByFieldState().display_name("pushes").desc(desc=True)])


def dashboard() -> d.Dashboard:
    """Return the whole dashboard."""
    objective = t("objective.accepted_share")
    lowest = round(1 - t("objective.fast_burn") * (1 - objective), 6)
    share = steps((None, "red"), (lowest, "orange"), (objective, "green"))
    made = board("overview", "Whether FCM and APNs accept the pushes that mesibo sends, why not, and what to do.")
    made.with_row(d.Row("Now"))
    for panel in (
        number(
            "Accepted",
            "Share of pushes that FCM or APNs took in the chosen time, without dead tokens and rate limits."
            " Taken is not shown: see the runbook on a 200 that does not arrive.",
            "percentunit",
            accepted(window="$__range"),
            share,
            "no pushes",
        ),
        number(
            "Accepted, last 5 minutes", "The same of the last 5 minutes.", "percentunit", accepted(), share, "no pushes"
        ),
        number(
            "Pushes a minute",
            "Results in the log, of every kind.",
            "short",
            f"{results()} / 5",
            steps((None, "text")),
            "no pushes",
        ),
        number(
            "Refused by mesibo",
            "Share of codes above 900 without 911 and 914, over 2 minutes; what the spike alert looks at.",
            "percentunit",
            f"max(cluster_source:mesibo_push_refused:ratio_rate2m{{{CLUSTER}}})",
            steps((None, "green"), (t("spike.floor") / 2, "orange"), (t("spike.floor"), "red")),
            "no pushes",
        ),
        number(
            "Budget burn rate",
            "How many times faster than allowed the error budget burns, over an hour; 1 just lasts for a month.",
            "short",
            f"(1 - min(cluster_source:mesibo_push_accepted:ratio_rate1h{{{CLUSTER}}})) / {1 - objective:.6g}",
            steps((None, "green"), (1, "orange"), (t("objective.slow_burn"), "red")),
            "no pushes",
        ),
        number(
            "Alerts",
            "Alerts of mesibo-logwatch that fire now.",
            "short",
            'count(ALERTS{alertname=~"Mesibo.*",alertstate="firing",cluster=~"$cluster"}) or vector(0)',
            steps((None, "green"), (1, "red")),
            "0",
        ),
    ):
        made.with_panel(panel)
    made.with_row(d.Row("Why")).with_panel(_codes())
    for trend in _trends():
        made.with_panel(trend)
    return made


def _trends() -> Iterator[timeseries.Panel]:
    rate = "$__rate_interval"
    tokens = f"cluster_source_platform:mesibo_push_tokens:ratio_rate30m{{{CLUSTER}}}"
    yield colored(
        lines(
            "Results by class",
            "Results a second, of every push.",
            "reqps",
            {"{{class}}": f"{results('class')} / 300"},
            "no pushes",
            stack=True,
        )
    )
    failed = f"{results('platform, code, reason', codes=True)} / 300"
    yield lines(
        "Not accepted, by code",
        "Results a second of the codes that happened, with the catalogue's names.",
        "reqps",
        {"{{code}} {{name}} ({{platform}})": _named(failed, "name", "5m")},
        "every push was accepted",
    )
    yield lines(
        "Accepted by platform",
        "FCM against APNs: a fault of one provider or its credential shows here first.",
        "percentunit",
        {"{{platform}}": accepted("platform")},
        "no pushes",
    )
    yield lines(
        "Rate-limit hits",
        "mesibo's own limit per user (914) apart from the providers' 429; hits a minute.",
        "short",
        {"{{limiter}}": f"sum by (limiter) ({counted('rate', 'mesibo_push_rate_limit_hits_total', rate)}) * 60"},
        "no limit was met",
    )
    yield lines(
        "Bad and dead tokens",
        "Share of a platform's pushes over 30 minutes, and the same half hour yesterday.",
        "percentunit",
        {"{{cluster}} {{platform}}": tokens, "{{cluster}} {{platform}} yesterday": f"{tokens} offset 1d"},
        "no dead token, or too few pushes for a share",
    )
    expiry = f"min by (cluster, credential) (mesibo_push_credential_expiry_timestamp_seconds{{{HOST}}})"
    yield lines(
        "Time until push certificates expire",
        "Of each configured [[credential]]; from the date on every iOS push of its app fails with 903. What is"
        " wrong with credentials otherwise is on the status page.",
        "s",
        {"{{cluster}} {{credential}}": f"{expiry} - time()"},
        "no [[credential]] with a date is configured",
    )
    witnessed = counted("rate", "mesibo_push_witness_events_total", rate)
    yield lines(
        "What the webhook adds, by code and reason",
        "Failed pushes as mesibo's webhook tells them, a minute: the provider's reason behind a bare 400, 403 or 404.",
        "short",
        {"{{platform}} {{code}} {{reason}}": f"sum by (platform, code, reason) ({witnessed} > 0) * 60"},
        "no webhook, or nothing failed",
    )
    yield lines(
        "Not accepted, by provider and class",
        "Server errors, missing answers, refused credentials and payloads, a minute.",
        "short",
        {"{{platform}} {{class}}": f"{results('platform, class', WORDS.BAD)} / 5"},
        "every push was accepted",
    )
