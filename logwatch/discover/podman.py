"""Finds podman's containers in its storage: their names, images, and the log that conmon writes where it writes a file.

Podman keeps ``overlay-containers/containers.json`` below its storage (containers/storage, container.go), and conmon a
``ctr.log`` in the container's ``userdata`` with the k8s-file driver; json-file is another name of that. Without such a
file its lines go to journald, which is the default on hosts with systemd. Nothing else of either is read out.
"""

import os

import msgspec

from logwatch.errors import Problem

K8S_FILE, JOURNALD = "k8s-file", "journald"
_CONTAINERS = "overlay-containers"


class _Image(msgspec.Struct):
    """The only field of the metadata, a text of JSON in the list, that is ever decoded."""

    name: str = msgspec.field(name="image-name", default="")


class PodmanContainer(msgspec.Struct):
    """The only fields of the list that are ever decoded."""

    identity: str = msgspec.field(name="id", default="")
    names: list[str] = []
    created: str = ""
    metadata: str = ""

    @property
    def image(self) -> str:
        """What it was made from."""
        try:
            return _IMAGE.decode(self.metadata).name
        except msgspec.DecodeError:
            return ""


_LIST = msgspec.json.Decoder(list[PodmanContainer])
_IMAGE = msgspec.json.Decoder(_Image)


def is_storage(root: str) -> bool:
    """Return whether this is podman's storage, and not Docker's root directory."""
    return os.path.isdir(os.path.join(root, _CONTAINERS))


def listed(root: str) -> tuple[list[PodmanContainer], Problem | None]:
    """Return what podman lists, or why that cannot be read."""
    path = os.path.join(root, _CONTAINERS, "containers.json")
    try:
        with open(path, "rb") as file:
            return _LIST.decode(file.read()), None
    except FileNotFoundError:
        return [], None  # no container was ever made
    except OSError as error:
        return [], Problem(path, "cannot be read", error.strerror or str(error), "run with CAP_DAC_READ_SEARCH")
    except (msgspec.DecodeError, UnicodeDecodeError):  # never the decoder's words: they may quote what it read
        return [], Problem(path, "cannot be understood", "it is no JSON as podman writes it")


def log_of(root: str, identity: str) -> str:
    """Return the path of the log that conmon writes; empty where it writes none."""
    path = os.path.join(root, _CONTAINERS, identity, "userdata", "ctr.log")
    return path if os.path.exists(path) else ""
