"""Name the texts without which a node cannot match: whether they occur takes a search, and to match takes much more."""

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Node


def required_literals(node: Node) -> frozenset[bytes] | None:
    """Return texts of which any match contains one; None if none can be named."""
    match node:
        case nodes.Literal(data):
            return frozenset((data,))
        case nodes.Capture(_, item) | nodes.Backtracking(item):
            return required_literals(item)
        case nodes.Repeat(item) if node.min:
            return required_literals(item)
        case nodes.Choice(items):
            each = [required_literals(item) for item in items]
            return None if None in each else frozenset().union(*(some for some in each if some))
        case nodes.Seq(items):
            found = [some for item in items if (some := required_literals(item))]
            return max(found, key=_shortest, default=None)
    return None


def capture_literals(node: Node) -> frozenset[bytes] | None:
    """Return texts of which any match that captures something contains one; None if it may do without.

    A text in which none of them occurs holds no value: that takes a few searches, and reading it takes microseconds.
    """
    if not node.capture_names:
        return frozenset()
    around = None if isinstance(node, nodes.Choice | nodes.Repeat) else required_literals(node)
    inside: frozenset[bytes] | None = None
    if not isinstance(node, nodes.Capture):
        each = [capture_literals(child) for child in nodes.children(node)]
        inside = None if None in each else frozenset().union(*(some for some in each if some))
    found = [some for some in (around, inside) if some]
    return max(found, key=_shortest, default=None)


def _shortest(texts: frozenset[bytes]) -> int:
    return min(map(len, texts))
