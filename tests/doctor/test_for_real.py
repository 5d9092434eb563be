"""Doctor before a real daemon, Debian's Prometheus with the shipped rules, and Debian's Alertmanager."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from tests.helpers.running import ROOT, Daemon, Prometheus, free_port, get, until
from tests.helpers.shipped import Alertmanager, Receiver, stage

pytestmark = pytest.mark.integration
ROWS = ("prometheus", "prometheus scrapes", "prometheus interval", "cluster label", "prometheus rules",
        "rules evaluated", "runbook link", "prometheus clock", "alertmanager", "alertmanager route")  # fmt: skip


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.close()


def doctor(config, *arguments):
    """Run the command as a person would, and give its rows by name."""
    done = subprocess.run(
        [sys.executable, "-m", "logwatch", "doctor", "--config", config, "--format", "json", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    rows = {row["check"]: row for row in json.loads(done.stdout)["checks"]}
    assert len(rows) == len(json.loads(done.stdout)["checks"])
    return rows


def changed(directory, change):
    """Change the staged configuration of Prometheus."""
    path = directory / "prometheus.yml"
    config = yaml.safe_load(path.read_text())
    change(config)
    path.write_text(yaml.safe_dump(config))


@pytest.fixture
def staged(site, programs, receiver, tmp_path):
    """Start a daemon, and give what is staged for Prometheus and Alertmanager, with links to this daemon."""
    site.write(200, 5)
    daemon = programs(Daemon, site.config)
    address = daemon.url.removeprefix("http://").rstrip("/")
    directory = tmp_path / "staged"
    port = stage(directory, {"main": [address]}, receiver.url)
    for path in (directory / "rules").glob("*.yml"):
        text = re.sub(r"(runbook_url: )'.*/(?=runbooks/)(.*)'", rf"\1{daemon.url}\2", path.read_text())
        path.write_text(re.sub(r"interval: \S+", "interval: 5s", text))  # more often than shipped is no fault
    return directory, port


def started(staged, programs, **without):
    directory, port = staged
    if "alertmanager" not in without:
        programs(Alertmanager, directory, port)
    prometheus = programs(Prometheus, directory)

    def evaluated():
        groups = json.loads(get(f"{prometheus.url}/api/v1/rules"))["data"]["groups"]
        return groups and all(rule["health"] != "unknown" for group in groups for rule in group["rules"])

    until(evaluated, "every rule was evaluated once")
    until(lambda: prometheus.query("up == 1"), "a scrape")
    until(
        lambda: json.loads(get(f"{prometheus.url}/api/v1/alertmanagers"))["data"]["activeAlertmanagers"],
        "it knows the Alertmanager",
    )
    return prometheus.url


def test_where_all_is_well_every_row_to_the_pager_is_ok(staged, site, programs):
    """The shipped configuration as it is: nothing is left to do but links that phones can open."""
    rows = doctor(site.config, "--prometheus", started(staged, programs))
    links = rows["runbook link"]
    assert [name for name in ROWS if rows[name]["verdict"] != "ok"] == ["runbook link"]  # nobody else opens 127.0.0.1
    assert (links["verdict"], links["what"].endswith(" opens on that host alone")) == ("warning", True)
    assert rows["alertmanager route"]["what"] == "critical to page (webhook); warning to ticket (webhook)"


def test_what_is_wrong_on_the_way_to_the_pager_is_found(staged, site, programs):
    """Nobody listens, one rule file of three, no cluster, too seldom, a link that leads nowhere."""
    directory, _ = staged
    for name in ("mesibo-push.yml", "mesibo-trends.yml"):
        (directory / "rules" / name).unlink()
    rules = directory / "rules" / "mesibo-watcher.yml"
    text = rules.read_text().replace("interval: 5s", "interval: 20s")
    rules.write_text(re.sub(r"(?<=runbook_url: )http://\S+/(?=runbooks/)", "docs/", text))

    def worsen(config):
        job = config["scrape_configs"][0]
        del job["static_configs"][0]["labels"]
        job["scrape_interval"] = "20s"

    changed(directory, worsen)
    rows = doctor(site.config, "--prometheus", started(staged, programs, alertmanager=False))
    verdicts = {name: rows[name]["verdict"] for name in ROWS if name in rows}
    assert verdicts == {
        "prometheus": "ok", "prometheus scrapes": "ok", "prometheus interval": "failure", "cluster label": "failure",
        "prometheus rules": "failure", "rules evaluated": "failure", "runbook link": "warning",
        "prometheus clock": "ok", "alertmanager": "failure",
    }  # fmt: skip
    assert "mesibo-push.yml is not loaded; mesibo-trends.yml is not loaded" in rows["prometheus rules"]["what"]
    assert "every 20 s instead of 15 s" in rows["rules evaluated"]["what"]
    assert "is not an address" in rows["runbook link"]["what"]
    assert "refused" in rows["alertmanager"]["what"]
    assert all(rows[name]["remedy"] for name, verdict in verdicts.items() if verdict != "ok")


def test_a_route_that_ends_at_nobody_is_found(staged, site, programs):
    """A receiver without any integration, of an Alertmanager that is named."""
    directory, port = staged
    path = directory / "alertmanager.yml"
    config = yaml.safe_load(path.read_text())
    for each in config["receivers"]:
        if each["name"] == "page":
            del each["webhook_configs"]
    path.write_text(yaml.safe_dump(config))
    alertmanager = programs(Alertmanager, directory, port)
    closed = f"http://127.0.0.1:{free_port()}"
    rows = doctor(site.config, "--prometheus", closed, "--alertmanager", alertmanager.url)
    assert rows["prometheus"]["verdict"] == "failure"
    assert rows["alertmanager"]["verdict"] == "ok"
    assert rows["alertmanager route"]["verdict"] == "failure"
    assert "critical alerts go to page, which notifies nobody" in rows["alertmanager route"]["what"]
