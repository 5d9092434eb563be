"""Call mesibo's backend API for ``pushtest`` and ``pushdebug``, and explain its answers.

Known of the API (docs.mesibo.com/api/backend-api, strings of mesibo/on-premise bin/backend): a POST of JSON with ``op``
and ``token``; an answer ``{"op", "result", "error", "code", "cause", "action", "properties"}``. The fields of these two
operations are not public: the names sent are a guess that the configuration can override. A backend that misses a
field names it (MISSINGPARAMS), so after a wrong guess the request is repeated once with the name asked for.
"""

import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tornado.httpclient
import tornado.iostream
import tornado.simple_httpclient

from logwatch.errors import LogwatchError, Problem, in_words
from logwatch.privacy import readable

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
_LARGEST = 1 << 20
_SHOWN = 200  # characters of what the backend says
_NAMED = 10  # fields that it names as missing
_ALWAYS = {"op", "token", "id"}

# what mesibo says about each error (strings of bin/backend, 2022 and 2023), and what to do about it here
ERRORS: dict[str, tuple[str, str]] = {
    "BADOP": (
        "this backend does not know the operation",
        "Backends of 2023 had none for push: update the mesibo image, and ask its own backend (mesibo/mesibo -b PORT).",
    ),
    "MISSINGPARAMS": (
        "a field is missing or has another name",
        "Name the field it asks for as users_field (pushtest) or debug_field (pushdebug) in [backend].",
    ),
    "BADVALUE": (
        "a value has another form than expected",
        'For pushtest try users_form = "single" in [backend]: one request a user, the address as text.',
    ),
    "AUTHFAIL": (
        "the app token is wrong or has expired",
        "Copy the app token from the mesibo console (or the command line of mesibo's container) into the token file.",
    ),
    "TOKENBREACH": (
        "the app token was used from more than five addresses, and mesibo disables the app for it",
        "Stop using the token elsewhere, and renew it in the mesibo console. Run this command on the mesibo host only.",
    ),
    "RATELIMITED": (
        "this operation is limited in the cloud, since it is for tests",
        "Wait, or ask the backend of your own mesibo: on-premise no such limit applies.",
    ),
    "QUOTAEXCEEDED": ("the account's resources are used up", "See the account's limits in the mesibo console."),
    "CREDITSEXCEEDED": (
        "credits have expired, or the free limit is reached",
        "See the account's credits in the mesibo console.",
    ),
    "BADREQ": ("the request is not understood", "Check that the address is mesibo's backend, and not a proxy's page."),
    "BADPAYLOAD": (
        "the request arrived as no JSON object",
        "Something between here and the backend changes the body: see the web server in front of it.",
    ),
    "BADORIGIN": (
        "the backend takes this for a call from an app",
        "Call it from the server itself, past whatever adds an Origin header.",
    ),
    "FAIL": ("mesibo gives no reason", "See mesibo's own log of the same second, and the user in the mesibo console."),
}
ERRORS["INVALIDVALUE"] = ERRORS["BADVALUE"]


class BackendError(LogwatchError):
    """The backend cannot be reached, or refuses."""


