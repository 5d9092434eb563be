"""Find a container's log by the container's name, across its re-creations, without Docker's socket.

Only a container's id, name, image, date of creation, log driver and log path are decoded: its arguments hold the app
token. Docker keeps ``config.v2.json`` and, for the log driver, ``hostconfig.json`` in ``<root>/containers/<id>/``
(moby, container/container.go: LogPath is set for the json-file driver alone). With ``userns-remap`` its root is
``<root>/<uid>.<gid>`` instead (daemon/daemon_unix.go, setupDaemonRoot).
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from logwatch.discover import podman
from logwatch.discover.globs import REGLOB_SECONDS, DiscoveredPaths, signature
from logwatch.errors import Problem, in_words

JSON_FILE, JOURNALD = "json-file", "journald"
_REMAPPED = re.compile(r"[0-9]+\.[0-9]+")
# Swarm's names: SERVICE.SLOT.TASK, or SERVICE.NODE.TASK (moby, daemon/cluster/executor/container; swarmkit, identity)
_TASK = re.compile(r"((.+)\.(?:[1-9][0-9]*|[0-9a-z]{25}))\.[0-9a-z]{25}")

# Compose's name for a container while another one has the name itself; some releases leave it (docker/compose#10460)
_COMPOSE = re.compile(r"[0-9a-f]{12}_(.+)")


class _Options(msgspec.Struct):
    size: str = msgspec.field(name="max-size", default="")
    files: str = msgspec.field(name="max-file", default="")
    mode: str = ""


class _LogConfig(msgspec.Struct):
    driver: str = msgspec.field(name="Type", default="")
    options: _Options | None = msgspec.field(name="Config", default=None)


class _Mount(msgspec.Struct):
    source: str = msgspec.field(name="Source", default="")
    target: str = msgspec.field(name="Target", default="")


class _Logged(msgspec.Struct):
    log: _LogConfig = msgspec.field(name="LogConfig", default_factory=_LogConfig)


class HostConfig(_Logged):
    """The only fields of hostconfig.json that are ever decoded."""

    removed: bool = msgspec.field(name="AutoRemove", default=False)
    binds: list[str] | None = msgspec.field(name="Binds", default=None)  # SOURCE:TARGET[:OPTIONS]
    mounts: list[_Mount] | None = msgspec.field(name="Mounts", default=None)


class _Config(msgspec.Struct):
    image: str = msgspec.field(name="Image", default="")


class _Written(msgspec.Struct):
    """The only fields of config.v2.json that are ever decoded; everything else is skipped."""

    identity: str = msgspec.field(name="ID", default="")
    name: str = msgspec.field(name="Name", default="")
    created: str = msgspec.field(name="Created", default="")
    log_path: str = msgspec.field(name="LogPath", default="")
    config: _Config = msgspec.field(name="Config", default_factory=_Config)
    host: _Logged | None = msgspec.field(name="HostConfig", default=None)


_WRITTEN = msgspec.json.Decoder(_Written)
_HOST = msgspec.json.Decoder(HostConfig)


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """What is known of a container."""

    identity: str
    name: str
    image: str
    driver: str
    path: str  # of its log, as reachable from here; empty if its driver keeps none
    created: str
    directory: str  # of its files: changes when its name or its log does

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which it is found: its own, and those that the next task of a Swarm or of compose also has."""
        also = _TASK.fullmatch(self.name) or _COMPOSE.fullmatch(self.name)
        return (self.name, *also.groups()) if also else (self.name,)

    @property
    def in_swarm(self) -> bool:
        """Whether it is a task of a Swarm: the next one has another name."""
        return bool(_TASK.fullmatch(self.name))

    @property
    def in_journal(self) -> bool:
        """Whether its lines are, or are likely to be, in the journal."""
        return self.driver in (JOURNALD, podman.UNTOLD)


def containers(root: str) -> tuple[list[ContainerLog], list[Problem]]:
    """Return all containers below Docker's root, or in podman's storage, oldest first, and what could not be read."""
    if stores := podman.stores(root):
        return _of_podman(stores)
    found: list[ContainerLog] = []
    problems: list[Problem] = []
    for directory in where_listed(root):
        listed, wrong = _of_docker(directory)
        found += listed
        problems += wrong
    return sorted(found, key=lambda container: container.created), problems


def _of_docker(directory: str) -> tuple[list[ContainerLog], list[Problem]]:
    found: list[ContainerLog] = []
    problems: list[Problem] = []
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries)
    except FileNotFoundError:
        remedy = "set docker.root to its data-root, or of podman to /var/lib/containers/storage; for nerdctl, use paths"
        return [], [Problem(directory, "is not there", "Docker keeps its containers there", remedy)]
    except OSError as error:
        why = in_words(error)
        return [], [Problem(directory, "cannot be listed", why, "run with CAP_DAC_READ_SEARCH, see docs/install.md")]
    for name in names:
        container, problem = _container(os.path.join(directory, name))
        if container:
            found.append(container)
        if problem:
            problems.append(problem)
    return found, problems


def where_listed(root: str) -> list[str]:
    """Return the directories in which new containers appear."""
    if stores := podman.stores(root):
        return [*stores, *map(podman.transient_of, stores)]
    return _remapped(root) or [os.path.join(root, "containers")]


def _remapped(root: str) -> list[str]:
    """Return Docker's directories under ``userns-remap``, with the usual one if that exists too; none without it."""
    try:
        with os.scandir(root) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return []
    remapped = [os.path.join(root, name, "containers") for name in names if _REMAPPED.fullmatch(name)]
    return [*remapped, os.path.join(root, "containers")] if remapped and "containers" in names else remapped


