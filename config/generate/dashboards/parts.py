"""What all dashboards share: variables, annotations, links, and panels with unit, thresholds and an empty state."""

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from config.generate.codes import CATALOGUE
from config.generate.rules import WORDS
from config.generate.thresholds import threshold as t
from logwatch.catalogue import Entry

HOST = 'cluster=~"$cluster",instance=~"$host"'
SELECT = HOST + ',source=~"$source"'
CLUSTER = 'cluster=~"$cluster",source=~"$source"'
DELIVERED = 'class="delivered"'
FAILED = 'class!="delivered"'
PROMETHEUS = common.DataSourceRef(type_val="prometheus", uid="$datasource")
COLORS = {
    "delivered": "green",
    "credential": "dark-red",
    "configuration": "red",
    "token": "blue",
    "payload": "purple",
    "rate_limited": "yellow",
    "provider_fault": "orange",
    "network": "light-orange",
    "rejected": "semi-dark-red",
    "unknown": "text",
}
REFS = "ABCDEFGH"  # of the queries of one panel
NAMES = {"overview": "mesibo push: overview", "fleet": "mesibo push: fleet", "watcher": "mesibo push: the watcher"}


def _variable(name: str, label: str, query: str) -> d.QueryVariable:
    return (
        d.QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query({"query": query, "refId": name})
        .definition(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.NATURAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(model.VariableOption(text="All", value="$__all"))
    )


def _annotation(name: str, color: str, expr: str, title: str, text: str) -> d.AnnotationQuery:
    return (
        d.AnnotationQuery()
        .name(name)
        .enable(enable=True)
        .icon_color(color)
        .datasource(PROMETHEUS)
        .expr(expr)
        .step("60s")
        .title_format(title)
        .text_format(text)
    )


def board(key: str, about: str) -> d.Dashboard:
    """Return an empty dashboard with everything that all of them have."""
    made = (
        d.Dashboard(NAMES[key])
        .uid(f"mesibo-push-{key}")
        .description(about)
        .tags(["mesibo", "push"])
        .timezone("browser")
        .refresh("1m")
        .time("now-6h", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(
            d.DatasourceVariable("datasource")
            .label("Data source")
            .type("prometheus")
            .allow_custom_value(allow_custom_value=False)
        )
        .with_variable(_variable("cluster", "Cluster", 'label_values(up{job="mesibo-logwatch"}, cluster)'))
        .with_variable(
            _variable("host", "Host", 'label_values(up{job="mesibo-logwatch",cluster=~"$cluster"}, instance)')
        )
        .with_variable(_variable("source", "Source", f"label_values(mesibo_logwatch_source_up{{{HOST}}}, source)"))
        .annotation(
            _annotation(
                "Alerts",
                "red",
                'max by (alertname, severity, cluster) (ALERTS{alertname=~"Mesibo.*",alertstate="firing",severity!="info",cluster=~"$cluster"})',
                "{{alertname}} ({{severity}})",
                "cluster {{cluster}}",
            )
        )
        .annotation(
            _annotation(
                "Restarts of the watcher",
                "blue",
                f'time() - process_start_time_seconds{{job="mesibo-logwatch",{HOST}}} < 120',
                "mesibo-logwatch started",
                "{{instance}}",
            )
        )
    )
    for other, title in NAMES.items():
        if other != key:
            made = made.link(
                d.DashboardLink(title)
                .type(model.DashboardLinkType.LINK)
                .icon("dashboard")
                .url(f"/d/mesibo-push-{other}")
                .include_vars(include_vars=True)
                .keep_time(keep_time=True)
            )
    return made.link(
        d.DashboardLink("Runbooks" if t("links.pages") else "Runbooks (choose one host)")
        .type(model.DashboardLinkType.LINK)
        .icon("doc")
        .url(f"{t('links.pages') or 'http://$host'}/runbooks/")
        .target_blank(target_blank=True)
    )


def results(by: str = "", matchers: str = "", window: str = "", *, codes: bool = False) -> str:
    """Return the results of 5 minutes by labels, of the hosts that are chosen: what a rule has recorded, never the raw series.

    With a ``window`` those within it, to the evaluation. With ``codes`` by platform, code and reason, of all that was not
    accepted; else by platform and class.
    """
    if window:
        new = WORDS.NEW if codes else WORDS.NEW_OF_HOST
        chosen = ",".join(filter(None, (SELECT, FAILED if codes else "", matchers)))
        return f"sum by ({by}) (sum_over_time({new}{{{chosen}}}[{window}]))"
    name = "platform_code_reason" if codes else "platform_class"
    return (
        f"sum by ({by}) (instance_source_{name}:mesibo_push_results:increase5m{{{SELECT}{matchers and ','}{matchers}}})"
    )


def counted(function: str, metric: str, window: str, matchers: str = "") -> str:
    """Return ``rate`` or ``increase`` of each counter of the hosts that are chosen, once where it comes by two ways."""
    kept = f"{WORDS.HOST}{WORDS.KIND.get(metric, '')}"
    return f"max by ({kept}) ({function}({metric}{{{SELECT}{matchers and ','}{matchers}}}[{window}]))"


def accepted(by: str = "", window: str = "") -> str:
    """Return the accepted share of the same results: 0 where nothing was accepted of something."""
    judged = results(by, WORDS.JUDGED, window)
    return f"({results(by, DELIVERED, window)} or 0 * {judged}) / ({judged} > 0)"


def _query(expr: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).ref_id(ref).datasource(PROMETHEUS)


def steps(*pairs: tuple[float | None, str]) -> d.ThresholdsConfig:
    """Colours from values upwards."""
    return (
        d.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=color) for value, color in pairs])
    )


