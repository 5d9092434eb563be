r"""Rewrite a node so that it matches a line as it stands in JSON text, where a quote is written ``\"``.

Only texts without any other escape are matched. What the rewritten node takes of one stands there byte by byte but for
its quotes, so its places are those of the given node; and none of it goes over the end of the text, which is a bare
quote or an escape.
"""

from logwatch.compile import nodes
from logwatch.compile.nodes import CharRun, Choice, Literal, Look, Node, Repeat

_QUOTE, _BACKSLASH = b'"\\'
_ESCAPED_QUOTE = Literal(b'\\"')
BARE: nodes.Bytes = frozenset(range(0x20, 256)) - {_QUOTE, _BACKSLASH}
"""The bytes of a line that JSON text may hold as they are."""
_NEVER = CharRun(frozenset(), 1, 1)


@nodes.once_a_node
def in_json(node: Node) -> Node:
    """Return the node for lines within JSON text."""
    match node:
        case Literal(data):
            if not BARE.union((_QUOTE,)).issuperset(data):
                return _NEVER  # it would be another escape
            return Literal(data.replace(b'"', b'\\"'))
        case CharRun(chars, low, high, lazy):
            bare = CharRun(chars & BARE, low, high, lazy)
            if _QUOTE not in chars or high == 0:
                return bare
            single = Choice((CharRun(bare.chars, 1, 1), _ESCAPED_QUOTE)) if bare.chars else _ESCAPED_QUOTE
            return single if (low, high) == (1, 1) else Repeat(single, low, high, lazy)
        case Look(CharRun(chars, 1, 1), negative, True):
            return Look(CharRun(chars & (BARE | {_QUOTE}), 1, 1), negative, behind=True)  # the last byte of an escape
    return nodes.rebuilt(node, in_json)


def looks_before(node: Node, at: int = 0) -> bool:
    """Return whether a node may look at what stands before it, ``at`` bytes and more behind the beginning of a line."""
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
