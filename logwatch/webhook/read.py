"""Turn the body of a call into push results and the shapes of its events, understood or not.

The object around the events is mesibo's, in both versions that were ever published (docs.mesibo.com/api/webhooks):
``server``, ``id``, ``v``, ``aid``, ``ts`` in milliseconds, ``secret`` in version 1 only, ``events``. Every field but an
event's ``type`` may be missing.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import msgspec

from logwatch.model import Call, PushEvent
from logwatch.webhook.fields import EventFields, Fields
from logwatch.webhook.paths import TooMuch, Tree
from logwatch.webhook.shape import shape

SHAPES = 5  # kept of one call, of the events that were understood, and as many for each cause
_EARLIEST_MS, _AHEAD_MS = 1_000_000_000_000, 86_400_000  # a stamp before 2001 or a day ahead is none
_decoder = msgspec.json.Decoder()


class NotACall(Exception):  # noqa: N818  what a client sent, not a mistake
    """A body that is not mesibo's; the text says why."""


class WrongSecret(Exception):  # noqa: N818  see above
    """The body does not hold the secret."""


def read(body: bytes, fields: Fields, *, secret: bytes = b"", now: float) -> Call:
    """Read a body; raises NotACall when it is no JSON object, WrongSecret when it does not hold ``secret``."""
    try:
        call = _decoded(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise NotACall("not JSON: " + str(error).split("\n")[0][:100]) from None
    if not isinstance(call, dict):
        raise NotACall("a JSON object was expected")
    if secret:
        given = call.get("secret")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(errors="replace"), secret):
            raise WrongSecret
    result = Call()
    events = call.get("events")
    if not isinstance(events, list):
        result.outcomes["unreadable"] += 1
        result.shapes.append(("unreadable", shape(call)))
        return result
    at = _time(call.get("ts"), now)
    key, app, tree = _keys(call), _scalar(call.get("aid")), Tree()
    for index, event in enumerate(events):
        kind = event.get("type") if isinstance(event, dict) else None
        other = isinstance(kind, str) and kind != "push"
        found, cause = (EventFields(), "other_type") if other else _understood(fields, tree, event)
        if cause:
            result.outcomes[cause] += 1
            result.key = result.key or key(index, event)
        else:
            result.events.append(
                PushEvent(
                    at=at,
                    platform=found.platform,
                    code=found.codes[0],
                    reasons=found.reasons,
                    app=found.app or app,
                    user=found.user,
                    uid=found.uid,
                    token=found.token,
                    key=key(index, event),
                )
            )
        if not other and sum(each == cause for each, _ in result.shapes) < SHAPES:
            result.shapes.append((cause, shape(event)))
    return result


def _decoded(body: bytes) -> Any:
    """Decode JSON, even if a user's text was cut within a character: the rest of the call still counts."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        lenient = json.loads(body.decode(errors="replace"))
        return _decoder.decode(json.dumps(lenient, ensure_ascii=False).encode(errors="replace"))


def _understood(fields: Fields, tree: Tree, event: Any) -> tuple[EventFields, str]:
    """Return the fields of an event, and why they are no push result; empty if they are one."""
    if not isinstance(event, dict) or event.get("type") != "push":
        return EventFields(), "unreadable"
    try:
        found = fields.find(event, tree)
    except TooMuch:
        return EventFields(), "unreadable"
    return found, "" if len(found.codes) == 1 else "ambiguous" if found.codes else "no_code"


def _time(ts: Any, now: float) -> float | None:
    """Return the stamp in seconds since the epoch; None if it cannot be the time of a push."""
    if not isinstance(ts, int) or not _EARLIEST_MS <= ts <= now * 1000 + _AHEAD_MS:
        return None
    return ts / 1000


def _scalar(value: Any) -> str:
    return str(value)[:64] if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _keys(call: dict[str, Any]) -> Callable[[int, Any], tuple[int, int] | None]:
    """Return what makes the keys by which events of this call are recognised when they come again.

    Version 2 numbers its calls. Version 1 has 0 for every call, so two calls of one millisecond are distinguished by
    their contents. Without number and stamp, a repetition looks like another failure, and both count: keys are None.
    """
    number, ts = call.get("id"), call.get("ts")
    numbered = isinstance(number, int) and not isinstance(number, bool) and number > 0
    stamped = isinstance(ts, int) and not isinstance(ts, bool)
    if not numbered and not stamped:
        return lambda _index, _event: None
    stamp = ts if isinstance(ts, int) and stamped and abs(ts) < 1 << 62 else 0
    call_is = f"{_scalar(call.get('aid'))}\0{_scalar(number)}\0{_scalar(ts)}\0".encode(errors="replace")

    def key(index: int, event: Any) -> tuple[int, int]:
        says = b"" if numbered else msgspec.json.encode(event)
        digest = hashlib.blake2b(b"%b%d\0%b" % (call_is, index, says), digest_size=8).digest()
        return stamp, int.from_bytes(digest, signed=True)

    return key
