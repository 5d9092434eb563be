"""Gather the facts of a moment from a running daemon and its ledger."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from logwatch.config import Config
from logwatch.diagnosis.facts import Facts, SourceSetup
from logwatch.errors import Problem
from logwatch.ledger.buckets import MINUTE, WIDTHS
from logwatch.ledger.directory import set_aside_at
from logwatch.ledger.reader import Reader, Timelines
from logwatch.ledger.snapshot import Snapshot
from logwatch.mesibo_conf import PushLogging, push_logging
from logwatch.model import Position
from logwatch.privacy import readable
from logwatch.watched import Watched

SHAPES = 20


class Examined(Watched, Protocol):
    """What a diagnosis and the pages look at beyond what is exported."""

    @property
    def trouble(self) -> str:
        """Why the daemon is not ready; empty when it is."""

    @property
    def refused(self) -> Sequence[Problem]:
        """Why the configuration on disk is not the one in force; empty when it is."""

    @property
    def ledger_path(self) -> Path:
        """Where its lists are read from."""


def gather(watched: Examined, reader: Reader, now: float, timelines: Timelines) -> tuple[Facts, list[Position]]:
    """Return what is known at ``now``, and the files that are followed; NotReadable if the ledger cannot be read."""
    snapshot = watched.snapshot  # taken first: what is read below then has at least the changes that it lists
    sources = watched.status
    minutes, quarters, *before = (timelines.of(width, now, snapshot.changed).among(sources) for width in WIDTHS)
    files = reader.positions()
    facts = replace(
        _facts(watched, now, snapshot, files, {row.source for row in minutes.series}),
        minutes=minutes,
        quarters=quarters,
        before=before,
        set_aside=set_aside_at(reader.path),
        shapes=reader.shapes(SHAPES),
        heard=reader.heard(now - WIDTHS[MINUTE]),
        witnessed=reader.minutes(now - WIDTHS[MINUTE]),
    )
    return facts, files


def without_ledger(watched: Examined, now: float) -> Facts:
    """Return what is known at ``now`` while the ledger cannot be read: totals, and the status of each source."""
    return _facts(watched, now, watched.snapshot)


def _facts(
    watched: Examined, now: float, snapshot: Snapshot, files: Iterable[Position] = (), pushed: Collection[str] = ()
) -> Facts:
    status = watched.status
    return Facts(
        now,
        watched.catalogue,
        snapshot=snapshot.among(status),
        status=status,
        trouble=watched.trouble,
        setups=setups(watched.config, files, pushed),
        refused=watched.refused,
        credentials=watched.credentials,
    )


def setups(config: Config, files: Iterable[Position], pushed: Collection[str]) -> dict[str, SourceSetup]:
    """Return the setup of each source, with what its mesibo.conf says only if it has not ``pushed``."""
    found: dict[str, list[str]] = {}
    for position in files:
        if position.state == "live":
            found.setdefault(position.source, []).append(readable(position.path))
    return {
        source.name: SourceSetup(
            tuple(found.get(source.name, map(readable, source.paths))),
            source.grammar,
            readable(config.grammars.own),
            PushLogging() if source.name in pushed else push_logging(source),
        )
        for source in config.source
    }
