"""Fleets that were set up otherwise: hosts scraped twice, seldom, by a new name, or installed anew in an incident."""

from config.generate.rules import WORDS
from tests.alerting.scenarios.model import Host, Scenario, Stretch

EXPIRED = "critical MesiboPushCertificateExpired"
SPIKE = "critical MesiboPush9xxSpike"
MOSTLY = "critical MesiboPushMostlyFailing"
BURN = "critical MesiboPushErrorBudgetBurn"
LIMITED = "critical MesiboPushRateLimitedByProvider"
UNREAD = "warning MesiboLogwatchUnparsedLines"
INCIDENT: tuple[Stretch, ...] = ((10, 0), (10, 40))
TWICE = {"by two jobs": {"job": "mesibo-hosts"}, "by two agents": {"labels": {"replica": "b"}}}


def _twice(way: dict) -> list[Host]:
    """Return a host that comes by two ways: three failures of a fault, and a third of its pushes held back."""
    return [
        Host(**more).normal().pushes("apns", 903, (10, 0), (0, 3)).pushes("fcm", 914, (10, 0), (30, 50))
        for more in ({}, way)
    ]


def _unread(host: Host) -> Host:
    return host.normal().of_source("mesibo_logwatch_unparsed_lines_total", (10, 0), (30, 70), cause="no_code")


def _failing(host: Host) -> Host:
    return host.normal(fcm=60, apns=0).pushes("apns", 903, *INCIDENT).pushes("apns", 200, (10, 40), (10, 0), (60, 40))


def _anew() -> Host:
    """Return a host that is installed anew in an incident: all that it had counted is 0 again."""
    host = Host("a:10914").normal(fcm=60, apns=0).unscraped((14, 0), (2, None), (60, 0))
    host.pushes("fcm", 200, (15, 60), (0, -900 - 7000), (60, 60), start=7000)
    host.pushes("apns", 200, (10, 40), (5, 0), (0, -400 - 9000), (5, 0), (60, 40), start=9000)
    host.pushes("fcm", 404, (15, 0), (0, -3000), (60, 0.5), start=3000, reason="UNREGISTERED")
    return host.pushes("apns", 903, (10, 0), (5, 40), (0, -200 - 8000), (5, 40), start=8000)


def _restarted() -> Host:
    """Return a host of which Prometheus recorded something right before it was restarted: nobody has ended that."""
    first: tuple[Stretch, ...] = ((10, None), (0, 3), (60, None))
    later: tuple[Stretch, ...] = ((11, None), (0, 3), (60, None))
    code = {"source": "mesibo", "platform": "apns", "reason": ""}
    host = Host().normal().gauge(WORDS.NEW, {**code, "code": "903", "class": "credential"}, 0, first)
    host.gauge("condition:mesibo_logwatch_commits_failing:critical_single", {}, 0, first)
    # what was over at the first evaluation after it, and is met for one of those that follow
    host.gauge(WORDS.TOLL, {**code, "code": "901"}, 0, first).gauge(
        f"{WORDS.FAULT}5m", {**code, "code": "901"}, 0, later
    )
    host.gauge("evaluations:mesibo_logwatch_reload_failed:warning_single", {}, 10, first)
    return host.process("mesibo_logwatch_config_last_reload_successful", (12, 0), (0, -1), (0, 1), start=1)


def scenarios() -> list[Scenario]:
    """All of this topic."""
    scraped_twice = [
        Scenario(
            f"of a host that is scraped {name} each push counts once",
            _twice(way),
            {9.75: [], 10.5: [], 14: [], 24: [], 31: []},
            spares=("MesiboPushCertificateExpired", "MesiboPushRateLimitedByMesibo"),
        )
        for name, way in TWICE.items()
    ]
    return [
        *scraped_twice,
        Scenario(
            "what Prometheus recorded right before it was restarted is neither there for minutes nor begins again",
            [_restarted()],
            {quarter / 4: [] for quarter in range(42, 72)},
            spares=(
                "MesiboPushCertificateExpired",
                "MesiboPush9xxSpike",
                "MesiboPushNotConfigured",
                "MesiboLogwatchCommitsFailing",
                "MesiboLogwatchReloadFailed",
            ),
        ),
        Scenario(
            "of a host that is scraped by two jobs, two unread push lines in five are no majority",
            [_unread(Host()), _unread(Host(job="mesibo-hosts"))],
            {9.75: [], 11: [], 13: [], 31: [UNREAD]},
            spares=("MesiboLogwatchUnparsedLines",),
        ),
        Scenario(
            "a host that is renamed in an incident goes on with it, and nothing of its past is an event",
            [
                _failing(Host("old:10914")).found((14, 0), (60, None)),
                _failing(Host("new:10914")).found((14, None), (60, 0)),
            ],
            {9.75: [], 10.25: [EXPIRED], 14: [EXPIRED, MOSTLY, SPIKE], 15: [EXPIRED, MOSTLY, SPIKE], 21.75: []},
            spares=("MesiboLogwatchDown", "MesiboLogwatchAbsent", "MesiboPushSilent"),
        ),
        Scenario(
            "a host that is installed anew in an incident goes on with it, and its fresh counters are no event",
            [_anew()],
            {9.75: [], 10.25: [EXPIRED], 14: [EXPIRED, MOSTLY, SPIKE], 17: [EXPIRED, MOSTLY, SPIKE], 21.75: []},
            spares=("MesiboPushBadTokens", "MesiboPushSilent"),
        ),
        Scenario(
            "a scrape a minute finds the same, in two or three minutes",
            [_failing(Host(every=1))],
            {
                9.75: [],
                11.25: [EXPIRED, SPIKE],
                13.25: [EXPIRED, MOSTLY, SPIKE],
                17: [EXPIRED, MOSTLY, SPIKE],
                23.5: [],
            },
        ),
        Scenario(
            "a scrape a minute finds an exhausted quota",
            [Host(every=1).normal((10, 1), (15, 0.5)).pushes("fcm", 429, (10, 0), (15, 30))],
            {9.75: [], 14: [LIMITED], 19: [LIMITED]},
        ),
    ]
