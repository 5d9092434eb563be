"""Calls of mesibo's push webhook, as its server makes them."""

import json
import time
import urllib.error
import urllib.request

from tests.helpers.running import PATIENCE

PATH = "/webhook/0123456789abcdef0123456789ABCDEF"
BESIDE = f'\n[[source]]\nname = "hook"\nwebhook = {{path = "{PATH}", witness_for = "mesibo"}}\n'


def event(user, code=403, reason="ExpiredProviderToken", token="00ff"):
    return {
        "type": "push",
        "user": {"address": user},
        "token": token,
        "request": {"aps": {}},
        "response": {"code": code, "body": json.dumps({"reason": reason})},
    }


def call(*events, number=1, ts=None, **more):
    ts = round(time.time() * 1000) if ts is None else ts
    return json.dumps(
        {"server": "mesibo", "id": number, "v": 2, "aid": 6035, "ts": ts, "events": events, **more}
    ).encode()


def post(daemon_url, body, path=PATH):
    """Return status and body of the answer; 0 where none came."""
    request = urllib.request.Request(daemon_url.rstrip("/") + path, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except OSError:
        return 0, b""
