"""Each format is checked in full: what is nearly a line of it is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope
from logwatch.model import Envelope, Layer

E = b"E2511-100000-123 (17): x"


def one(name: str, line: bytes) -> envelope.Record | None:
    return envelope.FORMATS[name].record(line)


@pytest.mark.parametrize(
    ("name", "front", "time", "origin"),
    [
        ("docker-timestamps", b"2026-11-25T10:00:00.123456789Z ", "2026-11-25T10:00:00.123456789Z", ""),
        ("docker-timestamps", b"2026-11-25T10:00:00+05:30 ", "2026-11-25T10:00:00+05:30", ""),
        ("compose", b"mesibo-1  | ", "", "mesibo-1"),
        ("compose", b"mesibo_1  | ", "", "mesibo_1"),
        ("compose", b"\x1b[36mmesibo-1  | \x1b[0m", "", "mesibo-1"),
        ("compose", b"\x1b[36mmesibo_1  |\x1b[0m ", "", "mesibo_1"),
        ("compose", b"\x1b[1;38;5;201mmesibo-1           | \x1b[0m", "", "mesibo-1"),
        ("compose-timestamps", b"mesibo-1  | 2026-11-25T10:00:00.1Z ", "2026-11-25T10:00:00.1Z", "mesibo-1"),
        ("compose-timestamps", b"\x1b[36mmesibo-1  | \x1b[0m2026-11-25T10:00:00Z ", "2026-11-25T10:00:00Z", "mesibo-1"),
        ("compose-podman", b"[mesibo]   | ", "", "mesibo"),
        ("compose-podman", b"\x1b[1;32m[mesibo] |\x1b[0m ", "", "mesibo"),
        ("compose-podman-timestamps", b"[m] |\x1b[0m 2026-11-25T10:00:00.1+01:00 ", "2026-11-25T10:00:00.1+01:00", "m"),
        ("compose-nerdctl", b"mesibo_1 |", "", "mesibo_1"),
        ("compose-nerdctl", b"\x1b[31mmesibo-1\x1b[0m    |", "", "mesibo-1"),
        ("compose-nerdctl-timestamps", b"mesibo-1|2026-11-25T10:00:00.1Z ", "2026-11-25T10:00:00.1Z", "mesibo-1"),
        ("compose-swarm", b"mesibo.1.a1b2c3d4e5f6@node.example    | ", "", "mesibo"),
        ("compose-swarm", b"chat_mesibo.0@n     | ", "", "chat_mesibo"),
        ("compose-swarm", b"2026-11-25T10:00:00Z m.10.a1b2ca1b2ca1b2ca1b2ca1b2c@n    | ", "2026-11-25T10:00:00Z", "m"),
        ("kubectl", b"[pod/mesibo-7d9f4/mesibo] ", "", "mesibo"),
        ("kubectl-timestamps", b"[pod/a.b-0/push-2] 2026-11-25T10:00:00.1Z ", "2026-11-25T10:00:00.1Z", "push-2"),
        ("stern", b"mesibo-7d9f4-x mesibo ", "", "mesibo"),
        ("stern", b"\x1b[32mmesibo-0\x1b[0m \x1b[92mmesibo\x1b[0m ", "", "mesibo"),
        ("stern-timestamps", b"mesibo-0 push-2 2026-11-25T10:00:00.1+01:00 ", "2026-11-25T10:00:00.1+01:00", "push-2"),
        ("docker-details", b"com.example.app=chat+server,tag=a%2Fb ", "", ""),
        ("docker-details", b" ", "", ""),
        ("docker-details", b"2026-11-25T10:00:00.1Z a=b ", "2026-11-25T10:00:00.1Z", ""),
        ("docker-details", b"2026-11-25T10:00:00.1Z  ", "2026-11-25T10:00:00.1Z", ""),
        ("cri", b"2016-10-06T00:17:09.669794202Z stdout F ", "2016-10-06T00:17:09.669794202Z", ""),
        ("cri", b"2026-11-25T10:00:00.1+02:00 stderr F:a:b ", "2026-11-25T10:00:00.1+02:00", ""),
        ("syslog-3164", b"Nov 25 10:00:00 host mesibo[12]: ", "Nov 25 10:00:00", "mesibo"),
        ("syslog-3164", b"<30>Nov  5 10:00:00 10.0.0.7 mesibo: ", "Nov  5 10:00:00", "mesibo"),
        ("syslog-3164", b"Feb 29 10:00:00 fe80::1%eth0 docker/mesibo[1]: ", "Feb 29 10:00:00", "docker/mesibo"),
        ("syslog-3164", b"Nov 25 10:00:00 mesibo[12]: ", "Nov 25 10:00:00", "mesibo"),
        ("syslog-3164", b"Nov 25 10:00:00 h mesibo/mesibo:latest[1]: ", "Nov 25 10:00:00", "mesibo/mesibo:latest"),
        ("syslog-3164", b"Nov 25 10:00:00 host mesibo[12] ", "Nov 25 10:00:00", "mesibo"),
        ("syslog-3339", b"2026-11-25T10:00:00.123456+01:00 host a: ", "2026-11-25T10:00:00.123456+01:00", "a"),
        ("syslog-5424", b"<30>1 2026-11-25T10:00:00Z h mesibo 12 - - ", "2026-11-25T10:00:00Z", "mesibo"),
        ("syslog-5424", b"<30>1 2026-11-25T10:00:00Z h mesibo 12 - -  ", "2026-11-25T10:00:00Z", "mesibo"),
        ("syslog-5424", b'<191>1 - - a b c [x@1 k="\\]\\"\\\\"][y] \xef\xbb\xbf', "-", "a"),
        ("journal-short", b"Nov 25 10:00:00 host mesibo[12]: ", "Nov 25 10:00:00", "mesibo"),
        ("journal-precise", b"Nov 25 10:00:00.123456 mesibo[12]: ", "Nov 25 10:00:00.123456", "mesibo"),
        ("journal-full", b"Wed 2026-11-25 10:00:00 CET host mesibo[12]: ", "2026-11-25 10:00:00 CET", "mesibo"),
        ("journal-unix", b"1795601640.000000 host mesibo[12]: ", "1795601640.000000", "mesibo"),
        ("journal-monotonic", b"[    1.000000] host mesibo[12]: ", "", "mesibo"),
        ("journal-iso", b"2026-11-25T10:00:00+0100 host mesibo[12]: ", "2026-11-25T10:00:00+0100", "mesibo"),
        ("journal-iso-colon", b"2026-11-25T10:00:00+01:00 mesibo[12]: ", "2026-11-25T10:00:00+01:00", "mesibo"),
    ],
)
def test_a_line_is_taken_out_of_its_envelope(name, front, time, origin):
    """The line as it is, when it was received, and under which name it stands; by either road."""
    record = one(name, front + E)
    assert record is not None
    assert (envelope.uncoloured(record.payload), record.time, record.origin) == (E, time, origin)
    origins = (origin,) if origin else ()
    taken = envelope.taken_out(front + E + b"\n", Envelope((Layer(name, origins),)))
    assert taken is not None
    assert (taken.text, (taken.times[0] or b"").decode()) == (E + b"\n", time)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("docker", b'{"log":"x\\n","stream":"stdin","time":"2026-11-25T10:00:00Z"}'),
        ("docker", b'{"log":"x\\n","stream":"stdout","time":"2026-02-30T10:00:00Z"}'),
        ("docker", b'{"log":"x\\n","stream":"stdout","time":"yesterday"}'),
        ("docker", b'{"log":"x\\n","stream":"stdout"}'),
        ("docker", b'{"log":7,"stream":"stdout","time":"2026-11-25T10:00:00Z"}'),
        ("docker", b' {"log":"x\\n","stream":"stdout","time":"2026-11-25T10:00:00Z"}'),
        ("docker-timestamps", b"2026-13-25T10:00:00Z x"),
        ("docker-timestamps", b"2026-11-31T10:00:00Z x"),
        ("docker-timestamps", b"2026-11-25T24:00:00Z x"),
        ("docker-timestamps", b"2026-11-25T10:60:00Z x"),
        ("docker-timestamps", b"2026-11-25T10:00:00 x"),
        ("docker-timestamps", b"2026-11-25T10:00:00Zx"),
        ("docker-timestamps", b" 2026-11-25T10:00:00Z x"),
        ("docker-timestamps", b"2026-11-25T10:00:00+15:00 x"),
        ("compose", b"mesibo-1| x"),
        ("compose", b" mesibo-1  | x"),
        ("compose", b"mesibo 1  | x"),
        ("compose", b"mesibo-1  || x"),
        ("compose", b"mesibo-1  |x"),
        ("compose-timestamps", b"mesibo-1  | 2026-11-25 x"),
        ("compose-podman", b"[mesibo | x"),
        ("compose-podman", b"[mesibo]| x"),
        ("compose-podman-timestamps", b"[mesibo] | 2026-11-25 x"),
        ("compose-nerdctl", b" mesibo-1 |x"),
        ("compose-nerdctl", b"mesibo 1 |x"),
        ("compose-nerdctl-timestamps", b"mesibo-1 | 2026-11-25T10:00:00Z x"),
        ("compose-swarm", b"mesibo.1.a1b2c3@node    | x"),
        ("compose-swarm", b"mesibo.1.a1b2c3d4e5f6    | x"),
        ("compose-swarm", b"mesibo.1.a1b2c3d4e5f6@node | x"),
        ("kubectl", b"[pod/mesibo-0] x"),
        ("kubectl", b"[pod/Mesibo/mesibo] x"),
        ("kubectl", b"[pod/mesibo-0/mesibo]x"),
        ("kubectl", b" [pod/mesibo-0/mesibo] x"),
        ("kubectl", b"[node/mesibo-0/mesibo] x"),
        ("stern", b"Mesibo-0 mesibo x"),
        ("stern", b"mesibo-0  mesibo x"),
        ("stern", b" mesibo-0 mesibo x"),
        ("stern", b"mesibo-0 E2511-100000-123 x"),
        ("stern-timestamps", b"mesibo-0 mesibo 2026-11-25 x"),
        ("docker-details", b"a=b,c x"),
        ("docker-details", b"a=b&c x"),
        ("docker-details", b"a=%2g x"),
        ("docker-details", b"2026-02-30T10:00:00Z a=b x"),
        ("docker-details", b"x"),
        ("cri", b"2026-11-25T10:00:00Z stdin F x"),
        ("cri", b"2026-11-25T10:00:00Z stdout X x"),
        ("cri", b"2026-11-25T10:00:00Z stdout Fx"),
        ("cri", b"2026-11-25T10:00:00Z  stdout F x"),
        ("syslog-3164", b"Nov 31 10:00:00 host mesibo: x"),
        ("syslog-3164", b"Nov 25 10:00 host mesibo: x"),
        ("syslog-3164", b"Now 25 10:00:00 host mesibo: x"),
        ("syslog-3164", b"<192>Nov 25 10:00:00 host mesibo: x"),
        ("syslog-3164", b"Nov 25 10:00:00 host two mesibo: x"),
        ("syslog-3164", b"Nov 25 10:00:00 host mesibo x"),
        ("syslog-3164", b"Nov 25 10:00:00 host mesibo:x"),
        ("syslog-3339", b"2026-11-25T10:00:00+01:00 mesibo: x"),
        ("syslog-5424", b"<30>2 2026-11-25T10:00:00Z h a b c - x"),
        ("syslog-5424", b"2026-11-25T10:00:00Z h a b c - x"),
        ("syslog-5424", b"<30>1 2026-11-25T10:00:00Z h a b c [x k=v] x"),
        ("syslog-5424", b'<30>1 2026-11-25T10:00:00Z h a b c [x k="v] x'),
        ("syslog-5424", b'<30>1 2026-11-25T10:00:00Z h a b c [x k="]"] x'),
        ("syslog-5424", b"<30>1 2026-11-25T10:00:00Z h a b c x"),
        ("journal-full", b"Wed 2026-11-25 10:00:00 host mesibo[1]: x"[:30]),
        ("journal-unix", b"0795601640.000000 host mesibo[12]: x"),
        ("journal-unix", b"1795601640 host mesibo[12]: x"),
        ("journal-json", b'{"MESSAGE":"x"}'),
        ("journal-json", b'{"MESSAGE":{"a":1},"__REALTIME_TIMESTAMP":"1"}'),
        ("journal-json", b'{"MESSAGE":[256],"__REALTIME_TIMESTAMP":"1"}'),
        ("journal-json", b'["MESSAGE"]'),
    ],
)
def test_what_is_nearly_a_line_of_it_is_none(name, line):
    """Dates in range, streams and tags that exist, structured data that closes: all of it is checked."""
    assert one(name, line) is None


def cri(text: bytes, tag: bytes = b"F", stream: bytes = b"stdout", second: int = 0) -> bytes:
    return b"2026-11-25T10:00:%02dZ %s %s %s\n" % (second, stream, tag, text)


CRI = Envelope((Layer("cri"),))


def read(data: bytes, wrapped: Envelope) -> list[tuple[bytes, str]]:
    piece = envelope.cut(data, wrapped, 65536)
    return [line[:2] for line in envelope.unwrap(piece.data, wrapped)]


def test_parts_are_joined_in_their_stream():
    """P goes on with the next line of the stream; the message has the time of its first part."""
    data = cri(b"E25", b"P", second=1) + cri(b"other", stream=b"stderr") + cri(b"11-", b"P") + cri(b"x", second=3)
    assert not envelope.FORMATS["cri"].has_parts(envelope.cut(data, CRI, 65536).data)
    assert read(data, CRI) == [(b"other", "2026-11-25T10:00:00Z"), (b"E2511-x", "2026-11-25T10:00:01Z")]
    assert envelope.FORMATS["cri"].has_parts(data)


@pytest.mark.parametrize("name", ["cri", "journal-json"])
@given(
    pieces=st.lists(st.integers(1, 90), min_size=1, max_size=8),
    reads=st.lists(st.integers(1, 300), max_size=12),
    others=st.integers(0, 3),
)
def test_the_rest_of_a_message_that_is_too_long_is_no_line(name, pieces, reads, others):
    """Wherever reads end, of a message over the bound the head is a line, and a forged rest is nothing."""
    forged = b"E2511-101500-123 (17): push_on_complete: code 903"

    def part(text: bytes, *, more: bool = False) -> bytes:
        if name == "cri":
            return cri(text, b"P" if more else b"F")
        partial = b',"CONTAINER_PARTIAL_MESSAGE":"true"' if more else b""
        return b'{"__REALTIME_TIMESTAMP":"1","PRIORITY":"6","MESSAGE":"%s"%s}\n' % (text, partial)

    data = part(b"head", more=True) + b"".join(part(b"z" * size, more=True) for size in pieces)
    data += part(forged) + part(b"next") * (others + 1)
    wrapped = Envelope((Layer(name),))
    held, inside, found = b"", "", []
    for size in [*reads, len(data)]:
        held, data = held + data[:size], data[size:]
        piece = envelope.cut(held, wrapped, 100, inside)
        held, inside = held[piece.consumed :], piece.inside
        found += [line.payload for line in envelope.unwrap(piece.data, wrapped)]
    assert (held, inside) == (b"", "")
    assert forged not in found
    assert [line for line in found if line == b"next"] == [b"next"] * (others + 1)
    assert sum(line.startswith(b"head") for line in found) == 1


def docker(log: str) -> bytes:
    return b'{"log":"%s\\n","stream":"stdout","time":"2026-11-25T10:00:00Z"}' % log.encode()


DOCKER = Envelope((Layer("docker"),))


@pytest.mark.parametrize(
    "torn", [b'{"log":"half', b'{"log":"half\0\0\0\0', b"\0\0\0", b'half\\n","stream":"stdout"', b'{"log":"a\\"{\\"log']
)
def test_a_torn_record_costs_one_record(torn):
    """The record that was written behind it on the same line is read."""
    data = docker("a") + b"\n" + torn + docker("b") + b"\n" + docker("c") + b"\n"
    lines = envelope.unwrap(envelope.cut(data, DOCKER, 65536).data, DOCKER)
    assert [line.payload for line in lines if not line.refused] == [b"a", b"b", b"c"]


def test_bytes_that_are_no_utf8_are_read_out_of_a_journal():
    """In JSON they are an array of numbers, in the export format bytes of a given length, newlines among them."""
    numbers = b'{"__REALTIME_TIMESTAMP":"1","MESSAGE":[69,255,10,66]}\n'
    assert read(numbers, Envelope((Layer("journal-json"),))) == [(b"E\xff", "1")]
    entry = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\nMESSAGE\n" + (5).to_bytes(8, "little") + b"E\xff\n\nB\n_PID=1\n\n"
    assert read(entry + entry, Envelope((Layer("journal-export"),))) == [(b"E\xff", "1")] * 2


def test_a_message_that_journalctl_left_out_is_an_empty_line():
    """An entry whose MESSAGE is null (over 4096 bytes without --all) is an empty line, and no error."""
    assert read(b'{"__REALTIME_TIMESTAMP":"1","MESSAGE":null}\n', Envelope((Layer("journal-json"),))) == [(b"", "1")]


@pytest.mark.parametrize(
    ("line", "payload"),
    [
        (b"\x1b[31mE2511-1 (1): push\x1b[0m", b"E2511-1 (1): push"),
        (b"\x1b[32mE2511-1 (1):\x1b[0m push", b"E2511-1 (1): push"),
        (b"\x1b[0;1;38:5:185m\x1b[0;1;39mE2511-1 (1): push\x1b[0m", b"E2511-1 (1): push"),  # journalctl of systemd 259
        (b"\x1b[32m\x1b[KE2511-1 (1):\x1b[m\x1b[K push\x1b[m\x1b[K", b"E2511-1 (1): push"),  # grep
        (b"E2511-1 (1): push\r", b"E2511-1 (1): push"),
        (b"E2511-1 (1): push\x1b[0m\r", b"E2511-1 (1): push"),
        (b"E2511-1 (1): push\x1b[31m code", b"E2511-1 (1): push\x1b[31m code"),
        (b"\x1b[31mE2511-1 (1): push \x1b[0mcode 903", b"E2511-1 (1): push \x1b[0mcode 903"),
        (b"\x1b[2JE2511", b"\x1b[2JE2511"),
        (b"a\rb", b"a\rb"),
    ],
)
def test_colours_and_returns_are_taken_off_around_a_line_alone(line, payload):
    """Inside it they are part of what was logged, perhaps by a user."""
    assert envelope.uncoloured(line) == payload
    assert envelope.uncoloured(line + b"\n" + line + b"\n") == (payload + b"\n") * 2


COLOURED = st.lists(
    st.sampled_from(
        [b"\x1b[0m", b"\x1b[0;32m", b"\x1b[m", b"\x1b[", b"\x1b", b"m", b"E2511-1:", b" ", b"\r", b"x" * 64]
    )
)


@given(st.lists(COLOURED.map(b"".join), min_size=1, max_size=6))
def test_a_line_loses_the_same_colours_among_others_as_alone(lines):
    """Removing equal colours from many lines at once gives the same as removing them from each."""
    assert envelope.uncoloured(b"\n".join(lines)) == b"\n".join(map(envelope.uncoloured, lines))
