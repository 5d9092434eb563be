"""Find what keeps a source from being followed or understood, as far as that shows before the start."""

import glob
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from logwatch import envelope, ownership
from logwatch.assembly import discovery, load_webhook, webhook_secret
from logwatch.config import Source
from logwatch.config.default import LOG_DIRECTORY, of_files
from logwatch.config.sources import WebhookSource
from logwatch.discover import Globs, called, containers, no_log
from logwatch.errors import LogwatchError, Problem, in_words
from logwatch.events import quoted
from logwatch.journal import ask
from logwatch.regular_file import is_out_of_sight
from logwatch.secret import EVERYBODY, readers
from logwatch.unpack import format_of
from logwatch.webhook.fields import against_samples

SECRET_BYTES = 16
FILES = 1000  # of one pattern, that are looked at: the unit waits for this before each start

_HEAD_BYTES = 65536


def problems(source: Source, where: str) -> Iterator[Problem]:
    """Yield what is wrong with one source; ``where`` is its place in the configuration."""
    if source.webhook is not None:
        yield from _webhook(source.webhook)
    if source.docker is not None:
        yield from _container(source, f"{where}.docker")
    target = source.journal.target if source.journal else None
    if target and (problem := ask.problem(target) or ask.several_hosts(target)):
        yield replace(problem, where=f"{where}.journal", what=f"{problem.where}: {problem.what}", warning=True)
    yield from _paths(source, f"{where}.paths")


def _webhook(webhook: WebhookSource) -> Iterator[Problem]:
    try:
        yield from against_samples(load_webhook(webhook).fields)
    except LogwatchError as error:
        yield from (out_of_sight(each.where) if is_out_of_sight(each.where) else each for each in error.problems)
    if webhook.secret_file is not None:
        yield from _weak(Path(webhook.secret_file))


def out_of_sight(where: str) -> Problem:
    """Return a warning of a file that only the service itself may see."""
    why = "systemd shows a service's credentials to that service alone"
    remedy = "systemctl restart mesibo-logwatch checks it before the start"
    return Problem(where, "cannot be checked from here", why, remedy, warning=True)


def _weak(secret: Path) -> Iterator[Problem]:
    """Warn of a webhook's secret that is short or readable by others; an unreadable one is reported elsewhere."""
    try:
        length, open_to = len(webhook_secret(secret)), readers(secret)
    except (LogwatchError, OSError):
        return
    if length < SECRET_BYTES:
        why, remedy = "it could be guessed", "a longer one in mesibo's console and here: openssl rand -hex 16"
        yield Problem(str(secret), f"a secret of {length} bytes", why, remedy, warning=True)
    if open_to & EVERYBODY:
        why, remedy = "whoever knows it can forge failures", f"chmod o-rwx {quoted(secret)}"
        yield Problem(str(secret), "everybody may read the webhook's secret", why, remedy, warning=True)


def _container(source: Source, where: str) -> Iterator[Problem]:
    assert source.docker is not None
    root, name = source.docker.root, source.docker.container
    if os.path.isfile(root) or not ownership.may_be_there(root):  # noqa: PTH113  which raises here
        remedy = (
            "name Docker's root directory: docker info -f '{{.DockerRootDir}}'; of podman /var/lib/containers/storage"
        )
        yield Problem(where, f"there is no directory {root} yet", "the daemon waits for it", remedy, warning=True)
        return
    known = containers(root)[0]
    mine = called(known, name)
    if not mine:
        names = [container.name for container in known]
        there = f"there: {', '.join(names)}" if names else "run this as a user who may read Docker's directory"
        yield Problem(where, f"no container {name} below {root} yet", "the daemon waits for it", there, warning=True)
    elif problem := no_log(mine[-1]):
        yield replace(problem, where=where, what=f"{problem.where}: {problem.what}", warning=True)
    else:
        yield from (replace(problem, warning=True) for problem in discovery(source).find(time.time()).problems)


