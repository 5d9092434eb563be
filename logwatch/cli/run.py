"""``run``: the daemon, in the foreground."""

import contextlib
import os
import sys
from pathlib import Path

import click

from logwatch import heap, logging_setup
from logwatch.cli.options import config_option
from logwatch.config import Config
from logwatch.config.default import find
from logwatch.daemon import Daemon
from logwatch.errors import LogwatchError
from logwatch.parse import pace
from logwatch.signal_flags import SignalFlags


@click.command("run")
@config_option("TOML file; without it, what is found is used.", "path")
@click.pass_obj
def command(flags: SignalFlags | None, path: Path | None) -> None:
    """Follow the logs and serve metrics, in the foreground.

    SIGTERM ends it after a last commit; SIGHUP reloads configuration, grammars and catalogue.
    """
    os.umask(0o077)  # nobody else may read ledger and key
    logging_setup.configure()
    started = False

    def load() -> Config:
        nonlocal started
        config, story = find(path)
        if not started:  # at a reload the daemon applies them itself, once nothing is refused
            logging_setup.configure(config.log.level, config.log.format)
            started = True
        logging_setup.get_logger().info("configured", by=story, sources=", ".join(s.name for s in config.source))
        return config

    heap.keep()
    try:
        daemon = Daemon(load, flags)
    except OSError as error:  # no descriptor or memory is left, or a disk fails in a way not foreseen here
        remedy = "see `ulimit -n` (LimitNOFILE= of a service), `free` and `dmesg`, then start it again"
        raise LogwatchError.at("the service", "cannot be started", str(error), remedy) from None
    heap.settle()
    pace.tell(logging_setup.get_logger())
    status = daemon.run()
    # Python's own end would wait for every thread at work: for a name server that does not answer, half a minute
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
