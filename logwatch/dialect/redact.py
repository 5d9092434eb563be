"""Turn a line into its shape, and what precedes its marker into a front, with nothing of a user in either.

Every word in them is in the grammar or in the lists below, so that no address, no token and no text of a user survives,
and they can be stored and shown anywhere. A shape keeps the words of the grammar; all else becomes ``<num>`` or
``<str>``. Docker, compose, syslog, journalctl and log shippers put something in front of a line: its front shows an
operator at a glance why the line could not be read.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from logwatch.compile.pcre2 import Expression
from logwatch.dialect.grammar import Grammar, elements_of, text_of
from logwatch.envelope import COLOUR_REST
from logwatch.model import Cause, Sample

MAX_SAMPLES = 8
"""The most distinct shapes that a scan keeps."""
_SHAPED_LINES = 16  # unparsed lines of one cause whose shape is made,
_SHAPE_EVERY = 64  # and of later ones one in so many, so that a storm of them is cheap
LENGTH = 240
_REMEMBERED = 1024  # shapes; most lines of a log are built like an earlier one
_LOOKED_AT = 1000  # bytes of a line; a shape is short, a hostile line is not
_MORE = "…"  # occurs only at the end of a shape
_NEAR = 512  # bytes of a line, which nearly always fill a shape of LENGTH: most of a shorter line are its token
_WORD = re.compile(r"[A-Za-z_]{2,}")
_MARKS = b'][ (){}":=,;*\n-'  # between words; they are kept
_BLANKS = b" \t\r\x0b\x0c"
_NUM, _STR = b"\3", b"\4"  # while shapes are made; in a line these bytes are parts of words, which are replaced
_BLANK_ALIKE = bytes.maketrans(_BLANKS + b"\n", b"\1" * len(_BLANKS) + b"\2")
# two or more words joined by hyphens, as in FCM's tokens, where their number is arbitrary
_HYPHENATED = re.compile(rb"\x04-+(?:\x03-+)*\x04(?:-+[\x03\x04])*-*")
COMMON = frozenset(
    re.split(
        " ",
        "code status error errcode errno http response result reason id msg message failed failure success ok retry"
        " push token uid user aid app type platform provider fcm gcm apn apns ios android firebase",
    )
)
FRONT_LENGTH = 60
_FRONT_BYTES = 400  # before the marker
# mesibo's own prefix, such as E2211-101500-123 (17): …, which belongs there
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
    | (?P<colour> \x1b{COLOUR_REST} )
    | (?P<mark> \xef\xbb\xbf )
    | (?P<named> [A-Za-z]+[-_]\d{{1,2}}(?![\w.]) )                                            # mesibo-1
    | (?P<number> \d+(?:\.\d+)* )
    | (?P<word> [A-Za-z_\x80-\xff][\w\x80-\xff]* )
    | (?P<control> [\x00-\x1f\x7f]+ )
    """,
    re.VERBOSE | re.ASCII,
)
_PLACEHOLDERS = {"time": "<time>", "colour": "<colour>", "mark": "<byte order mark>", "number": "<num>"}
_JSON_KEY = re.compile(r'"([A-Za-z_]+)" ?: ?" ?(?:$|\{)')  # of a text that begins with mesibo's prefix or JSON
_KNOWN = frozenset(
    re.split(
        " ",
        "mesibo docker compose stdout stderr log logs stream time timestamp date ts level lvl severity info warn"
        " warning error debug notice msg message event tag pid tid thread host hostname container name app kernel"
        " systemd syslog rsyslogd journal daemon user local0 local1 local2 local3 local4 local5 local6 local7 f p"
        " body content data full_message line original payload raw short_message text textpayload",
    )
)


def words_of(grammar: Grammar) -> frozenset[bytes]:
    """Return the words that may appear in a shape: those that the grammar itself spells out, and COMMON."""
    texts = [grammar.marker.decode("latin-1"), *map(text_of, elements_of(grammar.line))]
    return frozenset(word.encode() for word in COMMON.union(*(_WORD.findall(text) for text in texts)))


def shape(payload: bytes, words: frozenset[bytes]) -> str:
    """Return a line's shape, at most LENGTH characters long."""
    return shapes([payload.replace(b"\n", b" ")], words)[0]


def shapes(payloads: Sequence[bytes], words: frozenset[bytes]) -> list[str]:
    """Return the shape of each line, given without its newline; equal shapes are one object, since many are kept.

    Every failure that is kept needs one. A long line is mostly text, little of which is shown: the part before a
    blank has the same shape whatever follows it, and is nearly always enough.
    """
    near = [each if len(each) <= _NEAR else each[:_NEAR].rpartition(b" ")[0] for each in payloads]
    built = _built(near, words)
    far = [i for i, each in enumerate(near) if each is not payloads[i] and not _as_shown(built[i]).endswith(_MORE)]
    for i, again in zip(far, _built([payloads[i][:_LOOKED_AT] for i in far], words), strict=True):
        built[i] = again
    return list(map(_as_shown, built))


def _built(payloads: Sequence[bytes], words: frozenset[bytes]) -> list[bytes]:
    """Return the shapes of lines with one byte per placeholder; the lines are processed as one text."""
    if not payloads:  # as nearly always of long lines, and of unread ones, few of which are shaped
        return []
    text = _replacing(words)(b"\n".join([*map(bytes.strip, payloads), b""]))
    return _HYPHENATED.sub(_STR, text.translate(_BLANK_ALIKE)).split(b"\2")[: len(payloads)]