def _paths(source: Source, where: str) -> Iterator[Problem]:
    """Check every path; those that match nothing yet are one warning, however many there are."""
    found = {pattern: Globs([pattern]).find(time.time()) for pattern in source.paths}  # as the daemon looks
    there = {pattern: list(filter(_is_there, each.paths)) for pattern, each in found.items()}
    missing = [pattern for pattern, paths in there.items() if not paths]
    for pattern in source.paths:
        yield from (replace(problem, warning=True) for problem in found[pattern].problems)
        yield from _pattern(source, where, pattern, there[pattern])
    if source.paths == of_files(LOG_DIRECTORY).paths and len(missing) < len(source.paths):
        return  # the default patterns: alternatives that nobody wrote down
    if missing:
        what, remedy = f"nothing matches {', '.join(missing)} yet", "check the path if a log is there"
        if any("\\" in pattern for pattern in missing):  # which systemd puts into some names
            remedy += r": a \ is part of a name, and a blank needs none"
        yield Problem(where, what, "the daemon waits for it", remedy, warning=True)


def _is_there(path: str) -> bool:
    """Return whether a path exists, even as a dangling link, or may exist where this user cannot look."""
    return os.path.lexists(path) or ownership.may_be_there(path)


def _pattern(source: Source, where: str, pattern: str, paths: list[str]) -> Iterator[Problem]:
    if len(paths) > FILES:
        what = f"{pattern} matches {len(paths)} files, of which {FILES} were looked at"
        why = "each of them is followed, and checked at every look"
        yield Problem(where, what, why, "a pattern that matches logs alone, if not all of these are", warning=True)
    for path in paths[:FILES]:
        yield from _file(source, where, pattern, path)


def _file(source: Source, where: str, pattern: str, path: str) -> Iterator[Problem]:
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116  the name may be no text
    except OSError as error:
        remedy = "fix its link"
        if isinstance(error, PermissionError):
            remedy = "allow the daemon's user to enter the directories above it"
        yield Problem(where, f"{path} cannot be looked at", in_words(error), remedy, warning=True)
        return
    if stat.S_ISDIR(kind):
        if "*" not in pattern:
            yield Problem(where, f"{path} is a directory", "only files are followed", f"{path}/*.log", warning=True)
    elif not stat.S_ISREG(kind):
        yield Problem(where, f"{path} is not a regular file", "pipes and devices have no end", "a file", warning=True)
    elif not os.access(path, os.R_OK):
        remedy = "add the user to the file's group, or set an ACL: setfacl -m u:mesibo-logwatch:r"
        what = f"{path} is not readable for user {ownership.me()}"
        yield Problem(where, what, "it is tried again at each look", remedy, warning=True)
    else:
        yield from _content(source, where, path)


def _content(source: Source, where: str, path: str) -> Iterator[Problem]:
    """Check the first bytes of a log: whether they are text, and in the envelope that is configured."""
    try:
        # Files in /proc and /sys may have no end: they are not waited for
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            head = file.read(_HEAD_BYTES) or b""
    except OSError as error:
        yield Problem(where, f"{path} cannot be read", in_words(error), "", warning=True)
        return
    packed = format_of(head)
    if not packed and (found := envelope.no_text(head)):
        remedy = "have it written as UTF-8" if "UTF-16" in found.why else found.remedy.format(path)
        what = "is UTF-16" if "UTF-16" in found.why else found.what
        yield Problem(where, f"{path} {what}", "its lines cannot be read", remedy, warning=True)
    elif packed:
        if not glob.has_magic(path) and path in source.paths:
            remedy = "name the log itself; rotated files are found automatically"
            yield Problem(where, f"{path} is packed with {packed}", "a log is text", remedy, warning=True)
    elif head and not envelope.could_be(source.envelope, head):
        remedy = 'envelope = "auto"'
        what = f"no line of {path} is in the envelope {source.envelope}"
        yield Problem(where, what, "none of its lines would count", remedy, warning=True)
