"""Finds the log of a container by its name, through removal and re-creation, without Docker's socket.

Of Docker's files only a container's id, name, image, log driver and log path are read out: its arguments hold the app
token. Docker keeps ``config.v2.json`` and, for the log driver, ``hostconfig.json`` in ``<root>/containers/<id>/``
(moby, container/container.go: LogPath is set for the json-file driver alone).
"""

import os
from dataclasses import dataclass

import msgspec

from logwatch.discover import podman
from logwatch.discover.globs import REGLOB_SECONDS, DiscoveredPaths, mark
from logwatch.errors import Problem

JSON_FILE = "json-file"


class _LogConfig(msgspec.Struct):
    driver: str = msgspec.field(name="Type", default="")


class _HostConfig(msgspec.Struct):
    log: _LogConfig = msgspec.field(name="LogConfig", default_factory=_LogConfig)


class _Config(msgspec.Struct):
    image: str = msgspec.field(name="Image", default="")


class _Written(msgspec.Struct):
    """The only fields of config.v2.json that are ever decoded; everything else is skipped over."""

    identity: str = msgspec.field(name="ID", default="")
    name: str = msgspec.field(name="Name", default="")
    created: str = msgspec.field(name="Created", default="")
    log_path: str = msgspec.field(name="LogPath", default="")
    config: _Config = msgspec.field(name="Config", default_factory=_Config)
    host: _HostConfig | None = msgspec.field(name="HostConfig", default=None)


_WRITTEN = msgspec.json.Decoder(_Written)
_HOST = msgspec.json.Decoder(_HostConfig)


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """What is known of a container."""

    identity: str
    name: str
    image: str
    driver: str
    path: str  # of its log, as reachable from here; empty when its driver keeps none
    created: str = ""


def containers(root: str) -> tuple[list[ContainerLog], list[Problem]]:
    """Return all containers below Docker's root, or in podman's storage, oldest first, and what could not be read."""
    if podman.is_storage(root):
        return _of_podman(root)
    directory = os.path.join(root, "containers")
    found: list[ContainerLog] = []
    problems: list[Problem] = []
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries)
    except FileNotFoundError:
        return [], [
            Problem(directory, "is not there", "Docker keeps its containers there", "set docker.root to its data-root")
        ]
    except OSError as error:
        why = error.strerror or str(error)
        return [], [Problem(directory, "cannot be listed", why, "run with CAP_DAC_READ_SEARCH, see docs/install.md")]
    for name in names:
        container, problem = _container(os.path.join(directory, name))
        if container:
            found.append(container)
        if problem:
            problems.append(problem)
    return sorted(found, key=lambda container: container.created), problems


def _of_podman(root: str) -> tuple[list[ContainerLog], list[Problem]]:
    listed, problem = podman.listed(root)
    found = []
    for each in listed:
        path = podman.log_of(root, each.identity)
        driver = podman.K8S_FILE if path else podman.JOURNALD
        found += [ContainerLog(each.identity, name, each.image, driver, path, each.created) for name in each.names]
    return sorted(found, key=lambda container: container.created), [problem] if problem else []


def _container(directory: str) -> tuple[ContainerLog | None, Problem | None]:
    path = os.path.join(directory, "config.v2.json")
    try:
        with open(path, "rb") as file:
            written = _WRITTEN.decode(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None, None  # being created or removed
    except OSError as error:
        return None, Problem(path, "cannot be read", error.strerror or str(error), "run with CAP_DAC_READ_SEARCH")
    except (msgspec.DecodeError, UnicodeDecodeError):  # never the decoder's words: they may quote what it read
        return None, Problem(path, "cannot be understood", "it is no JSON as Docker writes it")
    driver = _driver(directory, written)
    log_path = _reachable(directory, written.log_path) if driver == JSON_FILE else ""
    name = written.name.removeprefix("/")
    return ContainerLog(written.identity, name, written.config.image, driver, log_path, written.created), None


def _driver(directory: str, written: _Written) -> str:
    try:
        with open(os.path.join(directory, "hostconfig.json"), "rb") as file:
            driver = _HOST.decode(file.read()).log.driver
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        driver = ""
    if not driver and written.host:
        driver = written.host.log.driver
    return driver or (JSON_FILE if written.log_path else "")


def _reachable(directory: str, log_path: str) -> str:
    """Return the log's path from here: Docker's root may be mounted at another place than Docker knows it by."""
    if not log_path:
        return ""
    if os.path.basename(os.path.dirname(log_path)) == os.path.basename(directory):
        return os.path.join(directory, os.path.basename(log_path))
    return log_path


class Container:
    """The log of the container that has this name now; a new one takes over as soon as it is there."""

    successive = True

    def __init__(self, name: str, root: str = "/var/lib/docker") -> None:
        self.name = name.removeprefix("/")
        self.root = root
        self._marks: dict[str, tuple[int, int]] = {}
        self._found = DiscoveredPaths(())
        self._looked_at = float("-inf")

    def find(self, now: float) -> DiscoveredPaths:
        """Return the paths of the logs of containers with this name: none, one, or two while one is being replaced."""
        marks = self._read_marks()
        if marks == self._marks and 0 <= now - self._looked_at < REGLOB_SECONDS:
            return self._found
        self._marks, self._looked_at = marks, now
        known, problems = containers(self.root)
        mine = [container for container in known if container.name == self.name]
        paths = [container.path for container in mine if container.path]
        in_no_file = bool(mine and not mine[-1].path and mine[-1].driver not in ("", JSON_FILE))
        if in_no_file:
            problems.append(other_driver(mine[-1]))
        if not mine and not problems:
            there = ", ".join(container.name for container in known) or "none"
            what = f"there is no container named {self.name}"
            problems.append(Problem(self.root, what, f"there are: {there}", "it is waited for", warning=True))
        self._found = DiscoveredPaths(tuple(paths), problems=tuple(problems), out_of_reach=in_no_file)
        return self._found

    def _read_marks(self) -> dict[str, tuple[int, int]]:
        directory = os.path.join(self.root, "containers")
        configs = (os.path.join(os.path.dirname(path), "config.v2.json") for path in self._found.paths)
        return {path: mark(path) for path in (directory, *configs)}

    def matches(self, path: str) -> bool:
        """Return whether this is the path of a log of the container."""
        return path in self._found.paths

    def directories(self) -> frozenset[str]:
        """Return where new containers appear, and where the present one's log is."""
        return frozenset({os.path.join(self.root, "containers"), *map(os.path.dirname, self._found.paths)})


def other_driver(container: ContainerLog) -> Problem:
    """Return what to say of a container whose log is not in a file."""
    if container.driver == podman.JOURNALD:
        return Problem(
            f"container {container.name}",
            f"its log driver is {container.driver}",
            "its lines are in systemd's journal, and in no file",
            f'write journal = {{container = "{container.name}"}} into the source instead of docker',
        )
    return Problem(
        f"container {container.name}",
        f"its log driver is {container.driver or 'unknown'}",
        "it writes neither a file that can be followed nor to the journal",
        "start it with --log-driver json-file --log-opt max-size=50m --log-opt max-file=5, or --log-driver journald",
    )
