"""What `journalctl -o json` prints: one object per entry; json-seq and json-sse put something in front of it.

MESSAGE is a string, an array of byte numbers if it is not UTF-8 or has control characters, null if it is longer than
4096 bytes and `--all` was not given, and an array of strings if an entry has it twice (systemd.journal-fields(7),
journalctl(1)). Docker and conmon split a long line over entries with CONTAINER_PARTIAL_MESSAGE.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple, cast

import msgspec

from logwatch.envelope.prefixed import of
from logwatch.envelope.record import JSON_ESCAPES, NO_JSON, Format, Frame, Payloads, Record
from logwatch.envelope.text import line_count
from logwatch.envelope.times import COLOURS
from logwatch.model import EnvelopeKind

Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]
Value = str | list[Byte | str] | None
_FIELDS = {
    "received": "__REALTIME_TIMESTAMP",
    "message": "MESSAGE",
    "logged": "SYSLOG_TIMESTAMP",
    "sent": "_SOURCE_REALTIME_TIMESTAMP",
    "container": "CONTAINER_NAME",
    "unit": "_SYSTEMD_UNIT",
    "identifier": "SYSLOG_IDENTIFIER",
    "priority": "PRIORITY",
    "partial": "CONTAINER_PARTIAL_MESSAGE",
}
FIELDS = tuple(_FIELDS.values())
"""The fields of an entry that are looked at."""

_DIGITS = "[0-9]{1,17}"
_MICROS = re.compile(_DIGITS)
_MICROS_LENGTHS = frozenset(range(1, 18))
_FRONTS = (b"\x1e", b"data: ")
_COLOURS = re.compile(COLOURS.removesuffix("*").encode())  # between the tokens: a JSON string cannot contain any
_PARTIAL = b'"CONTAINER_PARTIAL_MESSAGE"'


class _Entry(msgspec.Struct, rename=_FIELDS, gc=False):
    received: str
    message: Value
    logged: Value = None
    sent: Value = None
    container: Value = None
    unit: Value = None
    identifier: Value = None
    priority: Value = None
    partial: Value = None


_NAMING = ("container", "unit", "identifier")  # each takes precedence over the next
_TEXT = r'"(?:[ !#-\[\]-\xff]++|\\["\\/bfnrt])*+"'
_LOOKED_AT = 32  # entries


_decode = msgspec.json.Decoder(_Entry).decode


class JournalJson(Format):
    """Entries as JSON objects, one a line."""

    name = "journal-json"
    kind: EnvelopeKind = "journal-json"
    named = True
    splits = True
    escapes = JSON_ESCAPES
    opening = b'"MESSAGE":"'  # without colours
    behind = None

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, validating it in full; None if it is not in this one."""
        entry = _entry(line)
        if entry is None:
            return None
        origin = _origin(entry.container, entry.unit, entry.identifier)
        time = _when(entry)
        stream = f"{origin} {_text(entry.priority)}".replace(" ", "/")
        more = entry.partial is not None and _text(entry.partial) == "true"
        return Record(_raw(entry.message), time, origin, stream, more)

    def taken_out(self, text: bytes, origins: Sequence[str]) -> Payloads | None:
        """Take whole entries out; None unless every line is one, all of whose fields but the message are strings."""
        lines = text[:-1].split(b"\n")
        try:
            entries = list(map(_decode, lines))
            names = {(entry.container, entry.unit, entry.identifier) for entry in entries}
            times = cast("list[str]", [entry.logged or entry.sent or entry.received for entry in entries])
            if " " in "".join(times):  # raises TypeError if one is no string
                times = list(map(_when, entries))
            parts = {entry.partial for entry in entries} - {None, "false"}
        except (*NO_JSON, TypeError):
            return None
        received = [entry.received for entry in entries]
        digits, lengths = "".join(received), set(map(len, received))
        if parts or not (digits.isascii() and digits.isdecimal() and lengths <= _MICROS_LENGTHS):
            return None
        if b"\x1b" in text or min(lines) < b"{":  # colours between the tokens; a blank in front of some
            return None
        messages = [entry.message for entry in entries]
        if not all(of(_origin(*name), origins) for name in names):
            return None
        try:
            payloads = "\n".join(cast("list[str]", [*messages, ""])).encode()
        except TypeError:  # some are no strings
            payloads = b""
        if line_count(payloads) != len(lines):
            payloads = b"\n".join([*(_raw(message).partition(b"\n")[0] for message in messages), b""])
        return Payloads(payloads, times)

    def own(self, lines: Sequence[bytes], origins: Sequence[str]) -> list[int]:
        """Return the indices of the entries that name one of these origins; a message would have its quotes escaped."""
        names = [_named(origin) for origin in origins]
        return [i for i, line in enumerate(lines) if any(name in line for name in names)]

    def frame(self, text: bytes, origins: Sequence[str]) -> Frame | None:
        """Return what surrounds the messages of entries named like the first that may count; None if none may."""
        for line in text.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]:
            record = self.record(line)
            if record and of(record.origin, origins):
                naming, _, _ = record.origin.partition(" ")
                return _frame(naming, [each for each in origins if each.startswith(f"{naming} ")])
        return None

    def has_parts(self, data: bytes) -> bool:
        """Return whether some of these whole lines may be a part of a message."""
        return _PARTIAL in data

    def may_be_parts(self, data: bytes, lines: Sequence[bytes]) -> bytearray:  # noqa: ARG002  each is looked at
        """Return for each line whether it may be a part of a message."""
        return bytearray(_PARTIAL in line for line in lines)

    def whole(self, part: bytes, payload: bytes) -> bytes:
        """Return the first part's entry with the whole message."""
        if (first := _entry(part)) is None:
            return part
        first.message, first.partial = as_value(payload), None
        return msgspec.json.encode(first)


