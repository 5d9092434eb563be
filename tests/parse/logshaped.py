"""Lines as a mesibo log could hold them, and as somebody who wants to forge results would like it to hold them."""

# ruff: noqa: E501  tables of cases are read in columns

import json
import random
import string

WORDS = [
    "uid", "user", "to", "aid", "app", "type", "platform", "provider", "token", "reason", "code", "errcode", "code_x",
    "msgid", "retry", "(code", "'code", "done", "push_on_complete", "xcode",
]  # fmt: skip
PLATFORMS = ["fcm", "gcm", "FCM", "firebase", "android", "apn", "apns", "iOS", "voip", "web", "fcm,"]
CODES = ["200"] * 8 + [
    "404",
    "410",
    "429",
    "503",
    "901",
    "903",
    "912",
    "914",
    "-1",
    "007",
    "0",
    "1234567",
    "2.5",
    "20x",
    "-",
]
REASONS = ["UNREGISTERED", "NOT_FOUND", "BadDeviceToken", "Unregistered", "INVALID_ARGUMENT", "THROTTLED"]
HOSTILE = [
    '"code 903"', '"', '\\"', "{code 903}", "{", "}", "[", "]", "{ ]", "code 903", "code=903", "code:903", "code", "code =",
    "é", "\xff", "\0", "\t", "\r", '{"code":903}', "[[[[[[[", "{{{{{{x}}}}}}", '"\\" code 903 "', "token", "'", "(", "code  ",
    "\x85", "\xa0", "push_on_complete", "push_on_complete_cb", '"status":"FORGED"', "<&>",
]  # fmt: skip
TOKEN = string.ascii_letters + string.digits + "-_:"
OTHERS = [
    "E2211-101500-486 (1): Starting mesibo", "", "error Table 'mesibo.pushtokens' doesn't exist (1146 42S02)", "(failures 1)",
    "E2211-101500-486 (1): on_message: push_on_complete code 903", "push_on_complete code 200", "E2211: push_on_complete",
    "2026-11-22T10:15:04Z E2211-101504-009 (17): push_on_complete: code 903", "E2211-101500-1 (1): push_on_complete code 1",
]  # fmt: skip


def push_line(rng: random.Random, odd: int) -> str:
    """Make a push line: fields in any order, any separator, at times an answer, at times something hostile in between."""
    separator = rng.choice([" ", " ", " ", "=", ":", ": ", " = ", "  "])
    fields = [
        f"{rng.choice(['uid', 'user', 'to'])}{separator}{rng.choice(['4711', '+49170123', 'bob@example.org', 'code', ''])}",
        f"{rng.choice(['type', 'platform', 'provider'])}{separator}{rng.choice(PLATFORMS)}",
        f"{rng.choice(['aid', 'app'])}{separator}{rng.randrange(9999)}",
        f"token{separator}{''.join(rng.choices(TOKEN, k=rng.choice([0, 5, 64, 142])))}",
        f"reason{separator}{rng.choice(REASONS)}",
        f"{rng.choice(WORDS)}{rng.choice([' ', ' 7', ''])}",
        rng.choice(HOSTILE),
    ]
    weights = [6, 6, 3, 4, 1, 1, 0.5 * odd]
    before = [each for each, weight in zip(fields, weights, strict=True) if rng.random() * 8 < weight]
    if rng.random() < 0.2:
        rng.shuffle(before)
    behind = [each for each, weight in zip(fields, weights, strict=True) if rng.random() * 40 < weight]
    if rng.random() < 0.3:
        behind.append(answer(rng))
    codes = [f"code{separator}{rng.choice(CODES)}" for _ in range(rng.choice([1] * 20 + [0, 2, 3] * odd))]
    level = rng.choice(["E", "E", "E", "I", "D", "**C**", "**CRITICAL**", "http-"])
    date = f"{rng.randrange(1, 32):02d}{rng.randrange(1, 13):02d}"
    stamp = f"{date}-{rng.randrange(24):02d}{rng.randrange(60):02d}{rng.randrange(60):02d}-{rng.randrange(1000):03d}"
    thread = rng.choice([" (17)", " (4294967295)", ""])
    name = rng.choice(["push_on_complete"] * 9 + ["push_on_complete:"] * 9 + ["push_on_complete_cb"])
    return " ".join([f"{level}{stamp}{thread}: {name}", *before, *codes, *behind])


def answer(rng: random.Random) -> str:
    """Make an answer as FCM or APNs send it, at times cut off or with text that tries to look like a field."""
    reason = rng.choice(REASONS)
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": reason}]
    message = rng.choice(["Requested entity was not found.", '"status":"FORGED"', "code 903", "}"])
    fcm = {"error": {"code": 404, "message": message, "status": "NOT_FOUND", "details": details}}
    apns = {"reason": reason, "timestamp": rng.choice([1763806500000, 1763806500001])}
    text = json.dumps(
        rng.choice([fcm, apns, {"name": "projects/demo/messages/0:15"}]), indent=rng.choice([None, None, 1])
    )
    text = text.replace("\n", "")
    return text[: rng.randrange(len(text))] if rng.random() < 0.1 else text


def line(rng: random.Random, odd: int = 1) -> bytes:
    """Make one line of a log: mostly push lines, some others, some damaged ones; never with a newline in it.

    With ``odd`` 2, what is hostile, damaged or ambiguous comes twice as often.
    """
    kind = rng.random()
    text = rng.choice(OTHERS) if kind < 0.1 else push_line(rng, odd)
    raw = text.encode("latin-1") if rng.random() < 0.1 else text.encode()
    for _ in range(rng.choice([0] * (6 // odd) + [1, 2, 5] * odd)):
        raw = mutated(raw, rng)
    return raw.replace(b"\n", b"")


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """Change a line a little: drop, double, cut, or put something hostile in."""
    at = rng.randrange(len(raw) + 1)
    end = at + rng.choice([1, 1, 2, 5, 20])
    return rng.choice(
        [
            raw[:at] + raw[end:],
            raw[:end] + raw[at:],
            raw[:at],
            raw[:at] + rng.choice(HOSTILE).encode("latin-1") + raw[at:],
            raw[:at] + bytes([rng.randrange(256)]) + raw[at:],
        ]
    )
