"""What HTTP answers share: links behind a prefix, gzip, and an ETag that stays while the content is unchanged."""

import hashlib
import re

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_LINK = re.compile(rb'\b(href|src|action)="/')
_NOT_WRITTEN = re.compile(r";\s*version\s*=(?!(?:0\.0\.[14]|1\.0\.0)\s*(?:;|$))")  # a version that is not written here
_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.\d*)?)")
# When the page was made, and what it counts on from there by itself
_NOW = re.compile(rb'<time class="now"[^>]*>[^<]*</time>|<span class="value ago"[^>]*>[^<]*</span>')


def prefix_of(forwarded: str, configured: str) -> str:
    """Return the prefix of links behind a proxy: its X-Forwarded-Prefix, else the setting; empty without either.

    A header that is not a path is ignored: nothing in it may lead to another host, or end an attribute.
    """
    prefix = forwarded.split(",", maxsplit=1)[0].strip().rstrip("/")
    return prefix if is_prefix(prefix) else configured.rstrip("/")


def is_prefix(text: str) -> bool:
    """Return whether a text is a path such as ``/mesibo`` or ``/ops/mesibo``."""
    return _PREFIX.fullmatch(text) is not None and not {".", ".."} & set(text.split("/"))


def under(prefix: str, body: bytes) -> bytes:
    """Return a page with ``prefix`` in front of every link that begins at the root of the site.

    Templates escape quotes in all values, so nothing but an attribute of ours looks like one.
    """
    return _LINK.sub(rb'\1="' + prefix.encode() + b"/", body) if prefix else body


def takes_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding names gzip, and not with the weight 0 that refuses it (RFC 9110, 12.5.3)."""
    return {_name(each): weight for each, weight in _weights(accepted).items()}.get("gzip", 0.0) > 0


def by_weight(accepted: str) -> str:
    """Return the ranges of an Accept header, the heaviest first, up to one that plain text satisfies (RFC 9110).

    prometheus_client takes the first that it can write, whatever its weight, skips plain text, fails on a version that
    is no number or is in quotes, and claims to write any version that is asked for.
    """
    weights = _weights(accepted.replace('"', ""))
    kept: list[str] = []
    for each in sorted(weights, key=weights.__getitem__, reverse=True):
        if weights[each] and not _NOT_WRITTEN.search(each):
            kept.append(each)
            if _name(each) in ("text/plain", "text/*", "*/*"):
                break
    return ",".join(kept)


def _weights(accepted: str) -> dict[str, float]:
    """Return the weight of each element of an Accept or Accept-Encoding header; 1 if it has none that can be read."""
    elements = accepted.lower().split(",")
    return {each: float(found[1]) if (found := _WEIGHT.search(each)) else 1.0 for each in elements}


def _name(element: str) -> str:
    """Return an element of such a header without its parameters."""
    return element.partition(";")[0].strip()


def etag_of(body: bytes) -> str:
    """Return the ETag of a page: the same as long as nothing but the time when it was made has changed."""
    return f'W/"{hashlib.sha256(_NOW.sub(b"", body)).hexdigest()[:32]}"'
