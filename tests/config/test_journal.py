"""The setting of a source in the journal."""

import pytest

from logwatch.errors import ConfigError
from tests.helpers.settings import from_dict


def source(tmp_path, **settings):
    (made,) = from_dict({"source": [{"name": "mesibo", **settings}]}, tmp_path / "logwatch.toml").source
    return made


def test_a_container_or_a_unit_in_the_journal(tmp_path):
    """Both are targets of journalctl; a relative directory is relative to the file."""
    made = source(tmp_path, journal={"container": "mesibo", "directory": "journal"})
    assert made.input == "journal"
    assert made.journal.target.arguments == (f"--directory={tmp_path}/journal", "--merge", "CONTAINER_NAME=mesibo")
    assert source(tmp_path, journal={"unit": "mesibo"}).journal.target.arguments[1] == "_SYSTEMD_UNIT=mesibo.service"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"journal": {}}, ": journal: needs either container or unit"),
        ({"journal": {"unit": "a", "container": "b"}}, ": journal: needs either container or unit"),
        ({"journal": {"unit": "a"}, "paths": ["x"]}, "has paths and journal"),
        ({"journal": {"unit": "a"}, "envelope": "docker"}, 'envelope: "docker" does not go with journal'),
        ({"journal": {"unit": "a b"}}, "cannot be used"),
        ({"journal": {"container": "a b"}}, "cannot be used"),
        ({"journal": {"unti": "a"}}, "did you mean unit?"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_reason(tmp_path, settings, problem):
    """Each mistake is named where it stands."""
    with pytest.raises(ConfigError) as refused:
        source(tmp_path, **settings)
    assert problem in str(refused.value)
