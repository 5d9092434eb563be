"""Load the configuration file: the one loader of ``run``, ``check``, ``report`` and reload."""

from pathlib import Path

from logwatch import tables
from logwatch.config.schema import Config
from logwatch.errors import ConfigError, Problem


def load(path: Path) -> Config:
    """Read the file at ``path``; ConfigError with every problem in it."""
    config, problems = read(path)
    if problems or config is None:
        raise ConfigError(*problems)
    return config


def read(path: Path) -> tuple[Config | None, list[Problem]]:
    """Read the file at ``path`` as ``tables.read`` does: despite problems."""
    return tables.read(Config, path, "the configuration", "check the path given with --config", piped=True)
