"""The README against the code: what it promises is there, and what is there is in it."""

import re
from pathlib import Path

import msgspec
import pytest

from logwatch.cli import COMMANDS
from logwatch.config import Config
from logwatch.config.schema import Table
from logwatch.export import COUNTERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXPORT = (ROOT / "logwatch" / "export.py").read_text()
METRICS = sorted(set(re.findall(r'"(mesibo_(?:push|logwatch)_[a-z_]+)"', EXPORT)) | {name for _, name, *_ in COUNTERS})


def settings(kind=Config, prefix=""):
    for field in msgspec.structs.fields(kind):
        inner = next(
            (
                t
                for t in (field.type, *getattr(field.type, "__args__", ()))
                if isinstance(t, type) and issubclass(t, Table)
            ),
            None,
        )
        if inner is not None:
            yield from settings(inner, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_is_in_the_readme(command):
    """A person finds each command by reading."""
    assert re.search(rf"`(?:mesibo-logwatch )?{command}\b", README)


@pytest.mark.parametrize("setting", list(settings()))
def test_every_setting_is_in_the_example(setting):
    """The example configuration shows each setting, commented out where it has no default."""
    key = setting.rpartition(".")[2]
    assert re.search(rf"\b{key}\b *=", (ROOT / "config" / "logwatch.example.toml").read_text()), setting


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_in_the_readme(metric):
    """The table of metrics is whole."""
    assert metric in README.replace("_total`", "`") or metric in README


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(mesibo_(?:push|logwatch)_[a-z_]+)`", README))))
def test_the_readme_names_no_metric_that_is_not_exported(name):
    """No metric in the README is made up."""
    assert name.removesuffix("_total") in {metric.removesuffix("_total") for metric in METRICS}
