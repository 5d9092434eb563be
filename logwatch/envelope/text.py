"""Remove what means nothing in a log (byte order mark, colours, carriage returns, holes); recognise non-text files."""

import re
from itertools import islice, repeat
from typing import NamedTuple

from logwatch.envelope.times import COLOURS
from logwatch.unpack import TOOLS, format_of

ESCAPED_COLOURS = (b"#033[", b"^[[")
"""The beginning of a colour as rsyslog writes it by default, and as syslogd and BusyBox do."""
ESCAPED_RETURNS = (b"#015", b"^M")
"""A carriage return as they write it: each line of a container with a terminal ends in one."""

_SET = COLOURS.removesuffix("*").encode()
_COLOUR = re.compile(_SET)
# Matches colours around a line, or around its front, which ends in a colon. Behind the front none is removed: the text
# may be a user's, and `<reset>code 903` must not become `code 903`. A run of sequences is matched as a whole, so that
# none is looked at twice; the groups are the front and the line behind it.
_RUN = rb"(?>(?:" + _SET + rb")+)"
_LINE = re.compile(
    rb"(?m)\n(?:" + _RUN + rb"(?:([^\x1b\n]{2,65}+)(?<=:)" + _RUN + rb")?)?"
    rb"((?:[^\x1b\n]++|" + _RUN + rb"(?!\r*$)|(?!" + _SET + rb")\x1b)*)(?:" + _RUN + rb"\r*)?"
)
_MOST_COLOURS = 4  # sequences that are tried by themselves
_NULS = re.compile(rb"(?m)^\0+")

_BETWEEN = b" \t\r,;:=\"'{}[]()<>|"  # words
_LAST_WORD = re.compile(rb"[^" + re.escape(_BETWEEN) + rb"]+\Z")
_WORD_BYTES = 64  # half of a longer one, such as a token, or of a line of one word, is as good as all of it

_ZIP = b"PK\x03\x04"
_TAR, _TAR_AT = b"ustar", 257  # POSIX.1-1988 and GNU tar alike
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LENGTH = re.compile(rb"(?m)^[A-Z_][A-Z0-9_]{0,63}\n[\s\S]{4}\0{4}")  # of a field of journald's export format
_HOLE = re.compile(rb"\0{8,}")  # left by a truncation or a power loss; text in UTF-16 has single ones
# What journalctl prints instead of a message that has control characters, such as the carriage return of a terminal.
_BLOB = b" blob data]"
_LEFT_OUT = re.compile(rb"(?m)\[[0-9.]+[BKMG]" + re.escape(_BLOB) + b"$")
_LEAST_LEFT_OUT, _MOST_LEFT_OUT = 8, 2 / 3  # lines, of all
_CONTROL = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1b"})  # without blanks, and without the escapes of colours
_MOST_CONTROL = 0.02  # of the first bytes; hostile text in a log stays far below
_HIGH = bytes(range(0x80, 0x100))
_LEAST_NOISE_BYTES, _MOST_HIGH = 512, 1 / 4  # of random bytes, half are high; text in UTF-8 has no control characters
_UTF16_NULS = 0.3  # of the bytes of text in UTF-16 that is mostly ASCII
_LOOKED_AT = 65536
_GLANCE_BYTES = 4096


class NoText(NamedTuple):
    """What a file is instead of a log, and the command that turns it into one; ``{}`` stands for its name."""

    what: str
    why: str
    remedy: str


def is_tar(head: bytes) -> bool:
    """Return whether a file is a tar archive, by its first bytes: a header begins with a name padded with NULs."""
    return head.startswith(_TAR, _TAR_AT) and b"\0" in head[:_TAR_AT]


def is_noise(head: bytes) -> bool:
    """Return whether a file's first bytes are random ones: it is being shredded, or packed in an unknown way."""
    parts = ((_CONTROL, _MOST_CONTROL), (_HIGH, _MOST_HIGH))
    return len(head) >= _LEAST_NOISE_BYTES and all(
        len(head) - len(head.translate(None, part)) > most * len(head) for part, most in parts
    )


