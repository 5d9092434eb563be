"""The fleet: one row a host, and each host's pushes side by side."""

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard as model

from config.generate.dashboards.parts import (
    CLUSTER,
    FAILED,
    HOST,
    SELECT,
    accepted,
    board,
    lines,
    mapping,
    results,
    rows,
)
from config.generate.rules import WORDS

BY = "cluster, instance"


def _hosts() -> table.Panel:
    columns = ("up", "pushes a minute", "accepted", "unread bytes", "not accepted in an hour", "last push")
    hosts = rows(
        "Hosts",
        "A standby host of a cluster has no pushes by nature.",
        f'max by ({BY}) (up{{job="mesibo-logwatch",{HOST}}})',
        f"{results(BY)} / 5",
        accepted(BY, "1h"),
        f"sum by ({BY}) (max by ({WORDS.HOST}) (mesibo_logwatch_lag_bytes{{{SELECT}}}))",
        results(BY, FAILED, "1h"),
        f"max by ({BY}) (mesibo_push_last_result_timestamp_seconds{{{SELECT}}}) * 1000",
        empty="no host is scraped: see the scrape configuration",
        height=12,
    )
    named = {f"Value #{ref}": column for ref, column in zip("ABCDEF", columns, strict=True)}
    named["Value"] = columns[0]  # so Grafana names the only column that has a value, as where all daemons are down
    organized = {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": named}
    for kind, options in (("merge", {}), ("organize", organized)):
        hosts.with_transformation(model.DataTransformerConfig(id_val=kind, options=options))
    for column, kind, value in (
        ("accepted", "unit", "percentunit"),
        ("unread bytes", "unit", "bytes"),
        ("last push", "unit", "dateTimeFromNow"),
        ("pushes a minute", "decimals", 0),
        ("not accepted in an hour", "decimals", 0),
        ("up", "mappings", mapping({"1": "up", "0": "DOWN"})),
    ):
        hosts.override_by_name(column, [model.DynamicConfigValue(id_val=kind, value=value)])
    return hosts


def dashboard() -> d.Dashboard:
    """Return the whole dashboard."""
    made = board("fleet", "Every mesibo host that one Prometheus watches.")
    for panel in (
        _hosts(),
        lines(
            "Accepted, by host",
            "Over 5 minutes. One line that leaves the others is a fault of that host.",
            "percentunit",
            {"{{instance}} {{source}}": f"instance_source:mesibo_push_accepted:ratio_rate5m{{{SELECT}}}"},
            "no pushes",
        ),
        lines(
            "Pushes by host",
            "A failover shows as one line that falls and another that rises.",
            "reqps",
            {"{{instance}}": f"{results('instance')} / 300"},
            "no pushes",
            stack=True,
        ),
        lines(
            "Not accepted, by host and class",
            "Results a second.",
            "reqps",
            {"{{instance}} {{class}}": f"{results('instance, class', FAILED)} / 300"},
            "every push was accepted",
        ),
        lines(
            "Accepted, by cluster",
            "Over an hour, as the delivery objective sees it.",
            "percentunit",
            {"{{cluster}} {{source}}": f"cluster_source:mesibo_push_accepted:ratio_rate1h{{{CLUSTER}}}"},
            "no pushes",
        ),
    ):
        made.with_panel(panel)
    return made
