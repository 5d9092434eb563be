# ruff: noqa: E501  log lines are as long as they are
"""Dialects as the loggers of well-known programs write: glog, log4j, zap, pino, bunyan, slog, nginx, syslog, CEF, klog."""

import json

from tests.helpers.dialects import dialect, quoted


def reason(p):
    return p.reason or "OK"


@dialect
def glog(p, text, rng):
    n = f" name={quoted(text)}" if text else ""
    return f"{p.level[0]}{p.at:%m%d %H:%M:%S}.{p.at.microsecond:06}  {4700 + p.tid} push.cc:88] push_on_complete uid={p.uid}{n} plat={p.platform} code={p.code} took={p.ms}"


@dialect
def log4j(p, text, rng):
    n = f" [{text}]" if text and "]" not in text else ""
    return f"{p.blank} {p.level:<5} [pool-1-thread-{p.tid}] c.m.push.PushSender - push_on_complete: uid={p.uid}{n} size={p.size} result={p.code} ({reason(p)})"


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
            "msg": f"push_on_complete: {reason(p)}",
            "time": p.iso,
            "v": 0,
        }
    )


@dialect
def slog(p, text, rng):
    n = f" text={quoted(text)}" if text else ""
    return (
        f"time={p.iso} level={p.level} msg=push_on_complete uid={p.uid}{n} svc={p.platform} code={p.code} dur={p.ms}ms"
    )


@dialect
def rubylog(p, text, rng):
    return f"{p.level[0]}, [{p.at:%Y-%m-%dT%H:%M:%S}.{p.at.microsecond:06} #{p.tid}]  {p.level} -- : push_on_complete user={p.uid} http_status={p.code} err={reason(p)}"


@dialect
def pylog(p, text, rng):
    n = f", name={text!r}" if text else ""
    return f"{p.blank} - mesibo.push - {p.level} - push_on_complete(uid={p.uid!r}{n}, provider={p.platform!r}, status={p.code})"


@dialect
def apache(p, text, rng):
    n = f' "{text}"' if text and '"' not in text else ""
    return f"[{p.at:%a %b %d %H:%M:%S}.{p.at.microsecond:06} 2026] [push:{p.level.lower()}] [pid 17:tid {p.tid}] push_on_complete: uid {p.uid}{n}, {p.platform}, status {p.code}, {p.ms} ms"


@dialect
def nginx(p, text, rng):
    return f'{p.at:%Y/%m/%d %H:%M:%S} [info] 17#{p.tid}: *{p.mid} push_on_complete: code: {p.code}, client: 10.0.0.{p.tid}, user: {quoted(text or "x")}, host: "push:443"'


@dialect
def syslog_prio(p, text, rng):
    n = f' "{text}"' if text and '"' not in text else ""
    return f"<14>{p.at:%b %e %H:%M:%S} push01 mesibo[{p.tid}]: push_on_complete {p.uid}{n} {p.platform} rc={p.code}"


@dialect
def cef(p, text, rng):
    return f"CEF:0|mesibo|push|1.{p.tid}|100|push_on_complete|3|uid={p.uid} port=443 outcome={p.code} ms={p.ms}"


@dialect
def semis(p, text, rng):
    return f"{p.at:%H:%M:%S}.123;push_on_complete;uid:{p.uid};code:{p.code};os:{p.platform};len:{p.size}"


@dialect
def colon_pairs(p, text, rng):
    return f"{p.epoch} push_on_complete uid:{p.uid} plat:{p.platform} http:{p.code} reason:{p.reason or '-'} ms:{p.ms}"


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
def rocket(p, text, rng):
    return f"{p.iso} push_on_complete => {p.code} {reason(p)} for {p.uid} via {p.platform} in {p.ms}ms"


@dialect
def parens(p, text, rng):
    w = "OK" if p.code == 200 else "FAILED"
    return f"{p.iso} [{p.tid}] push_on_complete status: {w} ({p.code}) uid: {p.uid} size: {p.size}"


@dialect
def tight_semis(p, text, rng):
    return f"{p.iso};INFO;push_on_complete;rc={p.code};msg={reason(p)};uid={p.uid}"


