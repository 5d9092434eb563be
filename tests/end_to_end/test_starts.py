"""How the daemon starts, and how it gets on where it is killed again and again, or has too little of everything."""

import contextlib
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
from pathlib import Path

import pytest

from tests.helpers.running import PATIENCE, Daemon, Program, free_port, get, until

pytestmark = pytest.mark.integration


def takes_signals(pid):
    """Whether a process has handlers for the wishes to end and to reload, as the kernel knows it."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), 16)
    return all(caught >> (number - 1) & 1 for number in (signal.SIGTERM, signal.SIGHUP))


@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("after", [0.0, 0.1, 0.3])
def test_a_signal_at_the_start_ends_nothing_without_a_word(site, wish, after):
    """From its first line on the daemon takes its signals: SIGTERM is an orderly end, SIGHUP a reload."""
    site.write(200, 5)
    program = subprocess.Popen(
        [sys.executable, "-m", "logwatch", "run", "--config", site.config],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        until(lambda: takes_signals(program.pid), "it takes its signals")
        time.sleep(after)  # the instant of the signal is what is tried
        program.send_signal(wish)
        if wish == signal.SIGTERM:
            rest = program.stderr.read()
            assert program.wait(PATIENCE) == 0
            assert "stopped" in rest
        else:
            for line in program.stderr:
                if "reloaded" in line:
                    break
            else:
                pytest.fail("it was not reloaded")
    finally:
        program.kill()
        program.wait()
        program.stderr.close()


def test_a_stop_ends_it_though_its_starter_had_blocked_the_signal(site, programs):
    """A process inherits which signals are blocked; only systemd resets that."""
    program = programs(Daemon, site.config, through=["env", "--block-signal=TERM,HUP"])
    program.process.send_signal(signal.SIGHUP)
    program.said("reloaded")
    assert program.stop() == 0


def cpu_seconds(program):
    """Return the CPU time that a running process has used so far."""
    fields = Path(f"/proc/{program.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lines_on_disk(site):
    """Return the lines that the ledger has counted, asked without the daemon."""
    ledger = f"file:{site.state / 'ledger.sqlite3'}?mode=ro"
    with contextlib.closing(sqlite3.connect(ledger, uri=True, timeout=PATIENCE)) as db:
        return db.execute("SELECT coalesce(sum(value), 0) FROM counters WHERE counter = 'lines'").fetchone()[0]


def test_each_life_of_a_daemon_that_is_killed_again_and_again_makes_progress(site, programs):
    """A backlog is committed as it is read: kill -9 soon after each start never sends it back to where it was."""
    site.write(200, 1)
    line = site.log.read_text().splitlines()[0]
    with site.log.open("w") as log:
        for n in range(300_000):
            log.write(line.replace("uid 0", f"uid {n}") + "\n")
    chance = random.Random(12)
    counts = [0]
    for _ in range(3):
        daemon = programs(Daemon, site.config)
        # lives are as long as the work that was done in them: a busy machine does little in a second
        end = cpu_seconds(daemon) + chance.uniform(0.3, 0.9)
        until(lambda d=daemon, e=end: cpu_seconds(d) >= e or lines_on_disk(site) == 300_000, "some work is done")
        daemon.stop(signal.SIGKILL)
        counts.append(lines_on_disk(site))
    daemon = programs(Daemon, site.config)
    assert counts[1:] == sorted(set(counts[1:])) or counts[-1] == 300_000
    until(lambda: daemon.total("mesibo_logwatch_lines_total") == 300_000, "everything is counted once")


def told_on_disk(site):
    """Return the users of the failures that the ledger tells one by one, in their order."""
    ledger = f"file:{site.state / 'ledger.sqlite3'}?mode=ro"
    with contextlib.closing(sqlite3.connect(ledger, uri=True, timeout=PATIENCE)) as db:
        return [int(user) for (user,) in db.execute("SELECT user FROM failures ORDER BY id")]


def test_a_kill_amid_a_backlog_may_cost_details_of_failures_and_an_orderly_stop_costs_none(site, programs):
    """Counts are exact either way; what is reported one by one are the newest failures, without a gap among them."""
    site.configure('[privacy]\nidentifiers = "plain"\n')
    site.write(903, 1)
    # as long as push lines are: of a chunk of short ones not every failure is told
    line = site.log.read_text().splitlines()[0].replace(" type", f" token {'t' * 200} type")
    with site.log.open("w") as log:
        for n in range(100_000):
            log.write(line.replace("uid 0", f"uid {n}") + "\n")
    daemon = programs(Daemon, site.config)
    until(lambda: lines_on_disk(site), "some are counted")
    daemon.stop(signal.SIGKILL)
    killed_at = lines_on_disk(site)
    daemon = programs(Daemon, site.config)
    until(lambda: lines_on_disk(site) > killed_at or killed_at == 100_000, "more are counted")
    assert daemon.stop() == 0
    counted, told = lines_on_disk(site), told_on_disk(site)
    assert told == list(range(counted))[-len(told) :]
    assert len(told) >= min(10_000, counted - killed_at)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"903": 100_000}, "everything is counted once")
    until(lambda: told_on_disk(site) == list(range(90_000, 100_000)), "the newest are told one by one")


def test_two_sources_that_lead_to_one_file_are_refused(site):
    """By check and by run, with both names, whatever links lead there; each line would count twice."""
    site.write(200, 5)
    os.link(site.log, site.directory / "hard.txt")
    with site.config.open("a") as config:
        config.write(f'[[source]]\nname = "again"\npaths = [{json.dumps(str(site.directory / "h*.txt"))}]\n')
    for command in ("check", "run"):
        done = subprocess.run(
            [sys.executable, "-m", "logwatch", command, "--config", site.config],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == (1 if command == "check" else 2)
        assert "again" in done.stderr
        assert f"the same file as {site.log} of source mesibo" in done.stderr


@pytest.mark.parametrize("limit", [6, 7, 9, 11, 12, 13, 15, 16])
def test_a_start_without_enough_descriptors_ends_with_words(site, limit):
    """Whatever cannot be opened: the process ends, and says what to try; it neither waits for ever nor shows code."""
    site.write(200, 5)
    command = ["prlimit", f"--nofile={limit}", sys.executable, "-m", "logwatch", "run", "--config", str(site.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert re.search("^(  try|critical): ", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("limit", [128, 256])
def test_few_descriptors_are_shared_by_all_sources(site, programs, limit):
    """Five sources of a hundred files each are counted with a hundred descriptors, while HTTP is served."""
    sources = []
    for n in range(5):
        (site.directory / f"s{n}").mkdir()
        sources.append(f'[[source]]\nname = "s{n}"\npaths = [{json.dumps(str(site.directory / f"s{n}" / "*.log"))}]\n')
        for k in range(100):
            stamp = f"E2511-22{n:02}{k % 60:02}-{k:03}"
            (site.directory / f"s{n}" / f"{k}.log").write_text(f"{stamp} (1): push_on_complete: uid {k} code 200\n")
    site.configure("".join(sources))
    program = programs(
        Program, "prlimit", f"--nofile={limit}", sys.executable, "-m", "logwatch", "run", "--config", site.config
    )
    url = program.said(r"ready url=(\S+)").group(1)
    until(
        lambda: (
            sum(
                float(line.rsplit(b" ", 1)[1])
                for line in get(url + "metrics").splitlines()
                if line.startswith(b"mesibo_push_results_total")
            )
            == 500
        ),
        "all files are counted",
    )


def test_many_directories_take_few_threads(site, programs):
    """Sixty directories are watched by one thread, so that a unit's TasksMax has room."""
    for n in range(60):
        (site.directory / f"d{n}").mkdir()
        (site.directory / f"d{n}" / "m.log").write_text(f"E2511-2200{n:02}-001 (1): push_on_complete: code 200\n")
    site.configure(f'[[source]]\nname = "many"\npaths = [{json.dumps(str(site.directory / "d*" / "*.log"))}]\n')
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 60}, "all are counted")
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    threads = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:"))
    assert threads < 16
    assert "inotify_refused" not in daemon.output


