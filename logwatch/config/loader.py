"""Turns a TOML file into a typed ``Config``, or into the complete list of what is wrong with it.

``load`` is the one loader of ``run``, ``check``, ``report`` and reload; relative paths are relative to the file.
msgspec checks each value by itself, so that one bad value hides no other; it was chosen over pydantic since it loads
in half the time, and decodes Docker's records as well.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from logwatch.config.schema import Config, Table
from logwatch.errors import ConfigError, Problem


def load(path: Path) -> Config:
    """Read the file at ``path``; ConfigError with every problem in it."""
    try:
        text = path.read_bytes().decode()
        raw = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            Problem(str(path), "the configuration cannot be read", error.strerror or str(error), _remedy(error))
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            Problem(str(path), f"byte {error.start} is not UTF-8", "TOML is UTF-8 text", "save the file as UTF-8")
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            Problem(str(path), "not valid TOML", str(error), "texts stand in double quotes, lists in square brackets")
        ) from None
    return from_dict(raw, path)


def from_dict(raw: dict[str, Any], path: Path) -> Config:
    """Check what a TOML file at ``path`` contains; ConfigError with every problem in it."""
    problems: list[Problem] = []
    config = _table(Config, raw, str(path), "", problems)
    if config is not None:
        config = _absolute(config, path.absolute().parent)
    if problems or config is None:
        raise ConfigError(*problems)
    return config


T = TypeVar("T", bound=Table)


def _table(kind: type[T], raw: Any, file: str, prefix: str, problems: list[Problem]) -> T | None:
    """Check one table; None when anything in it is wrong, with the reasons added to ``problems``."""
    before = len(problems)
    where = f"{file}: {prefix}" if prefix else file
    if not isinstance(raw, dict):
        problems.append(Problem(where, f"{raw!r} stands where a table is expected", try_=f"write [{prefix}]"))
        return None
    fields = {f.name: f for f in msgspec.structs.fields(kind)}
    for key in sorted(raw.keys() - fields.keys()):
        near = difflib.get_close_matches(key, fields, 1)
        problems.append(
            Problem(
                f"{where}.{key}" if prefix else f"{where}: {key}",
                "unknown key",
                try_=f"did you mean {near[0]}?" if near else f"known here: {', '.join(fields)}",
            )
        )
    values: dict[str, Any] = {}
    for key, spec in fields.items():
        if key in raw:
            values[key] = _value(spec.type, raw[key], file, f"{prefix}.{key}" if prefix else key, problems)
        elif spec.required:
            problems.append(Problem(f"{where}.{key}", "missing", try_=f"add {key} = …"))
    if len(problems) > before:
        return None
    table = kind(**values)
    problems += table.contradictions(where)
    return table


def _value(kind: Any, raw: Any, file: str, key: str, problems: list[Problem]) -> Any:
    """Check one value, which may be a table or a list of tables."""
    inner = next((t for t in (kind, *get_args(kind)) if isinstance(t, type) and issubclass(t, Table)), None)
    if inner is not None and get_origin(kind) is tuple:
        if not isinstance(raw, list):
            problems.append(Problem(f"{file}: {key}", f"{raw!r} stands where tables are expected", try_=f"[[{key}]]"))
            return ()
        return tuple(_table(inner, item, file, f"{key}[{i}]", problems) for i, item in enumerate(raw))
    if inner is not None:
        return _table(inner, raw, file, key, problems)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        problems.append(Problem(f"{file}: {key}", f"{_shown(raw)} cannot be used", str(error), _expected(kind)))
        return None


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 80 else text[:77] + "…"  # noqa: PLR2004  one line of a terminal


def _expected(kind: Any) -> str:
    """Say in words what a value may be."""
    if get_origin(kind) is tuple:
        return "a list of texts, each in double quotes"
    for part in (kind, *get_args(kind)):
        if get_origin(part) is Literal:
            return "one of " + ", ".join(f'"{choice}"' for choice in get_args(part))
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.description:
                return meta.description
    return {bool: "true or false", str: "a text in double quotes"}.get(kind, "")


def _remedy(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "check the path given with --config"
    if isinstance(error, PermissionError):
        return "make it readable for the user that runs this command"
    return "name a TOML file"


def _absolute(config: Config, base: Path) -> Config:
    """Resolve every path of the configuration against the directory of its file."""

    def of(text: str) -> str:
        return str(base / text)

    def maybe(text: str | None) -> str | None:
        return None if text is None else of(text)

    replace = msgspec.structs.replace
    return replace(
        config,
        source=tuple(
            replace(
                s,
                paths=tuple(map(of, s.paths)),
                docker=s.docker and replace(s.docker, root=of(s.docker.root)),
            )
            for s in config.source
        ),
        state=replace(config.state, directory=of(config.state.directory)),
        web=replace(config.web, config_file=maybe(config.web.config_file)),
        grammars=replace(config.grammars, directories=tuple(map(of, config.grammars.directories))),
        catalogue=replace(config.catalogue, file=maybe(config.catalogue.file)),
        export=tuple(
            replace(
                e,
                token_file=maybe(e.token_file),
                password_file=maybe(e.password_file),
                ca_file=maybe(e.ca_file),
            )
            for e in config.export
        ),
    )
