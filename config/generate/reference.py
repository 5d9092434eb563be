"""The reference pages that follow from the code: settings (schema), metrics (exporter), commands (click), layers (test).

A page below docs/ holds a block between two marks, and prose around it that is written by hand. What a setting is for
is said once, in the comments of config/logwatch.example.toml.
"""

import ast
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from msgspec import inspect
from prometheus_client import CollectorRegistry

from config.generate.manpages import contexts
from config.generate.markdown import filled, table
from logwatch.catalogue import Catalogue
from logwatch.config import Config
from logwatch.credentials.verdict import Verdict
from logwatch.export import ProcessMetrics, SnapshotCollector
from logwatch.forward.metrics import ForwardMetrics
from logwatch.ledger.snapshot import Snapshot
from logwatch.watched import MadeUp
from tests.test_architecture import LAYERS, PACKAGE

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "config" / "logwatch.example.toml"

_HEADER = re.compile(r"(?:# )?\[\[?(\w+)\]\]?\s*(?:# (?P<words>.*))?")
_SETTING = re.compile(r"(?:# )?(?P<key>\w+) = (?P<value>.*?)(?:\s+# (?P<words>.*))?")
_VALUES_FIRST = re.compile(r"(?:[\w-]+(?: \| [\w-]+)+|[\d.]+ to [\d.]+)(?:[;:,] |$)")
_MORE = re.compile(r"\s+# (?P<words>.*)")


def files() -> dict[str, str]:
    """Return path -> text of each page that has a generated reference in it."""
    blocks = {"settings": _settings, "metrics": _metrics, "commands": _commands, "layers": _layers}
    pages = ("configuration", "metrics", "commands", "ARCHITECTURE")
    return {f"docs/{page}.md": filled((ROOT / "docs" / f"{page}.md").read_text(), blocks) for page in pages}


class Setting(NamedTuple):
    """One key of the file: its table, its name within it (dotted in a table within a line), and what it may be."""

    table: str
    name: str
    values: str
    default: str


def settings() -> list[Setting]:
    """Return every setting that the schema knows, in its order."""
    info = inspect.type_info(Config)
    assert isinstance(info, inspect.StructType)
    return [
        setting
        for field in info.fields
        for struct in _structs(field.type)
        for setting in _of_table(field.name, "", struct)
    ]


def words() -> dict[str, str]:
    """Return ``table`` and ``table.key`` -> what the comments of the example say of it."""
    found: dict[str, str] = {}
    header = last = ""
    for line in EXAMPLE.read_text().splitlines():
        if (match := _HEADER.fullmatch(line)) or (header and (match := _SETTING.fullmatch(line))):
            key = match.groupdict().get("key")
            header = header if key else match[1]
            last = f"{header}.{key}" if key else header
            found[last] = match["words"] or ""
        elif last and (match := _MORE.fullmatch(line)):
            found[last] = f"{found[last]} {match['words']}".strip()
        else:
            last = ""
    return found


def _of_table(name: str, prefix: str, struct: inspect.StructType) -> Iterator[Setting]:
    for field in struct.fields:
        inner = list(_structs(field.type))
        yield Setting(name, prefix + field.name, "a table" if inner else _values(field.type), _default(field))
        for each in inner:
            yield from _of_table(name, f"{prefix}{field.name}.", each)


def _structs(kind: inspect.Type) -> Iterator[inspect.StructType]:
    """Yield the tables that a value may be or hold."""
    if isinstance(kind, inspect.StructType):
        yield kind
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _structs(each)
    elif isinstance(kind, inspect.VarTupleType):
        yield from _structs(kind.item_type)


def _values(kind: inspect.Type) -> str:
    """Write in words what a value may be."""
    match kind:
        case inspect.Metadata():
            said = (kind.extra_json_schema or {}).get("description") or _values(kind.type)
            words = "text" if said == "a text that is not empty" else str(said)
        case inspect.LiteralType():
            words = ", ".join(f"`{value}`" for value in kind.values)
        case inspect.VarTupleType():
            words = f"list: {_values(kind.item_type)}"
        case inspect.UnionType():
            words = ", ".join(_values(each) for each in kind.types if not isinstance(each, inspect.NoneType))
        case inspect.BoolType():
            words = "`true`, `false`"
        case inspect.IntType() | inspect.FloatType():
            words = "a number"
        case _:
            words = "text"
    return words


