"""A configuration from values, as tests write them down."""

from logwatch.config import Config
from logwatch.errors import ConfigError
from logwatch.tables.check import examined


def from_dict(raw, path):
    """Return the configuration that a TOML file at ``path`` with these values would be, or raise ConfigError."""
    config, problems = examined(Config, raw, path, "")
    if problems:
        raise ConfigError(*problems)
    return config
