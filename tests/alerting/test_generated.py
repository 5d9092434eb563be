"""What is committed is what the generator makes, and Prometheus', Alertmanager's and Grafana's own checkers take it."""

import json
import re
import subprocess

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from config.generate import __main__ as generate
from config.generate import thresholds
from config.generate.codes import CATALOGUE
from config.generate.rules import RESTORED_SECONDS, ROLES, seconds
from config.generate.vmalert import EFFECTS
from logwatch.diagnosis.words import CAUSES
from logwatch.doctor.route import receivers
from tests.alerting.scenarios import runs
from tests.helpers.running import tool
from tests.helpers.shipped import CONFIG, ROOT, rule_groups

VALUES = {t.name: t.value for t in thresholds.load()}
RULES = sorted((CONFIG / "prometheus/rules").glob("*.yml"))
PAST = CONFIG / "prometheus/past.yml"
DASHBOARDS = sorted((CONFIG / "grafana/dashboards").glob("*.json"))


def alerts():
    for path in RULES:
        for group in rule_groups(path):
            yield from (rule for rule in group["rules"] if "alert" in rule)


def titled(alert):
    return "-".join((alert["alert"], alert["labels"]["severity"], alert["labels"].get("code_name", "")))


@pytest.fixture(scope="module")
def outputs():
    """Generate everything once: path -> text."""
    return generate.outputs()


def test_what_is_committed_is_what_is_generated(outputs):
    """A change of catalogue or thresholds that was not carried into the files is found."""
    old = [path for path, text in outputs.items() if (ROOT / path).read_text() != text]
    assert old == [], "try: make generate"


def test_nothing_old_lies_among_the_generated_files(outputs):
    """A rule file or dashboard that the generator no longer makes is not shipped."""
    folders = ("prometheus/rules", "fleet/vmalert", "grafana/dashboards")
    here = {str(p.relative_to(ROOT)) for f in folders for p in (CONFIG / f).iterdir()}
    assert here - set(outputs) == set()


