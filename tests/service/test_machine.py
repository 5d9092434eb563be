"""The service on a machine of its own: installed, killed, hung, starved, upgraded, removed; counts stay exact.

The tests share one machine and go on where the one before ended: what mesibo has written is counted, throughout.
"""

import datetime as dt
import re
import subprocess

import pytest

from logwatch.simulate.docker import records
from tests.helpers import making
from tests.service.conftest import LOG, UNIT, configuration
from tests.service.machine import until

pytestmark = pytest.mark.systemd
EXPIRY = "mesibo_push_credential_expiry_timestamp_seconds"


def test_the_install_of_the_readme_gives_a_service(host):
    """`make install` without a network: a user, an environment below /opt, a configuration, directories, doctor."""
    machine = host.machine
    assert "logwatch.toml is new" in host.installed
    assert machine.run("stat", "-c", "%U:%G %a", "/var/lib/mesibo-logwatch").stdout == (
        "mesibo-logwatch:mesibo-logwatch 700\n"
    )
    assert machine.run("stat", "-c", "%U %a", "/etc/mesibo-logwatch/secrets").stdout == "root 700\n"
    assert machine.run("systemctl", "is-enabled", UNIT).stdout == "enabled\n"
    assert "mesibo-logwatch, version" in machine.run("mesibo-logwatch", "--version").stdout


def test_pushes_are_counted_over_tls_with_a_password(host):
    """A scrape over TLS returns what was written if it has the password, and nothing otherwise."""
    host.active()
    host.mesibo(200, 100)
    host.mesibo(912, 3)
    host.counted()
    for password in ("", "wrong"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            host.ask(password=password)
        assert "401" in refused.value.stderr


def test_systemctl_status_says_how_it_goes(host):
    """The status line has files, lag and the last code."""
    host.counted()
    until(
        lambda: re.fullmatch(
            r"following 1 file, 0 bytes behind; last code (200|912) at [-\d]+ [:\d]+ UTC",
            host.machine.show(UNIT, "StatusText")["StatusText"],
        ),
        lambda: host.machine.show(UNIT, "StatusText"),
    )


def test_the_process_has_no_right_that_it_does_not_need(host):
    """No capability, no new privileges, a filter of system calls, a user namespace, nobody's home, nothing to write."""
    pid = host.active()
    status = host.machine.run("cat", f"/proc/{pid}/status").stdout
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)
    inside = host.machine.run("readlink", f"/proc/{pid}/ns/user").stdout
    assert inside != host.machine.run("readlink", "/proc/1/ns/user").stdout
    mounts = host.machine.run("cat", f"/proc/{pid}/mounts").stdout.splitlines()
    writable = {line.split()[1] for line in mounts if line.split()[3].startswith("rw")}
    own = {path for path in writable if not path.startswith(("/proc", "/sys", "/dev", "/run"))}
    assert own <= {"/tmp", "/var/tmp", "/var/lib/mesibo-logwatch"}


def exposure(machine, bound):
    """Ask the machine's own systemd, which may be newer than the one outside."""
    verified = machine.run("systemd-analyze", "verify", "--man=no", UNIT)
    assert UNIT not in verified.stdout + verified.stderr
    told = machine.run("systemd-analyze", "security", f"--threshold={bound * 10:.0f}", UNIT).stdout
    return float(re.search(r"Overall exposure level for \S+ ([\d.]+)", told)[1])


def test_the_systemd_of_the_machine_finds_no_fault_in_the_unit(host):
    """`systemd-analyze verify` is silent about the installed unit, and its exposure is at most 1.5."""
    assert exposure(host.machine, 1.5) <= 1.5


