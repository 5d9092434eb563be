"""One word, one meaning: a public name of one package means nothing else in another one."""

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "logwatch"

# Verbs that are read with their module in front of them (`catalogue.read`, `samples.read`): what they mean is the same.
VERBS = {
    "against_samples",
    "check",
    "examine",
    "find",
    "judge",
    "keep",
    "load",
    "main",
    "names",
    "outcome",
    "parse",
    "read",
    "render",
    "start",
    "write",
}
# One thing in several packages: a setting and what it configures, a table of the file and its part, an error that says
# of its own kind of file why it cannot be read, the form of a line and of an event without what was filled in.
SAME_THING = {
    "Backend",
    "Docker",
    "Failures",
    "Journal",
    "Log",
    "Privacy",
    "Source",
    "Unreadable",
    "shape",
}


def test_no_new_public_name_has_two_meanings():
    """A class or function at the top of a module has a name that no other package uses, or stands on a list above."""
    packages = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        package = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                packages[node.name].add(package)
    two = {name: sorted(found) for name, found in packages.items() if len(found) > 1}
    new = {name: found for name, found in two.items() if name not in VERBS | SAME_THING}
    assert new == {}, f"{new}: give one of them another name, or list it above if it means the same in both packages"
    assert (VERBS | SAME_THING) - two.keys() == set(), "no longer in two packages: take them off the list above"


def test_no_docstring_begins_with_a_verb_that_leaves_open_what_is_done():
    """What is returned, logged, shown or written is called that: nothing gives, tells, lets, has or says it."""
    found = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.match(r'\s*"""(?:Gives?|Tells?|Lets?|Have|Has|Says?) ', line)
    ]
    assert found == [], f'{found}: write "Return …", "Log …", "Write …" instead of Give and Tell'


def test_every_test_says_what_it_claims():
    """The name of a test is its behaviour, its docstring the claim in a sentence: none has only a name."""
    silent = [
        f"{path.name}:{node.lineno}"
        for path in Path(__file__).parent.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == [], f"{silent}: say in one sentence what the test claims"
