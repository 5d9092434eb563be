import json

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from logwatch.catalogue import Catalogue
from logwatch.forward.formats import Event, body
from logwatch.ledger.waiting import StoredFailure

FAILURE = StoredFailure(1_795_600_000.123, "mesibo", "fcm", "404", "UNREGISTERED", "7", "+49…21", "dEf…")


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


def event(catalogue, failure=FAILURE, name="ab-1"):
    return Event(name, failure, catalogue.entry(failure.platform, failure.code, failure.reason))


def test_loki_gets_few_labels_and_the_rest_as_metadata(catalogue):
    """A stream is what has few values; user, token and id are structured metadata, all of them texts."""
    sent = json.loads(body("loki", [event(catalogue)], "host-1"))
    (stream,) = sent["streams"]
    assert stream["stream"] == {
        "service_name": "mesibo-logwatch",
        "host": "host-1",
        "source": "mesibo",
        "platform": "fcm",
        "class": "token",
        "code": "404",
    }
    ((at, line, metadata),) = stream["values"]
    assert at == "1795600000123000000"
    assert metadata == {"id": "ab-1", "reason": "UNREGISTERED", "app": "7", "user": "+49…21", "token": "dEf…"}
    assert line.startswith("push failed: fcm 404 ")
    assert line.endswith("reason=UNREGISTERED app=7 user=+49…21 token=dEf… id=ab-1")


def test_loki_gets_one_stream_for_each_combination_of_labels(catalogue):
    """Failures of one kind share a stream, in the order of their commits."""
    events = [
        event(catalogue, FAILURE._replace(code=code, reason=""), f"ab-{i}")
        for i, code in enumerate(["404", "903", "404"])
    ]
    streams = json.loads(body("loki", events, "h"))["streams"]
    assert [[value[2]["id"] for value in stream["values"]] for stream in streams] == [["ab-0", "ab-2"], ["ab-1"]]


def test_what_a_failure_does_not_have_is_not_sent(catalogue):
    """A mesibo's own code has no reason, and a line may say neither app nor token."""
    bare = event(catalogue, FAILURE._replace(code="903", reason="", app="", token=""))
    (value,) = json.loads(body("loki", [bare], "h"))["streams"][0]["values"]
    assert value[1:] == [
        "push failed: fcm 903 mesibo_certificate_expired user=+49…21 id=ab-1",
        {"id": "ab-1", "user": "+49…21"},
    ]


@pytest.mark.parametrize(("code", "severity"), [("903", [21, "FATAL"]), ("404", [13, "WARN"])])
def test_otlp_gets_what_is_critical_as_fatal(catalogue, code, severity):
    """Fatal is what stops every push until somebody acts."""
    failure = FAILURE._replace(platform="apns" if code == "903" else "fcm", code=code, reason="")
    sent = json.loads(body("otlp", [event(catalogue, failure)], "h"))
    (record,) = sent["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert [record["severityNumber"], record["severityText"]] == severity


def test_otlp_gets_records_as_the_protocol_writes_them(catalogue):
    """64-bit integers are texts, keys lowerCamelCase (opentelemetry-proto, examples/logs.json)."""
    sent = json.loads(body("otlp", [event(catalogue)], "host-1"))
    (resource,) = sent["resourceLogs"]
    names = {a["key"]: a["value"]["stringValue"] for a in resource["resource"]["attributes"]}
    assert names["service.name"] == "mesibo-logwatch"
    assert names["host.name"] == "host-1"
    (record,) = resource["scopeLogs"][0]["logRecords"]
    assert record["timeUnixNano"] == "1795600000123000000"
    attributes = {a["key"]: a["value"] for a in record["attributes"]}
    assert attributes["log.record.uid"] == {"stringValue": "ab-1"}
    assert attributes["mesibo.push.code"] == {"intValue": "404"}
    assert attributes["mesibo.push.user"] == {"stringValue": "+49…21"}


@pytest.mark.parametrize("code", ["404", "other"])
def test_what_otlp_gets_is_a_request_of_the_protocols_own_messages(catalogue, code):
    """OpenTelemetry's protobuf definitions read it, no field unknown to them, and give back what was stored."""
    failures = [event(catalogue, FAILURE._replace(code=code), f"ab-{i}") for i in range(2)]
    request = Parse(body("otlp", failures, "host-1"), ExportLogsServiceRequest())
    (logs,) = request.resource_logs
    assert {each.key: each.value.string_value for each in logs.resource.attributes}["host.name"] == "host-1"
    first, second = logs.scope_logs[0].log_records
    assert first.time_unix_nano == 1_795_600_000_123_000_000
    assert SeverityNumber.Name(first.severity_number).removeprefix("SEVERITY_NUMBER_") == first.severity_text
    attributes = {each.key: each.value for each in second.attributes}
    assert attributes["log.record.uid"].string_value == "ab-1"
    assert attributes["mesibo.push.user"].string_value == "+49…21"
    assert (attributes["mesibo.push.code"].int_value or attributes["mesibo.push.code"].string_value) in (404, "other")


def test_codes_that_have_no_number_of_their_own_are_sent_as_they_are_counted(catalogue):
    """``other`` is a text in both formats."""
    failure = FAILURE._replace(code="other", reason="")
    record = json.loads(body("otlp", [event(catalogue, failure)], "h"))["resourceLogs"][0]["scopeLogs"][0][
        "logRecords"
    ][0]
    assert {"key": "mesibo.push.code", "value": {"stringValue": "other"}} in record["attributes"]
    assert b'"code":"other"' in body("loki", [event(catalogue, failure)], "h")
