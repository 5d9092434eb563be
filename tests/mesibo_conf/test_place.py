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

    def make(*, name="mesibo", made="2026-11-01T00:00:00Z", **host):
        directory = tmp_path / "docker" / "containers" / made
        directory.mkdir(parents=True)
        (directory / "config.v2.json").write_text(json.dumps({"ID": made, "Name": f"/{name}", "Created": made}))
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


def test_the_newest_container_of_that_name_is_asked(docker):
    """Not one of another name, nor one that was removed only by half."""
    docker(made="2026-11-02T00:00:00Z", Binds=["/srv/new:/etc/mesibo"])
    docker(made="2026-11-03T00:00:00Z", Binds=["/srv/other:/etc/mesibo"], name="other")
    source = docker(Binds=["/srv/old:/etc/mesibo"])
    assert [str(path) for path in places(source)] == ["/srv/new/mesibo.conf", str(USUAL)]


@pytest.mark.parametrize("text", [None, b"{", b'{"Binds": 5}', b'{"Binds": ["\xff"]}'])
def test_a_container_whose_mounts_cannot_be_read_leaves_the_usual_place(docker, tmp_path, text):
    """A file of Docker's that is torn is nobody's error here."""
    source = docker()
    (file,) = tmp_path.glob("docker/containers/*/hostconfig.json")
    file.unlink() if text is None else file.write_bytes(text)
    assert places(source) == [USUAL]


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
    assert found.malformed == (why in ("line 1", "binary"))
    assert "secret" not in str(found)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    """A pipe in its place hangs no page."""
    os.mkfifo(tmp_path / "mesibo.conf")
    assert push_logging(Source(name="m", mesibo_conf=str(tmp_path / "mesibo.conf"))).why == "is not a file"


def test_a_place_that_cannot_be_entered_is_said(tmp_path):
    """Whether push logging is on is unknown then, and not off."""
    (tmp_path / "etc").write_text("")
    found = push_logging(Source(name="m", mesibo_conf=str(tmp_path / "etc" / "mesibo.conf")))
    assert (found.state, found.why) == ("unknown", "Not a directory")
