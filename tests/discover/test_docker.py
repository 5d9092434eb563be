"""A container's log by the container's name, out of files as Docker writes them."""

import json
import os
import shutil

import pytest

from logwatch.discover import Container, containers
from tests.helpers.recorder import Follower

SECRET = "app-token-0123456789"


class Docker:
    """Docker's directory: containers come and go."""

    def __init__(self, root):
        self.root = root
        (root / "containers").mkdir(parents=True)

    def run(self, number, name="mesibo", driver="json-file", known_as="/var/lib/docker"):
        identity = f"{number:064x}"
        home = self.root / "containers" / identity
        home.mkdir()
        log = f"{known_as}/containers/{identity}/{identity}-json.log" if driver == "json-file" else ""
        written = {
            "ID": identity,
            "Created": f"2026-11-22T10:00:{number:02}.000000000Z",
            "Name": f"/{name}",
            "Image": "sha256:" + "0" * 64,
            "Config": {"Image": "mesibo/mesibo", "Cmd": [SECRET], "Env": ["TOKEN=" + SECRET]},
            "Args": [SECRET],
            "LogPath": log,
            "Driver": "overlay2",
        }
        (home / "config.v2.json").write_text(json.dumps(written))
        (home / "hostconfig.json").write_text(json.dumps({"LogConfig": {"Type": driver, "Config": {}}}))
        if driver == "json-file":
            self.log = home / f"{identity}-json.log"
            self.log.touch()
        return home

    def say(self, *lines):
        with open(self.log, "a", encoding="utf-8") as file:
            file.writelines(self.record(line) for line in lines)

    @staticmethod
    def record(line):
        return json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-11-22T10:00:00Z"}) + "\n"


@pytest.fixture
def docker(tmp_path):
    return Docker(tmp_path / "docker")


def follow(docker, name="mesibo"):
    follower = Follower(discover=Container(name, str(docker.root)), envelope="docker")
    follower.make = lambda: Container(name, str(docker.root))
    return follower


def said(follower):
    return [json.loads(line)["log"].rstrip("\n") for line in follower.lines]


def test_a_container_is_followed_by_name(docker):
    """Its log is found wherever Docker's root is mounted, and other containers are left alone."""
    docker.run(1, name="other")
    docker.say("not this")
    docker.run(2)
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    docker.say("two")
    follower.turn()
    assert said(follower) == ["one", "two"]
    assert follower.tail.status().problems == ()


@pytest.mark.parametrize("name", ["chat_mesibo", "chat_mesibo.1"])
def test_the_tasks_of_a_swarm_service_are_followed_by_what_they_have_in_common(docker, name):
    """Each task has an id of its own in its name; the service's name, or its slot's, stays. The old ones are kept."""
    docker.run(1, name=f"chat_mesibo.1.{'a1b2c' * 5}")
    docker.say("one")
    docker.run(2, name=f"chat_mesibo.{'n0de5' * 5}.{'x' * 24}")
    docker.say("no id of a task")
    follower = follow(docker, name)
    follower.turn()
    docker.run(3, name=f"chat_mesibo.1.{'z9y8x' * 5}")
    docker.say("two")
    follower.turn()
    assert (said(follower), follower.tail.status().problems) == (["one", "two"], ())


def test_a_task_of_a_global_service_is_followed_by_the_service(docker):
    """One on each node, whose id takes the place of a number."""
    docker.run(1, name=f"mesibo.{'n0de5' * 5}.{'a1b2c' * 5}")
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    assert said(follower) == ["one"]


def test_docker_with_remapped_users_keeps_containers_below_its_root(docker, tmp_path):
    """With `userns-remap`, containers are found below a directory named after the ids, and where they were before."""
    docker.run(1, name="before")
    remapped = Docker(docker.root / "231072.231072")
    remapped.run(2)
    remapped.say("one")
    follower = follow(docker)
    follower.turn()
    assert (said(follower), follower.tail.status().problems) == (["one"], ())
    remapped.run(3, name="another")
    assert {each.name for each in containers(str(docker.root))[0]} == {"before", "mesibo", "another"}
    shutil.rmtree(docker.root / "containers")
    assert [each.name for each in containers(str(docker.root))[0]] == ["mesibo", "another"]
    assert containers(str(docker.root))[1] == []


