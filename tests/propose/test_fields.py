# ruff: noqa: E501  log lines are as long as they are
"""Which platform and which reason a proposed grammar reads, in ways that no list of words knows."""

import json
import random
from datetime import UTC

import pytest

from logwatch.catalogue import Catalogue
from logwatch.parse import Scanner, load
from logwatch.propose import propose
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
