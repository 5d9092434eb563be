"""Explain the outcome of a test push to the person who sent it."""

import re
from collections import Counter
from collections.abc import Sequence

from logwatch.catalogue import Catalogue, answered_by
from logwatch.catalogue.entries import COMMANDS, STEPS, Entry
from logwatch.model import COMPANIES
from logwatch.privacy import readable
from logwatch.push.results import LoggedResult

_LEADING = re.compile(r"^(?:Nothing to do on the server\. )?If [^,.]*, ")


def on_the_device(entry: Entry) -> str:
    """Return what to do about an accepted push that does not show, without the clause that introduces it."""
    advice = _LEADING.sub("", entry.remedy)
    return advice[:1].lower() + advice[1:]


def outcome(catalogue: Catalogue, result: LoggedResult, seconds: float) -> tuple[bool, str]:
    """Return whether a push was accepted, and a text about its result."""
    reason = catalogue.reason(result.platform, result.code, result.reason)
    entry = catalogue.classify(result.platform, result.code, reason)
    after = f"{result.code}{f' {reason}' if reason else ''} after {seconds:.1f} s"
    if entry.class_ == "delivered":
        who = COMPANIES.get(result.platform, "Google or Apple")
        return True, f"{after}: {who} has it. If the phone shows nothing: {on_the_device(entry)}"
    who = answered_by(result.platform, result.code)
    refused = {"mesibo": "mesibo refused it", "unknown": "it failed"}.get(who, f"{COMPANIES.get(who, who)} refused it")
    steps = "".join(
        f"\n  Step {step}: {STEPS[step]}" + (f": {COMMANDS[step]}" if step in COMMANDS else "") for step in entry.steps
    )
    return False, f"{after}: {refused}. {entry.meaning}\n→ {entry.remedy}{steps}"


def silence(users: Sequence[str], seconds: float, where: str, others: Sequence[LoggedResult]) -> str:
    """Return a text on what a missing result may mean; ``others`` are results that came for other users."""
    text = f"{', '.join(map(readable, users))}: no line within {seconds:.0f} s in {where}."
    if others:
        counts = Counter(result.code for result in others)
        codes = ", ".join(f"{count} x {code}" for code, count in counts.most_common(5))
        text += (
            f" Other results came meanwhile ({codes}), so push logging is on. One may be this user's: the log may name"
            " users by another id than the address, and a daemon does not say whom an accepted push was for."
        )
    else:
        text += " Push logging may be off: set `logs { push = 1 }` in /etc/mesibo/mesibo.conf and restart mesibo;"
        text += " `mesibo-logwatch doctor` checks it."
    return text + (
        "\n→ Else: the user is online (mesibo pushes only to an app that is suspended and disconnected: leave it for a"
        " minute, without a force stop); the user has no push token (Step 2: the user's details in the mesibo console);"
        " the user's class may not be pushed to (uac.features.push is 0); or it was another mesibo that answered."
    )
