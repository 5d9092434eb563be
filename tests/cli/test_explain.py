"""`explain` says what a code means, in a form that fits the reader."""

import json

import pytest
from click.testing import CliRunner

from logwatch.cli.explain import command


def run(*arguments, env=None):
    return CliRunner().invoke(command, arguments, env=env or {"COLUMNS": "90"})


def test_a_person_reads_meaning_side_and_remedy():
    """Everything needed to act is on the page, and no line is wider than asked for."""
    result = run("903")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "903 Certificate expired (mesibo)"
    assert "  side    yours" in lines
    assert any(line.startswith("  do      Renew the production push certificate") for line in lines)
    assert "  step 1  Verify Firebase and Apple push credentials" in lines
    assert max(map(len, lines)) <= 90


def test_a_terminal_that_claims_no_width_still_shows_all():
    """Some consoles export COLUMNS=0: no word of the answer fits into that, and none was printed."""
    assert run("903", env={"COLUMNS": "0"}).output.startswith("903 Certificate expired (mesibo)\n")


def test_into_a_pipe_it_is_plain():
    """No escape sequence and no blank at the end of a line."""
    output = run("400", env={}).output
    assert "\x1b" not in output
    assert all(line == line.rstrip() for line in output.splitlines())


def test_a_number_of_two_providers_is_explained_for_both():
    """The reader is reported that the number misleads."""
    output = run("404").output
    assert "FCM and APNs mean different things by 404" in output
    assert "FCM: Probably unregistered" in output
    assert "APNs: Path refused" in output


def test_many_reasons_are_listed_one_below_the_other():
    """The sixteen reasons of 400 are a list, with the command that explains one of them."""
    output = run("400", "--provider", "apns").output
    assert "With a reason (add --reason for what to do):" in output
    assert "apns  BadDeviceToken" in output
    assert (
        "do      First rule out an environment mix-up"
        in run("400", "--reason", "BadDeviceToken", "--provider", "apns").output
    )


def test_a_program_reads_json():
    """The same, field by field."""
    document = json.loads(run("914", "--format", "json").output)
    assert document["meanings"][0]["class"] == "rate_limited"
    assert document["meanings"][0]["side"] == "mesibo"


def test_an_unlisted_code_is_explained_by_its_range():
    """The catalogue does not know 999, and says so."""
    result = run("999")
    assert result.exit_code == 0
    assert "does not list this code" in result.output


def test_an_unknown_reason_is_a_finding():
    """The exit code shows a script that the reason is not known with this code."""
    result = run("404", "--reason", "Nonsense")
    assert result.exit_code == 1
    assert "No reason Nonsense is known with code 404" in result.output


def test_codes_of_an_operators_own_catalogue_are_explained(tmp_path):
    """Explain knows the entries of the catalogue file that the configuration names."""
    (tmp_path / "own.toml").write_text(
        '[[code]]\nprovider = "mesibo"\ncode = 915\nname = "mesibo_new_words"\nclass = "network"\n'
        'severity = "warning"\nside = "mesibo"\nmeaning = "Something new."\nremedy = "Mend it."\n'
    )
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "m"\npaths = ["*.log"]\n[catalogue]\nfile = "own.toml"\n')
    assert "915 New words (mesibo)" in run("915", "--config", str(config)).output


def test_what_is_typed_cannot_write_to_the_terminal():
    """An escape sequence in the reason is shown, not obeyed; rich's markup is text."""
    output = run("404", "--reason", "\x1b[31m[red]x").output
    assert "\x1b" not in output
    assert "[red]x" in output


@pytest.mark.parametrize(
    "arguments", [(), ("abc",), ("12345678",), ("404", "--provider", "gcm"), ("404", "--form", "xml"), ("1", "2")]
)
def test_wrong_use_is_reported_with_exit_code_2(arguments):
    """Usage, and what is wrong with it, without a traceback."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error:" in result.output


@pytest.mark.parametrize("arguments", [("-1",), ("--", "-1"), ("-1", "--provider", "fcm"), ("--provider", "fcm", "-1")])
def test_a_code_below_0_is_no_option(arguments):
    """-1 is a code wherever it stands, with two dashes before it or without."""
    assert run(*arguments).output.startswith("-1 No HTTP status\n")


def test_a_reason_alone_is_explained_with_each_of_its_codes():
    """Who sees a reason in a log need not know the number."""
    result = run("unregistered")
    assert result.exit_code == 0
    assert "404" in result.output
    assert "410" in result.output
    assert {each["code"] for each in json.loads(run("Unregistered", "--format", "json").output)} == {400, 404, 410}


@pytest.mark.parametrize(
    ("word", "told"),
    [
        pytest.param("abc", "is neither a number of at most six digits nor a reason that is known", id="a word"),
        pytest.param("UNREGISTRED", "did you mean UNREGISTERED?", id="a slip"),
        pytest.param("1234567", "at most six digits", id="too long"),
    ],
)
def test_what_is_neither_code_nor_reason_is_refused_in_words(word, told):
    """The error does not mention integer ranges, and suggests the nearest word for a misspelt one."""
    result = run(word)
    assert result.exit_code == 2
    assert told in " ".join(result.output.replace("│", " ").split())


def test_an_impossible_code_is_doubted():
    """99999 is above 900, but is called unlikely to be a code of mesibo's."""
    assert "check whether 99999 is one" in " ".join(run("99999").output.split())
