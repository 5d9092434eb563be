"""Write failures as request bodies: Loki's push JSON and OTLP's log records. Pure: rows in, bytes out.

Loki: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs; VictoriaLogs, OpenObserve and Alloy
take the same. OTLP: opentelemetry-proto, docs/specification.md and examples/logs.json (64-bit integers are strings,
keys lowerCamelCase).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

import logwatch
from logwatch.catalogue import Entry, number_of
from logwatch.config.schema import ExportFormat
from logwatch.ledger.waiting import StoredFailure

# OTLP severity numbers: opentelemetry-specification, logs data model
_FATAL, _WARN = (21, "FATAL"), (13, "WARN")


class Event(NamedTuple):
    """One failure on its way out: as stored (masked), with what the catalogue says of it."""

    id: str  # the same each time it is sent, unique over all installations
    failure: StoredFailure
    entry: Entry


def body(form: ExportFormat, events: Sequence[Event], host: str) -> bytes:
    """Write the body of one request: events, oldest first, that ``host`` saw."""
    return _BODIES[form](events, host)


def _loki(events: Sequence[Event], host: str) -> bytes:
    """Group events by their labels, which are few; what has many values (user, token, id) is structured metadata."""
    streams: dict[tuple[str, ...], list[Any]] = {}
    for event in events:
        failure = event.failure
        labels = (failure.source, failure.platform, event.entry.class_, failure.code)
        metadata = {"id": event.id, **_details(failure)}
        streams.setdefault(labels, []).append([str(_nanoseconds(failure.at)), _line(event), metadata])
    names = ("source", "platform", "class", "code")
    return msgspec.json.encode(
        {
            "streams": [
                {
                    "stream": {
                        "service_name": "mesibo-logwatch",
                        "host": host,
                        **dict(zip(names, labels, strict=True)),
                    },
                    "values": values,
                }
                for labels, values in streams.items()
            ]
        }
    )


def _otlp(events: Sequence[Event], host: str) -> bytes:
    """Write one resource with one log record per event."""
    records = []
    for event in events:
        failure = event.failure
        number, text = _FATAL if event.entry.severity == "critical" else _WARN
        at = str(_nanoseconds(failure.at))
        attributes = {
            "log.record.uid": event.id,
            "mesibo.source": failure.source,
            "mesibo.push.platform": failure.platform,
            "mesibo.push.class": event.entry.class_,
            "mesibo.push.code": failure.code if (code := number_of(failure.code)) is None else code,
            **{f"mesibo.push.{name}": value for name, value in _details(failure).items()},
        }
        records.append(
            {
                "timeUnixNano": at,
                "observedTimeUnixNano": at,
                "severityNumber": number,
                "severityText": text,
                "eventName": "mesibo.push.failure",
                "body": {"stringValue": _line(event)},
                "attributes": _attributes(attributes),
            }
        )
    resource = {"service.name": "mesibo-logwatch", "service.version": logwatch.__version__, "host.name": host}
    scope = {"name": "mesibo-logwatch", "version": logwatch.__version__}
    return msgspec.json.encode(
        {
            "resourceLogs": [
                {
                    "resource": {"attributes": _attributes(resource)},
                    "scopeLogs": [{"scope": scope, "logRecords": records}],
                }
            ]
        }
    )


_BODIES: dict[ExportFormat, Callable[[Sequence[Event], str], bytes]] = {"loki": _loki, "otlp": _otlp}


def _attributes(values: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
    ]


def _details(failure: StoredFailure) -> dict[str, str]:
    """Return what a failure has besides its labels, without empty values."""
    pairs = {"reason": failure.reason, "app": failure.app, "user": failure.user, "token": failure.token}
    return {name: value for name, value in pairs.items() if value}


def _line(event: Event) -> str:
    """Write the event as people read it; with its id, so that Loki drops a repetition as the same line."""
    failure, entry = event.failure, event.entry
    details = " ".join(f"{name}={value}" for name, value in _details(failure).items())
    text = f"push failed: {failure.platform} {failure.code} {entry.name}"
    return f"{text} {details} id={event.id}" if details else f"{text} id={event.id}"


def _nanoseconds(at: float) -> int:
    """Return seconds since the epoch as nanoseconds; mesibo's stamps hold milliseconds."""
    return round(at * 1000) * 1_000_000
