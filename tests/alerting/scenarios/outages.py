"""A platform that mostly fails where pushes are few: what pages there, and what on such a site is no outage."""

from tests.alerting.scenarios.model import Host, Scenario

FAILING = "critical MesiboPushMostlyFailing"
PROVIDER = "critical MesiboPushProviderFailing"
SOME = "warning MesiboPushProviderFailing"
UNKNOWN = "warning MesiboPushUnknown9xxCode"
SPARED = ("MesiboPushMostlyFailing",)
FCM, APNS = 4.8, 3.2  # pushes a minute: a site with eight


def quiet(host: str = "a:10914") -> Host:
    """Such a site in normal operation, on its busy hour."""
    return Host(host).normal(fcm=FCM, apns=APNS)


def scenarios() -> list[Scenario]:
    """All of this topic."""
    return [
        Scenario(
            "an outage of a provider on a site with few pushes pages, is held while its effects last, and resolves",
            [
                Host()
                .normal(fcm=0, apns=APNS)
                .pushes("fcm", 200, (10, FCM), (6, 0), (60, FCM))
                .pushes("fcm", 503, (10, 0), (6, FCM), reason="UNAVAILABLE")
            ],
            {
                9.75: [],
                11: [],  # a minute: not eight failures, and half of the window
                12: [FAILING],
                16: [FAILING],
                20: [FAILING],
                22.5: [],
                30: [],
            },
        ),
        Scenario(
            "on a busy site the cause pages as well, for Alertmanager to hold the outage back",
            [
                Host()
                .normal(fcm=0, apns=40)
                .pushes("fcm", 200, (10, 60), (4, 0), (60, 60))
                .pushes("fcm", 503, (10, 0), (4, 60), reason="UNAVAILABLE")
            ],
            {
                9.75: [],
                11.25: [PROVIDER],
                13: [PROVIDER, FAILING],
                22: [],
            },
        ),
        Scenario(
            "an outage that comes back within five minutes is one page, and after that another one, since it was over",
            [
                Host()
                .normal(fcm=0, apns=40)
                .pushes("fcm", 200, (10, 60), (3, 0), (3, 60), (3, 0), (12, 60), (3, 0), (60, 60))
                .pushes("fcm", 503, (10, 0), (3, 60), (3, 0), (3, 60), (12, 0), (3, 60), reason="UNAVAILABLE")
            ],
            {
                9.75: [],
                13: [PROVIDER, FAILING],
                15.75: [PROVIDER, FAILING],
                19: [PROVIDER, FAILING, SOME],
                22: [PROVIDER, FAILING, SOME, "critical MesiboPushErrorBudgetBurn"],
                28: [],
                30.75: [],
                33: [PROVIDER],
                42: [],
            },
        ),
        Scenario(
            "a refusal that nobody documents pages where it is most of the few pushes of two hosts",
            [
                Host("a:10914")
                .normal(fcm=0, apns=0)
                .pushes("fcm", 200, (10, FCM), (6, 0), (60, FCM))
                .pushes("fcm", 918, (10, 0), (6, FCM)),
                Host("b:10914").normal(fcm=0.5, apns=1),
            ],
            {9.75: [], 13: [FAILING, UNKNOWN], 16: [FAILING, UNKNOWN], 23: [UNKNOWN]},
        ),
        Scenario(
            "a hiccup of a minute on a site with few pushes is quiet",
            [
                Host()
                .normal(fcm=0, apns=APNS)
                .pushes("fcm", 200, (10, 12), (1, 0), (60, 12))
                .pushes("fcm", 503, (10, 0), (1, 12), reason="UNAVAILABLE")
            ],
            {m / 4: [] for m in range(40, 62)},
            spares=SPARED,
        ),
        Scenario(
            "a third of a platform failing for minutes on a site with few pushes is no page at once",
            [quiet().pushes("fcm", 503, (10, 0), (1.25, FCM / 2), reason="UNAVAILABLE")],
            {m / 4: [] for m in range(40, 62)},
            spares=SPARED,
        ),
        Scenario(
            "one message to a group that fails in a moment without other traffic is no outage",
            [
                Host("a:10914").normal((10_000_000, 0)).pushes("fcm", 503, (10, 0), (0, 15), reason="UNAVAILABLE"),
                Host("b:10914", "between-two-scrapes")
                .normal((10_000_000, 0))
                .pushes("apns", 503, (10, 0), (0, 9), (0, 9), reason="ServiceUnavailable"),
            ],
            {m / 4: [] for m in range(40, 62)},
            spares=SPARED,
        ),
        Scenario(
            "one bad token that is all the traffic of a quiet site wakes nobody, whatever refuses it",
            [
                Host("a:10914").normal((10_000_000, 0)).pushes("apns", 911, (10, 0), (10, 4)),
                Host("b:10914", "other")
                .normal((10_000_000, 0))
                .pushes("fcm", 404, (10, 0), (10, 4), reason="UNREGISTERED"),
                Host("c:10914", "third")
                .normal((10_000_000, 0))
                .pushes("fcm", 400, (10, 0), (4, 4), reason="INVALID_ARGUMENT"),
                Host("d:10914", "fourth").normal((10_000_000, 0)).pushes("fcm", 914, (10, 0), (10, 4)),
            ],
            {9.75: [], 11: [], 12: [], 13: [], 14: [], 16: [], 20: [], 30: []},
            spares=(*SPARED, "MesiboPushBadTokens", "MesiboPushRateLimitedByMesibo"),
        ),
        Scenario(
            "seven failures in a night without other pushes are too few",
            [Host().normal((10, 1), (50, 0), fcm=1, apns=1).pushes("fcm", 500, (20, 0), (5, 1.3), reason="INTERNAL")],
            {float(m): [] for m in range(20, 31)},
            spares=SPARED,
        ),
        Scenario(
            "failures of the time before the first scrape, and of a pause of the watcher, are no outage by themselves",
            [
                Host("a:10914").normal(fcm=FCM, apns=APNS).pushes("fcm", 503, start=300, reason="UNAVAILABLE"),
                quiet("b:10914")
                .pushes("apns", 503, (11, 0), (1, 9), (60, 0), reason="ServiceUnavailable")
                .unscraped((10, 0), (3, None), (60, 0)),
            ],
            {m / 4: [] for m in (1, 2, 8, 20, *range(50, 76))},
            spares=SPARED,
        ),
    ]
