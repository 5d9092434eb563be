"""Look for mesibo.conf where mesibo itself reads it: below /etc/mesibo, which a container mounts from elsewhere.

mesibo's documentation mounts it by ``-v /etc/mesibo:/etc/mesibo`` (docs.mesibo.com, on-premise).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from logwatch.config import Docker, Source
from logwatch.discover import called, containers, host_config
from logwatch.errors import in_words
from logwatch.mesibo_conf.syntax import parse

USUAL = Path("/etc/mesibo/mesibo.conf")
LONGEST = 1 << 18  # bytes: no configuration is longer


@dataclass(frozen=True, slots=True)
class PushLogging:
    """What is known of ``logs { push = 1 }``: ``path`` is the file that was read or should be, ``why`` it was not."""

    state: Literal["on", "off", "unknown"] = "unknown"
    path: str = str(USUAL)
    why: str = ""
    malformed: bool = False  # it is there, but cannot be parsed
    group: bool = False  # it has a group ``logs`` that is not empty


def places(source: Source) -> list[Path]:
    """Return where the source's mesibo may have its configuration, the likeliest first."""
    if source.mesibo_conf:
        return [Path(source.mesibo_conf)]
    return [*dict.fromkeys([*(_mounted(source.docker) if source.docker else ()), USUAL])]


def push_logging(source: Source, named: Path | None = None) -> PushLogging:
    """Return whether the source's mesibo logs push results, by the first mesibo.conf that exists."""
    tried = [named] if named else places(source)
    for path in tried:
        try:
            if path.exists() and not path.is_file():
                return PushLogging("unknown", str(path), "is not a file")
            with path.open("rb") as file:
                conf = parse(file.read(LONGEST).decode(errors="replace"))
        except FileNotFoundError:
            continue
        except OSError as error:
            return PushLogging("unknown", str(path), in_words(error))
        except ValueError as error:
            return PushLogging("unknown", str(path), str(error), malformed=True)
        return PushLogging("on" if conf.push else "off", str(path), group=bool(conf.logs))
    return PushLogging("unknown", str(tried[0]), "is not there")


def _mounted(docker: Docker) -> Iterator[Path]:
    """Yield the paths on this host of what the newest container of that name sees as /etc/mesibo/mesibo.conf."""
    mine = called(containers(docker.root)[0], docker.container)
    for container in mine[-1:]:
        settings, volumes = host_config(container.directory), Path(container.directory).parents[1] / "volumes"
        if settings is None:
            continue
        mounts = [(mount.source, mount.target) for mount in settings.mounts or ()]
        mounts += [(bind.split(":")[0], bind.split(":")[1]) for bind in settings.binds or () if ":" in bind]
        for origin, target in mounts:
            # without a slash in front it is the name of a volume
            base = Path(origin) if origin.startswith("/") else volumes / origin / "_data"
            if USUAL.is_relative_to(target):
                yield base / USUAL.relative_to(target)
