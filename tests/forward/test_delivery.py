import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from logwatch.forward.delivery import Delivered, Later, Unacceptable, judge, pause

A_PAGE = "HTTP 200 with an HTML page: a login page, or the wrong path?"
NOW = 1_795_600_000.0  # Wed, 25 Nov 2026 09:46:40 GMT


@pytest.mark.parametrize(
    ("status", "headers", "answer", "verdict"),
    [
        (204, {}, b"", Delivered()),
        (200, {}, b"{}", Delivered()),
        (200, {}, b"ok", Delivered()),
        (200, {"Content-Type": "application/json"}, b"{}", Delivered()),
        (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>Log in", Later(A_PAGE)),
        (200, {"Content-Type": "text/html; charset=utf-8"}, b"ok", Delivered()),
        (200, {"Content-Type": "text/html; charset=utf-8"}, b"", Delivered()),
        (200, {"Content-Type": "application/xml"}, b"<ok/>", Delivered()),
        (200, {}, b'{"partialSuccess":{}}', Delivered()),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"old"}}', Delivered(3, "old")),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":2}}', Delivered(2)),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":2.0,"errorMessage":null}}', Delivered(2)),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":null,"errorMessage":"old"}}', Delivered(0, "old")),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":"many"}}', Delivered()),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":[1]}}', Delivered()),
        (200, {}, b'{"partialSuccess":{"rejectedLogRecords":1e999}}', Delivered()),
        (200, {}, b'{"other":' + b"[" * 100_000, Delivered()),
        (400, {}, b"entry too far behind", Unacceptable("HTTP 400 entry too far behind")),
        (400, {"Location": "https://loki/"}, b"", Unacceptable("HTTP 400")),
        (
            400,
            {},
            b"oldest acceptable timestamp is: soon",
            Unacceptable("HTTP 400 oldest acceptable timestamp is: soon"),
        ),
        (400, {}, b"\xff" * 300, Unacceptable("HTTP 400 " + "\ufffd" * 200)),
        (200, {}, b"\n\5\x08\2\x12\1\xff", Delivered(2, "\ufffd")),
        (413, {}, b"", Unacceptable("HTTP 413")),
        (422, {}, b"", Unacceptable("HTTP 422")),
        (401, {}, b"no org id", Later("HTTP 401 no org id")),
        (404, {}, b"", Later("HTTP 404")),
        (302, {}, b"", Later("HTTP 302")),
        (
            301,
            {"Location": "https://loki/push"},
            b"<html>Moved",
            Later("HTTP 301 leads to https://loki/push, and no redirect is followed"),
        ),
        (429, {"Retry-After": "7"}, b"", Later("HTTP 429", 7.0)),
        (503, {"Retry-After": "Wed, 25 Nov 2026 09:47:10 GMT"}, b"", Later("HTTP 503", 30.0)),
        (503, {"Retry-After": "Wed, 25 Nov 2026 09:00:00 GMT"}, b"", Later("HTTP 503", 0.0)),
        (503, {"Retry-After": "soon"}, b"", Later("HTTP 503")),
        (503, {"Retry-After": "\u00b2"}, b"", Later("HTTP 503")),
        (503, {"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, b"", Later("HTTP 503")),
        (503, {"Retry-After": "Mon, 01 Jan 2030 00:00:00 +99999999999999"}, b"", Later("HTTP 503")),
        (500, {}, b"", Later("HTTP 500")),
    ],
)
def test_an_answer_is_judged_by_the_protocols_rules(status, headers, answer, verdict):
    """Success, partial success, a request that will never be taken, and everything that is tried again."""
    assert judge(status, headers, answer, NOW) == verdict


TOO_OLD = (
    b"entry for stream '{a=\"b\"}' has timestamp too old: 2026-11-01T00:00:00Z, oldest acceptable timestamp is: %b\n"
)
TOO_LATE = (
    b"entry with timestamp 2026-11-01 00:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: "
    b"2026-11-01T00:00:00Z, oldest acceptable timestamp is: %b',\nuser 'fake', total ignored: 2 out of 3 for stream: {}"
)
WEEK, HOUR = b"2026-11-25T09:46:40Z", b"2026-11-25T08:46:40Z"


@pytest.mark.parametrize("answer", [TOO_OLD % WEEK, TOO_LATE % WEEK, TOO_OLD % WEEK + TOO_LATE % HOUR])
def test_the_time_before_which_loki_takes_nothing_is_read(answer):
    """What Loki says of entries that are too old, or too far behind the newest of their stream: the latest time."""
    verdict = judge(400, {}, answer, NOW)
    assert isinstance(verdict, Unacceptable)
    assert verdict.oldest == NOW


@given(st.integers(0, 2**63 - 1), st.text(max_size=300))
def test_a_partial_success_in_protobuf_is_read(rejected, why):
    """Some answer a request in JSON with protobuf, and call that JSON: what they rejected is counted all the same."""
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records, answer.partial_success.error_message = rejected, why
    told = judge(200, {"Content-Type": "application/json"}, answer.SerializeToString(), NOW)
    assert told == (Delivered(rejected, why) if rejected else Delivered())


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e9), st.floats(0, 1))
def test_every_pause_is_bounded(failures, after, chance):
    """Whatever a destination asks for, and however often it failed, the wait is half a second to ten minutes."""
    assert 0.5 <= pause(failures, after, chance) <= 600


@pytest.mark.parametrize(("after", "seconds"), [(0.0, 1), (90.0, 90), (601.0, 600), (float("9" * 400), 600)])
def test_a_destination_that_names_a_pause_gets_it(after, seconds):
    """However often it failed: between a second and ten minutes, without a share of chance."""
    assert [pause(failures, after, 0.0) for failures in (1, 9)] == [seconds, seconds]


def test_pauses_double_until_a_minute():
    """Without a wish of the destination's the pause grows from one second to sixty."""
    assert [pause(failures, None, 1.0) for failures in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]
