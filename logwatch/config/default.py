"""Find the configuration: the named file, else the usual one, else one for a log found on this host."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from logwatch.config.loader import load
from logwatch.config.schema import Config
from logwatch.config.sources import DOCKER_ROOT, Docker, Journal, Source
from logwatch.discover import ContainerLog, containers, no_log, where_listed
from logwatch.journal import ask
from logwatch.journal.child import NoJournalError
from logwatch.journal.place import Target
from logwatch.ownership import is_there, may_be_there

DEFAULT_PATH = Path("/etc/mesibo-logwatch/logwatch.toml")
RUNTIME_ROOTS = (
    Path(DOCKER_ROOT),
    Path("/var/snap/docker/common/var-lib-docker"),  # Docker as a snap, which Ubuntu's installer offers
    Path("/var/lib/containers/storage"),  # podman's
)
LOG_DIRECTORY = Path("/var/log/mesibo")
UNIT = "mesibo.service"
_NAME = "mesibo"
_MESIBO = re.compile(r"(?:.+/)?mesibo/mesibo(?::[^/:@]+)?(?:@.+)?")  # from any registry, with or without a tag
_PATTERNS = ("logs", "errors", "*.log", "*/*.log")
"""mesibo's own programs log to ``logs`` and ``errors`` (strings in mesibo-backend and mesibo-control)."""


def in_journal(unit: str) -> bool:
    """Return whether this host's journal has lines of a unit."""
    try:
        return bool(ask.newest(Target(unit=unit), 1))
    except NoJournalError:
        return False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where mesibo may log: ``source`` is None if only a problem was found, ``usable`` False if there is no log yet."""

    words: str
    source: Source | None
    usable: bool = True


def find(path: Path | None = None) -> tuple[Config, str]:
    """Return the configuration and, in words, where it comes from; ConfigError with every problem in a file.

    Without a file, follow a container of Docker or podman, else the log directory, else the unit in the journal. Only
    one place is followed, since several may have the same lines; the words name the others.
    """
    if path is not None or is_there(DEFAULT_PATH):
        return load(path or DEFAULT_PATH), f"configuration {path or DEFAULT_PATH}"
    places = [*chain.from_iterable(map(_containers, RUNTIME_ROOTS)), *_files(LOG_DIRECTORY)]
    if in_journal(UNIT):
        places.append(_Place(f"{UNIT} in the journal", Source(name=_NAME, journal=Journal(unit=UNIT))))
    possible = [place for place in places if place.source]
    chosen = next((place for place in possible if place.usable), possible[0] if possible else None)
    left_out = [place.words for place in places if place is not chosen]
    if chosen is None or chosen.source is None:
        source, story = of_files(LOG_DIRECTORY), f"no mesibo container; waiting for logs in {LOG_DIRECTORY}"
    else:
        source, story = chosen.source, f"found {chosen.words}"
    return Config(source=(source,)), "; ".join(
        ["no configuration", story, *([f"left out: {', and '.join(left_out)}"] if left_out else [])]
    )


def _containers(root: Path) -> Iterator[_Place]:
    """Yield containers of mesibo below a runtime's root, the likeliest first, then what could not be read there."""
    if not any(map(may_be_there, where_listed(str(root)))):
        return  # there is no such runtime here, or it never ran anything
    known, problems = containers(str(root))
    mesibo = [each for each in reversed(known) if _NAME in each.names or _MESIBO.fullmatch(each.image)]
    for container in sorted(mesibo, key=lambda each: _NAME not in each.names):  # a renamed old one may still be there
        yield _container(root, container)
    for problem in problems:
        yield _Place(f"{problem.where} {problem.what} ({problem.why}: {problem.try_})", None)


def _container(root: Path, container: ContainerLog) -> _Place:
    words = f"the container {container.name}"
    source = Source(name=_NAME, docker=Docker(container=container.names[-1], root=str(root)))
    problem = no_log(container)
    if not problem:
        return _Place(f"{words} with log driver {container.driver}", source)
    if container.in_journal and not container.in_swarm:  # a Swarm service's next task has another name there
        return _Place(f"{words} in the journal", Source(name=_NAME, journal=Journal(container=container.name)))
    if problem.warning:
        return _Place(f"{words}, which {problem.what}", source, usable=False)
    return _Place(f"{words}, but {problem.what} ({problem.try_})", source, usable=False)


def _files(directory: Path) -> Iterator[_Place]:
    if any(next(directory.glob(pattern), None) for pattern in _PATTERNS):
        yield _Place(f"logs in {directory}", of_files(directory))


def of_files(directory: Path) -> Source:
    """Return a source that follows every file in a directory that mesibo may log to."""
    return Source(name=_NAME, paths=tuple(f"{directory}/{pattern}" for pattern in _PATTERNS))