@lru_cache(maxsize=16)
def _replacing(words: frozenset[bytes]) -> Callable[[bytes], bytes]:
    """Return what replaces all that is between marks, except for ``words``, by placeholders.

    PCRE2 takes a third of the time of splitting a text into words and marks; without it ``re`` takes twice as long.
    """
    marks = re.escape(_MARKS + _BLANKS)
    end = b"(?=[%b])" % marks
    known, number, other = b"(?:%b)" % b"|".join(sorted(words)) + end, b"[0-9]+" + end, b"[^%b]+" % marks
    expression = re.compile(b"(%b)|(%b)|%b" % (known, number, other))

    def slow(text: bytes) -> bytes:
        return expression.sub(lambda run: run[0] if run[1] else _NUM if run[2] else _STR, text)

    try:
        form = b"%b(*SKIP)(*FAIL)|%b(*MARK:%b)|%b(*MARK:%b)" % (known, number, _NUM, other, _STR)
        fast = Expression(form, b"${*MARK}").written
    except ValueError:  # no PCRE2
        return slow
    return lambda text: found if (found := fast(text)) is not None else slow(text)


@lru_cache(_REMEMBERED)
def _as_shown(built: bytes) -> str:
    """Return a shape as shown: adjacent blanks, or equal placeholders, are one; a byte is at least a character."""
    while b"\1\1" in built:
        built = built.replace(b"\1\1", b"\1")
    for kind in (_NUM, _STR):
        while (two := kind + b"\1" + kind) in built:
            built = built.replace(two, kind)
    text = built[: LENGTH + 1].decode().replace("\1", " ").replace("\3", "<num>").replace("\4", "<str>")
    return sys.intern(_shortened(text, LENGTH))


def front(payload: bytes, marker: bytes, words: Collection[bytes]) -> str:
    """Return what precedes ``marker`` and mesibo's own prefix, redacted; empty if nothing does.

    ``words`` are those of the grammar, which may be shown, as may the names that log shippers use.
    """
    before, _, behind = payload.partition(marker) if marker in payload else (b"", b"", b"")
    if behind.startswith(b'"'):
        before = before.removesuffix(b'"')  # the marker is a value of its own, not the beginning of a text
    text = _PREFIX.sub(b"", before)[:_FRONT_BYTES].decode("latin-1")

    def shown(part: re.Match[str]) -> str:
        kind, found = part.lastgroup, part[0]
        if kind == "word":
            return found if found.lower() in _KNOWN or found.encode() in words else "<str>"
        if kind == "named":
            return found if re.split("[-_]", found)[0].lower() in _KNOWN else "<str>"
        return _PLACEHOLDERS.get(kind or "", " ")  # a control character

    redacted = _PART.sub(shown, text)
    name, brace, _ = redacted.partition("{")
    if brace and len(redacted) > FRONT_LENGTH > 2 * len(name):
        return name + "{…" + redacted[len(name) + 2 - FRONT_LENGTH :]  # the key of the text says most
    return _shortened(redacted, FRONT_LENGTH)


def out_of_json(fronts: Sequence[str]) -> str:
    """Return the jq command that extracts the texts that follow most of these fronts; empty if most are not JSON.

    A front that was cut, or inside another object, does not show where its key is: that is searched at any depth. In
    front of the object there may be a time and a tag, as fluentd and Fluent Bit write them.
    """
    keys = [(front, found[1]) for front in fronts if "{" in front and (found := _JSON_KEY.search(front))]
    if 2 * len(keys) <= len(fronts):
        return ""
    whole, key = keys[0]
    if not whole.startswith("{"):
        return f"jq -Rr 'match(\"[{{].*[}}]\").string | fromjson? | .. | .{key}? | strings'"
    nested = whole.startswith("{…") or whole.count("{") > 1
    return f"jq -r '.. | .{key}? | strings'" if nested else f"jq -r .{key}"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _MORE


class Samples:
    """The shapes of some of the lines that gave no result."""

    def __init__(self, marker: bytes, words: frozenset[bytes]) -> None:
        self._marker = marker
        self._words = words
        self._noted: Counter[Cause] = Counter()
        self._samples: dict[Sample, int] = {}  # with the number of lines seen of each

    def add(self, cause: Cause, payloads: Sequence[bytes]) -> None:
        """Add lines without their newlines; only the first ones of a cause, and few of the others, are shaped."""
        first = self._noted[cause] + 1
        self._noted[cause] += len(payloads)
        some = [each for n, each in enumerate(payloads, first) if n <= _SHAPED_LINES or not n % _SHAPE_EVERY]
        for each, shown in zip(some, shapes(some, self._words), strict=True):
            sample = Sample(cause, shown, front(each, self._marker, self._words))
            if sample in self._samples or len(self._samples) < MAX_SAMPLES:
                self._samples[sample] = self._samples.get(sample, 0) + 1

    def of(self, unparsed: Counter[Cause]) -> Iterator[Sample]:
        """Yield the samples, each with its share of the lines of its cause."""
        shaped: Counter[Cause] = Counter()
        for sample, count in self._samples.items():
            shaped[sample.cause] += count
        for sample, count in self._samples.items():
            yield replace(sample, count=count * unparsed[sample.cause] // shaped[sample.cause])
