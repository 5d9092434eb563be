"""Shows what stands in front of a marker: who wrote it there, with times, numbers and everything of a user masked.

Docker, compose, syslog, journalctl and log shippers put their own beginning before a line. Shown as it is built, it
tells an operator at a glance why a line could not be read; words that are not in the list below become ``<str>``.
"""

import re
from collections.abc import Collection

LENGTH = 60
_LOOKED_AT = 400  # bytes before the marker
# mesibo's own prefix, which belongs there (research: E2211-101500-123 (17): …)
_PREFIX = re.compile(rb"(?:[A-Z]|\*\*[A-Z]{1,16}\*\*|http-)\d{4}-\d{6}-\d{3}(?: \(\d+\))?: *\Z")
_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_PART = re.compile(
    rf"""
    (?P<time> \d{{4}}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)  # ISO 8601
    | (?:{_MONTH})\ [ \d]\d\ \d\d:\d\d:\d\d(?!\d)                                             # RFC 3164
    | \d\d/(?:{_MONTH})/\d{{4}}:\d\d:\d\d:\d\d(?:\ [+-]\d{{4}})?(?!\d)                        # web servers
    | \d\d:\d\d:\d\d(?:[.,]\d+)?(?!\d)
    | (?:[A-Z]|http-|\*\*[A-Z]{{1,16}}\*\*)?\d{{4}}-\d{{6}}-\d{{3}}(?!\d)                        # mesibo's
    | (?<![+\d])1(?:\d{{9}}(?:\.\d+)?|\d{{12}})(?![\d.]) )                                    # since the epoch
    | (?P<colour> \x1b\[[0-9;]*m )
    | (?P<mark> \xef\xbb\xbf )
    | (?P<named> [A-Za-z]+[-_]\d{{1,2}}(?![\w.]) )                                            # mesibo-1
    | (?P<number> \d+(?:\.\d+)* )
    | (?P<word> [A-Za-z_\x80-\xff][\w\x80-\xff]* )
    | (?P<control> [\x00-\x1f\x7f]+ )
    """,
    re.VERBOSE | re.ASCII,
)
_KNOWN = frozenset(
    re.split(
        " ",
        "mesibo docker compose stdout stderr log logs stream time timestamp date ts level lvl severity info warn"
        " warning error debug notice msg message event tag pid tid thread host hostname container name app kernel"
        " systemd syslog rsyslogd journal daemon user local0 local1 local2 local3 local4 local5 local6 local7 f p",
    )
)


def front(payload: bytes, marker: bytes, words: Collection[bytes]) -> str:
    """Show what stands before ``marker`` and before mesibo's own prefix; empty if nothing does.

    ``words`` are those of the grammar, which may be shown beside the names that log shippers use.
    """
    before = payload.partition(marker)[0] if marker in payload else b""
    text = _PREFIX.sub(b"", before)[:_LOOKED_AT].decode("latin-1")

    def shown(part: re.Match[str]) -> str:
        kind, found = part.lastgroup, part[0]
        if kind == "word":
            return found if found.lower() in _KNOWN or found.encode() in words else "<str>"
        if kind == "named":
            return found if re.split("[-_]", found)[0].lower() in _KNOWN else "<str>"
        return {"time": "<time>", "colour": "<colour>", "mark": "<byte order mark>", "number": "<num>"}.get(
            kind or "", " "
        )

    told = _PART.sub(shown, text)
    return told if len(told) <= LENGTH else told[: LENGTH - 1] + "\N{HORIZONTAL ELLIPSIS}"
