"""`grammar propose`: from unread lines to files that the daemon takes, with what was found and every doubt."""

import json
import random

import pytest
from click.testing import CliRunner

from logwatch.cli.grammar import command
from tests.propose import dialects


def run(*arguments, stdin=None):
    return CliRunner().invoke(command, ["propose", *map(str, arguments)], input=stdin, env={"COLUMNS": "120"})


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "push.log"
    path.write_text("\n".join(dialects.sheet("call_form", 7, hostile=0).lines) + "\n")
    return path


def test_it_shows_what_it_found_and_writes_both_files(log, tmp_path):
    """The place of the code, the shapes with their codes, what stays unread, where it was written, what is next."""
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 0, result.output
    assert "The code is taken from `code=N`." in result.output
    assert "It would count 60 results" in result.output
    assert "Lines that stay unread: 0." in " ".join(result.output.split())
    assert f"written: {tmp_path}/g/mine.py" in result.output.replace("\n", " ")
    assert 'set grammar = "mine"' in result.output
    assert (tmp_path / "g" / "mine.py").stat().st_mode & 0o777 == 0o644
    assert CliRunner().invoke(command, ["check", "mine", "-d", str(tmp_path / "g")]).exit_code == 0


def test_lines_are_read_from_standard_input_out_of_dockers_records(log, tmp_path):
    """What `docker logs` prints, and what Docker writes, give the same grammar."""
    plain = run("-", "--name", "mine", "--output", tmp_path / "a", stdin=log.read_text())
    records = "".join(
        json.dumps({"log": line + "\n", "stream": "stderr", "time": "2026-11-22T10:15:00Z"}, separators=(",", ":"))
        + "\n"
        for line in log.read_text().splitlines()
    )
    docker = run("-", "--name", "mine", "--output", tmp_path / "b", stdin=records)
    assert (plain.exit_code, docker.exit_code) == (0, 0)
    assert (tmp_path / "a" / "mine.py").read_text() == (tmp_path / "b" / "mine.py").read_text()


def test_nothing_is_written_over_unless_it_is_asked_for(log, tmp_path):
    """A grammar that somebody has mended by hand is not lost."""
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "mine.py").write_text("precious")
    refused = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert "is there already" in str(refused.exception)
    assert (tmp_path / "g" / "mine.py").read_text() == "precious"
    assert run(log, "--name", "mine", "--output", tmp_path / "g", "--force").exit_code == 0


def test_lines_that_are_read_today_need_no_grammar(tmp_path):
    """Nothing to propose is no finding; --all looks at them all the same."""
    path = tmp_path / "mesibo.log"
    rng = random.Random(1)
    path.write_text(
        "".join(
            f"E{push.ddmm} (1): push_on_complete: uid {push.uid} code {push.code}\n"
            for push in dialects.pushes(rng, 30)
        )
    )
    result = run(path, "--name", "mine", "--output", tmp_path / "g")
    assert (result.exit_code, "nothing to propose: 30 lines" in result.output) == (0, True)
    assert not (tmp_path / "g").exists()
    assert run(path, "--name", "mine", "--output", tmp_path / "g", "--all").exit_code == 0


def test_what_cannot_be_proposed_is_told_with_the_reason(tmp_path):
    """Exit 1, a reason, something to try, and no file."""
    path = tmp_path / "x.log"
    path.write_text(
        "".join(
            f'2026-11-22T10:15:{i:02}Z push_on_complete text="code {code}"\n'
            for i, code in enumerate([200, 410, 903] * 10)
        )
    )
    result = run(path, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 1
    assert "inside quotes or brackets" in result.output
    assert "try:" in result.output
    assert not (tmp_path / "g").exists()
