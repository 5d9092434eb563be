"""What `check` says of sources that cannot be followed now."""

import json
import os
import subprocess
import sys

from logwatch.cli import check_sources
from logwatch.config import Source
from tests.helpers.journald import remote


def check(tmp_path, source, *, env=None):
    config = tmp_path / "logwatch.toml"
    config.write_text(f'[[source]]\nname = "mesibo"\n{source}\n')
    command = [sys.executable, "-m", "logwatch", "check", "--config", str(config)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})
    return told.returncode, told.stderr


def journal(directory, container="mesibo"):
    return f'journal = {{container = "{container}", directory = {json.dumps(str(directory))}}}'


def test_a_readable_journal_is_no_problem(tmp_path):
    """If the journal has entries of the container, nothing is reported."""
    remote(tmp_path / "m.journal", [{"at": 1.8e9, "MESSAGE": "x", "CONTAINER_NAME": "mesibo"}])
    assert check(tmp_path, journal(tmp_path)) == (0, "")


def test_a_container_that_the_journal_does_not_know_is_a_warning(tmp_path):
    """The warning about a misspelt container lists the names that the journal has."""
    remote(tmp_path / "m.journal", [{"at": 1.8e9, "MESSAGE": "x", "CONTAINER_NAME": "mesibo"}])
    status, told = check(tmp_path, journal(tmp_path, "mesiboo"))
    assert status == 0
    assert "container mesiboo: the journal has no entry of it yet: the daemon waits for it" in told
    assert "try: there: mesibo\n" in told


def test_a_missing_journalctl_is_a_warning_with_its_remedy(tmp_path):
    """The program is looked for on the path of the service."""
    remote(tmp_path / "m.journal", [{"at": 1.8e9, "MESSAGE": "x", "CONTAINER_NAME": "mesibo"}])
    status, told = check(tmp_path, journal(tmp_path), env={"PATH": "/nowhere"})
    assert status == 0
    assert "journalctl: cannot be started: No such file or directory" in told
    assert "try: it comes with systemd" in told


def test_a_container_with_the_local_driver_is_named_with_its_remedy(tmp_path):
    """Docker's `local` driver keeps lines where nothing can follow them."""
    home = tmp_path / "docker/containers/abc"
    home.mkdir(parents=True)
    (home / "config.v2.json").write_text(json.dumps({"ID": "abc", "Name": "/mesibo", "LogPath": ""}))
    (home / "hostconfig.json").write_text(json.dumps({"LogConfig": {"Type": "local"}}))
    root = json.dumps(str(tmp_path / "docker"))
    status, told = check(tmp_path, f'docker = {{container = "mesibo", root = {root}}}')
    assert status == 0
    assert "container mesibo: its log driver is local" in told
    assert "--log-driver journald" in told


def test_several_paths_of_which_none_is_there_are_one_warning(tmp_path):
    """Nothing yet is one thing to say; one of several that is missing is named by itself."""
    _, told = check(tmp_path, 'paths = ["logs", "errors"]')
    assert told.count("warning:") == 1
    assert f"nothing matches {tmp_path}/logs, {tmp_path}/errors yet" in told
    assert "part of a name" not in told
    (tmp_path / "logs").touch()
    _, told = check(tmp_path, 'paths = ["logs", "errors"]')
    assert f"nothing matches {tmp_path}/errors yet" in told


def test_a_path_as_a_shell_wants_it_is_explained(tmp_path):
    r"""A \ before a blank names another file, for which nobody but the daemon waits."""
    _, told = check(tmp_path, r"paths = ['my\ log', 'errors']")
    assert r"a \ is part of a name, and a blank needs none" in told


def test_a_pattern_that_matches_more_files_than_a_start_can_wait_for_is_reported(tmp_path, monkeypatch):
    """Of a pattern over everything some files are looked at, and how many there are is said."""
    monkeypatch.setattr(check_sources, "FILES", 2)
    for number in range(5):
        (tmp_path / f"{number}.log").write_bytes(b"\xff\xfeE\0")
    pattern = str(tmp_path / "*.log")
    told = list(check_sources.problems(Source(name="m", paths=[pattern]), "source[0]"))
    assert [problem.what.partition(" ")[2] for problem in told] == [
        "matches 5 files, of which 2 were looked at",
        "is UTF-16",
        "is UTF-16",
    ]
    assert all(problem.warning for problem in told)