def test_grammars_run_as_machine_code_until_a_drop_in_forbids_it(host):
    """PCRE2 makes it under the unit's filters, and none with `MemoryDenyWriteExecute=yes`; counts are exact."""
    machine = host.machine
    drop_in = f"/etc/systemd/system/{UNIT}.d/forbids.conf"

    def counts_with_machine_code():
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", UNIT)
        pid = host.active()
        host.mesibo(200, 300)
        host.counted()
        return " rwxp " in machine.run("cat", f"/proc/{pid}/maps").stdout

    def doctor():
        return machine.run("mesibo-logwatch", "doctor", "--format", "json", check=False).stdout

    assert counts_with_machine_code()
    assert "pcre_" not in host.said()
    assert re.search(r'"PCRE2 [\d.]+, machine code"', doctor())
    machine.write(drop_in, "[Service]\nMemoryDenyWriteExecute=yes\n")
    assert not counts_with_machine_code()
    assert "pcre_interprets" in host.said()
    assert "interpreted by the service" in doctor()
    machine.path(drop_in).unlink()
    assert counts_with_machine_code()


def test_systemd_limits_memory_and_tasks(host):
    """The limits of the unit are in force; where the machine has the controller, the kernel has been told them."""
    machine = host.machine
    host.active()
    shown = machine.show(UNIT, "MemoryMax", "TasksMax", "ControlGroup")
    assert (shown["MemoryMax"], shown["TasksMax"]) == (str(256 * 1024 * 1024), "32")
    group = shown["ControlGroup"]
    for file, most in (
        (f"/sys/fs/cgroup{group}/memory.max", shown["MemoryMax"]),
        (f"/sys/fs/cgroup{group}/pids.max", shown["TasksMax"]),
        (f"/sys/fs/cgroup/pids{group}/pids.max", shown["TasksMax"]),
    ):
        if (told := machine.run("cat", file, check=False)).returncode == 0:
            assert told.stdout.strip() == most, file


def test_a_reload_that_is_wrong_is_refused_at_the_terminal(host):
    """`systemctl reload` fails with the reason; what runs goes on as it was; a good one is taken over."""
    pid = host.active()
    host.configure(configuration('[folow]\npoll_seconds = "fast"\n'))
    refused = host.machine.run("systemctl", "reload", UNIT, check=False)
    assert refused.returncode != 0
    until(lambda: "folow: unknown key" in host.said(), host.said)
    host.mesibo(200, 5)
    host.counted()
    host.configure(configuration('[log]\nlevel = "info"\n'))
    host.machine.run("systemctl", "reload", UNIT)
    until(lambda: "reloaded" in host.said(), host.said)
    assert host.active() == pid
    host.mesibo(200, 5)
    host.counted()


def test_credentials_of_the_secrets_directory_are_watched(host):
    """Files that only root may read are handed to the service, looked at by a process under its filters, and told."""
    machine, secrets = host.machine, "/etc/mesibo-logwatch/secrets"
    made = making.certificate(days=100, now=dt.datetime.now(dt.UTC))
    for name, data in (("apns.p12", making.p12(made)), ("fcm.json", making.account())):
        machine.path(f"{secrets}/{name}").write_bytes(data)
        machine.path(f"{secrets}/{name}").chmod(0o600)
    tables = "".join(
        f'[[credential]]\nname = "{name}"\nfile = "{secrets}/{file}"\n'
        for name, file in (("ios", "apns.p12"), ("android", "fcm.json"))
    )
    host.configure(configuration(tables))
    machine.run("systemctl", "restart", UNIT)
    host.active()

    def told():
        named = {s.labels["credential"]: s.value for s in host.samples() if s.name.startswith(EXPIRY)}
        return named == {"ios": made.not_valid_after_utc.timestamp()}

    until(told, host.said)
    until(lambda: host.total("mesibo_push_credential_info") == 4, host.said)
    assert host.total("mesibo_push_credential_problems") == 0
    assert "credential_problem" not in host.said()
    host.configure(configuration('[log]\nlevel = "info"\n'))
    machine.run("systemctl", "reload", UNIT)
    until(lambda: host.total("mesibo_push_credential_info") == 0, host.said)


