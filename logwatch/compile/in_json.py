r"""Rewrite a node to match a line inside JSON text, where a quote is written ``\"``.

Only text without any other escape is matched. Apart from its quotes such text is the line itself, so the rewritten node
matches at the same places as the original; and it cannot run past the text's end, which is a bare quote or an escape.
"""

from logwatch.compile import nodes
from logwatch.compile.nodes import CharRun, Choice, Literal, Look, Node, Repeat

_QUOTE, _BACKSLASH = b'"\\'
_ESCAPED_QUOTE = Literal(b'\\"')
BARE: nodes.Bytes = frozenset(range(0x20, 256)) - {_QUOTE, _BACKSLASH}
"""The bytes of a line that JSON text may contain unescaped."""
_NEVER = CharRun(frozenset(), 1, 1)


@nodes.cached_on_node
def in_json(node: Node) -> Node:
    """Return the node for lines inside JSON text."""
    match node:
        case Literal(data):
            if not BARE.union((_QUOTE,)).issuperset(data):
                return _NEVER  # it would need another escape
            return Literal(data.replace(b'"', b'\\"'))
        case CharRun(chars, low, high, lazy):
            bare = CharRun(chars & BARE, low, high, lazy)
            if _QUOTE not in chars or high == 0:
                return bare
            single = Choice((CharRun(bare.chars, 1, 1), _ESCAPED_QUOTE)) if bare.chars else _ESCAPED_QUOTE
            return single if (low, high) == (1, 1) else Repeat(single, low, high, lazy)
        case Look(CharRun(chars, 1, 1), negative, True):
            return Look(CharRun(chars & (BARE | {_QUOTE}), 1, 1), negative, behind=True)  # an escape ends in the quote
    return nodes.rebuilt(node, in_json)


def looks_before(node: Node, at: int = 0) -> bool:
    """Return whether a lookbehind may see what precedes the line; at least ``at`` of its bytes precede the node."""
    match node:
        case Look(item, _, True):
            return item.min_len > at
        case nodes.Seq(items):
            for item in items:
                if looks_before(item, at):
                    return True
                at += item.min_len
            return False
    return any(looks_before(child, at) for child in node.children)
