"""``push test``, ``push debug``, ``push direct``: test pushes through mesibo or past it, and their outcome."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import click

from logwatch import secret
from logwatch.assembly import Parts, assemble
from logwatch.cli.options import CommandGroup, Number, config_option, print_problems, prompted
from logwatch.cli.push_direct import direct
from logwatch.config import Backend as Settings
from logwatch.config import Config, bad_url
from logwatch.config.default import find
from logwatch.config.listen import is_loopback
from logwatch.credentials import secrecy
from logwatch.doctor import Host
from logwatch.doctor.host import NoAnswer
from logwatch.doctor.service import served
from logwatch.errors import LogwatchError, Problem
from logwatch.events import quoted
from logwatch.ledger.reader import NotReadable, Reader
from logwatch.privacy import Privacy, readable
from logwatch.push import words
from logwatch.push.backend import Backend, BackendError, operate, refusal
from logwatch.push.results import ApiResults, LoggedResult, LogResults, Results, wait

TOKEN = "the app token"  # noqa: S105  its name
_MOST_USERS = 100
_CONFIG = config_option("Configuration, as for `run`.")
_URL = click.option("--url", metavar="U", help="URL of mesibo's backend, such as http://127.0.0.1/backend.")
_TOKEN_FILE = click.option(
    "--token-file", type=click.Path(path_type=Path), metavar="F", help="File with the app token; - is standard input."
)


@click.group("push", cls=CommandGroup)
def command() -> None:
    """Send test pushes through mesibo, or past it, and explain the results."""


command.add_command(direct)


@command.command("test")
@click.argument("users", metavar="USER...", nargs=-1, required=True)
@_CONFIG
@_URL
@_TOKEN_FILE
@click.option(
    "--wait",
    "seconds",
    type=Number(0, 600),
    default=30,
    show_default=True,
    metavar="S",
    help="Seconds to wait for results.",
)
def test(
    *, users: Sequence[str], config: Path | None, url: str | None, token_file: Path | None, seconds: float
) -> None:
    """Make mesibo send its test push to each USER (an address), then find and explain the result.

    The result is looked for in the log of the configured sources, or in the running daemon where this user may not
    read the log. The exit code is 0 if every push was accepted, else 1.
    """
    secrecy.keep()
    users = tuple(dict.fromkeys(users))
    if len(users) > _MOST_USERS:
        raise click.UsageError(f"at most {_MOST_USERS} users at once: mesibo sends a push to each of them")
    parts, settings = _parts(config, url)
    backend = _backend(settings, url, token_file)
    results, why = _results(parts)
    _operate(backend, "pushtest", settings.users_field, [list(users)] if settings.users_form == "list" else users)
    failed = False

    def show(user: str, result: LoggedResult, after: float) -> None:
        nonlocal failed
        assert parts is not None, "results come from what the configuration names"
        accepted, text = words.outcome(parts.catalogue, result, after)
        failed |= not accepted
        click.echo(f"{readable(user)}: {text}")

    click.echo(f"Sent by pushtest to {len(users)} user{'s' if len(users) != 1 else ''} at {backend.url}.")
    if results is None:
        click.echo(f"The result cannot be found: {why}.")
        sys.exit(1)
    click.echo(f"Waiting up to {seconds:.0f} s for the result in {results.where}.")
    try:
        missing, others = wait(results, users, seconds, on_result=show)
    except NoAnswer as error:
        _fail(Problem(results.where, "stopped answering", str(error), "run this again where the log may be read"))
    finally:
        results.close()
    if missing:
        click.echo(words.silence([user for user in users if user in missing], seconds, results.where, others))
    sys.exit(1 if failed or missing else 0)


@command.command("debug")
@click.argument("state", type=click.Choice(["on", "off"]))
@_CONFIG
@_URL
@_TOKEN_FILE
def debug(*, state: str, config: Path | None, url: str | None, token_file: Path | None) -> None:
    """Switch mesibo's push debugging on or off (Step 7).

    While it is on, mesibo reports every push by webhook, with the request that was sent and the provider's answer.
    """
    secrecy.keep()
    _, settings = _parts(config, url)
    backend = _backend(settings, url, token_file)
    _operate(backend, "pushdebug", settings.debug_field, [state == "on"])
    if state == "on":
        click.echo("Push debugging is on. mesibo reports every push, accepted ones too, to the webhook with Push")
        click.echo("Notification Results (Step 6); it costs CPU, and the cloud allows it for 3 hours of 8.")
        click.echo("When done: mesibo-logwatch push debug off")
    else:
        click.echo("Push debugging is off.")


def _parts(path: Path | None, url: str | None) -> tuple[Parts | None, Settings]:
    """Load the configuration; if that fails without ``--config``, return None as parts: ``--url`` is enough to send."""
    try:
        parts = assemble(find(path)[0])
    except LogwatchError:
        if path is not None or url is None:
            raise
        return None, Settings()
    return parts, parts.config.backend


def _backend(settings: Settings, url: str | None, token_file: Path | None) -> Backend:
    address = url or settings.url
    if not address:
        raise LogwatchError.at("push", "no backend", "it is not known where mesibo's is", "--url, or url in [backend]")
    if why := bad_url(address):
        raise LogwatchError.at("--url" if url else "backend.url", "cannot be used", why)
    file = token_file or (Path(settings.token_file) if settings.token_file else None)
    if file is not None:
        token = secret.read_word(file, TOKEN)
        if secret.exposed(file):
            click.echo(f"warning: {file} can be read by others than its owner: chmod 600 {quoted(file)}", err=True)
    else:
        token = prompted("push", "mesibo app token", TOKEN, "--token-file F, or token_file in [backend]")
    parts = urlsplit(address)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        click.echo(f"warning: {address} is not https: the app token crosses the network in the clear", err=True)
    return Backend(address, token)


def _operate(backend: Backend, op: str, field: str, values: Sequence[Any]) -> None:
    """Send an operation for each value; if the backend refuses or does not answer, print that and exit with 1."""
    try:
        for value in values:
            answer = operate(backend, op, field, value, lambda text: click.echo(text, err=True))
            if not answer.accepted:
                _fail(refusal(backend.url, op, answer))
    except BackendError as error:
        _fail(*error.problems)


def _fail(*problems: Problem) -> NoReturn:
    print_problems(problems)
    sys.exit(1)


def _results(parts: Parts | None) -> tuple[Results | None, str]:
    """Return where the result will show: the log, else the daemon's API; None, and why, if neither can be read."""
    if parts is None:
        return None, "there is no configuration that says where mesibo logs"
    logs = LogResults(parts)
    if logs.readable:
        return logs, ""
    logs.close()
    try:
        return ApiResults(_api(parts.config), _masked(parts.config)), ""
    except (NoAnswer, KeyError, TypeError) as error:
        why = error if isinstance(error, NoAnswer) else "another program answers in its place"
        return None, f"there is no log that this user may read, and the daemon cannot be asked ({why})"


def _api(config: Config) -> Callable[[str], Any]:
    def get(path: str) -> Any:
        try:
            return json.loads(served(Host(), config, path))  # each time with all the patience that a host has
        except ValueError:
            raise NoAnswer("no mesibo-logwatch answers there") from None

    return get


def _masked(config: Config) -> Callable[[str], str] | None:
    try:
        reader = Reader.of_state(Path(config.state.directory))
        return Privacy(config.privacy.identifiers, reader.key()).user if reader else None
    except NotReadable:
        return None
