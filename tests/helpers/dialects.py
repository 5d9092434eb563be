# ruff: noqa: E501  log lines are as long as they are
"""Dialects in which a mesibo might write its push results, each with lines that must not count and the truth."""

import json
import random
import re
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
    def said(self):
        return self.reason or "OK"

    @property
    def dashed(self):
        return self.reason or "-"

    @property
    def low(self):
        return self.level.lower()

    @property
    def millis(self):
        return int(self.at.timestamp() * 1000)

    @property
    def os(self):
        return {"fcm": "android", "apns": "ios"}[self.platform]

    @property
    def caps(self):
        return self.platform.upper()

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


def template(form):
    """Return what fills a form; of what stands in ``<<>>`` nothing is left without a text, or if that would end it."""

    def write(p, text, rng):
        def told(part):
            return part[1] if text and ("{q}" in part[1] or part[1][-1] not in text) else ""

        return re.sub("<<(.*?)>>", told, form).format(p=p, t=text, q=quoted(text), x=quoted(text or "x"))

    return write


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
def pipes_padded(p, text, rng):
    return f"{p.blank} | {p.tid:02} | push_on_complete | {p.uid} | {text.replace('|', '/') or 'Ada'} | {p.platform} | {p.code} | {p.reason or '-'}"


@dialect
def arrow(p, text, rng):
    return f"{p.iso} <{p.tid}> push_on_complete {p.uid} {p.platform} -> {p.code} {p.reason or 'accepted'}"


@dialect
def positional_blanks(p, text, rng):
    return f"{p.epoch} push_on_complete {p.uid} {p.platform} {p.code} {p.reason or 'ok'}"


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
def last_word(p, text, rng):
    return f"{p.at:%d.%m.%Y %H:%M:%S} push_on_complete {' '.join(NAMES[: 1 + p.mid % 3])} {p.uid} {p.code}"


@dialect
def zap(p, text, rng):
    return (
        f"{p.at:%Y-%m-%dT%H:%M:%S}.123+0100\t{p.level}\tpush/sender.go:{80 + p.tid}\tpush_on_complete\t"
        + json.dumps({"uid": p.uid, "name": text, "code": p.code, "took": p.ms})
    )


@dialect
def pino(p, text, rng):
    b = {
        "level": 30 if p.code == 200 else 50,
        "time": int(p.at.timestamp() * 1000),
        "pid": 17,
        "hostname": "push01",
        "uid": p.uid,
        "provider": p.platform,
        "statusCode": p.code,
        "responseTime": p.ms,
        "msg": "push_on_complete",
    }
    if text:
        b["displayName"] = text
    return json.dumps(b, separators=(",", ":"))


@dialect
def bunyan(p, text, rng):
    return json.dumps(
        {
            "name": "mesibo",
            "hostname": "h",
            "pid": p.tid,
            "level": 30,
            "push": {"to": p.uid, "code": 7},
            "result": p.code,
            "text": text,
            "msg": f"push_on_complete: {p.said}",
            "time": p.iso,
            "v": 0,
        }
    )


@dialect
def pylog(p, text, rng):
    n = f", name={text!r}" if text else ""
    return f"{p.blank} - mesibo.push - {p.level} - push_on_complete(uid={p.uid!r}{n}, provider={p.platform!r}, status={p.code})"


@dialect
def body_open(p, text, rng):
    b = " body={" if p.reason else ""
    return f"{p.iso} {p.level} push_on_complete uid={p.uid} status={p.code}{b}"


@dialect
def text_last(p, text, rng):
    return f"{p.iso} push_on_complete code={p.code} uid={p.uid} os={p.platform} text={text or 'hello'}"


@dialect
def brackets_first(p, text, rng):
    b = " body=" + json.dumps({"reason": p.reason, "code": 903}) if p.reason else ""
    return f"E{p.ddmm} ({p.tid}): push_on_complete: [uid {p.uid}] [aid 8676] http_status={p.code}{b}"


@dialect
def parens(p, text, rng):
    w = "OK" if p.code == 200 else "FAILED"
    return f"{p.iso} [{p.tid}] push_on_complete status: {w} ({p.code}) uid: {p.uid} size: {p.size}"


