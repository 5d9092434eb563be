"""`make monitoring` in a root of its own: files are written and checked by the real tools, what is there stays."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.helpers.running import ROOT, tool

pytestmark = pytest.mark.integration
DEBIAN = Path("/etc/prometheus")  # as the packages bring it
RULES = len([*(ROOT / "config/prometheus/rules").glob("*.yml")])


def monitoring(root, script=ROOT / "packaging/monitoring.sh", **settings):
    for name in ("promtool", "amtool", "prometheus", "prometheus-alertmanager"):
        tool(name)
    return subprocess.run(
        ["sh", script], env={**os.environ, "ROOT": str(root), **settings}, capture_output=True, text=True, check=False
    )


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def existing(tmp_path):
    """Make a root where Debian's packages are installed, untouched; they are configured like anybody's own."""
    if not (DEBIAN / "prometheus.yml").exists():
        pytest.skip("Prometheus is not Debian's here")
    etc = tmp_path / "etc/prometheus"
    etc.mkdir(parents=True)
    for name in ("prometheus.yml", "alertmanager.yml"):
        shutil.copy(DEBIAN / name, etc / name)
    return tmp_path


def test_a_host_without_monitoring_gets_all_of_it(tmp_path):
    """Job, rules and route, right by promtool and amtool; on loopback alone; links that open."""
    done = monitoring(tmp_path, CLUSTER="eu", TARGET="127.0.0.1:10999", PAGE_URL="https://page.example.net/a?b=c&d")
    assert (done.returncode, done.stderr) == (0, "")
    etc = tmp_path / "etc/prometheus"
    jobs = {job["job_name"]: job for job in yaml.safe_load((etc / "prometheus.yml").read_text())["scrape_configs"]}
    (group,) = jobs["mesibo-logwatch"]["static_configs"]
    assert (group["targets"], group["labels"]["cluster"]) == (["127.0.0.1:10999"], "eu")
    assert f"with {RULES} of our rule files and the job mesibo-logwatch" in done.stdout
    assert "our critical alerts go to the receiver page" in done.stdout
    receivers = yaml.safe_load((etc / "alertmanager.yml").read_text())["receivers"]
    urls = {config["url"] for receiver in receivers for config in receiver.get("webhook_configs", ())}
    assert urls == {"https://page.example.net/a?b=c&d"}
    for name in ("prometheus", "prometheus-alertmanager"):
        assert "--web.listen-address=127.0.0.1:" in (tmp_path / "etc/default" / name).read_text()
    links = re.findall(r"runbook_url: (.*)/Mesibo", (etc / "mesibo-logwatch/rules/mesibo-push.yml").read_text())
    assert set(links) == {"http://127.0.0.1:10999/runbooks"}


def test_a_second_run_changes_only_what_it_is_asked_to(tmp_path):
    """An upgrade: what somebody has written since stays, and so does the place of the runbooks; a pager comes later."""
    first = monitoring(tmp_path, RUNBOOKS="https://wiki.example.net/runbooks/")
    assert "nobody gets the pages yet: set PAGE_URL to your webhook" in first.stdout
    main = tmp_path / "etc/prometheus/prometheus.yml"
    main.write_text(main.read_text() + "# mine\n")
    before = files(tmp_path)
    assert monitoring(tmp_path).returncode == 0
    assert files(tmp_path) == before
    assert (
        b"runbook_url: https://wiki.example.net/runbooks/Mesibo"
        in before[Path("etc/prometheus/mesibo-logwatch/rules/mesibo-push.yml")]
    )
    assert monitoring(tmp_path, PAGE_URL="https://page.example.net/").returncode == 0
    after = files(tmp_path)
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {Path("etc/prometheus/alertmanager.yml")}
    again = monitoring(tmp_path, PAGE_URL="https://other.example.net/")
    assert "set PAGE_URL in them yourself" in again.stdout
    assert files(tmp_path) == after


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CLUSTER": "eu"}, "set cluster: eu in"),
        ({"TARGET": "127.0.0.1:10999"}, "set 127.0.0.1:10999 in"),
        ({"CLUSTER": "main", "TARGET": "127.0.0.1:10914"}, ""),
    ],
)
def test_a_setting_that_comes_too_late_is_reported(tmp_path, settings, said):
    """The job is the first run's: a setting of a later one that is not in it has no effect, which is said."""
    assert monitoring(tmp_path).returncode == 0
    done = monitoring(tmp_path, **settings)
    assert done.returncode == 0
    assert (said in done.stdout) if said else "is left as it is" not in done.stdout


@pytest.mark.parametrize(
    ("written", "told"),
    [("cluster: main-2", True), ('cluster: "main"  # ours', False), ("{cluster: main, role: active}", False)],
)
def test_a_setting_is_found_however_it_is_written(tmp_path, written, told):
    """A changed configuration is compared as YAML: quotes and comments make no difference, a suffix does."""
    assert monitoring(tmp_path).returncode == 0
    file = tmp_path / "etc/prometheus/prometheus.yml"
    old = "labels:\n          cluster: main"
    assert old in file.read_text()
    new = f"labels: {written}" if written.startswith("{") else f"labels:\n          {written}"
    file.write_text(file.read_text().replace(old, new))
    assert ("set cluster: main in" in monitoring(tmp_path, CLUSTER="main").stdout) is told