@pytest.mark.integration
@pytest.mark.parametrize(
    "command",
    [
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", *map(str, RULES)],
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", str(PAST)],
        ["promtool", "check", "config", str(CONFIG / "prometheus/prometheus.yml")],
        ["promtool", "check", "config", "--syntax-only", str(CONFIG / "prometheus/prometheus-remote.yml")],
        ["promtool", "check", "config", "--syntax-only", str(CONFIG / "fleet/prometheus.yml")],
        ["promtool", "check", "config", "--syntax-only", str(CONFIG / "fleet/central.yml")],
        ["promtool", "check", "config", "--syntax-only", "--agent", str(CONFIG / "fleet/agent.yml")],
        ["vmagent", "-promscrape.config.strictParse", "-dryRun", f"-promscrape.config={CONFIG}/fleet/vmagent.yml"],
        ["vmalert", "-dryRun", f"-rule={CONFIG}/fleet/vmalert/*.yml"],
        ["amtool", "check-config", str(CONFIG / "alertmanager/alertmanager.yml")],
    ],
    ids=lambda command: f"{command[0]} {command[-1].rpartition('/')[2]}",
)
def test_the_checkers_are_content(command):
    """Promtool lints rules and configuration, amtool the route, vmagent and vmalert theirs, without a complaint."""
    done = subprocess.run([tool(command[0]), *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def rendered(directory, data):
    """Return title and text that Alertmanager makes of a message."""
    (directory / "data.json").write_text(json.dumps(data))
    shown = {}
    for part in ("title", "text"):
        done = subprocess.run(
            [
                tool("amtool"),
                "template",
                "render",
                f"--template.glob={CONFIG}/alertmanager/templates/*.tmpl",
                f'--template.text={{{{ template "mesibo.{part}" . }}}}',
                f"--template.data={directory / 'data.json'}",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        shown[part] = done.stdout
    return shown


@pytest.mark.integration
def test_a_phone_can_show_the_message(tmp_path):
    """The title is one line that begins with what does not work; the text goes on behind it, to what it cost."""
    data = {
        "status": "firing",
        "commonLabels": {"severity": "critical", "cluster": "main", "alertname": "MesiboPushCertificateExpired"},
        "commonAnnotations": {"summary": "iOS pushes do not arrive: it has expired."},
        "alerts": [
            {
                "status": "firing",
                "annotations": {
                    "description": "To do: renew.",
                    "page": "http://h/",
                    "runbook_url": "http://h/runbooks/X",
                },
            },
            {
                "status": "resolved",
                "annotations": {"summary": "iOS pushes do not arrive: it has expired.", "failed": "412 iOS pushes"},
                "endsAt": "2026-11-26T22:58:12Z",
            },
        ],
    }
    shown = rendered(tmp_path, data)
    assert shown["title"].strip() == "iOS pushes do not arrive: it has expired. [critical, main]"
    assert shown["text"].splitlines() == [
        "To do: renew.",
        "Status page: http://h/",
        "Runbook: http://h/runbooks/X",
        "Over by 22:58 UTC, 412 iOS pushes had failed.",
    ]


@pytest.mark.integration
@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_a_message_about_two_causes_says_what_does_not_work(tmp_path, status):
    """Alerts of one name may differ in what broke: the title is that of one that goes on, and the text names each."""
    causes = ["Android: wrong project.", "Android: no access."]
    links = {"page": "http://h/", "runbook_url": "http://h/runbooks/X"}
    alerts = [
        {
            "status": status,
            "annotations": {"summary": cause, "description": "To do: renew.", "failed": "7 pushes", **links},
            "endsAt": "2026-11-26T22:58:12Z",
        }
        for cause in causes
    ]
    over = {"status": "resolved", "annotations": {"summary": "Android: old."}, "endsAt": "2026-11-26T22:57:12Z"}
    labels = {"severity": "critical", "cluster": "main", "alertname": "MesiboPushFcmCredentialRefused"}
    shown = rendered(
        tmp_path, {"status": status, "commonLabels": labels, "alerts": [*([over] * (status == "firing")), *alerts]}
    )
    title = shown["title"].strip()
    if status == "firing":
        assert title == "Android: wrong project. [critical, main, 2 alerts]"
        assert [line for line in shown["text"].splitlines() if line.startswith("Android")] == [
            f"{cause} To do: renew." for cause in causes
        ]
    else:
        assert title == "Over: Android: wrong project. [critical, main, 2 alerts]"
        assert shown["text"].splitlines() == [f"Over by 22:58 UTC, 7 pushes had failed: {cause}" for cause in causes]


@pytest.mark.integration
def test_a_message_about_several_ends_says_which_have_ended(tmp_path):
    """Ended alerts are named by the labels that distinguish them, and the title counts those that still fire."""
    common = {"severity": "critical", "cluster": "main", "alertname": "MesiboPushNoAnswer"}
    alerts = [
        {
            "status": status,
            "labels": {**common, "source": "mesibo", "platform": platform, "instance": "h:1"},
            "annotations": {"summary": "No answer."},
            "endsAt": "2026-11-26T22:58:12Z",
        }
        for platform, status in (("apns", "resolved"), ("fcm", "resolved"), ("unknown", "firing"))
    ]
    labels = {**common, "source": "mesibo", "instance": "h:1"}
    data = {"status": "firing", "commonLabels": labels, "commonAnnotations": {"summary": "No answer."}}
    shown = rendered(tmp_path, data | {"alerts": alerts})
    assert shown["title"].strip() == "No answer. [critical, main]"
    assert shown["text"].splitlines()[-2:] == [
        "Over by 22:58 UTC on h:1 (platform apns).",
        "Over by 22:58 UTC on h:1 (platform fcm).",
    ]


@pytest.mark.parametrize("alert", list(alerts()), ids=titled)
def test_an_alert_says_what_it_is_and_what_to_do(alert):
    """An alert has a severity, a summary of one sentence, a description with what to do, and a runbook that exists."""
    annotations = alert["annotations"]
    assert alert["alert"].startswith(("MesiboPush", "MesiboLogwatch"))
    assert alert["labels"]["severity"] in ("critical", "warning", "info")
    assert alert["labels"]["role"] in ("cause", "outage", "symptom", "single")
    assert annotations["summary"].endswith(".")
    assert "{{" not in annotations["summary"]
    assert "What to do" in annotations["description"]
    assert (ROOT / "docs/runbooks" / f"{alert['alert']}.md").exists()
    assert annotations["runbook_url"].endswith(f"/runbooks/{alert['alert']}")
    assert "http://" in annotations["runbook_url"]
    assert "/" in annotations["page"]


@pytest.mark.parametrize("alert", list(alerts()), ids=titled)
def test_the_text_of_an_alert_does_not_repeat_its_title(alert):
    """A phone shows both: no clause of the title comes again below it."""
    title, text = (alert["annotations"][name].lower() for name in ("summary", "description"))
    clauses = [clause for clause in re.split(r"[:;,] |\.", title) if len(clause.split()) >= 4]
    assert [clause for clause in clauses if clause in text] == []


@pytest.mark.parametrize(("directory", "name"), [("prometheus/rules", "total"), ("fleet/vmalert", "new")])
def test_no_rule_but_one_reads_the_series_of_hosts(directory, name):
    """What hosts export of results is read once and for whether they are known; all else reads what that recorded."""
    readers = [
        rule.get("alert") or rule["record"]
        for path in sorted((CONFIG / directory).glob("*.yml"))
        for group in rule_groups(path)
        for rule in group["rules"]
        if "mesibo_push_results_total" in str(rule)
    ]
    assert readers == [
        "instance_source:mesibo_push_results:known",
        f"instance_source_platform_code_reason_class:mesibo_push_results:{name}",
    ]


def test_the_rules_for_the_past_are_what_dashboards_read_and_read_counters_alone():
    """One turn over old logs fills every panel about pushes: no rule waits for what another one records."""
    recorded = re.compile(r"(?<![\w:])[a-z]\w*:mesibo_push_\w+:\w+")
    read = {name for path in DASHBOARDS for name in recorded.findall(path.read_text())}
    rules = rule_groups(PAST)[0]["rules"]
    assert read - {rule["record"] for rule in rules} == set()
    assert [rule["record"] for rule in rules if recorded.search(rule["expr"])] == []


def test_a_host_is_known_by_its_cluster_too():
    """Clusters may have hosts of one name: no rule and no text takes one for the other."""
    for rule in (rule for path in RULES for group in rule_groups(path) for rule in group["rules"]):
        assert "(instance)" not in rule["expr"], rule
        for text in rule.get("annotations", {}).values():
            asked = re.findall(r"\{[^{}]*instance=%q[^{}]*\}", text)
            assert all("cluster=%q" in each for each in asked), text


def test_vmalert_gets_the_same_alerts():
    """Each alert with its labels, none held by what its version does not know; effects alone wait longer for causes."""

    def told(directory):
        for path in sorted(directory.glob("*.yml")):
            for group in rule_groups(path):
                for rule in group["rules"]:
                    assert "keep_firing_for" not in rule
                    if "alert" in rule:
                        waits = _waits(rule, group) if rule["labels"]["role"] not in EFFECTS else 0
                        yield rule["alert"], group["interval"], waits, rule["labels"]

    assert [*told(CONFIG / "fleet/vmalert")] == [*told(CONFIG / "prometheus/rules")]


def _waits(rule, group):
    """Return for how many seconds a condition must have been met: by ``for``, or by evaluations in a row."""
    row = re.search(r"\nand last_over_time\(evaluations:\w+:\w+\[1s\]\) > (\d+)$", rule["expr"])
    return seconds(rule.get("for", "0s")) + (int(row[1]) * seconds(group["interval"]) if row else 0)


def test_prometheus_forgets_no_alert_when_it_is_restarted():
    """A ``for`` below its grace period is not restored: what fired would end, and come again or page by itself."""
    assert [alert["alert"] for alert in alerts() if 0 < seconds(alert.get("for", "0s")) < RESTORED_SECONDS] == []


def test_the_end_of_an_effect_is_reported_before_that_of_its_cause():
    """Rules are evaluated in turn and told of at once: between two ends, an effect alone would page."""
    for path in RULES:
        for group in rule_groups(path):
            roles = [rule["labels"]["role"] for rule in group["rules"] if "alert" in rule]
            effects_and_causes = [role for role in roles if role in ROLES[:3]]
            assert effects_and_causes == sorted(effects_and_causes, key=ROLES.index), path


def test_no_ticket_holds_back_a_page():
    """Whatever Alertmanager holds back, somebody is woken: what inhibits a page is a page itself."""

    def matching(matchers):
        labels = [{"alertname": alert["alert"], **alert["labels"]} for alert in alerts()]
        only = {"routes": [{"matchers": matchers, "receiver": "matching"}]}
        return [each for each in labels if receivers(only, each) == ["matching"]]

    rules = yaml.safe_load((CONFIG / "alertmanager/alertmanager.yml").read_text())["inhibit_rules"]
    held = [
        (source, target)
        for rule in rules
        for source in matching(rule["source_matchers"])
        for target in matching(rule["target_matchers"])
    ]
    assert len(held) > 100
    silent = {
        (source["alertname"], target["alertname"])
        for source, target in held
        if target["severity"] == "critical" != source["severity"]
    }
    assert silent == set()


def test_rules_that_are_loaded_anew_in_an_incident_go_on():
    """A condition that is looked back at has the labels of what it is found by, as an older release recorded it.

    With one more, the older series would be the same alert a second time: Prometheus evaluates such a rule to an error.
    """
    for path in RULES:
        for group in rule_groups(path):
            conditions = [rule for rule in group["rules"] if rule.get("record", "").startswith("condition:")]
            assert [rule["record"] for rule in conditions if "labels" in rule] == [], path


def test_the_index_of_the_runbooks_lists_causes_before_what_they_cause():
    """Rules are evaluated the other way round; a reader looks for what is to be mended."""
    role = {alert["alert"]: alert["labels"]["role"] for alert in alerts() if alert["labels"]["severity"] == "critical"}
    listed = re.findall(r"^\| \[(\w+)\]", (ROOT / "docs/runbooks/README.md").read_text(), re.MULTILINE)
    effects_and_causes = [role[name] for name in listed if role.get(name) in ROLES[:3]]
    assert effects_and_causes == sorted(effects_and_causes, key=ROLES.index, reverse=True)


def test_every_fault_of_the_catalogue_has_its_meaning_and_remedy_in_an_alert():
    """What stops all pushes by itself is paged with the catalogue's own words."""
    by_name = {alert["labels"].get("code_name"): alert["annotations"] for alert in alerts()}
    faults = [e for e in CATALOGUE.entries if e.severity == "critical" and e.class_ in ("credential", "configuration")]
    assert {901, 902, 903, 904, 905, 912, 401, 403} <= {e.code for e in faults}
    for entry in faults:
        told = by_name[entry.name]
        what, where = (CAUSES[entry.name], "summary") if entry.name in CAUSES else (entry.meaning, "description")
        assert what[1:] in told[where]
        assert entry.remedy in told["description"]


def test_every_alert_is_seen_to_fire_to_resolve_and_to_spare():
    """Each alert and severity fires in a scenario and is over later in it; each alert is near and silent in one."""
    everything = [scenario for scenarios in runs().values() for scenario in scenarios]
    fired = {alert for s in everything for names in s.fires.values() for alert in names}
    resolved = {
        alert
        for s in everything
        for at, names in s.fires.items()
        for alert in names
        if any(later > at and alert not in s.fires[later] for later in s.fires)
    }
    spared = {name for s in everything for name in s.spares}
    exist = {f"{a['labels']['severity']} {a['alert']}" for a in alerts()}
    where = "of a scenario in tests/alerting/scenarios"
    assert exist - fired == set(), f"in no `fires` {where}"
    assert exist - resolved - {"critical MesiboLogwatchAbsent"} == set(), f"over at no later minute of `fires` {where}"
    assert {a.split()[1] for a in exist} - spared == set(), f"in no `spares` {where}, in which it is near and silent"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda p: p.name)
def test_a_dashboard_is_what_grafanas_own_types_hold(path):
    """Grafana's typed model reads the file and writes the same again: no field is unknown to it, none is lost."""
    register_default_plugins()
    plain = json.loads(path.read_text())
    assert json.loads(JSONEncoder().encode(Dashboard.from_json(plain))) == plain


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda p: p.name)
def test_a_dashboard_can_be_read_without_explanation(path):
    """A dashboard has a fixed uid, each panel a description, a unit, a data source and a word for "nothing"."""
    board = json.loads(path.read_text())
    assert board["uid"].startswith("mesibo-push-")
    assert [v["name"] for v in board["templating"]["list"]] == ["datasource", "cluster", "host", "source"]
    assert {a["name"] for a in board["annotations"]["list"]} == {"Alerts", "Restarts of the watcher"}
    assert any("runbooks" in link["url"] for link in board["links"])
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["description"]
        assert defaults["noValue"]
        assert defaults["thresholds"]["steps"]
        assert panel["datasource"]["uid"] == "$datasource"
        assert "unit" in defaults or panel["type"] == "table"


def test_lines_in_their_place_have_the_same_causes_everywhere():
    """A line that lacks what stands around the others is not in its place, as one behind an unknown prefix is not."""
    shown = [path.read_text() for path in (*RULES, *DASHBOARDS)]
    causes = {cause for text in shown for cause in re.findall(r'cause!?[=~]+\\*"([^"\\]+)', text)}
    assert causes == {"misplaced|unenveloped"}


@pytest.mark.usefixtures("outputs")
def test_every_threshold_has_a_reason_and_is_used():
    """No number without a reason, and none that nothing is made from."""
    assert [t.name for t in thresholds.load() if len(t.reason) <= 20] == []
    assert VALUES.keys() - thresholds.threshold.used == set()
