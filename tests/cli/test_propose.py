"""`grammar propose`: from unread lines to files that the daemon takes, with what was found and every doubt."""

import json
import random

import pytest
from click.testing import CliRunner

from logwatch.cli.grammar import command
from logwatch.ledger.batch import Batch, ShapeRow
from logwatch.ledger.store import Ledger
from tests.helpers import dialects


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


@pytest.mark.parametrize("name", ["../precious", "a/b", "", "my grammar"])
def test_what_is_no_name_is_refused_before_anything_is_written(log, tmp_path, monkeypatch, name):
    """A path would lead the draft out of its own directory, over a file of somebody else's."""
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(drafts))
    (drafts / "precious.py").write_text("precious")
    refused = run(log, "--name", name, "--output", tmp_path / "g")
    assert "use letters, digits, - and _" in str(refused.exception)
    assert {path.name: path.read_text() for path in drafts.iterdir()} == {"precious.py": "precious"}


def test_nothing_is_written_over_unless_it_is_asked_for(log, tmp_path):
    """A grammar that somebody has mended by hand is not lost."""
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "mine.py").write_text("precious")
    refused = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert "is there already" in str(refused.exception)
    assert (tmp_path / "g" / "mine.py").read_text() == "precious"
    assert run(log, "--name", "mine", "--output", tmp_path / "g", "--force").exit_code == 0


def test_a_grammar_that_would_unread_what_comes_today_is_not_for_the_source(tmp_path):
    """Users quote push lines: obeyed, a grammar for what they write would count that, and nothing of mesibo's."""
    accepted = [f"E2911-1000{n:02}-123 (17): push_on_complete: uid {n} type fcm code 200" for n in range(60)]
    quoted = [f"E2911-1000{n:02}-456 (3): message from {n}: push_on_complete: code 903" for n in range(20)]
    log = tmp_path / "m.log"
    log.write_text("\n".join([*accepted[:30], *quoted, *accepted[30:], ""]))
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 1
    assert 'next: not in source "mesibo"' in result.output
    assert 'set grammar = "mine"' not in result.output
    log.write_text("\n".join([*accepted, *quoted, ""]))  # after an update of mesibo the first ones come no more
    result = run(log, "--name", "mine", "--output", tmp_path / "g", "--force")
    assert (result.exit_code, 'set grammar = "mine"' in result.output) == (0, True)
    assert "look at: of the 60 lines that mesibo reads, 60 would not be read; all are older" in result.output


def mixed(count, today=lambda i: i % 4 == 0):
    """Return lines of two dialects, of which the shipped grammar reads those for which ``today`` holds."""
    pushes = enumerate(dialects.pushes(random.Random(5), count))
    return [
        f"E{push.ddmm} (1): push_on_complete: uid {push.uid} code {push.code}"
        if today(i)
        else f"{push.iso} INFO push_on_complete uid={push.uid} code={push.code}"
        for i, push in pushes
    ]


def test_a_loss_anywhere_in_the_log_forbids_the_grammar(tmp_path):
    """Lines that are read today are missed wherever they are, also long before the end."""
    log = tmp_path / "m.log"
    log.write_text("\n".join([*mixed(200), *mixed(900, today=lambda _: False), ""]))
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 1
    assert "of the 50 lines that mesibo reads, 50 would not be read" in result.output
    assert 'set grammar = "mine"' not in result.output


def test_a_log_of_any_length_is_read_to_its_end(tmp_path, monkeypatch):
    """Of more lines than are kept, some of each kind stand for all, and it is said how many were looked at."""
    monkeypatch.setattr("logwatch.cli.propose._MOST_LINES", 100)
    log = tmp_path / "m.log"
    log.write_text("\n".join([*mixed(3000, today=lambda i: i < 2850), ""]))
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 0, result.output
    assert "It would count 100 results" in result.output
    assert "Looked at 100 of 150 such lines, spread over all." in result.output
    assert "look at: of the 100 lines that mesibo reads, 100 would not be read; all are older" in result.output


