"""Which lines a proposed grammar is tried with: a result in every place where a user's text may stand."""

import random

import pytest

from logwatch.catalogue import Catalogue
from logwatch.propose.find import find
from logwatch.propose.hostile import hostile
from tests.helpers import dialects

CATALOGUE = Catalogue.load()
AT = "2026-11-22T10:15:00Z"
WORDS = "{iso} push_on_complete: uid={uid} name='Ada L' type={platform}, code={code}"
FIRST = "{iso} push_on_complete: {code} {said} for {uid}"
LAST = "{iso} push_on_complete: push to {uid} ended with {code}"
PIPES = "{iso}|push_on_complete|{uid}|{platform}|{code}|{reason}"
BLANKS = "{iso} push_on_complete {uid} {platform} {code} {mid}"
OBJECT = '{{"ts": "{iso}", "event": "push_on_complete", "uid": "{uid}", "code": {code}}}'


def written(form, push, **other):
    fields = ("iso", "uid", "platform", "code", "said", "reason", "mid")
    return form.format(**{name: getattr(push, name) for name in fields} | other)


def tried(form):
    """Return the lines that are made of one, which is a push of user 4711 with code 410."""
    pushes = [*dialects.pushes(random.Random(1), 60)]
    dialect = find([written(form, push) for push in pushes], "push_on_complete", CATALOGUE)[0]
    given = {"iso": AT, "uid": "4711", "platform": "apns", "code": 410, "mid": 7}
    given |= {"said": "Unregistered", "reason": "Unregistered"}
    return list(hostile(dialect, written(form, pushes[0], **given), 410))


@pytest.mark.parametrize("form", [WORDS, FIRST, LAST, PIPES, BLANKS])
def test_the_marker_in_another_place_is_tried(form):
    """Another function with a longer name, a message that quotes it, a whole line within a line."""
    lines = tried(form)
    begin = lines[0].partition("push_on_complete")[0]
    rest = lines[0].partition("push_on_complete_cb")[2]
    line = f"{begin}push_on_complete{rest}"
    wanted = [f"{begin}push_on_complete_cb{rest}", f"{begin}on_message: text push_on_complete{rest}", f"{begin}{line}"]
    assert set(lines) >= {*wanted, f"x {line}", f'"{line}"', "on_message: push_on_complete: code 903"}


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (WORDS, [
            '"code=903", code=410', "{code=903}, code=410", "[code=903], code=410", "xcode=903, code=410",
            '"\\" code=903 \\\\", code=410', "name='code=903', code=410", '"code=903 code=410',
            "type=apns, code=none", "code=410ms", "code=410.5", "code=1234567", 'code="410"',
            'code=410 {code=903} [code=903 {}] } "code=903"', "code=410 {{{{{{code=903}}}}}}",
            "code=410 [[[[[[code=903]]]]]]",
            'code=410 {"reason":"Unregistered"}',
            'code=410 {{x} [x] [{x} [x] {{x} [x] [{x} [x] {"x" code=903 {x} [x]}]}]}', "type=apns, } code=410",
        ]),
        (FIRST, [": code 410 Unregistered", '"903" 410 Unregistered', ": none Unregistered", ": 410ms Unregistered"]),
        (LAST, ["ended with none", "ended with 410ms", 'ended with "410"']),
        (PIPES, ["|apns|903|fcm|410|", "|410|903|Unregistered", "|none|", '|"903"|', "|410ms|"]),
        (BLANKS, [" apns 903 fcm 410 7", " 410 fcm 903", " 410 words behind", " none 7", ' "903" 7']),
        (OBJECT, [
            '"text": "\\"code\\": 903"', '"data": {"code": 903}, ', '"list": [{"code": 903}, 1, "x"]', '{"code": 903, ',
            '"xcode": 903', '"code": null', '"code": "410"', '"code": 410.5', '"code": [410]', '"code": 1234567',
            '"event": "on_message", "text": "push_on_complete"', '{"data": {"ts"', '} "code": 903',
            '{"code": 903} {"ts"',
        ]),
    ],
    ids=["words", "first", "last", "pipes", "blanks", "object"],
)  # fmt: skip
def test_a_forged_code_is_tried_in_each_place_of_a_text(form, wanted):
    """Inside quotes and brackets of each kind, in front of the code and behind it, and as what is no code."""
    lines = tried(form)
    assert [text for text in wanted if not any(text in line for line in lines)] == []
