"""Lines that are objects: which ones are, and what is read of their members."""

import pytest

from logwatch.propose.codes import CatalogueWords
from logwatch.propose.objects import decode, learn

KNOWN = CatalogueWords(frozenset({200, 404, 410, 903}), frozenset({"unregistered"}))
CODES = (200, 410, 200, 903)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('push {"code": 410} ', ("push ", {"code": 410}, False)),
        ("push {'code': 410}", ("push ", {"code": 410}, True)),
        ('push {"code": 410} more', None),
        ('push {"code": 410}}', None),
        ("push {1: 410}", None),
        ("push {410}", None),
        ("push [410]", None),
        ("push " + "{'a':" * 500 + "1" + "}" * 500, None),
    ],
)
def test_a_line_is_an_object_if_all_of_its_end_is_one(line, found):
    """JSON, or a dict of Python with names for keys."""
    assert decode(line) == found


def learnt(*bodies, front=""):
    ((code, form), *_) = learn([(front, body, False) for body in bodies], "push", KNOWN)
    return code, form


def test_the_code_is_a_number_of_few_digits():
    """Neither true, which is 1 in Python, nor a text, nor a number as long as a user's."""
    code, _ = learnt(*({"event": "push", "uid": 4711000, "ok": True, "code": each} for each in CODES))
    assert (code.key, code.numbers) == ("code", [*CODES])
    code, _ = learnt(*({"event": "push", "code": each} for each in (*CODES, True, 2000000, "410")))
    assert code.values == (*CODES, None, None, None)


@pytest.mark.parametrize(
    ("values", "value", "open_end"),
    [
        (["push"] * 4, "push", False),
        (["push to Ada", "push to Bob", "push to kim", "push to zoe"], "push", True),
        (["on push"] * 39 + ["on push: Ada"], "on push: Ada"[:7], False),
        (["on push"] * 30 + ["on push: Ada"] * 10, "on push", True),
    ],
)
def test_a_value_that_goes_on_behind_the_marker_is_known_by_its_beginning(values, value, open_end):
    """Unless nearly all are the same."""
    _, form = learnt(*({"msg": each, "code": CODES[i % 4]} for i, each in enumerate(values)))
    assert (form.event, form.value, form.open_end) == ("msg", value, open_end)


@pytest.mark.parametrize("before", [True, False])
def test_whether_the_marker_comes_before_the_code_is_seen(before):
    """A grammar that is read from left to right has to know."""
    bodies = [{"event": "push", "code": each} if before else {"code": each, "event": "push"} for each in CODES]
    assert learnt(*bodies)[1].first is before
    assert (
        learnt(*bodies, {"code": 200, "event": "push"} if before else {"event": "push", "code": 200})[1].first is False
    )


def test_the_marker_in_front_of_most_objects_is_in_none():
    """A line with it inside stays unread."""
    bodies = [("push: ", {"code": each}, False) for each in CODES] + [("", {"event": "push", "code": 200}, False)]
    _, form = learn(bodies, "push", KNOWN)[0]
    assert (form.event, form.opener) == ("", ": ")
    _, form = learn(
        [*bodies[:2], *[("", {"event": "push", "code": each}, False) for each in CODES[:2]]], "push", KNOWN
    )[0]
    assert form.event == "event"


@pytest.mark.parametrize(
    ("times", "found"),
    [
        (["2026-11-22T10:15:00Z"] * 4, (True, False)),
        ([1795342500, 1795342501.5, 1795342502, 1795342503], (False, True)),
        (["1795342500", 1795342501, 1795342502, 1795342503], None),
        (["2026-11-22T10:15:00Z", "later", "later", "later"], None),
        (["soon"] * 4, None),
    ],
)
def test_a_time_is_read_if_every_object_writes_it_in_the_same_way(times, found):
    """As a text or as a number."""
    _, form = learnt(*({"event": "push", "time": at, "code": each} for at, each in zip(times, CODES, strict=True)))
    times = [(each.text, each.bare) for each in form.members if each.name == "timestamp"]
    assert times == ([] if found is None else [found])


def test_the_first_of_the_most_frequent_levels_is_the_level():
    """A number is none."""
    bodies = [{"event": "push", "lvl": "info", "severity": "low", "code": each} for each in CODES]
    bodies += [{"event": "push", "severity": "low", "code": 200}]
    assert [each.key for each in learnt(*bodies)[1].members if each.name == "level"] == ["severity"]
    assert learnt(*({"event": "push", "level": 30, "code": code} for code in CODES))[1].members == ()


def test_members_are_known_by_their_names_or_by_their_values():
    """GELF writes an underscore in front of what is not its own; a platform needs no known name."""
    bodies = [
        {"event": "push", "_uid": f"47{i}", "lane": ("fcm", "apns")[i % 2], "code": code, "whence": "Unregistered"}
        for i, code in enumerate(CODES)
    ]
    found = {each.name: each.key for each in learnt(*bodies)[1].members}
    assert found == {"user": "_uid", "platform": "lane", "reason": "whence"}
