"""Shares: spikes, the objective, tokens, rate limits, providers, payloads; on a day without history."""

from tests.alerting.scenarios.model import Host, Scenario

SPIKE = "critical MesiboPush9xxSpike"
BURN = "critical MesiboPushErrorBudgetBurn"
MOSTLY = "critical MesiboPushMostlyFailing"
UNKNOWN = "warning MesiboPushUnknown9xxCode"
SLOW = "warning MesiboPushErrorBudgetBurn"
BURNING = ("MesiboPush9xxSpike", "MesiboPushErrorBudgetBurn")


def scenarios() -> list[Scenario]:
    """All of this topic."""
    return [
        Scenario(
            "a spike of a bad payload's 913 pages within a minute and resolves",
            [Host().normal().pushes("fcm", 913, (30, 0), (10, 25))],
            {
                29.75: [],
                31.5: [SPIKE],
                39: [SPIKE, "warning MesiboPushPayloadRefused"],
                43: [SPIKE, "warning MesiboPushPayloadRefused"],
                46: [],
                70: [],
            },
        ),
        Scenario(
            "refusals that a site has lived with are no spike until they treble, and then until they end",
            [Host().normal(fcm=100, apns=0).pushes("fcm", 918, (120, 4), (40, 12), (100, 40), (200, 4))],
            {
                119: [UNKNOWN],
                125: [UNKNOWN],
                163: [SPIKE, UNKNOWN],
                258: [SPIKE, BURN, UNKNOWN, SLOW],
                340: [UNKNOWN],
            },
            spares=("MesiboPush9xxSpike",),
        ),
        Scenario(
            "one bad token, pushed to often, wakes nobody",
            [Host().normal(fcm=3, apns=2).pushes("apns", 911, (10, 0), (30, 2))],
            {9.0: [], 15: [], 30: [], 41: [], 60: []},
            spares=("MesiboPushBadTokens", *BURNING),
        ),
        Scenario(
            "low traffic with a failure now and then is quiet",
            [
                Host()
                .normal(fcm=0.2, apns=0.1)
                .pushes("fcm", 500, (20, 0), (60, 0.05), reason="INTERNAL")
                .pushes("apns", 913, (20, 0), (60, 0.03))
            ],
            {float(m): [] for m in range(10, 121, 10)},
            spares=(*BURNING, "MesiboPushProviderFailing", "MesiboPushPayloadRefused"),
        ),
        Scenario(
            "a tenth of the budget's limit burns for hours and warns nobody",
            [Host().normal().pushes("fcm", 500, (600, 0.5), reason="INTERNAL")],
            {60.0: [], 300: [], 420: []},
            spares=("MesiboPushErrorBudgetBurn",),
        ),
        Scenario(
            "a steady loss of a twelfth warns, without a page",
            [
                Host()
                .normal()
                .pushes("fcm", 404, (90, 0), (200, 6), reason="NOT_FOUND")
                .pushes("fcm", 918, (90, 0), (200, 6))
            ],
            {89.0: [], 120: [UNKNOWN], 300: [SLOW, UNKNOWN], 420: []},
            spares=("MesiboPushErrorBudgetBurn",),
        ),
        Scenario(
            "a loss of a sixth pages by the budget alone",
            [
                Host()
                .normal()
                .pushes("fcm", 404, (20, 0), (60, 15), reason="NOT_FOUND")
                .pushes("fcm", 918, (20, 0), (60, 9))
            ],
            {19.0: [], 30: [UNKNOWN], 79: [BURN, SLOW, UNKNOWN], 86: [SLOW, UNKNOWN], 105: [UNKNOWN]},
        ),
        Scenario(
            "most tokens of a platform refused at once pages",
            [
                Host()
                .normal(fcm=60, apns=0)
                .pushes("apns", 200, (30, 40), (10, 5), (60, 40))
                .pushes("apns", 911, (30, 0), (10, 35))
            ],
            {
                29.0: [],
                31: [],
                36: ["critical MesiboPushBadTokens"],
                40: ["critical MesiboPushBadTokens"],
                41: ["critical MesiboPushBadTokens"],
                80: [],
            },
            spares=BURNING,
        ),
        Scenario(
            "a quarter of dead tokens becomes a ticket and never a page",
            [Host().normal(fcm=60, apns=40).pushes("fcm", 404, (30, 0), (40, 35), reason="UNREGISTERED")],
            {29.0: [], 70: ["warning MesiboPushBadTokens"], 110: []},
            spares=("MesiboPushBadTokens",),
        ),
        Scenario(
            "a busy group chat that meets mesibo's limit is quiet",
            [Host().normal().pushes("fcm", 914, (30, 0), (30, 15))],
            {29.0: [], 45: [], 60: [], 90: []},
            spares=("MesiboPushRateLimitedByMesibo", *BURNING),
        ),
        Scenario(
            "a third of all pushes held back by mesibo is a ticket",
            [Host().normal().pushes("fcm", 914, (30, 0), (40, 70))],
            {29.0: [], 69: ["warning MesiboPushRateLimitedByMesibo"], 110: []},
        ),
        Scenario(
            "nearly all pushes held back by mesibo pages, and is no spike",
            [Host().normal().pushes("fcm", 914, (30, 0), (40, 500))],
            {
                29.0: [],
                69: ["critical MesiboPushRateLimitedByMesibo", "warning MesiboPushRateLimitedByMesibo"],
                110: [],
            },
            spares=("MesiboPush9xxSpike",),
        ),
        Scenario(
            "single 429 of a provider are quiet",
            [Host().normal().pushes("fcm", 429, (30, 0), (30, 0.5), reason="QUOTA_EXCEEDED")],
            {29.0: [], 45: [], 60: [], 90: []},
            spares=("MesiboPushRateLimitedByProvider",),
        ),
        Scenario(
            "one in ten refused by FCM's quota is a ticket",
            [Host().normal().pushes("fcm", 429, (30, 0), (30, 7), reason="QUOTA_EXCEEDED")],
            {29.0: [], 59: ["warning MesiboPushRateLimitedByProvider"], 95: []},
        ),
        Scenario(
            "an exhausted quota pages; the other platform is not blamed",
            [Host().normal((30, 1), (20, 0.5), (90, 1)).pushes("fcm", 429, (30, 0), (20, 30), reason="QUOTA_EXCEEDED")],
            {
                29.0: [],
                35: ["critical MesiboPushRateLimitedByProvider"],
                49: ["critical MesiboPushRateLimitedByProvider", "warning MesiboPushRateLimitedByProvider"],
                90: [],
            },
        ),
        Scenario(
            "an outage of FCM pages, is held while its effects last, and resolves",
            [
                Host()
                .normal(fcm=0, apns=40)
                .pushes("fcm", 200, (30, 60), (10, 0), (60, 60))
                .pushes("fcm", 503, (30, 0), (10, 60), reason="UNAVAILABLE")
            ],
            {
                29.75: [],
                31.5: ["critical MesiboPushProviderFailing"],
                34: ["critical MesiboPushProviderFailing", MOSTLY],
                39: ["critical MesiboPushProviderFailing", "warning MesiboPushProviderFailing", MOSTLY],
                44: ["critical MesiboPushProviderFailing", "warning MesiboPushProviderFailing", MOSTLY],
                46.25: ["critical MesiboPushProviderFailing"],
                47.5: [],
                80: [],
            },
        ),
        Scenario(
            "a few 5xx for a few minutes are quiet",
            [Host().normal().pushes("apns", 503, (30, 0), (4, 5), reason="ServiceUnavailable")],
            {29.0: [], 32: [], 34: [], 36: [], 60: []},
            spares=("MesiboPushProviderFailing", *BURNING),
        ),
        Scenario(
            "a host without a way out pages for that host, and the fleet's comparison says so too",
            [
                Host("a:10914")
                .normal((30, 1), (12, 0), (60, 1))
                .pushes("fcm", 0, (30, 0), (12, 40))
                .pushes("apns", 0, (30, 0), (12, 40)),
                *(Host(f"{h}:10914").normal(fcm=300, apns=200) for h in "bc"),
            ],
            {
                29.0: [],
                32: ["critical MesiboPushNoAnswer"],
                41.5: [
                    "critical MesiboPushNoAnswer",
                    "warning MesiboPushNoAnswer",
                    "warning MesiboPushHostBehindFleet",
                ],
                60: [],
            },
            spares=("MesiboPushErrorBudgetBurn",),
        ),
        Scenario(
            "all hosts failing alike leaves none behind",
            [Host(f"{h}:10914").normal().pushes("fcm", 500, (30, 0), (15, 40), reason="INTERNAL") for h in "abc"],
            {
                29.0: [],
                44: ["warning MesiboPushProviderFailing"],
                80: [],
            },
            spares=("MesiboPushHostBehindFleet", "MesiboPushProviderFailing"),
        ),
        Scenario(
            "a connection that breaks now and then is quiet",
            [Host().normal().pushes("apns", 0, (30, 0), (30, 1))],
            {29.0: [], 45: [], 60: [], 90: []},
            spares=("MesiboPushNoAnswer",),
        ),
        Scenario(
            "a release that breaks every payload of a platform pages",
            [
                Host()
                .normal(fcm=60, apns=0)
                .pushes("apns", 200, (30, 40), (10, 0), (60, 40))
                .pushes("apns", 413, (30, 0), (10, 40), reason="PayloadTooLarge")
            ],
            {
                29.75: [],
                31.5: ["critical MesiboPushPayloadRefused"],
                39: ["critical MesiboPushPayloadRefused", "warning MesiboPushPayloadRefused", MOSTLY],
                47.5: [],
                80: [],
            },
        ),
        Scenario(
            "single payloads refused are quiet",
            [Host().normal().pushes("apns", 400, (30, 0), (30, 0.5), reason="PayloadEmpty")],
            {29.0: [], 45: [], 60: [], 90: []},
            spares=("MesiboPushPayloadRefused",),
        ),
        Scenario(
            "an unknown code above 900 becomes a ticket",
            [Host().normal().pushes("fcm", 977, (10, 0), (10, 0.5), (10, 1))],
            {9.0: [], 19: [], 29: ["warning MesiboPushUnknown9xxCode"], 95: []},
            spares=("MesiboPushUnknown9xxCode",),
        ),
        Scenario(
            "when the active host of a cluster changes nobody is called",
            [
                Host("a:10914").normal((60, 1), (90, 0)).pushes("fcm", 914, (60, 2)).pushes("apns", 913, (60, 0.2)),
                Host("b:10914")
                .normal((60, 0), (90, 1))
                .pushes("fcm", 914, (60, 0), (90, 2))
                .pushes("apns", 913, (60, 0), (90, 0.2)),
            ],
            {59.0: [], 61: [], 65: [], 90: [], 99: [], 140: []},
            spares=("MesiboPushSilent", "MesiboPushHostBehindFleet", "MesiboPush9xxSpike"),
        ),
        Scenario(
            "from full traffic to none on all hosts of a cluster pages after half an hour",
            [Host("a:10914").normal((60, 1), (60, 0), (60, 1)), Host("b:10914").normal((180, 0))],
            {60.0: [], 85: [], 97: ["critical MesiboPushSilent"], 125: []},
        ),
        Scenario(
            "a night that comes gradually is quiet",
            [Host().normal((30, 1), (30, 0.3), (30, 0.1), (30, 0.02), (120, 0))],
            {float(m): [] for m in range(30, 241, 15)},
            spares=("MesiboPushSilent", *BURNING),
        ),
    ]
