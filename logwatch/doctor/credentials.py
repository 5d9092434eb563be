"""Check the configured push credentials: what they are for, until when, and what will fail with them.

With them it checks whether the service has the secrets that are on disk now.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from logwatch.config import Config
from logwatch.credentials.look import EXTRA, asked, examine, missing_extra
from logwatch.credentials.verdict import Verdict, when
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import Host
from logwatch.doctor.service import UNIT
from logwatch.regular_file import LARGEST_SECRET, SECRETS, copy_in, open_file

HANDED = Path("/run/credentials") / UNIT  # systemd.exec(5): there while the service runs, for root and the service


def rows(host: Host, config: Config) -> Iterator[Check]:
    """Yield a row for each credential or, without any, one that says how to configure one."""
    if not config.credential:
        yield ok(
            "credentials",
            "none is configured; a [[credential]] that names mesibo's .p12 would give 30 days' notice of its expiry",
        )
        return
    if missing_extra():
        yield skipped("credentials", "the library that reads certificates is not installed", EXTRA)
        return
    for verdict in examine(map(asked, config.credential), clock=host.now):
        yield _row(verdict)


def handed_over(config: Config) -> Iterator[Check]:
    """Compare the secrets on disk with those that systemd handed to the service at its start, if they can be seen."""
    named = [each for credential in config.credential for each in (credential.file, credential.password_file)]
    named += [each for export in config.export for each in (export.token_file, export.password_file)]
    named += [source.webhook.secret_file for source in config.source if source.webhook]
    if os.geteuid() != 0 or not HANDED.is_dir():
        return
    paths = sorted({Path(each) for each in named if each and Path(each).parent == SECRETS})
    now = {path: content for path in paths if (content := _content(path)) is not None}
    old = [path.name for path, content in now.items() if content != _content(copy_in(HANDED, path))]
    if old:
        what = f"the running service does not have what is in {', '.join(old)} now: systemd hands it over at its start"
        yield warning("secrets", what, f"`systemctl restart {UNIT}`")
    elif now:
        yield ok("secrets", "the running service has them as they are now")


def _content(path: Path) -> bytes | None:
    try:
        with open_file(path) as file:
            return file.read(LARGEST_SECRET + 1)
    except OSError:
        return None  # what cannot be read has rows of its own


def _row(verdict: Verdict) -> Check:
    name = f"credential {verdict.name}"
    flaws = [flaw for flaw in verdict.flaws if flaw.severity != "note" or flaw.kind == "others_may_read"]
    if not flaws:
        until = f", until {when(verdict.not_after)}" if verdict.not_after is not None else ""
        what = verdict.bundle_id or verdict.project
        environment = f", {verdict.environment}" if verdict.environment not in ("", "both") else ""
        return ok(name, f"{verdict.form} for {what}{environment}{until}")
    faults = " ".join(f"{flaw.what}{f' (code {flaw.code})' if flaw.code else ''}" for flaw in flaws)
    remedy = " ".join(dict.fromkeys(verdict.remedy(flaw) for flaw in flaws))
    fails = any(flaw.severity == "problem" for flaw in flaws)
    return (failure if fails else warning)(name, f"{verdict.file}: {faults}", remedy)
