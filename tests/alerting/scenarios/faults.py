"""Faults that stop a platform: each known code fires, resolves, and is spared when it is an isolated event."""

from dataclasses import replace

from config.generate.codes import covered, platforms, spoken
from logwatch.catalogue import Entry
from logwatch.model import Platform
from tests.alerting.scenarios.model import Host, Scenario, Stretch

EXPIRED = "critical MesiboPushCertificateExpired"
SPIKE = "critical MesiboPush9xxSpike"
MOSTLY = "critical MesiboPushMostlyFailing"
BURN = "critical MesiboPushErrorBudgetBurn"


def _each(entry: Entry, platform: Platform, name: str) -> Scenario:
    host = Host().normal(fcm=10, apns=10).pushes("unknown", 200, (100, 10))
    host.pushes(platform, entry.code, (6, 0), (2, 6), reason=entry.reason)
    who = spoken(entry) + (f" on {platform}" if entry.provider in ("any", "mesibo") else "")
    return Scenario(
        f"{who} pages within a minute and resolves ({entry.name})",
        [host],
        {5.75: [], 7: [f"critical {name}"], 8: [f"critical {name}"], 11.5: [f"critical {name}"], 19: []},
    )


def each() -> list[Scenario]:
    """One for each rule: six pushes a minute fail, for two minutes, among ten that do not."""
    return [_each(entry, platform, name) for name, platform, entry in covered()]


def nameless() -> list[Scenario]:
    """One for each alert about a provider: its reason says who refused, in lines that do not name the platform."""
    of_reason = {name: entry for name, _, entry in covered() if entry.reason and "unknown" in platforms(entry)}
    scenarios = [_each(entry, "unknown", name) for name, entry in of_reason.items()]
    return [replace(each, name=f"{each.name}, in lines without a platform") for each in scenarios]


def _isolated() -> Host:
    host = Host().normal()
    for index, (_, platform, entry) in enumerate(covered()):
        host.pushes(platform, entry.code, (1 + index / 2, 0), (0, 1), reason=entry.reason)
    return host


def _labelled(host: Host, code: str, cls: str, *stretches: Stretch, start: float = 5000) -> Host:
    """Results of a code that the shipped catalogue lacks, of a class that an operator's own gives it."""
    labels = {"platform": "apns", "code": code, "reason": "", "class": cls}
    return host.of_source("mesibo_push_results_total", *stretches, start=start, **labels)


ALL = tuple(dict.fromkeys(name for name, _, _ in covered()))


