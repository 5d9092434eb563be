"""Check the service: its port, its unit, and whether what runs is what is installed."""

import contextlib
import platform
import re
import shlex
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from importlib import metadata
from pathlib import Path

import msgspec

import logwatch
from logwatch.compile import pcre2
from logwatch.config import Config, Source, parse_listen
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import NO_CERTIFICATE, UNAUTHORIZED, Host, NoAnswer
from logwatch.parse import pace
from logwatch.words import many

UNIT = "mesibo-logwatch.service"
_SAID = re.compile(r"(error: |Error: |.*: Failed at step |.* process exited, code=exited, status=2\d\d/).*")
"""What a start that failed said, itself or by systemd: a status from 200 on names what systemd could not set up."""

_ASKS = {UNAUTHORIZED: "a password", NO_CERTIFICATE: "a client's certificate"}
"""What a daemon asks for that answers with a status."""

_INSTALL = (
    "`make install` in the source tree installs it; without it `mesibo-logwatch run` runs in the foreground, and nobody"
    " starts it again"
)
_OURS = b"mesibo-logwatch"
_PCRE2 = "`apt-get install libpcre2-8-0`, or `dnf install pcre2`"
# Directories that the unit closes to the service, and the setting that opens them (systemd.exec(5))
_CLOSED = {
    "/home/": "ProtectHome=read-only",
    "/root/": "ProtectHome=read-only",
    "/run/user/": "ProtectHome=read-only",
    "/tmp/": "PrivateTmp=no",  # noqa: S108  a place that is closed, not one that is used
    "/var/tmp/": "PrivateTmp=no",  # noqa: S108
}


def served(host: Host, config: Config, path: str) -> bytes:
    """Return what the daemon serves at a path, in plain HTTP or over TLS, which its web configuration file decides.

    NoAnswer has the status with which one of the two refused; if both did, that over TLS: plain HTTP often refuses only
    because TLS is wanted.
    """
    url = parse_listen(config.web.listen).url
    refused = NoAnswer("")
    for address in (url, url.replace("http://", "https://", 1)):
        try:
            return host.fetch(f"{address}{path}")
        except NoAnswer as why:
            refused = why if why.status or not refused.status else refused
    raise refused


def listening(host: Host, config: Config, path: Path | None) -> Iterator[Check]:
    """Ask the daemon with the configuration at ``path`` whether it is ready, over TLS if need be."""
    name = f"port {config.web.listen}"
    journal, who = _ways(host)
    try:
        answer = served(host, config, "-/ready")
    except NoAnswer as why:
        if why.status in _ASKS:
            yield ok(name, f"answers, and asks for {_ASKS[why.status]}")
        elif why.status and "mesibo-logwatch is not ready" in str(why):
            yield failure(name, str(why), f"see the reason above, and {journal}")
        elif why.status:
            yield failure(name, f"another program answers there: {why}", f"{who}stop it, or set web.listen")
        else:
            yield failure(name, f"no answer: {why}", _start(host, journal, path))
        return
    if _OURS in answer:
        yield ok(name, "mesibo-logwatch answers and is ready")
    else:
        yield failure(name, "another program answers there", f"{who}stop it, or set web.listen")


class _Problem(msgspec.Struct):
    where: str
    what: str
    why: str
    try_: str = msgspec.field(name="try")


class _Followed(msgspec.Struct):
    name: str
    up: bool
    problems: list[_Problem]


class _Status(msgspec.Struct):
    """The part of /api/v1/status that is used here."""

    version: str
    sources: list[_Followed]


def in_reach(host: Host, config: Config, reached: Collection[str]) -> Iterator[Check]:
    """Ask the daemon whether it reaches the logs: it may be confined, and see other files than the user of doctor.

    ``reached`` are the sources with a log that doctor itself could see; the others' rows already say what is wrong.
    """
    try:
        daemon = _status(host, config)
    except NoAnswer as why:
        look = "look at the status page, which names each log that is out of its reach"
        yield skipped("logs followed", f"the daemon asks for {_ASKS[why.status]}", look)
        return
    if daemon is None:
        return
    known = {each.name: each for each in daemon.sources}
    for source in config.source:
        if source.webhook:
            continue
        row, found = f"log of {source.name}: followed", known.get(source.name)
        if found is None:
            yield warning(row, "the running daemon does not have this source", f"`systemctl reload {UNIT}`")
        elif found.up:
            yield ok(row, "by the running daemon")
        elif source.name in reached:
            yield _out_of_reach(row, source, found.problems)


def _status(host: Host, config: Config) -> _Status | None:
    """Return what the daemon reports of its sources; None without an answer, NoAnswer if it asks who we are."""
    try:
        return msgspec.json.decode(served(host, config, "api/v1/status"), type=_Status)
    except NoAnswer as why:
        if why.status in _ASKS:
            raise
    except msgspec.DecodeError:
        pass  # another program, as the row of the port says
    return None


def _out_of_reach(row: str, source: Source, problems: Sequence[_Problem]) -> Check:
    """Return a row with the daemon's reason, and how to open the place if the unit itself closes it to the service."""
    if problems:
        first = problems[0]
        where, remedy = first.where, first.try_
        why = ": ".join(filter(None, (where, first.what, first.why)))
    else:
        where, remedy = next(iter(source.paths), "log"), "compare the paths"
        why = f"the daemon sees no {where}"
    for place, setting in _CLOSED.items():
        if where.startswith(place):
            edit = f"`systemctl edit {UNIT}`, [Service], {setting}, then restart it; or log elsewhere"
            return failure(row, f"{why}; the unit closes {place} to the service", edit)
    return failure(row, why, f"{remedy}; where the modes are right, AppArmor or SELinux may refuse it (kernel's log)")


