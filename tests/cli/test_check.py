# ruff: noqa: E501  what is said is as long as it is
"""`check` says everything that is wrong in one pass, where it stands and in people's words."""

import contextlib
import json
import re
import sqlite3

import pytest
from click.testing import CliRunner

from logwatch.cli.check import command
from tests.helpers.grammars import write_grammar

GOOD = '[[source]]\nname = "mesibo"\npaths = ["{log}"]\n[state]\ndirectory = "{state}"\n'


@pytest.fixture
def place(tmp_path):
    (tmp_path / "mesibo.log").write_text("")
    (tmp_path / "logwatch.toml").write_text(GOOD.format(log=tmp_path / "mesibo.log", state=tmp_path / "state"))
    return tmp_path


def checked(place, text=None):
    """Run `check` and return its exit status and the lines that it says, each with its remedy."""
    file = place / "logwatch.toml"
    if text is not None:
        file.write_text(text)
    result = CliRunner().invoke(command, ["--config", str(file)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output.replace(f"{file}:", "").replace("\n  try: ", " | ").splitlines()


def test_a_fine_configuration_is_ok_and_nothing_is_made(place):
    """No state directory, no file, no directory is left behind."""
    before = sorted(place.rglob("*"))
    status, said = checked(place)
    assert status == 0
    assert said[0] == f"ok: configuration {place}/logwatch.toml; 1 source, grammar mesibo"
    assert re.fullmatch(r"ok: a scrape has \d+ series, never more than \d+: for sample_limit", said[1])
    assert len(said) == 2
    assert sorted(place.rglob("*")) == before


def test_all_kinds_of_problems_are_reported_in_one_pass(place):
    """Problems of schema, zone, grammar, catalogue, web file, paths and state directory come together, with lines."""
    (place / "file").write_text("")
    (place / "b[1].log").write_text("")
    (place / "wide.log").write_bytes(b"\xff\xfea\0\n\0")
    (place / "shut.log").write_bytes(b"PK\x03\x04")
    status, said = checked(
        place,
        f'[[source]]\nname = "a"\npaths = "x"\ngrammar = "none"\n'
        f'[[source]]\nname = "b"\ntimezone = "Mars"\n'
        f"paths = {json.dumps([f'{place}/file/x.log', '~/log', f'{place}/b[1].log', f'{place}/wide.log', f'{place}/shut.log'])}\n"
        f'[[source]]\nname = "c"\ndocker = {{container = "m", root = "{place}/nowhere"}}\n'
        f'[state]\ndirectory = "{place}/file/state"\n[web]\nconfig_file = "none.yml"\n[catalogue]\nfile = "none.toml"\n',
    )
    assert status == 1
    assert sorted(line.partition(" | ")[0].replace(str(place), "") for line in said) == sorted(
        [
            "error: 3: source \"a\": paths: 'x' cannot be used: it is a text, not a list",
            'error: 7: source "b": timezone: "Mars" is not a time zone of this host',
            "error: 17: catalogue.file: /none.toml: the catalogue cannot be read: No such file or directory",
            next(line for line in said if "grammar 'none'" in line).partition(" | ")[0].replace(str(place), ""),
            "error: 8: source \"b\": paths: '~/log' cannot be used: ~, $NAME, %x and file:// stand for nothing in it",
            'warning: 8: source "b": paths: nothing matches /file/x.log, /b[1].log yet: the daemon waits for it',
            'warning: 8: source "b": paths: /wide.log is UTF-16: its lines cannot be read',
            'warning: 8: source "b": paths: /shut.log is compressed: its lines cannot be read',
            'warning: 11: source "c": docker: there is no directory /nowhere yet: the daemon waits for it',
            "error: 13: state.directory: /file: cannot keep the state here: it is not a directory",
            "error: 15: web.config_file: /none.yml: the web configuration file cannot be read: No such file or directory",
        ]
    )
    assert any(line.startswith("error: 4: source \"a\": grammar: grammar 'none': not found") for line in said)
    assert any(line.endswith('| a list of paths, such as ["x"]') for line in said)
    assert any(line.endswith(f"| unzip -p {place}/shut.log | mesibo-logwatch report -") for line in said)


def test_what_is_no_path_is_looked_for_nowhere(place):
    """The setting is wrong, and no file of a made up name is missing."""
    text = (
        place / "logwatch.toml"
    ).read_text() + '[[credential]]\nname = "ios"\nfile = 7\n[[credential]]\nname = "x"\n'
    status, said = checked(place, text)
    assert status == 1
    assert len([each for each in said if "credential" in each]) == 2


def test_a_state_directory_that_cannot_be_asked_for_is_a_problem(place):
    """Its name is too long, or a directory above it is closed to who asks: it is reported, and all else is."""
    text = (place / "logwatch.toml").read_text().partition("[state]")[0]
    status, said = checked(place, f'{text}[state]\ndirectory = "{"x" * 300}"\n[log]\nlevel = "loud"\n')
    assert status == 1
    assert [each for each in said if "state.directory" in each and "File name too long" in each]
    assert [each for each in said if "log.level" in each]


def test_a_path_that_cannot_be_asked_for_is_reported_with_the_reason(place):
    """A log in a directory that is closed to who asks is not one that has not come yet."""
    name = place / ("x" * 300)
    status, said = checked(
        place,
        f'[[source]]\nname = "a"\npaths = ["{name}"]\n[[source]]\nname = "b"\ndocker = {{container = "m", root = "{name}"}}\n',
    )
    assert status == 0
    assert [each for each in said if "cannot be looked at: File name too long" in each]
    assert [each for each in said if "no container m below" in each]


def test_problems_stand_in_the_order_of_the_file(place):
    """Whoever mends them goes through the file once; what stands in no line of it comes last."""
    log = f'paths = ["{place}/none.log"]\n'
    _, said = checked(
        place,
        f'[web]\nlisten = "x"\n[catalogue]\nfile = "none.toml"\n'
        f'[[source]]\nname = "a"\n{log}typo = 1\n[[source]]\nname = "a"\n{log}',
    )
    lines = [int(found[1]) for each in said if (found := re.match("[a-z]+: ([0-9]+):", each))]
    assert lines == sorted(lines)
    assert {2, 4, 8, 10} <= set(lines)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param("paths = []", 'error: 1: source "m": names no log', id="an empty list"),
        pytest.param("paths = [3]", 'error: 3: source "m": paths: [3] cannot be used: 3 in it is a whole number, not a text', id="a number"),
        pytest.param('paths = ["x"]\nenvelope = "xml"', 'error: 4: source "m": envelope: \'xml\' cannot be used: it is none of the choices', id="a choice"),
        pytest.param('paths = ["x"]\nstart_at = 3', 'error: 4: source "m": start_at: 3 cannot be used', id="a kind"),
        pytest.param('paths = ["""\n[follow]\nwake = 1\n"""]\ntimezone = ""', 'error: 7: source "m": timezone: \'\' cannot be used: it is empty', id="behind a long text"),
    ],
)  # fmt: skip
def test_a_value_is_described_in_plain_words(place, setting, said):
    """Neither `source[0]` nor the names of types of a programming language."""
    _, lines = checked(place, f'[[source]]\nname = "m"\n{setting}\n')
    assert any(line.startswith(said) for line in lines), lines
    assert not any(word in line for line in lines for word in ("source[", "Expected", "`array`", "`str`"))