class BackendReply(NamedTuple):
    """What the backend answered; ``fields`` are what it names as missing or bad."""

    accepted: bool
    error: str = ""
    said: str = ""  # its own words
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backend:
    """The backend's address, and the app token that it asks for, which is never shown."""

    url: str
    token: str = field(repr=False)

    def call(self, op: str, fields: Mapping[str, Any]) -> BackendReply:
        """Send one operation; BackendError if mesibo's backend does not answer."""
        body = json.dumps({"op": op, "token": self.token, **fields})
        status, location, data = self._post(body)
        found = None
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(data)
        if not isinstance(found, dict) or not ("result" in found or "error" in found):
            raise BackendError(self._no_backend(status, location, data))
        error = self._shown(found.get("error") or "")
        if found.get("result") in (True, 1, "true") and not error:
            return BackendReply(accepted=True)
        said = "; ".join(self._shown(found[key]) for key in ("cause", "action", "code") if found.get(key))
        named = tuple(map(self._shown, _names(found.get("properties"))[:_NAMED]))
        return BackendReply(accepted=False, error=error.upper() or "FAIL", said=said, fields=named)

    def _post(self, body: str) -> tuple[int, str, bytes]:
        request = tornado.httpclient.HTTPRequest(
            self.url,
            method="POST",
            headers={"Content-Type": "application/json"},
            body=body,
            connect_timeout=CONNECT_SECONDS,
            request_timeout=ANSWER_SECONDS,
            follow_redirects=False,  # the token would go wherever it redirects to
            user_agent="mesibo-logwatch",
        )
        logging.getLogger("tornado").setLevel(logging.CRITICAL)  # it logs a traceback if an answer breaks off
        client = tornado.httpclient.HTTPClient(
            tornado.simple_httpclient.SimpleAsyncHTTPClient, force_instance=True, max_body_size=_LARGEST
        )
        with contextlib.closing(client):
            try:
                answer = client.fetch(request, raise_error=False)
            except tornado.iostream.UnsatisfiableReadError:  # its buffer is full; the client does not wrap this error
                raise BackendError(self._unreachable(ValueError("the header of its answer does not end"))) from None
            except (OSError, ValueError, tornado.httpclient.HTTPError) as error:
                raise BackendError(self._unreachable(error)) from None
        return answer.code, answer.headers.get("Location", ""), answer.body or b""

    def _unreachable(self, error: BaseException) -> Problem:
        why = self._shown(in_words(error))
        remedy = (
            "check that mesibo runs with -b PORT and a web server in front of that port, and that this host can reach"
            " it"
        )
        if "certificate verify failed" in why:
            remedy = (
                "name the host that its certificate is for; on the mesibo host itself http://127.0.0.1/backend will do"
            )
        return Problem(self.url, "the backend does not answer", why, remedy)

    def _no_backend(self, status: int, location: str, data: bytes) -> Problem:
        what = f"no answer of mesibo's backend came, but status {status}"
        if location:
            what += f" that leads to {self._shown(location)}"
        text = self._shown(data.decode(errors="replace").strip())
        advice = {
            404: "the path is most likely /backend, as in http://127.0.0.1/backend",
            502: "the web server does not reach mesibo's FastCGI port: start mesibo with -b PORT",
        }
        return Problem(self.url, what, text, advice.get(status, "name the address of mesibo's backend"))

    def _shown(self, value: object) -> str:
        """Return the backend's words as they may be shown: without the token, which it might echo."""
        return readable(str(value).replace(self.token, "***"))[:_SHOWN]


def _names(properties: object) -> list[str]:
    """Return the fields that an answer names, whatever type it lists them in; what is no text names none."""
    listed = properties if isinstance(properties, dict | list) else [properties]
    return [name for name in listed if name and isinstance(name, str)]


def operate(backend: Backend, op: str, field: str, value: Any, note: Callable[[str], object]) -> BackendReply:
    """Send an operation with its one field; if the backend asks for another name, send it once more under that."""
    answer = backend.call(op, {field: value})
    asked = [name for name in answer.fields if name not in _ALWAYS and name != field]
    if answer.error != "MISSINGPARAMS" or len(asked) != 1:
        return answer
    setting = "users_field" if op == "pushtest" else "debug_field"
    note(f'The backend asks for "{asked[0]}" instead of "{field}"; write {setting} = "{asked[0]}" in [backend].')
    return backend.call(op, {asked[0]: value})


def refusal(url: str, op: str, answer: BackendReply) -> Problem:
    """Explain a refusal: what the error means, what the backend said, and what to do."""
    meaning, remedy = ERRORS.get(answer.error, ("an error that mesibo does not document", ERRORS["FAIL"][1]))
    named = f" ({', '.join(answer.fields)[:_SHOWN]})" if answer.fields else ""
    said = f"; it says: {answer.said}" if answer.said else ""
    return Problem(url, f"{op} was refused with {answer.error}", f"{meaning}{named}{said}", remedy)
