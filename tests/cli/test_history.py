"""`history` reads what `report` reads, writes a whole file or none, and says what is in it."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from logwatch.cli.history import command
from tests.helpers.running import PATIENCE

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z


def lines(hour, code, count):
    return "".join(f"E2211-{hour:02}{i:02}00-000 (17): push_on_complete: type fcm code {code}\n" for i in range(count))


def write(path, text, at=NOON):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    os.utime(path, (at, at))
    return path


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)))


def whole(*arguments, **how):
    """Run the real command, which tells errors in words."""
    command_line = [sys.executable, "-m", "logwatch", "history", *map(str, arguments)]
    return subprocess.run(command_line, capture_output=True, text=True, timeout=PATIENCE, check=False, **how)


def totals(text, label="code"):
    """Return the last value of each result."""
    found = {}
    for family in text_string_to_metric_families(text):
        if family.name == "mesibo_push_results":
            found |= {sample.labels[label]: sample.value for sample in family.samples}
    return found


def test_several_files_are_one_past_in_any_order(tmp_path):
    """Packed or not; what is said at the end is what the file holds, and what to do with it."""
    old, new = write(tmp_path / "m.log.1.gz", lines(9, 200, 30)), write(tmp_path / "m.log", lines(10, 200, 20))
    found = run(new, old, "-o", tmp_path / "past.om")
    assert found.exit_code == 0
    assert totals((tmp_path / "past.om").read_text()) == {"200": 50}
    assert found.output == (
        "50 push results as 81 samples of 1 series, 2026-11-22 09:00 to 2026-11-22 10:20 UTC\n"
        f"next: promtool tsdb create-blocks-from openmetrics {tmp_path}/past.om OUT --max-block-duration=744h\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.log", "m.log.1.gz", "past.om"]


@pytest.mark.parametrize("there", [True, False])
def test_an_output_that_is_a_link_stays_one(tmp_path, there):
    """As /dev/stdout is one to a file: root replaced the device for the whole host."""
    link, past = tmp_path / "stdout", tmp_path / "elsewhere" / "past.om"
    past.parent.mkdir()
    if there:
        past.touch()
    link.symlink_to(past)
    assert run(write(tmp_path / "m.log", lines(9, 200, 30)), "-o", link).exit_code == 0
    assert link.is_symlink()
    assert totals(past.read_text()) == {"200": 30}
    assert [path.name for path in past.parent.iterdir()] == ["past.om"]


def test_an_output_behind_a_link_that_loops_is_refused(tmp_path):
    """Nobody can write there; the command says so."""
    (tmp_path / "loop").symlink_to("loop")
    found = whole("missing.log", "-o", "loop/past.om", cwd=tmp_path, stdin=subprocess.DEVNULL)
    assert found.returncode == 2
    assert "loop/past.om: cannot be written: Too many levels of symbolic links" in found.stderr


def test_the_rotated_files_of_a_configured_log_belong_to_its_past(tmp_path):
    """Without PATH, rotated files beside a log, and those that the configuration names, are read as well."""
    write(tmp_path / "m.log", lines(10, 200, 20))
    write(tmp_path / "m.log-20261122.gz", lines(9, 404, 30))
    write(tmp_path / "m.log.notes", lines(9, 903, 30))
    (tmp_path / "old").mkdir()
    write(tmp_path / "old" / "m.7", lines(8, 503, 10))
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "chat"\npaths = ["m.log"]\nrotated = ["old/*"]\n')
    found = whole("--config", config, "-o", "-", "--label", "cluster=main")
    assert totals(found.stdout) == {"200": 20, "404": 30, "503": 10}
    assert set(totals(found.stdout, "source")) == {"chat"}
    assert set(totals(found.stdout, "cluster")) == {"main"}


def test_a_path_belongs_to_the_source_that_follows_it(tmp_path):
    """Its name is the label."""
    log = write(tmp_path / "m.log", lines(10, 200, 20))
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "a"\npaths = ["o.log"]\n[[source]]\nname = "b"\npaths = ["*.log"]\n')
    assert totals(whole(log, "--config", config, "-o", "-").stdout, "source") == {"b": 20}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "Missing option '-o'"),
        (["-", "-o", "F", "--label", "cluster"], "'cluster' is not a label; try --label cluster=main"),
        (["-", "-o", "F", "--label", "__name__=x"], "'__name__=x' is not a label"),
        (["-", "-o", "F", "--label", "source=x"], "source is a label that the counters themselves have"),
        (["-", "-o", "F", "--since", "2h", "--until", "3h"], "--since is not before --until"),
        (
            ["missing.log", "-o", "/nowhere/F"],
            "/nowhere/F: cannot be written: No such file or directory\n  try: name one in a writable directory",
        ),
        (["missing.log", "-o", "/dev/full"], "/dev/full: is not a file"),
        (["missing.log", "-o", ""], '"": is not a file'),  # as of a variable that is not set
        (["missing.log", "-o", "/"], "/: is not a file"),
        (["missing.log", "-o", "/dev/null/F"], "/dev/null/F: cannot be written: Not a directory"),
        (["missing.log", "-o", "F"], "missing.log: there is no such file"),
    ],
)
def test_wrong_use_is_reported_with_exit_code_2_and_nothing_is_written(tmp_path, arguments, message):
    """Wrong use ends the command in words, before hours of reading."""
    found = whole(*arguments, cwd=tmp_path, stdin=subprocess.DEVNULL)
    assert (found.returncode, [*tmp_path.iterdir()]) == (2, [])
    assert message in found.stderr
    assert "Traceback" not in found.stderr


def test_without_a_result_nothing_is_written(tmp_path):
    """Without any result, an existing output file stays as it was: an empty past would look like a quiet one."""
    (tmp_path / "past.om").write_text("before")
    found = run(write(tmp_path / "m.log", "E2211-101500-123 (17): on_login: uid 1\n"), "-o", tmp_path / "past.om")
    assert found.exit_code == 1
    assert "there is no push result" in found.output
    assert (tmp_path / "past.om").read_text() == "before"


@pytest.mark.parametrize("name", ["m.log", "link", "sub/../m.log"])
@pytest.mark.parametrize("piped", [False, True])
def test_a_log_is_never_written_over(tmp_path, name, piped):
    """Logs are only read: by no name, and not as standard input either, does one become its own history."""
    log = write(tmp_path / "m.log", lines(10, 200, 20))
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(log)
    with log.open() as stdin:
        found = whole("-" if piped else log, "-o", tmp_path / name, stdin=stdin)
    assert found.returncode == 2
    assert f"{tmp_path / name}: is not written: it is a log that is read" in found.stderr
    assert log.read_text() == lines(10, 200, 20)
    assert (tmp_path / "link").is_symlink()


def test_what_can_be_read_is_written_beside_what_cannot(tmp_path):
    """The exit code tells."""
    log = write(tmp_path / "m.log", lines(10, 200, 20))
    found = run(log, tmp_path / "missing.log", "-o", tmp_path / "past.om")
    assert found.exit_code == 1
    assert "missing.log: there is no such file" in found.output
    assert totals((tmp_path / "past.om").read_text()) == {"200": 20}


def test_if_nothing_is_found_the_way_to_it_is_shown(tmp_path):
    """A journal is not a file: the command that prints it, and what to do with it."""
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\njournal = {unit = "mesibo.service"}\n')
    found = whole("--config", config, "-o", tmp_path / "past.om")
    assert found.returncode == 2
    assert "there is nothing to read: the source is not a file here" in found.stderr
    assert "journalctl --output=cat" in found.stderr
    assert "| mesibo-logwatch history -o F -\n" in found.stderr


def test_doubtful_times_are_reported(tmp_path):
    """Notes say if a stamp is no date, or if some stamps must have a wrong year."""
    timeless = write(tmp_path / "a.log", "E9911-100000-001: push_on_complete: type fcm code 500\n")
    months = [*range(10, 13), *range(1, 12)]
    text = "".join(f"E01{month:02}-100000-000 (1): push_on_complete: code 200\n" for month in months)
    found = run(timeless, write(tmp_path / "b.log", text), "-o", tmp_path / "past.om")
    assert "note: 1 of 2 inputs have no time for any push" in found.output
    assert f"note: {tmp_path}/b.log: its stamps, which have no year, go back" in found.output


def test_a_disk_that_is_full_is_one_line_of_error(tmp_path):
    """No traceback, and no half of a file."""
    log = write(tmp_path / "m.log", lines(10, 200, 20))
    with Path("/dev/full").open("wb") as full:
        arguments = [sys.executable, "-m", "logwatch", "history", log, "-o", "-"]
        found = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE)
    assert found.returncode == 2
    assert "error: the output cannot be written: No space left on device" in found.stderr


def test_ctrl_c_leaves_no_half_of_a_past(tmp_path):
    """A file that ends in the middle would look like a quiet site."""
    output = tmp_path / "past.om"
    arguments = [sys.executable, "-m", "logwatch", "history", "-", "-o", output]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0) as process:
        process.stdin.write(lines(10, 200, 60).encode() * 40)  # more than a pipe holds: it was taken out
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"interrupted: nothing is written" in err
    assert [*tmp_path.iterdir()] == []
