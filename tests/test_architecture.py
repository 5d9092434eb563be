"""The layers of the package, as one table: the test is the documentation of who may import whom."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "logwatch"

# A module may import from the layers above its own, and from its own package; names on one line are strangers.
LAYERS = [
    {
        "compile",
        "errors",
        "events",
        "heap",
        "moments",
        "ownership",
        "regular_file",
        "resources",
        "signal_flags",
        "unpack",
    },
    {"model", "secret", "tables"},
    {"envelope", "catalogue", "privacy", "logging_setup", "sd_notify", "words"},
    {"dialect", "discover", "ledger", "lines", "wake"},
    {"parse"},
    {"tail", "journal", "details", "sight", "webhook", "story"},
    {"config"},
    {"credentials", "mesibo_conf"},
    {"watched"},
    {"pipeline", "export", "forward", "simulate", "assembly", "diagnosis", "glance", "propose"},
    {"report", "push", "inputs"},
    {"web", "history"},
    {"daemon", "doctor"},
    {"cli"},
]


def top(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        own = relative.parts[0].removesuffix(".py")
        if own not in ("__init__", "__main__"):
            yield pytest.param(path, own, id=str(relative))


def imported(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            if node.module == "logwatch":
                yield from (f"logwatch.{alias.name}" for alias in node.names)
            elif node.module:
                yield node.module


@pytest.mark.parametrize(("path", "own"), list(modules()))
def test_imports_point_one_way(path, own):
    """A module imports only from the layers above its own."""
    level = next((i for i, layer in enumerate(LAYERS) if own in layer), None)
    assert level is not None, f"{own} stands in no layer: add it to the table"
    allowed = set().union(*LAYERS[:level]) | {own, ""}
    inner = {top(name) for name in imported(path) if name.split(".")[0] == "logwatch"}
    assert inner - allowed - {"__version__"} == set()


def test_the_compiler_of_grammars_knows_nothing_of_logs():
    """It takes pyparsing expressions and bytes; no line, envelope or result of this package is known in it."""
    for path in (PACKAGE / "compile").glob("*.py"):
        inner = {name for name in imported(path) if name.split(".")[0] == "logwatch"}
        assert {name for name in inner if not name.startswith("logwatch.compile")} == set(), path


def test_reading_by_grammars_is_five_floors_without_a_circle():
    """From what knows nothing of the others to what proves a grammar, with the compiler as one of them."""
    packages = ("compile", "dialect", "parse")
    rooms: dict[str, set[str]] = {}
    for path in (path for package in packages for path in (PACKAGE / package).glob("*.py")):
        own = "compile" if path.parent.name == "compile" else path.stem
        if own != "__init__":
            inner = (name.split(".") for name in imported(path) if top(name) in packages)
            needs = {"compile" if package == "compile" else module[0] for _, package, *module in inner}
            rooms.setdefault(own, set()).update(needs - {own})
    floors: dict[str, int] = {}
    while len(floors) < len(rooms):
        ready = {room for room in rooms if room not in floors and rooms[room] <= floors.keys()}
        assert ready, f"a circle among {rooms.keys() - floors.keys()}"
        floors |= dict.fromkeys(ready, max(floors.values(), default=0) + 1)
    assert max(floors.values()) <= 5


@pytest.mark.parametrize(("path", "own"), list(modules()))
def test_a_module_opens_with_its_purpose(path, own):
    """Every module opens with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("stage", ["discover", "wake", "tail", "journal", "dialect", "parse", "ledger", "pipeline"])
def test_stages_know_neither_prometheus_nor_the_web(stage):
    """Numbers leave a stage as nouns; how they are exported is decided elsewhere."""
    paths = [PACKAGE / f"{stage}.py"] if (PACKAGE / f"{stage}.py").exists() else (PACKAGE / stage).rglob("*.py")
    foreign = {name.split(".")[0] for path in paths for name in imported(path)}
    assert not foreign & {"prometheus_client", "tornado", "click", "rich"}


def test_no_import_goes_round():
    """No module needs itself, over however many others: each can be read after those that it imports."""
    paths = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
    known = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    needs = {}
    for name, path in known.items():
        needs[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                needs[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                needs[name] |= (inner & known.keys()) or {node.module}
    order = list(TopologicalSorter({name: each & known.keys() for name, each in needs.items()}).static_order())
    assert len(order) == len(known)
