"""Find podman's containers in its storage: their names, images, and the log that conmon writes, if it writes a file.

Podman lists them in a directory of its storage that is named after the storage driver, such as ``overlay-containers``:
in ``containers.json``, and those of ``podman run --rm``, quadlets among them, in ``volatile-containers.json``
(containers/storage, store.go and containers.go). With ``transient_store`` all are in the second list, in a directory of
the same name that does not survive a boot; the logs stay where they are. With the k8s-file driver, of which json-file
is another name, conmon keeps a ``ctr.log`` in the container's ``userdata``. Without such a file the lines go to
journald, the default on hosts with systemd; or to whatever started the container (passthrough, as quadlets of podman
4.4), to a file elsewhere (``--log-opt path=``) or nowhere: only podman's database says which. Nothing else is decoded.
"""

import os
from collections.abc import Iterator

import msgspec

from logwatch.errors import Problem, in_words

K8S_FILE, UNTOLD = "k8s-file", "journald or another"
_LISTED, _VOLATILE = "containers.json", "volatile-containers.json"
RUN = "/run"


class _Image(msgspec.Struct):
    """The only field of the metadata, a JSON text in the list, that is ever decoded."""

    name: str = msgspec.field(name="image-name", default="")


class PodmanContainer(msgspec.Struct):
    """The only fields of the list that are ever decoded."""

    identity: str = msgspec.field(name="id", default="")
    names: list[str] = []
    created: str = ""
    metadata: str = ""

    @property
    def image(self) -> str:
        """The image that it was made from; empty if the metadata cannot be decoded."""
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
    """Yield the containers that podman lists for a store, and a problem for each list that cannot be read."""
    transient = os.path.join(transient_of(store), _VOLATILE)
    for path in (os.path.join(store, _LISTED), os.path.join(store, _VOLATILE), transient):
        try:
            with open(path, "rb") as file:
                found = _LIST.decode(file.read())
            # The transient list may be that of another storage
            yield from (
                each for each in found if path != transient or os.path.isdir(directory_of(store, each.identity))
            )
        except FileNotFoundError:
            continue  # no such container was ever made
        except OSError as error:
            yield Problem(path, "cannot be read", in_words(error), "run with CAP_DAC_READ_SEARCH")
        except (msgspec.DecodeError, UnicodeDecodeError):  # never the decoder's words: they may quote what it read
            remedy = 'write paths = ["…/ctr.log"] into the source instead of docker'
            yield Problem(path, "cannot be understood", "it is not JSON as podman writes it", remedy)


def transient_of(store: str) -> str:
    """Return the default directory in which podman lists a store's containers under ``transient_store``."""
    try:
        user = os.stat(store).st_uid
    except OSError:
        user = 0
    return os.path.join(RUN, f"user/{user}/containers" if user else "containers/storage", os.path.basename(store))


def directory_of(store: str, identity: str) -> str:
    """Return the directory in which conmon keeps a container's log."""
    return os.path.join(store, identity, "userdata")


def log_in(directory: str) -> tuple[str, str]:
    """Return the log driver of a container, and the path of the log that conmon writes in its directory.

    Both are empty for a container that was never started: podman writes ``config.json`` right before the start.
    """
    path = os.path.join(directory, "ctr.log")
    if os.path.exists(path):
        return K8S_FILE, path
    return UNTOLD if os.path.exists(os.path.join(directory, "config.json")) else "", ""
