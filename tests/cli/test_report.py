"""`report` counts what is in files and pipes, and says what it could not read."""

import csv
import gzip
import io
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from logwatch import envelope
from logwatch.catalogue.summary import Summary
from logwatch.cli.report import command
from logwatch.config import Config, Source
from logwatch.simulate import Mesibo, Mix
from tests.helpers.running import PATIENCE
from tests.helpers.wrapping import WRAP, envelope_of
from tests.helpers.wrapping import log as wrapped

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
LINE = b"E2211-101500-123 (17): push_on_complete: uid 4711 type apn code %d\n"


def run(*arguments, stdin=None):
    return CliRunner().invoke(command, list(map(str, arguments)), input=stdin, env={"COLUMNS": "120"})


@pytest.fixture(scope="module", params=["plain", "docker"])
def simulated(request):
    """Return a log, and the truth about it."""
    mesibo = Mesibo(21, envelope=request.param, mix=Mix(hostile=0.03))
    return mesibo.start_up(NOON) + mesibo.say(1000, NOON, 0.5), mesibo.truth()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "m.log"
    path.write_bytes(LINE % 200 * 9 + LINE % 903)
    os.utime(path, (NOON, NOON))
    return path


def test_the_report_equals_the_truth(simulated, tmp_path):
    """A file of a simulated mesibo holds what the simulator says."""
    data, truth = simulated
    path = tmp_path / "m.log"
    path.write_bytes(data)
    assert json.loads(run(path, "--format", "json").stdout) == truth


def test_the_report_of_a_packed_file_equals_the_truth(simulated, tmp_path):
    """Gzip changes nothing."""
    data, truth = simulated
    path = tmp_path / "m.log.1.gz"
    path.write_bytes(gzip.compress(data))
    assert json.loads(run(path, "--format", "json").stdout) == truth


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_report_of_standard_input_equals_the_truth(simulated, pack):
    """`docker logs mesibo 2>&1 | mesibo-logwatch report -`, packed or not."""
    data, truth = simulated
    arguments = [sys.executable, "-m", "logwatch", "report", "-", "--format", "json"]
    result = subprocess.run(arguments, input=pack(data), capture_output=True, timeout=PATIENCE, check=True)
    assert json.loads(result.stdout) == truth
    assert b"Traceback" not in result.stderr


def test_a_person_gets_a_table(log):
    """On a terminal the report is a table, with what is wrong first."""
    result = run(log)
    assert result.exit_code == 0
    assert "903 Certificate expired (APNs): 1 push" in result.output
    assert "\x1b" not in result.output


def test_a_spreadsheet_gets_csv(log):
    """One row a result, with the fields that JSON has; shares are numbers."""
    rows = list(csv.DictReader(io.StringIO(run(log, "--format", "csv").stdout)))
    results = json.loads(run(log, "--format", "json").stdout)["results"]
    assert rows == [{name: str(value) for name, value in result.items()} for result in results]
    assert (rows[0]["title"], rows[0]["share"], rows[0]["first"]) == ("Accepted", "0.9", "2026-11-22T10:15:00.123Z")


@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_results_are_summed_up_as_often_for_many_as_for_few(tmp_path, monkeypatch, form):
    """What results are a share of is worked out as often for many: in 200,000 rows of CSV it once took minutes."""
    asked = []
    pushes = Summary.pushes.fget
    monkeypatch.setattr(Summary, "pushes", property(lambda self: asked.append(self) or pushes(self)))
    path = tmp_path / "m.log"
    times = []
    for codes in (5, 500):
        path.write_bytes(b"".join(LINE % (1000 + code) for code in range(codes)))
        run(path, "--format", form)
        times.append(len(asked))
        asked.clear()
    assert times[0] == times[1] > 0


def test_nothing_to_count_is_a_report_too(tmp_path):
    """An empty file gives an empty report, in every form."""
    path = tmp_path / "m.log"
    path.touch()
    assert json.loads(run(path, "--format", "json").stdout) == {
        "lines": 0, "push_lines": 0, "unparsed": 0, "misplaced": 0, "results": [],
    }  # fmt: skip
    assert run(path, "--format", "csv").stdout.count("\n") == 1
    assert "There are no lines." in run(path).output


def test_where_nothing_could_be_read_the_reason_stands_alone(tmp_path):
    """A path that is wrong is not followed by the report of an empty log; programs get their form all the same."""
    result = run(tmp_path / "missing.log")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no such file" in result.stderr
    assert json.loads(run(tmp_path / "missing.log", "--format", "json").stdout)["lines"] == 0


