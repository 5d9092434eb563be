"""Put results in words as mesibo logs them, and add what else is in such a log: other modules' lines, hostile text.

Nobody has published a whole push line of mesibo, so these stay within what its grammar promises to read; lines of other
modules follow real samples. Every saying has one hole for a running number, so that no two lines of a log are equal.
"""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from logwatch.model import ResultKey
from logwatch.simulate.outcomes import Outcome


class Push(NamedTuple):
    """The outcome of one push, and whose it was: a line may show less."""

    outcome: Outcome
    user: str
    app: int
    token: str


class Saying(NamedTuple):
    """One message: level, stamp, ``before``, a number, ``behind``; it may have several lines."""

    level: bytes
    before: bytes
    behind: bytes
    result: ResultKey | None = None  # what it counts as
    unparsed: bool = False  # a push line in the right place that gives no result
    push: Push | None = None  # that it is about

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return 1 + self.before.count(b"\n") + self.behind.count(b"\n")

    @property
    def misplaced(self) -> int:
        """How many of them contain the function's name, but not where a push line has it."""
        marked = [_FUNCTION.search(line) for line in (self.before + b"0" + self.behind).split(b"\n")]
        return len(marked) - marked.count(None) - (self.unparsed or self.result is not None)


_FUNCTION = re.compile(rb"(?<![\w-])push_on_complete(?![\w-])")  # not as part of a longer name
_TYPES = {"fcm": ("fcm", "fcm", "android", "gcm"), "apns": ("apn", "apn", "apns", "ios", "voip"), "unknown": ("-",)}
_LEVELS = (b"E", b"E", b"E", b"E", b"I", b"D", b"**C**", b"http-")
_APPS = (6035, 8676)
_HEX = "0123456789abcdef"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STATUS = {
    "UNREGISTERED": "NOT_FOUND", "SENDER_ID_MISMATCH": "PERMISSION_DENIED", "QUOTA_EXCEEDED": "RESOURCE_EXHAUSTED",
    "THIRD_PARTY_AUTH_ERROR": "UNAUTHENTICATED",
}  # fmt: skip
_ERROR_TYPE = "type.googleapis.com/google.firebase.fcm.v1.FcmError"

_SQL_COLUMN = """Query Error: update users set regaddr=0, lastonline=# where regaddr in (285971663,16781740)
error Unknown column 'regaddr' in 'where clause' (1054 42S22)
(failures 1)"""
_SQL_TABLE = """Query Error: delete from notifications where expiry < current_timestamp
error Table 'mesibo.notifications' doesn't exist (1146 42S02)
(failures #)"""

# {user} {app} {token} {type} {code} are filled in; # is the hole
_SHAPES = (
    "push_on_complete: uid {user} type {type} token {token} mid # code {code}",
    "push_on_complete: uid {user} type {type} token {token} mid # code {code}{answer}",
    "push_on_complete uid={user} aid={app} type={type} id=# code={code}{answer}",
    "push_on_complete: to: {user} app: {app} platform: {type} token: {token} seq: # code: {code}{answer}",
    "push_on_complete: aid {app} mid # code {code} user {user} provider {type}{answer}",
    'push_on_complete: uid {user} name "say code 903" type {type} mid # code {code}{answer}',
    "push_on_complete: uid {user} type {type} token x:code=903 errcode 912 (code 905) mid # code {code}{answer}",
    'push_on_complete: {{"code":911,"text":"}} code 912"}} uid {user} type {type} mid # code {code}{answer}',
)
_SHAPE_WEIGHTS = (40, 25, 10, 10, 10, 2, 2, 1)
# without a word for the platform; an answer may still show it
_SHAPES_UNTYPED = (
    "push_on_complete: uid {user} mid # code {code}{answer}",
    "push_on_complete code {code} mid #{answer}",
    "push_on_complete: aid {app} uid {user} seq # code = {code}{answer}",
)

_USERS = 1500


