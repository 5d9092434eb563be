"""The configuration: a TOML file becomes a typed ``Config``, or a list of everything that is wrong with it."""

from logwatch.config.listen import parse_listen
from logwatch.config.loader import load, read
from logwatch.config.schema import Backend, Config, Credential, Export, bad_address, bad_url
from logwatch.config.sources import Docker, Journal, Source

__all__ = [
    "Backend",
    "Config",
    "Credential",
    "Docker",
    "Export",
    "Journal",
    "Source",
    "bad_address",
    "bad_url",
    "load",
    "parse_listen",
    "read",
]
