"""What is read from a call, and what is kept of one that is not understood."""

import contextlib
import json
import sys
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatch.errors import ConfigError
from logwatch.model import Call
from logwatch.webhook.fields import against_samples
from logwatch.webhook.fields import load as load_fields
from logwatch.webhook.paths import parse
from logwatch.webhook.read import NotACall, WrongSecret, read
from logwatch.webhook.shape import LONGEST, shape

NOW = 1_795_000_000.0
FIELDS = load_fields()


def body(*events, **envelope):
    return json.dumps(
        {"server": "mesibo", "id": 15, "v": 2, "aid": 6035, "ts": 1_794_999_999_123, "events": events} | envelope
    )


def told(*events, **envelope):
    return read(body(*events, **envelope).encode(), FIELDS, now=NOW)


def push(**fields):
    return {"type": "push", **fields}


def test_the_shipped_paths_read_their_samples():
    """Every sample of the shipped file yields what it must."""
    assert list(against_samples(FIELDS)) == []


@pytest.mark.parametrize(
    ("response", "code", "platform", "reason"),
    [
        pytest.param({"code": 403, "reason": "ExpiredProviderToken"}, 403, "apns", "ExpiredProviderToken", id="apns"),
        pytest.param(
            {"code": "410", "body": '{"reason":"Unregistered"}'}, 410, "apns", "Unregistered", id="text in it"
        ),
        pytest.param(
            {"code": 410, "bodies": ['{"reason":"Unregistered"}']}, 410, "apns", "Unregistered", id="texts in a list"
        ),
        pytest.param(
            '{"code": 404, "error": {"code": 404, "status": "NOT_FOUND"}}', 404, "fcm", "NOT_FOUND", id="a text"
        ),
        pytest.param(
            {"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401, "fcm", "UNAUTHENTICATED", id="fcm alone"
        ),
        pytest.param({"code": 903}, 903, "unknown", None, id="mesibo's own"),
        pytest.param({"code": -1, "reason": "has a blank +18005551234"}, -1, "apns", None, id="no word"),
    ],
)
def test_code_platform_and_reason_come_from_the_response(response, code, platform, reason):
    """An object or a string, the provider's own format at whatever depth."""
    (event,) = told(push(response=response)).events
    assert (event.code, event.platform) == (code, platform)
    assert (event.reasons or (None,))[0] == reason


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        pytest.param(push(), "no_code", id="nothing in it"),
        pytest.param(push(response={"code": True}), "no_code", id="a boolean"),
        pytest.param(push(response={"code": 4.03}), "no_code", id="a fraction"),
        pytest.param(push(response={"code": 10**9}), "no_code", id="too large"),
        pytest.param(push(response="code 403"), "no_code", id="prose"),
        pytest.param(push(request={"code": 403}), "no_code", id="a code of the request"),
        pytest.param(push(response={"a": {"error": {"code": 1}}, "b": {"error": {"code": 2}}}), "ambiguous", id="two"),
        pytest.param({"type": "message", "response": {"code": 403}}, "other_type", id="another type"),
        pytest.param({"response": {"code": 403}}, "unreadable", id="without a type"),
        pytest.param(["push"], "unreadable", id="a list"),
        pytest.param(None, "unreadable", id="null"),
    ],
)
def test_what_is_no_push_result_is_counted_by_cause(event, cause):
    """Nothing is guessed, and nothing is dropped in silence."""
    call = told(event)
    assert (call.events, call.outcomes) == ([], {cause: 1})


def test_a_call_without_a_list_of_events_is_unreadable_as_a_whole():
    """It is counted once, and how it is built is kept."""
    call = read(b'{"events": 5, "secret": "x"}', FIELDS, now=NOW)
    assert (call.outcomes, call.shapes) == ({"unreadable": 1}, [("unreadable", "{events: <num>, secret: <str>}")])


def test_every_event_of_a_call_is_taken_and_each_has_a_key_of_its_own():
    """A batch is as good as calls of one event."""
    call = told(*[push(response={"code": 403})] * 300)
    assert len({event.key for event in call.events}) == 300


