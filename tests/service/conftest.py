"""The host of the tests of the service: a machine on which mesibo writes, and where the service is installed."""

import collections
import json
import os
import re
import shutil
import subprocess
import time

import bcrypt
import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families

from tests.service.machine import ROOT, Machine, able, installed, until

UNIT = "mesibo-logwatch.service"
LOG = "/var/log/mesibo/mesibo.log"
PASSWORD = "correct horse"
ASK = """
import base64, ssl, sys, urllib.request
url, authority, user, password = sys.argv[1:]
request = urllib.request.Request(url)
if user:
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
context = ssl.create_default_context(cafile=authority) if authority else None
with urllib.request.urlopen(request, timeout=60, context=context) as answer:
    print(answer.read().decode())
"""


class Host:
    """A mesibo host. ``written`` is the truth: pushes by code, counted as they are written."""

    def __init__(self, machine, authority):
        self.machine = machine
        self.written = collections.Counter()
        self.authority = authority
        self.url = "https://localhost:10914"

    def mesibo(self, code, count=1, log=LOG, wrap=None):
        """Write pushes as mesibo does, in one go; no two lines are the same, as with mesibo's own."""
        stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
        first = self.written.total()
        lines = "".join(
            f"E{stamp}-{i % 1000:03} (17): push_on_complete: uid {i} type fcm code {code}\n"
            for i in range(first, first + count)
        )
        with self.machine.path(log).open("a") as file:
            file.write(wrap(lines) if wrap else lines)
        self.written[str(code)] += count

    def ask(self, path="/metrics", password=PASSWORD):
        """Ask the service, over TLS and with the password where it has them."""
        user = "prometheus" if password else ""
        return self.machine.python(ASK, self.url + path, self.authority if "https" in self.url else "", user, password)

    def samples(self):
        """Yield every sample of /metrics."""
        for family in text_string_to_metric_families(self.ask()):
            yield from family.samples

    def codes(self):
        """Return the pushes by code that are not 0."""
        counts = collections.Counter()
        for sample in self.samples():
            if sample.name == "mesibo_push_results_total" and sample.value:
                counts[sample.labels["code"]] += int(sample.value)
        return counts

    def total(self, name):
        """Add up the samples of ``name``."""
        return sum(sample.value for sample in self.samples() if sample.name == name)

    def counted(self):
        """Wait until what was written is what is counted, and no more than that."""
        until(lambda: self.codes() == self.written, lambda: f"{self.codes()} is {self.written}\n{self.said()}")

    def said(self):
        """Return the end of the journal."""
        return "\n".join(self.machine.journal(UNIT, "--lines=400"))

    def active(self):
        """Wait until the service is ready, and give its process id."""

        def ready():
            shown = self.machine.show(UNIT, "ActiveState", "SubState", "MainPID")
            return shown["MainPID"] if (shown["ActiveState"], shown["SubState"]) == ("active", "running") else None

        return until(ready, self.said)

    def restarted(self, before):
        """Wait until another process than ``before`` is ready, and give its id."""
        return until(lambda: (now := self.active()) != before and now, self.said)

    def configure(self, text):
        """Write the configuration."""
        self.machine.path("/etc/mesibo-logwatch/logwatch.toml").write_text(text)


def configuration(extra="", *, web='listen = "0.0.0.0:10914"\nconfig_file = "{}"\n', source=""):
    """Return a configuration that commits quickly."""
    web = web.format("/run/credentials/mesibo-logwatch.service/secret_web.yml")
    paths = "" if source else f"paths = [{json.dumps(LOG)}]\n"
    return f'[[source]]\nname = "mesibo"\n{paths}{source}[state]\ncommit_seconds = 0.1\n[web]\n{web}{extra}'


