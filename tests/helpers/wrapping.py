"""Wraps lines as each program does, by its documentation: the other side of the formats, for tests."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from logwatch import envelope
from logwatch.model import PLAIN, Envelope, Layer

BEGIN = datetime(2026, 11, 25, 10, 0, 0, 123456, tzinfo=UTC)
_OWN = re.compile(rb"(?:[A-Z]|\*\*[A-Z]+\*\*|http-)[0-9]{4}-[0-9]{6}-[0-9]{3}(?: \([0-9]+\))?:")
_PARIS = timezone(timedelta(hours=1))


def at(i: int) -> datetime:
    """When line i was written."""
    return BEGIN + timedelta(seconds=i)


def nano(i: int) -> str:
    # below half a microsecond: records taken out together are dated to the nearest one, single ones to the last
    return f"{at(i):%Y-%m-%dT%H:%M:%S.%f}321Z"


def docker(text: str, i: int) -> bytes:
    return json.dumps({"log": text + "\n", "stream": "stdout", "time": nano(i)}, separators=(",", ":")).encode()


def each_line(front: Callable[[int], str]) -> Callable[[str, int], bytes]:
    """Put a front before every line of a text."""
    return lambda text, i: b"\n".join(front(i).encode() + line.encode() for line in text.split("\n"))


def one_line(front: Callable[[int], str]) -> Callable[[str, int], bytes]:
    """Put a front before a text whose newlines are escaped, as rsyslog does it."""
    return lambda text, i: front(i).encode() + text.replace("\n", "#012").encode()


def indented(front: Callable[[int], str]) -> Callable[[str, int], bytes]:
    """Put a front before the first line of a text, and blanks before the others, as journalctl does it."""
    return lambda text, i: front(i).encode() + text.replace("\n", "\n" + " " * len(front(i))).encode()


def journal(text: str, i: int) -> dict[str, object]:
    return {
        "__CURSOR": f"s=1;i={i:x}",
        "__REALTIME_TIMESTAMP": str(int(at(i).timestamp() * 1e6)),
        "PRIORITY": "6",
        "_SYSTEMD_UNIT": "mesibo.service",
        "SYSLOG_IDENTIFIER": "mesibo",
        "MESSAGE": text if text.isprintable() else list(text.encode()),
    }


def journal_json(text: str, i: int) -> bytes:
    return json.dumps(journal(text, i), separators=(",", ":")).encode()


def journal_export(text: str, i: int) -> bytes:
    entry = journal(text, i)
    fields = [f"{name}={value}\n".encode() for name, value in entry.items() if name != "MESSAGE"]
    raw = text.encode()
    binary = any(each < " " and each != "\t" for each in text)
    written = b"MESSAGE\n" + len(raw).to_bytes(8, "little") + raw if binary else b"MESSAGE=" + raw
    return b"".join(fields) + written + b"\n"  # and the newline that ends each line makes the blank one


def journal_pretty(text: str, i: int) -> bytes:
    fields = ",\n".join(f"\t{json.dumps(name)} : {json.dumps(value)}" for name, value in journal(text, i).items())
    return f"{{\n{fields}\n}}".encode()


def journal_verbose(text: str, i: int) -> bytes:
    micros = int(at(i).timestamp() * 1e6)
    head = f"{at(i):%a %Y-%m-%d %H:%M:%S.%f} UTC [s={1:032x};i={i:x};b={1:032x};m=f4240;t={micros:x};x={i:x}]"
    fields = [f"    {name}={value}" for name, value in journal("", i).items() if not name.startswith("__")]
    return "\n".join([head, *fields[:-1], "    MESSAGE=" + text.replace("\n", "\n" + " " * 12), *fields[-1:]]).encode()


WRAP: dict[str, Callable[[str, int], bytes]] = {
    "docker": docker,
    "docker-timestamps": each_line(lambda i: f"{nano(i)} "),
    "compose": each_line(lambda _: "mesibo-1  | "),
    "compose-timestamps": each_line(lambda i: f"mesibo-1  | {nano(i)} "),
    "compose-podman": each_line(lambda _: "[mesibo]  | "),
    "compose-podman-timestamps": each_line(lambda i: f"[mesibo] | {nano(i)} "),
    "compose-nerdctl": each_line(lambda _: "mesibo_1 |"),
    "compose-nerdctl-timestamps": each_line(lambda i: f"mesibo_1 |{nano(i)} "),
    "compose-swarm": each_line(lambda i: f"{nano(i)} chat_mesibo.{i % 2 + 1}.a1b2c3d4e{i % 7:03}@node-1    | "),
    "kubectl": each_line(lambda i: f"[pod/mesibo-7d9f-{i % 2}/mesibo] "),
    "kubectl-timestamps": each_line(lambda i: f"[pod/mesibo-7d9f-{i % 2}/mesibo] {nano(i)} "),
    "stern": each_line(lambda i: f"mesibo-7d9f-{i % 2} mesibo "),
    "stern-timestamps": each_line(lambda i: f"mesibo-7d9f-{i % 2} mesibo {nano(i)} "),
    "docker-details": each_line(lambda i: f"{nano(i)} com.example.role=push+server,tag=a%2Fb "),
    "cri": each_line(lambda i: f"{at(i).astimezone(_PARIS):%Y-%m-%dT%H:%M:%S.%f}789+01:00 stdout F "),
    "syslog-3164": one_line(lambda i: f"{at(i):%b %d %H:%M:%S} chat mesibo[12]: "),
    "syslog-3339": one_line(lambda i: f"{at(i).astimezone(_PARIS):%Y-%m-%dT%H:%M:%S.%f}+01:00 chat mesibo[12]: "),
    "syslog-5424": one_line(lambda i: f'<30>1 {at(i):%Y-%m-%dT%H:%M:%S.%f}Z chat mesibo 12 - [a b="c\\]\\" "][d] '),
    "journal-precise": indented(lambda i: f"{at(i):%b %d %H:%M:%S.%f} chat mesibo[12]: "),
    "journal-full": indented(lambda i: f"{at(i):%a %Y-%m-%d %H:%M:%S} UTC chat mesibo[12]: "),
    "journal-unix": indented(lambda i: f"{at(i).timestamp():.6f} chat mesibo[12]: "),
    "journal-monotonic": indented(lambda i: f"[{i + 1:12.6f}] chat mesibo[12]: "),
    "journal-iso": indented(lambda i: f"{at(i).astimezone(_PARIS):%Y-%m-%dT%H:%M:%S%z} chat mesibo[12]: "),
    "journal-json": journal_json,
    "journal-json-pretty": journal_pretty,
    "journal-verbose": journal_verbose,
    "journal-export": journal_export,
}
"""Name of the format -> what a program makes of a text, the i-th one; without its last newline."""

A_LINE_EACH = [name for name, wrap in WRAP.items() if wrap.__qualname__.startswith(each_line.__name__)]
"""Those with a front before each line of a text: each of its lines may count."""

NAMES = [*WRAP, "plain"]

SEVERAL_LINES = ("journal-json-pretty", "journal-verbose", "journal-export")
"""Of these an entry is no line."""

ORIGINS = {
    "compose": ("mesibo-1",),
    "compose-timestamps": ("mesibo-1",),
    "compose-nerdctl": ("mesibo_1",),
    "compose-nerdctl-timestamps": ("mesibo_1",),
    "compose-swarm": ("chat_mesibo",),
    "kubectl": ("mesibo",),
    "kubectl-timestamps": ("mesibo",),
    "journal-json": ("unit mesibo.service",),
    "journal-json-pretty": ("unit mesibo.service",),
    "journal-verbose": ("unit mesibo.service",),
    "journal-export": ("unit mesibo.service",),
}

UNTIMED = ("compose", "compose-podman", "compose-nerdctl", "kubectl", "stern", "journal-monotonic")
"""Those without a time."""

YEARLESS = ("syslog-3164", "journal-precise")
"""Those with a time that lacks the year."""


def envelope_of(name: str) -> Envelope:
    """Return the envelope that lines wrapped here stand in."""
    if name == "plain":
        return PLAIN
    return Envelope((Layer(name, ORIGINS.get(name, ("mesibo",)) if envelope.FORMATS[name].named else ()),))


def log(name: str, texts: list[str]) -> bytes:
    """Write texts one after the other, each wrapped."""
    return b"".join(WRAP[name](text, i) + b"\n" for i, text in enumerate(texts))


def written(name: str, lines: list[str]) -> bytes:
    """Write lines one after the other, wrapped or plain."""
    return "".join(line + "\n" for line in lines).encode() if name == "plain" else log(name, lines)


def owns(line: bytes) -> bool:
    """Whether a line begins as mesibo's own do."""
    return _OWN.match(line) is not None


def payloads(data: bytes, wrapped: Envelope) -> list[bytes]:
    """Return what may count of a whole log."""
    return [line.payload for line in envelope.unwrap(whole_lines(data, wrapped), wrapped) if not line.refused]


def whole_lines(data: bytes, wrapped: Envelope) -> bytes:
    """Return the lines of a log behind which nothing follows."""
    piece = envelope.cut(data, wrapped, 65536)
    rest = envelope.cut(data[piece.consumed :], wrapped, 0, piece.inside, final=True)
    assert piece.consumed + rest.consumed == len(data)
    return piece.data + rest.data
