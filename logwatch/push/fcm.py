"""Send one message to FCM's HTTP v1 API with a service account, whose OAuth token google-auth gets.

Google: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send and .../ErrorCode.
"""

import json
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import google.auth.exceptions
import google.auth.transport
import httpx
from google.oauth2 import service_account

from logwatch.credentials import read
from logwatch.credentials.verdict import Request, Verdict
from logwatch.dialect.result import answered_reason
from logwatch.errors import Problem
from logwatch.events import quoted
from logwatch.privacy import readable
from logwatch.push.direct import DirectError, DirectPush, NoReplyError, Reply, cannot_sign_in
from logwatch.push.transport import Transport, in_between, is_local_https, of_another, without_answer

BASE = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_SHOWN = 300
_UNUSABLE = "it is not a usable service account"
_OF_TOKEN = re.compile(r"registration token|message\.token", re.IGNORECASE)


def send(push: DirectPush, request: Request, verdict: Verdict, transport: Transport) -> Reply:
    """Send a message and return Google's answer; DirectError if it cannot be sent."""
    account = _account(request)
    _check_token_address(account, verdict, transport)
    base = transport.base(BASE)
    url = f"{base}/v1/projects/{quote(str(account['project_id']), safe='')}/messages:send"
    context = transport.context()
    try:
        make: Any = service_account.Credentials.from_service_account_info
        credentials = make(account, scopes=[SCOPE])
    except (ValueError, TypeError, google.auth.exceptions.GoogleAuthError):
        raise cannot_sign_in(request, _UNUSABLE) from None
    requests = _TokenRequests(transport, context)
    try:
        credentials.refresh(requests)
        token = str(credentials.token)
        token.encode("ascii")  # as headers are; UnicodeError is a ValueError
    except google.auth.exceptions.TransportError as error:
        return without_answer("fcm", str(account["token_uri"]), requests.failed or error)
    except (ValueError, TypeError, OverflowError, RecursionError, google.auth.exceptions.GoogleAuthError) as error:
        if refused := _refused(error):
            return Reply("fcm", 401, "UNAUTHENTICATED", refused)
        raise NoReplyError(_no_token(str(account["token_uri"]), requests.status)) from None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        answer = transport.post(url, context, headers=headers, content=json.dumps(_message(push)).encode())
    except httpx.HTTPError as error:
        return without_answer("fcm", base, error)
    return _reply(answer, (push.token, token))


def _account(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(read.content(Path(request.file))[0])
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(found.get(k), str) for k in ("project_id", "token_uri")):
        raise cannot_sign_in(request, _UNUSABLE)
    return found


def _no_token(url: str, status: int) -> Problem:
    return Problem(
        urlsplit(url).hostname or url,
        "no access token came back",
        f"the answer has status {status}, and does not say that the service account is refused",
        f"try again later; otherwise {in_between('fcm')}",
    )


def _check_token_address(account: Mapping[str, Any], verdict: Verdict, transport: Transport) -> None:
    """Refuse to send a signed token request to anybody but Google, or a stub on this machine."""
    strange = any(flaw.kind == "token_uri" for flaw in verdict.flaws)
    if strange and not (transport.endpoint and is_local_https(account["token_uri"])):
        raise DirectError.at(
            "token_uri",
            "is not Google's",
            "whoever is there would be given a signed request",
            f"mesibo-logwatch credentials check {quoted(verdict.file)}",
        )


def _message(push: DirectPush) -> dict[str, Any]:
    message: dict[str, Any] = {"token": push.token, "android": {"priority": "high"}}
    if push.style == "alert":
        message["notification"] = {"title": "Test", "body": "A test push of mesibo-logwatch."}
    else:
        message["data"] = {"mesibo-logwatch": "test"}
    return {"message": message} | ({"validate_only": True} if push.dry_run else {})


def _refused(error: Exception) -> str:
    """Return Google's words about a service account that gets no token (they contain no key); empty if there are none.

    A failing server, or a proxy that answers in Google's place, says nothing about the account.
    """
    found = error.args[1] if len(error.args) > 1 and not getattr(error, "retryable", False) else None
    if not isinstance(found, dict) or not found.get("error"):
        return ""
    words = [str(found.get(key, "")) for key in ("error", "error_description")]
    return readable(": ".join(filter(None, words)))[:_SHOWN]


def _reply(answer: httpx.Response, secrets: tuple[str, ...]) -> Reply:
    """Parse an answer; its reason is the errorCode of FCM's own details, else the status, or Apple's of a token."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        found = None
    if answer.status_code == httpx.codes.OK and not (isinstance(found, dict) and isinstance(found.get("name"), str)):
        raise of_another("fcm", answer, "name of a message")
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return Reply("fcm", answer.status_code)
    details = error.get("details")
    parts = [each for each in details if isinstance(each, dict)] if isinstance(details, list) else []
    words = {key: word for part in parts for key, word in part.items() if isinstance(word, str)}
    reason = words.get("errorCode") or str(error.get("status") or "")
    said = str(error.get("message") or "")
    of_token = reason == "INVALID_ARGUMENT" and bool(_OF_TOKEN.search(said + json.dumps(details)))
    reason = answered_reason(reason, words.get("reason", ""))
    for secret in secrets:
        said, reason = said.replace(secret, "***"), reason.replace(secret, "***")
    return Reply("fcm", answer.status_code, readable(reason)[:_SHOWN], readable(said)[:_SHOWN].rstrip("."), of_token)


class _Response(google.auth.transport.Response):
    """An answer as google-auth wants it."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        return self._answer.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    @property
    def data(self) -> bytes:
        return self._answer.content


class _TokenRequests(google.auth.transport.Request):
    """Sends google-auth's requests over the same transport as everything else."""

    def __init__(self, transport: Transport, context: ssl.SSLContext) -> None:
        self._transport = transport
        self._context = context
        self.status = 0  # of the last answer
        self.failed: httpx.HTTPError | None = None  # why there was none

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  the transport has its own
        **_more: Any,
    ) -> _Response:
        assert method == "POST", "the only kind of request that it makes for a service account"
        try:
            answer = self._transport.post(url, self._context, headers=headers or {}, content=body)
            self.status = answer.status_code
            return _Response(answer)
        except httpx.HTTPError as error:
            self.failed = error
            failed: Any = google.auth.exceptions.TransportError
            raise failed(str(error)) from error
