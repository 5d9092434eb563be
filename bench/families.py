"""Families of logs to measure: each has a seed of its own and tells the truth about what it wrote.

A family is a way of writing push lines; how many lines are push lines, how many pushes fail and what stands around a
line are chosen beside it. Nothing in the package knows any of them.
"""

import json
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bench import logs
from logwatch.model import Platform
from logwatch.simulate.mesibo import Mesibo, Mix

Key = tuple[Platform, int, str]
"""Platform, code, reason, as ``report`` counts them."""
Line = tuple[str, Key | None]
"""A payload without its last newline, and what it counts as; None for a line that is no push."""
Write = Callable[[random.Random, int, float], Iterator[Line]]
"""Make ``count`` push messages (from ``push_on_complete`` on), of which a share fails, and what stands between them."""

BASE64 = string.ascii_letters + string.digits + "-_"
HEX = "0123456789abcdef"
FCM_FAILURES = [
    (404, "UNREGISTERED", "NOT_FOUND", "Requested entity was not found."),
    (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"),
    (429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Messages sent'"),
    (403, "SENDER_ID_MISMATCH", "PERMISSION_DENIED", "SenderId mismatch"),
    (503, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable."),
]
APNS_FAILURES = [
    (410, "Unregistered"),
    (400, "BadDeviceToken"),
    (403, "InvalidProviderToken"),
    (429, "TooManyRequests"),
]
MESIBO_FAILURES = [914, 912, 903]
_BEGIN = datetime(2026, 11, 22, tzinfo=UTC)  # of each log, which has a thousand lines a second
_ZONE = timezone(timedelta(hours=1))
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


def pick(rng: random.Random, letters: str, length: int) -> str:
    """Draw a text."""
    return "".join(rng.choices(letters, k=length))


def compact(value: object) -> str:
    """Write JSON without blanks."""
    return json.dumps(value, separators=(",", ":"))


@dataclass(frozen=True)
class Push:
    """One push and what became of it."""

    platform: Platform
    code: int
    reason: str  # empty for an accepted one and for mesibo's own codes
    user: str
    token: str
    number: int


def token_of(rng: random.Random, platform: str) -> str:
    """Make a token: 20 to 170 characters, of FCM with `:`, `-` and `_` in it."""
    if platform == "apns":
        return pick(rng, HEX, 64)
    body = pick(rng, BASE64, rng.choice([20, 60, 119, 134, 140, 150]))
    return rng.choice([f"{pick(rng, BASE64, 22)}:APA91b{body}", f"{pick(rng, BASE64, 11)}:{body}", body])


def user_of(rng: random.Random) -> str:
    """Make a user's address."""
    return rng.choice([
        lambda: str(rng.randrange(1000, 9_999_999)), lambda: f"+49{rng.randrange(10**9, 10**10)}",
        lambda: f"{pick(rng, string.ascii_lowercase, 6)}_{rng.randrange(99)}@example.org",
    ])()  # fmt: skip


def pushes(rng: random.Random, count: int, failures: float) -> Iterator[Push]:
    """Draw pushes of both platforms; the people and their tokens come again."""
    tokens = {platform: [token_of(rng, platform) for _ in range(700)] for platform in ("fcm", "apns")}
    users = [user_of(rng) for _ in range(900)]
    for number in range(count):
        platform: Platform = "fcm" if rng.random() < 0.6 else "apns"
        code, reason = 200, ""
        if rng.random() < failures:
            if rng.random() < 0.2:
                code = rng.choice(MESIBO_FAILURES)
            elif platform == "fcm":
                code, reason, *_ = rng.choice(FCM_FAILURES)
            else:
                code, reason = rng.choice(APNS_FAILURES)
        yield Push(platform, code, reason, rng.choice(users), rng.choice(tokens[platform]), number)


def answer_of(rng: random.Random, push: Push, *, ids: bool) -> str:
    """Make what a provider answers; with ``ids`` hardly any answer comes twice."""
    number = f"0:{rng.randrange(10**15, 10**16)}%{pick(rng, HEX, 16)}" if ids else "0:1732441234567890%31bd1c96"
    if push.platform == "fcm":
        if push.code == 200:
            return json.dumps({"name": f"projects/chat-{rng.choice('abc')}/messages/{number}"})
        code, reason, status, text = next(each for each in FCM_FAILURES if each[1] == push.reason)
        if ids:
            text += f" (request {pick(rng, HEX, 12)})"
        details = [{"@type": FCM_ERROR, "errorCode": reason}]
        answer = {"error": {"code": code, "message": text, "status": status, "details": details}}
        return rng.choice([compact, json.dumps])(answer)
    answer = {"reason": push.reason}
    if ids:
        answer["apns-id"] = "-".join(pick(rng, HEX.upper(), n) for n in (8, 4, 4, 4, 12))
    if push.code == 410:
        answer["timestamp"] = 1732441234000 + (rng.randrange(10**6) if ids else 0)
    return rng.choice([compact, json.dumps])(answer)


def mixed(rng: random.Random, count: int, failures: float, *, ids: bool = True) -> Iterator[Line]:
    """Both platforms, tokens and users of any characters, answers that differ on each line."""
    words = {"fcm": ("fcm", "android", "firebase"), "apns": ("apn", "apns", "ios")}
    for push in pushes(rng, count, failures):
        key = (push.platform, push.code, push.reason)
        word = rng.choice(words[push.platform])
        head = f"push_on_complete: uid {push.user} type {word} token {push.token} code {push.code}"
        if push.reason and rng.random() < 0.3:
            yield f"{head} reason {push.reason}", key
        elif push.reason or (push.code == 200 and push.platform == "fcm"):
            yield f"{head} {answer_of(rng, push, ids=ids)}", key
        else:
            yield head, key


def dialects(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Orders, separators and fields that no sample shows, three of them mixed."""
    forms = (
        "push_on_complete: ttl={n} prio=high token={token} app=7 via=proxy-{m} type={word} code={code}{reason}",
        "push_on_complete app: 7, region: eu-{m} token: {token} platform: {word} seq: {n} code: {code}{reason}",
        "push_on_complete [q{m}] to {user} collapse k:{n} provider {word} took 12ms token {token} code {code}{reason}",
    )
    for push in pushes(rng, count, failures):
        form = rng.choice(forms)
        separator = "=" if "={n}" in form else ": " if "app: 7" in form else " "
        yield (
            form.format(
                n=push.number, m=rng.randrange(5), token=push.token, user=push.user, code=push.code,
                word={"fcm": "gcm", "apns": "voip"}[push.platform],
                reason=f" reason{separator}{push.reason}" if push.reason else "",
            ),
            (push.platform, push.code, push.reason),
        )  # fmt: skip


def changing(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Return a log whose writer is another one from the middle on."""
    half = count // 2
    yield from mixed(rng, half, failures, ids=False)
    form = "push_on_complete: id={n} code={code}{reason} type={word} retries=0 to={user} token={token}"
    for push in pushes(rng, count - half, failures):
        reason = f" reason={push.reason}" if push.reason else ""
        text = form.format(
            n=push.number, code=push.code, reason=reason, word=push.platform, user=push.user, token=push.token
        )
        yield text, (push.platform, push.code, push.reason)


def one_shape(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """One order of fields, one separator, answers that come again: as most benchmarks have it."""
    for push in pushes(rng, count, failures):
        kind = "apn" if push.platform == "apns" else "fcm"
        token = push.token if push.platform == "apns" else f"{push.token[:20]:a<22}:APA91b{push.token:b<113}"[:142]
        answer = f" {compact({'reason': push.reason})}" if push.reason and push.platform == "apns" else ""
        reason = push.reason if answer else ""
        uid = 100_000 + push.number % 900_000
        head = f"push_on_complete: uid {uid} type {kind} token {token} code {push.code}"
        yield head + answer, (push.platform, push.code, reason)


def orders(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Another order of fields and other separators every 4,000 lines; what stands behind the code changes with it."""
    for push in pushes(rng, count, failures):
        if push.number % 4000 == 0:
            names = rng.sample(["uid", "aid", "retry", "ms", "token", "type"], 6)
            code_at = rng.randint(names.index("type") + 1, 6)
            equals, comma = rng.choice([" ", "=", ": "]), rng.choice([" ", ", "])
        values = {"uid": push.user, "aid": 7, "retry": 0, "ms": push.number % 997, "token": push.token}
        fields = [(name, values.get(name, push.platform)) for name in names]
        fields.insert(code_at, ("code", push.code))
        if push.reason:
            fields.append(("reason", push.reason))
        text = comma.join(f"{name}{equals}{value}" for name, value in fields)
        yield f"push_on_complete: {text}", (push.platform, push.code, push.reason)


def lacking(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Three fields stand on some lines only."""
    for push in pushes(rng, count, failures):
        fields = ("aid 7", f"retry {push.number % 3}", f"ms {push.number % 997}")
        some = [field for field in fields if rng.random() < 0.5]
        told = " ".join([f"uid {push.user} type {push.platform}", *some, f"token {push.token} code {push.code}"])
        reason = f" reason {push.reason}" if push.reason else ""
        yield f"push_on_complete: {told}{reason}", (push.platform, push.code, push.reason)


def payloads(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Return lines with what was sent before the code: JSON of 5 to 40 keys."""
    for push in pushes(rng, count, failures):
        data = json.dumps({f"k{i}": f"v{rng.randrange(10**6)}" for i in range(rng.randrange(5, 40))})
        head = f"push_on_complete: uid {push.user} type {push.platform} request {data} code {push.code}"
        reason = f" reason {push.reason}" if push.reason else ""
        yield head + reason, (push.platform, push.code, push.reason)


def own_reasons(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Dozens of codes; each failure has a reason of its own."""
    for push in pushes(rng, count, failures):
        code, reason = push.code, ""
        if code != 200:
            code, reason = rng.randrange(400, 430), f"request-{rng.randrange(10**9)}"
        told = f" reason {reason}" if reason else ""
        text = f"push_on_complete: uid {push.user} type {push.platform} code {code}{told}"
        yield text, (push.platform, code, reason)


def own_codes(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Each failure has a code of its own, of those that nobody documents."""
    for push in pushes(rng, count, failures):
        code = push.code if push.code == 200 else rng.randrange(1000, 900_000)
        yield f"push_on_complete: uid {push.user} type {push.platform} code {code}", (push.platform, code, "")


def printed(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Return answers that are printed over several lines."""
    for push in pushes(rng, count, failures):
        head = f"push_on_complete: uid {push.user} type {push.platform} token {push.token} code {push.code}"
        has_answer = push.reason or (push.code == 200 and push.platform == "fcm")
        answer = f" {json.dumps(json.loads(answer_of(rng, push, ids=True)), indent=2)}" if has_answer else ""
        yield head + answer, (push.platform, push.code, push.reason)


def any_order(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Return answers whose keys stand in any order."""
    for push in pushes(rng, count, failures):
        head = f"push_on_complete: uid {push.user} type fcm token {push.token} code {push.code}"
        if push.code == 200:
            answer = {"name": f"projects/chat/messages/0:{rng.randrange(10**15)}"}
        else:
            detail = dict(rng.sample([("@type", FCM_ERROR), ("errorCode", push.reason or "INTERNAL")], 2))
            error = [("code", push.code), ("message", "It failed."), ("status", "UNKNOWN"), ("details", [detail])]
            answer = dict(rng.sample([("error", dict(rng.sample(error, 4))), ("id", push.number), ("ts", 7)], 3))
        reason = "" if push.code == 200 else push.reason or "INTERNAL"
        yield f"{head} {compact(answer)}", ("fcm", push.code, reason)


def quoting(rng: random.Random, count: int, failures: float) -> Iterator[Line]:
    """Every third line is a user's text that looks like a push line."""
    for each in mixed(rng, count, failures):
        yield each
        if rng.random() < 0.5:
            yield f"chat: from {user_of(rng)}: {each[0]}", None


@dataclass(frozen=True)
class Family:
    """One kind of log."""

    name: str
    seed: int
    write: Write | None  # None: the package's own simulator writes it
    share: float = 1.0  # of push lines
    failures: float = 0.1  # of the pushes
    envelope: str = "plain"

    def log(self, path: Path, count: int) -> Counter[Key]:
        """Write a log of about so many lines, and give the truth about it."""
        if self.write is None:
            return simulated(self, path, count)
        rng = random.Random(self.seed)
        push = self.write(rng, int(count * self.share * 1.1) + 10, self.failures)
        truth: Counter[Key] = Counter()
        around = ENVELOPES[self.envelope]
        with path.open("wb") as file:
            for number in range(count):
                if rng.random() < self.share:
                    text, key = next(push)
                    truth.update([key] if key else ())
                else:
                    text = rng.choice(logs.OTHER).format(rng.randrange(10**6), rng.randrange(256), number)
                thread = f" ({rng.randrange(1, 99)})" if rng.random() < 0.8 or self.write is one_shape else ""
                at = _BEGIN + timedelta(milliseconds=number)
                file.write(around(f"E{at:%d%m-%H%M%S}-{number % 1000:03d}{thread}: {text}\n", at))
        return truth


def _docker(line: str, at: datetime) -> bytes:
    log = {"log": line, "stream": "stdout", "time": f"{at:%Y-%m-%dT%H:%M:%S.%f}789Z"}
    return compact(log).encode() + b"\n"


def _cri(line: str, at: datetime) -> bytes:
    return f"{at.astimezone(_ZONE):%Y-%m-%dT%H:%M:%S.%f}789+01:00 stdout F {line}".encode()


def _syslog(line: str, at: datetime) -> bytes:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}+00:00 chat mesibo[812]: {line}".encode()


def _journal_iso(line: str, at: datetime) -> bytes:
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000 chat mesibo[812]: {line}".encode()


def _journal_json(line: str, at: datetime) -> bytes:
    micros = f"{at.timestamp() * 1e6:.0f}"
    entry = _SERVICE_FIELDS | {
        "__CURSOR": f"s={'5b' * 16};i={micros[4:]};b={'1f' * 16};m={micros[4:]};t={micros};x=b71e308758f2012a",
        "__REALTIME_TIMESTAMP": micros,
        "__MONOTONIC_TIMESTAMP": micros[4:],
        "MESSAGE": line.removesuffix("\n"),
    }
    names = list(entry)
    random.Random(micros).shuffle(names)  # as journalctl does: by the hashes of each entry's own table
    return compact({name: entry[name] for name in names}).encode() + b"\n"


_SERVICE_FIELDS = {
    "_BOOT_ID": "1f" * 16,
    "_TRANSPORT": "stdout",
    "_STREAM_ID": "2e" * 16,
    "PRIORITY": "6",
    "SYSLOG_FACILITY": "3",
    "SYSLOG_IDENTIFIER": "mesibo",
    "_PID": "812",
    "_UID": "998",
    "_GID": "998",
    "_COMM": "mesibo",
    "_EXE": "/usr/bin/mesibo",
    "_CMDLINE": "/usr/bin/mesibo",
    "_CAP_EFFECTIVE": "0",
    "_SYSTEMD_CGROUP": "/system.slice/mesibo.service",
    "_SYSTEMD_UNIT": "mesibo.service",
    "_SYSTEMD_SLICE": "system.slice",
    "_SYSTEMD_INVOCATION_ID": "3d" * 16,
    "_MACHINE_ID": "4c" * 16,
    "_HOSTNAME": "chat",
}
"""What journald adds to a line that a service writes to standard output."""

ENVELOPES: dict[str, Callable[[str, datetime], bytes]] = {
    "plain": lambda line, _at: line.encode(),
    "docker": _docker,
    "cri": _cri,
    "syslog": _syslog,
    "journal-iso": _journal_iso,
    "journal-json": _journal_json,
}


def simulated(family: Family, path: Path, count: int) -> Counter[Key]:
    """Write by the package's own simulator."""
    mix = Mix(push=family.share, failures=family.failures)
    mesibo = Mesibo(family.seed, mix=mix, envelope="docker" if family.envelope == "docker" else "plain")
    start = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
    with path.open("wb") as file:
        for done in range(0, count, 10_000):
            file.write(mesibo.say(min(10_000, count - done), start + done / 1000, 0.001))
    results: Any = mesibo.truth()["results"]
    return Counter({(each["platform"], each["code"], each["reason"]): each["count"] for each in results})


FAMILIES = (
    Family("one shape", 11, one_shape),
    Family("one shape, one in ten", 12, one_shape, share=0.1),
    Family("one shape, docker", 13, one_shape, envelope="docker"),
    Family("simulator", 21, None),
    Family("simulator, one in ten", 22, None, share=0.1),
    Family("simulator, docker", 23, None, envelope="docker"),
    Family("mixed, 1 % fail", 31, mixed, failures=0.01),
    Family("mixed, 10 % fail", 32, mixed),
    Family("mixed, 50 % fail", 33, mixed, failures=0.5),
    Family("mixed, one in ten", 34, mixed, share=0.1),
    Family("mixed, one in a hundred", 35, mixed, share=0.01),
    Family("mixed, docker", 36, mixed, envelope="docker"),
    Family("mixed, docker, one in ten", 37, mixed, share=0.1, envelope="docker"),
    Family("mixed, cri", 38, mixed, envelope="cri"),
    Family("mixed, cri, one in ten", 39, mixed, share=0.1, envelope="cri"),
    Family("mixed, syslog", 71, mixed, envelope="syslog"),
    Family("mixed, syslog, one in ten", 72, mixed, share=0.1, envelope="syslog"),
    Family("mixed, syslog, one in a hundred", 73, mixed, share=0.01, envelope="syslog"),
    Family("mixed, journal as text", 81, mixed, envelope="journal-iso"),
    Family("mixed, journal as text, one in ten", 82, mixed, share=0.1, envelope="journal-iso"),
    Family("mixed, journal as JSON", 83, mixed, envelope="journal-json"),
    Family("mixed, journal as JSON, one in ten", 84, mixed, share=0.1, envelope="journal-json"),
    Family("storm of failures", 41, mixed, failures=1.0),
    Family("unseen dialects", 51, dialects),
    Family("unseen dialects, one in ten", 52, dialects, share=0.1),
    Family("fields that some lines lack", 63, lacking),
    Family("changes in the middle", 61, changing),
    Family("another order every 4,000 lines", 62, orders),
    Family("long JSON before the code", 91, payloads),
    Family("a reason of its own", 92, own_reasons, failures=0.5),
    Family("a code of its own", 95, own_codes, failures=0.5),
    Family("answers over several lines", 96, printed, failures=0.3),
    Family("answers in any order", 93, any_order, failures=0.5),
    Family("users quote push lines", 94, quoting),
)
