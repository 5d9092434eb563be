"""The overview: are pushes accepted, if not why, and what to do about it."""

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard as model

from config.generate.dashboards.parts import (
    BY_NAME,
    CLUSTER,
    CODE_TEXTS,
    HOST,
    SELECT,
    accepted,
    board,
    colored,
    lines,
    mapping,
    number,
    query,
    results,
    results_within,
    rows,
    sorted_by,
    steps,
    title_of,
)
from config.generate.rules import WORDS
from config.generate.thresholds import threshold as t


def _named(counted: str, labels: str, window: str) -> str:
    """Return counts by code with what the catalogue says of them.

    Whichever host tells it is good; in a fleet it is one, so a code that none lists, or that of a past, must not need it:
    it is there as long as it was counted within ``window``.
    """
    same = "on (platform, code, reason)"
    known = "max by (platform, code, reason, name, class) (mesibo_push_code_info)"
    other = f"group by (platform, code, reason) (last_over_time({WORDS.CODES}5m{{{CLUSTER}}}[{window}]))"
    return f"{counted} * {same} group_left ({labels}) ({known} or {same} {other})"


def _codes() -> table.Panel:
    counted = f"({results_within('$__range', 'platform, code, reason', codes=True)} > 0.5)"
    counted = _named(counted, "name, class", "$__range")
    copied = f'label_replace(label_replace({counted}, "meaning", "$1", "name", "(.*)"), "remedy", "$1", "name", "(.*)")'
    panel = rows(
        "Codes, their meaning and what to do",
        "Everything that was not accepted in the chosen time, the most frequent first. What an operator's own catalogue"
        " adds appears with its name; its meaning is on the status page.",
        query(f"sort_desc({copied})", instant=True),
        empty="every push was accepted",
        height=11,
    )
    hidden = {"Time": True}
    order = {"code": 0, "platform": 1, "reason": 2, "class": 3, "Value": 4, "name": 5, "meaning": 6, "remedy": 7}
    panel = panel.with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": hidden, "indexByName": order, "renameByName": {"Value": "pushes"}},
        )
    )
    texts = {
        "code": CODE_TEXTS,
        "name": {name: title_of(e) for name, e in BY_NAME.items()},
        "meaning": {name: e.meaning for name, e in BY_NAME.items()},
        "remedy": {name: e.remedy for name, e in BY_NAME.items()},
    }
    for column, text in texts.items():
        values = [model.DynamicConfigValue(id_val="mappings", value=mapping(text))]
        if column in ("meaning", "remedy"):
            values += [
                model.DynamicConfigValue(id_val="custom.width", value=420),
                model.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "auto", "wrapText": True}),
            ]
        panel = panel.override_by_name(column, values)
    return sorted_by(panel.override_by_name("pushes", [model.DynamicConfigValue(id_val="decimals", value=0)]), "pushes")


def dashboard() -> d.Dashboard:
    """Return the whole dashboard."""
    objective = t("objective.accepted_share")
    share = steps(
        (None, "red"), (round(1 - t("objective.fast_burn") * (1 - objective), 6), "orange"), (objective, "green")
    )
    made = board("overview", "Whether FCM and APNs accept the pushes that mesibo sends, why not, and what to do.")
    made = made.with_row(d.Row("Now"))
    for panel in (
        number(
            "Accepted",
            "Share of pushes that FCM or APNs took in the chosen time, without dead tokens and rate limits."
            " Taken is not shown: see the runbook on a 200 that does not arrive.",
            accepted(lambda matchers: results_within("$__range", "", matchers)),
            "percentunit",
            share,
            "no pushes",
        ),
        number(
            "Accepted, last 5 minutes",
            "The same of the last 5 minutes.",
            accepted(lambda matchers: results("", matchers)),
            "percentunit",
            share,
            "no pushes",
        ),
        number(
            "Pushes a minute",
            "Results in the log, of every kind.",
            results("") + " / 5",
            "short",
            steps((None, "text")),
            "no pushes",
        ),
        number(
            "Refused by mesibo",
            "Share of codes above 900 without 911 and 914, over 2 minutes; what the spike alert looks at.",
            f"max(cluster_source:mesibo_push_refused:ratio_rate2m{{{CLUSTER}}})",
            "percentunit",
            steps((None, "green"), (t("spike.floor") / 2, "orange"), (t("spike.floor"), "red")),
            "no pushes",
        ),
        number(
            "Budget burn rate",
            "How many times faster than allowed the error budget burns, over an hour; 1 just lasts for a month.",
            f"(1 - min(cluster_source:mesibo_push_accepted:ratio_rate1h{{{CLUSTER}}})) / {1 - objective:.6g}",
            "short",
            steps((None, "green"), (1, "orange"), (t("objective.slow_burn"), "red")),
            "no pushes",
        ),
        number(
            "Alerts",
            "Alerts of mesibo-logwatch that fire now.",
            'count(ALERTS{alertname=~"Mesibo.*",alertstate="firing",cluster=~"$cluster"}) or vector(0)',
            "short",
            steps((None, "green"), (1, "red")),
            "0",
        ),
    ):
        made = made.with_panel(panel)
    made = made.with_row(d.Row("Why")).with_panel(_codes())
    return _trends(made)