def test_what_cannot_be_read_is_reported_and_the_rest_reported(log, tmp_path):
    """One missing file does not hide the others; the exit code tells."""
    result = run(log, tmp_path / "missing.log", tmp_path, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["lines"] == 10
    assert "missing.log: there is no such file" in result.stderr
    assert f"{tmp_path}: is a directory" in result.stderr


def test_when_nothing_can_be_read_the_exit_code_is_2(tmp_path):
    """Wrong use: no file that was named can be read."""
    result = run(tmp_path / "missing.log")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_lines_before_a_damage_are_reported(tmp_path):
    """A gzip file that is cut short is an error, and what is in it counts."""
    path = tmp_path / "m.gz"
    path.write_bytes(gzip.compress(LINE % 200 * 500)[:-8])  # without the checksum and length at its end
    result = run(path, "--format", "json")
    assert result.exit_code == 1  # some of it was read
    assert "ends too early" in result.stderr
    assert json.loads(result.stdout)["lines"] > 0


def test_a_file_named_twice_is_counted_once(log, tmp_path):
    """current.log is often a link to another file that * matches as well."""
    link = tmp_path / "current.log"
    link.symlink_to(log)
    result = run(log, link, "--format", "json")
    assert json.loads(result.stdout)["lines"] == 10
    assert "current.log is another name of a file that was read: counted once" in result.stderr


def test_programs_hear_of_strange_lines_on_standard_error(tmp_path):
    """Standard output is JSON and nothing else."""
    path = tmp_path / "m.log"
    path.write_bytes(LINE.replace(b"%d", b"none") + b"text push_on_complete: code 903\n")
    result = run(path, "--format", "json")
    assert json.loads(result.stdout)["unparsed"] == 1
    assert "1 push line gives no result" in result.stderr
    assert "not where a push line has it" in result.stderr


def test_since_and_until_narrow_the_time(log):
    """Absolute times, in UTC."""
    log.write_bytes(b"".join(b"E2211-1015%02d-000 (1): push_on_complete: code 200\n" % second for second in range(60)))

    os.utime(log, (NOON, NOON))
    result = run(log, "--since", "2026-11-22T10:15:10Z", "--until", "2026-11-22 10:15:20", "--format", "json")
    assert json.loads(result.stdout)["results"][0]["count"] == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "soon", "-"], "'soon' is not a time; try 2h"),
        (["--since", "2h", "--until", "3h", "-"], "--since is not before --until"),
        (["--format", "xml", "-"], "'xml' is not one of"),
    ],
)
def test_wrong_use_is_reported_with_exit_code_2(arguments, message):
    """Before anything is read."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def whole(*arguments):
    """Run the real command, which tells errors in words."""
    command_line = [sys.executable, "-m", "logwatch", "report", *map(str, arguments)]
    return subprocess.run(command_line, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_a_configuration_tells_what_to_read(log, tmp_path):
    """Its globs are read, with its zone; another file of the directory is not."""
    (tmp_path / "other.txt").write_bytes(LINE % 901)
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\npaths = ["*.log"]\ntimezone = "Asia/Kolkata"\n')
    result = whole("--config", config, "--format", "json")
    document = json.loads(result.stdout)
    assert document["lines"] == 10
    assert document["results"][0]["first"].endswith("T04:45:00.123Z")


def test_a_path_is_read_as_the_source_that_follows_it(log, tmp_path):
    """Zone and grammar are those of the source whose globs match."""
    config = tmp_path / "logwatch.toml"
    config.write_text(
        '[[source]]\nname = "a"\npaths = ["other/*.log"]\n'
        '[[source]]\nname = "b"\npaths = ["*.log"]\ntimezone = "Asia/Kolkata"\n'
    )
    result = whole(log, "--config", config, "--format", "json")
    assert json.loads(result.stdout)["results"][0]["first"].endswith("T04:45:00.123Z")


def test_without_paths_what_is_found_on_the_host_is_read(log, monkeypatch):
    """A host needs no configuration for a first look."""
    config = Config(source=(Source(name="mesibo", paths=(str(log),)),))
    monkeypatch.setattr("logwatch.cli.report_inputs.find", lambda _file: (config, "found by a test"))
    assert json.loads(run("--format", "json").stdout)["lines"] == 10


def test_a_pipe_gets_every_row_and_cause(log):
    """What is left out of a terminal, since it has to fit a screen, is in a file."""
    codes = (200, 901, 902, 903, 904, 905, 911, 912, 913, 914)
    log.write_bytes(b"".join(LINE % code for code in codes))
    result = run(log)
    assert "--all" not in result.stdout
    table = result.stdout[result.stdout.index("Meaning") :]
    assert all(f" {code} " in table for code in codes)


def test_the_configurations_catalogue_is_used(log, tmp_path):
    """An operator's own meaning of a code shows in the report."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[[code]]\nprovider = "mesibo"\ncode = 903\nname = "mesibo_own_words"\nclass = "network"\n'
        'severity = "warning"\nside = "mesibo"\nmeaning = "m."\nremedy = "r."\n'
    )
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\npaths = ["*.log"]\n[catalogue]\nfile = "own.toml"\n')
    result = whole("--config", config, "--format", "csv")
    assert "Own words,network,warning,mesibo,1" in result.stdout


