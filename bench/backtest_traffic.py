"""Simulated push results of two sites: a rhythm of days and weeks, noise, releases, campaigns, hiccups and incidents.

Every figure is ours, chosen to be unkind where operators know trouble: bursts, drifting shares, providers that stumble.
"""

import math
import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

STEP = 30  # seconds between scrapes: twice the shipped interval, so delays are rather too long than too short
START = 1_767_571_200  # a Monday, 00:00 UTC
DAY = 86400

SITES = {"large": 400.0, "small": 8.0}  # pushes a minute at noon of a working day
# share of a platform's pushes in normal operation
NOISE = {
    ("fcm", "404", "UNREGISTERED", "token"): 0.020,
    ("fcm", "914", "", "rate_limited"): 0.015,
    ("fcm", "500", "INTERNAL", "provider_fault"): 0.0008,
    ("fcm", "503", "UNAVAILABLE", "provider_fault"): 0.0006,
    ("fcm", "400", "INVALID_ARGUMENT", "payload"): 0.0004,
    ("fcm", "429", "QUOTA_EXCEEDED", "rate_limited"): 0.0002,
    ("fcm", "403", "SENDER_ID_MISMATCH", "configuration"): 0.0008,
    ("apns", "410", "Unregistered", "token"): 0.015,
    ("apns", "400", "BadDeviceToken", "token"): 0.002,
    ("apns", "911", "", "token"): 0.002,
    ("apns", "912", "", "configuration"): 0.0005,
    ("apns", "914", "", "rate_limited"): 0.010,
    ("apns", "503", "ServiceUnavailable", "provider_fault"): 0.0008,
    ("apns", "0", "", "network"): 0.0005,
    ("fcm", "0", "", "network"): 0.0005,
}
INCIDENTS = [  # about, platforms, code, reason, class, share of the platform, minutes
    ("certificate expired (903)", ("apns",), "903", "", "credential", 1.0, 40),
    ("credentials deleted (901)", ("fcm", "apns"), "901", "", "configuration", 1.0, 30),
    ("push disabled (902)", ("fcm", "apns"), "902", "", "configuration", 1.0, 30),
    ("damaged certificate (904)", ("apns",), "904", "", "credential", 1.0, 30),
    ("development certificate (905)", ("apns",), "905", "", "configuration", 0.9, 30),
    ("a release with another bundle ID (912)", ("apns",), "912", "", "configuration", 0.25, 60),
    ("service account revoked (401)", ("fcm",), "401", "UNAUTHENTICATED", "credential", 1.0, 30),
    ("another Firebase project (403)", ("fcm",), "403", "SENDER_ID_MISMATCH", "configuration", 0.4, 60),
    ("APNs refuses the certificate (403)", ("apns",), "403", "BadCertificate", "credential", 1.0, 30),
    ("FCM down (503)", ("fcm",), "503", "UNAVAILABLE", "provider_fault", 0.9, 25),
    ("APNs down (500)", ("apns",), "500", "InternalServerError", "provider_fault", 0.8, 25),
    ("no way out of the host (0)", ("fcm", "apns"), "0", "", "network", 0.95, 20),
    ("a release with payloads too large (413)", ("apns",), "413", "PayloadTooLarge", "payload", 0.7, 40),
    ("refusals for payload (913)", ("fcm", "apns"), "913", "", "payload", 0.3, 40),
    ("a release that stores wrong tokens (911)", ("apns",), "911", "", "token", 0.9, 60),
    ("quota of FCM used up (429)", ("fcm",), "429", "QUOTA_EXCEEDED", "rate_limited", 0.6, 30),
    ("a flood that mesibo's limit stops (914)", ("fcm", "apns"), "914", "", "rate_limited", 0.9, 60),
    ("a code that nobody documents (950)", ("fcm", "apns"), "950", "", "rejected", 0.3, 30),
    ("pushes stop", ("fcm", "apns"), "", "", "", 1.0, 90),
]


@dataclass(frozen=True)
class Incident:
    """One thing that goes wrong on one site."""

    about: str
    site: str
    start: int
    minutes: int
    platforms: tuple[str, ...]
    result: tuple[str, str, str]  # code, reason, class; empty: nothing is logged
    share: float


def incident(about: str, site: str, start: int) -> Incident:
    """One of the kinds above, by its name, on a site and at a time."""
    _, platforms, code, reason, cls, share, minutes = next(each for each in INCIDENTS if each[0] == about)
    return Incident(about, site, start, minutes, platforms, (code, reason, cls), share)


def plan(days: int, seed: int) -> list[Incident]:
    """Each incident once on each site, at an hour of the day, not at the same time as another of its site."""
    chance = random.Random(seed)
    incidents = []
    for site in SITES:
        slots = [(day, hour) for day in range(1, days) for hour in (9, 13, 17)]
        chosen = chance.sample(slots, min(len(INCIDENTS), len(slots)))
        for (day, hour), (about, *_) in zip(chosen, INCIDENTS, strict=False):
            start = START + day * DAY + hour * 3600 + chance.randrange(3600) // STEP * STEP
            incidents.append(incident(about, site, start))
    return sorted(incidents, key=lambda i: (list(SITES).index(i.site), i.start))


