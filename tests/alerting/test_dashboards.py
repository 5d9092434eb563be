"""What the panels of the dashboards count."""

import json
import re
import subprocess

import pytest

from config.generate.dashboards.parts import accepted, results
from config.generate.rules import files
from tests.alerting.scenarios.model import Host
from tests.helpers.running import tool
from tests.helpers.shipped import CONFIG

DASHBOARDS = sorted((CONFIG / "grafana/dashboards").glob("*.json"))
HOST = 'cluster="c",instance="i",source="s"'


def chosen(expr):
    for name in ("cluster", "host", "source"):
        expr = expr.replace(f"${name}", ".*")
    return expr


def assert_holds(test, path, rules=()):
    path.write_text(json.dumps({"rule_files": list(map(str, rules)), "evaluation_interval": "15s", "tests": [test]}))
    done = subprocess.run([tool("promtool"), "test", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_no_panel_cuts_off_what_is_below_nothing(path):
    """A certificate that has expired has less than no time left, and its line is seen."""
    panels = [each for each in json.loads(path.read_text())["panels"] if each["type"] == "timeseries"]
    defaults = [each["fieldConfig"]["defaults"] for each in panels]
    assert defaults
    assert all("min" not in each and each["custom"]["axisSoftMin"] == 0 for each in defaults)


@pytest.mark.integration
def test_a_panel_about_a_chosen_time_counts_what_came_in_it(tmp_path):
    """All of it a quarter of a minute later, and nothing of what came before."""
    by_code = "instance_source_platform_code_reason_class:mesibo_push_results:new"
    by_class = "instance_source_platform_class:mesibo_push_results:new"
    series = {  # of each quarter of a minute: 12 failed in the third minute, and 36 were accepted in all
        f'{by_code}{{{HOST},platform="apns",code="903",class="credential"}}': "_x8 3+0x3 _x60",
        f'{by_class}{{{HOST},platform="apns",class="credential"}}': "_x8 3+0x3 _x60",
        f'{by_class}{{{HOST},platform="apns",class="delivered"}}': "1+0x35 _x60",
    }

    def at(when, window, failed, share):
        codes = {"expr": chosen(results("code", window=window, codes=True)), "eval_time": when}
        shares = {"expr": chosen(accepted(window=window)), "eval_time": when}
        return [
            codes | {"exp_samples": [{"labels": '{code="903"}', "value": failed}] if failed else []},
            shares | {"exp_samples": [{"labels": "{}", "value": share}]},
        ]

    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            *at("2m15s", "5m", 6, 10 / 16),
            *at("2m45s", "1h", 12, 12 / 24),
            *at("8m40s", "5m50s", None, 1.0),
        ],
    }
    assert_holds(test, tmp_path / "test.yml")


@pytest.mark.integration
def test_where_all_is_well_a_number_says_so(tmp_path):
    """Of a site whose pushes are all accepted each number of the overview is there: 0 is not "no pushes"."""
    rules = [tmp_path / name.rpartition("/")[2] for name in files()]
    for path, text in zip(rules, files(15).values(), strict=True):
        path.write_text(text)
    shown = {"Accepted": 1, "Accepted, last 5 minutes": 1, "Pushes a minute": 100, "Refused by mesibo": 0, "Alerts": 0}
    shown["Budget burn rate"] = 0
    panels = json.loads((CONFIG / "grafana/dashboards/mesibo-overview.json").read_text())["panels"]
    asked = {each["title"]: each["targets"][0]["expr"] for each in panels if each["type"] == "stat"}
    assert asked.keys() == shown.keys()
    test = {
        "interval": "15s",
        "input_series": Host().normal().input_series(0.25, 60),
        "promql_expr_test": [
            {
                "expr": chosen(expr).replace("$__range", "5m"),
                "eval_time": "10m",
                "exp_samples": [{"labels": "{}", "value": shown[title]}],
            }
            for title, expr in asked.items()
        ],
    }
    assert_holds(test, tmp_path / "test.yml", rules)


