"""Finds the configuration: the named file, the usual one, or what can be found on this host without any."""

from pathlib import Path

from logwatch.config.loader import load
from logwatch.config.schema import Config, Docker, Source
from logwatch.tail import containers

DEFAULT_PATH = Path("/etc/mesibo-logwatch/logwatch.toml")
DOCKER_ROOT = Path("/var/lib/docker")
LOG_DIRECTORY = Path("/var/log/mesibo")


def find(
    path: Path | None = None,
    *,
    usual: Path = DEFAULT_PATH,
    docker_root: Path = DOCKER_ROOT,
    log_directory: Path = LOG_DIRECTORY,
) -> tuple[Config, str]:
    """Give the configuration and say in words where it is from; ConfigError with all that is wrong with a file."""
    if path is not None or usual.exists():
        return load(path or usual), f"configuration {path or usual}"
    for container in containers(str(docker_root))[0]:
        if container.name == "mesibo" or container.image.split(":")[0].endswith("mesibo/mesibo"):
            source = Source(name="mesibo", docker=Docker(container=container.name, root=str(docker_root)))
            return Config(source=(source,)), f"no configuration; found the container {container.name}"
    source = Source(name="mesibo", paths=(f"{log_directory}/*.log", f"{log_directory}/*/*.log"))
    found = "found" if log_directory.is_dir() else "waiting for"
    return Config(source=(source,)), f"no configuration and no mesibo container; {found} logs in {log_directory}"
