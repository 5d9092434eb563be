"""Read TOML files into typed tables: the configuration, the catalogue; every problem of a file at once, by its line."""

from logwatch.tables.check import locator, read
from logwatch.tables.places import in_order
from logwatch.tables.table import FilePath, Name, Table, Text, UserName, Word, unnameable

__all__ = [
    "FilePath",
    "Name",
    "Table",
    "Text",
    "UserName",
    "Word",
    "in_order",
    "locator",
    "read",
    "unnameable",
]
