"""Find the files that come with the package, in a wheel, an editable install and a plain checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent

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


def grammars() -> Path:
    """Return the directory of the shipped grammars."""
    inside = _PACKAGE / "grammars"
    return inside if inside.is_dir() else _CHECKOUT / "grammars"


def catalogue() -> Path:
    """Return the path of the shipped catalogue of codes."""
    inside = _PACKAGE / "catalogue.toml"
    return inside if inside.is_file() else _CHECKOUT / "config" / "catalogue.toml"


def prometheus_rules() -> Path:
    """Return the directory of the shipped Prometheus rules."""
    inside = _PACKAGE / "files" / "prometheus" / "rules"
    return inside if inside.is_dir() else _CHECKOUT / "config" / "prometheus" / "rules"


def runbooks() -> Path:
    """Return the directory of the runbooks."""
    inside = _PACKAGE / "files" / "runbooks"
    return inside if inside.is_dir() else _CHECKOUT / "docs" / "runbooks"


def operator_files() -> dict[str, Path]:
    """Return the files that are installed beside the service, by their paths below the target directory."""
    inside = _PACKAGE / "files"
    found: dict[str, Path] = {}
    for source, target in _OPERATOR_FILES.items():
        root = inside / target if inside.is_dir() else _CHECKOUT / source
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file():
                found[(Path(target) / path.relative_to(root)).as_posix()] = path
    return found


def webhook_fields() -> Path:
    """Return the path of the shipped file that says where in a webhook's event each fact is."""
    inside = _PACKAGE / "webhook-fields.toml"
    return inside if inside.is_file() else _CHECKOUT / "config" / "webhook-fields.toml"
