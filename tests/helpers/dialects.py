# ruff: noqa: E501  log lines are as long as they are
"""Dialects in which a mesibo might write its push results, each with lines that must not count and the truth."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
FAILURES = (
    ("fcm", 404, "UNREGISTERED"),
    ("apns", 410, "Unregistered"),
    ("apns", 400, "BadDeviceToken"),
    ("fcm", 403, "SENDER_ID_MISMATCH"),
    ("apns", 403, "InvalidProviderToken"),
    ("fcm", 429, "QUOTA_EXCEEDED"),
    ("fcm", 503, "UNAVAILABLE"),
    ("apns", 903, ""),
    ("fcm", 912, ""),
    ("fcm", 914, ""),
)
NAMES = ("Ada", "Bob", "o_brien", "zoe9", "kim")


@dataclass
class Push:
    """One push: who, through whom, with what result, and numbers beside it that mean nothing."""

    at: datetime
    uid: str
    platform: str
    token: str
    code: int
    reason: str
    mid: int
    ms: int
    size: int
    tid: int
    port: int = 443

    @property
    def iso(self):
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.at.microsecond // 1000:03}Z"

    @property
    def blank(self):
        return self.at.strftime("%Y-%m-%d %H:%M:%S,") + f"{self.at.microsecond // 1000:03}"

    @property
    def epoch(self):
        return f"{self.at.timestamp():.3f}"

    @property
    def ddmm(self):
        return self.at.strftime("%d%m-%H%M%S-") + f"{self.at.microsecond // 1000:03}"

    @property
    def level(self):
        return "INFO" if self.code == 200 else "ERROR" if self.code > 900 else "WARN"


def pushes(rng, count):
    at = START
    for _ in range(count):
        at += timedelta(milliseconds=rng.randrange(20, 90_000))
        platform, code, reason = rng.choice(FAILURES)
        if rng.random() < 0.6:
            platform, code, reason = rng.choice(("fcm", "apns")), 200, ""
        token = "".join(rng.choice("0123456789abcdef") for _ in range(32))
        uid = rng.choice((str(rng.randrange(1000, 99999)), f"+1{rng.randrange(10**9, 10**10)}"))
        numbers = rng.choice((200, 403, 410, rng.randrange(1, 900)))
        yield Push(
            at,
            uid,
            platform,
            token,
            code,
            reason,
            rng.randrange(1, 9999),
            numbers,
            rng.choice((200, 512, 903, 4096)),
            rng.randrange(1, 64),
        )


DIALECTS = {}


@dataclass
class Sheet:
    """Lines of one dialect, and what they must count."""

    lines: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    hostile: list = field(default_factory=list)
    told: list = field(default_factory=list)  # lines with a user's text, each with its code: that one or none


def dialect(write):
    DIALECTS[write.__name__] = write
    return write


def noise(rng, head):
    return head + rng.choice(("connected uid 4711 code 200", "listening on port 443", "signal ignored: 17"))


def sheet(name, seed, count=60, hostile=0.1):
    """Write lines of a dialect: pushes, other lines, and some whose text only looks like a result."""
    rng = random.Random(f"{name} {seed}")
    made = Sheet()
    write = DIALECTS[name]
    for push in pushes(rng, count):
        told = texts(rng) if rng.random() < hostile else ""
        line = write(push, told, rng)
        made.lines.append(line)
        if told:
            made.told.append((line, push.code))
        else:
            made.counts[push.code] += 1
        if rng.random() < hostile:
            made.hostile.append(_misplaced(write, push, rng))
            made.lines.append(made.hostile[-1])
        if rng.random() < 0.2:
            made.lines.append(
                rng.choice(("signal ignored: 17", "listening on port 443", line.split("push_on")[0] + "ready"))
            )
    return made


def texts(rng):
    """Return what a user may write."""
    return rng.choice(
        (
            "code 903",
            "code=903",
            "push_on_complete: code 903",
            '{"code":903}',
            '","code":903,"x":"',
            "|903|",
            "\t903\t",
            "status=903 result 903",
            "push_on_complete(uid=1, code=903)",
            "(903)",
            "-> 903",
            "http_status=903",
        )
    )


def _misplaced(write, push, rng):
    """Return a line that holds a text of a user with a whole result in it, written by another function."""
    line = write(push, "", rng)
    head, _, rest = line.partition("push_on_complete")
    false = rest.replace(str(push.code), "903")
    return rng.choice(
        (
            f"{head.rstrip()} on_message: text push_on_complete{false}",
            f"{head}on_message: from 4711 push_on_complete{false}",
            f"{head}push_on_complete_cb{false}",
            f"x {head}push_on_complete{false}",
            "E2211-101500-123 (17): push_on_complete: code 903 x",
            f'{head}text="push_on_complete{false}"',
        )
    )


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


@dialect
def logfmt_iso(p, text, rng):
    name = f" name={quoted(text)}" if text else ""
    reason = f" reason={p.reason}" if p.reason else ""
    return f"{p.iso} {p.level} push_on_complete uid={p.uid}{name} platform={p.platform} ms={p.ms} code={p.code}{reason}"


@dialect
def logfmt_all_keys(p, text, rng):
    name = f" name={quoted(text)}" if text else ""
    reason = f' reason="{p.reason}"' if p.reason else ""
    return f'time="{p.iso}" level={p.level.lower()} msg=push_on_complete uid={p.uid}{name} token={p.token} type={p.platform} size={p.size} http_status={p.code}{reason}'


@dialect
def json_lines(p, text, rng):
    body = {
        "ts": p.iso,
        "level": p.level.lower(),
        "event": "push_on_complete",
        "uid": p.uid,
        "platform": p.platform,
        "size": p.size,
    }
    if text:
        body["name"] = text
    body["code"] = p.code
    if p.reason:
        body["reason"] = p.reason
    return json.dumps(body)


@dialect
def json_code_first(p, text, rng):
    body = {
        "t": round(p.at.timestamp(), 3),
        "code": p.code,
        "took": p.ms,
        "dev": {"uid": p.uid, "code": 7},
        "tags": ["a", "b"],
    }
    if text:
        body["text"] = text
    body["msg"] = "push_on_complete"
    if p.reason:
        body["err"] = p.reason
    return json.dumps(body, separators=(",", ":"))


@dialect
def json_behind_head(p, text, rng):
    body = {"uid": p.uid, "name": text or "x", "provider": p.platform, "status": p.code, "reason": p.reason or None}
    return f"{p.iso} [{p.tid}] push_on_complete: {json.dumps(body)}"


@dialect
def python_dict(p, text, rng):
    return f"{p.blank} {p.level:5} mesibo.push " + str(
        {"event": "push_on_complete", "uid": p.uid, "name": text or "x", "type": p.platform, "code": p.code, "ms": p.ms}
    )


@dialect
def result_words(p, text, rng):
    name = f' name "{text}"' if text and '"' not in text else ""
    return (
        f"E{p.ddmm} ({p.tid}): push_on_complete: uid {p.uid} via {p.platform}{name} result {p.code} {p.reason or 'OK'}"
    )


@dialect
def call_form(p, text, rng):
    name = f", name={quoted(text)}" if text else ""
    return f"[{p.blank}] [{p.level.lower()}] push_on_complete(uid={p.uid}, platform={p.platform}{name}, code={p.code}, ms={p.ms})"


@dialect
def call_quotes(p, text, rng):
    name = f", name='{text}'" if text and "'" not in text else ""
    return f"{p.epoch} push_on_complete(uid='{p.uid}'{name}, type='{p.platform}', code={p.code}, reason='{p.reason}')"


@dialect
def pipes(p, text, rng):
    return f"{p.iso}|{p.level}|push_on_complete|{p.uid}|{p.platform}|{p.token}|{p.code}|{p.reason}"


@dialect
def pipes_padded(p, text, rng):
    return f"{p.blank} | {p.tid:02} | push_on_complete | {p.uid} | {text.replace('|', '/') or 'Ada'} | {p.platform} | {p.code} | {p.reason or '-'}"


@dialect
def pipes_keyed(p, text, rng):
    return f"{p.epoch}|push_on_complete|uid={p.uid}|type={p.platform}|size={p.size}|code={p.code}"


@dialect
def tabs(p, text, rng):
    return f"{p.iso}\tmesibo\tpush_on_complete\t{p.uid}\t{p.platform}\t{p.ms}\t{p.code}\t{p.reason}"


@dialect
def csv_line(p, text, rng):
    return f"{p.epoch},push_on_complete,{p.uid},{quoted(text or 'x')},{p.platform},{p.code},{p.reason}"


@dialect
def status_colon(p, text, rng):
    name = f", name: {quoted(text)}" if text else ""
    return f"{p.at:%b %e %H:%M:%S} push01 mesibo[{p.tid}]: push_on_complete: user: {p.uid}, type: {p.platform}{name}, port: 443, status: {p.code}, took: {p.ms}"


@dialect
def arrow(p, text, rng):
    return f"{p.iso} <{p.tid}> push_on_complete {p.uid} {p.platform} -> {p.code} {p.reason or 'accepted'}"


@dialect
def direct(p, text, rng):
    return f"{p.at:%Y/%m/%d %H:%M:%S} {p.level} push_on_complete: {p.code} {p.reason} uid={p.uid} type={p.platform} ms={p.ms}"


@dialect
def positional_blanks(p, text, rng):
    return f"{p.epoch} push_on_complete {p.uid} {p.platform} {p.code} {p.reason or 'ok'}"


@dialect
def code_in_head(p, text, rng):
    return f"ts={p.iso} level={p.level.lower()} code={p.code} event=push_on_complete uid={p.uid} platform={p.platform}"


@dialect
def clf(p, text, rng):
    return f'[{p.at:%d/%b/%Y:%H:%M:%S} +0000] push_on_complete "{text or "-"}" uid={p.uid} {p.platform.upper()} http {p.code} {p.size}'


@dialect
def optional_thread(p, text, rng):
    tid = f" ({p.tid})" if p.mid % 5 else ""
    return f"{p.iso} {p.level[0]}{tid}: push_on_complete: to {p.uid} type {p.platform} status={p.code} prev_status=200"


@dialect
def ok_failed(p, text, rng):
    word = "delivered" if p.code == 200 else "failed"
    return f"{p.blank} {p.level} [push-{p.tid}] push_on_complete uid={p.uid} {word}: {p.code}"


@dialect
def answer_behind(p, text, rng):
    answer = ""
    if p.reason:
        answer = " " + json.dumps(
            {"error": {"code": p.code, "message": "code 903", "status": p.reason}}
            if p.platform == "fcm"
            else {"reason": p.reason}
        )
    name = f" [{text}]" if text and "]" not in text else ""
    return f"{p.iso} mesibo {p.tid} push_on_complete type={p.platform} uid={p.uid}{name} rc={p.code}{answer}"


@dialect
def twelve_hour_prefix(p, text, rng):
    return f"<14>1 {p.iso} push01 mesibo {p.tid} - - push_on_complete uid={p.uid} platform={p.platform} attempts=1 code={p.code};"


@dialect
def last_word(p, text, rng):
    return f"{p.at:%d.%m.%Y %H:%M:%S} push_on_complete {' '.join(NAMES[: 1 + p.mid % 3])} {p.uid} {p.code}"


@dialect
def millis(p, text, rng):
    name = f" text={quoted(text)}" if text else ""
    return f"{int(p.at.timestamp() * 1000)} I mesibo::push_on_complete - app=8676{name} user={p.uid} os={'ios' if p.platform == 'apns' else 'android'} response_code={p.code} dur={p.ms}"