def test_rules_of_an_older_version_go_with_it(tmp_path):
    """A file that is shipped no more would go on alerting beside its successor; somebody's own file stays."""
    assert monitoring(tmp_path).returncode == 0
    rules = tmp_path / "etc/prometheus/mesibo-logwatch/rules"
    for name in ("mesibo-gone.yml", "mine.yml"):
        (rules / name).write_text("groups: []\n")
    assert f"with {RULES} of our rule files" in monitoring(tmp_path).stdout
    assert {path.name for path in rules.glob("m*.yml")} > {"mine.yml", "mesibo-push.yml"}
    assert not (rules / "mesibo-gone.yml").exists()


def test_where_tickets_wake_somebody_that_is_reported(tmp_path):
    """One webhook is named, and both receivers have it: who wants to sleep writes another one for tickets."""
    assert "tickets go where pages go" in monitoring(tmp_path, PAGE_URL="https://page.example.net/").stdout
    file = tmp_path / "etc/prometheus/alertmanager.yml"
    head, _, tail = file.read_text().rpartition("https://page.example.net/")
    file.write_text(f"{head}https://tickets.example.net/{tail}")
    assert "tickets go where" not in monitoring(tmp_path, PAGE_URL="https://page.example.net/").stdout


def test_what_is_there_stays_and_what_it_lacks_is_printed(existing):
    """Existing files keep every byte, and the printed lines are all that they need."""
    before = files(existing)
    done = monitoring(existing)
    assert (done.returncode, done.stderr) == (1, "")
    after = files(existing)
    assert {path: after[path] for path in before} == before
    assert {path.parts[2] for path in after.keys() - before.keys()} == {"mesibo-logwatch"}
    assert "alertmanager.yml existed before and is left as it is" in done.stdout
    assert "it may not come twice" in done.stdout

    added = yaml.safe_load(done.stdout.partition("Add to it:\n")[2].partition("\nthen:")[0].partition("\namtool")[0])
    main = existing / "etc/prometheus/prometheus.yml"
    config = yaml.safe_load(main.read_text())
    for key, lines in added.items():
        config[key] = [*(config.get(key) or []), *lines]
    main.write_text(yaml.safe_dump(config))
    before = files(existing)
    done = monitoring(existing)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"with {RULES} of our rule files and the job mesibo-logwatch" in done.stdout
    assert files(existing) == before


def test_a_pager_that_no_receiver_has_is_told(existing):
    """Whoever names one beside an Alertmanager of their own must not believe that it is woken."""
    said = "no page goes to PAGE_URL until a receiver in "
    assert said in monitoring(existing, PAGE_URL="https://pager.example/hook").stdout
    assert said not in monitoring(existing).stdout


def test_rules_that_somebody_copied_before_are_not_asked_for_again(existing):
    """Loaded twice, each alert would be there twice."""
    etc = existing / "etc/prometheus"
    shutil.copytree(ROOT / "config/prometheus/rules", etc / "rules")
    config = yaml.safe_load((etc / "prometheus.yml").read_text()) | {"rule_files": ["rules/mesibo-*.yml"]}
    (etc / "prometheus.yml").write_text(yaml.safe_dump(config))
    done = monitoring(existing)
    assert "rule_files:" not in done.stdout
    assert "mesibo-logwatch" in done.stdout.partition("Add to it:")[2]


def test_a_broken_main_file_is_reported_in_the_tools_own_words(existing):
    """Nothing is reloaded that would not be read."""
    (existing / "etc/prometheus/prometheus.yml").write_text("scrape_confgs: []\n")
    done = monitoring(existing)
    assert done.returncode == 1
    assert "field scrape_confgs not found" in done.stderr
    assert "error: promtool refuses" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PAGE_URL": "page.example.net"}, "page.example.net is not an address"),
        ({"CLUSTER": "a#b"}, "a character that no address can have"),
        ({"RUNBOOKS": "https://x/' y"}, "a character that no address can have"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_written(tmp_path, settings, said):
    """An impossible setting is refused in one line, with what to try."""
    done = monitoring(tmp_path, **settings)
    assert done.returncode == 1
    assert said in done.stderr
    assert "try:" in done.stderr
    assert not files(tmp_path)


def test_grafana_gets_dashboards_where_it_is_installed(tmp_path):
    """A data source that somebody has changed stays."""
    provisioning = tmp_path / "etc/grafana/provisioning"
    (provisioning / "datasources").mkdir(parents=True)
    (provisioning / "datasources/mesibo.yml").write_text("mine\n")
    assert monitoring(tmp_path).returncode == 0
    assert (provisioning / "datasources/mesibo.yml").read_text() == "mine\n"
    assert yaml.safe_load((provisioning / "dashboards/mesibo.yml").read_text())["providers"]
    assert len([*(tmp_path / "var/lib/grafana/dashboards/mesibo").glob("*.json")]) >= 3


def test_it_runs_from_where_a_package_puts_it(tmp_path):
    """Beside the shipped files, without a checkout."""
    share = tmp_path / "share"
    for part in ("prometheus", "alertmanager", "grafana"):
        shutil.copytree(ROOT / "config" / part, share / part)
    shutil.copy(ROOT / "packaging/monitoring.sh", share)
    done = monitoring(tmp_path / "root", share / "monitoring.sh")
    assert (done.returncode, done.stderr) == (0, "")
