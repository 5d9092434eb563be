"""Find the paths that belong to a source: by patterns, or by the name of a Docker or podman container."""

from logwatch.discover.docker import (
    JSON_FILE,
    Container,
    ContainerLog,
    called,
    containers,
    host_config,
    no_log,
    where_listed,
)
from logwatch.discover.globs import DiscoveredPaths, Discovery, Globs

__all__ = [
    "JSON_FILE",
    "Container",
    "ContainerLog",
    "DiscoveredPaths",
    "Discovery",
    "Globs",
    "called",
    "containers",
    "host_config",
    "no_log",
    "where_listed",
]