@pytest.mark.parametrize("first", ["plain", "compose"])
def test_lines_in_another_envelope_than_the_rest_of_their_file_need_no_grammar(tmp_path, first):
    """The envelope is decided once per file: the log has to be rotated, whichever came first."""
    plain = mixed(80, today=lambda _: True)
    compose = [f"mesibo-1  | {line}" for line in plain]
    log = tmp_path / "m.log"
    log.write_text("\n".join([*plain * 3, *compose, ""] if first == "plain" else [*compose * 3, *plain, ""]))
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert (result.exit_code, (tmp_path / "g").exists()) == (1, False)
    other = "compose" if first == "plain" else "plain"
    assert f"of 80 unread lines most are in another envelope ({other})" in result.output
    assert "try: have the log rotated" in result.output


def test_lines_outside_the_envelope_of_the_others_are_named(tmp_path):
    """They stay unread, whatever the grammar."""
    lines = [f"mesibo-1  | {line}" for line in mixed(80, today=lambda _: False)]
    log = tmp_path / "m.log"
    log.write_text("\n".join([*lines * 3, "chat> push_on_complete: code 200", ""]))
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert "look at: 1 line is not in the envelope of the others: no grammar reads" in result.output


@pytest.mark.parametrize(
    "line",
    [
        "\x1b[2m{0.iso}\x1b[0m INF push_on_complete \x1b[2muid=\x1b[0m{0.uid} \x1b[2mcode=\x1b[0m{0.code}",
        "E{0.ddmm} (1): push_on_complete: uid {0.uid} code \x1b[33m{0.code}\x1b[0m.",
        "E{0.ddmm} (1): \x1b[1mpush_on_complete\x1b[0m: uid {0.uid} code {0.code}",
    ],
)
def test_colours_within_lines_are_named_as_what_they_are(tmp_path, line):
    """Nothing is wrong with mesibo.conf where a program writes in colours, and these can be switched off."""
    log = tmp_path / "m.log"
    log.write_text("".join(line.format(push) + "\n" for push in dialects.pushes(random.Random(5), 60)))
    result = run(log, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 1
    assert "there are colours (escape sequences) within the lines" in result.output
    assert "switch them off where the log is written" in result.output
    assert "push = 1" not in result.output


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
    assert (result.exit_code, "nothing to propose: the 30 lines" in result.output) == (0, True)
    assert not (tmp_path / "g").exists()
    assert run(path, "--name", "mine", "--output", tmp_path / "g", "--all").exit_code == 0


def test_what_cannot_be_proposed_is_reported_with_the_reason(tmp_path):
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


def test_of_texts_inside_json_the_command_that_takes_them_out_is_proposed(tmp_path):
    """Shippers wrap mesibo's own lines, which need no grammar."""
    path = tmp_path / "x.log"
    lines = [f"E2211-1015{i:02}-001: push_on_complete: code {code}" for i, code in enumerate([200, 410, 903] * 10)]
    path.write_text("".join(f'docker.mesibo: [1763806500.1, {{"log": "{line}"}}]\n' for line in lines))
    result = run(path, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 1
    assert ".log? | strings' FILE | mesibo-logwatch report" in result.output.replace("\n", " ")


def configured(tmp_path, text):
    path = tmp_path / "logwatch.toml"
    path.write_text(f'[[source]]\nname = "chat"\n{text}\n[state]\ndirectory = "{tmp_path}/state"\n')
    return path


@pytest.mark.parametrize(
    ("followed", "named", "told"),
    [
        ("push.log", (), 'in source "second"'),
        ("*.log", (), 'in source "second"'),
        ("else", (), "in the source that these lines are of"),
        ("else", ("--source", "second"), 'in source "second"'),
    ],
)
def test_the_source_that_follows_the_file_is_told_to_take_the_grammar(log, tmp_path, followed, named, told):
    """Of several sources the file's own is named, and none where that is unknown."""
    second = f'[[source]]\nname = "second"\npaths = ["{tmp_path}/{followed}"]\n'
    file = configured(tmp_path, f'paths = ["{tmp_path}/first"]\n{second}')
    result = run(log, "--config", file, *named, "--name", "mine", "--output", tmp_path / "g")
    assert f'next: set grammar = "mine" {told}' in result.output


def test_what_prefixes_add_stays_out_of_the_grammar(log, tmp_path):
    """Lines from `docker compose logs` give the grammar for the log itself, and the envelope is named."""
    plain = run(log, "--name", "mine", "--output", tmp_path / "a")
    lines = "".join(f"mesibo-1  | {line}\n" for line in log.read_text().splitlines())
    compose = run("-", "--name", "mine", "--output", tmp_path / "b", stdin=lines)
    assert (plain.exit_code, compose.exit_code) == (0, 0)
    assert "The lines are in the envelope compose; the grammar is for what is inside it." in compose.output
    assert "envelope =" not in compose.output
    assert (tmp_path / "a" / "mine.py").read_text() == (tmp_path / "b" / "mine.py").read_text()


def test_lines_in_an_envelope_that_are_read_already_need_no_grammar(tmp_path):
    """What the daemon reads out of an envelope is not proposed for anew, for the envelope's sake."""
    pushes = dialects.pushes(random.Random(1), 30)
    lines = "".join(f"mesibo-1  | E{push.ddmm} (1): push_on_complete: code {push.code}\n" for push in pushes)
    result = run("-", "--name", "mine", "--output", tmp_path / "g", stdin=lines)
    assert (result.exit_code, "nothing to propose: the 30 lines" in result.output) == (0, True)


def kept(tmp_path):
    ledger = Ledger(tmp_path / "state")
    batch = Batch(1)
    batch.count("chat", "lines")
    batch.shape(ShapeRow("chat", "misplaced", "<str> [<num>] push_on_complete rc=<num>", "<str> "), 1.0, 40)
    batch.shape(ShapeRow("another", "grammar", "push_on_complete of another source"), 1.0, 9)
    ledger.commit(batch)
    ledger.close()


@pytest.mark.parametrize("there", [False, True])
def test_where_the_log_is_out_of_reach_the_kept_shapes_are_shown(tmp_path, there):
    """A log that is gone, or that was emptied: what the daemon saw of it, of this source alone, and what is needed."""
    (tmp_path / "state").mkdir()
    kept(tmp_path)
    if there:
        (tmp_path / "gone.log").write_text("ready\n")
    file = configured(tmp_path, f'paths = ["{tmp_path}/gone.log"]')
    result = run("--config", file, "--source", "chat", "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code != 0
    assert "Of source chat, lines like these could not be read" in result.output
    assert "40" in result.output
    assert "<str> [<num>] push_on_complete rc=<num>" in " ".join(result.output.split())
    assert "another source" not in result.output
    said = result.output if there else str(result.exception)
    assert ("name a log" if there else "name files that hold its lines") in said


def test_a_source_without_a_ledger_has_only_the_reason(tmp_path):
    """Before the daemon ever ran there is nothing that was kept, and that is no fault of its own."""
    file = configured(tmp_path, f'paths = ["{tmp_path}/gone.log"]')
    result = run("--config", file, "--name", "mine", "--output", tmp_path / "g")
    assert "there is nothing to read" in str(result.exception)
    assert result.output == ""


def test_a_source_in_the_journal_is_read_from_the_journal(log, tmp_path, monkeypatch):
    """Nothing has to be piped: the entries are asked for, as the daemon's own doctor does."""
    monkeypatch.setattr("logwatch.journal.ask.newest", lambda target, _count: [target.words])
    monkeypatch.setattr("logwatch.journal.ask.lines", lambda _entries, _longest: log.read_bytes())
    file = configured(tmp_path, 'journal = {container = "mesibo"}')
    result = run("--config", file, "--name", "mine", "--output", tmp_path / "g")
    assert result.exit_code == 0, result.output
    assert "It would count 60 results" in result.output
