"""`make demo` shows an incident, sends what would wake somebody, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from config.demo import address
from config.demo.__main__ import route, scrape
from tests.helpers.running import PATIENCE, free_port, get, tool, until

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


def test_prometheus_and_alertmanager_take_what_the_demo_hands_them(tmp_path):
    """Their own checkers find nothing wrong, the shipped rules and templates included."""
    (tmp_path / "p.yml").write_text(yaml.safe_dump(scrape("127.0.0.1:1", 2)))
    (tmp_path / "a.yml").write_text(yaml.safe_dump(route("http://127.0.0.1:3")))
    for command in (["promtool", "check", "config"], ["amtool", "check-config"]):
        path = tmp_path / ("p.yml" if command[0] == "promtool" else "a.yml")
        done = subprocess.run([tool(command[0]), *command[1:], path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "rules found"
        in subprocess.run(
            [tool("promtool"), "check", "config", tmp_path / "p.yml"], capture_output=True, text=True, check=True
        ).stdout
    )


def test_a_daemon_that_is_only_shown_leaves_a_port_to_whoever_has_it(monkeypatch):
    """`make demo` beside `make run`: LISTEN is taken as it is; where somebody has the usual port, another one."""
    monkeypatch.setenv("LISTEN", "[::1]:1")
    assert address.address(address.RUN_PORT) == "[::1]:1"
    monkeypatch.delenv("LISTEN")
    with socket.socket() as other:
        other.bind((address.HOST, 0))
        other.listen()
        usual = other.getsockname()[1]
        host, _, port = address.address(usual).rpartition(":")
        assert (host, port != str(usual)) == (address.HOST, True)
    assert address.RUN_PORT != address.DEMO_PORT


PROGRAM = """#!/bin/sh
# Stands for a mesibo whose history takes a while, and for a daemon that says whether it was there
case $1 in
simulate)
  touch "$SEEN/begun"
  [ -z "$ENDLESS" ] || exec sleep 600
  sleep 1; touch "$SEEN/history"; echo written >&2; exec sleep 600 ;;