def _default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    value = field.default
    if value in (msgspec.NODEFAULT, None):
        return ""
    return f"`{msgspec.json.encode(value).decode()}`"  # of texts, numbers and lists TOML writes the same


def _settings() -> str:
    said = words()
    text = ""
    for name in dict.fromkeys(setting.table for setting in settings()):
        mine = [setting for setting in settings() if setting.table == name]
        rows = [[f"`{s.name}`", s.values, s.default, _purpose(s, said)] for s in mine]
        about = f"{said[name]}.\n\n" if said.get(name) else ""
        text += f"\n### `{name}`\n\n{about}" + table(["setting", "values", "default", "what it does"], rows)
    return f"{text}\n"


def _purpose(setting: Setting, said: dict[str, str]) -> str:
    """Return the example's words without the values, which have a column of their own."""
    if "." in setting.name:
        return "see [sources](#sources)"
    return _VALUES_FIRST.sub("", said.get(f"{setting.table}.{setting.name}", "")).replace("**", "`**`")


class Exported(NamedTuple):
    """One metric as Prometheus sees it."""

    name: str
    type: str
    labels: tuple[str, ...]
    help: str


def metrics() -> list[Exported]:
    """Return every metric that /metrics may show, those about sources first."""
    registry = CollectorRegistry(auto_describe=False)
    own = [*vars(ProcessMetrics(registry)).values(), *vars(ForwardMetrics(registry)).values()]
    labels = {metric._name: metric._labelnames for metric in own}  # noqa: SLF001  the library has no other way to ask
    # Without a source and with one credential, each family is there, without a sample
    credential = Verdict(name="", file="", provider="apns", form="")
    nothing = MadeUp(Snapshot(0.0), {}, Catalogue.load(), Config(), (credential,))
    found = []
    for family in [*SnapshotCollector(nothing).collect(), *registry.collect()]:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        constant = family.samples[0].labels if family.type == "gauge" and family.samples else ()
        names = getattr(family, "_labelnames", labels.get(family.name, constant))
        found.append(Exported(name, family.type, tuple(names), family.documentation))
    return sorted(found, key=lambda metric: metric.name.startswith("process_"))  # these are the library's, and last


def _metrics() -> str:
    rows = [[f"`{m.name}`", m.type, ", ".join(m.labels), m.help] for m in metrics()]
    return table(["metric", "type", "labels", "meaning"], rows)


def _commands() -> str:
    text = ""
    for context in contexts():
        command = context.command
        pieces = " ".join(command.collect_usage_pieces(context))
        text += f"\n### `{context.command_path}`\n\n    {context.command_path} {pieces}\n\n{_prose(command)}\n"
        rows = []
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None and "--help" not in parameter.opts:
                rows.append([f"`{record[0]}`", record[1].replace("\n", " ")])
        text += f"\n{table(['option', ''], rows)}" if rows else ""
    return f"{text}\n"


def _prose(command: click.Command) -> str:
    """Return what the help says, a paragraph a line; those that are indented are examples and stay as they are."""
    paragraphs = cleandoc(command.help or "").replace("\b\n", "").split("\n\n")
    return "\n\n".join(text if text.startswith("    ") else " ".join(text.split()) for text in paragraphs)


def _layers() -> str:
    """Return the packages and modules from the top down, each with the first line of its own docstring."""
    rows = []
    for floor, layer in reversed(list(enumerate(LAYERS, 1))):
        for name in sorted(layer):
            path = PACKAGE / name / "__init__.py" if (PACKAGE / name).is_dir() else PACKAGE / f"{name}.py"
            purpose = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
            rows.append([str(floor), f"`{name}`", purpose.replace("``", "`")])
    return table(["floor", "module", "what it does"], rows)