def test_every_problem_of_a_configuration_is_reported(tmp_path):
    """With a wrong configuration, all its problems are printed, nothing is read, and the exit code is 2."""
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\npath = ["*.log"]\n')
    result = whole("--config", config)
    assert result.returncode == 2
    assert "did you mean paths?" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_configuration_that_leads_to_no_file_is_reported(tmp_path):
    """The error names the patterns that match no file."""
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\npaths = ["*.log"]\n')
    result = whole("--config", config)
    assert result.returncode == 2
    assert f"there is nothing to read: looked for {tmp_path}/*.log" in result.stderr


def test_a_container_that_is_not_found_is_reported_with_the_reason(tmp_path):
    """A root that is no root of Docker's, or one that the user may not list, is why nothing is there."""
    config = tmp_path / "logwatch.toml"
    config.write_text(f'[[source]]\nname = "m"\ndocker = {{container = "mesibo", root = "{tmp_path}/docker"}}\n')
    result = whole("--config", config)
    assert result.returncode == 2
    assert "there is nothing to read: looked for container mesibo" in result.stderr
    assert f"{tmp_path}/docker/containers: is not there" in result.stderr


def piped(data, *arguments, **how):
    """Run the real command with something piped into it."""
    command_line = [sys.executable, "-m", "logwatch", "report", *map(str, arguments)]
    return subprocess.run(command_line, input=data, capture_output=True, timeout=PATIENCE, check=False, **how)


@pytest.mark.parametrize("name", [*WRAP, "plain"])
def test_what_is_piped_in_is_read_whatever_stands_around_the_lines(name):
    """`journalctl … | mesibo-logwatch report`: no path, no option; dated by the envelope, hostile lines left out."""
    texts = [f"E2511-{100000 + i}-001 (17): push_on_complete: uid 4711 type fcm code {200 + i % 2}" for i in range(40)]
    texts.insert(20, "E2511-100500-001 (17): on_message: text E2511-100500-001 (17): push_on_complete: code 903")
    data = wrapped(name, texts) if name != "plain" else "\n".join(texts).encode()
    result = piped(data, "--format", "json")
    document = json.loads(result.stdout)
    assert (result.returncode, document["lines"], document["misplaced"]) == (0, 41, 1)
    assert [(row["code"], row["count"]) for row in document["results"]] == [(200, 20), (201, 20)]
    if name != "plain":
        assert document["results"][0]["first"] == "2026-11-25T10:00:00.001Z"