run) if [ -e "$SEEN/history" ]; then touch "$SEEN/whole"; else touch "$SEEN/half"; fi ;;
esac
"""


either = pytest.mark.parametrize(
    "command", [[sys.executable, "-m", "demo_of_stubs"], ["sh", "config/try.sh"]], ids=["demo", "run"]
)


def stubs(directory):
    """Put PROGRAM in the place of the command; return the environment in which demo and try.sh start it."""
    program = directory / "mesibo-logwatch"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    (directory / "python").symlink_to(sys.executable)
    (directory / "demo_of_stubs.py").write_text(
        "import config.demo.__main__ as demo\n"
        f"demo.COMMAND, demo.program = {str(program)!r}, lambda *_: None\n"
        "raise SystemExit(demo.main())\n"
    )
    (directory / "tmp").mkdir()
    return {
        **os.environ, "SEEN": str(directory), "BIN": str(directory), "LISTEN": "127.0.0.1:1",
        "PYTHONPATH": f"{directory}:{ROOT}", "PATH": os.defpath, "TMPDIR": str(directory / "tmp"),
    }  # fmt: skip


@either
def test_the_history_is_whole_before_a_daemon_looks_at_it(tmp_path, command):
    """One that saw half of it would record hours without a push."""
    done = subprocess.run(command, env=stubs(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [name for name in ("whole", "half") if (tmp_path / name).exists()] == ["whole"]


@either
def test_ctrl_c_while_the_history_is_written_says_nothing_and_leaves_nothing(tmp_path, command):
    """Whoever has seen enough, or mistyped, is shown no traceback, and no file stays behind."""
    environment = {**stubs(tmp_path), "ENDLESS": "yes"}
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as shown:  # fmt: skip
        until(lambda: (tmp_path / "begun").exists() or shown.poll() is not None, lambda: f"a history, {shown.poll()}")
        os.killpg(shown.pid, signal.SIGINT)  # as a terminal does
        told = shown.communicate(timeout=PATIENCE)[1]
    assert (shown.returncode, told) == (0, "")
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(("name", "told"), [("m.log", ""), ("typo.log", "is not there yet: the daemon waits for it")])
def test_a_missing_log_is_reported(tmp_path, name, told):
    """A misspelt path is waited for like a log that comes later: who typed it learns why nothing is counted."""
    (tmp_path / "m.log").touch()
    (tmp_path / "mesibo-logwatch").symlink_to("/bin/true")
    (tmp_path / "python").symlink_to(sys.executable)
    environment = {**os.environ, "BIN": str(tmp_path), "LOG": str(tmp_path / name), "LISTEN": "127.0.0.1:1",
                   "PYTHONPATH": str(ROOT)}  # fmt: skip
    done = subprocess.run(
        ["sh", ROOT / "config" / "try.sh"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (told in done.stderr) if told else not done.stderr


def test_each_log_that_is_tried_has_counts_of_its_own(tmp_path):
    """A second log under the same name would begin with the numbers of the first; the same log goes on."""
    (tmp_path / "mesibo-logwatch").write_text("#!/bin/sh\ncat $3\n")
    (tmp_path / "mesibo-logwatch").chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    states = []
    for name in ("a.log", "b c.log", str(tmp_path / "a.log")):
        environment = {**os.environ, "BIN": str(tmp_path), "LOG": name, "LISTEN": "127.0.0.1:1",
                       "PYTHONPATH": str(ROOT)}  # fmt: skip
        done = subprocess.run(
            ["sh", ROOT / "config/try.sh"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        states.append(tomllib.loads(done.stdout.partition("Ctrl-C.\n")[2])["state"]["directory"])
    assert states[0] == states[2] != states[1]
    assert all(Path(state).parent == tmp_path / ".run" for state in states)


@pytest.mark.parametrize("name", ["it's.log", "b c.log", "$HOME.log", "$(x).log", "-n.log", 'a"b\\.log'])
def test_make_run_takes_any_path(tmp_path, name):
    """Quotes, blanks and dollars in LOG or CONFIG are those of the path, and it may begin with a dash."""
    program = tmp_path / "v/bin/mesibo-logwatch"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$3"\ncat -- "$3"\n')
    program.chmod(0o755)
    (program.parent / "python").symlink_to(sys.executable)
    (tmp_path / "v/.installed").touch()
    (tmp_path / name).write_text("found")
    made = ["make", "--file", ROOT / "Makefile", "--directory", tmp_path, f"VENV={tmp_path}/v", "--old-file"]
    made += [f"{tmp_path}/v/.installed", "--silent", "run"]
    (tmp_path / "config").symlink_to(ROOT / "config")
    environment = {**os.environ, "LISTEN": "127.0.0.1:1", "PYTHONPATH": str(ROOT)}
    log, config = (
        subprocess.run([*made, setting], env=environment, capture_output=True, text=True, check=True).stdout
        for setting in (f"LOG={name}", f"CONFIG={name}")
    )
    settings = tomllib.loads(log[log.index("[[source]]") :])
    assert settings["source"][0]["paths"] == [str(tmp_path / name)]
    assert config == f"{name}\nfound"


@pytest.mark.timeout(300)
def test_the_demo_shows_an_expired_certificate_and_leaves_nothing_behind(tmp_path):
    """A history and an incident on the page; asked to end, every program and every file is gone."""
    listen = f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "LISTEN": listen, "HISTORY": "1h", "TMPDIR": f"{tmp_path}/tmp", "PATH": "/nowhere"}
    shown = tmp_path / "shown"
    (tmp_path / "tmp").mkdir()
    with shown.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "config.demo"], env=environment, stdout=output, stderr=subprocess.STDOUT,
            cwd=ROOT,
        )  # fmt: skip
    try:
        until(
            lambda: demo.poll() is not None or "The Apple push certificate has expired" in page(listen),
            lambda: f"the incident, {demo.poll()}: {shown.read_text()} {page(listen)}",
            patience=200,
        )
        assert demo.poll() is None, shown.read_text()
    finally:
        demo.terminate()  # it ends what it has started; kill would leave that behind
        demo.wait(PATIENCE)
    output = shown.read_text()
    assert "With Prometheus and Alertmanager installed" in output
    assert "Traceback" not in output
    assert list((tmp_path / "tmp").iterdir()) == []
    assert page(listen) == ""


def page(listen):
    try:
        return get(f"http://{listen}/").decode()
    except OSError:
        return ""
