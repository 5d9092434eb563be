"""Connect to a provider: over TLS that verifies the server, in bounded time, and to no other host."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import h2.events
import httpx

from logwatch.config.listen import is_loopback
from logwatch.credentials.verdict import Verdict
from logwatch.events import quoted
from logwatch.model import COMPANIES
from logwatch.privacy import readable
from logwatch.push.direct import (
    ANSWER_BYTES,
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    EXPIRED,
    DirectError,
    NoReplyError,
    Reply,
)

LONGEST_SECONDS = CONNECT_SECONDS + ANSWER_SECONDS  # from the first attempt to connect to the last byte
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Transport:
    """Where requests go; ``endpoint`` replaces the provider's address in tests, and must be on this machine."""

    endpoint: str = ""
    authorities: Path | None = None  # a file of authorities to trust instead of the system's

    def base(self, usual: str) -> str:
        """Return the address to send to; DirectError if no credential may be sent there."""
        if not self.endpoint:
            return usual
        if not is_local_https(self.endpoint):
            why = "credentials go to the provider, or over TLS to a stub on this machine"
            raise DirectError.at("--endpoint", "cannot be used", why, "https://127.0.0.1:PORT")
        return self.endpoint.rstrip("/")

    def context(self) -> ssl.SSLContext:
        """Return a TLS context, which always verifies the server's certificate."""
        if self.authorities:
            return ssl.create_default_context(cafile=str(self.authorities))
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())  # a small system may have no authorities of its own
        return context

    def post(
        self, url: str, context: ssl.SSLContext, *, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Response:
        """Send one request and return the answer; httpx.HTTPError unless it is complete, in time and within bounds.

        A proxy from the environment is used only on the way to the real provider.
        """
        return asyncio.run(self._post(url, context, headers, content))

    async def _post(
        self, url: str, context: ssl.SSLContext, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Response:
        client = httpx.AsyncClient(
            http2=True,
            verify=context,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=not self.endpoint,
        )
        try:
            # The client's own timeouts are for each read: an answer that trickles would never end
            async with (
                asyncio.timeout(LONGEST_SECONDS),
                client,
                client.stream("POST", url, headers=headers, content=content) as answer,
            ):
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > ANSWER_BYTES:
                        raise httpx.DecodingError(f"an answer of more than {ANSWER_BYTES} bytes")
        except TimeoutError:
            raise httpx.ReadTimeout(f"no whole answer within {LONGEST_SECONDS:.0f} s") from None
        except OSError as error:  # a TLS alert amid an answer, which httpx does not wrap
            raise httpx.ReadError(str(error)) from None
        except ValueError as error:  # nor a status that is no number
            raise httpx.LocalProtocolError(str(error)) from None
        kept = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return httpx.Response(
            answer.status_code,
            headers=kept,
            content=bytes(body),
            request=answer.request,
            extensions={"http_version": answer.http_version.encode()},
        )


def is_local_https(url: str) -> bool:
    """Return whether an address is https on this machine."""
    try:
        parts = urlsplit(url)
        here = is_loopback(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False
    return here and parts.scheme == "https" and "@" not in parts.netloc


def without_answer(provider: str, url: str, error: Exception, shown: Verdict | None = None) -> Reply:
    """Explain why no answer came: return a Reply if an expired certificate was refused, else raise NoReplyError.

    ``shown`` is the client certificate. A server that refuses it ends the connection. In TLS 1.3, the alert that says
    why may get lost; then the certificate's own date decides.
    """
    why = _why(error)
    text = why.lower()
    ended = any(word in text for word in ("alert", "eof", "disconnected", "reset", "broken pipe", "broke off"))
    if shown is not None and ended:
        expired = any(flaw.kind == "expired" for flaw in shown.flaws)
        if expired or "certificate_expired" in text.replace(" ", "_"):
            return Reply("apns", 403, EXPIRED, "the connection was ended: certificate expired")
    host = urlsplit(url).hostname or url
    advice = (
        "test DNS, the clock and TCP 443 from this host (APNs: 2197 as well); mesibo takes the same way, and"
        " its pushes then get no answer either"
    )
    if "verify failed" in text:
        advice = "something in between answers with a certificate of its own: no proxy may inspect TLS to APNs"
    elif shown is not None and ended:
        advice = f"the certificate was refused, most likely: mesibo-logwatch credentials check {quoted(shown.file)}"
    raise NoReplyError.at(host, f"{COMPANIES[provider]} gave no answer", readable(why)[:_SHOWN], advice) from None


def of_another(provider: str, answer: httpx.Response, lacks: str) -> NoReplyError:
    """Return the error for an answer that accepts a push, but lacks what each of the provider's own has."""
    who = COMPANIES[provider]
    why = f"the answer has status {answer.status_code} and no {lacks}, which each of {who}'s has"
    return NoReplyError.at(answer.url.host, f"{who} gave no answer", why, in_between(provider))


def in_between(provider: str) -> str:
    """Return what to try where somebody else may have answered."""
    return (
        f"check whether something in between answers in {COMPANIES[provider]}'s place: its certificate is trusted on"
        " this host"
    )


def _why(error: Exception) -> str:
    """Return in words what ended a request: httpx has no words for some of it, and HTTP/2's events for the rest."""
    event = next(iter(getattr(error.__cause__, "args", ())), None)
    if isinstance(event, h2.events.ConnectionTerminated | h2.events.StreamReset):
        code = getattr(event.error_code, "name", event.error_code)
        said = (getattr(event, "additional_data", None) or b"").decode(errors="replace")  # Apple's has its reason
        return f"it ended the request with {code}{': ' if said else ''}{said}"
    if isinstance(error, httpx.LocalProtocolError):  # h2 noticed it, and no longer tells what the frames before said
        return f"the rules of HTTP were broken: {error}"
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, httpx.TimeoutException):
        return str(error) or f"nothing came for {ANSWER_SECONDS:.0f} s"
    return str(error) or "the connection broke off"
