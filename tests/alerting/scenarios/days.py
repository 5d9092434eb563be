"""Situations with a past: the same hour yesterday and last week, five minutes a step, because they last days."""

from tests.alerting.scenarios.model import Host, Scenario, Stretch

HOUR = 60
DAY = 24 * HOUR
SPIKE = "critical MesiboPush9xxSpike"


def daily(days: int, *day: Stretch) -> tuple[Stretch, ...]:
    """Return the same day again and again."""
    return day * days


def scenarios() -> list[Scenario]:
    """All of this topic."""
    busy_day = ((8 * HOUR, 0), (12 * HOUR, 1), (4 * HOUR, 0))
    sunday = ((DAY, 0),)
    return [
        Scenario(
            "traffic that stops at an hour that was busy yesterday and last week pages",
            [
                Host()
                .normal(*daily(7, *busy_day), (8 * HOUR, 0), (2 * HOUR, 1), (3 * HOUR, 0), (7 * HOUR, 1))
                .unscraped((DAY, 0), (5 * DAY, None), (10 * DAY, 0))
            ],
            {
                float(7 * DAY + 10 * HOUR): [],
                float(7 * DAY + 11 * HOUR): ["critical MesiboPushSilent"],
                float(7 * DAY + 15 * HOUR): [],
            },
        ),
        Scenario(
            "silence that lasts pages, and from the second day on is a ticket, in the nights, too",
            [
                Host("a:10914", "silent")
                .normal(*daily(7, *busy_day), (8 * HOUR, 0), (2 * HOUR, 1), (38 * HOUR, 0), (DAY, 1))
                .of_source("mesibo_logwatch_lines_total", (7 * DAY + 10 * HOUR, 100), (20 * DAY, 0)),
                Host("b:10914", "logging-off").normal(
                    *daily(7, *busy_day), (8 * HOUR, 0), (2 * HOUR, 1), (38 * HOUR, 0), (DAY, 1)
                ),
            ],
            {
                float(7 * DAY + 12 * HOUR): ["critical MesiboPushSilent"],
                float(8 * DAY + 13 * HOUR): ["warning MesiboPushLoggingOff", "warning MesiboPushSilent"],
                float(8 * DAY + 23 * HOUR): ["warning MesiboPushLoggingOff", "warning MesiboPushSilent"],
                float(9 * DAY + 2 * HOUR): [],
            },
        ),
        Scenario(
            "nights and a Sunday that is quiet every week are quiet",
            [
                Host()
                .normal(
                    *sunday,
                    *daily(6, (8 * HOUR, 0), (6 * HOUR, 1), (4 * HOUR, 0.2), (2 * HOUR, 0.05), (4 * HOUR, 0)),
                    *sunday,
                )
                .unscraped((2 * DAY, 0), (4 * DAY, None), (4 * DAY, 0))
            ],
            {float(m): [] for d in (DAY, 7 * DAY) for m in range(d + 9 * HOUR, d + 20 * HOUR, HOUR)},
            spares=("MesiboPushSilent", "MesiboPushLoggingOff"),
        ),
        Scenario(
            "refusals that were as many at the same hour yesterday are no spike; twice as many are",
            [
                Host("a:10914", "like-yesterday")
                .normal(fcm=100, apns=0)
                .unscraped((2 * HOUR, 0), (20 * HOUR, None), (4 * HOUR, 0))
                .pushes("fcm", 913, (2 * HOUR, 10), (20 * HOUR, 0), (HOUR, 0), (HOUR, 12)),
                Host("b:10914", "above")
                .normal(fcm=100, apns=0)
                .unscraped((2 * HOUR, 0), (20 * HOUR, None), (4 * HOUR, 0))
                .pushes("apns", 913, (2 * HOUR, 10), (20 * HOUR, 0), (HOUR, 0), (HOUR, 60)),
            ],
            {
                23.0 * HOUR - 5: [],
                23.0 * HOUR + 4: [SPIKE, "critical MesiboPushPayloadRefused", "critical MesiboPushMostlyFailing"],
                25.0 * HOUR: [],
            },
            spares=("MesiboPush9xxSpike",),
            fine=True,
        ),
        Scenario(
            "dead tokens that treble against yesterday become a ticket; the same share every day does not",
            [
                Host("a:10914", "rising")
                .normal()
                .pushes("fcm", 404, (DAY, 2), (4 * HOUR, 9), (DAY, 2), reason="UNREGISTERED"),
                Host("b:10914", "steady").normal().pushes("fcm", 404, (10 * DAY, 9), reason="UNREGISTERED"),
            ],
            {
                DAY - 5.0: [],
                DAY + 2.0 * HOUR: ["warning MesiboPushBadTokens"],
                DAY + 6.0 * HOUR: [],
            },
            spares=("MesiboPushBadTokens",),
        ),
        Scenario(
            "held-back pushes and quota refusals that treble against yesterday become tickets",
            [
                Host()
                .normal(fcm=100)
                .pushes("fcm", 914, (DAY, 4), (4 * HOUR, 20), (DAY, 4))
                .pushes("fcm", 429, (DAY, 0.5), (4 * HOUR, 3), (DAY, 0.5), reason="QUOTA_EXCEEDED"),
                Host("b:10914", "steady")
                .normal(fcm=100)
                .pushes("fcm", 914, (10 * DAY, 20))
                .pushes("fcm", 429, (10 * DAY, 3), reason="QUOTA_EXCEEDED"),
            ],
            {
                DAY - 5.0: [],
                DAY + 2.0 * HOUR: [
                    "warning MesiboPushRateLimitedByMesibo",
                    "warning MesiboPushRateLimitedByProvider",
                ],
                DAY + 6.0 * HOUR: [],
            },
            spares=("MesiboPushRateLimitedByMesibo", "MesiboPushRateLimitedByProvider"),
        ),
        Scenario(
            "mesibo that logs everything but pushes is a ticket; its standby beside a busy host is not",
            [
                Host("a:10914", "off").normal((2 * HOUR, 0.02), (30 * HOUR, 0), (DAY, 1)),
                Host("b:10914", "pair").normal(),
                Host("c:10914", "pair"),
                Host("d:10914", "unread").of_source(
                    "mesibo_logwatch_unparsed_lines_total", (5 * DAY, 0.01171875), cause="misplaced"
                ),
            ],
            {
                20.0 * HOUR: [],
                28.0 * HOUR: ["warning MesiboPushLoggingOff"],
                34.0 * HOUR: [],
            },
            spares=("MesiboPushLoggingOff", "MesiboPushSilent"),
        ),
    ]