def _entry(line: bytes) -> _Entry | None:
    """Decode a line, validating it in full; None if it is no entry."""
    if not line.startswith(b"{") or b"\x1b" in line:
        line = without_colours(line)
        for front in _FRONTS:
            line = line.removeprefix(front)
        if not line.startswith(b"{"):
            return None
    try:
        entry = _decode(line)
    except NO_JSON:
        return None
    return entry if _MICROS.fullmatch(entry.received) else None


def _frame(naming: str, origins: Sequence[str]) -> Frame:
    """Return what surrounds the message of whole entries which one field names as one of these origins.

    Their fields may be in any order: journalctl's differs from entry to entry. Without origins all entries count.
    """
    received, partial = _FIELDS["received"], _FIELDS["partial"]
    looked_at = [_FIELDS["message"], received, partial]
    fields = [f'{received}":"{_DIGITS}"(?<received>)', f'{partial}":"false"']
    required = ["received"]
    if origins:
        names = "|".join(re.escape(_named(origin).decode("latin-1")[1:]) for origin in origins)
        fields.append(f"(?:{names})(?<origin>)")
        required.append("origin")
        looked_at += [_FIELDS[each] for each in _NAMING[: _NAMING.index(naming) + 1]]
    others = rf'(?!(?:{"|".join(looked_at)})")[A-Z0-9_]++":(?:{_TEXT}|null)'
    field = f'"(?:{"|".join([others, *fields])})'
    all_required = "".join(f"(?(<{each}>)|(*FAIL))" for each in required)
    return Frame(rf'\{{(?:{field},)*+"MESSAGE":"', rf'"(?:,{field})*+\}}{all_required}', quoted=True)


class Entries(NamedTuple):
    """Multi-line entries, each rewritten as one line, and how many of the bytes around them are something else."""

    consumed: int  # bytes, up to the end of the last whole entry
    entries: list[tuple[int, bytes]]  # offset behind the entry, and the entry as one line without its newline
    strange: int  # bytes of lines that are in no entry: none, unless the front of one was cut off


class Multiline(JournalJson):
    """Entries of several lines, which are rewritten as objects of one line before anything else is done with them."""

    mark: bytes
    """What every entry contains, and hardly any other log."""
    dated = _FIELDS["received"].encode()
    """What only that line of an entry contains which has its time."""

    def rewritten(self, data: bytes, *, final: bool) -> Entries:
        """Rewrite the whole entries at the start of ``data``; with ``final`` nothing follows for now."""
        raise NotImplementedError

    def begins(self, line: bytes) -> bool:
        """Return whether a line, without its newline, is the first one of an entry."""
        raise NotImplementedError


def _origin(container: Value, unit: Value, identifier: Value) -> str:
    """Name what wrote an entry; missing fields are not decoded, since every entry comes by here."""
    if container and (said := _text(container)):
        return f"container {said}"
    if unit and (said := _text(unit)):
        return f"unit {said}"
    return f"identifier {said}" if identifier and (said := _text(identifier)) else ""


def _named(origin: str) -> bytes:
    """Return the field by which an entry has this origin, in JSON without blanks."""
    kind, _, said = origin.partition(" ")
    return msgspec.json.encode({_FIELDS[kind]: said})[1:-1]


def _when(entry: _Entry) -> str:
    """Return when an entry was logged, from Docker's stamp if there is one: syslog's has neither year nor zone."""
    logged = _text(entry.logged)
    return (" " not in logged and logged) or _text(entry.sent) or entry.received


def without_colours(text: bytes) -> bytes:
    """Remove the colours between the tokens of JSON."""
    return _COLOURS.sub(b"", text) if b"\x1b" in text else text


def as_line(fields: Mapping[str, Value]) -> bytes:
    """Write the fields that are looked at as ``-o json`` does, so that one reader serves every format."""
    return msgspec.json.encode({name: value for name, value in fields.items() if name in FIELDS})


def as_value(raw: bytes) -> Value:
    """Return a field's bytes as they are in JSON: as numbers if they are not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return list(raw)


def _raw(value: Value) -> bytes:
    """Return the bytes of a field, or of its first value if an entry has several."""
    if isinstance(value, str):
        return value.encode()
    if not value:
        return b""
    if isinstance(value[0], str):
        return value[0].encode()
    return bytes(each for each in value if isinstance(each, int))


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else _raw(value).decode(errors="replace")
