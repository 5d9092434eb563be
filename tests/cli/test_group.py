"""What all commands have in common: how they end where they are given what they cannot use."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from logwatch.cli import group

LINE = "E2611-080000-123 (17): push_on_complete: uid 4711 type apn code 903\n"


@pytest.mark.parametrize("ours", [True, False], ids=["this Python", "Python 3.14"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "--config", "{config}"],
        ["history", "{log}", "--output", "{closed}/past.om"],
        ["grammar", "check", "--directory", "{closed}"],
        ["grammar", "propose", "{closed}/m.log", "--name", "mine", "--output", "{place}/grammars"],
        ["grammar", "propose", "{log}", "--name", "mine", "--output", "{closed}", "--all"],
    ],
    ids=["report", "history", "check", "a log", "propose"],
)
def test_a_path_that_cannot_be_asked_for_is_an_error_in_words(tmp_path, monkeypatch, arguments, ours):
    """Its name is too long, or a directory above it is closed to the user: that is reported, and no traceback.

    Since Python 3.14 a path says of itself that it is not there, and a grammar in such a directory was passed over.
    """
    if not ours:
        for method, as_there in {"exists": "exists", "is_file": "isfile", "is_dir": "isdir"}.items():
            monkeypatch.setattr(Path, method, getattr(os.path, as_there))
    names = {"place": tmp_path, "closed": tmp_path / ("x" * 300)}
    names |= {"log": tmp_path / "m.log", "config": tmp_path / "logwatch.toml"}
    names["log"].write_text(LINE)
    names["config"].write_text(f'[[source]]\nname = "m"\npaths = ["{names["closed"]}"]\n')
    done = CliRunner().invoke(group, [each.format_map(names) for each in arguments])
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 2
    assert "File name too long" in done.output


def test_a_misspelt_command_is_answered_with_the_nearest():
    """A command is no less worth a hint than an option."""
    done = CliRunner().invoke(group, ["reprot", "x.log"])
    assert done.exit_code == 2
    assert "No such command 'reprot'. Did you mean 'report'?" in done.output
    assert "Did you mean" not in CliRunner().invoke(group, ["zzz"]).output


@pytest.mark.parametrize("command", [["check"], ["run"], ["doctor"], ["explain", "912"], ["report"]], ids=" ".join)
def test_a_configuration_of_root_alone_is_reported_with_a_remedy(tmp_path, monkeypatch, command):
    """The service said "is not readable", neither for whom nor what helps."""
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\n')

    opened = Path.open

    def closed(path, *arguments, **more):
        if path == config:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **more)

    monkeypatch.setattr("os.access", lambda *_, **__: False)
    monkeypatch.setattr(Path, "open", closed)
    done = CliRunner().invoke(group, [*command, "--config", str(config)])
    told = " ".join(done.output.split())  # a table breaks lines
    assert "the configuration cannot be read: Permission denied" in told
    assert "make it readable for user" in told