def no_text(head: bytes) -> NoText | None:
    """Return why a file is no log, by its first bytes (packed, UTF-16, binary, no messages); None if it may be one."""
    if head.startswith(_ZIP):
        return NoText("is compressed", "zip is not unpacked here", "unzip -p {} | mesibo-logwatch report -")
    if is_tar(head):
        return NoText("is not a log", "it is a tar archive", "tar -xOf {} | mesibo-logwatch report -")
    if format_ := format_of(head):
        return NoText("is not a log", "it is compressed twice", f"{TOOLS[format_]} {{}} | mesibo-logwatch report -")
    # A usual log is searched for a few bytes only, not by regexes, which would take most of the time for small files
    text = head[:_LOOKED_AT]
    if b"\0" in text:
        text = _HOLE.sub(b"", _LENGTH.sub(b"", text))
    if head.startswith(_UTF16_MARKS) or (text[:2].count(b"\0") == 1 and text.count(b"\0") > _UTF16_NULS * len(text)):
        remedy = "iconv -f UTF-16 -t UTF-8 {} | mesibo-logwatch report -"
        return NoText("is not a log", "it is text in UTF-16, as PowerShell writes it", remedy)
    why = remedy = ""
    if len(text) - len(text.translate(None, _CONTROL)) > _MOST_CONTROL * len(text):
        why, remedy = "it contains binary data", "name a log of mesibo, or of its container"
    elif _BLOB in text and len(_LEFT_OUT.findall(text)) > max(_LEAST_LEFT_OUT, _MOST_LEFT_OUT * text.count(b"\n")):
        why = "journalctl has left out what its lines say, since they end in carriage returns"
        remedy = "journalctl --all … | mesibo-logwatch report -"
    return NoText("is not a log", why, remedy) if why else None


def clean(data: bytes) -> bytes:
    """Remove the NUL bytes before a line: a writer that goes on at its old offset after copytruncate leaves them."""
    return _NULS.sub(b"", data) if b"\0" in data else data


def shortened(line: bytes, limit: int) -> bytes:
    """Return at most ``limit`` bytes of a line, without the word that they would cut: half a code is another code."""
    head = line[:limit]
    if not line[limit : limit + 1].strip(_BETWEEN):
        return head
    word = _LAST_WORD.search(head, max(0, limit - _WORD_BYTES))
    return head[: word.start()] if word and limit - word.start() < min(limit, _WORD_BYTES) else head


def torn(text: bytes) -> bytes:
    """Return a text whose rest is lost without the number at its end: half a code is another code."""
    return shortened(text + b"x", len(text)) if text[-1:].isdigit() else text


def line_count(text: bytes) -> int:
    """Count the newlines of a text: ``count`` looks at every byte, ``replace`` skips from one to the next."""
    return len(text) - len(text.replace(b"\n", b""))


def uncoloured(text: bytes) -> bytes:
    """Remove the colours and carriage returns around each line of a text; inside a line they stay."""
    if b"\x1b" in text:
        glance = text[: text.rfind(b"\n", 0, _GLANCE_BYTES) + 1]
        around = not glance or _with_colours_around(glance)
        text = (around and _with_colours_around(text)) or _line_by_line(text)
    return _without_returns(text) if b"\r" in text else text


def _without_returns(text: bytes) -> bytes:
    """Remove the carriage return at the end of each line."""
    parts = text.split(b"\r")  # a search for one byte takes a third of the time of one for two
    if all(map(bytes.startswith, islice(parts, 1, None), repeat(b"\n"))):
        return b"".join(parts)
    return text.replace(b"\r\n", b"\n").removesuffix(b"\r")


def _line_by_line(text: bytes) -> bytes:
    """Remove colours only from the lines that have some, which may be few."""
    lines = text.split(b"\n")
    coloured = [i for i, line in enumerate(lines) if b"\x1b" in line]
    found = _LINE.findall(b"\n" + b"\n".join([lines[i] for i in coloured]))
    for i, parts in zip(coloured, found, strict=True):
        lines[i] = b"".join(parts)
    return b"\n".join(lines)


def _with_colours_around(text: bytes) -> bytes:
    """Remove the colours if they are the same few, and only around lines, as nearly always; else return no bytes."""
    plain = b"\n" + text + b"\n"
    for colour in [*dict.fromkeys(_COLOUR.findall(text, 0, _GLANCE_BYTES))][:_MOST_COLOURS]:
        for around in (b"\n" + colour, colour + b"\n", colour + b"\r\n"):
            plain = plain.replace(around, b"\n")
    return b"" if b"\x1b" in plain or b"\r\x1b" in text else plain[1:-1]


def unescaped(text: bytes) -> bytes:
    """Remove, in the form that a syslog daemon escaped it, what ``uncoloured`` removes around each line of a text."""
    for end in ESCAPED_RETURNS:
        if end in text:
            text = text.replace(end + b"\n", b"\n").removesuffix(end)
    found = [begin for begin in ESCAPED_COLOURS if begin in text]
    if found and b"\x1b[" in text:  # where one is not escaped, none is
        return b"\n".join(map(unescaped, text.split(b"\n"))) if b"\n" in text else text
    for begin in found:
        text = uncoloured(text.replace(begin, b"\x1b[")).replace(b"\x1b[", begin)
    return text
