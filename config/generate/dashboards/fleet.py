"""The fleet: one row a host, and each host's pushes side by side."""

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.models import dashboard as model

from config.generate.dashboards.parts import (
    HOST,
    SELECT,
    accepted,
    board,
    lines,
    mapping,
    query,
    results,
    results_within,
    rows,
)

BY = "cluster, instance"


def dashboard() -> d.Dashboard:
    """Return the whole dashboard."""
    columns = {
        "Value #A": "up",
        "Value #B": "pushes a minute",
        "Value #C": "accepted",
        "Value #D": "unread bytes",
        "Value #E": "not accepted in an hour",
        "Value #F": "last push",
    }
    hosts = rows(
        "Hosts",
        "A standby host of a cluster has no pushes by nature.",
        query(f'max by ({BY}) (up{{job="mesibo-logwatch",{HOST}}})', instant=True),
        query(f"{results(BY)} / 5", instant=True),
        query(
            accepted(lambda matchers: results_within("1h", BY, matchers)),
            instant=True,
        ),
        query(f"sum by ({BY}) (mesibo_logwatch_lag_bytes{{{SELECT}}})", instant=True),
        query(results_within("1h", BY, 'class!="delivered"'), instant=True),
        query(f"max by ({BY}) (mesibo_push_last_result_timestamp_seconds{{{SELECT}}}) * 1000", instant=True),
        empty="no host is scraped: see the scrape configuration",
        height=12,
    )
    hosts = hosts.with_transformation(model.DataTransformerConfig(id_val="merge", options={})).with_transformation(
        model.DataTransformerConfig(
            id_val="organize", options={"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": columns}
        )
    )
    units = {"accepted": "percentunit", "unread bytes": "bytes", "last push": "dateTimeFromNow"}
    for column, unit in units.items():
        hosts = hosts.override_by_name(column, [model.DynamicConfigValue(id_val="unit", value=unit)])
    for column in ("pushes a minute", "not accepted in an hour"):
        hosts = hosts.override_by_name(column, [model.DynamicConfigValue(id_val="decimals", value=0)])
    hosts = hosts.override_by_name(
        "up", [model.DynamicConfigValue(id_val="mappings", value=mapping({"1": "up", "0": "DOWN"}))]
    )
    return (
        board("fleet", "Every mesibo host that one Prometheus watches.")
        .with_panel(hosts)
        .with_panel(
            lines(
                "Accepted, by host",
                "Over 5 minutes. One line that leaves the others is a fault of that host.",
                "percentunit",
                query(f"instance_source:mesibo_push_accepted:ratio_rate5m{{{SELECT}}}", "{{instance}} {{source}}"),
                empty="no pushes",
            )
        )
        .with_panel(
            lines(
                "Pushes by host",
                "A failover shows as one line that falls and another that rises.",
                "reqps",
                query(f"{results('instance')} / 300", "{{instance}}"),
                empty="no pushes",
                stack=True,
            )
        )
        .with_panel(
            lines(
                "Not accepted, by host and class",
                "Results a second.",
                "reqps",
                query(
                    results("instance, class", 'class!="delivered"') + " / 300",
                    "{{instance}} {{class}}",
                ),
                empty="every push was accepted",
            )
        )
        .with_panel(
            lines(
                "Accepted, by cluster",
                "Over an hour, as the delivery objective sees it.",
                "percentunit",
                query(
                    'cluster_source:mesibo_push_accepted:ratio_rate1h{cluster=~"$cluster",source=~"$source"}',
                    "{{cluster}} {{source}}",
                ),
                empty="no pushes",
            )
        )
    )
