"""Judge a service-account JSON for FCM: pure functions from the parsed file to a verdict.

Fields as Google's console writes them: type, project_id, private_key_id, private_key (PEM), client_email, token_uri
(https://oauth2.googleapis.com/token). The file has no expiry date.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from logwatch.credentials.verdict import Flaw, Request, Verdict, flaw, safe_text

NEEDED = ("project_id", "private_key", "client_email", "token_uri")
GOOGLE = "googleapis.com"
_EARLIER = "accounts.google.com"  # where the files that Google's console wrote until 2018 have their tokens from
_IAM = ".iam.gserviceaccount.com"


def judge(request: Request, content: Mapping[str, Any], unusable: Callable[[str], str]) -> Verdict:
    """Return the verdict on a JSON object; ``unusable`` returns why a PEM key cannot be used, or an empty text."""
    project, account = _text(content, "project_id"), _text(content, "client_email")
    return Verdict(
        name=request.name,
        file=request.file,
        provider="fcm",
        form="service account JSON" if content.get("type") == "service_account" else "JSON file",
        project=safe_text(project),
        account=safe_text(account),
        key=bool(_text(content, "private_key")),
        flaws=tuple(_flaws(request, content, unusable)),
    )


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _flaws(request: Request, content: Mapping[str, Any], unusable: Callable[[str], str]) -> Iterator[Flaw]:
    if "project_info" in content and "client" in content:
        info = content["project_info"]
        project = safe_text(info.get("project_id", "")) if isinstance(info, dict) else ""
        yield flaw(
            "client_file",
            f"This is a google-services.json{f' of the project {project}' if project else ''}, which belongs in the"
            " Android app; it is not a service account.",
        )
        return
    kind = _text(content, "type")
    if kind != "service_account":
        said = f'its type is "{safe_text(kind)}"' if kind else "it has no type"
        yield flaw("not_service_account", f"This is not a service account: {said}.")
        return
    if missing := [name for name in NEEDED if not _text(content, name)]:
        yield flaw("missing_field", f"The service account lacks {', '.join(missing)}.")
    key = _text(content, "private_key")
    if key and (why := unusable(key)):
        yield flaw("bad_key", f"The private key of the service account cannot be used: {why}.")
    if uri := _text(content, "token_uri"):
        yield from _token_uri(uri)
    yield from _project(request, _text(content, "project_id"), _text(content, "client_email"))


def _token_uri(uri: str) -> Iterator[Flaw]:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme != "https" or not (host in (GOOGLE, _EARLIER) or host.endswith(f".{GOOGLE}")):
        yield flaw("token_uri", f"Its token_uri names {safe_text(host) or 'no host'}, not https at {GOOGLE}.")


def _project(request: Request, project: str, account: str) -> Iterator[Flaw]:
    if request.project and project and request.project != project:
        yield flaw(
            "project",
            f"The service account belongs to the project {safe_text(project)}, not {safe_text(request.project)}.",
        )
    domain = account.partition("@")[2]
    if not request.project and project and domain.endswith(_IAM) and domain.removesuffix(_IAM) != _reversed(project):
        yield flaw(
            "foreign_account",
            f"The account {safe_text(account)} belongs to another project than {safe_text(project)}.",
        )


def _reversed(project: str) -> str:
    """Return a project as account addresses contain it: ``example.com:chat`` is ``chat.example.com``."""
    domain, colon, name = project.partition(":")
    return f"{name}.{domain}" if colon else project
