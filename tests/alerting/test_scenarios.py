"""The scenarios, as promtool sees them."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from config.generate.rules import files
from tests.alerting.scenarios import runs
from tests.alerting.scenarios.model import promtool_file
from tests.helpers.running import tool
from tests.helpers.shipped import CONFIG

pytestmark = pytest.mark.integration


def assert_passes(test):
    """Test rules by promtool."""
    command = [tool("promtool"), "test", "rules", test]
    sparing = {**os.environ, "GOGC": "400"}  # a sixth less time for some memory
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=sparing
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(1800)  # minutes where nothing else runs
@pytest.mark.parametrize("name", runs())
def test_exactly_the_expected_alerts_fire(name, tmp_path):
    """At every moment that a scenario names, the alerts it names fire, and no other."""
    path = tmp_path / f"{name}.yml"
    # promtool evaluates every group at each step: what counts evaluations has to know how far they are apart
    rules = [tmp_path / Path(shipped).name for shipped in files()]
    for rule, text in zip(rules, files(round(runs()[name][0].step * 60)).values(), strict=True):
        rule.write_text(text)
    path.write_text(json.dumps(promtool_file(runs()[name], rules), indent=1))  # which is YAML as well
    assert_passes(path)


def test_an_alert_that_is_held_beyond_its_fault_counts_no_hosts(tmp_path):
    """While failures are in the window it names the hosts; "on 0 of 2 hosts" would be told of what is over."""
    (push,) = (path for path in files() if path.endswith("mesibo-push.yml"))
    rules = [rule for group in yaml.safe_load(files()[push])["groups"] for rule in group["rules"]]
    text = next(r["annotations"]["description"] for r in rules if r.get("alert") == "MesiboPushProviderFailing")
    place = 'cluster="c",source="s"'
    failed = "instance_source_platform_code_reason_class:mesibo_push_results:new"
    held = {"alert": "Held", "expr": "held", "annotations": {"hosts": text.rpartition(", on ")[2]}}
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "held", "rules": [held]}]}))
    labels = {"cluster": "c", "source": "s", "platform": "fcm"}

    def at(minute, told):
        expected = [{"exp_labels": labels, "exp_annotations": {"hosts": told}}]
        return {"eval_time": minute, "alertname": "Held", "exp_alerts": expected}

    series = {
        f'held{{{place},platform="fcm"}}': "1+0x20",
        f'{failed}{{{place},platform="fcm",class="provider_fault",instance="a"}}': "3 _x20",
        f'instance_source:mesibo_push_results:known{{{place},instance="a"}}': "1+0x20",
        f'instance_source:mesibo_push_results:known{{{place},instance="b"}}': "1+0x20",
    }
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [at("1m", "1 of 2 hosts within 5 minutes: a (3)."), at("12m", "no host any more.")],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [test]}))
    assert_passes(tmp_path / "test.yml")


def test_a_fault_that_comes_back_costs_what_it_costs_since_then(tmp_path):
    """What the one before has cost, minutes ago, was reported when that was over, and is not reported again."""
    (push,) = (path for path in files() if path.endswith("mesibo-push.yml"))
    rules = [rule for group in yaml.safe_load(files()[push])["groups"] for rule in group["rules"]]
    toll = next(rule for rule in rules if rule.get("record", "").endswith("fault:toll"))
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "toll", "interval": "15s", "rules": [toll]}]}))
    code = '{cluster="c",source="s",platform="apns",code="903"}'
    ended = "mesibo_push_results:increase"
    series = {  # ten fail in the first minute, none in the next two, then four
        f"cluster_source_platform_code_reason:{ended}1m{code}": "10x3 _x7 4x3",
        f"cluster_source_platform_code_reason:{ended}5m{code}": "10x11 14x3",
        f"cluster_source_platform_code_reason:mesibo_push_fault:increase5m{code}": "10x11 14x3",
        f'cluster_source_platform:{ended}5m{{cluster="c",source="s",platform="apns"}}': "60x15",
        f'cluster_source_platform:{ended}1m{{cluster="c",source="s",platform="apns"}}': "30x15",
    }
    told = [("45s", 10), ("2m", None), ("3m15s", 4)]
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f"{toll['record']} + 0",
                "eval_time": at,
                "exp_samples": [{"labels": code, "value": value}] if value else [],
            }
            for at, value in told
        ],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [test]}))
    assert_passes(tmp_path / "test.yml")


def test_the_shipped_example_of_a_rule_test_passes():
    """The example from which operators write tests of changed rules passes."""
    assert_passes(CONFIG / "prometheus/tests/example.yml")