def test_a_container_that_is_replaced(docker):
    """Docker run --rm deletes the log at each stop: the old one is drained, the new one is a new generation."""
    home = docker.run(1)
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    docker.say("two")
    with open(docker.log, "a", encoding="utf-8") as late:
        shutil.rmtree(home)
        follower.turn()
        assert said(follower) == ["one", "two"]
        late.write(docker.record("last words"))
        late.flush()
        docker.run(2)
        docker.say("three")
        follower.turn()
    assert sorted(said(follower)) == ["last words", "one", "three", "two"]
    follower.commit()
    follower.wait(700, 1)
    assert (follower.lost, follower.missed) == (0, 0)
    assert follower.rotations() == {"replace": 1}
    assert {position.path for position in follower.sink.positions.values()} == {str(docker.log)}
    assert follower.tail.status().files_followed == 1


def test_a_container_that_compose_replaces_or_renamed_for_good_is_followed(docker):
    """Compose puts an id in front of a container's name while it replaces one, and some releases leave it there."""
    home = docker.run(1)
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    written = json.loads((home / "config.v2.json").read_text())
    (home / "config.v2.json").write_text(json.dumps(written | {"Name": "/249662c60a09_mesibo"}))
    docker.say("two")
    follower.turn()
    docker.run(2)
    docker.say("three")
    follower.turn()
    assert said(follower) == ["one", "two", "three"]
    docker.run(3, name="249662c60a09_mesibo", driver="")  # left by one that failed, never started
    follower.turn()
    assert follower.tail.status().problems == ()


def test_a_container_that_went_while_nobody_looked(docker):
    """What could not be read of a container's deleted log is a missed generation; its successor counts from 0."""
    home = docker.run(1)
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    docker.say("two")
    follower.look()
    follower.stop()
    shutil.rmtree(home)
    docker.run(2)
    docker.say("three")
    follower.start()
    follower.turn()
    assert said(follower) == ["one", "three"]
    follower.wait(700, 1)
    assert follower.missed == 1
    assert follower.lost == len(docker.record("two"))
    follower.stop()
    follower.start()
    follower.wait(700)
    assert follower.missed == 1
    assert said(follower) == ["one", "three"]


def test_dockers_own_rotation_is_followed(docker):
    """max-size and max-file: the log is renamed to -json.log.1, packed if so configured, and begun anew."""
    docker.run(1)
    follower = follow(docker)
    for n in range(5):
        docker.say(f"{n} before", f"{n} after")
        if n % 2:
            follower.turn()
        for number in (3, 2, 1):
            if os.path.exists(f"{docker.log}.{number}"):
                os.rename(f"{docker.log}.{number}", f"{docker.log}.{number + 1}")
        os.rename(docker.log, f"{docker.log}.1")
        docker.log.touch()
        if n == 0:
            follower.turn()
            follower.commit()
    follower.restart()
    follower.turn()
    follower.wait(700)
    expected = sorted(f"{n} {word}" for n in range(1, 5) for word in ("before", "after"))
    assert sorted(line for line in said(follower) if not line.startswith("0")) == expected


def test_another_log_driver_is_a_finding(docker):
    """A container whose log is in no file gets a finding that says what to configure."""
    docker.run(1, driver="journald")
    follower = follow(docker)
    follower.turn()
    (problem,) = follower.tail.status().problems
    assert str(problem) == (
        "container mesibo: its log driver is journald: its lines are in systemd's journal, and in no file\n"
        '  try: write journal = {container = "mesibo"} into the source instead of docker'
    )
    assert not follower.tail.status().up


