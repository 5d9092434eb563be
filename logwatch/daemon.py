"""Wire the parts and run the loop: wait, look, read, commit; signals, reload, and an orderly end.

The main thread reads and commits; the web thread serves what is on disk. Whatever ends unexpectedly ends the process
with a reason, and the service manager starts it again: nothing is lost, since only what is on disk counts.
"""

import contextlib
import faulthandler
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry

from logwatch import logging_setup
from logwatch.assembly import Parts, load_parts
from logwatch.catalogue import Catalogue
from logwatch.config import Config, Export, parse_listen
from logwatch.credentials.look import Watch, asked
from logwatch.credentials.verdict import Verdict
from logwatch.diagnosis.record import Recorder
from logwatch.errors import LogwatchError, Problem
from logwatch.export import ProcessMetrics, SnapshotCollector
from logwatch.forward.forwarder import Forwarder, ledger_id
from logwatch.forward.metrics import ForwardMetrics
from logwatch.inputs import Inputs
from logwatch.ledger.reader import Reader
from logwatch.ledger.snapshot import Snapshot
from logwatch.ledger.store import Ledger
from logwatch.model import SourceStatus
from logwatch.moments import utc
from logwatch.pipeline import CALLED_SECONDS, Pipeline
from logwatch.privacy import Privacy
from logwatch.sd_notify import Notifier
from logwatch.signal_flags import SignalFlags
from logwatch.wake import Wakeup, make_waker
from logwatch.web.access import Access, refuse_in_the_clear
from logwatch.web.server import WebServer
from logwatch.web.views import rules
from logwatch.web.webhook import Doorkeeper, Endpoint
from logwatch.words import many, names

Load = Callable[[], Config]

_TAKES_A_RESTART = ("state.directory", "web", "failures", "follow.wake")
"""Tables and settings that a reload leaves as they are."""
LONGEST_TURN_SECONDS = 10.0
"""The longest turn of the reading loop before the daemon is no longer ready."""


