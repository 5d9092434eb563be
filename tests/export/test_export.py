"""What a scrape shows of a snapshot."""

import time
from dataclasses import replace
from types import MappingProxyType
from typing import get_args

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from logwatch.credentials.verdict import Topic, Verdict, flaw
from logwatch.export import HostlessProcessCollector, ProcessMetrics
from logwatch.ledger.batch import CounterRow
from logwatch.ledger.buckets import Reading
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import SourceRow
from logwatch.model import Cause, Seen
from logwatch.webhook.source import WebhookStatus
from tests.helpers.scraping import UP, Watched, samples, snapshot


def results(found):
    return {key: value for key, value in found.items() if key[0] == "mesibo_push_results_total"}


def test_every_known_code_stands_at_zero_before_it_first_happens():
    """Each of mesibo's codes and each answer of FCM and APNs is there, for every platform it may come with."""
    found = results(samples(Watched(snapshot())))
    have = {(dict(k[1:])["platform"], dict(k[1:])["code"], dict(k[1:])["reason"]) for k in found}
    assert set(found.values()) == {0.0}
    for code in (901, 902, 903, 904, 905, 911, 912, 913, 914, 200, 400, 401, 403, 404, 410, 429, 500, 503):
        for platform in ("fcm", "apns", "unknown"):
            assert (platform, str(code), "") in have
    assert ("fcm", "404", "UNREGISTERED") in have
    assert ("apns", "410", "Unregistered") in have


class Reloaded(Watched):
    """A reload takes the source away right after it was asked for."""

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if name == "status":
            object.__setattr__(self, "status", {})
        return value


def test_a_reload_in_the_middle_of_a_scrape_is_no_error():
    """All of a scrape is of the moment in which it began, whatever is swapped meanwhile."""
    assert samples(Reloaded(snapshot())) == samples(Watched(snapshot()))


def test_every_exported_result_has_exactly_one_code_info():
    """A join on (platform, code, reason) never fails and never doubles, whatever was logged."""
    watched = Watched(
        snapshot([(("fcm", "999", ""), 1, None), (("unknown", "other", ""), 4, None), (("apns", "-1", ""), 2, None)])
    )
    found = samples(watched)

    def keys(name):
        return sorted(
            tuple(dict(k[1:])[label] for label in ("platform", "code", "reason")) for k in found if k[0] == name
        )

    infos = keys("mesibo_push_code_info")
    assert infos == keys("mesibo_push_results_total")
    assert len(set(infos)) == len(infos)
    meanings = {
        tuple(labels[name] for name in ("platform", "code", "reason", "provider", "name", "class", "severity")): value
        for labels, value in ((dict(k[1:]), v) for k, v in found.items() if k[0] == "mesibo_push_code_info")
    }
    for meaning in (
        ("apns", "903", "", "mesibo", "mesibo_certificate_expired", "credential", "critical"),
        ("fcm", "404", "UNREGISTERED", "fcm", "fcm_unregistered", "token", "warning"),
        ("unknown", "other", "", "any", "other_codes", "unknown", "warning"),
    ):
        assert meanings[meaning] == 1


def test_a_source_shows_its_counters_only_once_its_first_backlog_is_on_disk():
    """Until then only gauges tell how it is: history must not look like a burst."""
    found = samples(Watched(snapshot([(("fcm", "903", ""), 5, None)], ready=False)))
    assert not any(key[0].endswith("_total") for key in found)
    assert found["mesibo_logwatch_source_up", ("source", "mesibo")] == 1
    assert found["mesibo_logwatch_source_caught_up", ("source", "mesibo")] == 0


def test_rate_limit_hits_are_sums_of_the_same_snapshot():
    """914 counts for mesibo whatever the platform, 429 for the platform that answered."""
    rows = [
        (("fcm", "914", ""), 2, None),
        (("unknown", "914", ""), 3, None),
        (("fcm", "429", "QUOTA_EXCEEDED"), 4, None),
        (("fcm", "429", ""), 1, None),
        (("apns", "429", ""), 7, None),
    ]
    found = samples(Watched(snapshot(rows)))
    hits = {dict(k[1:])["limiter"]: v for k, v in found.items() if k[0] == "mesibo_push_rate_limit_hits_total"}
    assert hits == {"mesibo": 5, "fcm": 5, "apns": 7, "unknown": 0}


def test_the_last_result_of_a_class_has_the_lines_own_time():
    """The gauge is the newest time of any code of the class; a class without results has no series."""
    found = samples(Watched(snapshot([(("fcm", "200", ""), 1, 100.0), (("apns", "200", ""), 1, 90.0)])))
    times = {dict(k[1:])["class"]: v for k, v in found.items() if k[0] == "mesibo_push_last_result_timestamp_seconds"}
    assert times == {"delivered": 100.0}


