"""Check mesibo itself: its configuration, and the container or service that it runs in."""

from collections.abc import Iterator
from pathlib import Path

from logwatch.config import Config, Source
from logwatch.discover import JSON_FILE, ContainerLog, called, containers, host_config, no_log
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import Host, NoAnswer
from logwatch.mesibo_conf import USUAL, PushLogging, push_logging


def configuration(config: Config | None, named: Path | None) -> Iterator[Check]:
    """Look for ``logs { push = 1 }`` in the mesibo.conf that was named, else in that of each source's mesibo."""
    if named is not None or config is None:
        confs = [push_logging(Source(name="mesibo"), named or USUAL)]
    else:
        confs = [push_logging(source) for source in config.source]
    found = {conf.path: conf for conf in confs}
    for path, conf in found.items():
        several = f" {path}" if len(found) > 1 else ""
        yield from _configuration(conf, several, asked=named is not None)


def _configuration(conf: PushLogging, several: str, *, asked: bool) -> Iterator[Check]:
    name, path = f"mesibo.conf{several}", conf.path
    if conf.state == "unknown" and conf.why == "is not there":
        why = f"{path} is not there"
        if asked:
            yield failure(name, why, "name mesibo's configuration with --mesibo-conf")
        else:
            elsewhere = "name it with --mesibo-conf, or mesibo_conf in the source, if mesibo reads it from elsewhere"
            yield skipped(name, why, elsewhere)
        return
    if conf.state == "unknown" and conf.malformed:
        yield failure(name, f"{path}: {conf.why}", "fix the file: mesibo may read less of it than you think")
        return
    if conf.state == "unknown":
        yield skipped(name, f"{path} cannot be read: {conf.why}", "run doctor as a user who may read it")
        return
    yield ok(name, f"{path} can be parsed; of its values only the group logs is read")
    row = f"push logging{several}"
    put = f"put `push = 1` into the group `logs {{ … }}` of {path} and restart mesibo (Step 8)"
    if conf.state == "on":
        yield ok(row, "logs { push = 1 } is set")
    else:
        lacking = "the group logs has no push = 1" if conf.group else "there is no logs { push = 1 }"
        yield failure(row, f"{lacking}: no push result is logged", put)


def running(host: Host, config: Config) -> Iterator[Check]:
    """Check the containers of the sources, or without any the service that mesibo runs in."""
    if not any(source.docker for source in config.source):
        yield _service(host)
    for source in config.source:
        if source.docker is not None:
            yield from _container(source)


def _service(host: Host) -> Check:
    name = "mesibo runs"
    try:
        state = host.properties("mesibo.service", "LoadState", "ActiveState")
    except NoAnswer as why:
        return skipped(name, str(why))
    if state.get("LoadState") != "loaded":
        return skipped(name, "there is no mesibo.service", "if mesibo runs in Docker, name its container as the source")
    if state.get("ActiveState") == "active":
        return ok(name, "mesibo.service is active")
    return failure(name, "mesibo.service is not active", "systemctl status mesibo; systemctl start mesibo")


def _container(source: Source) -> Iterator[Check]:
    assert source.docker is not None
    name = f"container {source.docker.container}"
    known, problems = containers(source.docker.root)
    mine = called(known, source.docker.container)
    if not mine and problems:
        yield failure(name, f"{problems[0].where} {problems[0].what}: {problems[0].why}", problems[0].try_)
        return
    if not mine:
        there = ", ".join(each.name for each in known) or "none"
        yield failure(name, f"is not below {source.docker.root}; there: {there}", "start it, or correct its name")
        return
    newest = mine[-1]
    yield ok(name, f"found, image {newest.image}")
    if problem := no_log(newest):
        what = f"{newest.driver or 'unknown'}: {problem.why}"
        yield (warning if problem.warning else failure)(f"{name}: log driver", what, problem.try_)
        return
    yield ok(f"{name}: log driver", newest.driver)
    if newest.driver == JSON_FILE:
        yield from _limits(name, newest)


def _limits(name: str, container: ContainerLog) -> Iterator[Check]:
    """Check what may lose lines: the size limit, the mode, and ``--rm``."""
    settings = host_config(container.directory)
    if settings is None:
        yield skipped(f"{name}: log size", "its hostconfig.json cannot be read")
        return
    options = settings.log.options
    if options and options.size and options.size != "-1":
        yield ok(f"{name}: log size", f"max-size {options.size}, max-file {options.files or '1'}")
        if options.files in ("", "1"):
            yield warning(
                f"{name}: log files",
                "max-file is 1: at rotation Docker empties the only file, and what was not read yet is lost",
                "--log-opt max-file=5",
            )
    else:
        yield warning(
            f"{name}: log size",
            "no max-size: the log grows until the disk is full",
            "--log-opt max-size=50m --log-opt max-file=5",
        )
    if options and options.mode == "non-blocking":  # its ring buffer: docs.docker.com/engine/logging/configure
        yield warning(
            f"{name}: log mode",
            "non-blocking: what Docker's buffer has no room for in a burst is dropped silently",
            "--log-opt mode=blocking, Docker's default",
        )
    if settings.removed:
        yield warning(
            f"{name}: --rm",
            "Docker deletes the log whenever the container stops; what was read before is kept here",
            "start it without --rm to keep logs for a post-mortem; mesibo-logwatch follows its successor either way",
        )