def test_logrotate_loses_nothing(host):
    """Each line counts once while Debian's logrotate renames and compresses, then truncates, under a writing mesibo."""
    host.machine.write(
        "/etc/mesibo-rotate.conf",
        f"{LOG} {{\n  rotate 5\n  create 0640 root adm\n  compress\n  su root adm\n}}\n",
    )
    host.machine.write("/etc/mesibo-truncate.conf", f"{LOG} {{\n  rotate 5\n  copytruncate\n  su root adm\n}}\n")
    for rule in ("rotate", "rotate", "truncate"):
        host.mesibo(200, 50)
        host.counted()
        host.machine.run("logrotate", "--force", "--state", "/run/rotate.state", f"/etc/mesibo-{rule}.conf")
        host.mesibo(903, 7)
        host.counted()
    assert host.total("mesibo_logwatch_lost_bytes_total") == 0
    assert host.total("mesibo_logwatch_rotations_total") == 3


def test_kill_9_loses_nothing(host):
    """Killed at any instant while mesibo writes, systemd starts it again, and the counts are exact."""
    for _ in range(3):
        before = host.active()
        host.mesibo(200, 500)
        host.machine.run("sh", "-c", f"kill -9 {before}")
        host.mesibo(429, 20)
        host.restarted(before)
        host.counted()


HANGS = '''"""Hangs at a certain code, as no grammar should: to see what becomes of a service whose reader hangs."""

import os
import time

import pyparsing as pp


def hang(text):
    while os.path.exists("/etc/mesibo-logwatch/hang"):
        time.sleep(1)


MARKER = b"push_on_complete"
LINE = (
    pp.Suppress(pp.Regex(r"[^:]*: push_on_complete: .*code "))
    + pp.Word(pp.nums)("code").add_parse_action(hang)
)
'''


def test_a_reader_that_hangs_is_started_again(host):
    """The reading loop hangs while HTTP goes on: systemd's watchdog ends it, the journal has where, nothing is lost."""
    machine = host.machine
    machine.write("/etc/mesibo-logwatch/grammars/hangs.py", HANGS)
    machine.write(
        "/etc/mesibo-logwatch/grammars/samples/hangs.log",
        '# expect: {"code": 200}\nE2211-101500-123 (17): push_on_complete: uid 1 code 200\n',
    )
    host.configure(configuration().replace("paths =", 'grammar = "hangs"\npaths ='))
    machine.run("systemctl", "reload", UNIT)
    host.mesibo(200, 5)
    host.counted()
    before = host.active()
    machine.write("/etc/mesibo-logwatch/hang", "")
    host.mesibo(903, 5)
    until(lambda: "Watchdog timeout" in host.said(), host.said)
    machine.path("/etc/mesibo-logwatch/hang").unlink()
    host.restarted(before)
    host.counted()
    assert re.search(r'File ".*hangs\.py", line \d+ in hang', host.said()), "the journal says where it hung"
    host.configure(configuration())
    machine.run("systemctl", "reload", UNIT)
    host.mesibo(200, 5)
    host.counted()


def test_a_full_state_disk_loses_nothing(host):
    """While the state disk is full, the last numbers stay up; with room again, everything is counted."""
    machine = host.machine
    machine.run("systemctl", "stop", UNIT)
    state = "/var/lib/mesibo-logwatch"
    kept = machine.run("mktemp", "-d").stdout.strip()
    machine.run("sh", "-c", f"cp -a {state}/. {kept}/ && mount -t tmpfs -o size=3m,mode=0700 tmpfs {state}")
    machine.run("sh", "-c", f"cp -a {kept}/. {state}/ && chown mesibo-logwatch: {state}")
    machine.run("systemctl", "start", UNIT)
    before = host.active()
    host.counted()
    numbers = host.codes()
    machine.run("sh", "-c", f"dd if=/dev/zero of={state}/filler bs=4k 2>/dev/null", check=False)
    for code in range(600, 630):
        host.mesibo(code, 20)
    until(lambda: host.total("mesibo_logwatch_commit_failures_total") > 1, host.said)
    assert all(host.codes()[code] >= count for code, count in numbers.items())
    assert "full" in host.machine.show(UNIT, "StatusText")["StatusText"]
    machine.run("sh", "-c", f"kill -9 {before}")
    host.restarted(before)
    machine.run("rm", f"{state}/filler")
    host.counted()
    machine.run("systemctl", "stop", UNIT)
    machine.run("sh", "-c", f"cp -a {state}/. {kept}/ && umount {state} && cp -a {kept}/. {state}/")
    machine.run("systemctl", "start", UNIT)
    host.active()
    host.counted()