def test_counters_of_the_ledger_are_exported_under_their_names():
    """Each committed counter appears with its value, and at 0 before it first counts."""
    plain = ("lines", "bytes", "fallback_lines", "undated_lines", "lost_bytes", "missed_generations", "missed_entries",
             "oversized_lines")  # fmt: skip
    rows = [(name, "", ()) for name in plain]
    rows += [("unparsed_lines", cause, (("cause", cause),)) for cause in get_args(Cause)]
    rows += [("rotations", kind, (("kind", kind),)) for kind in ("rename", "truncate", "replace")]
    counted = {
        (f"mesibo_logwatch_{name}_total", *sorted((*label, ("source", "mesibo")))): ((name, value), float(count))
        for count, (name, value, label) in enumerate(rows, 1)
    }

    def shown(*counters):
        return {key: value for key, value in samples(Watched(snapshot(counters=counters))).items()
                if key[0].startswith("mesibo_logwatch_") and key[0].endswith("_total")}  # fmt: skip

    assert shown() == dict.fromkeys(counted, 0.0)
    assert shown(*counted.values()) == {key: count for key, (_, count) in counted.items()}


def test_a_source_that_is_configured_no_more_is_exported_no_more():
    """Only configured sources appear; their rows stay in the ledger."""
    assert results(samples(Watched(snapshot([(("fcm", "903", ""), 5, None)]), status={}))) == {}


def test_gauges_tell_how_a_source_is_now():
    """Each configured source has them; the time of the newest line only one that has read a line."""
    behind = replace(UP, files_followed=3, lag_bytes=17, up=False)
    known = {"mesibo": SourceRow(ready=True, last_line_at=5.0), "quiet": SourceRow(ready=True, last_line_at=None)}
    status = {name: replace(behind, name=name) for name in ("mesibo", "quiet", "new")}
    status["quiet"] = replace(status["quiet"], caught_up=False)
    found = samples(Watched(replace(snapshot(), sources=known), status=status))

    def told(name):
        return {dict(key[1:])["source"]: value for key, value in found.items() if key[0] == f"mesibo_logwatch_{name}"}

    assert told("files_followed") == dict.fromkeys(status, 3)
    assert told("lag_bytes") == dict.fromkeys(status, 17)
    assert told("source_up") == dict.fromkeys(status, 0)
    assert told("source_caught_up") == {"mesibo": 1, "quiet": 0, "new": 0}
    assert told("last_line_timestamp_seconds") == {"mesibo": 5}


@pytest.mark.parametrize(("found", "shown"), [("", "auto"), ("docker", "docker")])
def test_a_source_says_what_stands_around_its_lines(found, shown):
    """The envelope that was recognised; until then the configured one."""
    told = samples(Watched(snapshot(), status={"mesibo": replace(UP, envelope=found)}))
    (labels,) = [dict(key[1:]) for key in told if key[0] == "mesibo_logwatch_source_info"]
    assert labels == {"source": "mesibo", "input": "file", "envelope": shown, "grammar": "mesibo"}


def test_metrics_of_the_process_are_there_from_the_start():
    """Commits, reloads and the build have their metrics before anything happened."""
    registry = CollectorRegistry()
    ProcessMetrics(registry)
    text = generate_latest(registry).decode()
    for name in (
        "mesibo_logwatch_commits_total 0.0",
        "mesibo_logwatch_commit_failures_total 0.0",
        "mesibo_logwatch_commit_duration_seconds_count 0.0",
        "mesibo_logwatch_checkpoint_timestamp_seconds 0.0",
        "mesibo_logwatch_state_resets_total 0.0",
        "mesibo_logwatch_config_last_reload_successful 0.0",
        "mesibo_logwatch_config_last_reload_success_timestamp_seconds 0.0",
        "mesibo_logwatch_build_info{version=",
        "process_resident_memory_bytes",
        "process_open_fds",
    ):
        assert f"\n{name}" in text
    assert "_created" not in text


def test_what_a_webhook_tells_beside_a_log_is_never_a_result():
    """Its failures have a metric of their own, each code in it a meaning, and no share is touched."""
    hook = WebhookStatus("hook", True, 0, 0, True, (), witness_for="mesibo")  # noqa: FBT003  up and caught up
    row, gone = ResultRow("hook", "apns", "499", ""), ResultRow("configured no more", "apns", "498", "")
    watched = Watched(
        replace(
            snapshot([(("fcm", "200", ""), 3, 9.0)]),
            sources=MappingProxyType({"mesibo": SourceRow(True, 5.0), "hook": SourceRow(True, 5.0)}),  # noqa: FBT003
            witnessed=MappingProxyType({each: Seen(7, 1.0, 2.0) for each in (row, gone)}),
            counters=MappingProxyType({CounterRow("hook", "webhook_events", "failure"): 7}),
        ),
        {"mesibo": UP, "hook": hook},
    )
    found = samples(watched)
    assert sum(results(found).values()) == 3
    assert not [key for key in results(found) if ("source", "hook") in key]
    told = {key: value for key, value in found.items() if key[0] == "mesibo_push_witness_events_total"}
    labels = {"source": "hook", "platform": "apns", "code": "499", "reason": "", "class": "unknown"}
    assert {key[1:]: value for key, value in told.items() if value} == {tuple(sorted(labels.items())): 7.0}
    assert ("apns", "903") in {(dict(key[1:])["platform"], dict(key[1:])["code"]) for key in told}
    assert {dict(key[1:])["source"] for key in told} == {"hook"}
    assert not [key for key in told if ("class", "delivered") in key]
    assert [key for key in found if key[0] == "mesibo_push_code_info" and ("code", "499") in key]
    assert not [key for key in found if ("code", "498") in key]
    assert found["mesibo_logwatch_webhook_events_total", ("outcome", "failure"), ("source", "hook")] == 7.0
    assert ("mesibo_push_failures_only", ("source", "mesibo")) in found
    assert ("mesibo_push_failures_only", ("source", "hook")) not in found