def test_a_call_that_comes_again_has_the_same_keys_in_both_versions():
    """Version 1 numbers nothing: there the same millisecond needs the same content too."""
    one, other = push(response={"code": 403}, user="a"), push(response={"code": 403}, user="b")
    assert told(one, id=0).events[0].key == told(one, id=0).events[0].key != told(other, id=0).events[0].key
    assert told(one).events[0].key == told(other).events[0].key != told(one, id=16).events[0].key
    assert told(one, id=0, ts=None).events[0].key is None


@pytest.mark.parametrize("ts", [None, "1794999999123", 12.5, True, -5, 0, 10**30, round((NOW + 90_000) * 1000)])
def test_a_stamp_that_can_be_no_time_is_none(ts):
    """A stamp that cannot be the time of a push dates none."""
    assert told(push(response={"code": 403}), ts=ts).events[0].at is None


@pytest.mark.parametrize("given", ["wrong", "", None, 5, "s" * 16 + "x", "\ud800"])
def test_without_the_secret_nothing_is_read(given):
    """The secret of the body decides, whatever its type."""
    text = msgspec.json.encode({"secret": given}) if given != "\ud800" else b'{"secret": "\\ud800"}'
    with pytest.raises((WrongSecret, NotACall)):
        read(text, FIELDS, secret=b"s" * 16, now=NOW)
    assert read(b'{"secret": "ssssssssssssssss", "events": []}', FIELDS, secret=b"s" * 16, now=NOW) == Call()


def test_a_shape_has_names_and_types_and_no_value():
    """A shape leaves out keys that name users, and all values."""
    event = push(user={"+18005551234": 1, "ada@example.com": [1, 2]}, a='{"reason": "Gone"}', b=None, c=1.5, d=False)
    assert shape(event) == (
        "{type: <str>, user: {<key>: <num>, <key>: [<num>, …]}, a: <json {reason: <str>}>, b: null, c: <num>,"
        " d: <bool>}"
    )


@pytest.mark.parametrize(
    ("depth", "inner", "text"),
    [
        (6, {"a": [1]}, "{a: [<num>]}"),
        (7, {"a": [1]}, "{a: […]}"),
        (8, {"a": [1]}, "{…}"),
        (8, [1], "[…]"),
        (8, '{"a": 1}', "<str>"),
        (0, "5", "<str>"),
        (0, "[5, 5]", "<json [<num>, …]>"),
        (0, "{", "<str>"),
    ],
)
def test_a_shape_goes_only_so_deep_and_into_json_alone(depth, inner, text):
    """A text that is a number is a text; whatever is deeper than eight levels is left out."""
    for _ in range(depth):
        inner = {"x": inner}
    assert shape(inner) == "{x: " * depth + text + "}" * depth


@pytest.mark.parametrize(("last", "length", "end"), [(16, 599, "}"), (17, 600, "}"), (18, 600, "…"), (30, 600, "…")])
def test_a_shape_has_a_bound(last, length, end):
    """A longer one is cut, and says so."""
    told = shape(dict.fromkeys([*(each * 32 for each in "abcdefghijklmn"), "z" * last], ""))
    assert (len(told), told[-1]) == (length, end)


