"""``push direct``: the same push straight to Google or Apple, and what their answer says about mesibo's."""

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import click

from logwatch import secret
from logwatch.catalogue import Catalogue
from logwatch.cli.options import prompted
from logwatch.credentials import secrecy
from logwatch.credentials.look import examine
from logwatch.credentials.verdict import Request
from logwatch.errors import LogwatchError, installing
from logwatch.model import COMPANIES
from logwatch.push.direct import DirectError, DirectPush, NoReplyError, Style, describe

EXTRA = installing("push")
_TOKEN = "the user's push token"  # noqa: S105  its name
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LEAST = 32  # characters: nothing shorter is a push token


@click.command("direct")
@click.option("--fcm", type=_FILE, metavar="F.json", help="Google's service account.")
@click.option("--apns", type=_FILE, metavar="F.p12", help="Apple's certificate with its key, or a .p8 key.")
@click.option("--to", metavar="FILE", help="File with the user's push token; - is standard input; default: a prompt.")
@click.option("--sandbox", is_flag=True, help="Apple's development environment, for builds from Xcode.")
@click.option("--dry-run", is_flag=True, help="Let Google validate the push, and send nothing (FCM only).")
@click.option("--alert", "style", flag_value="alert", help="A visible push instead of the background push of mesibo.")
@click.option("--voip", "style", flag_value="voip", help="A push for calls (APNs only).")
@click.option(
    "--topic", metavar="T", default="", help="Default: the certificate's own (APNs only; a .p8 key names none)."
)
@click.option("--password-file", type=_FILE, metavar="F", help="File with the password of a .p12 or .pem.")
@click.option("--key-id", metavar="K", default="", help="ID of a .p8 key: the ten characters in its file name.")
@click.option("--team-id", metavar="T", default="", help="Developer team of a .p8 key: ten characters.")
@click.option("--endpoint", default="", hidden=True, help="A stub on this machine (https on loopback), for tests.")
@click.option("--ca-file", type=_FILE, hidden=True, help="The authority that signed the stub's certificate.")
def direct(
    *,
    fcm: Path | None,
    apns: Path | None,
    to: str | None,
    sandbox: bool,
    dry_run: bool,
    style: Style | None,
    topic: str,
    password_file: Path | None,
    key_id: str,
    team_id: str,
    endpoint: str,
    ca_file: Path | None,
) -> None:
    """Send one push past mesibo, and say what the provider's answer means for mesibo's.

    By default it is a background push, as mesibo sends it. The credential is sent to Google or Apple only. The exit
    code is 0 if the provider accepted the push, else 1.
    """
    _possible(fcm, apns, sandbox=sandbox, dry_run=dry_run, style=style, topic=topic)
    from logwatch.push import apns as apple  # noqa: PLC0415  only where the extra is
    from logwatch.push import fcm as google  # noqa: PLC0415  see above
    from logwatch.push.transport import Transport  # noqa: PLC0415  see above

    file = fcm or apns
    assert file is not None, "one of them was given"
    secrecy.keep()
    request = Request(
        name=file.name,
        file=str(file.absolute()),
        password_file=str(password_file.absolute()) if password_file else "",
        project="",
    )
    (verdict,) = examine([request])
    for flaw in verdict.flaws:
        if flaw.kind == "not_checked":  # what hung or crashed the process that checked it would do so here
            raise DirectError.at(str(file), "cannot sign in with it", flaw.what.rstrip("."), flaw.remedy)
    is_key = any(flaw.kind == "signing_key" for flaw in verdict.flaws)
    if is_key and not (key_id and team_id and topic):
        raise click.UsageError("a .p8 key needs --key-id, --team-id and --topic: the file contains none of them")
    if (verdict.provider == "fcm") != (fcm is not None):
        click.echo(f"warning: {file} looks like a credential of {COMPANIES[verdict.provider]}'s", err=True)
    for flaw in verdict.problems:
        if flaw.kind not in ("signing_key", "token_uri"):
            click.echo(f"warning: {file}: {flaw.what}", err=True)
    push = DirectPush(_token(to), style or "background", topic, dry_run)
    transport, started = Transport(endpoint, ca_file), time.monotonic()
    try:
        if fcm is not None:
            reply = google.send(push, request, verdict, transport)
        else:
            signing = (key_id, team_id) if is_key else None
            reply = apple.send(push, request, verdict, transport, sandbox=sandbox, signing=signing)
    except NoReplyError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    where = "sandbox" if sandbox else "dry run" if dry_run else push.style
    click.echo(f"Sent to {COMPANIES[reply.provider]} ({where}); answered after {time.monotonic() - started:.1f} s.")
    for line in describe(Catalogue.load(), reply, verdict, sandbox=sandbox, dry_run=dry_run):
        click.echo(line)
    sys.exit(0 if reply.status == 200 else 1)  # noqa: PLR2004  what both providers accept with


def _possible(
    fcm: Path | None, apns: Path | None, *, sandbox: bool, dry_run: bool, style: str | None, topic: str
) -> None:
    """Refuse options that contradict each other, and any push if the extra is not installed."""
    if (fcm is None) == (apns is None):
        raise click.UsageError("name one credential: --fcm F.json or --apns F.p12")
    if dry_run and apns is not None:
        raise click.UsageError("APNs has no dry run: `credentials check` looks at the certificate without sending")
    if fcm is not None and (sandbox or style == "voip" or topic):
        raise click.UsageError("--sandbox, --voip and --topic are Apple's: FCM has none of them")
    if not all(map(_installed, ("httpx", "h2", "google.auth", "cryptography"))):
        raise LogwatchError.at("push direct", "needs libraries that are not installed", "the extra [push]", EXTRA)


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the package around it is not there
        return False


def _token(to: str | None) -> str:
    if to is None:
        return prompted("push direct", "push token", _TOKEN, "--to FILE")
    path = Path(to)
    if to == "-" or len(to) < _LEAST or os.path.exists(path):  # noqa: PTH110  a token is too long a name for Path
        return secret.read_word(path, _TOKEN)
    click.echo("warning: a token on the command line shows in the process list: put it into a file", err=True)
    return secret.checked(to, "--to", _TOKEN)
