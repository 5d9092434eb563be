"""The mesibo.conf that a source's mesibo reads: named, mounted into its container, or in the usual place."""

import json
import os

import pytest

from logwatch.config import Docker, Source
from logwatch.mesibo_conf import USUAL, places, push_logging

ON = "dbpass = secret\nlogs {\npush = 1\n}\n"


@pytest.fixture
def docker(tmp_path):
    """Return a function that makes a container with these fields of hostconfig.json, and its source."""

    def make(**host):
        directory = tmp_path / "docker" / "containers" / "abc"
        directory.mkdir(parents=True)
        (directory / "config.v2.json").write_text(json.dumps({"ID": "abc", "Name": "/mesibo"}))
        (directory / "hostconfig.json").write_text(json.dumps(host))
        return Source(name="m", docker=Docker(container="mesibo", root=str(tmp_path / "docker")))

    return make


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"Binds": ["/srv/x:/etc/mesibo:ro"]}, "/srv/x/mesibo.conf"),
        ({"Binds": ["/srv/x/my.conf:/etc/mesibo/mesibo.conf"]}, "/srv/x/my.conf"),
        ({"Binds": ["/srv/etc:/etc", "/certs:/certs"]}, "/srv/etc/mesibo/mesibo.conf"),
        ({"Binds": ["conf:/etc/mesibo"]}, "ROOT/volumes/conf/_data/mesibo.conf"),
        ({"Mounts": [{"Type": "bind", "Source": "/srv/y", "Target": "/etc/mesibo"}]}, "/srv/y/mesibo.conf"),
        ({"Binds": ["/certs:/certs"], "Mounts": None}, str(USUAL)),
        ({"Binds": ["nonsense", ":"]}, str(USUAL)),
    ],
)
def test_what_the_container_has_mounted_comes_first(docker, tmp_path, host, expected):
    """Folders, single files, volumes by name; the host's own only behind them."""
    found = [str(path) for path in places(docker(**host))]
    assert found[0].replace(str(tmp_path / "docker"), "ROOT") == expected
    assert found[-1] == str(USUAL)


@pytest.mark.parametrize(
    ("text", "state", "why"),
    [
        (ON, "on", ""),
        ("logs {\npush = 0\n}\n", "off", ""),
        ("dbhost = a\n", "off", ""),
        ("logs {\n", "unknown", "line 1"),
        ("\0", "unknown", "binary"),
        (None, "unknown", "is not there"),
    ],
)
def test_the_setting_is_returned_or_why_it_is_unknown(tmp_path, text, state, why):
    """On, off, or unknown with a reason that quotes nothing of the file."""
    path = tmp_path / "mesibo.conf"
    if text is not None:
        path.write_text(text)
    found = push_logging(Source(name="m", mesibo_conf=str(path)))
    assert (found.state, found.path) == (state, str(path))
    assert why in found.why
    assert "secret" not in str(found)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    """A pipe in its place hangs no page."""
    os.mkfifo(tmp_path / "mesibo.conf")
    assert push_logging(Source(name="m", mesibo_conf=str(tmp_path / "mesibo.conf"))).why == "is not a file"