def _trends(made: d.Dashboard) -> d.Dashboard:
    rate = "$__rate_interval"
    return (
        made.with_panel(
            colored(
                lines(
                    "Results by class",
                    "Results a second, of every push.",
                    "reqps",
                    query(f"{results('class')} / 300", "{{class}}"),
                    empty="no pushes",
                    stack=True,
                )
            )
        )
        .with_panel(
            lines(
                "Not accepted, by code",
                "Results a second of the codes that happened, with the catalogue's names.",
                "reqps",
                query(
                    _named(f"{results('platform, code, reason', codes=True)} / 300", "name", "5m"),
                    "{{code}} {{name}} ({{platform}})",
                ),
                empty="every push was accepted",
            )
        )
        .with_panel(
            lines(
                "Accepted by platform",
                "FCM against APNs: a fault of one provider or its credential shows here first.",
                "percentunit",
                query(
                    accepted(lambda matchers: results("platform", matchers)),
                    "{{platform}}",
                ),
                empty="no pushes",
            )
        )
        .with_panel(
            lines(
                "Rate-limit hits",
                "mesibo's own limit per user (914) apart from the providers' 429; hits a minute.",
                "short",
                query(
                    f"sum by (limiter) (rate(mesibo_push_rate_limit_hits_total{{{SELECT}}}[{rate}])) * 60",
                    "{{limiter}}",
                ),
                empty="no limit was met",
            )
        )
        .with_panel(
            lines(
                "Bad and dead tokens",
                "Share of a platform's pushes over 30 minutes, and the same half hour yesterday.",
                "percentunit",
                query(
                    f"cluster_source_platform:mesibo_push_tokens:ratio_rate30m{{{CLUSTER}}}", "{{cluster}} {{platform}}"
                ),
                query(
                    f"cluster_source_platform:mesibo_push_tokens:ratio_rate30m{{{CLUSTER}}} offset 1d",
                    "{{cluster}} {{platform}} yesterday",
                ),
                empty="too few pushes for a share",
            )
        )
        .with_panel(
            lines(
                "Time until push certificates expire",
                "Of each configured [[credential]]; from the date on every iOS push of its app fails with 903. What is"
                " wrong with credentials otherwise is on the status page.",
                "s",
                query(
                    f"min by (cluster, credential) (mesibo_push_credential_expiry_timestamp_seconds{{{HOST}}}) - time()",
                    "{{cluster}} {{credential}}",
                ),
                empty="no [[credential]] with a date is configured",
            )
        )
        .with_panel(
            lines(
                "What the webhook adds, by code and reason",
                "Failed pushes as mesibo's webhook tells them, a minute: the provider's reason behind a bare 400, 403 or 404.",
                "short",
                query(
                    f"sum by (platform, code, reason) (rate(mesibo_push_witness_events_total{{{SELECT}}}[{rate}]) > 0) * 60",
                    "{{platform}} {{code}} {{reason}}",
                ),
                empty="no webhook, or nothing failed",
            )
        )
        .with_panel(
            lines(
                "Not accepted, by provider and class",
                "Server errors, missing answers, refused credentials and payloads, a minute.",
                "short",
                query(
                    f"{results('platform, class', WORDS.BAD)} / 5",
                    "{{platform}} {{class}}",
                ),
                empty="every push was accepted",
            )
        )
    )
