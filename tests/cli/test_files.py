"""`files` writes what stands beside the service, as complete from a wheel as from a checkout."""

import shutil
import subprocess

import pytest
import yaml
from click.testing import CliRunner

from logwatch.cli import COMMANDS, group
from logwatch.cli.files import COMPLETIONS, completion


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("files")
    result = CliRunner().invoke(group, ["files", str(directory)])
    assert result.exit_code == 0, result.output
    return directory


def test_everything_an_operator_installs_is_there(written):
    """Rules, dashboards, an example route, runbooks, manual pages and completion for three shells."""
    rules = yaml.safe_load((written / "prometheus/rules/mesibo-push.yml").read_text())
    alerts = [rule["alert"] for each in rules["groups"] for rule in each["rules"] if "alert" in rule]
    assert all((written / f"runbooks/{alert}.md").is_file() for alert in set(alerts))
    assert (written / "alertmanager/alertmanager.yml").is_file()
    assert list((written / "grafana/dashboards").glob("*.json"))
    assert all((written / f"man/mesibo-logwatch-{name}.1").is_file() for name in COMMANDS)
    assert all((written / "completion" / shell / name).stat().st_size for shell, name in COMPLETIONS.items())


def test_it_can_be_written_over_an_older_version(written):
    """A second call brings the files up to date and leaves what somebody else put there."""
    own = written / "prometheus/rules/site.yml"
    own.write_text("groups: []\n")
    rule = written / "prometheus/rules/mesibo-push.yml"
    rule.write_text("old")
    assert CliRunner().invoke(group, ["files", str(written)]).exit_code == 0
    assert rule.read_text() != "old"
    assert own.read_text() == "groups: []\n"


def test_a_directory_that_cannot_be_written_is_an_error_in_words(tmp_path):
    """The error says where, why and what to try, with exit code 2 and no traceback."""
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(group, ["files", str(tmp_path / "file" / "below")])
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert "name a directory" in result.stderr


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_completion_asks_the_program_itself(shell):
    """The script calls the program, so that it knows whatever commands that has."""
    assert "_MESIBO_LOGWATCH_COMPLETE" in completion(shell)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_accepts_the_completion_script():
    """The completion script is valid for the shell that it is written for."""
    subprocess.run(["bash", "-n"], input=completion("bash"), text=True, check=True)


def test_the_version_says_where_it_runs_from():
    """Two installations on one machine are told apart by path and Python."""
    output = CliRunner().invoke(group, ["--version"]).output
    assert output.startswith("mesibo-logwatch, version ")
    assert "/logwatch (Python 3." in output