@dialect
def heroku(p, text, rng):
    n = f" name={quoted(text)}" if text else ""
    return f"{p.at:%Y-%m-%dT%H:%M:%S}.123456+00:00 app[web.{p.tid % 3}]: at=info event=push_on_complete uid={p.uid}{n} status={p.code} service={p.ms}ms bytes={p.size}"


@dialect
def iso_pipe_tid(p, text, rng):
    n = f"|{text}" if text and "|" not in text else "|Jos\u00e9"
    return f"{p.iso}|{p.tid}|push_on_complete|{p.platform}{n}|{p.code}"


@dialect
def by_provider(p, text, rng):
    k = {"fcm": "fcm_status", "apns": "apns_status"}[p.platform] if p.code < 900 else "mesibo_code"
    return f"{p.iso} push_on_complete uid={p.uid} ms={p.ms} {k}={p.code} {p.said}"


@dialect
def accepted_rejected(p, text, rng):
    w = "accepted" if p.code == 200 else "rejected"
    return f"{p.iso} push_on_complete {p.uid} {w} {p.code} after {p.ms} ms"


@dialect
def single_quoted(p, text, rng):
    n = f" name='{text}'" if text and "'" not in text else " name='Ada L'"
    return f"{p.iso} push_on_complete uid={p.uid}{n} code={p.code}"


@dialect
def id_traps(p, text, rng):
    return f"{p.iso} push_on_complete id={rng.choice((200, 403, 410, 404))} uid={p.uid} len={rng.choice((200, 400, 500))} port=443 status={p.code}"


