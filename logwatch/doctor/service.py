"""Looks at the service: its port, its unit, and what runs against what is installed."""

import platform
import re
import sqlite3
from collections.abc import Iterator
from importlib import metadata

import logwatch
from logwatch.config import Config, parse_listen
from logwatch.doctor.check import Check, Host, NoAnswer, failure, ok, skipped, warning

UNIT = "mesibo-logwatch.service"
_BUILD = re.compile(rb'mesibo_logwatch_build_info\{version="([^"]{1,40})"\} 1')
_UNAUTHORIZED = 401
_OURS = b"mesibo-logwatch"


def _url(config: Config) -> str:
    return parse_listen(config.web.listen).url


def listening(host: Host, config: Config) -> Iterator[Check]:
    """Ask the daemon whether it is ready, over TLS if need be."""
    name = f"port {config.web.listen}"
    url = _url(config)
    refused = NoAnswer("")
    for address in (url, url.replace("http://", "https://", 1)):
        try:
            answer = host.fetch(f"{address}-/ready")
        except NoAnswer as why:
            refused = why if not refused.status else refused
            if why.status == _UNAUTHORIZED:
                yield ok(name, "answers, and wants a password")
                return
            if why.status and "mesibo-logwatch is not ready" in str(why):
                yield failure(name, str(why), "see the reason above, and `journalctl -u mesibo-logwatch`")
                return
        else:
            if _OURS in answer:
                yield ok(name, "mesibo-logwatch answers and is ready")
            else:
                yield failure(name, "another program answers there", "`ss -ltnp`; stop it, or set web.listen")
            return
    if refused.status:
        yield failure(name, f"another program answers there: {refused}", "`ss -ltnp`; stop it, or set web.listen")
    else:
        yield failure(name, f"nobody answers: {refused}", "start the service; `journalctl -u mesibo-logwatch`")


def unit(host: Host) -> Iterator[Check]:
    """Ask systemd about the unit."""
    wanted = "LoadState,UnitFileState,ActiveState,WatchdogUSec,NRestarts"
    try:
        shown = host.run(["systemctl", "show", UNIT, f"--property={wanted}"])
    except NoAnswer as why:
        yield skipped("unit", str(why))
        return
    facts = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if facts.get("LoadState") != "loaded":
        yield failure("unit", f"{UNIT} is not installed", "copy systemd/mesibo-logwatch.service, then daemon-reload")
        return
    yield ok("unit", f"{UNIT} is installed")
    if facts.get("UnitFileState") == "enabled":
        yield ok("unit enabled", "it starts with the machine")
    else:
        yield warning("unit enabled", "it will not start with the machine", f"systemctl enable {UNIT}")
    if facts.get("ActiveState") == "active":
        yield ok("unit active", f"active, restarted {facts.get('NRestarts', '0')} time(s)")
    else:
        yield failure("unit active", f"it is {facts.get('ActiveState', 'unknown')}", f"systemctl start {UNIT}")
    if facts.get("WatchdogUSec", "0") in ("0", "infinity", ""):
        yield warning("unit watchdog", "it is off: a loop that hangs stays so", "WatchdogSec=60 in the unit")
    else:
        yield ok("unit watchdog", facts["WatchdogUSec"])


def versions(host: Host, config: Config | None) -> Iterator[Check]:
    """Compare what runs with what is installed, and say on what."""
    mine = logwatch.__version__
    parts = (f"{name} {metadata.version(name)}" for name in ("pyparsing", "tornado", "watchdog", "prometheus-client"))
    on = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(parts)}"
    running = None
    if config is not None:
        try:
            found = _BUILD.search(host.fetch(f"{_url(config)}metrics"))
            running = found[1].decode(errors="replace") if found else None
        except NoAnswer:
            pass
    if running not in (None, mine):
        yield warning("versions", f"{running} runs, {mine} is installed", "restart the service")
    else:
        yield ok("versions", f"mesibo-logwatch {mine}; {on}")