def number(title: str, about: str, unit: str, expr: str, thresholds: d.ThresholdsConfig, empty: str) -> stat.Panel:
    """Return one number, now."""
    return (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .with_target(_query(expr, "A").instant())
        .unit(unit)
        .thresholds(thresholds)
        .no_value(empty)
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .height(4)
        .span(4)
    )


def lines(
    title: str, about: str, unit: str, queries: dict[str, str], empty: str = "nothing", *, stack: bool = False
) -> timeseries.Panel:
    """Return numbers over time; ``queries`` are PromQL by legend."""
    made = (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .unit(unit)
        .axis_soft_min(0)  # what has expired has less than no time left
        .no_value(empty)
        .thresholds(steps((None, "green")))
        .fill_opacity(30 if stack else 5)
        .legend(
            VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
            .show_legend(show_legend=True)
        )
        .tooltip(VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
        .height(8)
        .span(12)
    )
    if stack:
        made = made.stacking(StackingConfig().mode(common.StackingMode.NORMAL))
    for number, (legend, expr) in enumerate(queries.items()):
        made.with_target(_query(expr, REFS[number]).legend_format(legend).range())
    return made


def colored(panel: timeseries.Panel) -> timeseries.Panel:
    """Return the same colour for a class on every panel."""
    for cls, color in COLORS.items():
        panel = panel.override_by_name(
            cls, [model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": color})]
        )
    return panel


def rows(title: str, about: str, *queries: str, empty: str, height: int) -> table.Panel:
    """Return a table, one row for each set of labels."""
    made = (
        table.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .no_value(empty)
        .thresholds(steps((None, "green")))
        .cell_height(common.TableCellHeight.SM)
        .filterable(filterable=True)
        .height(height)
        .span(24)
    )
    for number, expr in enumerate(queries):
        made.with_target(_query(expr, REFS[number]).legend_format("").instant().format(PromQueryFormat.TABLE))
    return made


def mapping(texts: dict[str, str]) -> list[dict[str, object]]:
    """Values of a column -> what is shown instead."""
    return [
        {
            "type": "value",
            "options": {value: {"text": text, "index": i} for i, (value, text) in enumerate(texts.items())},
        }
    ]


def title_of(entry: Entry) -> str:
    """Return the catalogue's name as words."""
    return entry.name.removeprefix(f"{entry.provider}_").replace("_", " ")


BY_NAME = {e.name: e for e in CATALOGUE.entries}
CODE_TEXTS = {
    str(code): f"{code} {title_of(e)}"
    for _, code, reason, e in CATALOGUE.known()
    if not reason and e.provider in ("any", "mesibo")
}
