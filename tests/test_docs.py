"""The pages against the code: what they promise is there, what is there is on them, and every link leads somewhere."""

import itertools
import re
import shlex
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import click
import msgspec
import pytest
from markdown_it import MarkdownIt

from logwatch.catalogue import Catalogue
from logwatch.cli import COMMANDS, group
from logwatch.compile import from_pyparsing
from logwatch.config import Config
from logwatch.config.schema import ExportFormat
from logwatch.export import COUNTERS
from logwatch.model import EnvelopeKind
from logwatch.tables import Table
from tests.helpers.shipped import rule_groups

ROOT = Path(__file__).parent.parent
EXAMPLE = (ROOT / "config/logwatch.example.toml").read_text()
EXPORTERS = "".join((ROOT / "logwatch" / name).read_text() for name in ("export.py", "forward/metrics.py"))
METRICS = sorted(set(re.findall(r'"(mesibo_(?:push|logwatch)_[a-z_]+)"', EXPORTERS)) | set(COUNTERS))
RULES = [
    rule
    for path in (ROOT / "config/prometheus/rules").glob("*.yml")
    for part in rule_groups(path)
    for rule in part["rules"]
]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(path for name in ("bench", "config", "docs", "tests") for path in (ROOT / name).rglob("*.md")),
    ]
)


SOURCES = "\n".join(
    path.read_text()
    for path in (
        ROOT / "Makefile",
        ROOT / "pyproject.toml",
        *(
            each
            for name in ("bench", "config", "grammars", "logwatch", "tests")
            for each in (ROOT / name).rglob("*.py")
        ),
        *(ROOT / "config").rglob("*.toml"),
        *(ROOT / "config/rules").iterdir(),
    )
)
WORDS = set(re.findall(r"\w+", SOURCES))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def page(name):
    return (ROOT / name).read_text()


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


def commands():
    top = click.Context(group, info_name="mesibo-logwatch")
    waiting = [(name, group.get_command(top, name)) for name in COMMANDS]
    while waiting:
        path, command = waiting.pop()
        yield path, command
        waiting += [(f"{path} {name}", each) for name, each in getattr(command, "commands", {}).items()]


def command_lines(path):
    """Yield the words of each command line on a page, up to what only a shell understands."""
    text = path.read_text().partition("<!-- generated: commands -->")[0]
    program = r"(?:\.venv/bin/)?mesibo-logwatch "
    spans = rf"`(?:(?:sudo )?{program}|(?=(?:{'|'.join(COMMANDS)}) ))([^`]+)`|^    .*\b{program}(.+)$"
    for found in re.findall(spans, text, re.MULTILINE):
        yield shlex.split(re.split(r"\s#|[|;<>]|&&|\\$", "".join(found).replace("\n", " "))[0])


def section(text, heading):
    """Return what stands below a heading of the third level, up to the next heading."""
    return text.partition(f"\n### `{heading}`\n")[2].partition("\n#")[0]


