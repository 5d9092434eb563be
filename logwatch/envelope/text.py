"""What stands in a log and says nothing: a byte order mark, colours, carriage returns, holes; and what is no text."""

import re
from typing import NamedTuple

from logwatch.envelope.times import COLOURS
from logwatch.unpack import TOOLS, format_of

ESCAPED_COLOURS = (b"#033[", b"^[[")
"""What begins a colour as rsyslog writes it by its defaults, and as syslogd and BusyBox do."""
MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8: the first three bytes of a file, and nowhere else."""

_SET = COLOURS.removesuffix("*").encode()
# Around a line, or around the front of it that ends in a colon. Behind the front nothing is taken out: what stands
# there is perhaps a user's, and `<reset>code 903` must not become `code 903`. Each begins with bytes that are found at
# the speed of memory, and takes a run of sequences whole, so that none of them is looked at twice.
_BEFORE = re.compile(rb"\n" + _SET + rb"(?:" + _SET + rb")*(?:([^\x1b\n]{1,64}?:)(?:" + _SET + rb")+)?")
_RUN = re.compile(rb"(?m)" + _SET + rb"(?:" + _SET + rb")*(\r?$)?")
_NULS = re.compile(rb"(?m)^\0+")

_BETWEEN = b" \t\r,;:=\"'{}[]()<>|"  # words
_LAST_WORD = re.compile(rb"[^" + re.escape(_BETWEEN) + rb"]+\Z")
_WORD_BYTES = 64  # of a longer one, such as a token, or of a line that is one word, half is as good as all

_ZIP = b"PK\x03\x04"
_TAR, _TAR_AT = b"ustar", 257  # POSIX.1-1988 and GNU tar alike
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HOLE = re.compile(rb"\0{8,}")  # left by a truncation or a power loss; text in UTF-16 has single ones
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # without blanks, and without the escapes of colours
_MOST_CONTROL = 0.02  # of the first bytes; hostile text in a log stays far below
_UTF16_NULS = 0.3  # of the bytes of text in UTF-16 that is mostly ASCII
_LOOKED_AT = 65536


class NoText(NamedTuple):
    """What a file is instead of a log, and the command that makes one of it; ``{}`` stands for its name."""

    what: str
    why: str
    remedy: str


def is_tar(head: bytes) -> bool:
    """Return whether a file is an archive of tar, by its first bytes: its header has a name that NULs follow."""
    return head.startswith(_TAR, _TAR_AT) and b"\0" in head[:_TAR_AT]


def no_text(head: bytes) -> NoText | None:
    """Return why a file is no text, by its first bytes: packed, in UTF-16, or binary; None where it is text."""
    if head.startswith(_ZIP):
        return NoText("is compressed", "zip is not unpacked here", "unzip -p {} | mesibo-logwatch report -")
    if is_tar(head):
        return NoText("is not a log", "it is an archive of tar", "tar -xOf {} | mesibo-logwatch report -")
    if format_ := format_of(head):
        return NoText("is not a log", "it is compressed twice", f"{TOOLS[format_]} {{}} | mesibo-logwatch report -")
    text = _HOLE.sub(b"", head[:_LOOKED_AT])
    if head.startswith(_UTF16_MARKS) or (text[:2].count(b"\0") == 1 and text.count(b"\0") > _UTF16_NULS * len(text)):
        remedy = "iconv -f UTF-16 -t UTF-8 {} | mesibo-logwatch report -"
        return NoText("is not a log", "it is text in UTF-16, as PowerShell writes it", remedy)
    if len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        return NoText("is not a log", "it contains binary data", "name a log of mesibo, or of its container")
    return None


def clean(data: bytes) -> bytes:
    """Drop the NUL bytes before a line: a writer that went on at its old offset after copytruncate left them there."""
    return _NULS.sub(b"", data) if b"\0" in data else data


def shortened(line: bytes, limit: int) -> bytes:
    """Return at most so many bytes of a line: of a word that they cut in two nothing, since half a code is another."""
    head = line[:limit]
    if not line[limit : limit + 1].strip(_BETWEEN):
        return head
    word = _LAST_WORD.search(head, max(0, limit - _WORD_BYTES))
    return head[: word.start()] if word and limit - word.start() < min(limit, _WORD_BYTES) else head


def line_count(text: bytes) -> int:
    """Return how many lines end in a text: ``count`` looks at each byte, ``replace`` goes from one to the next."""
    return len(text) - len(text.replace(b"\n", b""))


def uncoloured(text: bytes) -> bytes:
    """Take off the colours and the carriage returns around each line of a text; inside a line they stay."""
    if b"\x1b" in text:
        text = _BEFORE.sub(rb"\n\1", b"\n" + text)[1:]
        text = _RUN.sub(_unless_last, text)
    return text.replace(b"\r\n", b"\n").removesuffix(b"\r") if b"\r" in text else text


def unescaped(text: bytes) -> bytes:
    """Take off the colours around each line of a text that a syslog daemon has escaped: where ``uncoloured`` would."""
    for begin in ESCAPED_COLOURS:
        if begin in text:
            text = uncoloured(text.replace(begin, b"\x1b[")).replace(b"\x1b[", begin)
    return text


def _unless_last(run: re.Match[bytes]) -> bytes:
    """Keep colours behind which the line goes on."""
    return run[0] if run[1] is None else b""
