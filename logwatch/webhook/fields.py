"""Load the file that says where each field of an event is, check it against its samples, and find the fields."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

import msgspec

from logwatch import resources
from logwatch.errors import ConfigError, Problem, in_words
from logwatch.model import Platform
from logwatch.regular_file import open_file
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


class _Platform(msgspec.Struct, forbid_unknown_fields=True):
    is_: Literal["fcm", "apns"] = msgspec.field(name="is")
    paths: list[str]


class _Sample(msgspec.Struct, forbid_unknown_fields=True):
    event: str
    expect: dict[str, str | int]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    code: list[str] = []
    reason: list[str] = []
    user: list[str] = []
    uid: list[str] = []
    token: list[str] = []
    app: list[str] = []
    platform: list[_Platform] = []
    sample: list[_Sample] = []


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
    problems: list[Problem] = []
    found: dict[str, tuple[Path, ...]] = {}

    def parsed(where: FilePath, key: str, texts: list[str]) -> Iterator[Path]:
        for text in texts:
            try:
                yield paths.parse(text)
            except ValueError as error:
                problems.append(Problem(f"{where}: {key}", str(error), try_="response.code"))

    for name in NAMES:
        found[name] = tuple(path for where, file in files for path in parsed(where, name, getattr(file, name)))
    platforms = tuple(
        (kind.is_, path)
        for where, file in files
        for kind in file.platform
        for path in parsed(where, "platform", kind.paths)
    )
    if problems:
        raise ConfigError(*problems)
    samples = tuple((f"{where}: sample {i}", s) for where, file in files for i, s in enumerate(file.sample, 1))
    return Fields(found, platforms, samples)


def _read(path: FilePath) -> _File:
    try:
        with open_file(path) as file:
            return msgspec.convert(tomllib.loads(file.read().decode("utf-8-sig")), _File)
    except OSError as error:
        why, remedy = in_words(error), "check webhook.fields, and that the service's user may read it"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        why, remedy = str(error), f"it has {', '.join(NAMES)}, [[platform]] and [[sample]]"
    raise ConfigError(Problem(str(path), "the paths of fields cannot be read", why, remedy))


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
