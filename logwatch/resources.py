"""Finds the files that travel with the package, in a wheel, an editable install and a plain checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


def grammars() -> Path:
    """Give the directory of the shipped grammars."""
    inside = _PACKAGE / "grammars"
    return inside if inside.is_dir() else _CHECKOUT / "grammars"


def catalogue() -> Path:
    """Give the path of the shipped catalogue of codes."""
    inside = _PACKAGE / "catalogue.toml"
    return inside if inside.is_file() else _CHECKOUT / "config" / "catalogue.toml"


def rules() -> Path:
    """Return the directory of the shipped Prometheus rules."""
    inside = _PACKAGE / "rules"
    return inside if inside.is_dir() else _CHECKOUT / "config" / "prometheus" / "rules"