class Daemon:
    """One running mesibo-logwatch.

    ``load`` returns the configuration and is called again at each reload. Raises LogwatchError if the daemon cannot
    start; ``run`` returns the exit status.
    """

    def __init__(self, load: Load, flags: SignalFlags | None = None) -> None:
        self._load = load
        self._flags = flags or SignalFlags()
        self._parts = load_parts(load)
        config = self._parts.config
        self._log = structlog.get_logger()
        self._notifier = Notifier()
        self._turned_at = time.monotonic()
        self._registry = CollectorRegistry(auto_describe=False)
        self._metrics = ProcessMetrics(self._registry)
        self._forward_metrics = ForwardMetrics(self._registry)
        self._access = Access(
            config.web.file,
            exposed=config.web.exposed,
            hosts=config.web.names,
            known=Path(config.state.directory) / "clients",
            prefix=config.web.prefix,
        )
        self._webhooks: dict[str, Endpoint] = {}  # by path
        refuse_in_the_clear(config, tls=self._access.context is not None)
        for warning in self._access.warnings(config):
            self._log.warning("web_warning", problem=warning.headline, remedy=warning.try_)
        listen = parse_listen(config.web.listen)
        door = Doorkeeper(lambda: self._webhooks, lambda status: self._metrics.webhook_calls.labels(status).inc())
        self._web = WebServer(listen.host, listen.port, rules(self._registry, self, door=door), self._access)
        self._ledger = Ledger(
            Path(config.state.directory),
            keep=config.failures.keep,
            retention_days=config.failures.retention_days,
            committed=self._committed,
            commit_failed=self._commit_failed,
        )
        if self._ledger.lost_state:
            self._metrics.state_resets.inc()
        self._waker = make_waker(config.follow.wake, self._log)
        self._hurry = Wakeup()
        self._ending = Wakeup()
        self._refused: tuple[Problem, ...] = ()  # what was wrong with the configuration at the last reload
        self._inputs = Inputs(self._ledger, self._waker, self._called, self._log)
        self._forwarders: dict[Export, tuple[Forwarder, Future[None]]] = {}
        self._pipeline = self._build(self._parts)
        self._credentials = Watch(log=self._log)
        self._credentials.watch(map(asked, config.credential))
        self._registry.register(SnapshotCollector(self))
        self._recorder = Recorder(
            self, Reader(self._ledger.path), self._ledger.key, clock=time.time, monotonic=time.monotonic
        )

    @property
    def snapshot(self) -> Snapshot:
        """What is on disk."""
        return self._ledger.snapshot

    @property
    def status(self) -> dict[str, SourceStatus]:
        """The present state of each configured source."""
        return dict(self._pipeline.status)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force."""
        return self._parts.catalogue

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._parts.config

    @property
    def credentials(self) -> tuple[Verdict, ...]:
        """What the last look at the configured credentials found."""
        return self._credentials.verdicts

    @property
    def ledger_path(self) -> Path:
        """The file that pages read lists from."""
        return self._ledger.path

    @property
    def trouble(self) -> str:
        """Why the daemon is not ready; empty when it is."""
        if self._ledger.failing:
            return f"commits fail: {self._ledger.failing}"
        idle = time.monotonic() - self._turned_at
        if idle > max(LONGEST_TURN_SECONDS, 3 * self._parts.config.follow.poll_seconds):
            return f"the reading loop has not turned for {idle:.0f} s"
        return ""

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Why the configuration on disk is not the one in force; empty when it is."""
        web = self._access.refused
        return tuple(dict.fromkeys((*self._refused, *((web,) if web else ()))))

    def run(self) -> int:
        """Follow, commit and serve until SIGTERM or SIGINT; return 0 after that, 1 if a part ended by itself."""
        # Shows where the process hung if systemd's watchdog aborts it; impossible without a standard error
        with contextlib.suppress(ValueError, OSError, AttributeError, RuntimeError):
            faulthandler.enable()
        threading.excepthook = self._thread_failed
        self._flags.on_signal(self._signalled)
        self._flags.listen()
        try:
            self._forward()  # before the first failure is committed, so that this is the first one to be sent
            self._pipeline.turn()  # before the first scrape, so that the sources are known by then
            self._turned_at = time.monotonic()
            self._web.start()
            self._mark_loaded()
            self._log.info("ready", url=self._url, **({"trouble": self.trouble} if self.trouble else {}))
            self._notifier.ready(self._summary())
            while not self._flags.stop:
                self._turn()
                if failed := self._web.failed:
                    self._log.critical("part_ended", part=failed, consequence="the process ends; start it again")
                    break
        except Exception as error:  # noqa: BLE001  whatever it is: say so, and leave the disk as it is
            self._log.critical(
                "reading_ended",
                error=repr(error),
                at=logging_setup.raised_at(error.__traceback__),
                consequence="the process ends; start it again",
            )
            # The batch may have lines without their position: what is not committed will be read again
            self._end(commit=False)
            return 1
        self._end()
        return 0 if self._flags.stop else 1

    @property
    def _url(self) -> str:
        url = parse_listen(self._parts.config.web.listen)._replace(port=self._web.port).url
        return url.replace("http:", "https:", 1) if self._access.context else url

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        """Log why a thread ended; the loop notices that, and ends the process."""
        name = failed.thread.name if failed.thread else "?"
        at = logging_setup.raised_at(failed.exc_traceback)
        self._log.critical("thread_failed", thread=name, error=repr(failed.exc_value), at=at)

    def _turn(self) -> None:
        """Run the loop once: do everything that is due, and as little as possible if nothing happened."""
        config = self._parts.config
        started = time.monotonic()
        if self._flags.reload:
            self._reload()
        for forwarder, _ in self._forwarders.values():
            if self.snapshot.exports.get(forwarder.destination) != forwarder.sent:
                self._pipeline.batch.exports[forwarder.destination] = forwarder.sent
        for incident, people in self._recorder.due(stored=self._pipeline.recorded):
            self._pipeline.batch.incident(incident, people)
        more = self._pipeline.turn()
        self._credentials.turn()
        if not self._ledger.failing:
            self._metrics.checkpoint.set_to_current_time()
        self._metrics.reload_successful.set(not self.refused)
        self._notifier.turned(self._summary())
        self._turned_at = time.monotonic()
        if more or self._flags.stop:
            return
        # However often the kernel tells of new lines, one turn per pace reads them all
        poll = min(config.follow.poll_seconds, self._notifier.longest_pause)
        pace = min(poll, config.state.commit_seconds)
        self._waker.watch(self._pipeline.directories())
        self._waker.wait(min(poll, max(0.0, self._pipeline.due_in())))
        if self._hurry.wait(max(0.0, min(started + pace - time.monotonic(), self._pipeline.due_in()))):
            self._ending.wait(max(0.0, started + min(pace, CALLED_SECONDS) - time.monotonic()))

    def _end(self, *, commit: bool = True) -> None:
        """Commit what was read, and close everything, within the two seconds that a stop may take."""
        self._notifier.stopping()
        if commit:
            self._pipeline.settle()
        self._inputs.close()
        self._credentials.close()
        self._web.stop()
        self._waker.close()
        self._ledger.close()
        self._log.info("stopped")

    def _reload(self) -> None:
        """Reload configuration, grammars and catalogue; if anything is wrong with them, the old ones stay in force."""
        self._pipeline.turn()
        self._pipeline.settle()  # a changed source closes its files, and some may be deleted by now
        if self._ledger.failing:  # what was read but not committed would be read and committed a second time
            return
        self._flags.reload = False
        self._notifier.reloading()
        try:
            parts = load_parts(self._load)
            if parts.config.web == self._parts.config.web:
                self._access.read()
            in_force = self._in_force(parts.config)
            refuse_in_the_clear(in_force, tls=self._access.context is not None)
        except LogwatchError as error:
            for problem in error.problems:
                self._log.error(
                    "reload_refused", problem=problem.headline, remedy=problem.try_, in_force="the old configuration"
                )
            self._refused = error.problems
            self._metrics.reload_successful.set(0)
        else:
            self._swap(replace(parts, config=in_force))
            self._mark_loaded()
            self._log.info("reloaded", sources=len(parts.config.source))
        self._notifier.ready(self._summary())

    def _in_force(self, new: Config) -> Config:
        """Return the new configuration, except settings that only a restart can change, which stay and are logged."""
        for setting in _TAKES_A_RESTART:
            table, _, name = setting.partition(".")
            old, now = getattr(self._parts.config, table), getattr(new, table)
            kept = msgspec.structs.replace(now, **{name: getattr(old, name)}) if name else old
            if kept != now:
                self._log.warning("reload_incomplete", setting=setting, takes="a restart")
                new = msgspec.structs.replace(new, **{table: kept})
        return new

    def _swap(self, parts: Parts) -> None:
        """Replace the old parts by new ones; an unchanged source keeps its open files."""
        self._parts = parts
        self._pipeline = self._build(parts)
        self._credentials.watch(map(asked, parts.config.credential))
        self._forward()

    def _forward(self) -> None:
        """Start the exports that are configured and not running, and stop those that are no longer configured."""
        exports = self._parts.config.export
        for export in self._forwarders.keys() - set(exports):
            forwarder, running = self._forwarders.pop(export)
            running.cancel()
            if forwarder.destination not in {each.destination for each in exports}:
                self._forward_metrics.forget(forwarder.destination)
        for export in exports:
            if export not in self._forwarders:
                forwarder = Forwarder(
                    export,
                    Reader(self._ledger.path),
                    lambda: self._parts.catalogue,
                    self._forward_metrics,
                    newest=lambda: self._ledger.newest_failure,
                    sent=self.snapshot.exports.get(export.destination, self._ledger.newest_failure),  # new: from now on
                    ledger=ledger_id(self._ledger.key),
                )
                self._pipeline.batch.exports[forwarder.destination] = forwarder.sent
                self._forwarders[export] = (forwarder, self._web.spawn(forwarder.run()))

    def _mark_loaded(self) -> None:
        self._refused = ()
        self._metrics.reload_successful.set(1)
        self._metrics.reload_success_time.set_to_current_time()

    def _build(self, parts: Parts) -> Pipeline:
        config = parts.config
        logging_setup.configure(config.log.level, config.log.format)
        sources = self._inputs.follow(parts)
        self._webhooks = {
            source.webhook.path: Endpoint(source.name, parts.webhooks[source.name], self._inputs.inboxes[source.name])
            for source in config.source
            if source.webhook is not None
        }
        return Pipeline(
            sources,
            self._ledger,
            parts.catalogue,
            Privacy(config.privacy.identifiers, self._ledger.key),
            keep=config.failures.keep,
            commit_seconds=config.state.commit_seconds,
            clock=time.time,
            monotonic=time.monotonic,
        )

    def _called(self) -> None:
        """Shorten the pause between two turns, since a webhook's call is waiting for its answer."""
        self._hurry.wake()
        self._waker.wake()

    def _committed(self, seconds: float) -> None:
        self._metrics.commits.inc()
        self._metrics.commit_duration.observe(seconds)
        self._answer_calls(committed=True)

    def _commit_failed(self) -> None:
        self._metrics.commit_failures.inc()
        self._answer_calls(committed=False)

    def _answer_calls(self, *, committed: bool) -> None:
        """Answer the webhook calls that waited for the last commit; while commits fail, refuse new ones."""
        for inbox in self._inputs.inboxes.values():
            inbox.settle(committed=committed)

    def _summary(self) -> str:
        """Return a line for `systemctl status`: what is followed, how far behind, the last code, what is wrong."""
        status = self._pipeline.status.values()
        files, lag = sum(s.files_followed for s in status), sum(s.lag_bytes for s in status)
        journals = sum(s.up for s in status if s.input == "journal")
        what = many(files, "file", "files") + (f" and {many(journals, 'journal', 'journals')}" if journals else "")
        down = names(s.name for s in status if not s.up)
        parts = (f"following {what}, {lag} bytes behind", _last_result(self.snapshot), down and f"down: {down}")
        return "; ".join(filter(None, (*parts, self.trouble)))

    def _signalled(self) -> None:
        """Wake the loop, which SIGTERM and SIGINT end at once; SIGHUP reloads."""
        if self._flags.stop:
            self._ending.wake()
            self._hurry.wake()
        self._waker.wake()


def _last_result(snapshot: Snapshot) -> str:
    """Return the last code, by the lines' own times, in words; empty if there is none."""
    dated = [(seen.last, row.code) for row, seen in snapshot.results.items() if seen.last is not None]
    if not dated:
        return ""
    last, code = max(dated)
    return f"last code {code} at {utc(last):%Y-%m-%d %H:%M:%S} UTC"
