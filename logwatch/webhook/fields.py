"""Load the file that says where each field of an event is, check it against its samples, and find the fields."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

import msgspec

from logwatch import resources, tables
from logwatch.errors import ConfigError, Problem
from logwatch.model import Platform
from logwatch.tables import Table
from logwatch.webhook import paths
from logwatch.webhook.paths import Path, Tree

NAMES = ("code", "reason", "user", "uid", "token", "app")
LONGEST = 512  # characters; a longer identifier is not believed
_HIGHEST = 999_999
_CODE = re.compile(r"-?\d{1,6}", re.ASCII)
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class EventFields:
    """What an event says: the distinct ``codes`` at the first path that has any, and ``reasons`` at all paths."""

    codes: tuple[int, ...] = ()
    platform: Platform = "unknown"
    reasons: tuple[str, ...] = ()
    user: str = ""
    uid: str = ""
    token: str = ""
    app: str = ""


class _Platform(Table, frozen=True, kw_only=True):
    is_: Literal["fcm", "apns"] = msgspec.field(name="is")
    paths: tuple[str, ...]

    def contradictions(self, where: str) -> list[Problem]:
        return _no_paths(f"{where}.paths", self.paths)


class _Sample(Table, frozen=True, kw_only=True):
    event: str
    expect: dict[str, str | int]


class _File(Table, frozen=True, kw_only=True):
    code: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    uid: tuple[str, ...] = ()
    token: tuple[str, ...] = ()
    app: tuple[str, ...] = ()
    platform: tuple[_Platform, ...] = ()
    sample: tuple[_Sample, ...] = ()

    def contradictions(self, where: str) -> list[Problem]:
        return [problem for name in NAMES for problem in _no_paths(f"{where}: {name}", getattr(self, name))]


def _no_paths(where: str, texts: Iterable[str]) -> list[Problem]:
    """Return a problem for each text that is no path."""
    problems = []
    for text in texts:
        try:
            paths.parse(text)
        except ValueError as error:
            problems.append(Problem(where, str(error), "", "response.code"))
    return problems


@dataclass(frozen=True, slots=True)
class Fields:
    """The paths in force, an operator's before the shipped ones, and every sample with where it is from."""

    paths: dict[str, tuple[Path, ...]]
    platforms: tuple[tuple[Platform, Path], ...]
    samples: tuple[tuple[str, _Sample], ...] = field(repr=False, default=())

    def find(self, event: dict[str, Any], tree: Tree | None = None) -> EventFields:
        """Find the fields of an event; raises ``paths.TooMuch`` when it has more values than ``tree`` may look at."""
        tree = tree or Tree()
        opened = tree.open(event)
        text = {name: self._text(tree, opened, name) for name in ("user", "uid", "token", "app")}
        codes: tuple[int, ...] = ()
        for path in self.paths["code"]:
            codes = tuple(
                dict.fromkeys(code for value in tree.find(opened, path) if (code := _code(value)) is not None)
            )
            if codes:
                break
        platform: Platform = next(
            (name for name, path in self.platforms if next(tree.find(opened, path), None) is not None), "unknown"
        )
        reasons = dict.fromkeys(
            value
            for path in self.paths["reason"]
            for value in tree.find(opened, path)
            if isinstance(value, str) and _REASON.fullmatch(value)
        )
        return EventFields(codes, platform, tuple(reasons), **text)

    def _text(self, tree: Tree, opened: Any, name: str) -> str:
        for path in self.paths[name]:
            for value in tree.find(opened, path):
                if isinstance(value, int) and not isinstance(value, bool):
                    return str(value)
                if isinstance(value, str) and 0 < len(value) <= LONGEST:
                    return value
        return ""


def _code(value: Any) -> int | None:
    """Return a code that is a number, or written as one; None for anything else."""
    if isinstance(value, str) and _CODE.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _HIGHEST:
        return value
    return None


def load(extra: FilePath | None = None) -> Fields:
    """Load the shipped paths and, before them, those of an operator's file; ConfigError with every problem."""
    files = [(path, _read(path)) for path in (extra, resources.WEBHOOK_FIELDS) if path]
    found = {name: tuple(paths.parse(text) for _, file in files for text in getattr(file, name)) for name in NAMES}
    platforms = tuple(
        (kind.is_, paths.parse(text)) for _, file in files for kind in file.platform for text in kind.paths
    )
    samples = tuple((f"{where}: sample {i}", s) for where, file in files for i, s in enumerate(file.sample, 1))
    return Fields(found, platforms, samples)


def _read(path: FilePath) -> _File:
    found, problems = tables.read(_File, path, "the file of webhook.fields", "check webhook.fields")
    if problems or found is None:
        raise ConfigError(*problems)
    return found


def against_samples(fields: Fields) -> Iterator[Problem]:
    """Yield a problem for each sample that does not yield exactly what it must."""
    for where, sample in fields.samples:
        try:
            event = msgspec.json.decode(sample.event)
            found = fields.find(event if isinstance(event, dict) else {})
        except (msgspec.DecodeError, paths.TooMuch) as error:
            yield Problem(where, "its event is not JSON", str(error), "one event, as mesibo sends it")
            continue
        read: dict[str, str | int] = {name: getattr(found, name) for name in ("user", "uid", "token", "app")}
        if len(found.codes) == 1:
            read |= {"code": found.codes[0]}
        if found.reasons:
            read |= {"reason": found.reasons[0]}
        if found.platform != "unknown":
            read |= {"platform": found.platform}
        read = {name: value for name, value in read.items() if value != ""}
        if sample.expect and read != sample.expect:
            yield Problem(where, f"yields {read}", f"{sample.expect} was expected", "correct the paths, or the sample")
        elif not sample.expect and found.codes:
            yield Problem(where, f"yields code {found.codes}", "nothing was expected", "correct the paths")
