"""Finds podman's containers in its storage: their names, images, and the log that conmon writes where it writes a file.

Podman lists them below its storage in a directory that is named after the storage driver, as ``overlay-containers``, in
``containers.json``, and those of ``podman run --rm``, which quadlets are too, in ``volatile-containers.json``
(containers/storage, store.go and containers.go). With ``transient_store`` all are in the second list, which lies in a
directory of the same name below what is gone with a boot; the logs stay where they are. With the k8s-file driver conmon
keeps a ``ctr.log`` in the container's ``userdata``; json-file is another name of that. Without such a file its lines go
to journald, by default on hosts with systemd; or to whatever started it (passthrough, as quadlets of podman 4.4), to a
file elsewhere (``--log-opt path=``) or nowhere, which its database alone tells. Nothing else of either is read out.
"""

import os
from collections.abc import Iterator

import msgspec

from logwatch.errors import Problem

K8S_FILE, UNTOLD = "k8s-file", "journald or another"
_LISTED, _VOLATILE = "containers.json", "volatile-containers.json"
RUN = "/run"


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


def stores(root: str) -> list[str]:
    """Return the directories of containers below podman's storage, by storage driver; none below Docker's root."""
    try:
        with os.scandir(root) as entries:
            return sorted(entry.path for entry in entries if entry.name.endswith("-containers") and entry.is_dir())
    except OSError:
        return []


def listed(store: str) -> Iterator[PodmanContainer | Problem]:
    """Yield the containers that podman lists in a directory of theirs, and what of the lists cannot be read."""
    transient = os.path.join(transient_of(store), _VOLATILE)
    for path in (os.path.join(store, _LISTED), os.path.join(store, _VOLATILE), transient):
        try:
            with open(path, "rb") as file:
                found = _LIST.decode(file.read())
            # What is transient may be of another storage
            yield from (
                each for each in found if path != transient or os.path.isdir(directory_of(store, each.identity))
            )
        except FileNotFoundError:
            continue  # no such container was ever made
        except OSError as error:
            yield Problem(path, "cannot be read", error.strerror or str(error), "run with CAP_DAC_READ_SEARCH")
        except (msgspec.DecodeError, UnicodeDecodeError):  # never the decoder's words: they may quote what it read
            yield Problem(path, "cannot be understood", "it is not JSON as podman writes it")


def transient_of(store: str) -> str:
    """Return where podman lists the containers of a directory with ``transient_store``, by default."""
    try:
        user = os.stat(store).st_uid
    except OSError:
        user = 0
    return os.path.join(RUN, f"user/{user}/containers" if user else "containers/storage", os.path.basename(store))


def directory_of(store: str, identity: str) -> str:
    """Return where conmon keeps what a container has written."""
    return os.path.join(store, identity, "userdata")


def log_in(directory: str) -> tuple[str, str]:
    """Return the log driver of a container, and the path of the log that conmon writes in its directory.

    Both are empty of one that was never started: what it is to be run with (``config.json``) is written right before.
    """
    path = os.path.join(directory, "ctr.log")
    if os.path.exists(path):
        return K8S_FILE, path
    return UNTOLD if os.path.exists(os.path.join(directory, "config.json")) else "", ""
