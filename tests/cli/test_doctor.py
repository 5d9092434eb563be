"""``doctor`` on the terminal and for programs."""

import json

import pytest
from click.testing import CliRunner

from logwatch.cli.doctor import command, render
from logwatch.cli.terminal import show
from logwatch.doctor.check import Check


def invoke(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "logwatch.toml"
    path.write_text(f'[[source]]\nname = "m"\npaths = ["{tmp_path}/m.log"]\n[state]\ndirectory = "{tmp_path}/state"\n'
                    '[web]\nlisten = "127.0.0.1:1"\n')  # fmt: skip
    return path


def test_a_failure_is_reported_with_its_remedy_and_exit_code_1(config):
    """A person sees the row, the verdict and what to do."""
    result = invoke("--config", config)
    assert result.exit_code == 1
    assert "no file is there" in result.output
    assert "→ see where mesibo logs to" in result.output


def test_json_has_the_same_rows(config):
    """A program gets every row, and how many there are of each verdict."""
    result = invoke("--config", config, "--format", "json")
    told = json.loads(result.output)
    assert result.exit_code == 1
    assert sum(told["counts"].values()) == len(told["checks"])
    assert {"check", "verdict", "what", "remedy"} == set(told["checks"][0])


def test_a_configuration_that_cannot_be_used_is_a_row(tmp_path):
    """Doctor reports the configuration in one row, and continues with what does not depend on it."""
    result = invoke("--config", tmp_path / "none.toml", "--format", "json")
    told = json.loads(result.output)
    assert any(row["check"] == "configuration" and row["verdict"] == "failure" for row in told["checks"])
    assert any(row["check"] == "versions" for row in told["checks"])


@pytest.mark.parametrize("option", ["--prometheus", "--alertmanager"])
@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://me:hunter2@h:port", "http://me:hunter2@[::1", "h:1"])
def test_an_address_that_is_none_is_refused_without_the_password_in_it(option, address):
    """That is wrong use, told before anything is checked, and what is told may be pasted where others read it."""
    result = invoke(option, address)
    assert (result.exit_code, "hunter2" in result.output) == (2, False)


def test_what_files_hold_moves_no_cursor(capsys):
    """Control and bidirectional characters of file names and answers are shown, not obeyed."""
    show(render([Check("log", "failure", "/tmp/\x1b[2J\u202ex", "see \x07")]))
    assert not set(capsys.readouterr().out) & {"\x1b", "\x07", "\u202e"}


def test_the_last_line_counts_verdicts_in_words(capsys):
    """Two of a kind are several."""
    show(render([Check("log", verdict, "x", "y") for verdict in ("ok", "ok", "failure", "failure", "warning")]))
    assert capsys.readouterr().out.splitlines()[-1] == "2 ok, 1 warning, 2 failures"


def test_a_remedy_that_is_one_command_stands_on_a_line_of_its_own(capsys):
    """However narrow the window and long the path, what is pasted is the whole command."""
    command = f"mesibo-logwatch grammar propose '/var/log/{'my ' * 40}mesibo.log' --name mine-mesibo"
    show(render([Check("log", "failure", "x", f"`{command}`"), Check("log: clock", "ok", "x")]))
    assert f"→ {command}" in capsys.readouterr().out.splitlines()