def test_an_upgrade_whose_configuration_is_refused_leaves_the_old_release_running(host):
    """The new release judges it with the rights of the service: a secret and a grammar of its user's are no errors."""
    machine, before = host.machine, host.active()
    machine.run("chown", "mesibo-logwatch:", "/etc/mesibo-logwatch/grammars/hangs.py")
    host.configure(configuration("[folow]\n").replace("paths =", 'grammar = "hangs"\npaths ='))
    failed = machine.run("make", "-C", "/src/new", "install", check=False)
    assert failed.returncode != 0
    errors = [line for line in failed.stderr.splitlines() if line.startswith("error: ")]
    assert "folow: unknown key" in errors[0]
    assert errors[1:] == ["error: the new release refuses the configuration; the old one runs on"]
    assert host.active() == before
    assert len(list(machine.path("/opt/mesibo-logwatch/releases").iterdir())) == 1
    host.configure(configuration())
    host.mesibo(200, 5)
    host.counted()


def test_an_upgrade_that_does_not_start_goes_back(host):
    """A port that is taken, which only a start can tell: the terminal says why; the old one starts once it is free."""
    taken = host.machine.run("systemd-run", "--unit=taken", "--", "python3", "-m", "http.server", "10915")
    until(lambda: "active" in host.machine.show("taken", "ActiveState").values(), taken.stderr)
    host.configure(configuration().replace("10914", "10915"))
    failed = host.machine.run("make", "-C", "/src/new", "install", check=False)
    assert failed.returncode != 0
    assert "10915" in failed.stderr
    assert "the new release does not start; nor does the old one" in failed.stderr
    host.configure(configuration())
    host.machine.run("systemctl", "stop", "taken")
    host.active()
    assert "version 1!" not in host.machine.run("mesibo-logwatch", "--version").stdout
    host.counted()


CONTAINER = "4" * 64


DOCKER_LOG = f"/var/lib/docker/containers/{CONTAINER}/{CONTAINER}-json.log"


def record(lines):
    return records(lines.encode(), b"2026-11-22T10:00:00.000000000Z").decode()


def test_an_upgrade_keeps_configuration_and_counts(host):
    """`make install` again: the new version runs, configured as before; Docker, which came meanwhile, is found."""
    machine = host.machine
    directory = f"/var/lib/docker/containers/{CONTAINER}"
    machine.write(
        f"{directory}/config.v2.json",
        f'{{"ID": "{CONTAINER}", "Name": "/mesibo", "LogPath": "{DOCKER_LOG}", "Config": {{"Image": "mesibo"}}}}',
        0o600,
    )
    machine.write(f"{directory}/hostconfig.json", '{"LogConfig": {"Type": "json-file"}}', 0o600)
    machine.write(DOCKER_LOG, "", 0o640)
    machine.run("chmod", "-R", "go-rwx", "/var/lib/docker")
    before = host.active()
    configured = machine.path("/etc/mesibo-logwatch/logwatch.toml").read_text()
    host.mesibo(200, 10)
    assert "Docker is here" in machine.run("make", "-C", "/src/new", "install").stdout
    host.restarted(before)
    host.mesibo(200, 10)
    host.counted()
    assert "version 1!" in machine.run("mesibo-logwatch", "--version").stdout
    assert machine.path("/etc/mesibo-logwatch/logwatch.toml").read_text() == configured
    assert len(list(machine.path("/opt/mesibo-logwatch/releases").iterdir())) == 1