def test_a_ledger_of_a_newer_version_is_refused_as_run_refuses_it(place):
    """The state directory is looked at before the start, and left as it is."""
    (place / "state").mkdir()
    with contextlib.closing(sqlite3.connect(place / "state" / "ledger.sqlite3")) as database, database:
        database.execute("PRAGMA user_version = 99")
    before = (place / "state" / "ledger.sqlite3").read_bytes()
    status, said = checked(place)
    assert (status, "written by a newer mesibo-logwatch (schema 99" in said[0]) == (1, True)
    assert (place / "state" / "ledger.sqlite3").read_bytes() == before


def test_a_damaged_ledger_is_a_warning_since_run_sets_it_aside(place):
    """It is no reason not to start, and worth knowing."""
    (place / "state").mkdir()
    (place / "state" / "ledger.sqlite3").write_bytes(b"no database" * 100)
    status, said = checked(place)
    assert (status, said[0].startswith("warning: 5: state.directory"), "is damaged" in said[0]) == (0, True, True)


def test_a_grammar_that_cannot_be_compiled_is_said_to_be_a_fallback(place):
    """It works, slowly, and `check` says why."""
    source = (
        'from pyparsing import Keyword, Literal, Word, nums\nMARKER = b"push"\n'
        'LINE = Literal("push") + Word(nums).set_parse_action(lambda found: found)("code")\n'
    )
    grammars = write_grammar(place / "grammars", "slow", source, '# expect: {"code": 7}\npush 7\n')
    text = (place / "logwatch.toml").read_text()
    status, said = checked(
        place, text.replace("[state]", f'grammar = "slow"\n[grammars]\ndirectories = ["{grammars}"]\n[state]')
    )
    assert status == 0
    assert said[0].startswith('warning: 4: source "mesibo": grammar: slow is not compiled: a parse action')
    assert "fallback" in said[0]


def test_a_file_of_two_sources_is_reported_once(place):
    """Each problem is one line, also one that two checks could find."""
    shared = place / "mesibo.log"
    sources = "".join(f'[[source]]\nname = "{name}"\npaths = ["{shared}"]\n' for name in "ab")
    status, said = checked(place, f'{sources}[state]\ndirectory = "{place}/state"\n')
    assert status == 1
    assert [line for line in said if "count twice" in line] == said


@pytest.mark.parametrize(
    ("allowed", "kinds"),
    [("", ["error: 7: web.listen"]), ("allow_plain_http = true\n", ["warning: web.listen 0.0.0.0:1"])],
)
def test_a_listen_address_is_an_error_or_a_warning_and_not_both(place, allowed, kinds):
    """Plain HTTP for the network is refused; where it was asked for it is a warning, which says who asked."""
    good = (place / "logwatch.toml").read_text()
    _, said = checked(place, f'{good}[web]\nlisten = "0.0.0.0:1"\n{allowed}')
    told = [line for line in said if "web.listen" in line]
    assert len(told) == len(kinds)
    assert all(line.startswith(kind) for line, kind in zip(told, kinds, strict=True)), told