def test_a_file_of_an_operator_adds_paths_and_samples(tmp_path):
    """Paths of one's own come first; a sample that yields something else is reported with its place."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'code = ["result.status"]\n[[sample]]\nevent = \'{"type": "push", "result": {"status": 403}}\'\n'
        "expect = {code = 404}\n"
    )
    fields = load_fields(file)
    (problem,) = against_samples(fields)
    assert f"{file}: sample 1" in str(problem)
    assert fields.find({"type": "push", "result": {"status": 403}}).codes == (403,)
    assert fields.find({"type": "push", "response": {"code": 404}}).codes == (404,)


@pytest.mark.parametrize(
    ("event", "expect", "told"),
    [
        ("{", "{}", "its event is not JSON"),
        ('{"type": "push", "response": {"code": 410}}', "{}", "yields code (410,): nothing was expected"),
        ('{"type": "push", "response": {}}', "{}", None),
        ("[]", "{}", None),
    ],
)
def test_a_sample_is_one_event_and_may_be_one_that_yields_nothing(tmp_path, event, expect, told):
    """What is expected of it is all that it may yield."""
    file = tmp_path / "mine.toml"
    file.write_text(f"[[sample]]\nevent = '{event}'\nexpect = {expect}\n")
    assert [told in str(problem) for problem in against_samples(load_fields(file))] == [True] * (told is not None)


def test_a_value_of_another_kind_makes_way_for_the_next_path(tmp_path):
    """A code is a number, or written as one; a user is a text, or a number, and neither empty nor endless."""
    file = tmp_path / "mine.toml"
    file.write_text('user = ["a[]", "b"]\ncode = ["x[]"]\n')
    fields = load_fields(file)
    for strange in (True, "", "u" * 513, None, 1.5, {}):
        assert fields.find({"a": [strange, 7], "b": "no"}).user == "7"
        assert fields.find({"a": [strange], "b": "u" * 512}).user == "u" * 512
    assert fields.find({"x": ["abc", "1234567", 1_000_000, True, 4.5, None, "-7", 999_999]}).codes == (-7, 999_999)


@pytest.mark.parametrize(
    "text",
    ["code = 5", 'code = ["a b"]', "# \u00fc", 'codes = ["a"]', "code = [", "[[platform]]\nis = 'x'\npaths = []"],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path, text):
    """The error says where, what and why, as for any setting."""
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        load_fields(file)


def test_every_mistake_in_a_file_of_paths_has_its_line(tmp_path):
    """One look at the message is enough to mend the file."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'code = ["a b"]\ncods = []\n[[platform]]\nis = "x"\npaths = ["c.d", "."]\n[[sample]]\nevent = "{}"\n'
    )
    with pytest.raises(ConfigError) as told:
        load_fields(file)
    assert [problem.where.removeprefix(f"{file}:") for problem in told.value.problems] == [
        "1: code",
        "2: cods",
        "4: the first [[platform]]: is",
        "5: the first [[platform]]: paths",
        "6: the first [[sample]]: expect",
    ]


@pytest.mark.parametrize("text", ["", ".", "a.", "a..b", "a[0]", "a b", "***", "a.[]"])
def test_what_is_no_path_is_refused(text):
    """A typing error is not a path that never matches."""
    with pytest.raises(ValueError, match="is not a path"):
        parse(text)


def nested(depth, opener=b'{"a":', closer=b"}"):
    return b'{"events":[{"type":"push","response":' + opener * depth + b"1" + closer * depth + b"}]}"


