"""The configuration: a TOML file becomes a typed ``Config``, or a list of everything that is wrong with it."""

from logwatch.config.loader import from_dict, load
from logwatch.config.schema import Config, Docker, Export, Listen, Source, parse_listen

__all__ = ["Config", "Docker", "Export", "Listen", "Source", "from_dict", "load", "parse_listen"]
