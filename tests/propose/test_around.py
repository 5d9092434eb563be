"""What is taken for an envelope before any grammar knows how lines begin, and what is the dialect's own beginning."""

import json
import random
from collections import Counter
from datetime import UTC

import pytest

from logwatch import envelope
from logwatch.catalogue import Catalogue
from logwatch.model import Envelope, Layer
from logwatch.parse import Scanner, load
from logwatch.propose import around, propose, unwrapped
from tests.helpers import dialects
from tests.helpers.grammars import write_grammar

MARKER = b"push_on_complete"


def nanoseconds(push):
    return push.at.strftime("%Y-%m-%dT%H:%M:%S.") + "000000123Z"


def day(push):
    return push.at.strftime("%b %d %H:%M:%S")


def record(push, line):
    return json.dumps({"log": line + "\n", "stream": "stdout", "time": nanoseconds(push)}, separators=(",", ":"))


AROUND = {
    "docker": record,
    "docker-timestamps": lambda push, line: f"{nanoseconds(push)} {line}",
    "compose": lambda _, line: f"mesibo-1  | {line}",
    "cri": lambda push, line: f"{nanoseconds(push)} stdout F {line}",
    "syslog": lambda push, line: f"{day(push)} chat1 mesibo[812]: {line}",
    "journal-short+compose": lambda push, line: f"{day(push)}.000123 chat1 docker-compose[9]: mesibo-1  | {line}",
}
PAYLOADS = {
    "a beginning of its own": lambda push: f"{push.blank} [push] push_on_complete uid={push.uid} rc={push.code}",
    "none": lambda push: f"push_on_complete rc={push.code} uid={push.uid}",
}


def log(write, seed=0, count=60):
    return [(push, write(push)) for push in dialects.pushes(random.Random(seed), count)]


def reading(directory, lines):
    """Propose a grammar, and load it as the daemon would."""
    made = propose(lines, "x", MARKER.decode(), Catalogue.load())
    write_grammar(directory, "x", made.grammar, made.samples)
    return Scanner(load("x", [directory]), timezone=UTC)


@pytest.mark.parametrize("kind", AROUND)
@pytest.mark.parametrize("begin", PAYLOADS)
def test_a_grammar_is_learnt_for_what_is_in_the_envelope(kind, begin, tmp_path):
    """The grammar is the same as from bare lines, and by it the daemon detects the envelope and counts each line."""
    bare = log(PAYLOADS[begin])
    data = "".join(AROUND[kind](push, line) + "\n" for push, line in bare).encode()
    found = around(data, MARKER)
    assert envelope.label(found) == kind
    lines = [line.payload for line in unwrapped([data[:1000], data[1000:]], found, 65536) if not line.refused]
    assert lines == [line.encode() for _, line in bare]
    scanner = reading(tmp_path, lines)
    decided = envelope.settled(data, scanner.owns)
    assert envelope.label(decided) == kind
    scan = scanner.scan(data, envelope=decided, reference=0.0)
    assert sum(seen.count for seen in scan.results.values()) == len(bare)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda p: f"{p.iso} INFO push[{p.tid}]: push_on_complete rc={p.code}", id="a level is no host"),
        pytest.param(lambda p: f"{p.iso} push: push_on_complete rc={p.code}", id="a module is no program"),
        pytest.param(lambda p: f"{p.iso} push_on_complete: rc={p.code}", id="the marker is no program"),
        pytest.param(lambda p: f"{day(p)} <{p.tid}> push_on_complete(rc={p.code})", id="a time as syslog writes it"),
        pytest.param(lambda p: f"{p.iso} | INFO | push_on_complete | {p.code}", id="a time is no service"),
        pytest.param(lambda p: f"{p.mid} | push_on_complete | {p.code}", id="a number is no service"),
        pytest.param(lambda p: f"{p.code // 100} | push_on_complete | {p.mid}", id="a few numbers are no services"),
        pytest.param(lambda p: f"ERROR | push_on_complete | {p.code}", id="a level is no service"),
        pytest.param(lambda p: f"user{p.mid} | push_on_complete | {p.code}", id="too many names for services"),
        pytest.param(lambda p: json.dumps({"time": p.iso, "log": "push_on_complete", "rc": p.code}), id="an object"),
    ],
)
def test_a_dialects_own_beginning_is_no_envelope(write):
    """What looks a little like syslog's or compose's front stays in the grammar's prefix."""
    data = "".join(line + "\n" for _, line in log(write)).encode()
    assert around(data, MARKER) == Envelope()


@pytest.mark.parametrize("fronted", [lambda i: i % 5 == 0, lambda i: i % 5 > 0], ids=["few", "most"])
def test_a_users_line_does_not_bring_an_envelope_along(fronted):
    """Some lines with a front that others lack, be it ever so well made, are no reason to take one off."""
    bare = [line for _, line in log(PAYLOADS["a beginning of its own"])]
    lines = [f"mesibo-1  | {line}" if fronted(i) else line for i, line in enumerate(bare)]
    assert around("".join(line + "\n" for line in lines).encode(), MARKER) == Envelope()


def test_the_configured_envelope_is_taken_at_its_word():
    """With `envelope = "compose"`, lines are taken to be compose's without weighing."""
    data = "".join(f"info | {line}\n" for _, line in log(PAYLOADS["none"])).encode()
    assert around(data, MARKER) == Envelope()
    assert around(data, MARKER, "compose") == Envelope((Layer("compose"),))


def test_a_body_is_joined_where_nothing_stands_in_front_of_the_marker(tmp_path):
    """Only a line that begins with the marker is mesibo's own then; the lines of an answer below give the reason."""
    pushes = list(dialects.pushes(random.Random(3), 60))
    bodies = [f'{{\n  "reason": "{p.reason}"\n}}' if p.platform == "apns" and p.reason else "{}" for p in pushes]
    data = "".join(
        f"push_on_complete code={push.code} platform={push.platform} answer={body}\n"
        for push, body in zip(pushes, bodies, strict=True)
    ).encode()
    lines = [line for line in data.split(b"\n") if MARKER in line]
    scanner = reading(tmp_path, lines)
    results = scanner.scan(data, envelope=envelope.settled(data, scanner.owns), reference=0.0).results
    told = Counter({key.reason: seen.count for key, seen in results.items() if key.reason})
    assert told == Counter(p.reason for p in pushes if p.platform == "apns" and p.reason)
