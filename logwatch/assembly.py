"""Turns a configuration into working parts, or into every problem in its way: one loader for all commands."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.errors import ConfigError, LogwatchError, Problem
from logwatch.parse import Grammar, Scanner
from logwatch.parse import load as load_grammar
from logwatch.parse.grammar import names_of, walk


@dataclass(frozen=True, slots=True)
class Parts:
    """What a configuration names, loaded and checked."""

    config: Config
    catalogue: Catalogue
    grammars: dict[str, Grammar]  # by name

    def scanner(self, source: Source, *, keep: int | None = None) -> Scanner:
        """Make what reads the lines of ``source``, and keeps as many failures as configured or as wanted."""
        delivered = {entry.code for entry in self.catalogue.entries if entry.class_ == "delivered"}
        return Scanner(
            self.grammars[source.grammar],
            timezone=source.zone,
            delivered=frozenset(delivered),
            keep=min(self.config.failures.keep, 1000) if keep is None else keep,
            max_line_bytes=self.config.follow.max_line_bytes,
        )

    def stamped(self, source: Source) -> bool:
        """Tell whether lines of ``source`` have a time of their own."""
        return any("timestamp" in names_of(element) for element in walk(self.grammars[source.grammar].line))


def assemble(config: Config) -> Parts:
    """Load the catalogue and every grammar that a source names; ConfigError with all problems of all of them."""
    problems: list[Problem] = []
    catalogue = None
    try:
        catalogue = Catalogue.load(Path(config.catalogue.file) if config.catalogue.file else None)
    except LogwatchError as error:
        problems += error.problems
    directories = [Path(directory) for directory in config.grammars.directories]
    grammars = {}
    for name in _distinct(source.grammar for source in config.source):
        try:
            grammars[name] = load_grammar(name, directories)
        except LogwatchError as error:
            problems += error.problems
    if problems or catalogue is None:
        raise ConfigError(*problems)
    return Parts(config, catalogue, grammars)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
