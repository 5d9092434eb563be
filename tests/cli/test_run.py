"""``run`` as a program: what it loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from logwatch.cli import group
from tests.helpers.running import until


def test_the_daemon_loads_no_rich():
    """Tables and colours are for the short commands: they would cost the daemon start and memory."""
    loaded = "import sys, logwatch.cli.run; print('rich' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


@pytest.mark.parametrize("name", ["grammar", "push", "credentials"])
def test_a_group_lists_its_commands_with_whole_sentences(name):
    """None is cut off, on the narrowest terminal either."""
    told = CliRunner().invoke(group, [name, "--help"], env={"COLUMNS": "60"}).output
    assert "..." not in told.partition("Commands:")[2]
    assert told.count(".") > 2


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["explain", "903"]])
def test_an_output_without_room_is_reported_in_words(words):
    """Help and version as well."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "logwatch", *words], stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
    assert (done.returncode, done.stderr) == (2, "error: the output cannot be written: No space left on device\n")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("MemoryError()", "error: this process: cannot go on: no memory is left\n  try: see `free`"),
        (
            'RuntimeError("can\'t start new thread")',
            "error: this process: cannot go on: can't start new thread\n  try: ",
        ),
        (
            'ImportError("libssl.so.3: failed to map segment from shared object")',
            "error: this process: cannot go on: libssl.so.3: failed to map segment from shared object\n  try: ",
        ),
        ('ImportError("No module named x")', "Traceback"),
        ('OSError(24, "Too many open files")', "error: this process: cannot go on: Too many open files\n  try: "),
        ('OSError(5, "Input/output error")', "error: standard input or output fails: Input/output error\n"),
        ('RuntimeError("a defect")', "Traceback"),
    ],
)
def test_what_the_system_does_not_give_is_reported_in_words(error, told):
    """Memory, threads and descriptors, in whatever command they run out; what is our fault stays a traceback."""
    script = f"import logwatch.cli as cli\ndef refuse(*_):\n    raise {error}\ncli._Lazy.invoke = refuse\ncli.main()"
    done = subprocess.run([sys.executable, "-c", script, "explain"], capture_output=True, text=True, check=False)
    assert done.stderr.startswith(told)
    assert done.returncode == (1 if told == "Traceback" else 2)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_another_encoding_gets_what_it_can_show(encoding, tmp_path):
    """Arrows are escaped, where they would end in a traceback."""
    path = tmp_path / "\u2192.log"
    path.write_text("E2511-224454-001 (17): push_on_complete: uid 1 type fcm code 903\n")
    done = subprocess.run(
        [sys.executable, "-m", "logwatch", "credentials", "check", path],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("level", "events"), [("info", {"configured", "state_tightened"}), ("error", set())])
def test_what_a_start_says_first_has_the_configured_form_and_level(level, events, tmp_path):
    """Even before the first source is followed, events have the configured format and level."""
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o755)
    (tmp_path / "m.log").touch()
    config = tmp_path / "logwatch.toml"
    config.write_text(
        f"""[[source]]\nname = "m"\npaths = ["{tmp_path}/m.log"]\n[state]\ndirectory = "{state}"
[web]\nlisten = "127.0.0.1:0"\n[log]\nformat = "json"\nlevel = "{level}"\n"""
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "logwatch", "run", "--config", config], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        until((state / "ledger.sqlite3").exists, "a ledger")
    finally:
        running.terminate()
        told = running.communicate()[1].decode().splitlines()
    said = {json.loads(line)["event"] for line in told}
    assert (state / "ledger.sqlite3").exists()
    assert said >= events if events else not said