def test_a_loop_that_hangs_is_not_ready(site, programs):
    """/-/ready fails if the reading loop has stopped turning."""
    driver = """
import sys, time
from pathlib import Path
from logwatch import daemon as module, logging_setup
from logwatch.config import load
from logwatch.pipeline import Pipeline
module.LONGEST_TURN_SECONDS = 1.0
logging_setup.configure()
turn, turns = Pipeline.turn, []
def hanging(self):
    turns.append(1)
    if len(turns) > 2:
        time.sleep(600)
    return turn(self)
Pipeline.turn = hanging
sys.exit(module.Daemon(lambda: load(Path(sys.argv[1]))).run())
"""
    site.write(200, 1)
    program = programs(Program, sys.executable, "-c", driver, site.config)
    url = program.said(r"ready url=(\S+)").group(1)

    def refused():
        try:
            get(url + "-/ready")
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code == 503 and b"has not turned" in refusal.read()
        return False

    until(refused, "it is not ready any more")
    program.stop(signal.SIGKILL)


def test_a_daemon_without_standard_streams_counts_and_writes_into_no_file_of_anybody(site, programs):
    """Closed by who started it, their numbers are not given to the log, the ledger or a connection."""
    site.write(200, 5)
    port = free_port()
    site.config.write_text(site.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-m", "logwatch", "run", "--config"]
    program = programs(Program, *command, site.config)
    until(lambda: b'code="200"' in get(f"http://127.0.0.1:{port}/metrics"), "the lines are counted")
    for number in range(3):
        assert Path(f"/proc/{program.process.pid}/fd/{number}").readlink() == Path("/dev/null")
    site.log.rename(site.directory / "mesibo.log.1")  # which it would tell
    site.write(903, 1)
    until(lambda: b'code="903"' in get(f"http://127.0.0.1:{port}/metrics"), "the new file is counted")
    assert program.stop() == 0


def test_a_variable_for_servers_with_many_processes_does_not_move_metrics_into_files(site, programs, tmp_path):
    """prometheus_client would refuse to start without that directory, and fill it with files at each start."""
    there = tmp_path / "metrics"
    there.mkdir()
    for number, directory in enumerate((there, tmp_path / "nowhere"), 1):
        site.write(200)
        daemon = programs(Daemon, site.config, env={"PROMETHEUS_MULTIPROC_DIR": str(directory)})
        until(lambda daemon=daemon, number=number: daemon.codes() == {"200": number}, "the lines are counted")
        daemon.stop()
    assert not any(there.iterdir())