class Speaker:
    """Makes sayings, which are determined by ``random`` alone."""

    def __init__(self, random: Random) -> None:
        """Make up the users, and the push tokens of their devices."""
        self._random = random
        self._users = [self._user() for _ in range(_USERS)]
        self._tokens: dict[str, list[str]] = {"fcm": [], "apns": [], "unknown": ["-"]}
        for user in range(_USERS):
            self._tokens["fcm" if user % 3 else "apns"].append(self._token(apns=not user % 3))
        self._busy = self._users[:9]  # those who run into mesibo's limit

    def push(self, outcome: Outcome) -> Saying:
        """Return a saying for one outcome; if its words say less than the outcome, it counts as what they say."""
        platform, code, reason = outcome
        pick = self._random
        typed = platform != "unknown" and pick.random() < 0.97  # noqa: PLR2004  now and then a line without its type
        shape = pick.choices(_SHAPES, _SHAPE_WEIGHTS)[0] if typed else pick.choice(_SHAPES_UNTYPED)
        answer = self._answer(outcome, typed=typed) if "{answer}" in shape else ""
        push = Push(
            outcome,
            pick.choice(self._busy if code == 914 else self._users),  # noqa: PLR2004  the rate limit
            pick.choice(_APPS),
            pick.choice(self._tokens[platform]),
        )
        text = shape.format(
            user=push.user,
            app=push.app,
            token=push.token,
            type=pick.choice(_TYPES[platform]),
            code=code,
            answer=answer,
        )
        gives_reason = bool(reason and answer)
        seen = platform if typed or (gives_reason and answer.startswith(" {")) else "unknown"
        result = ResultKey(seen, code, reason if gives_reason else "")
        return self._saying(pick.choice(_LEVELS), text, result)._replace(push=push)

    def hostile(self) -> Iterator[Saying]:
        """Yield lines that look like results and are none, and lines that must be read despite what is in them."""
        long = "x" * self._random.randrange(17_000, 40_000)
        ok = ResultKey("fcm", 200, "")
        yield self._saying(b"E", 'push_on_complete: uid # name "unclosed code 903', unparsed=True)
        yield self._saying(b"E", "push_on_complete: uid # code 903 name Bob code 200", unparsed=True)
        yield self._saying(b"E", "push_on_complete: uid # type fcm, no answer yet", unparsed=True)
        yield self._saying(b"E", "push_on_complete: uid # code 200ms", unparsed=True)
        yield self._saying(b"E", "push_on_complete: {{{{{{{#}}}}}}} code 200", unparsed=True)
        yield self._saying(b"E", "on_message: from 4711 mid # text push_on_complete: code 903")
        yield self._saying(b"E", "push_on_complete_cb: mid # code 903")
        yield self._saying(b"I", "on_message: mid # body\n push_on_complete: code 903\npush_on_complete: code 904")
        yield self._saying(
            b"E", "push_on_complete: uid # type fcm code 200 \x1b[2J\x07\0\t<script>alert('&')</script>", ok
        )
        yield self._saying(b"E", "push_on_complete: uid josé-\u202e# type fcm code 200 \u2028 日本語 code", ok)
        yield self._saying(b"E", f'push_on_complete: uid # type fcm body "{long}" code 200', ok)
        yield self._saying(b"E", f"push_on_complete: uid # type fcm code 200 {{{long}", ok)
        yield Saying(b"E", b" (17): push_on_complete: uid \xff\xfe\x80", b" type fcm code 200 \xc3", ok)

    def others(self) -> list[Saying]:
        """Return what the rest of a mesibo logs, worded like real samples where there are any; frequent ones repeat."""
        texts = (
            (b"E", "login successful: root (uid #) aid: (8676)", 30),
            (b"I", "user # connected from 10.1.2.3 (tls 1)", 30),
            (b"E", "disconnect: uid # reason 104 code 7", 20),
            (b"http-", "POST /backend/fcgi 200 in # us", 15),
            (b"D", "on_message: mid # type 0 flags 0x3 (1 of 1)", 20),
            (b"E", "signal ignored: 17 (#)", 2),
            (b"E", _SQL_COLUMN, 1),
            (b"E", _SQL_TABLE, 1),
            (b"**C**", "Unable to load certificate: /certs/cert.pem (#)", 1),
        )
        return [self._saying(level, text) for level, text, weight in texts for _ in range(weight)]

    def _saying(self, level: bytes, text: str, result: ResultKey | None = None, *, unparsed: bool = False) -> Saying:
        thread = f" ({self._random.randrange(1, 64)})" if self._random.random() < 0.98 else ""  # noqa: PLR2004  rare
        before, hole, behind = f"{thread}: {text}".partition("#")
        assert hole, f"no hole for a number in {text!r}"
        return Saying(level, before.encode(), behind.encode(), result, unparsed)

    def _user(self) -> str:
        pick = self._random
        makes: tuple[Callable[[], str], ...] = (
            lambda: f"+1{pick.randrange(2_000_000_000, 9_999_999_999)}",
            lambda: str(pick.randrange(1000, 9_999_999)),
            lambda: f"{pick.choice(('ada', 'bo', 'chen', 'dipa', 'o_brien'))}{pick.randrange(1000)}@example.com",
        )
        return pick.choice(makes)()

    def _token(self, *, apns: bool) -> str:
        if apns:
            return "".join(self._random.choices(_HEX, k=64))
        return f"{''.join(self._random.choices(_BASE64, k=22))}:APA91b{''.join(self._random.choices(_BASE64, k=134))}"

    def _answer(self, outcome: Outcome, *, typed: bool) -> str:
        """Return what follows the code: FCM's or APNs' answer as JSON, a reason as a word, or nothing."""
        platform, code, reason = outcome
        if platform == "unknown" or code <= 0:
            return f" reason {reason}" if reason else ""
        if not reason:  # an accepted FCM push has an answer, but nothing in it shows the platform
            accepted = ' {"name":"projects/demo/messages/0:1500415314455276%31bd1c9631bd1c96"}'
            return accepted if typed and (platform, code) == ("fcm", 200) else ""
        return " " + json.dumps(answer_of(outcome), separators=(",", ":"))


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """Return the answer of FCM or APNs to a push, in the provider's own format; empty if there is none."""
    platform, code, reason = outcome
    if not reason or platform == "unknown":
        return {}
    if platform == "apns":
        return {"reason": reason} | ({"timestamp": 1763806500000} if code == 410 else {})  # noqa: PLR2004  gone
    error: dict[str, Any] = {"code": code, "message": 'Words of Google, "code 903" in them.'}
    error |= {"status": _STATUS.get(reason, reason)}
    error |= {"details": [{"@type": _ERROR_TYPE, "errorCode": reason}]} if reason in _STATUS else {}
    return {"error": error}
