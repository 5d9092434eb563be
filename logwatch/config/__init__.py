"""The configuration: a TOML file becomes a typed ``Config``, or a list of everything that is wrong with it."""

from logwatch.config.loader import from_dict, load, locator, read
from logwatch.config.schema import (
    Backend,
    Config,
    Credential,
    Docker,
    Export,
    Journal,
    Listen,
    Source,
    bad_url,
    parse_listen,
)

__all__ = [
    "Backend",
    "Config",
    "Credential",
    "Docker",
    "Export",
    "Journal",
    "Listen",
    "Source",
    "bad_url",
    "from_dict",
    "load",
    "locator",
    "parse_listen",
    "read",
]
