"""Find the files that come with the package, in a wheel, an editable install and a plain checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


def _shipped(inside: str, in_checkout: str) -> Path:
    """Return where a file or directory is: inside an installed package, else in the checkout."""
    path = _PACKAGE / inside
    return path if path.exists() else _CHECKOUT / in_checkout


GRAMMARS = _shipped("grammars", "grammars")
CATALOGUE = _shipped("catalogue.toml", "config/catalogue.toml")
PROMETHEUS_RULES = _shipped("files/prometheus/rules", "config/prometheus/rules")
RUNBOOKS = _shipped("files/runbooks", "docs/runbooks")
WEBHOOK_FIELDS = _shipped("webhook-fields.toml", "config/webhook-fields.toml")

# where operators' files are in a checkout, and where the command `files` writes them
_OPERATOR_FILES = {
    "config/prometheus": "prometheus",
    "config/alertmanager": "alertmanager",
    "config/grafana": "grafana",
    "config/fleet": "fleet",
    "config/logwatch.example.toml": "logwatch.example.toml",
    "docs/runbooks": "runbooks",
    "docs/man": "man",
}


def operator_files() -> dict[str, Path]:
    """Return the files that are installed beside the service, by their paths below the target directory."""
    found: dict[str, Path] = {}
    for source, target in _OPERATOR_FILES.items():
        root = _shipped(f"files/{target}", source)
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file():
                found[(Path(target) / path.relative_to(root)).as_posix()] = path
    return found