def _of_podman(stores: list[str]) -> tuple[list[ContainerLog], list[Problem]]:
    found: list[ContainerLog] = []
    problems: list[Problem] = []
    for store, each in ((directory, each) for directory in stores for each in podman.listed(directory)):
        if isinstance(each, Problem):
            problems.append(each)
            continue
        directory = podman.directory_of(store, each.identity)
        kept = (*podman.log_in(directory), each.created, directory)
        found += [ContainerLog(each.identity, name, each.image, *kept) for name in each.names]
    return sorted(found, key=lambda container: container.created), problems


def _container(directory: str) -> tuple[ContainerLog | None, Problem | None]:
    path = os.path.join(directory, "config.v2.json")
    try:
        with open(path, "rb") as file:
            written = _WRITTEN.decode(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None, None  # being created or removed
    except OSError as error:
        return None, Problem(path, "cannot be read", in_words(error), "run with CAP_DAC_READ_SEARCH")
    except (msgspec.DecodeError, UnicodeDecodeError):  # never the decoder's words: they may quote what it read
        remedy = 'write paths = ["…-json.log"] into the source instead of docker'
        return None, Problem(path, "cannot be understood", "it is not JSON as Docker writes it", remedy)
    driver = _driver(directory, written)
    log_path = _reachable(directory, written.log_path) if driver == JSON_FILE else ""
    name = written.name.removeprefix("/")
    kept = (driver, log_path, written.created, directory)
    return ContainerLog(written.identity, name, written.config.image, *kept), None


def _driver(directory: str, written: _Written) -> str:
    drivers = [host.log.driver for host in (host_config(directory), written.host) if host]
    return next(filter(None, drivers), JSON_FILE if written.log_path else "")


def host_config(directory: str) -> HostConfig | None:
    """Return how the container with these files was started; None if that cannot be read."""
    try:
        with open(os.path.join(directory, "hostconfig.json"), "rb") as file:
            return _HOST.decode(file.read())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _reachable(directory: str, log_path: str) -> str:
    """Return the log's path as seen from here: Docker's root may be mounted at another place."""
    if not log_path:
        return ""
    if os.path.basename(os.path.dirname(log_path)) == os.path.basename(directory):
        return os.path.join(directory, os.path.basename(log_path))
    return log_path


def called(known: Iterable[ContainerLog], name: str) -> list[ContainerLog]:
    """Return the containers that are found by a name, the one that has it now last, else the newest."""
    return sorted((each for each in known if name in each.names), key=lambda each: each.name == name)


class Container:
    """The log of the container that has this name now; a new container takes over as soon as it exists."""

    successive = True

    def __init__(self, name: str, root: str) -> None:
        self.name = name.removeprefix("/")
        self.root = root
        self._lists: list[str] = []
        self._own: list[str] = []  # directories of its containers
        self._signatures: dict[str, tuple[int, int]] = {}
        self._found = DiscoveredPaths(())
        self._looked_at = float("-inf")

    def find(self, now: float) -> DiscoveredPaths:
        """Return the paths of the logs of containers with this name: none, one, or two while one is being replaced."""
        if self._read_signatures() == self._signatures and 0 <= now - self._looked_at < REGLOB_SECONDS:
            return self._found
        self._lists, self._looked_at = where_listed(self.root), now
        # not yet of a new container's directory: the next call looks once more
        self._signatures = self._read_signatures()
        known, problems = containers(self.root)
        mine = called(known, self.name)
        self._own = [container.directory for container in mine]
        paths = [container.path for container in mine if container.path]
        problem = no_log(mine[-1]) if mine else None
        problems += [problem] if problem else []
        if not mine and not problems:
            there = ", ".join(container.name for container in known) or "none"
            what = f"there is no container named {self.name}"
            problems.append(Problem(self.root, what, f"there are: {there}", "the daemon waits for it", warning=True))
        self._found = DiscoveredPaths(
            tuple(paths), problems=tuple(problems), out_of_reach=bool(problem and not problem.warning)
        )
        return self._found

    def _read_signatures(self) -> dict[str, tuple[int, int]]:
        return {path: signature(path) for path in (*self._lists, *self._own)}

    def matches(self, path: str) -> bool:
        """Return whether this is the path of a log of the container."""
        return path in self._found.paths

    def directories(self) -> frozenset[str]:
        """Return the directories where new containers appear, and that of the present one's log."""
        return frozenset([*self._lists, *self._own, *map(os.path.dirname, self._found.paths)])


def no_log(container: ContainerLog) -> Problem | None:
    """Return why no log of a container can be followed; None if one can."""
    where, what = f"container {container.name}", f"its log driver is {container.driver}"
    if container.path:
        return None
    if container.driver in ("", JSON_FILE):
        return Problem(where, "has no log yet", "it was never started", "the daemon waits for it", warning=True)
    to_a_file = "--log-driver json-file --log-opt max-size=50m --log-opt max-file=5"
    if container.in_journal:
        if container.in_swarm:
            why = "its lines are in systemd's journal, where each task has another name"
            return Problem(where, what, why, f"start the service with {to_a_file}")
        remedy = f'write journal = {{container = "{container.name}"}} into the source instead of docker'
        if container.driver == JOURNALD:
            return Problem(where, what, "its lines are in systemd's journal, and in no file", remedy)
        why = "its lines are in systemd's journal, unless another log driver or a path was named"
        remedy += '; with passthrough journal = {unit = "…"}, with a path paths = ["…"]'
        return Problem(where, "podman has no log of it in its storage", why, remedy)
    why = "it writes neither a file that can be followed nor to the journal"
    return Problem(where, what, why, f"start it with {to_a_file}, or --log-driver journald")
