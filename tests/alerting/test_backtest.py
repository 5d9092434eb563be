"""A day of simulated traffic on a large and a small site, through the shipped rules in a real Prometheus.

The thirty days of docs/runbooks/backtest.md, made short: the same traffic, noise and judge.
"""

import pytest

from bench.backtest import run
from bench.backtest_traffic import START, incident
from tests.helpers.running import tool

pytestmark = pytest.mark.integration

HOUR = 3600
EFFECTS = {"MesiboPush9xxSpike", "MesiboPushErrorBudgetBurn", "MesiboPushMostlyFailing"}
"""What Alertmanager holds back while the cause fires; together with it they are no second page."""

EXPECTED = {  # (what, site, hour): the page, and how many seconds after the first failure at the latest
    ("certificate expired (903)", "large", 9): ("MesiboPushCertificateExpired", 60),
    ("FCM down (503)", "large", 13): ("MesiboPushProviderFailing", 90),
    ("quota of FCM used up (429)", "large", 17): ("MesiboPushRateLimitedByProvider", 120),
    ("certificate expired (903)", "small", 9): ("MesiboPushCertificateExpired", 240),
    ("APNs down (500)", "small", 13): ("MesiboPushMostlyFailing", 300),
    ("FCM down (503)", "small", 20): ("MesiboPushMostlyFailing", 240),
}


@pytest.fixture(scope="module")
def day():
    """Play it once: what each incident paged, and what paged without one."""
    for name in ("prometheus", "promtool"):
        tool(name)
    return run(1, 1, [incident(about, site, START + hour * HOUR) for about, site, hour in EXPECTED])


def test_each_incident_pages_in_time(day):
    """The first page names the cause, or on the small site that most of a platform fails, and comes soon enough."""
    incidents, _ = day
    assert len(incidents) == len(EXPECTED)
    for happened, pages in incidents:
        key = (happened.about, happened.site, (happened.start - START) // HOUR)
        alert, latest = EXPECTED[key]
        after = [seconds for seconds, name in pages if name == alert]
        assert after, f"{key}: {pages}"
        assert min(after) <= latest, f"{key}: {pages}"
        assert {name for _, name in pages} <= {alert, *EFFECTS}, f"{key}: {pages}"


def test_nothing_else_pages_in_a_day(day):
    """Churn, hiccups, limits and a quiet night wake nobody, on either site."""
    _, others = day
    assert others == []
