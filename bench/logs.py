"""Writes logs for measuring, with fixed seeds: push lines among other lines, as they are or as Docker keeps them."""

import json
import random
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FCM = (
    '{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND","details":'
    '[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}}'
)
# what each push came to, how often in a thousand, and what the provider said
OUTCOMES = [
    ("200", 880, ""),
    ("404", 30, FCM),
    ("410", 20, '{"reason":"Unregistered"}'),
    ("914", 30, ""),
    ("912", 15, ""),
    ("503", 10, ""),
    ("429", 10, ""),
    ("400", 5, '{"reason":"BadDeviceToken"}'),
]  # fmt: skip
OTHER = [
    "on_login: uid {0} logged in from 10.0.{1}.7 using ssl",
    "on_message: from {0} to {0} mid {2} len {1} status 2",
    "Query Error: update users set lastonline={2} where uid={0}",
    "on_disconnect: uid {0} connection closed ({1})",
]
LETTERS = string.ascii_letters + string.digits + "-_"


def lines(count: int, share: float, seed: int) -> Iterator[tuple[bytes, tuple[str, str] | None]]:
    """Yield lines without newline, each with platform and code of its push or None; ``share`` of them are pushes."""
    rng = random.Random(seed)
    codes, weights, answers = zip(*OUTCOMES, strict=True)
    answer_of = dict(zip(codes, answers, strict=True))
    fcm = ["".join(rng.choices(LETTERS, k=22)) + ":APA91b" + "".join(rng.choices(LETTERS, k=113)) for _ in range(500)]
    apns = ["".join(rng.choices("0123456789abcdef", k=64)) for _ in range(500)]
    for i in range(count):
        second, milli = divmod(i, 1000)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        prefix = f"E2211-{hour % 24:02d}{minute:02d}{second:02d}-{milli:03d} ({rng.randrange(1, 99)}): "
        uid = rng.randrange(100_000, 999_999)
        if rng.random() >= share:
            text = rng.choice(OTHER).format(uid, rng.randrange(256), 1763806500 + i)
            yield (prefix + text).encode(), None
            continue
        code = rng.choices(codes, weights)[0]
        platform = "apn" if code in ("410", "400") or (code != "404" and rng.random() < 0.5) else "fcm"
        token = rng.choice(apns if platform == "apn" else fcm)
        answer = " " + answer_of[code] if answer_of[code] else ""
        text = f"push_on_complete: uid {uid} type {platform} token {token} code {code}{answer}"
        yield (prefix + text).encode(), (platform, code)


def record(line: bytes) -> bytes:
    """Return a line as Docker's json-file keeps it."""
    log = {"log": line.decode() + "\n", "stream": "stdout", "time": "2026-11-22T10:15:00.123456789Z"}
    return json.dumps(log, separators=(",", ":")).encode()


def write(path: Path, count: int, share: float, seed: int, *, docker: bool = False) -> Counter[tuple[str, str]]:
    """Write a log and give how often each platform and code is in it."""
    truth: Counter[tuple[str, str]] = Counter()
    with path.open("wb") as file:
        for line, push in lines(count, share, seed):
            file.write((record(line) if docker else line) + b"\n")
            if push:
                truth[push] += 1
    return truth