def test_a_machine_that_boots_again_goes_on(host):
    """After an orderly stop and a start, as in a reboot, lines written in between are counted."""
    host.machine.run("systemctl", "stop", UNIT)
    host.mesibo(410, 4)
    host.machine.run("systemctl", "start", UNIT)
    host.active()
    host.counted()
    assert host.machine.show(UNIT, "Result") == {"Result": "success"}


def test_on_a_docker_host_the_logs_of_root_are_read(host):
    """With the drop-in for Docker, files of root's alone are counted, and the service has one capability for it."""
    machine = host.machine
    host.configure(configuration('[[source]]\nname = "docker"\ndocker = {container = "mesibo"}\n'))
    machine.run("systemctl", "reload", UNIT)
    host.mesibo(913, 6, DOCKER_LOG, record)
    host.counted()
    status = machine.run("cat", f"/proc/{host.active()}/status").stdout
    assert re.search(r"^CapEff:\s+0+4$", status, re.MULTILINE), "CAP_DAC_READ_SEARCH, and nothing else"
    assert exposure(machine, 1.8) <= 1.8


MESIBO = """\
[Service]
Type=oneshot
SyslogIdentifier=mesibo
ExecStart=/bin/cat /srv/mesibo-says
"""


def test_a_unit_in_the_journal_is_read(host):
    """Installed again with a source in the journal, the service joins its group, and counts what the unit logs."""
    machine = host.machine
    journal = '[[source]]\nname = "unit"\njournal = {unit = "mesibo.service"}\n'
    docker = '[[source]]\nname = "docker"\ndocker = {container = "mesibo"}\n'
    machine.write("/etc/systemd/system/mesibo.service", MESIBO)
    machine.run("systemctl", "daemon-reload")
    host.configure(configuration(journal + docker))
    assert "in the group systemd-journal" in machine.run("make", "-C", "/src/new", "install").stdout
    for code, count in ((905, 7), (200, 400)):
        machine.write("/srv/mesibo-says", "")
        host.mesibo(code, count, "/srv/mesibo-says")
        machine.run("systemctl", "start", "mesibo.service")
    host.counted()
    before = host.active()
    machine.run("sh", "-c", f"kill -9 {before}")
    machine.write("/srv/mesibo-says", "")
    host.mesibo(905, 3, "/srv/mesibo-says")
    machine.run("systemctl", "start", "mesibo.service")
    machine.run("journalctl", "--rotate")
    host.restarted(before)
    host.counted()
    assert host.total("mesibo_logwatch_source_info") == 3
    told = machine.run(
        "mesibo-logwatch", "doctor", "--config", "/etc/mesibo-logwatch/logwatch.toml", check=False
    ).stdout
    assert "for the user mesibo-logwatch, by the group" in " ".join(told.split())
    group = machine.run("getent", "group", "systemd-journal").stdout.split(":")[2]
    groups = machine.run("cat", f"/proc/{host.active()}/status").stdout.partition("Groups:")[2].split("\n")[0]
    assert group in groups.split()


def test_plain_http_to_the_network_is_served_only_when_asked_for(host):
    """Without TLS and password an address of the network is refused, and with allow_plain_http it is warned about."""
    docker = '[[source]]\nname = "docker"\ndocker = {container = "mesibo"}\n'
    docker += '[[source]]\nname = "unit"\njournal = {unit = "mesibo.service"}\n'
    host.configure(configuration(docker, web='listen = "0.0.0.0:10914"\n'))
    host.machine.run("systemctl", "restart", UNIT, check=False)
    until(lambda: "reachable from the network without TLS or a password" in host.said(), host.said)
    host.configure(configuration(docker, web='listen = "0.0.0.0:10914"\nallow_plain_http = true\n'))
    host.url = "http://localhost:10914"
    host.active()
    host.counted()
    assert "everybody in the network may read this" in host.said()