def test_a_device_on_standard_input_is_no_log(log, tmp_path):
    """With /dev/null as standard input, as under cron and systemd, the configured logs are read."""
    with Path(os.devnull).open("rb") as nothing:
        result = subprocess.run(
            [sys.executable, "-m", "logwatch", "report"],
            stdin=nothing,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    assert b"standard input" not in result.stderr


def test_a_log_of_which_no_push_could_be_read_is_reported_as_one(tmp_path):
    """In words, for programs, and by the exit code: with what stands in front of the function."""
    path = tmp_path / "m.log"
    path.write_bytes(b"chat> 2026/11/25 [info] push_on_complete: uid 4711 code 903\n" * 3)
    result = run(path)
    assert result.exit_code == 1
    assert "None of the 3 lines with push_on_complete could be read" in result.output
    assert "In front of it stands `<str>> <num>/<num>/<num> [info] `" in result.output
    assert "grammar propose" in result.output
    document = json.loads(run(path, "--format", "json").stdout)
    assert (document["misplaced"], document["in_front"]) == (3, ["<str>> <num>/<num>/<num> [info] "])


@pytest.mark.parametrize("sought", ["push_on_complete", "code 903", "E2211", "uid [0-9]*"])
@pytest.mark.parametrize("options", [[], ["-n"], ["-nC1"]], ids=" ".join)
def test_what_grep_has_coloured_is_read_or_said_to_be_unread(options, sought):
    """A colour within a line hides its marker or its code: nobody is told to switch push logging on for that."""
    command = ["grep", "--color=always", *options, sought]
    found = subprocess.run(command, input=(LINE % 903) * 4, capture_output=True, check=True).stdout
    result = run("-", stdin=found)
    assert "push logging" not in result.output
    assert "4 push results" in result.output or "--color=always" in " ".join(result.output.split())


def test_for_a_log_shipped_as_json_the_command_that_reads_it_is_shown(tmp_path):
    """No grammar looks into JSON: the command that takes the texts out is reported instead."""
    path = tmp_path / "m.log"
    shipped = {"host": "chat", "message": (LINE % 903).decode().strip(), "stream": "stdout"}
    path.write_text(f"{json.dumps(shipped)}\n" * 3)
    result = run(path)
    assert result.exit_code == 1
    assert f"jq -r .message {path} | mesibo-logwatch report" in result.output.splitlines()
    assert "grammar propose" not in result.output
    assert run("-", stdin="".join(f"{shipped['message']}\n" * 3)).exit_code == 0


def test_some_lines_that_cannot_be_read_are_no_finding_and_many_are(tmp_path):
    """One in twenty is what a user's texts make of a healthy log."""
    path = tmp_path / "m.log"
    strange = LINE.replace(b"%d", b"none")
    path.write_bytes(LINE % 200 * 99 + strange)
    assert run(path).exit_code == 0
    path.write_bytes(LINE % 200 * 80 + strange * 20)
    assert run(path).exit_code == 1


def test_a_log_of_two_kinds_of_lines_is_reported_as_one_of_which_much_is_unread(tmp_path):
    """Two files in one, another dialect from the middle on: what stands in front of the rest is told, exit code 1."""
    path = tmp_path / "m.log"
    path.write_bytes(LINE % 200 * 60 + (b"chat> " + LINE % 903) * 40)
    result = run(path)
    assert result.exit_code == 1
    assert "40 of the 100 lines with push_on_complete could not be read" in result.output
    assert "In front of it stands `<str>> `" in result.output
    document = json.loads(run(path, "--format", "json").stdout)
    assert (document["push_lines"], document["misplaced"]) == (60, 40)
    assert document["in_front"]


def test_an_output_that_is_full_is_one_line_of_error(log):
    """A disk without room is no traceback."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "logwatch", "report", log], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert result.returncode == 2
    assert result.stderr.decode() == "error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("arguments", [("nosuch",), ("--nosuch",)])
def test_an_error_that_nobody_can_be_told_keeps_its_status(arguments, tmp_path):
    """With standard error on a full disk, wrong use is still 2, which a script tells from findings."""
    with Path("/dev/full").open("wb") as full:
        command_line = [sys.executable, "-m", "logwatch", "report", *arguments]
        assert subprocess.run(command_line, stderr=full, cwd=tmp_path, check=False).returncode == 2


def test_an_output_that_is_closed_is_no_traceback(log):
    """`report | head -0`, and no standard output at all."""
    for how in ("| true", ">&-"):
        script = f"{sys.executable} -m logwatch report '{log}' --format json {how}"
        result = subprocess.run(
            ["/bin/sh", "-c", script], capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert "Traceback" not in result.stderr


def test_ctrl_c_gives_what_was_counted_so_far(tmp_path):
    """A pipe that does not end, such as `docker logs -f`: the lines until then are reported."""
    command_line = [sys.executable, "-m", "logwatch", "report", "--format", "json"]
    with subprocess.Popen(
        command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
    ) as process:
        process.stdin.write(LINE % 200 * 10_000)  # more than a pipe holds: it was taken out
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert json.loads(out)["lines"] > 0
    assert err.decode() == "note: interrupted: this is what was counted until then\n"


def test_the_zone_of_a_log_can_be_named(log):
    """--timezone applies if no configuration names the log's zone."""
    result = run(log, "--timezone", "Asia/Kolkata", "--format", "json")
    assert json.loads(result.stdout)["results"][0]["first"] == "2026-11-22T04:45:00.123Z"
    wrong = whole(log, "--timezone", "Mars")
    assert wrong.returncode == 2
    assert '--timezone: "Mars" is not a time zone of this host' in wrong.stderr


def test_json_has_share_side_and_remedy_of_each_result(log):
    """A program can judge each result of the JSON without the catalogue."""
    results = {each["code"]: each for each in json.loads(run(log, "--format", "json").stdout)["results"]}
    assert (results[200]["share"], results[903]["share"]) == (0.9, 0.1)
    assert (results[903]["severity"], results[903]["side"], results[903]["title"]) == (
        "critical",
        "yours",
        "Certificate expired",
    )
    assert results[903]["meaning"]
    assert results[903]["remedy"].startswith("Renew")


@pytest.mark.parametrize(
    ("code", "fail_on", "exit_code"),
    [(903, None, 0), (903, "critical", 1), (903, "warning", 1), (914, "critical", 0), (914, "warning", 1),
     (200, "warning", 0)],
)  # fmt: skip
def test_fail_on_decides_by_severity(tmp_path, code, fail_on, exit_code):
    """Findings are no failure of the report, unless a job asks for that."""
    path = tmp_path / "m.log"
    path.write_bytes(LINE % code)
    assert run(path, *(["--fail-on", fail_on] if fail_on else [])).exit_code == exit_code


@pytest.mark.parametrize("name", ["m.log", "my log.log", f"{'long ' * 30}.log"])
def test_the_command_that_proposes_a_grammar_can_be_pasted_as_it_is_printed(tmp_path, name):
    """On one line, whatever its length, with the path of each log that needs it, and a name for the grammar."""
    path, fine = tmp_path / name, tmp_path / "fine.log"
    path.write_bytes(b"chat> 2026/11/25 [info] push_on_complete: uid 4711 code 903\n" * 30)
    fine.write_bytes(LINE % 200)
    told = f"mesibo-logwatch grammar propose {shlex.quote(str(path))} --name mine"
    assert told in [line.strip() for line in run(path, fine).output.splitlines()]
    assert told in run(path, fine, "--format", "json").stderr.splitlines()
    piped = "… | mesibo-logwatch grammar propose - --name mine"
    assert piped in [line.strip() for line in run("-", stdin=path.read_bytes()).output.splitlines()]


def test_the_command_that_proposes_a_grammar_names_the_configuration(tmp_path):
    """What read the log in its way reads it so again."""
    path, config = tmp_path / "m.log", tmp_path / "my logwatch.toml"
    path.write_bytes(b"chat> 2026/11/25 [info] push_on_complete: uid 4711 code 903\n" * 30)
    config.write_text(f'[[source]]\nname = "m"\npaths = ["{path}"]\n')
    told = f"mesibo-logwatch grammar propose {path} --name mine --config '{config}'"
    assert told in run("--config", config).output.splitlines()


@pytest.mark.parametrize("name", ["syslog-3164", "compose", "docker"])
@pytest.mark.parametrize("first", ["plain", "enveloped"])
def test_an_envelope_that_changes_in_the_middle_of_a_file_needs_a_rotation(tmp_path, name, first):
    """No grammar mends what is decided once per file."""
    path = tmp_path / "m.log"
    plain = b"".join(LINE % code for code in [200] * 60)
    enveloped = wrapped(name, [line.decode() for line in plain.splitlines()])
    path.write_bytes(plain * 3 + enveloped if first == "plain" else enveloped * 3 + plain)
    result = run(path)
    assert result.exit_code == 1
    there = envelope.label(envelope_of(name)) if first == "plain" else "plain"
    told = f"They are in another envelope ({there}), which is decided once per file: have the log rotated"
    assert told in " ".join(result.output.split())
    assert "grammar propose" not in result.output


def test_lines_of_another_dialect_behind_those_that_are_read_are_no_other_envelope(tmp_path):
    """An update of mesibo changes what it writes, not what stands around it."""
    path = tmp_path / "m.log"
    path.write_bytes(LINE % 200 * 60 + b"Nov 25 10:00:00 chat mesibo[7]: [info] push_on_complete: code 903\n" * 60)
    assert "grammar propose" in run(path).output
