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
    """Let promtool test rules."""
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
    """While failures are in the window it names the hosts; "on 0 of 2 hosts so far" would be told of what is over."""
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
        "alert_rule_test": [at("1m", "1 of 2 hosts so far: a (3)."), at("12m", "no host any more.")],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [test]}))
    assert_passes(tmp_path / "test.yml")


def test_the_shipped_example_of_a_rule_test_passes():
    """Operators who change the rules begin with a test of them that works."""
    assert_passes(CONFIG / "prometheus/tests/example.yml")