@dialect
def pipe_words(p, text, rng):
    return f"{p.blank} | push_on_complete | user {p.uid} | code {p.code} | {reason(p)} | {p.ms}"


@dialect
def bracket_user(p, text, rng):
    return f"{p.iso} push_on_complete[{p.uid}]: {p.code} {reason(p)}"


@dialect
def klog(p, text, rng):
    n = f" name={quoted(text)}" if text else ""
    return f'I{p.at:%m%d %H:%M:%S}.{p.at.microsecond:06}       1 push.go:88] "push_on_complete" uid="{p.uid}"{n} platform="{p.platform}" code={p.code}'


@dialect
def heroku(p, text, rng):
    n = f" name={quoted(text)}" if text else ""
    return f"{p.at:%Y-%m-%dT%H:%M:%S}.123456+00:00 app[web.{p.tid % 3}]: at=info event=push_on_complete uid={p.uid}{n} status={p.code} service={p.ms}ms bytes={p.size}"


@dialect
def colon_chain(p, text, rng):
    return f"{p.iso} mesibo/push/{p.tid}: push_on_complete:{p.platform}:{p.uid}:{p.code}:{p.reason}"


@dialect
def sentence(p, text, rng):
    return f"{p.at:%Y-%m-%d %H:%M:%S} push_on_complete: push to {p.uid} through {p.platform} ended with status {p.code} after {p.ms} ms"


@dialect
def spaced_eq(p, text, rng):
    return f"{p.iso} {p.level} push_on_complete : uid = {p.uid} , type = {p.platform} , code = {p.code} , mid = {p.mid}"


@dialect
def two_codes(p, text, rng):
    return f"{p.iso} push_on_complete uid={p.uid} http_code=200 code={p.code} queue=200"


@dialect
def utf8_arrow(p, text, rng):
    return f"{p.iso} push_on_complete {p.uid} → {p.code} ({reason(p)})"


@dialect
def iso_pipe_tid(p, text, rng):
    n = f"|{text}" if text and "|" not in text else "|Jos\u00e9"
    return f"{p.iso}|{p.tid}|push_on_complete|{p.platform}{n}|{p.code}"


@dialect
def by_provider(p, text, rng):
    k = {"fcm": "fcm_status", "apns": "apns_status"}[p.platform] if p.code < 900 else "mesibo_code"
    return f"{p.iso} push_on_complete uid={p.uid} ms={p.ms} {k}={p.code} {reason(p)}"


@dialect
def accepted_rejected(p, text, rng):
    w = "accepted" if p.code == 200 else "rejected"
    return f"{p.iso} push_on_complete {p.uid} {w} {p.code} after {p.ms} ms"


@dialect
def http11(p, text, rng):
    return f"{p.iso} push_on_complete uid={p.uid} answer=HTTP/2 {p.code} {reason(p)}"


@dialect
def single_quoted(p, text, rng):
    n = f" name='{text}'" if text and "'" not in text else " name='Ada L'"
    return f"{p.iso} push_on_complete uid={p.uid}{n} code={p.code}"


@dialect
def level_brackets(p, text, rng):
    return f"[{p.iso}][{p.level}][t{p.tid}][push] push_on_complete - user {p.uid}; os {p.platform}; code {p.code}; reason {reason(p)}"


@dialect
def two_spaces(p, text, rng):
    return f"{p.at:%H:%M:%S.%f}  push_on_complete   user:  {p.uid}   app: 8676   type: {p.platform}   code:  {p.code}"


@dialect
def tab_keyed(p, text, rng):
    return f"{p.epoch}\tpush_on_complete\tuid={p.uid}\tcode={p.code}\tos={p.platform}"


@dialect
def code_slash(p, text, rng):
    return f"{p.iso} INFO push_on_complete uid={p.uid} result={p.code}/{reason(p)} port=443"


@dialect
def caps(p, text, rng):
    return f"{p.iso} MESIBO PUSH_RESULT push_on_complete UID={p.uid} TYPE={p.platform.upper()} CODE={p.code}"


@dialect
def id_traps(p, text, rng):
    return f"{p.iso} push_on_complete id={rng.choice((200, 403, 410, 404))} uid={p.uid} len={rng.choice((200, 400, 500))} port=443 status={p.code}"
