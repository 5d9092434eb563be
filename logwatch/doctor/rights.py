"""Check the rights of the service's user: to read the logs or the journal, and how it gets them."""

import contextlib
import grp
import os
import pwd
import shlex
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from logwatch import ownership
from logwatch.doctor.check import Check, failure, ok, skipped
from logwatch.doctor.host import Host, NoAnswer
from logwatch.errors import in_words
from logwatch.journal.place import GROUP, Target

SERVICE_USER = "mesibo-logwatch"
_JOURNAL_GROUPS = {GROUP, "adm", "wheel"}  # that may read it (systemd-journald.service(8), Access Control)
_ASKED = 50  # files that are tried as another user: a process each
_READS_ALL = "cap_dac_read_search"  # the capability of the unit's drop-in for Docker, podman and pods
_DOCKER = (
    "`make install` again, which adds the unit's drop-in for Docker; from the package"
    f" `ln -s /usr/share/{SERVICE_USER}/systemd/docker.conf /etc/systemd/system/{SERVICE_USER}.service.d/`"
    " (make that directory), `systemctl daemon-reload`, and restart"
)


def to_files(host: Host, name: str, paths: list[str], *, docker: bool) -> Check:
    """Check that the service may read the files, by trying as its user: because of ACLs, modes alone do not decide."""
    row, reader = f"{name}: readable", _service(host)
    if os.geteuid() == 0 and reader is not None:
        if reader.reads_all:
            return ok(row, f"for the service, whose unit gives it {_READS_ALL.upper()}")
        may_not = partial(_refused, reader)
        try:
            refused = [path for path in paths[:_ASKED] if may_not("-r", path)]
            above = reversed(Path(refused[0]).parents) if refused else ()
            closed = [str(directory) for directory in above if may_not("-x", directory)]
            directories = sorted({os.path.dirname(path) for path in paths[:_ASKED]})  # noqa: PTH120  as above
            unlisted = [directory for directory in directories if not refused and may_not("-r", directory)]
        except OSError as error:  # root without the right to be anybody else, as in a container without capabilities
            why = f"this root cannot ask as the user {SERVICE_USER}: {in_words(error)}"
            return skipped(row, why, "run doctor as the service's user")
        if not refused and not unlisted:
            return ok(row, f"for the user {SERVICE_USER}")
        if unlisted:
            what, path, right = f"list {unlisted[0]}: what is new or rotated there is not found", unlisted[0], "rx"
        else:
            what, path, right = f"read {refused[0]}", refused[0], "r"
            what += f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        if closed:
            what += f", since {closed[0]} is closed to it"
            path, right = closed[0], "rx" if closed[0] == os.path.dirname(refused[0]) else "x"  # noqa: PTH120  as above
        what += reader.doubt
        return failure(row, f"the user {SERVICE_USER} may not {what}", _opened(host, path, right, docker=docker))
    unread = [path for path in paths if not os.access(path, os.R_OK)]
    if unread:
        return failure(
            row, f"user {ownership.me()} may not read {unread[0]}", "run doctor as the service's user, or as root"
        )
    who = f"user {ownership.me()}"
    return ok(row, f"for {who}; there is no user {SERVICE_USER} to ask for" if reader is None else f"for {who}")


def to_journal(host: Host, name: str, target: Target) -> Iterator[Check]:
    """Check that the service's user may read the journal: by its groups, or by those that the unit adds."""
    if target.directory or os.geteuid() != 0:
        return  # a mounted journal has modes of its own; and only root can check for another user
    row, reader = f"{name}: readable", _service(host)
    if reader is None:
        yield skipped(row, f"there is no user {SERVICE_USER} to ask for")
        return
    groups = {each.gr_name for each in grp.getgrall() if each.gr_gid in reader.groups}  # a group may have no name
    if groups & _JOURNAL_GROUPS:
        yield ok(row, f"for the user {SERVICE_USER}, by the group {min(groups & _JOURNAL_GROUPS)}")
    else:
        yield failure(
            row,
            f"the user {SERVICE_USER} is in none of the groups {', '.join(sorted(_JOURNAL_GROUPS))}{reader.doubt}",
            f"`make install` again, which adds the group where a source needs it; or `systemctl edit {SERVICE_USER}`,"
            f" [Service], SupplementaryGroups={GROUP}, and restart",
        )


class _Service(NamedTuple):
    """The user whom the service runs as, and the rights that its unit adds."""

    user: int
    group: int
    groups: list[int]
    reads_all: bool
    doubt: str  # what is not known of it, as the rest of a sentence


def _service(host: Host) -> _Service | None:
    """Ask for the rights of the service; None if there is no such user."""
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return None
    added, doubt = {}, ""
    try:
        added = host.properties(f"{SERVICE_USER}.service", "AmbientCapabilities", "SupplementaryGroups")
    except NoAnswer as why:
        doubt = f"; what its unit adds is not known: {why}"
    groups = [
        *os.getgrouplist(user.pw_name, user.pw_gid),
        *_numbers(added.get("SupplementaryGroups", "").split()),
    ]
    reads_all = _READS_ALL in added.get("AmbientCapabilities", "").split()
    return _Service(user.pw_uid, user.pw_gid, groups, reads_all, doubt)


def _numbers(groups: list[str]) -> Iterator[int]:
    """Yield the numbers of a unit's groups, all of which exist: systemd does not start a unit with an unknown one."""
    for name in groups:
        with contextlib.suppress(KeyError):
            yield int(name) if name.isdigit() else grp.getgrnam(name).gr_gid


def _refused(to: _Service, right: str, path: str | Path) -> bool:
    """Return whether the service is refused a right; OSError if no process can run as its user.

    The shell's own ``test`` asks the kernel. That of uutils (Ubuntu 26.04's /usr/bin/test) compares owner and mode
    itself, and so knows neither other groups of a process nor ACLs.
    """
    asked = ["/bin/sh", "-c", 'test "$1" "$2"', "sh", right, path]
    done = subprocess.run(asked, user=to.user, group=to.group, extra_groups=to.groups, check=False)  # noqa: S603  one fixed program
    return bool(done.returncode)


def _opened(host: Host, path: str, right: str, *, docker: bool) -> str:
    """Return how to give the service's user a right: for a file (r), through a directory (x), or to list it (rx)."""
    if docker:
        return _DOCKER
    name = shlex.quote(path)
    if host.has("setfacl"):
        more = "" if "x" in right else ", and a default ACL on its directory for files to come"
        return f"`setfacl -m u:{SERVICE_USER}:{right} {name}`{more}"
    more = "" if "x" in right else ", and the same wherever the log is created anew"
    return f"`chgrp {SERVICE_USER} {name}; chmod g+{right} {name}`{more}"
