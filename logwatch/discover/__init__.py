"""Finds the paths that belong to a source: by patterns, or by the name of a container of Docker's or podman's."""

from logwatch.discover.docker import JSON_FILE, Container, ContainerLog, containers, other_driver
from logwatch.discover.globs import Discovery, Found, Globs

__all__ = [
    "JSON_FILE",
    "Container",
    "ContainerLog",
    "Discovery",
    "Found",
    "Globs",
    "containers",
    "other_driver",
]
