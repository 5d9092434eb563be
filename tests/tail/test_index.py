"""What files have in common with generations is asked by an index: as is decided if all pairs are compared."""

import gzip
import os
import random
from collections import defaultdict
from dataclasses import replace

import pytest

from logwatch.model import Position
from logwatch.tail import apply
from logwatch.tail.fingerprint import HEAD_BYTES, LINE_BYTES, add_marks, fingerprint_head, fingerprint_tail
from logwatch.tail.reconcile import reconcile
from logwatch.tail.survey import Survey
from tests.helpers.recorder import Follower

FRONTS = ("", "", "", "0", "O")
BANNERS = ("", "", "x", "b", "B", "H")
BLOCKS = {"0": b"\0" * 100, "O": b"\0" * 5000, "x": b"x"}
BLOCKS |= {block: b"licensed to nobody\n" * count for block, count in (("b", 1), ("B", 20), ("H", 300))}
BLOCKS |= {str(n): b"".join(b"E2511-10111%d-%03d (1): line\n" % (n, m) for m in range(6)) for n in range(1, 4)}
NAMES = ("m.log", "m.log.1", "m.log.2", "m.log.3.gz", "m.log.4.gz", "m.log.5", "m.log~kept")
STATES = ("live", "rotated", "rotated", "done", "done", "ignored", "ignored")
NOW = 1_700_000_000


def few_contents(rng):
    """Return contents that begin alike, are parts of each other, or have the same lines behind others."""
    first = rng.choice(FRONTS) + rng.choice(BANNERS)
    pool = ["".join((first, *rng.choices("123", k=rng.randrange(3)))) for _ in range(2)]
    pool += [pool[0] + rng.choice("123"), rng.choice(BANNERS) + pool[1].lstrip("0O")]
    found = [b"".join(BLOCKS[block] for block in blocks) for blocks in rng.sample(pool, rng.randrange(1, 4))]
    return [*found, found[0][: rng.choice((1, 100, 4000))]]


def position(number, directory, name, content, share, state):
    """Return what is known of a generation of which so many thirds were read, in whole lines."""
    head = content.lstrip(b"\0")[:HEAD_BYTES]
    begin = len(content) - len(content.lstrip(b"\0"))
    thirds = {"ignored": 0, "done": 3}.get(state, share)
    offset = content.rfind(b"\n", begin, begin + (len(content) - begin) * thirds // 3) + 1
    read = content[:offset]
    tail_bytes, tail = fingerprint_tail(read[-HEAD_BYTES:], lambda line: line.startswith(b"E"))
    there = os.stat(directory / name) if name else None
    return Position(
        generation=number,
        source="mesibo",
        path=str(directory / "m.log"),
        device=there.st_dev if there else 0,
        inode=there.st_ino if there else 0,
        head_bytes=len(head),
        head=fingerprint_head(head) or bytes(8),
        offset=offset,
        tail_bytes=tail_bytes,
        tail=tail,
        size=len(content) if head else 0,
        state=state,
        found_at=str(directory / name) if name and state != "live" else "",
        marks=add_marks(b"", 0, b"", read, offset) if offset else b"",
    )


def with_all_pairs(survey, found):
    """Return what is found if each file is compared with each generation: at the path, what begins with its line."""
    survey.found = told = replace(
        found,
        answers=dict(found.answers),
        parts=defaultdict(set, {i: set(some) for i, some in found.parts.items()}),
        own_parts=defaultdict(set, {i: set(some) for i, some in found.own_parts.items()}),
        common=dict(found.common),
    )
    for known in survey.known:
        for i, file in enumerate(found.candidates):
            beginning = fingerprint_head(file.head[: LINE_BYTES + 1])[-8:]
            alike = i != found.at_path or beginning == known.position.head[16:24]
            if alike and (known.number, i) not in told.answers and i not in found.anothers:
                survey._ask_one(known, i)
    return told


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_what_is_decided_by_an_index_is_what_is_decided_by_all_pairs(tmp_path, monkeypatch, first):
    """A plan made by an index of common bytes is the plan that comparing all pairs gives."""
    surveys, find, decided = [], Survey.find, []

    def compared(view, known, found):
        plans = [reconcile(view, known, each) for each in (found, with_all_pairs(surveys[-1], found))]
        decided.append([(plan.actions, plan.copy_of, plan.news, plan.again) for plan in plans])
        return plans[0]

    monkeypatch.setattr(Survey, "find", lambda survey: surveys.append(survey) or find(survey))
    monkeypatch.setattr(apply, "reconcile", compared)
    for seed in range(first, first + 100):
        look_at(tmp_path / str(seed), random.Random(seed))
        assert [by_index for by_index, _ in decided] == [by_pairs for _, by_pairs in decided], seed
        decided.clear()


def look_at(directory, rng):
    """Make files, and generations that were read of what is in them, or lay elsewhere, and start."""
    directory.mkdir()
    pool, punched = few_contents(rng), rng.choice((0, 0, 300))
    names = rng.sample(NAMES, rng.randrange(1, 6))
    lies = rng.sample([*names, "", "", ""], rng.randrange(1, min(len(names) + 3, 6)))
    for n, name in enumerate(names):
        data = rng.choice(pool)
        if name not in lies:  # what lies in a file that is punched is known by its inode
            data = b"\0" * min(punched, len(data)) + data[punched:]
        (directory / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        os.utime(directory / name, (NOW + n, NOW + n))
    follower = Follower(directory / rng.choice(("m.log", "m.log*")))
    follower.tail.close()
    live = False
    for number, name in enumerate(lies, 1):
        state = rng.choice(STATES)
        state, live = "rotated" if live and state == "live" else state, live or state == "live"
        follower.sink.position(position(number, directory, name, rng.choice(pool), rng.randrange(4), state))
    follower.sink.generation = len(lies)
    follower.start()
    follower.turn()
    follower.tail.close()
