"""The watcher's own health: each way to be blind is said, and none of the ordinary ways of life."""

from tests.alerting.scenarios.model import Host, Scenario, Stretch

DOWN = "critical MesiboLogwatchDown"


def _counter(name: str, title: str, alert: str, until: float, *stretches: Stretch, **labels: str) -> Scenario:
    return Scenario(
        title,
        [Host().normal().of_source(name, *stretches, **labels)],
        {9.0: [], 12: [alert], until: []},
    )


def _quiet() -> Host:
    host = Host().normal()
    host.of_source("mesibo_logwatch_unparsed_lines_total", (10, 0), (60, 0.2), cause="no_code")
    host.of_source("mesibo_logwatch_unparsed_lines_total", (10, 0), (60, 20), cause="misplaced")
    host.of_source("mesibo_logwatch_webhook_events_total", (10, 0), (60, 0.2), outcome="no_code")
    host.of_source("mesibo_logwatch_webhook_events_total", (60, 20), outcome="failure")
    host.of_source("mesibo_push_witness_events_total", (10, 0), (60, 0.2), platform="fcm", code="404", reason="")
    host.process("mesibo_logwatch_export_lag_events", (20, 0), (10, 5), (0, -50))
    host.process("mesibo_logwatch_export_events_total", (60, 5))
    host.process("mesibo_logwatch_export_dropped_total", (60, 0))
    host.of_source("mesibo_logwatch_lag_bytes", (20, 0), (0, 1e08), (0, -1e08))
    host.of_source("mesibo_logwatch_fallback_lines_total", (60, 20))
    host.of_source("mesibo_logwatch_source_up", (20, 0), (0, -1), (10, 0), (0, 1), start=1)
    return host.process("process_start_time_seconds", (30, 0), (0, 1800), (5, 0), (0, 1800), start=-7200)


