"""What an operator is told when something is wrong: in words, with a fitting exit status, and nothing is lost."""

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from tests.helpers.grammars import write_grammar
from tests.helpers.running import PATIENCE, Daemon, Program, get, until

pytestmark = pytest.mark.integration


def logwatch(programs, *args):
    program = programs(Program, sys.executable, "-m", "logwatch", *args)
    status = program.process.wait(PATIENCE)
    program._reader.join(5)
    assert "Traceback" not in program.output
    return status, program.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[folow]\n", "folow: unknown key", id="an unknown key"),
        pytest.param("[follow]\npoll_seconds = 'fast'\n", "follow.poll_seconds: 'fast'", id="a wrong type"),
        pytest.param("[follow\n", "not valid TOML", id="no TOML"),
        pytest.param("\0\0\0", "not valid TOML", id="binary"),
    ],
)
@pytest.mark.parametrize(("command", "expected"), [("run", 2), ("check", 1)])
def test_a_wrong_configuration_is_reported_and_stops_the_start(programs, tmp_path, command, expected, text, told):
    """`run` exits with 2 and `check` with 1, both with where, what and a remedy."""
    config = tmp_path / "logwatch.toml"
    config.write_text(text)
    status, output = logwatch(programs, command, "--config", config)
    assert status == expected
    assert told in output
    assert "try:" in output


def test_a_configuration_that_is_missing_or_a_directory_is_reported(programs, tmp_path):
    """A path that leads nowhere, or to a directory, is named with the reason."""
    status, output = logwatch(programs, "run", "--config", tmp_path / "nowhere.toml")
    assert (status, "No such file" in output) == (2, True)
    status, output = logwatch(programs, "check", "--config", tmp_path)
    assert (status, "Is a directory" in output) == (1, True)


def test_a_port_in_use_is_reported_before_anything_is_read(programs, site):
    """The start fails with the address and how to find who has it; the state directory stays empty."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        site.config.write_text(site.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        status, output = logwatch(programs, "run", "--config", site.config)
    assert status == 2
    assert f"127.0.0.1:{port}: cannot be listened on: Address already in use" in output
    assert not site.state.exists()


def test_a_state_directory_that_cannot_be_used_is_reported(programs, site):
    """A state directory below a file cannot be made: the message names it, and what to do."""
    site.state.write_text("in the way")
    status, output = logwatch(programs, "run", "--config", site.config)
    assert status == 2
    assert "cannot keep the state here" in output
    assert "state.directory" in output
    assert site.state.read_text() == "in the way"


def test_two_daemons_on_one_state_directory_are_refused(programs, site):
    """The second daemon says who is in the way."""
    programs(Daemon, site.config)
    status, output = logwatch(programs, "run", "--config", site.config)
    assert status == 2
    assert "in use by another mesibo-logwatch" in output


def test_a_state_file_that_is_no_database_is_set_aside_and_reading_resumes_at_the_end(programs, site):
    """The damaged file is kept, the old lines are no burst, new lines count, and metric and page say what happened."""
    site.state.mkdir()
    (site.state / "ledger.sqlite3").write_bytes(b"not a database" * 1000)
    site.write(903, 20)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.total("mesibo_logwatch_source_caught_up") == 1, "the source is caught up")
    site.write(200, 3)
    until(lambda: daemon.codes() == {"200": 3}, "only the new lines")
    assert daemon.total("mesibo_logwatch_state_resets_total") == 1
    assert "ledger_set_aside" in daemon.output
    assert "The ledger was damaged and set aside at" in get(daemon.url).decode()
    (kept,) = site.state.glob("*.damaged-*")
    assert kept.read_bytes().startswith(b"not a database")


def test_binary_garbage_in_a_log_harms_nothing(programs, site):
    """Bytes of no encoding, NULs and endless lines count as what they are, and the lines around them still count."""
    site.write(200, 1)
    with site.log.open("ab") as log:
        log.write(os.urandom(200_000) + b"\n\0\0\0\0\n" + b"push_on_complete code 903 " * 9000 + b"\n")
    site.write(903, 1)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 1, "903": 1}, "the lines around the garbage")
    assert daemon.total("mesibo_logwatch_lag_bytes") == 0


def test_a_directory_in_place_of_a_log_is_reported_and_waited_out(programs, site):
    """The source is down while a directory stands where its log should be, and comes up with the file."""
    site.log.mkdir()
    daemon = programs(Daemon, site.config)
    assert daemon.total("mesibo_logwatch_source_up") == 0
    status, output = logwatch(programs, "check", "--config", site.config)
    assert (status, "is a directory" in output) == (0, True)
    site.log.rmdir()
    site.write(903, 2)
    until(lambda: daemon.codes() == {"903": 2}, "the file in place of the directory")


def test_check_calls_a_missing_log_a_warning(programs, site):
    """A log that is not there yet does not stop the start."""
    status, output = logwatch(programs, "check", "--config", site.config)
    assert status == 0
    assert f'warning: {site.config}:3: source "mesibo": paths: nothing matches' in output
    assert "ok: " in output


@pytest.mark.parametrize("args", [["nonsense"], ["run", "--nonsense"], ["explain"], ["explain", "many"]])
def test_wrong_use_exits_with_2(programs, args):
    """A command that does not exist, or is used in a way it does not know, says so."""
    status, output = logwatch(programs, *args)
    assert status == 2
    assert "Error" in output


def test_check_holds_a_grammar_to_its_samples(programs, site):
    """A grammar that reads a sample in another way than is written above it is a finding, with the sample's place."""
    directory = site.directory / "grammars"
    shipped = Path(__file__).parents[2] / "grammars"
    samples = (shipped / "samples" / "mesibo.log").read_text().replace('{"code": 7}', '{"code": 8}')
    write_grammar(directory, "mine", (shipped / "mesibo.py").read_text(), samples)
    site.configure(f"[grammars]\ndirectories = [{json.dumps(str(directory))}]\n", source='grammar = "mine"')
    status, output = logwatch(programs, "check", "--config", site.config)
    assert status == 1
    assert "mine.log:" in output
    assert "not what is expected" in output