def scenarios() -> list[Scenario]:
    """All of this topic."""
    outage = Host().normal((10, 1), (10, 1), fcm=60, apns=0)
    outage.pushes("apns", 200, (10, 40), (10, 0), (60, 40)).pushes("apns", 903, (10, 0), (10, 40))
    come_and_go = Host().normal(fcm=500, apns=0)
    for code, minutes in ((200, ((5, 40), *((1, 0), (3, 40)) * 4, (20, 40))), (903, ((5, 0), *((1, 40), (3, 0)) * 4))):
        come_and_go.pushes("apns", code, *minutes)
    return [
        *each(),
        *nameless(),
        Scenario(
            "each fault once is an isolated event",
            [_isolated()],
            {float(m): [] for m in range(2, 31, 2)},
            spares=ALL,
        ),
        Scenario(
            "an expired certificate is over two minutes after its last failure, and so are its effects",
            [outage],
            {
                9.75: [],
                10.25: [EXPIRED],
                10.5: [EXPIRED, SPIKE],
                14: [EXPIRED, MOSTLY, SPIKE],
                20: [EXPIRED, MOSTLY, SPIKE, BURN],
                21.5: [],
                22: [],
                24: [],
                26: [],
                30: [],
            },
            spares=("MesiboPush9xxSpike", "MesiboPushErrorBudgetBurn"),
        ),
        Scenario(
            "a fault that comes and goes pages twice, and is over once it stays away",
            [come_and_go],
            {
                4.75: [],
                5.5: [EXPIRED],
                7.5: [],
                8.75: [],
                9.5: [EXPIRED],
                **{minute: [EXPIRED] for minute in (11.5, 12.75, 14, 16.75, 18, 21)},
                28.5: [],
                31: [],
            },
        ),
        Scenario(
            "what two hours have cost is no steady loss once they are over",
            [
                Host()
                .normal(fcm=60, apns=0)
                .pushes("apns", 200, (60, 40), (120, 0), (150, 40))
                .pushes("apns", 903, (60, 0), (120, 40))
            ],
            {59.0: [], **{float(minute): [] for minute in range(185, 330, 5)}},
            spares=("MesiboPushErrorBudgetBurn",),
        ),
        Scenario(
            "an expired certificate on a host with one push in two minutes pages within half an hour",
            [Host().normal(fcm=0.5, apns=0).pushes("apns", 903, (20, 0), (20, 0.25))],
            {20: [], 28: [], 36: [EXPIRED], 75: []},
        ),
        Scenario(
            "two failures among few pushes are no majority and no event",
            [Host().normal(fcm=0.5, apns=0.1).pushes("apns", 903, (20, 0), (0, 2))],
            {20.5: [], 30: [], 60: []},
            spares=("MesiboPushCertificateExpired",),
        ),
        Scenario(
            "what failed before the first scrape is history, not a burst",
            [Host().normal().pushes("apns", 903, start=5000).pushes("fcm", 911, start=70_000)],
            {0.5: [], 5: [], 30: []},
            spares=("MesiboPushCertificateExpired", "MesiboPush9xxSpike", "MesiboPushBadTokens"),
        ),
        Scenario(
            "a restart of the daemon in normal operation is quiet, the backlog of its pause included",
            [
                Host()
                .normal((30, 1), (3, 1), (60, 1))
                .pushes("fcm", 404, (100, 1), reason="UNREGISTERED")
                .pushes("apns", 912, (100, 0.1))
                .pushes("fcm", 500, (100, 0.5), reason="INTERNAL")
                .unscraped((30, 0), (3, None), (60, 0))
            ],
            {29.0: [], 30.5: [], 33.25: [], 34: [], 36: [], 60: []},
            spares=("MesiboLogwatchDown", "MesiboPushCertificateAppMismatch", "MesiboPush9xxSpike", "MesiboPushSilent"),
        ),
        Scenario(
            "a catalogue that moves a code to another class makes no burst of what was counted before",
            [
                _labelled(
                    _labelled(Host().normal(), "931", "rejected", (10, 0), (21, None)),
                    "931",
                    "credential",
                    (10, None),
                    (21, 0),
                )
            ],
            {9.75: [], 10.25: [], 11: [], 20: [], 31: []},
            spares=("MesiboPush9xxSpike", "MesiboPushUnknown9xxCode"),
        ),
        Scenario(
            "a code that nobody knows counts from its first time on",
            [_labelled(Host().normal(), "977", "rejected", (10, None), (21, 0), start=12)],
            {9.75: [], 10.5: ["warning MesiboPushUnknown9xxCode"], 31: ["warning MesiboPushUnknown9xxCode"]},
        ),
        Scenario(
            "a certificate that fails on two hosts at once is one alert of their cluster",
            [
                Host("a:10914").normal().pushes("apns", 903, (10, 0), (3, 40)),
                Host("b:10914").normal().pushes("apns", 903, (10, 0), (3, 40)),
                Host("c:10914", cluster="other").normal(),
            ],
            {9.75: [], 10.25: [EXPIRED], 11: [EXPIRED, SPIKE], 30: []},
        ),
        Scenario(
            "a code that an operator's catalogue calls critical pages, whether a scrape fails or not",
            [
                Host()
                .normal()
                .pushes("fcm", 931, (10, 0), (1, 12))
                .gauge(
                    "mesibo_push_code_info",
                    {
                        "platform": "fcm",
                        "code": "931",
                        "reason": "",
                        "provider": "mesibo",
                        "name": "our_proxy_down",
                        "class": "configuration",
                        "severity": "critical",
                    },
                    1,
                    (),
                )
                .unscraped((11, 0), (1, None), (63, 0))
            ],
            {
                9.75: [],
                11: ["critical MesiboPushCriticalCode", "warning MesiboPushUnknown9xxCode"],
                12: ["critical MesiboPushCriticalCode", "warning MesiboPushUnknown9xxCode"],
                22: ["warning MesiboPushUnknown9xxCode"],
                75: [],
            },
            spares=("MesiboPushCriticalCode",),
        ),
    ]
