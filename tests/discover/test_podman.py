"""A container's log by the container's name, out of podman's storage as podman 4 and 5 write it."""

import json
import os

import pytest

from logwatch.discover import Container, containers
from logwatch.discover.globs import REGLOB_SECONDS
from tests.helpers.recorder import Follower

SECRET = "app-token-0123456789"
LINE = "2026-11-28T08:04:17.231862468+00:00 stdout F {}\n"


class Podman:
    """Podman's storage: containers come and go."""

    def __init__(self, root, driver="overlay"):
        self.root, self.store = root, root / f"{driver}-containers"
        self.store.mkdir(parents=True)
        self.lists = {"containers.json": [], "volatile-containers.json": []}

    def create(self, identity, name="mesibo", *, rm=False):
        """List a container that was not started; ``rm`` as with ``podman run --rm``."""
        flags = {"MountLabel": "", "ProcessLabel": ""} | ({"Volatile": True} if rm else {})
        metadata = json.dumps({"image-name": "docker.io/mesibo/mesibo:latest", "name": name})
        created = f"2026-11-28T08:04:{len(identity):02}.231862468Z"
        entry = {"id": identity, "names": [name], "metadata": metadata, "created": created, "flags": flags}
        self.lists["volatile-containers.json" if rm else "containers.json"].append(entry)
        self._write()
        userdata = self.store / identity / "userdata"
        for directory in ("artifacts", "secrets", "shm"):
            (userdata / directory).mkdir(parents=True)
        return userdata

    def start(self, userdata, *lines):
        """Start a container: what it is run with is written, then conmon writes its log."""
        (userdata / "config.json").write_text(json.dumps({"process": {"args": [SECRET]}}))
        with open(userdata / "ctr.log", "a", encoding="utf-8") as log:
            log.writelines(map(LINE.format, lines))

    def remove(self, identity):
        """Remove a container with its log."""
        for entries in self.lists.values():
            entries[:] = [entry for entry in entries if entry["id"] != identity]
        self._write()
        (self.store / identity).rename(self.root / f"gone-{identity}")

    def _write(self):
        """Replace the lists, as podman does; one that was never needed is not there."""
        for name, entries in self.lists.items():
            if entries or (self.store / name).exists():
                (self.store / f".tmp-{name}").write_text(json.dumps(entries))
                (self.store / f".tmp-{name}").rename(self.store / name)


def follow(podman):
    follower = Follower(discover=Container("mesibo", str(podman.root)), envelope="cri")
    follower.make = lambda: Container("mesibo", str(podman.root))
    return follower


def said(follower):
    return [line.split()[-1] for line in follower.lines]


@pytest.mark.parametrize("driver", ["overlay", "vfs", "btrfs", "zfs"])
@pytest.mark.parametrize("rm", [False, True])
def test_a_container_is_followed_by_name_whatever_the_storage_driver(tmp_path, driver, rm):
    """Its log is found below the directory of any storage driver, also where podman removes it at its end."""
    podman = Podman(tmp_path / "storage", driver)
    podman.start(podman.create("a", "other"), "not-this")
    podman.start(podman.create("bb", rm=rm), "one", "two")
    follower = follow(podman)
    follower.turn()
    assert (said(follower), follower.tail.status().problems) == (["one", "two"], ())


def test_a_container_that_is_made_anew_is_followed_at_once(tmp_path):
    """A new container's log is found by the next look, since it may be removed within a second."""
    podman = Podman(tmp_path / "storage")
    podman.start(podman.create("a", rm=True), "one")
    follower = follow(podman)
    follower.turn()
    podman.remove("a")
    podman.start(podman.create("bb", rm=True), "two")
    follower.turn()
    assert said(follower) == ["one", "two"]
    assert str(podman.store) in follower.tail.directories()


@pytest.mark.parametrize("user", [0, 1000])
def test_a_container_of_a_transient_store_is_listed_elsewhere(tmp_path, monkeypatch, user):
    """With ``transient_store`` the list lies where a reboot deletes it, and the log where it always does."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a storage to a user")
    monkeypatch.setattr("logwatch.discover.podman.RUN", str(tmp_path / "run"))
    podman = Podman(tmp_path / "storage")
    os.chown(podman.store, user, user)
    transient = tmp_path / "run" / (f"user/{user}/containers" if user else "containers/storage") / "overlay-containers"
    transient.mkdir(parents=True)
    container = Container("mesibo", str(podman.root))
    (problem,) = container.find(0.0).problems
    assert problem.what == "there is no container named mesibo"
    podman.start(podman.create("a", rm=True), "one")
    (podman.store / "volatile-containers.json").rename(transient / "volatile-containers.json")
    found = container.find(0.1)
    assert (found.paths, found.problems) == ((str(podman.store / "a" / "userdata" / "ctr.log"),), ())
    assert str(transient) in container.directories()
    (podman.store / "a").rename(tmp_path / "of another storage")
    assert container.find(0.1 + REGLOB_SECONDS).paths == ()


def test_the_log_of_a_container_that_is_started_later_is_read_at_once(tmp_path):
    """A container that was never started is reported as having no log, with no guess where its lines go."""
    podman = Podman(tmp_path / "storage")
    userdata = podman.create("a")
    container = Container("mesibo", str(podman.root))
    (problem,) = container.find(0.0).problems
    assert problem.what == "has no log yet"
    podman.start(userdata, "one")
    assert container.find(0.1).paths == (str(userdata / "ctr.log"),)
    assert str(userdata) in container.directories()


def test_where_the_lines_of_a_container_without_a_log_are_is_not_claimed(tmp_path):
    """The message names all possible places, since journald, passthrough, none and another path look alike."""
    podman = Podman(tmp_path / "storage")
    (podman.create("a") / "config.json").write_text("{}")
    (problem,) = Container("mesibo", str(podman.root)).find(0.0).problems
    assert problem.headline == (
        "container mesibo: podman has no log of it in its storage: its lines are in systemd's journal, unless another"
        " log driver or a path was named"
    )
    for each in ('journal = {container = "mesibo"}', "passthrough", "paths ="):
        assert each in problem.try_


def test_a_list_that_cannot_be_understood_costs_itself(tmp_path):
    """It is reported, and containers of the other one are found; nothing of what it says is repeated."""
    podman = Podman(tmp_path / "storage")
    podman.start(podman.create("a", rm=True), "one")
    (podman.store / "containers.json").write_text(SECRET)
    found = Container("mesibo", str(podman.root)).find(REGLOB_SECONDS)
    (problem,) = found.problems
    assert problem.where == str(podman.store / "containers.json")
    assert SECRET not in str(problem)
    assert found.paths == (str(podman.store / "a" / "userdata" / "ctr.log"),)


def test_a_list_that_cannot_be_read_is_told_and_what_is_no_store_is_none(tmp_path):
    """A directory in a list's place; a file that is called like a store; a container of which nothing else is known."""
    podman = Podman(tmp_path / "storage")
    podman.create("a", rm=True)
    (podman.store / "volatile-containers.json").write_text('[{"id": "a", "names": ["mesibo"]}]')
    (podman.store / "containers.json").unlink(missing_ok=True)
    (podman.store / "containers.json").mkdir()
    (podman.root / "other-containers").write_text("")
    found, (problem,) = containers(str(podman.root))
    assert [(each.name, each.image) for each in found] == [("mesibo", "")]
    assert (problem.where, problem.what, problem.why) == (
        str(podman.store / "containers.json"), "cannot be read", "Is a directory",
    )  # fmt: skip
