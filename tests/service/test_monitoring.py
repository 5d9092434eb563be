"""`make monitoring` on a machine of its own: from a host without any to a scrape, rules and a route to the pager."""

import json
import re
import shutil

import pytest
import yaml

from tests.service.conftest import LOG, UNIT, Host, configuration
from tests.service.machine import ROOT, Machine, until

pytestmark = pytest.mark.systemd
PACKAGES = ("prometheus", "prometheus-alertmanager")
RULES = len([*(ROOT / "config/prometheus/rules").glob("*.yml")])
PAGE = "http://127.0.0.1:9911/pager"


@pytest.fixture(scope="module")
def host(releases, tmp_path_factory):
    """Boot a machine where the service is installed, and packages could be: the machine has no network itself."""
    checkout = releases[0]
    machine = Machine(tmp_path_factory.mktemp("machine"), {str(checkout): "/src/old"})
    try:
        made = Host(machine, "")
        made.url = "http://localhost:10914"
        machine.path("/var/log/mesibo").mkdir(mode=0o755)
        machine.write(LOG, "")
        machine.run("make", "--no-print-directory", "-C", "/src/old", "install")
        made.configure(configuration(web='listen = "127.0.0.1:10914"\n'))
        machine.run("systemctl", "restart", UNIT)
        machine.path("/etc/resolv.conf").unlink(missing_ok=True)
        shutil.copy("/etc/resolv.conf", machine.path("/etc/resolv.conf"))
        machine.run("apt-get", "update", "-qq", network=True)
        fetch = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "--download-only", *PACKAGES)
        machine.run(*fetch, network=True)
        yield made
    finally:
        machine.halt()


def monitoring(host, *settings):
    return host.machine.run("make", "--no-print-directory", "-C", "/src/old", "monitoring", *settings).stdout


def test_a_host_without_monitoring_has_it_after_one_command(host):
    """Prometheus scrapes and has every rule, Alertmanager has somebody to tell, nothing listens to the network."""
    host.mesibo(200, 5)
    told = monitoring(host, f"PAGE_URL={PAGE}", "CLUSTER=eu")
    for row in (
        r"ok +prometheus +http://127.0.0.1:9090 answers",
        r"ok +prometheus scrapes +\d+ targets?, up",
        r"ok +cluster label +eu",
        rf"ok +prometheus rules +all {RULES} files",
        r"warning +runbook link +http://127.0.0.1:10914/runbooks/\w+ opens on that host alone\s+→ make monitoring RUN",
        r"ok +alertmanager +http://127.0.0.1:9093 answers",
        r"ok +alertmanager route +critical to page \(webhook",
    ):
        assert re.search(row, told), f"{row} in:\n{told}"
    assert not re.search(r"^failure +(prometheus|rules|alertmanager|runbook)", told, re.MULTILINE)
    listening = host.machine.run("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout
    addresses = {line.split()[1] for line in listening.splitlines() if " 0A " in line}
    ports = {address.partition(":")[2]: address for address in addresses}
    assert ports["2382"].startswith("0100007F")  # 9090
    assert ports["2385"].startswith("0100007F")  # 9093
    assert "2386" not in ports  # 9094, of a cluster of Alertmanagers
    assert host.machine.run("stat", "-c", "%U:%G %a", "/etc/prometheus/alertmanager.yml").stdout == (
        "root:prometheus 640\n"
    )


def test_a_failure_reaches_alertmanager(host):
    """The way is whole: what mesibo logs is an alert for the pager."""
    host.mesibo(903, 60)

    def alerts():
        found = json.loads(host.machine.python(ASK, "http://127.0.0.1:9093/api/v2/alerts"))
        return {(alert["labels"]["alertname"], *(each["name"] for each in alert["receivers"])) for alert in found}

    until(lambda: ("MesiboPushCertificateExpired", "page") in alerts(), alerts, patience=300)


def test_a_second_run_reloads_and_keeps_what_somebody_changed(host):
    """A second run restarts no process and overwrites no file."""
    machine = host.machine
    before = {unit: machine.show(unit, "MainPID") for unit in PACKAGES}
    main = machine.path("/etc/prometheus/prometheus.yml")
    main.write_text(main.read_text() + "# mine\n")
    assert f"with {RULES} of our rule files and the job mesibo-logwatch" in monitoring(host)
    assert main.read_text().endswith("# mine\n")
    assert {unit: machine.show(unit, "MainPID") for unit in PACKAGES} == before


def test_a_prometheus_of_somebody_else_lacks_only_the_printed_lines(host):
    """An existing Prometheus works once the printed lines are in its file: two from 2.43 on, before that the job."""
    machine = host.machine
    etc = machine.path("/etc/prometheus")
    main = etc / "prometheus.yml"
    theirs = (etc / "prometheus.yml.dpkg-dist").read_bytes()
    main.write_bytes(theirs)
    shutil.rmtree(etc / "mesibo-logwatch")
    done = machine.run("make", "--no-print-directory", "-C", "/src/old", "monitoring", check=False)
    assert done.returncode
    assert main.read_bytes() == theirs
    printed = yaml.safe_load(done.stdout.partition("Add to it:\n")[2].partition("\namtool")[0])
    version = machine.run("promtool", "--version").stdout + machine.run("promtool", "--version").stderr
    major, minor = map(int, re.search(r"version (\d+)\.(\d+)", version).groups())
    where = "scrape_config_files" if (major, minor) >= (2, 43) else "scrape_configs"
    assert set(printed) == {"rule_files", where}
    config = yaml.safe_load(theirs)
    main.write_text(yaml.safe_dump(config | {key: [*(config.get(key) or []), *printed[key]] for key in printed}))
    told = monitoring(host)
    assert re.search(rf"ok +prometheus rules +all {RULES} files", told), told
    assert re.search(r"ok +prometheus scrapes +\d+ targets?, up", told), told


ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=60).read().decode())"
