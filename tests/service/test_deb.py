"""The Debian package through its life on a machine of its own: installed, upgraded, removed, purged."""

import shutil
import subprocess

import pytest

from tests.service.conftest import LOG, UNIT, Host, configuration
from tests.service.machine import Machine

pytestmark = pytest.mark.systemd
DROP_IN = f"/etc/systemd/system/{UNIT}.d/docker.conf"


@pytest.fixture(scope="module")
def host(packages, tmp_path_factory):
    """Boot a machine on which mesibo logs and the package is not installed yet."""
    old, new = packages
    machine = Machine(tmp_path_factory.mktemp("machine"), {str(old.parent): "/src/old", str(new.parent): "/src/new"})
    made = Host(machine, "")
    made.url = "http://localhost:10914"
    machine.path("/var/log/mesibo").mkdir(mode=0o755)
    machine.write(LOG, "")
    paths = {"old": f"/src/old/{old.name}", "new": f"/src/new/{new.name}"}
    made.install = lambda package: machine.run("dpkg", "-i", paths[package])
    yield made
    machine.halt()


def test_lintian_has_no_error(packages):
    """Debian's own checker finds no error in the package."""
    if shutil.which("lintian") is None:
        pytest.fail("lintian is not installed")
    told = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", packages[0]], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout


def test_an_installed_package_counts_at_once(host):
    """Dpkg -i on a bare Debian with python3: the service runs, and counts what mesibo writes."""
    host.install("old")
    host.active()
    host.mesibo(200, 50)
    host.mesibo(903, 3)
    host.counted()
    machine = host.machine
    assert machine.run("stat", "-c", "%U:%G %a", "/etc/mesibo-logwatch/logwatch.toml").stdout == (
        "root:mesibo-logwatch 640\n"
    )
    assert machine.run("stat", "-c", "%U %a", "/etc/mesibo-logwatch/secrets").stdout == "root 700\n"
    assert machine.run("systemctl", "is-enabled", UNIT).stdout == "enabled\n"
    assert "from /usr/lib/mesibo-logwatch/logwatch " in machine.run("mesibo-logwatch", "--version").stdout


def test_what_stands_beside_the_service_is_installed(host):
    """Manual page, completion, rules, dashboards, runbooks and the pages of docs/."""
    for path in (
        "man/man1/mesibo-logwatch.1.gz",
        "bash-completion/completions/mesibo-logwatch",
        "zsh/vendor-completions/_mesibo-logwatch",
        "fish/vendor_completions.d/mesibo-logwatch.fish",
        "mesibo-logwatch/logwatch.example.toml",
        "mesibo-logwatch/monitoring.sh",
        "mesibo-logwatch/prometheus/rules/mesibo-push.yml",
        "mesibo-logwatch/grafana/dashboards/mesibo-overview.json",
        "mesibo-logwatch/runbooks/MesiboPushCertificateExpired.md",
        "mesibo-logwatch/docs/configuration.md",
    ):
        assert host.machine.path(f"/usr/share/{path}").is_file(), path


def test_an_upgrade_keeps_configuration_and_counts(host):
    """The new version counts on from the committed numbers, and nobody is asked about the configuration."""
    host.configure(configuration(web='listen = "127.0.0.1:10914"\n'))
    before = host.active()
    host.install("new")
    host.restarted(before)
    assert "version 0.99.0 " in host.machine.run("mesibo-logwatch", "--version").stdout
    assert "commit_seconds = 0.1" in host.machine.path("/etc/mesibo-logwatch/logwatch.toml").read_text()
    host.mesibo(912, 2)
    host.counted()


def test_an_upgrade_whose_configuration_is_refused_leaves_the_old_release_running(host):
    """It was restarted, and pushes were not counted until somebody looked."""
    good = host.machine.path("/etc/mesibo-logwatch/logwatch.toml").read_text()
    before = host.active()
    host.configure(good + "[folow]\n")
    told = host.install("new").stderr
    assert "folow: unknown key" in told
    assert "warning: this release refuses the configuration; the one before runs on" in told
    assert host.active() == before
    host.mesibo(912, 2)
    host.counted()
    host.configure(good)
    assert "warning" not in host.install("new").stderr
    host.restarted(before)
    host.counted()


def test_a_wrong_configuration_is_named_where_the_package_is_set_up(host):
    """Debian's helper says that systemctl could not be executed; a group that somebody chose is kept.

    The drop-in for Docker, which is there by now, is the package's own: a copy was never updated.
    """
    machine, configured = host.machine, "/etc/mesibo-logwatch/logwatch.toml"
    good = machine.path(configured).read_text()
    host.configure(good + "[folow]\n")
    machine.run("systemctl", "stop", UNIT)
    machine.run("mkdir", "-p", "/var/lib/docker/containers")
    machine.run("chgrp", "adm", configured)
    machine.run("chmod", "664", configured)
    told = machine.run("/var/lib/dpkg/info/mesibo-logwatch.postinst", "configure", "0.99.0").stderr
    assert "folow: unknown key" in told
    assert "warning: the service does not start" in told
    assert machine.run("stat", "-c", "%G %a", configured).stdout == "adm 664\n"
    drop_in = machine.run("readlink", "-e", DROP_IN).stdout
    assert drop_in == "/usr/share/mesibo-logwatch/systemd/docker.conf\n", "what an upgrade brings is in force"
    assert machine.show(UNIT, "CapabilityBoundingSet") == {"CapabilityBoundingSet": "cap_dac_read_search"}
    host.configure(good)
    host.active()
    host.counted()


def test_removal_keeps_numbers_and_purging_takes_them(host):
    """`dpkg -r` stops the service and keeps what an installation goes on with; `dpkg -P` leaves nothing.

    Purging one beside an installation from a checkout took that one's configuration and counters, and disabled it.
    """
    machine = host.machine
    machine.run("dpkg", "-r", "mesibo-logwatch")
    assert not machine.path("/usr/bin/mesibo-logwatch").exists()
    assert not machine.path("/usr/lib/mesibo-logwatch").exists()
    assert machine.path("/var/lib/mesibo-logwatch/ledger.sqlite3").exists()
    assert not machine.path(DROP_IN).is_symlink()
    host.mesibo(410, 4)
    host.install("new")
    host.active()
    host.counted()
    # A package that a checkout has taken the place of
    place = f"/usr/local/lib/systemd/system/{UNIT}"
    machine.run("install", "-D", f"/lib/systemd/system/{UNIT}", place)
    told = machine.run("/var/lib/dpkg/info/mesibo-logwatch.postrm", "purge").stderr
    assert "are kept: an installation from a checkout uses them" in told
    assert machine.run("systemctl", "is-enabled", UNIT).stdout == "enabled\n"
    host.active()
    host.counted()
    machine.path(place).unlink()
    machine.run("dpkg", "-P", "mesibo-logwatch")
    for path in (
        "/etc/mesibo-logwatch",
        "/var/lib/mesibo-logwatch",
        "/lib/systemd/system/" + UNIT,
        f"/etc/systemd/system/{UNIT}.d",
    ):
        assert not machine.path(path).exists(), path
    assert machine.show(UNIT, "LoadState")["LoadState"] == "not-found"