def wheelhouse(checkout):
    """Build the wheels outside, for the machine's Python: it has no network, and this side may have another Python."""
    version = (installed() / "usr/bin/python3").readlink().name.removeprefix("python")
    built = subprocess.run(
        ["make", "--no-print-directory", "-C", checkout, "wheelhouse", f"PYTHON_VERSION={version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="session")
def releases(tmp_path_factory):
    """Return two checkouts, the second of a newer version, each with its wheelhouse."""
    able()
    made = []
    for newer in (False, True):
        checkout = tmp_path_factory.mktemp("checkout")
        for part in ("logwatch", "grammars", "config", "systemd", "docs", "packaging"):
            shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "README.md", "LICENSE", "Makefile"):
            shutil.copy(ROOT / part, checkout / part)
        init = checkout / "logwatch/__init__.py"
        init.write_text(
            init.read_text().replace('__version__ = "', '__version__ = "1!', 1) if newer else init.read_text()
        )
        if newer:  # of the same dependencies: nothing is downloaded twice
            shutil.copytree(made[0] / "wheelhouse", checkout / "wheelhouse")
        wheelhouse(checkout)
        made.append(checkout)
    return made


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Build the Debian package of this version, and make one of a newer version of it."""
    able()
    if shutil.which("dh") is None:
        pytest.fail("debhelper is not installed")
    bare = tmp_path_factory.mktemp("bin")
    (bare / "dpkg-checkbuilddeps").write_text("#!/bin/sh\nexit 1\n")  # as on a host without a compiler
    (bare / "dpkg-checkbuilddeps").chmod(0o755)
    place = os.environ | {"PATH": f"{bare}:{os.environ['PATH']}", "DPKG_DEB_COMPRESSOR_LEVEL": "1"}  # quick
    out = tmp_path_factory.mktemp("dist")
    made = subprocess.run(
        ["sh", ROOT / "packaging/deb/build.sh", out], capture_output=True, text=True, check=False, env=place
    )
    assert made.returncode == 0, made.stderr
    (package,) = out.glob("*.deb")
    return package, newer(package, "0.99.0", tmp_path_factory.mktemp("newer"))


def newer(package, version, directory):
    """Pack a Debian package anew, with another version and a new line in its example: building it takes two minutes."""
    tree = directory / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("(?m)^Version: .*", f"Version: {version}", control.read_text()))
    (tree / "usr/lib/mesibo-logwatch/logwatch/__init__.py").write_text(f'"""Newer."""\n\n__version__ = "{version}"\n')
    with (tree / "usr/share/mesibo-logwatch/logwatch.example.toml").open("a") as example:
        example.write("# something new\n")
    out = directory / "dist"
    out.mkdir()
    subprocess.run(["dpkg-deb", "-Zgzip", "--root-owner-group", "--build", tree, out], check=True, capture_output=True)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def machine(tmp_path_factory, releases):
    """Boot a machine that sees both checkouts."""
    old, new = releases
    directory = tmp_path_factory.mktemp("machine")
    booted = Machine(directory, {str(old): "/src/old", str(new): "/src/new"})
    yield booted
    booted.halt()


@pytest.fixture(scope="module")
def host(machine, tmp_path_factory):
    """Install as the README says, where the log is readable for its group alone; serve over TLS with a password."""
    directory = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    server = authority.issue_cert("localhost")
    made = Host(machine, directory / "ca.pem")
    machine.path("/var/log/mesibo").mkdir(mode=0o750)
    machine.write(LOG, "", 0o640)
    machine.run("chown", "-R", "root:adm", "/var/log/mesibo")

    made.installed = machine.run("make", "--no-print-directory", "-C", "/src/old", "install").stdout
    secrets = "/etc/mesibo-logwatch/secrets"
    server.cert_chain_pems[0].write_to_path(machine.path(f"{secrets}/cert.pem"))
    server.private_key_pem.write_to_path(machine.path(f"{secrets}/key.pem"))
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    machine.write(
        f"{secrets}/web.yml",
        "tls_server_config:\n  cert_file: secret_cert.pem\n  key_file: secret_key.pem\n  min_version: TLS13\n"
        f"basic_auth_users:\n  prometheus: {hashed}\n",
        0o600,
    )
    machine.write(
        f"/etc/systemd/system/{UNIT}.d/test.conf",
        "[Service]\nSupplementaryGroups=adm\nWatchdogSec=15\nRestartSec=0.2\n",
    )
    made.configure(configuration())
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", UNIT)
    return made