TEMPLATES = {
    "klog": 'I{p.at:%m%d %H:%M:%S.%f}       1 push.go:88] "push_on_complete" uid="{p.uid}"<< name={q}>> platform="{p.platform}" code={p.code}',
    "apache": '[{p.at:%a %b %d %H:%M:%S.%f} 2026] [push:{p.low}] [pid 17:tid {p.tid}] push_on_complete: uid {p.uid}<< "{t}">>, {p.platform}, status {p.code}, {p.ms} ms',
    "rubylog": "{p.level[0]}, [{p.at:%Y-%m-%dT%H:%M:%S.%f} #{p.tid}]  {p.level} -- : push_on_complete user={p.uid} http_status={p.code} err={p.said}",
    "glog": "{p.level[0]}{p.at:%m%d %H:%M:%S.%f}  47{p.tid:02} push.cc:88] push_on_complete uid={p.uid}<< name={q}>> plat={p.platform} code={p.code} took={p.ms}",
    "glog_year": "{p.level[0]}{p.at:%Y%m%d %H:%M:%S.%f} 47{p.tid:02} push.cc:88] push_on_complete uid={p.uid} plat={p.platform} code={p.code}",
    "millis": "{p.millis} I mesibo::push_on_complete - app=8676<< text={q}>> user={p.uid} os={p.os} response_code={p.code} dur={p.ms}",
    "nginx": '{p.at:%Y/%m/%d %H:%M:%S} [info] 17#{p.tid}: *{p.mid} push_on_complete: code: {p.code}, client: 10.0.0.{p.tid}, user: {x}, host: "push:443"',
    "csv_line": "{p.epoch},push_on_complete,{p.uid},{x},{p.platform},{p.code},{p.reason}",
    "result_words": 'E{p.ddmm} ({p.tid}): push_on_complete: uid {p.uid} via {p.platform}<< name "{t}">> result {p.code} {p.said}',
    "call_form": "[{p.blank}] [{p.low}] push_on_complete(uid={p.uid}, platform={p.platform}<<, name={q}>>, code={p.code}, ms={p.ms})",
    "call_quotes": "{p.epoch} push_on_complete(uid='{p.uid}'<<, name='{t}'>>, type='{p.platform}', code={p.code}, reason='{p.reason}')",
    "pipes": "{p.iso}|{p.level}|push_on_complete|{p.uid}|{p.platform}|{p.token}|{p.code}|{p.reason}",
    "pipes_keyed": "{p.epoch}|push_on_complete|uid={p.uid}|type={p.platform}|size={p.size}|code={p.code}",
    "tabs": "{p.iso}\tmesibo\tpush_on_complete\t{p.uid}\t{p.platform}\t{p.ms}\t{p.code}\t{p.reason}",
    "status_colon": "{p.at:%b %e %H:%M:%S} push01 mesibo[{p.tid}]: push_on_complete: user: {p.uid}, type: {p.platform}<<, name: {q}>>, port: 443, status: {p.code}, took: {p.ms}",
    "direct": "{p.at:%Y/%m/%d %H:%M:%S} {p.level} push_on_complete: {p.code} {p.reason} uid={p.uid} type={p.platform} ms={p.ms}",
    "code_in_head": "ts={p.iso} level={p.low} code={p.code} event=push_on_complete uid={p.uid} platform={p.platform}",
    "twelve_hour_prefix": "<14>1 {p.iso} push01 mesibo {p.tid} - - push_on_complete uid={p.uid} platform={p.platform} attempts=1 code={p.code};",
    "log4j": "{p.blank} {p.level:<5} [pool-1-thread-{p.tid}] c.m.push.PushSender - push_on_complete: uid={p.uid}<< [{t}]>> size={p.size} result={p.code} ({p.said})",
    "slog": "time={p.iso} level={p.level} msg=push_on_complete uid={p.uid}<< text={q}>> svc={p.platform} code={p.code} dur={p.ms}ms",
    "syslog_prio": '<14>{p.at:%b %e %H:%M:%S} push01 mesibo[{p.tid}]: push_on_complete {p.uid}<< "{t}">> {p.platform} rc={p.code}',
    "cef": "CEF:0|mesibo|push|1.{p.tid}|100|push_on_complete|3|uid={p.uid} port=443 outcome={p.code} ms={p.ms}",
    "semis": "{p.at:%H:%M:%S}.123;push_on_complete;uid:{p.uid};code:{p.code};os:{p.platform};len:{p.size}",
    "colon_pairs": "{p.epoch} push_on_complete uid:{p.uid} plat:{p.platform} http:{p.code} reason:{p.dashed} ms:{p.ms}",
    "rocket": "{p.iso} push_on_complete => {p.code} {p.said} for {p.uid} via {p.platform} in {p.ms}ms",
    "tight_semis": "{p.iso};INFO;push_on_complete;rc={p.code};msg={p.said};uid={p.uid}",
    "pipe_words": "{p.blank} | push_on_complete | user {p.uid} | code {p.code} | {p.said} | {p.ms}",
    "bracket_user": "{p.iso} push_on_complete[{p.uid}]: {p.code} {p.said}",
    "colon_chain": "{p.iso} mesibo/push/{p.tid}: push_on_complete:{p.platform}:{p.uid}:{p.code}:{p.reason}",
    "sentence": "{p.at:%Y-%m-%d %H:%M:%S} push_on_complete: push to {p.uid} through {p.platform} ended with status {p.code} after {p.ms} ms",
    "spaced_eq": "{p.iso} {p.level} push_on_complete : uid = {p.uid} , type = {p.platform} , code = {p.code} , mid = {p.mid}",
    "two_codes": "{p.iso} push_on_complete uid={p.uid} http_code=200 code={p.code} queue=200",
    "utf8_arrow": "{p.iso} push_on_complete {p.uid} → {p.code} ({p.said})",
    "http11": "{p.iso} push_on_complete uid={p.uid} answer=HTTP/2 {p.code} {p.said}",
    "level_brackets": "[{p.iso}][{p.level}][t{p.tid}][push] push_on_complete - user {p.uid}; os {p.platform}; code {p.code}; reason {p.said}",
    "two_spaces": "{p.at:%H:%M:%S.%f}  push_on_complete   user:  {p.uid}   app: 8676   type: {p.platform}   code:  {p.code}",
    "tab_keyed": "{p.epoch}\tpush_on_complete\tuid={p.uid}\tcode={p.code}\tos={p.platform}",
    "code_slash": "{p.iso} INFO push_on_complete uid={p.uid} result={p.code}/{p.said} port=443",
    "call_places": "{p.iso} push_on_complete({p.uid}, {p.platform}, {p.code})",
    "call_places_more": "E{p.ddmm} ({p.tid}): push_on_complete({p.uid},{p.platform},{p.code},{x},{p.dashed})",
    "caps": "{p.iso} MESIBO PUSH_RESULT push_on_complete UID={p.uid} TYPE={p.caps} CODE={p.code}",
}
DIALECTS |= {name: template(form) for name, form in TEMPLATES.items()}