HOSTILE = {
    "deep nesting": [
        nested(depth, *pair) for depth in (30, 100, 900, 5000, 40_000) for pair in ((b'{"a":', b"}"), (b"[", b"]"))
    ]
    + [b'{"events":[{"type":"push","response":"%b"}]}' % (b"[" * 40_000)],
    "huge numbers": [
        b'{"events":[{"type":"push","response":{"code":%b}}],"ts":%b,"id":%b}' % (n, n, n)
        for n in (
            b"1" * 40,
            b"9" * 4000,
            b"1e999",
            b"-1e999",
            b"1" * 200_000,
            b"0.%b1" % (b"0" * 1000),
            b"-0",
            b"1e5",
            b"18446744073709551616",
            b"-9223372036854775809",
        )
    ],
    "duplicate keys": [
        b'{"events":[{"type":"push",%b"response":{"code":1}}]}' % (b'"response":{"code":403},' * many)
        for many in range(1, 11)
    ],
    "broken UTF-8": [
        b'{"events":[{"type":"push","user":"' + junk + b'","response":{"code":403}}]}'
        for junk in (
            b"\xff",
            b"\xc3",
            b"\xed\xa0\x80",
            b"\xf8\x88",
            b"\x80" * 9,
            b"\0",
            b"\\ud800",
            b"\\udfff\\ud800",
            b"\xfe\xff",
            b"\\u0000",
        )
    ],
    "wrong types": [
        json.dumps(value).encode()
        for value in (
            [],
            5,
            None,
            "x",
            {"events": {}},
            {"events": 5},
            {"events": [[], 5, "x", None, {}]},
            {"events": [{"type": 5}]},
            {"events": [push(response=[[]], user=[], token={})], "aid": [], "id": {}, "ts": []},
            {"events": None},
        )
    ],
    "as many events as fit": [
        b'{"events":[' + b",".join([each] * ((250 << 10) // (len(each) + 1))) + b"]}"
        for each in (
            b"{}",
            b"1",
            b"[]",
            b'""',
            b'{"type":"push"}',
            b'{"type":"x"}',
            b'{"type":"push","response":{"code":403}}',
            b'{"type":"push","response":"{}"}',
            b"null",
            b'{"type":"push","request":[[[]]]}',
        )
    ],
    "wide and repeated": [
        b'{"events":[{"type":"push","response":{%b}}]}' % b",".join(b'"k%d":%b' % (i, each) for i in range(9000))
        for each in (
            b"1",
            b"{}",
            b'"{"',
            b'"[[]]"',
            b'{"error":{}}',
            b'{"reason":1}',
            b'{"code":1}',
            b'{"error":{"code":403}}',
            b"[]",
            b"null",
        )
    ],
}


@pytest.mark.parametrize(("kind", "each"), [(kind, i) for kind, many in HOSTILE.items() for i in range(len(many))])
def test_a_hostile_body_costs_bounded_time_and_no_crash(kind, each):
    """Ten of each kind: read, or refused with a reason, within little CPU and with bounded leftovers."""
    text = HOSTILE[kind][each][: 256 << 10]
    began = time.process_time()
    call = Call()
    with contextlib.suppress(NotACall):
        call = read(text, FIELDS, now=NOW)
    assert len(call.shapes) <= 20
    assert all(len(text) <= LONGEST for _, text in call.shapes)
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    "text",
    [b"caf\xc3", b"\xf0\x9f\x98", b"gr\xfc\xdf", rb"\ud83d", rb"\\ \udc00 \ud83d\ude00"],
    ids=["UTF-8 cut in two", "in four", "Latin-1", "UTF-16 cut in two", "the second half"],
)
def test_a_text_that_was_cut_within_a_character_costs_no_event(text):
    """What a user wrote is in the request: none of its bytes takes the result away from the call, nor its secret."""
    body = b'{"secret":"k","events":[{"type":"push","user":"u","request":"' + text + b'","response":{"code":410}}]}'
    (event,) = read(body, FIELDS, secret=b"k", now=NOW).events
    assert (event.code, event.user) == (410, "u")


@pytest.mark.parametrize(
    "event",
    [
        push(response={"code": 410}),
        push(user={"uid": 4711, "address": "+18005551234"}, token="00ff", request={"aps": {}}, response={"code": 410}),
        json.loads(FIELDS.samples[1][1].event),
    ],
    ids=["the least", "more", "a whole one of Google's"],
)
def test_every_event_of_the_largest_call_is_taken(event):
    """The bound on values allows as many events as a call's size allows."""
    each = json.dumps(event, separators=(",", ":")).encode()
    many = ((256 << 10) - 20) // (len(each) + 1)
    call = read(b'{"events":[' + b",".join([each] * many) + b"]}", FIELDS, now=NOW)
    assert (len(call.events), call.outcomes) == (many, {})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["push", "{", "[]", '{"code": 403}']),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "response",
                    "request",
                    "code",
                    "error",
                    "reason",
                    "status",
                    "details",
                    "errorCode",
                    "user",
                    "uid",
                    "token",
                    "aid",
                    "message",
                    "aps",
                    "body",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    events=st.lists(JSON, max_size=5),
    envelope=st.dictionaries(st.sampled_from(["aid", "id", "ts", "v", "secret"]), JSON),
)
def test_every_event_of_whatever_is_sent_is_accounted_for_once(events, envelope):
    """Results and others add up to what came, and what is read twice has the same keys."""
    text = msgspec.json.encode({**envelope, "events": events})
    call = read(text, FIELDS, now=NOW)
    assert len(call.events) + call.outcomes.total() == len(events)
    assert [event.key for event in read(text, FIELDS, now=NOW).events] == [event.key for event in call.events]
    assert sys.getsizeof(call.shapes) < 10_000


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_call_or_refused(data):
    """No other exception ever leaves the reader."""
    with contextlib.suppress(NotACall):
        read(data, FIELDS, now=NOW)