@pytest.mark.integration
@pytest.mark.parametrize("away", [1, 8])
def test_each_start_of_the_watcher_is_marked(tmp_path, away):
    """Once at least by steps of a minute, however long it was away."""
    board = json.loads(DASHBOARDS[0].read_text())
    asked = next(each for each in board["annotations"]["list"] if each["name"].startswith("Restarts"))
    assert asked["step"] == "60s"
    started = 60 * (10 + away)
    labels = 'job="mesibo-logwatch",cluster="c",instance="i"'
    values = f"-7200+0x40 {'_ ' * 4 * away} {started}+0x40"  # scraped first up to a quarter of a minute after its start

    def seen(second, *samples):
        return {"expr": f"count({chosen(asked['expr'])})", "eval_time": f"{second}s", "exp_samples": samples}

    mark = {"labels": "{}", "value": 1}
    steps = [seen(second, mark) for second in range(started + 30, started + 90, 15)]  # one of a minute's is among them

    test = {
        "interval": "15s",
        "input_series": [{"series": f"process_start_time_seconds{{{labels}}}", "values": values}],
        "promql_expr_test": [seen(540), *steps, seen(started + 180)],
    }
    assert_holds(test, tmp_path / "test.yml")


@pytest.mark.integration
@pytest.mark.parametrize("title", ["Codes, their meaning and what to do", "Not accepted, by code"])
def test_a_code_that_two_hosts_name_differently_has_one_name(tmp_path, title):
    """Hosts have catalogues of their own, or one is upgraded before the other: Prometheus refuses to join two names."""
    panels = json.loads((CONFIG / "grafana/dashboards/mesibo-overview.json").read_text())["panels"]
    (expr,) = (each["targets"][0]["expr"] for each in panels if each["title"] == title)
    code = 'platform="fcm",code="931",reason=""'
    series = {
        f'instance_source_platform_code_reason_class:mesibo_push_results:new{{{HOST},{code},class="rejected"}}': 1,
        f"instance_source_platform_code_reason:mesibo_push_results:increase5m{{{HOST},{code}}}": 1,
        f'mesibo_push_code_info{{instance="i",{code},name="proxy_down",class="configuration"}}': 1,
        f'mesibo_push_code_info{{instance="j",{code},name="unknown_931",class="rejected"}}': 1,
    }
    counted = {"expr": f"count({chosen(expr).replace('$__range', '5m')})", "eval_time": "5m"}
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": f"{value}+0x20"} for name, value in series.items()],
        "promql_expr_test": [counted | {"exp_samples": [{"labels": "{}", "value": 1}]}],
    }
    assert_holds(test, tmp_path / "test.yml")


def test_the_table_of_hosts_names_a_column_that_is_alone():
    """Where all daemons are down, only the first query has a value, and Grafana calls its column otherwise."""
    panels = json.loads((CONFIG / "grafana/dashboards/mesibo-fleet.json").read_text())["panels"]
    renamed = next(each for each in panels if each["title"] == "Hosts")["transformations"][1]["options"]["renameByName"]
    assert renamed["Value"] == renamed["Value #A"] == "up"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda p: p.stem)
def test_what_a_host_exports_counts_once_where_it_comes_by_two_ways(path):
    """A host that two jobs scrape, or two agents that send to one store, doubles no sum: as in the rules."""
    summed = re.compile(r"(?:sum|count)(?: by \([^)]*\) ?)?\((?:rate|increase)?\(?mesibo_logwatch_\w+")
    counters = re.compile(r"(max by \([^)]*\) \()?(?:rate|increase)\(mesibo_")
    for panel in json.loads(path.read_text())["panels"]:
        for target in panel.get("targets", []):
            assert not summed.search(target["expr"]), panel["title"]
            assert all(once for once in counters.findall(target["expr"])), panel["title"]
