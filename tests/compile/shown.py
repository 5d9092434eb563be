"""How the tables of the compiler's tests write nodes: as the regular expressions that they come from and become."""

import re

from logwatch.compile import from_regex
from logwatch.compile.nodes import Node
from logwatch.compile.to_regex import Writer


def node(pattern: str) -> Node:
    """Return the nodes of a regular expression."""
    return from_regex.parse(re.compile(pattern))


def shown(node: Node, *, last: bool = False) -> str:
    """Return the regular expression that nodes become, with escapes for what cannot be printed."""
    return re.sub("[^ -~]", lambda char: rf"\x{ord(char[0]):02x}", Writer().write(node, last=last))
