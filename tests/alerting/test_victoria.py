"""What vmalert's rule finds new in the counters of hosts, as a real VictoriaMetrics evaluates it."""

import json
import re
import time
import urllib.parse

import pytest

from tests.alerting.victoria import FLEET, VictoriaMetrics
from tests.helpers.running import get, until
from tests.helpers.shipped import rule_groups

pytestmark = pytest.mark.integration

STEP = 15
NEW = "instance_source_platform_code_reason_class:mesibo_push_results:new"
OK = ("200", "delivered")
DEAD = ("404", "token")

# (host, code, class) -> step: the counter at its scrape, a second before the evaluation
SCRAPES = {
    ("steady", *OK): {0: 100, 1: 103, 2: 103, 3: 110},
    ("steady", *DEAD): {0: 0, 1: 0, 2: 2, 3: 2},
    ("steady", "950", "rejected"): {2: 4, 3: 5},
    ("steady", "912", "configuration"): {0: 8, 1: 8},
    ("steady", "912", "token"): {2: 9, 3: 9},
    ("added", *OK): {2: 5000, 3: 5001},
    ("added", *DEAD): {2: 70, 3: 70},
    ("missed", *OK): {0: 40, 3: 46},
    ("away", *OK): {-30: 900, 2: 950, 3: 951},
}
FOUND = {
    1: {("steady", *OK): 3},
    2: {
        ("steady", *DEAD): 2,
        ("steady", "950", "rejected"): 4,  # a code that no catalogue lists begins with its first push
        ("steady", "912", "token"): 1,  # the catalogue moved it to another class, which is no push
    },
    3: {
        ("steady", *OK): 7,
        ("steady", "950", "rejected"): 1,
        ("added", *OK): 1,  # what it had counted before it was known is no event
        ("missed", *OK): 6,
        ("away", *OK): 1,  # for longer than five minutes: as one that is added
    },
}


# What a host that is added has counted in months: few of each kind, which VictoriaMetrics takes for a beginning
PAST = {
    **{
        f"mesibo_logwatch_{name}_total": 'source="s"'
        for name in ("lost_bytes", "missed_generations", "missed_entries", "oversized_lines", "fallback_lines", "lines")
    },
    **{f"mesibo_logwatch_{name}_total": 'version=""' for name in ("commit_failures", "commits", "state_resets")},
    "mesibo_logwatch_unparsed_lines_total": 'source="s",cause="no_code"',
    "mesibo_logwatch_webhook_events_total": 'source="s",outcome="no_code"',
    "mesibo_logwatch_export_dropped_total": 'destination="d"',
    "mesibo_push_rate_limit_hits_total": 'source="s",limiter="fcm"',
    "mesibo_push_witness_events_total": 'source="s",platform="apns",code="403",reason="",class="credential"',
    "process_start_time_seconds": 'version=""',
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Start a VictoriaMetrics that has scraped all of it; yield it and the time of step 0."""
    program = VictoriaMetrics(tmp_path_factory.mktemp("store"))
    began = int(time.time()) // STEP * STEP - 600
    lines = [
        f'mesibo_push_results_total{{cluster="c",instance="{host}",source="s",platform="fcm",code="{code}",class="{cls}"}}'
        f" {value} {(began + step * STEP - 1) * 1000}\n"
        for (host, code, cls), scrapes in SCRAPES.items()
        for step, value in scrapes.items()
    ]
    lines += [
        f'{name}{{cluster="c",instance="past:1",job="mesibo-logwatch",{labels}}} 7 {(began + step * STEP - 1) * 1000}\n'
        for name, labels in PAST.items()
        for step in range(1, 21)
    ]
    try:
        program.take("".join(lines))
        yield program, began
    finally:
        program.stop()


@pytest.mark.parametrize("step", FOUND)
def test_what_is_new_is_counted_once_from_when_a_host_is_known(store, step):
    """Increases, first pushes of a code and missed scrapes count; a past, or a class that changed, does not."""
    program, began = store
    pushes = rule_groups(FLEET / "vmalert/mesibo-push.yml")
    (expr,) = (rule["expr"] for group in pushes for rule in group["rules"] if rule.get("record") == NEW)

    def found():
        query = urllib.parse.urlencode({"query": expr, "time": began + step * STEP, "step": STEP})
        result = json.loads(get(f"{program.url}/api/v1/query?{query}"))["data"]["result"]
        labels = ("instance", "code", "class")
        return {tuple(each["metric"][name] for name in labels): float(each["value"][1]) for each in result}

    until(lambda: found() == FOUND[step], found)


@pytest.mark.parametrize("name", ["push", "trends", "watcher"])
def test_what_an_added_host_had_counted_meets_no_rule(store, name):
    """Nothing is found about a host that is new here, or has a new name, and counts on from its past."""
    program, began = store
    groups = rule_groups(FLEET / f"vmalert/mesibo-{name}.yml")
    rules = [rule for group in groups for rule in group["rules"] if re.search(r"increase\w*\(|changes", rule["expr"])]
    met = set()
    for rule in rules:
        for step in (1, 2, 3, 5, 9, 20):
            query = urllib.parse.urlencode({"query": rule["expr"], "time": began + step * STEP, "step": STEP})
            result = json.loads(get(f"{program.url}/api/v1/query?{query}"))["data"]["result"]
            met |= {rule.get("alert") or rule["record"] for each in result if float(each["value"][1])}
    assert met == set()
