"""Where mesibo logs, found without a configuration."""

import json
from unittest.mock import patch

import pytest

from logwatch.config import default

SECRET = "the app token"


class Host:
    """A host in a directory; nothing is there until it is put there."""

    def __init__(self, directory):
        self.docker, self.podman, self.logs = directory / "docker", directory / "podman", directory / "log"
        self.snap = directory / "snap"
        self.units = set()

    def find(self):
        with patch.multiple(
            default,
            DEFAULT_PATH=self.logs / "none.toml",
            RUNTIME_ROOTS=(self.docker, self.snap, self.podman),
            LOG_DIRECTORY=self.logs,
            in_journal=self.units.__contains__,
        ):
            config, story = default.find()
        (source,) = config.source
        return source, story

    def run_docker(self, driver, name="mesibo", image="mesibo/mesibo:latest", *, root="docker", created=""):
        home = self.docker.parent / root / "containers" / (name * 8)[:64]
        home.mkdir(parents=True)
        log = str(home / f"{home.name}-json.log") if driver == "json-file" else ""
        config = {"ID": home.name, "Name": f"/{name}", "LogPath": log, "Config": {"Image": image, "Cmd": [SECRET]}}
        config["Created"] = created
        (home / "config.v2.json").write_text(json.dumps(config))
        (home / "hostconfig.json").write_text(json.dumps({"LogConfig": {"Type": driver}}))

    def run_podman(self, driver, name="mesibo"):
        storage = self.podman / "overlay-containers"
        userdata = storage / "abc" / "userdata"
        userdata.mkdir(parents=True)
        (userdata / "config.json").write_text("{}")  # it was started
        if driver == "k8s-file":
            (userdata / "ctr.log").write_text("")
        metadata = json.dumps({"image-name": "docker.io/mesibo/mesibo:latest", "name": name})
        listed = {"id": "abc", "names": [name], "image": "f00", "metadata": metadata, "created": "2026-01-01T00:00:00Z"}
        (storage / "containers.json").write_text(json.dumps([listed]))

    def write(self, *names):
        for name in names:
            (self.logs / name).parent.mkdir(parents=True, exist_ok=True)
            (self.logs / name).write_text("")


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize("runtime", ["docker json-file", "podman k8s-file"])
def test_a_container_that_logs_to_a_file_is_followed_by_name(host, runtime):
    """Docker's and podman's container alike: by its name, below the runtime's root."""
    which, driver = runtime.split()
    getattr(host, f"run_{which}")(driver)
    source, story = host.find()
    assert (source.docker.container, source.docker.root) == ("mesibo", str(getattr(host, which)))
    assert story == f"no configuration; found the container mesibo with log driver {driver}"


@pytest.mark.parametrize("which", ["docker", "podman"])
def test_a_container_in_the_journal_is_followed_there(host, which):
    """With the journald driver the container's entries are read."""
    getattr(host, f"run_{which}")("journald", name="push")
    source, story = host.find()
    assert source.journal.container == "push"
    assert story == "no configuration; found the container push in the journal"


def test_a_task_of_a_swarm_in_the_journal_is_not_followed_under_a_name_that_the_next_one_has_not(host):
    """What can be followed goes before it; else it is reported that nothing is, and why."""
    host.run_docker("journald", name=f"mesibo.1.{'a1b2c' * 5}")
    source, story = host.find()
    assert source.docker.container == "mesibo"
    assert "its log driver is journald" in story
    host.write("mesibo.log")
    assert host.find()[0].paths


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("mesibo/mesibo", True),
        ("docker.io/mesibo/mesibo:latest", True),
        ("registry:5000/mesibo/mesibo:v2@sha256:00", True),
        ("other/mesibo/mesibo", True),
        ("mesibo/mesibo-demo", False),
        ("notmesibo/mesibo", False),
        ("registry:5000/other", False),
    ],
)
def test_a_container_of_any_name_is_known_by_its_image(host, image, found):
    """A container is found by mesibo's image, with any registry, tag or digest, and not by another image."""
    host.run_docker("json-file", name="chat", image=image)
    assert (host.find()[0].docker is not None) == found