# An event with its keys; what `check` says; and what Python says of a process that the watchdog aborts
SAID = re.compile(
    r"[a-z_]+( [a-z_]+=(\"([^\"\\]|\\.)*\"|[^\s\"]*))*"
    r"|(ok|warning|error): .+|  try: .+"
    r"|Fatal Python error: Aborted|(Current thread|Thread) 0x\w+ .*|  File .*|Extension modules: .*"
    r"|Current thread's C stack trace .*|  Binary file .*|  <.*>|"  # from Python 3.14 on
)


def test_the_journal_is_clean(host):
    """Every line is an event with its keys, no traceback among them, and what needs a look has its priority."""

    def journal(*options):
        asked = ("journalctl", f"_SYSTEMD_UNIT={UNIT}", "--no-pager", "--output=cat", *options)
        return host.machine.run(*asked).stdout.splitlines()

    lines = journal()
    assert len(lines) > 50
    assert [line for line in lines if not SAID.fullmatch(line)] == []
    grave = journal("--priority=err")
    assert any(line.startswith("ledger_unwritable ") for line in grave)
    assert not any(line.startswith(("ready ", "ok: ", "warning: ")) for line in grave)
    assert any(line.startswith("warning: ") for line in journal("--priority=warning"))


def test_the_uninstall_leaves_configuration_and_counts(host):
    """`make uninstall` stops and removes the service and keeps what is the operator's; PURGE=1 removes that too."""
    machine = host.machine
    page = machine.path("/usr/local/share/man/man1/mesibo-logwatch-report.1")
    assert page.exists()
    machine.run("make", "-C", "/src/new", "uninstall")
    assert not page.exists()
    assert machine.run("systemctl", "is-active", UNIT, check=False).stdout.strip() == "inactive"
    assert not machine.path("/opt/mesibo-logwatch").exists()
    assert machine.path("/etc/mesibo-logwatch/logwatch.toml").exists()
    assert machine.path("/var/lib/mesibo-logwatch/ledger.sqlite3").exists()
    # Installed once more, it goes on where it was
    host.mesibo(200, 3)
    machine.run("make", "-C", "/src/new", "install")
    host.active()
    host.counted()
    machine.run("usermod", "--gid", "users", "mesibo-logwatch")  # with which userdel leaves the group
    machine.run("make", "-C", "/src/new", "uninstall", "PURGE=1")
    assert machine.run("getent", "group", "mesibo-logwatch", check=False).returncode != 0
    for gone in ("/etc/mesibo-logwatch", "/var/lib/mesibo-logwatch", "/opt/mesibo-logwatch"):
        assert not machine.path(gone).exists()
    assert machine.run("id", "mesibo-logwatch", check=False).returncode != 0
    left = machine.run("sh", "-c", "find /etc /usr /var /opt -name '*mesibo-logwatch*' -not -path '/src/*'").stdout
    assert set(left.split()) <= {f"/etc/systemd/system/{UNIT}.d"}


def test_an_image_gets_the_service_for_its_first_boot(host):
    """Installed where no systemd runs, as images are made, it is there when one begins; and it can go again."""
    machine = host.machine
    wanted = machine.path(f"/etc/systemd/system/multi-user.target.wants/{UNIT}")

    def without_systemd(*command):
        return machine.run(
            *("unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /run/systemd && exec "$@"', "sh", *command)
        ).stdout

    wanted.unlink(missing_ok=True)
    assert "installed for the next boot" in without_systemd("make", "-C", "/src/new", "install")
    assert wanted.is_symlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "multi-user.target")  # what a boot does
    host.active()
    machine.run("systemctl", "stop", UNIT)
    without_systemd("make", "-C", "/src/new", "uninstall", "PURGE=1")
    assert not wanted.is_symlink()
