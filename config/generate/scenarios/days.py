"""Situations with a past: the same hour of yesterday and of last week. Two minutes a step, since they last for days."""

from config.generate.scenarios.model import Host, Scenario, Stretch

DAY = 24 * 60
STEP = 2.0
SPIKE = "critical MesiboPush9xxSpike"


def scenarios() -> list[Scenario]:
    """All of this topic."""
    return []