def test_the_journal_is_no_remedy_for_a_task_of_a_swarm_service(docker):
    """Its name there is its own, and the next task has another."""
    docker.run(1, name=f"mesibo.1.{'a1b2c' * 5}", driver="journald")
    (problem,) = Container("mesibo", str(docker.root)).find(0.0).problems
    assert "each task has another name" in problem.why
    assert "json-file" in problem.try_


def test_a_container_with_another_log_driver_is_down_though_the_one_before_is_kept(docker):
    """``docker rename`` keeps the old container and its log: that nothing comes there any more is no quiet log."""
    old = docker.run(1)
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    assert follower.tail.status().up
    written = json.loads((old / "config.v2.json").read_text())
    (old / "config.v2.json").write_text(json.dumps(written | {"Name": "/old_mesibo"}))
    docker.run(2, driver="local")
    follower.wait(6)
    status = follower.tail.status()
    assert (said(follower), status.up) == (["one"], False)
    assert "its log driver is local" in str(status.problems[0])


def test_a_container_that_is_not_there_is_waited_for(docker):
    """A missing container is a warning that names those that are there; it is found when it starts."""
    docker.run(1, name="other")
    follower = follow(docker)
    follower.turn()
    (problem,) = follower.tail.status().problems
    assert problem.warning
    assert "no container named mesibo" in problem.what
    assert "other" in problem.why
    docker.run(2)
    docker.say("one")
    follower.wait(6)
    assert said(follower) == ["one"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"ID": 7}', b"\xff\xfe", b'{"LogPath": null}'])
def test_a_broken_configuration_says_nothing_it_should_not(docker, content):
    """A file that is half-written or no JSON is a finding without its content, and stops no other container."""
    home = docker.run(1, name="broken")
    (home / "config.v2.json").write_bytes(content + SECRET.encode())
    docker.run(2)
    docker.say("one")
    follower = follow(docker)
    follower.turn()
    assert said(follower) == ["one"]
    assert SECRET not in repr((follower.tail.status(), follower.log.events))


def test_nothing_but_five_facts_is_ever_read_out(docker):
    """A container's arguments and environment, which hold the app token, are never decoded."""
    docker.run(1)
    (container,), problems = containers(str(docker.root))
    assert problems == []
    assert (container.name, container.image, container.driver) == ("mesibo", "mesibo/mesibo", "json-file")
    assert container.path == str(docker.log)
    assert SECRET not in repr(container)


def test_no_docker_is_a_finding(tmp_path):
    """A root without containers says which setting to look at."""
    _, (problem,) = containers(str(tmp_path / "nowhere"))
    assert "docker.root" in problem.try_


def test_what_docker_does_not_show_as_usual_is_read_all_the_same_or_told(docker, tmp_path):
    """A log elsewhere, a container that was never started, a file among the directories, one that cannot be read."""
    docker.run(1, name="moved", known_as="/var/lib/docker")
    elsewhere = docker.run(2, name="elsewhere") / "config.v2.json"
    elsewhere.write_text(json.dumps(json.loads(elsewhere.read_text()) | {"LogPath": "/var/log/pods/mesibo.log"}))
    new = docker.run(3, name="new") / "config.v2.json"
    new.write_text(json.dumps(json.loads(new.read_text()) | {"LogPath": ""}))
    (docker.root / "containers" / "note.txt").write_text("")
    (docker.root / "containers" / "half").mkdir()
    (docker.root / "containers" / "odd" / "config.v2.json").mkdir(parents=True)
    found, (problem,) = containers(str(docker.root))
    paths = {each.name: each.path for each in found}
    assert paths["moved"].startswith(str(docker.root))
    assert (paths["elsewhere"], paths["new"]) == ("/var/log/pods/mesibo.log", "")
    assert (problem.what, problem.why) == ("cannot be read", "Is a directory")
    container = Container("moved", str(docker.root))
    container.find(0.0)
    assert (container.matches(paths["moved"]), container.matches(paths["elsewhere"])) == (True, False)
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "containers").write_text("")
    found, (problem,) = containers(str(tmp_path / "another"))
    assert (found, problem.what, problem.why) == ([], "cannot be listed", "Not a directory")
