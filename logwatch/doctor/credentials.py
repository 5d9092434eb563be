"""Checks the configured push credentials: what they are for, until when, and what will fail with them."""

from collections.abc import Iterator

from logwatch.config import Config
from logwatch.credentials.look import EXTRA, asked, examine, missing_extra
from logwatch.credentials.verdict import Verdict, when
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import Host


def rows(host: Host, config: Config) -> Iterator[Check]:
    """Yield a row for each credential, or one that says how to have one watched."""
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


def _row(verdict: Verdict) -> Check:
    name = f"credential {verdict.name}"
    if not verdict.problems:
        until = f", until {when(verdict.not_after)}" if verdict.not_after is not None else ""
        what = verdict.bundle_id or verdict.project
        environment = f", {verdict.environment}" if verdict.environment not in ("", "both") else ""
        return ok(name, f"{verdict.form} for {what}{environment}{until}")
    told = " ".join(f"{flaw.what}{f' (code {flaw.code})' if flaw.code else ''}" for flaw in verdict.problems)
    remedy = " ".join(dict.fromkeys(verdict.remedy(flaw) for flaw in verdict.problems))
    fails = any(flaw.severity == "problem" for flaw in verdict.problems)
    return (failure if fails else warning)(name, f"{verdict.file}: {told}", remedy)
