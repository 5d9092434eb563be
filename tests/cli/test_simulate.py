"""`simulate` writes a log and the truth about it."""

import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from logwatch.cli.simulate import command
from tests.helpers.running import PATIENCE


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)))


def test_file_and_truth_agree(tmp_path):
    """The truth counts the lines of the file, in the shape of a report."""
    log, truth = tmp_path / "m.log", tmp_path / "t.json"
    result = run("--output", log, "--truth", truth, "--lines", 500, "--start", "2026-11-22")
    assert result.exit_code == 0
    document = json.loads(truth.read_text())
    assert list(document) == ["lines", "push_lines", "unparsed", "misplaced", "results"]
    assert document["lines"] == 500 == log.read_bytes().count(b"\n")


def test_runs_with_the_same_start_and_seed_are_equal(tmp_path):
    """A log can be made again, byte by byte."""
    one, two = tmp_path / "1", tmp_path / "2"
    for path in (one, two):
        run("--output", path, "--lines", 300, "--start", "2026-11-22", "--seed", 9, "--outage", "903:1:2")
    assert one.read_bytes() == two.read_bytes()


def test_an_existing_log_is_appended_to(tmp_path):
    """Simulate appends to an existing file, so that one named by mistake is not lost."""
    log = tmp_path / "m.log"
    log.write_text("before\n")
    run("--output", log, "--lines", 20, "--start", "2026-11-22")
    assert log.read_text().startswith("before\n")
    assert len(log.read_bytes().splitlines()) == 21


def test_standard_output_is_a_file_too():
    """For pipes."""
    assert run("--output", "-", "--lines", 20, "--start", "2026-11-22", "--envelope", "docker").output.count("\n") == 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_truth_is_written(tmp_path, number):
    """Stopped in the middle, the truth is about what is in the file."""
    log, truth = tmp_path / "m.log", tmp_path / "t.json"
    arguments = ["simulate", "--output", str(log), "--truth", str(truth), "--seconds", "0", "--rate", "50000"]
    with subprocess.Popen([sys.executable, "-m", "logwatch", *arguments], stderr=subprocess.PIPE) as process:
        while not (log.exists() and log.stat().st_size > 10_000):
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == b""
    assert json.loads(truth.read_text())["lines"] == log.read_bytes().count(b"\n")


def test_a_reader_that_leaves_is_no_error():
    """`simulate --output - | head` ends quietly."""
    script = f"{sys.executable} -m logwatch simulate --output - --rate 0 --seconds 30 | head -n 1"
    result = subprocess.run(script, shell=True, capture_output=True, timeout=PATIENCE, check=False)
    assert result.stdout.count(b"\n") == 1
    assert result.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lines", 5], "Missing option '--output'"),
        (["--output", "-", "--outage", "x"], "'x' is not an outage; try 903:-1800"),
        (["--output", "-", "--history", "24h", "--start", "2026-11-22", "--lines", 1], "omit --start"),
        (["--output", "-", "--history", "24h", "--rate", 0], "--history needs a --rate"),
        (["--output", "-", "--daily", "--rate", 0], "--daily needs a --rate"),
        (["--output", "-", "--start", "soon"], "'soon' is not a time; try 2h"),
        (["--output", "-", "--start", "2026-11-22", "--seconds", 0], "say where it ends"),
        (["--output", "-", "--failures", 2], "2.0 is not in the range 0<=x<=1"),
        (["--output", "-", "--rate", -1], "-1.0 is not in the range 0<=x<=1000000"),
    ],
)
def test_wrong_use_is_reported_with_exit_code_2(arguments, message):
    """Each in its own words."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize("option", ["--output", "--truth"])
def test_what_cannot_be_written_is_named(tmp_path, option):
    """Path and reason, no traceback."""
    arguments = {"--output": str(tmp_path / "ok.log"), option: str(tmp_path / "no" / "such")}
    words = [word for pair in arguments.items() for word in pair]
    command_line = [sys.executable, "-m", "logwatch", "simulate", *words, "--lines", "20", "--start", "2026-11-22"]
    result = subprocess.run(command_line, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert result.returncode == 2
    assert result.stderr == (
        f"error: {tmp_path}/no/such: cannot be written: No such file or directory\n  try: name a writable file\n"
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seconds", "nan"), ("--rate", "nan"), ("--rate", "inf"), ("--rate", "1e308"), ("--push", "nan")],
)
def test_what_is_no_number_or_has_no_end_is_refused(tmp_path, option, value):
    """A nan lies within any bounds, and lets nothing end."""
    result = run("--output", tmp_path / "m.log", option, value, "--lines", 3)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output


def test_a_secret_that_is_no_text_is_reported(tmp_path):
    """A secret that is not text is refused in one line."""
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    where = ("--output", tmp_path / "m.log", "--lines", 3)
    result = run(*where, "--webhook", "http://127.0.0.1:1/", "--webhook-secret-file", tmp_path / "secret")
    assert result.exit_code == 2
    assert "does not hold the webhook's secret: it is not text" in " ".join(result.output.split())