def test_a_container_of_that_name_is_mesibos_whatever_its_image_and_is_waited_for_until_it_starts(host):
    """An image of one's own is none that could be known; one that was only created has no log yet."""
    host.run_docker("", image="registry:5000/chat")
    source, story = host.find()
    assert source.docker.container == "mesibo"
    assert story == "no configuration; found the container mesibo, which has no log yet"
    host.write("logs")
    assert host.find()[0].paths


def test_the_named_file_goes_before_the_usual_one_and_this_before_what_is_found(host):
    """A container that is there changes nothing about a host that is configured."""
    host.run_docker("json-file")
    host.logs.mkdir()
    for path, name in ((host.logs / "named", "named"), (None, "usual"), (host.logs / "named", "named")):
        (host.logs / name).write_text(f'[[source]]\nname = "{name}"\npaths = ["m.log"]\n')
        with patch.object(default, "DEFAULT_PATH", host.logs / "usual"):
            config, story = default.find(path)
        assert (config.source[0].name, story) == (name, f"configuration {host.logs / name}")


@pytest.mark.parametrize("root", ["snap", "docker/165536.165536"])
def test_docker_keeps_its_containers_elsewhere_as_a_snap_and_with_remapped_users(host, root):
    """The snap has a root of its own, `userns-remap` one below the usual one, named after the ids."""
    host.run_docker("json-file", root=root)
    source, _ = host.find()
    assert (source.docker.container, source.docker.root) == ("mesibo", str(host.docker.parent / root.split("/")[0]))


def test_the_container_of_that_name_goes_before_one_that_was_renamed(host):
    """`docker rename mesibo mesibo-old` keeps the old one for a while; else the newest is taken."""
    host.run_docker("json-file", name="mesibo-old", created="2026-11-22T10:00:00Z")
    host.run_docker("json-file", name="chat", created="2026-11-24T10:00:00Z")
    assert host.find()[0].docker.container == "chat"
    host.run_docker("json-file", created="2026-11-23T10:00:00Z")
    assert host.find()[0].docker.container == "mesibo"


def test_a_container_whose_log_cannot_be_followed_is_named_with_its_remedy(host):
    """Docker's `local` driver: with nothing else there it is the source, and is said to be out of reach."""
    host.run_docker("local")
    source, story = host.find()
    assert source.docker.container == "mesibo"
    assert "its log driver is local (start it with --log-driver json-file" in story


def test_what_can_be_followed_goes_before_what_cannot(host):
    """A container with the `local` driver that writes into a mounted directory: the directory is followed."""
    host.run_docker("local")
    host.write("logs")
    source, story = host.find()
    assert source.paths[0] == f"{host.logs}/logs"
    assert story.startswith(f"no configuration; found logs in {host.logs}; left out: the container mesibo, but its log")


@pytest.mark.parametrize("name", ["logs", "errors", "mesibo.log", "push/today.log"])
def test_files_without_an_extension_are_found_beside_those_with_one(host, name):
    """Mesibo's programs log to `logs` and `errors`: they are followed as well as *.log, whichever is there."""
    host.write(name)
    source, story = host.find()
    assert source.paths == tuple(f"{host.logs}/{each}" for each in ("logs", "errors", "*.log", "*/*.log"))
    assert story == f"no configuration; found logs in {host.logs}"


def test_the_unit_is_read_from_the_journal_when_nothing_else_is_there(host):
    """mesibo.service is the last that is looked for, and what was found beside the first is said."""
    host.units.add("mesibo.service")
    source, story = host.find()
    assert source.journal.unit == "mesibo.service"
    host.write("logs")
    source, story = host.find()
    assert source.journal is None
    assert story == f"no configuration; found logs in {host.logs}; left out: mesibo.service in the journal"


def test_with_nothing_there_logs_are_waited_for(host):
    """A host without mesibo: the directory is waited for, and a runtime's empty root is no word worth."""
    host.podman.mkdir()
    source, story = host.find()
    assert source.paths[0] == f"{host.logs}/logs"
    assert story == f"no configuration; no mesibo container; waiting for logs in {host.logs}"


def test_what_keeps_containers_from_being_seen_is_said(host):
    """A list that is no JSON is named; nothing of it is quoted."""
    host.run_podman("journald")
    (host.podman / "overlay-containers/containers.json").write_text(SECRET)
    _, story = host.find()
    assert "containers.json cannot be understood" in story
    assert SECRET not in story
