# ruff: noqa: E501  log lines are as long as they are
"""Which platform and which reason a proposed grammar reads, in ways that no list of words knows."""

import json
import random
from datetime import UTC

import pytest

from logwatch.catalogue import Catalogue
from logwatch.dialect.result import PLATFORM_WORDS
from logwatch.parse import Scanner, load
from logwatch.propose import fields, propose
from tests.helpers import dialects
from tests.helpers.grammars import write_grammar

CATALOGUE = Catalogue.load()


def behind(push, before, after):
    return f"{before}{push.reason}{after}" if push.reason else ""


def json_prov(p):
    body = {"ts": p.iso, "fn": "push_on_complete", "user": p.uid, "prov": p.platform, "rc": p.code, "ms": p.ms}
    return json.dumps(body | ({"whence": p.reason} if p.reason else {}))


WAYS = {
    "under a key of JSON that no list holds": json_prov,
    "under a word that no list holds": lambda p: (
        f"{p.iso} push_on_complete uid={p.uid} lane={p.platform} code={p.code}{behind(p, ' whence=', '')} ms={p.ms}"
    ),
    "a platform on its own, a reason before other fields": lambda p: (
        f"{p.iso} push: push_on_complete <{p.uid}> {p.platform} HTTP/2 {p.code}{behind(p, ' ', '')} token:{p.token} time:{p.ms}"
    ),
    "a reason in parentheses before free words": lambda p: (
        f"{p.iso} D/push({p.tid}) push_on_complete -> {p.code}{behind(p, ' (', ')')} for {p.uid} via {p.platform.upper()} in {p.ms} ms"
    ),
    "padded columns, the reason not right behind the code": lambda p: (
        f"{p.blank} push_on_complete   {p.uid:<16}{p.platform:<6}{p.code:<5}{p.ms:>6}  {p.reason or '-'}"
    ),
    "a level in colours": lambda p: (
        f"{p.iso} \x1b[{32 if p.code == 200 else 31}m{p.level}\x1b[0m push: push_on_complete uid={p.uid} dst={p.platform} code={p.code}{behind(p, ' reason=', '')}"
    ),
    "a sentence": lambda p: (
        f"{p.iso} push_on_complete: {p.platform} answered {p.code}{behind(p, ' (', ')')} to request {p.mid} of user {p.uid}"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_platforms_and_reasons_are_recognised_by_their_values(way, tmp_path):
    """Later lines of the dialect, too, count under their own platform and reason; other words are never a reason."""
    write = WAYS[way]
    made = propose(
        [write(push).encode() for push in dialects.pushes(random.Random(way), 60)], "x", "push_on_complete", CATALOGUE
    )
    write_grammar(tmp_path, "x", made.grammar, made.samples)
    scanner = Scanner(load("x", [tmp_path]), timezone=UTC)
    wrong = []
    for push in dialects.pushes(random.Random(f"later {way}"), 100):
        scan = scanner.scan(write(push).encode() + b"\n", envelope="plain", reference=0.0)
        read = [(key.platform, key.code, key.reason.strip("-")) for key in scan.results]
        if read != [(push.platform, push.code, push.reason)]:
            wrong.append((write(push), read))
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "values", "fits"),
    [
        ("user", ["4711", "4712"], True),
        ("user", ["-", "None", "0"], False),
        ("user", ["4711", "4711"], False),
        ("app", ["chat", "chat"], True),
        ("token", ["1", "2"], False),
        ("token", ["1", "12345678"], True),
        ("platform", ["fcm", "APNS", "-", "web"], True),
        ("platform", ["fcm", "web"], False),
        ("reason", ["ok", "Unregistered"], True),
    ],
)
def test_a_word_announces_what_its_values_can_be(name, values, fits):
    """What stands for nothing is left aside; a user differs from line to line, and no token is short."""
    assert fields.fit(name, values, frozenset({"unregistered"})) == fits


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["+18005551234", "-"], "user"),
        (["a@example.net", "None"], "user"),
        (["x" * 24, "y" * 24, "-"], "token"),
        (["x" * 24, "x" * 24], ""),
        (["x" * 24, "y" * 23], ""),
        (["-", "ok"], ""),
    ],
)
def test_a_column_shows_by_its_values_what_it_is(values, name):
    """Telephone numbers, mail addresses and long tokens are recognised, also where some lines have none."""
    assert fields.typed(values, frozenset(), behind=True) == name


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (["fcm", "-"], list(PLATFORM_WORDS)),
        (["FCM", "-"], [word.upper() for word in PLATFORM_WORDS]),
        (["Fcm", "apns", "-"], ["Fcm", "apns"]),
    ],
)
def test_words_for_platforms_are_spelt_as_they_were_seen(seen, words):
    """A way of writing that was seen holds for those that were not."""
    assert fields.spelt(seen) == words
