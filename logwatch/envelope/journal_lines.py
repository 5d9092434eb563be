r"""What `journalctl -o verbose` and `-o json-pretty` print: multi-line entries, each rewritten as one line.

    Wed 2026-11-25 10:00:00.123456 UTC [s=…;i=1;b=…;m=f4240;t=66116e4169340;x=…]
        MESSAGE=E2511-100000-123 (17): …
                what follows a newline in it

    {
    \t"MESSAGE" : "E2511-100000-123 (17): …",
    }

In neither can text pass for a field: verbose indents what follows a newline further than any field (systemd's
src/shared/logs-show.c, output_verbose), and JSON escapes it. The time of a verbose entry is taken from its cursor,
since the zone in front of that is abbreviated.
"""

import re
from collections.abc import Iterator

import msgspec

from logwatch.envelope.journal_json import Entries, Multiline, Value, as_line, as_value, without_colours
from logwatch.envelope.record import NO_JSON
from logwatch.envelope.times import CLOCK, COLOURS, DATE

_HEX = "[0-9a-f]{1,32}"
_HEAD = re.compile(
    rf"{COLOURS}[A-Z][a-z]{{2}} {DATE} {CLOCK}(?:\.[0-9]{{6}})? [A-Za-z0-9+:/_-]{{1,32}}{COLOURS} {COLOURS}"
    rf"\[s={_HEX};i={_HEX};b={_HEX};m={_HEX};t=(?P<micros>[0-9a-f]{{1,14}});x={_HEX}\]{COLOURS}".encode()
)
_FIELD = re.compile(rf"{COLOURS} {{4}}{COLOURS}(?P<name>[A-Z_][A-Z0-9_]{{0,63}})=(?P<value>.*)".encode(), re.DOTALL)
_BEGUN = re.compile(rf"{COLOURS} ".encode())  # a field or its text
_CONTINUED = re.compile(rf"{COLOURS} {{5}}".encode())  # deeper than any field
_decode = msgspec.json.Decoder(dict[str, Value]).decode


class JournalVerbose(Multiline):
    """Entries as `-o verbose` prints them: each is complete where the next one begins."""

    name = "journal-verbose"
    kind = "journal-verbose"
    mark = dated = b";t="

    def rewritten(self, data: bytes, *, final: bool) -> Entries:
        """Rewrite the whole entries at the start of ``data``: a head, and its fields below it."""
        entries: list[tuple[int, bytes]] = []
        fields: dict[str, Value] = {}
        end = stop = strange = 0
        for at, stop, line in _lines(data):
            if head := _HEAD.fullmatch(line):
                if fields:
                    entries.append((at, as_line(fields)))
                fields = {"__REALTIME_TIMESTAMP": str(int(head["micros"], 16))}
                end = at
            elif fields and (field := _FIELD.fullmatch(line)):
                fields.setdefault(field["name"].decode(), as_value(field["value"]))
            elif not (fields and _CONTINUED.match(line)):
                strange += stop - at
        whole = final and not _BEGUN.match(data, stop)  # else its next line has begun, and was torn
        if fields and whole:
            entries.append((stop, as_line(fields)))
        return Entries(end if fields and not whole else stop, entries, strange)

    def begins(self, line: bytes) -> bool:
        """Return whether a line is the first one of an entry, or what journalctl says of its journal."""
        return line.startswith(b"-- ") or _HEAD.fullmatch(line) is not None


class JournalPretty(Multiline):
    """Entries as `-o json-pretty` prints them: one field per line."""

    name = "journal-json-pretty"
    mark = b"{\n\t"

    def rewritten(self, data: bytes, *, final: bool) -> Entries:  # noqa: ARG002  a brace ends each
        """Rewrite the whole entries at the start of ``data``: objects of several lines."""
        entries: list[tuple[int, bytes]] = []
        begin: int | None = None  # of the object that is open
        end = strange = 0
        for at, stop, line in _lines(data):
            if line == b"{":
                strange += 0 if begin is None else at - begin
                begin = at
            elif begin is not None and line == b"}":
                try:
                    entries.append((stop, as_line(_decode(without_colours(data[begin:stop])))))
                except NO_JSON:
                    strange += stop - begin
                begin = None
            elif begin is None or not line.startswith(b"\t"):
                strange += stop - (at if begin is None else begin)
                begin = None
            end = stop if begin is None else begin
        return Entries(end, entries, strange)

    def begins(self, line: bytes) -> bool:
        """Return whether a line is the first one of an entry."""
        return line == b"{"


def _lines(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield each whole line: where it begins, where the next one does, and the line without its newline."""
    at = 0
    while (stop := data.find(b"\n", at)) >= 0:
        yield at, stop + 1, data[at:stop]
        at = stop + 1