def slug(heading):
    """Return the anchor that GitHub and Forgejo make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def tokens(path):
    """Return the Markdown tokens of a page, those within a line among them."""
    found = MarkdownIt().enable("table").parse(path.read_text())
    return [each for token in found for each in (token, *(token.children or ()))]


def anchors(path):
    every = tokens(path)
    return {
        slug(text.content.replace("`", "")) for head, text in itertools.pairwise(every) if head.type == "heading_open"
    }


def links(path):
    for token in tokens(path):
        target = token.attrGet("href") or token.attrGet("src")
        if target and not re.match(r"[a-z]+:", str(target)):
            yield unquote(str(target))


def test_the_readme_fits_in_120_lines():
    """It is a door; what takes longer to say has a page below docs/."""
    assert len(page("README.md").splitlines()) <= 120


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_is_in_the_readme(command):
    """README.md names each command."""
    assert re.search(rf"`(?:mesibo-logwatch )?{command}\b", page("README.md"))


@pytest.mark.parametrize(("path", "command"), [pytest.param(*each, id=each[0]) for each in commands()])
def test_every_command_and_option_is_documented(path, command):
    """Each has a section of its own in docs/commands.md, with every option that is not hidden."""
    text = section(page("docs/commands.md"), f"mesibo-logwatch {path}")
    assert text
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    for option in (name for each in shown if isinstance(each, click.Option) for name in each.opts):
        assert re.search(rf"`[^`]*{option}(?![\w-])", text), option


@pytest.mark.parametrize("setting", list(settings()))
def test_every_setting_is_in_the_example(setting):
    """The example configuration shows each setting, commented out where it has no default."""
    key = setting.rpartition(".")[2]
    assert re.search(rf"\b{key}\b *=", EXAMPLE), (
        f"{setting}: show it in config/logwatch.example.toml, then make generate"
    )


@pytest.mark.parametrize("setting", list(settings()))
def test_every_setting_is_documented(setting):
    """Each setting has a row in its table of docs/configuration.md."""
    table, _, key = setting.partition(".")
    assert f"| `{key}` |" in section(page("docs/configuration.md"), table)


@pytest.mark.parametrize("form", get_args(ExportFormat))
def test_every_format_of_an_export_is_documented(form):
    """In the table of the settings of docs/export.md, and among the words of the example."""
    (row,) = (line for line in page("docs/export.md").splitlines() if line.startswith("| `format` |"))
    assert f"`{form}`" in row, f"{form}: add it to the row of format in docs/export.md"
    (line,) = (line for line in EXAMPLE.splitlines() if line.startswith("# format = "))
    assert form in line.split("#")[2].split(":")[0].split(), f"{form}: add it to config/logwatch.example.toml"


@pytest.mark.parametrize("kind", get_args(EnvelopeKind))
def test_every_kind_of_envelope_is_documented(kind):
    """In the table of docs/inputs.md, and among the words of the example."""
    assert f"| `{kind}` |" in page("docs/inputs.md"), f"{kind}: add a row to docs/inputs.md"
    words = EXAMPLE[EXAMPLE.index("\nenvelope = ") : EXAMPLE.index("\ngrammar = ")]
    assert kind in words.split(), f"{kind}: add it to envelope in config/logwatch.example.toml"


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_documented(metric):
    """The table of metrics is whole; a name that begins like another one's is no substitute for it."""
    assert re.search(rf"^\| `{metric}(?:_total)?` \|", page("docs/metrics.md"), re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_metric_that_is_not_exported(path):
    """No metric is made up; names of the catalogue may look like one."""
    known = {*METRICS, *(entry.name for entry in Catalogue.load().entries)}
    named = set(re.findall(r"`(mesibo_(?:push|logwatch)_[a-z_]+)(?:\{[^`]*)?`", path.read_text()))
    suffixes = re.compile(r"_(?:total|bucket|count|sum)$")
    families = {name for name in named if name.endswith("_") and any(each.startswith(name) for each in known)}
    assert {name for name in named - families if name not in known and suffixes.sub("", name) not in known} == set()


@pytest.mark.parametrize("alert", sorted({rule["alert"] for rule in RULES if "alert" in rule}))
def test_every_alert_is_documented(alert):
    """Each is in the index, and has a page."""
    assert f"[{alert}]({alert}.md)" in page("docs/runbooks/README.md")
    assert (ROOT / "docs/runbooks" / f"{alert}.md").exists()


def test_every_element_that_can_be_compiled_is_documented():
    """docs/grammars.md names each element of pyparsing that is compiled."""
    elements = {kind.__name__.removeprefix("_") for kind in from_pyparsing.COMPILED}
    text = page("docs/grammars.md")
    assert {name for name in elements if f"`{name}`" not in text} - {"SingleCharLiteral"} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_is_dead(path):
    """Every relative link leads to a file of the tree, and every anchor to a heading of its page."""
    dead = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_target_and_module_that_a_page_runs_exists(path):
    """What a reader copies out of a page runs: targets of make, and modules started by python -m."""
    text = path.read_text()
    assert set(re.findall(r"(?:`|^    |sudo |&& )make ([a-z][a-z-]*)", text, re.MULTILINE)) <= TARGETS
    started = {name.replace(".", "/") for name in re.findall(r"python -m ((?:bench|config|logwatch)[.\w]*)", text)}
    assert [each for each in started if not (ROOT / f"{each}.py").exists() and not (ROOT / each).is_dir()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/five-files.md"])
def test_what_a_page_for_developers_names_is_in_the_tree(name):
    """Each file, function, class and constant that a recipe sends its reader to is there under that name."""
    quoted = re.findall(r"`([\w./]+)`", page(name))
    files = {each for each in quoted if re.match(r"(?:bench|config|docs|grammars|logwatch|tests)/", each)}
    assert {each for each in files if "NAME" not in each and not (ROOT / each).exists()} == set()
    assert {each for each in {*quoted} - files if not set(re.findall(r"\w+", each)) <= WORDS} == set()


@pytest.mark.parametrize("path", [each for each in PAGES if each.name != "CHANGELOG.md"], ids=lambda path: path.stem)
def test_a_command_line_on_a_page_has_what_its_command_takes(path):
    """Its options exist, and no required argument is missing; a command without arguments is only named."""
    known = {tuple(name.split()): command for name, command in commands()}
    for words in command_lines(path):
        name = max((each for each in known if tuple(words[: len(each)]) == each), key=len, default=None)
        assert name or not words or not words[0].isalpha(), words
        if name and (rest := words[len(name) :]) and not isinstance(known[name], click.Group):
            values, _, _ = known[name].make_parser(click.Context(known[name])).parse_args([*rest])
            assert all(
                isinstance(values.get(each.name), str | tuple) for each in known[name].params if each.required
            ), words