def rhythm(t: int) -> float:
    """Share of the noon of a working day: quiet nights, a peak in the evening, fewer pushes on Sundays."""
    hour = t % DAY / 3600
    day = 0.06 + 0.94 * max(0.0, math.sin((hour - 5.5) / 18.5 * math.pi)) ** 1.3 if hour > 5.5 else 0.06
    evening = 0.5 * math.exp(-(((hour - 20) / 1.5) ** 2))
    return (day + evening) * (0.55 if (t - START) // DAY % 7 == 6 else 0.8 if (t - START) // DAY % 7 == 5 else 1.0)


def poisson(chance: random.Random, mean: float) -> int:
    """Draw a number of events; for large means the normal distribution will do."""
    if mean > 40:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


class Disturbances:
    """What is no incident but looks like a small one: hiccups of providers, campaigns, releases, drift."""

    def __init__(self, chance: random.Random, days: int) -> None:
        self.hiccups = [
            (
                START + chance.randrange(days * DAY),
                chance.randrange(20, 75),
                chance.choice(("fcm", "apns")),
                chance.uniform(0.05, 0.35),
            )
            for _ in range(days)
        ]
        self.campaigns = [START + d * DAY + 11 * 3600 for d in range(2, days, 3)]
        self.drift = 0.0
        self.chance = chance

    def at(self, t: int) -> tuple[float, dict[tuple[str, str], float]]:
        """Factor on traffic, and factors or shares by (platform, class)."""
        self.drift = 0.995 * self.drift + self.chance.gauss(0, 0.02)
        traffic, shares = math.exp(self.drift), {}
        for start, length, platform, share in self.hiccups:
            if start <= t < start + length:
                shares[platform, "provider_fault"] = share
        for start in self.campaigns:
            if start <= t < start + 3600:
                traffic *= 2.5
                for platform in ("fcm", "apns"):
                    shares[platform, "token"] = 0.045
                    shares[platform, "rate_limited"] = 0.06
        if (t - START) // DAY % 7 == 2 and 10 <= t % DAY / 3600 < 16:  # releases on Wednesdays: more tokens die
            shares["fcm", "token"] = 0.04
            shares["apns", "token"] = 0.035
        return traffic, shares


def results(incidents: list[Incident]) -> set[tuple[str, str]]:
    """Return every (code, reason) that occurs."""
    return {key[1:3] for key in NOISE} | {each.result[:2] for each in incidents}


def simulate(site: str, days: int, seed: int, incidents: list[Incident]) -> dict[str, array]:
    """Return the series that a site exports: name and labels -> the counter at each step."""
    keys = [(p, "200", "", "delivered") for p in ("fcm", "apns")] + list(NOISE)
    keys += [(p, *i.result) for i in incidents for p in i.platforms if i.result[0]]
    counts = dict.fromkeys(keys, 0)
    chance, disturbances = random.Random(f"{seed}{site}"), Disturbances(random.Random(f"{seed}{site}d"), days)
    here = [each for each in incidents if each.site == site]
    series: dict[str, array] = {}
    for t in range(START, START + days * DAY, STEP):
        _advance(chance, counts, site, t, disturbances, here)
        for name, count in _exposed(site, counts):
            series.setdefault(name, array("q")).append(count)
    return series


def _advance(
    chance: random.Random, counts: dict, site: str, t: int, disturbed: Disturbances, incidents: list[Incident]
) -> None:
    traffic, shares = disturbed.at(t)
    total = SITES[site] * rhythm(t) * traffic * STEP / 60
    now = [i for i in incidents if i.site == site and i.start <= t < i.start + i.minutes * 60]
    for platform, part in (("fcm", 0.6), ("apns", 0.4)):
        mean = total * part
        here = next((i for i in now if platform in i.platforms), None)
        if here and not here.result[0]:
            continue
        left = 1.0
        if here:
            left -= here.share
            counts[platform, *here.result] += poisson(chance, mean * here.share)
        spent = 0.0
        for key, share in NOISE.items():
            if key[0] == platform:
                if (platform, key[3]) in shares:
                    same = sum(v for k, v in NOISE.items() if k[0] == platform and k[3] == key[3])
                    share = share / same * shares[platform, key[3]]  # noqa: PLW2901
                spent += share
                counts[key] += poisson(chance, mean * left * share)
        counts[platform, "200", "", "delivered"] += poisson(chance, mean * left * max(0.0, 1 - spent))


def _exposed(site: str, counts: dict) -> Iterator[tuple[str, int]]:
    limited = dict.fromkeys(("mesibo", "fcm", "apns"), 0)
    for key, count in counts.items():
        yield _name(site, *key), count
        if key[3] == "rate_limited":
            limited["mesibo" if key[1] == "914" else key[0]] += count
    for limiter, count in limited.items():
        yield _name(site, limiter), count


@cache
def _name(site: str, whose: str, code: str = "", reason: str = "", cls: str = "") -> str:
    where = f'cluster="{site}",instance="{site}",job="mesibo-logwatch",source="mesibo"'
    if not code:
        return f'mesibo_push_rate_limit_hits_total{{{where},limiter="{whose}"}}'
    return f'mesibo_push_results_total{{{where},platform="{whose}",code="{code}",reason="{reason}",class="{cls}"}}'