def _start(host: Host, journal: str, path: Path | None) -> str:
    """Return how to start the daemon on this machine, with the configuration that was asked about."""
    with contextlib.suppress(NoAnswer):
        if host.properties(UNIT, "LoadState").get("LoadState") == "loaded":
            return f"`systemctl start {UNIT}`; where that fails, {journal} says why"
    named = f" --config {shlex.quote(str(path))}" if path else ""
    return f"start it: `mesibo-logwatch run{named}`, in the foreground, says what keeps it from running"


def _ways(host: Host) -> tuple[str, str]:
    """Return how to see the daemon's log, and who listens on a port, by programs that this machine has."""
    journal = "`journalctl -u mesibo-logwatch`" if host.has("journalctl") else "what it prints"
    return journal, "`ss -ltnp` shows which; " if host.has("ss") else ""


def unit(host: Host) -> Iterator[Check]:
    """Ask systemd about the unit."""
    try:
        found = host.properties(UNIT, "LoadState", "UnitFileState", "ActiveState", "WatchdogUSec", "NRestarts")
    except NoAnswer as why:
        yield skipped("unit", str(why))
        return
    if found.get("LoadState") == "masked":
        yield failure("unit", f"{UNIT} is masked: nobody can start it", f"`systemctl unmask {UNIT}`, then start it")
        return
    if found.get("LoadState") != "loaded":
        yield failure("unit", f"{UNIT} is not installed", _INSTALL)
        return
    yield ok("unit", f"{UNIT} is installed")
    if found.get("UnitFileState") == "enabled":
        yield ok("unit enabled", "it starts at boot")
    else:
        yield warning("unit enabled", "it will not start at boot", f"`systemctl enable {UNIT}`")
    if found.get("ActiveState") == "active":
        yield ok("unit active", f"active, restarted {many(int(found.get('NRestarts') or 0), 'time', 'times')}")
    else:
        yield _down(host, found.get("ActiveState", "unknown"))
        return  # of a unit that is stopped, systemd does not show its watchdog
    if found.get("WatchdogUSec", "0") in ("0", "infinity", ""):
        yield warning("unit watchdog", "it is off: a loop that hangs is not restarted", "WatchdogSec=60 in the unit")
    else:
        yield ok("unit watchdog", found["WatchdogUSec"])


def _down(host: Host, state: str) -> Check:
    """Return why the unit is not active: somebody stopped it, or what its last start logged."""
    if state == "inactive":
        return failure("unit active", "it is inactive", f"`systemctl start {UNIT}`")
    said: list[str] = []
    with contextlib.suppress(NoAnswer):
        journal = host.run(["journalctl", "--unit", UNIT, "--lines=50", "--no-pager", "--output=cat"])
        said = [line for line in journal.splitlines() if _SAID.fullmatch(line)]
    why = f"; its journal says: {said[-1]}" if said else ""
    return failure("unit active", f"it is {state}{why}", f"fix that; {_ways(host)[0]} says more")


def reading(host: Host) -> Iterator[Check]:
    """Yield a row on what reads lines: the service uses the same PCRE2, but its unit may forbid machine code."""
    name = "reading"
    if not (version := pcre2.version()):
        what = f"there is no {pcre2.LIBRARY}: {pace.MISSING}"
        yield warning(name, what, f"{_PCRE2}, then restart mesibo-logwatch")
    elif _is_denied(host):
        what = f"PCRE2 {version}, interpreted by the service, whose unit forbids machine code: {pace.INTERPRETED}"
        edit = f"`systemctl edit {UNIT}`, [Service], MemoryDenyWriteExecute=no, then restart it"
        yield warning(name, what, f"leave it if that is intended; otherwise {edit}")
    elif not pcre2.makes_machine_code():
        what = f"PCRE2 {version}, interpreted, since no machine code can be made here: {pace.INTERPRETED}"
        yield warning(name, what, "run it where memory may be written and executed, on a processor that PCRE2 supports")
    else:
        yield ok(name, f"PCRE2 {version}, machine code")


def _is_denied(host: Host) -> bool:
    """Return whether systemd forbids the service to make machine code; doctor itself runs outside of its unit."""
    setting = "MemoryDenyWriteExecute"
    with contextlib.suppress(NoAnswer):
        return host.properties(UNIT, setting).get(setting) == "yes"
    return False


def versions(host: Host, config: Config | None) -> Iterator[Check]:
    """Compare the running version with the installed one, and list the libraries that are installed with it."""
    mine = logwatch.__version__
    parts = (f"{name} {metadata.version(name)}" for name in ("pyparsing", "tornado", "watchdog", "prometheus-client"))
    on = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(parts)}"
    running = None
    with contextlib.suppress(NoAnswer):
        running = _status(host, config) if config is not None else None
    if running and running.version != mine:
        yield warning("versions", f"{running.version} runs, {mine} is installed", "restart mesibo-logwatch")
    else:
        yield ok("versions", f"mesibo-logwatch {mine}; {on}")