def test_a_webhook_alone_reports_only_failures_until_it_reports_an_accepted_push():
    """After an accepted push, and for a minute, its pushes have shares."""
    cloud = WebhookStatus("mesibo", True, 0, 0, True, ())  # noqa: FBT003  up and caught up
    for last, alone in ((None, 1.0), (time.time() - 61, 1.0), (time.time(), 0.0)):
        rows = [(("fcm", "404", "UNREGISTERED"), 2, 9.0), *([(("fcm", "200", ""), 1, last)] if last else [])]
        found = samples(Watched(snapshot(rows), {"mesibo": cloud}), time.time)
        assert found["mesibo_push_failures_only", ("source", "mesibo")] == alone
        told = {key: value for key, value in found.items() if key[0] == "mesibo_push_witness_events_total"}
        assert [(dict(key[1:])["code"], value) for key, value in told.items() if value] == [("404", 2.0)]
        assert not [key for key in told if ("class", "delivered") in key]
        assert sum(results(found).values()) == 2 + bool(last)


def test_each_credential_has_its_date_what_it_is_for_and_every_problem_that_it_may_have():
    """A problem that it does not have, or a mere note, is 0; what only another kind of file can have is not there."""
    ios = Verdict(
        name="ios",
        file="f.p12",
        provider="apns",
        form="p12",
        topics=(Topic("a.b"), Topic("a.b.voip"), Topic("a.b")),
        environment="both",
        not_after=9.0,
        flaws=(flaw("expired", "expired"), flaw("bundle_id", "seen", "note")),
    )
    android = Verdict(name="android", file="f.json", provider="fcm", form="json", project="demo")
    found = samples(Watched(snapshot(), credentials=(ios, android)))

    def told(name, *labels):
        kept = {k[1:]: v for k, v in found.items() if k[0] == f"mesibo_push_credential_{name}"}
        return {tuple(dict(key)[label] for label in labels): value for key, value in kept.items()}

    assert told("expiry_timestamp_seconds", "credential", "provider") == {("ios", "apns"): 9.0}
    assert told("info", "credential", "provider", "topic", "environment") == {
        ("ios", "apns", "a.b", "both"): 1.0,
        ("ios", "apns", "a.b.voip", "both"): 1.0,
        ("android", "fcm", "demo", ""): 1.0,
    }
    problems = told("problems", "credential", "provider", "problem")
    assert [key for key, value in problems.items() if value] == [("ios", "apns", "expired")]
    assert {("ios", "apns", "bundle_id"), ("android", "fcm", "project"), ("android", "fcm", "damaged")} < {*problems}
    for never in (("ios", "apns", "project"), ("ios", "apns", "expires_soon"), ("android", "fcm", "expired")):
        assert never not in problems
    assert not [key for key in samples(Watched(snapshot())) if "credential" in key[0]]


def test_the_share_of_unread_lines_is_exported_for_two_minutes_and_an_hour():
    """Without lines the share is 0, and it ages without a commit."""
    readings = {
        Reading(60, 60, "mesibo", ""): Seen(90, 60.0, 119.0),
        Reading(60, 3540, "mesibo", ""): Seen(1, 3540.0, 3599.0),
        Reading(60, 3540, "mesibo", "misplaced"): Seen(9, 3540.0, 3599.0),
    }
    seen = Watched(replace(snapshot(), readings=readings))

    def ratio(now):
        found = samples(seen, lambda: now)
        return [found["mesibo_logwatch_unread_ratio", ("source", "mesibo"), ("window", w)] for w in ("2m", "1h")]

    assert ratio(3600.0) == [0.9, 0.09]
    assert ratio(3800.0) == [0.0, 0.9]
    assert ratio(9000.0) == [0.0, 0.0]


def test_process_metrics_are_exported_where_the_unit_hides_the_host(tmp_path):
    """With ProcSubset=pid there are processes below /proc and nothing else; alerts about restarts need the start."""
    (tmp_path / "self").symlink_to("/proc/self")

    def told(collector, proc):
        return {family.name: family.samples[0].value for family in collector(proc=proc, registry=None).collect()}

    hidden, shown = told(HostlessProcessCollector, str(tmp_path)), told(ProcessCollector, "/proc")
    assert hidden.keys() == shown.keys() >= {"process_start_time_seconds", "process_resident_memory_bytes"}
    name = "process_start_time_seconds"
    assert hidden[name] == pytest.approx(shown[name], abs=5.0)
