"""Find what is about to break: certificates that expire, and credentials that cannot work, before a push shows it."""

import shlex
from collections.abc import Iterator

from logwatch.credentials.verdict import DAY_SECONDS, PAGE_SECONDS, TICKET_SECONDS, Flaw, Verdict, when
from logwatch.diagnosis import weight
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.words import marked_moment

_DATED = ("expired", "expires_soon")  # judged by the date itself: the last look may be an hour old


def findings(facts: Facts) -> Iterator[Finding]:
    """Yield the findings about each configured credential; none about one without a fault."""
    for verdict in facts.credentials:
        if verdict.not_after is not None and verdict.not_after - facts.now <= TICKET_SECONDS:
            yield _dated(verdict, verdict.not_after, facts.now)
        if others := [flaw for flaw in verdict.problems if flaw.kind not in _DATED]:
            yield _broken(verdict, others)


def _dated(verdict: Verdict, not_after: float, now: float) -> Finding:
    left, of = not_after - now, verdict.bundle_id or verdict.subject
    days = int(left // DAY_SECONDS)
    rest = f"in {days} day{'s' if days != 1 else ''}" if days > 0 else "in less than a day"
    if left <= 0:
        title = (
            f"The Apple push certificate {verdict.name} has expired: every iOS push of {of} fails with 903 since"
            f" {marked_moment(not_after, when(not_after))}, unless mesibo holds a newer one."
        )
        rank = weight.EXPIRED
        cause = f"The Apple push certificate {verdict.name} had expired"
    else:
        title = (
            f"The Apple push certificate {verdict.name} expires {rest}: every iOS push of {of} will fail with 903 from"
            f" {marked_moment(not_after, when(not_after))}."
        )
        cause = f"The Apple push certificate {verdict.name} was about to expire"
        rank = weight.EXPIRES_AT_ONCE if left <= PAGE_SECONDS else weight.EXPIRES_SOON
    return Finding(
        key=f"expiry:{verdict.name}",
        rank=rank,
        title=title,
        side="yours",
        remedy="Renew it in Apple's developer account and upload the new .p12, without a password (Step 1). Then"
        f" `{_command(verdict)}` checks the new file, `mesibo-logwatch push test USER` proves that it works, and"
        " `systemctl restart mesibo-logwatch` updates this finding.",
        evidence=(f"{verdict.file}: {verdict.form}, {verdict.subject}.",),
        steps=(1, 8),
        code=903,
        cause=cause,
    )


def _broken(verdict: Verdict, flaws: list[Flaw]) -> Finding:
    first = flaws[0]
    code = next((flaw.code for flaw in flaws if flaw.code), None)
    leads = f" (code {code})" if code else ""
    return Finding(
        key=f"credential:{verdict.name}",
        rank=weight.CREDENTIAL_BREAKS if code else weight.CREDENTIAL_UNWATCHED,
        title=f"The push credential {verdict.name} will not work as it is{leads}: {first.what}"
        if code
        else f"The push credential {verdict.name} cannot be watched: {first.what}",
        side="yours",
        remedy=f"{verdict.remedy(first).rstrip('.')}. `{_command(verdict)}` shows all that is known about it"
        + (", and `mesibo-logwatch push test USER` whether mesibo's own copy works." if code else "."),
        evidence=(f"{verdict.file}: {verdict.form}.", *(flaw.what for flaw in flaws[1:])),
        steps=tuple(dict.fromkeys(flaw.step for flaw in flaws)),
        code=code,
    )


def _command(verdict: Verdict) -> str:
    return f"mesibo-logwatch credentials check {shlex.quote(verdict.file)}"