def scenarios() -> list[Scenario]:
    """All of this topic."""
    failing = "mesibo_logwatch_commit_failures_total"
    unparsed = "mesibo_logwatch_unparsed_lines_total"
    events, witness = "mesibo_logwatch_webhook_events_total", "mesibo_push_witness_events_total"
    away = (10, 0), (0, -1), (30, 0), (0, 1)
    no_log = [f"{severity} MesiboLogwatchSourceDown" for severity in ("critical", "warning")]
    reload = "warning MesiboLogwatchReloadFailed"
    return [
        Scenario(
            "a daemon that is gone pages after 5 minutes and resolves when it is back",
            [Host().normal().unscraped((10, 0), (20, None), (30, 0))],
            {9.0: [], 14: [], 16: [DOWN], 29: [DOWN], 31: []},
        ),
        Scenario(
            "a host that is not watched is not silent, and its standby is quiet by nature",
            [Host().normal().unscraped((20, 0), (70, None), (30, 0)), Host("standby:10914")],
            {float(m): [DOWN] if 25 < m <= 90 else [] for m in range(10, 121, 5)},
            spares=("MesiboPushSilent",),
        ),
        Scenario(
            "the silence of a host that is watched is heard while another host of its cluster is down",
            [Host().normal((60, 1), (60, 0)), Host("b:10914").normal().unscraped((20, 0), (100, None))],
            {60.0: [DOWN], 85: [DOWN], 97: [DOWN, "critical MesiboPushSilent"]},
        ),
        Scenario(
            "a restart, single odd lines, users who write the marker, a short backlog, a log that is away: all quiet",
            [_quiet()],
            {float(m): [] for m in range(10, 61, 2)},
            spares=(
                "MesiboLogwatchDown",
                "MesiboLogwatchAbsent",
                "MesiboLogwatchRestarting",
                "MesiboLogwatchSourceDown",
                "MesiboLogwatchLagging",
                "MesiboLogwatchUnparsedLines",
                "MesiboLogwatchMisplacedLines",
                "MesiboLogwatchFallback",
                "MesiboLogwatchLostBytes",
                "MesiboLogwatchMissedGenerations",
                "MesiboLogwatchMissedEntries",
                "MesiboLogwatchOversizedLines",
                "MesiboLogwatchStateReset",
                "MesiboLogwatchCommitsFailing",
                "MesiboLogwatchReloadFailed",
                "MesiboLogwatchCatalogueLacksCode",
                "MesiboLogwatchWebhookUnreadable",
                "MesiboPushWitnessesDisagree",
                "MesiboLogwatchExportFailing",
                "MesiboLogwatchExportDropping",
            ),
        ),
        Scenario(
            "events of a webhook that cannot be read are a ticket",
            [Host().normal().of_source(events, (10, 0), (30, 2), (90, 0), outcome="no_code")],
            {9.0: [], 20: ["warning MesiboLogwatchWebhookUnreadable"], 110: []},
        ),
        Scenario(
            "a webhook that tells what the log does not have is a ticket",
            [Host().normal().of_source(witness, (10, 0), (60, 20), (90, 0), platform="apns", code="403", reason="")],
            {9.0: [], 60: ["warning MesiboPushWitnessesDisagree"], 140: []},
        ),
        Scenario(
            "failures alone: a webhook without a log pages by number, never by share or silence",
            [
                Host()
                .of_source("mesibo_push_failures_only", (240, 0), start=1)
                .pushes("apns", 903, (60, 0), (10, 30), (170, 0))
                .pushes("fcm", 400, (60, 4), (180, 0))
                .pushes("fcm", 503, (60, 4), (180, 0))
            ],
            {59.0: [], 64: ["critical MesiboPushCertificateExpired"], 110: [], 230: []},
            spares=("MesiboPushErrorBudgetBurn", "MesiboPushMostlyFailing", "MesiboPush9xxSpike", "MesiboPushSilent"),
        ),
        Scenario(
            "a daemon that reports failures alone pages nothing while it is restarted or away",
            [
                Host()
                .of_source("mesibo_push_failures_only", start=1)
                .pushes("fcm", 503, (40, 40))
                .unscraped((12, 0), (0, None), (8, 0), (4, None), (15, 0))
            ],
            {11.0: [], 12.25: [], 12.5: [], 14: [], 20.75: [], 24: [], 25: [], 31: []},
            spares=("MesiboPushProviderFailing", "MesiboPushMostlyFailing"),
        ),
        Scenario(
            "a scrape that fails ends no alert about what was found at the one before",
            [
                Host()
                .normal()
                .of_source("mesibo_logwatch_source_up", (5, 0), (0, -1), start=1)
                .process("mesibo_logwatch_config_last_reload_successful", (5, 0), (0, -1), start=1)
                .unscraped((12, 0), (0, None), (12, 0), (0, None), (10, 0))
            ],
            {
                4.0: [],
                **{minute: [reload] for minute in (7, 12.25, 12.5, 19)},
                **{minute: [*no_log, reload] for minute in (21, 24.5, 24.75, 31)},
            },
            spares=("MesiboLogwatchDown",),
        ),
        Scenario(
            "a daemon of another cluster with the same name, and another program of its host, are no part of it",
            [
                Host("a:1", "one")
                .normal()
                .process(failing, (10, 0), (5, 2))
                .process("mesibo_logwatch_state_resets_total", start=1),
                Host("a:1", "two").process("mesibo_logwatch_commits_total"),
                Host("a:1", "one", job="node", series={("process_start_time_seconds", ()): (600, [])}),
            ],
            {9.0: [], 14: ["warning MesiboLogwatchCommitsFailing"], 25: []},
            spares=("MesiboLogwatchCommitsFailing", "MesiboLogwatchStateReset"),
        ),
        Scenario(
            "without any target the watcher is absent",
            [],
            {14.0: [], 16: ["critical MesiboLogwatchAbsent"]},
            alone=True,
        ),
        Scenario(
            "a cluster whose targets vanish is missed, and the alert ends when they are back",
            [
                Host("a:10914", "one").normal(),
                Host("b:10914", "two").normal().process("up", (70, 0), (30, None), (60, 0), start=1),
            ],
            {69.0: [], 85: [], 93: ["critical MesiboLogwatchAbsent"], 101: []},
        ),
        Scenario(
            "a crash loop is a ticket",
            [Host().normal().process("process_start_time_seconds", (10, 0), (5, 60), (60, 0), start=-7200)],
            {9.0: [], 15: ["warning MesiboLogwatchRestarting"], 60: []},
        ),
        Scenario(
            "a log that stays away pages after a quarter of an hour",
            [Host().normal().of_source("mesibo_logwatch_source_up", *away, start=1)],
            {
                9.0: [],
                24: [],
                27: no_log,
                45: [],
            },
        ),
        Scenario(
            "a log that stays away on one host, and is read on another, is a ticket",
            [
                Host().normal().of_source("mesibo_logwatch_source_up", *away, start=1),
                Host(instance="standby:10914").of_source("mesibo_logwatch_source_up", (60, 0), start=1),
            ],
            {9.0: [], 24: [], 27: ["warning MesiboLogwatchSourceDown"], 45: []},
        ),
        Scenario(
            "a backlog that stays is a ticket",
            [Host().normal().of_source("mesibo_logwatch_lag_bytes", (10, 0), (0, 2e07), (40, 0), (0, -2e07))],
            {9.0: [], 20: [], 32: ["warning MesiboLogwatchLagging"], 65: []},
        ),
        _counter(
            "mesibo_logwatch_lost_bytes_total",
            "lost bytes are said at once",
            "warning MesiboLogwatchLostBytes",
            40,
            (11, 0),
            (0, 1000),
        ),
        _counter(
            "mesibo_logwatch_missed_generations_total",
            "a missed file is said at once",
            "warning MesiboLogwatchMissedGenerations",
            40,
            (11, 0),
            (0, 1),
        ),
        _counter(
            "mesibo_logwatch_missed_entries_total",
            "entries that are missing in the journal are said at once",
            "warning MesiboLogwatchMissedEntries",
            40,
            (11, 0),
            (0, 7),
        ),
        _counter(
            "mesibo_logwatch_oversized_lines_total",
            "over-long lines are noted",
            "info MesiboLogwatchOversizedLines",
            80,
            (11, 0),
            (0, 1),
        ),
        Scenario(
            "a new format of mesibo pages within minutes, since nothing else can, and ends soon after it is read",
            [Host().normal((10, 1), (30, 0), (60, 1)).of_source(unparsed, (10, 0), (30, 100), cause="no_code")],
            {
                9.0: [],
                13: ["critical MesiboLogwatchUnparsedLines"],
                25: ["critical MesiboLogwatchUnparsedLines", "warning MesiboLogwatchUnparsedLines"],
                58: [],
            },
        ),
        Scenario(
            "three of four lines unread page on a host whose month was good",
            [Host().normal((180, 1), (40, 0.25), (60, 1)).of_source(unparsed, (180, 0), (40, 75), cause="no_code")],
            {
                179.0: [],
                184: ["critical MesiboLogwatchUnparsedLines"],
                218: ["critical MesiboLogwatchUnparsedLines", "warning MesiboLogwatchUnparsedLines"],
                240: [],
            },
            fine=True,
        ),
        Scenario(
            "a host with a push line in three minutes, none of them readable, pages by the hour",
            [Host().normal((600, 0)).of_source(unparsed, (30, 0), (120, 0.34375), (200, 0), cause="grammar")],
            {
                29.0: [],
                90: ["critical MesiboLogwatchUnparsedLines", "warning MesiboLogwatchUnparsedLines"],
                180: [],
            },
        ),
        Scenario(
            "a few of a hundred push lines unread are a ticket",
            [Host().normal().of_source(unparsed, (10, 0), (30, 4), cause="grammar")],
            {9.0: [], 25: ["warning MesiboLogwatchUnparsedLines"], 60: []},
        ),
        Scenario(
            "a prefix before mesibo's own pages: most push lines are unread",
            [Host().normal((10, 1), (30, 0), (60, 1)).of_source(unparsed, (10, 0), (30, 100), cause="misplaced")],
            {
                9.0: [],
                13: ["critical MesiboLogwatchMisplacedLines"],
                30: ["critical MesiboLogwatchMisplacedLines", "warning MesiboLogwatchMisplacedLines"],
                60: [],
            },
        ),
        Scenario(
            "a third of the push lines behind a prefix are a ticket",
            [Host().normal().of_source(unparsed, (10, 0), (90, 50), cause="misplaced")],
            {9.0: [], 75: ["warning MesiboLogwatchMisplacedLines"], 125: []},
        ),
        Scenario(
            "a code that the catalogue lacks is noted, a known one of unknown class is not",
            [Host().normal().pushes("fcm", 418, (10, 0), (1, 4)).pushes("fcm", 404, (100, 1), reason="NOT_FOUND")],
            {9.0: [], 12: ["info MesiboLogwatchCatalogueLacksCode"], 80: []},
        ),
        Scenario(
            "a slow grammar is noted",
            [Host().normal().of_source("mesibo_logwatch_fallback_lines_total", (100, 200), (200, 0))],
            {20.0: [], 90: ["info MesiboLogwatchFallback"], 180: []},
        ),
        Scenario(
            "a full disk pages: numbers stand still",
            [
                Host()
                .normal((10, 1), (20, 0), (60, 1))
                .process("mesibo_logwatch_commits_total", (10, 10), (20, 0), (60, 10))
                .process(failing, (10, 0), (20, 10))
            ],
            {
                9.0: [],
                12: ["warning MesiboLogwatchCommitsFailing"],
                20: ["critical MesiboLogwatchCommitsFailing", "warning MesiboLogwatchCommitsFailing"],
                36: [],
            },
        ),
        Scenario(
            "a destination that takes nothing is a ticket until it does, a busy one is none",
            [
                Host()
                .normal()
                .process("mesibo_logwatch_export_lag_events", (10, 0), (60, 5), (0, -300), (30, 0))
                .process("mesibo_logwatch_export_events_total", (10, 5), (60, 0), (30, 10)),
                Host("h2")
                .normal()
                .process("mesibo_logwatch_export_lag_events", (0, 10), (100, 0))
                .process("mesibo_logwatch_export_events_total", (100, 10)),
            ],
            {9.0: [], 20: [], 50: ["warning MesiboLogwatchExportFailing"], 90: []},
        ),
        Scenario(
            "failures that a destination never gets are a ticket",
            [Host().normal().process("mesibo_logwatch_export_dropped_total", (10, 0), (0, 40), (60, 0))],
            {9.0: [], 12: ["warning MesiboLogwatchExportDropping"], 40: []},
        ),
        Scenario(
            "one failed commit is a ticket",
            [Host().normal().process(failing, (10, 0), (0, 1))],
            {9.0: [], 12: ["warning MesiboLogwatchCommitsFailing"], 20: []},
        ),
        Scenario(
            "a ledger that was set aside is said, though it is the first sample of a new process",
            [
                Host()
                .normal()
                .process("mesibo_logwatch_state_resets_total", start=1)
                .process("process_start_time_seconds", start=0)
            ],
            {1.0: ["warning MesiboLogwatchStateReset"], 70: []},
        ),
        Scenario(
            "a failed reload is a ticket until one succeeds",
            [
                Host()
                .normal()
                .process("mesibo_logwatch_config_last_reload_successful", (10, 0), (0, -1), (20, 0), (0, 1), start=1)
            ],
            {9.0: [], 12: ["warning MesiboLogwatchReloadFailed"], 32: []},
        ),
    ]
