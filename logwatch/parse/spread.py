"""Makes long values cheap to skip: with a blank put before every byte that ends a value, blanks alone end values.

The re module steps over ``[^ ]`` more than twice as fast as over a class of many bytes, and tokens are long. So a blank
is put before each byte that ends a value (a quote, a bracket, the newline), and the usual expression is written with
``[^ ]`` in place of the class. It matches such a text where it matches the original, since

- it takes none of those bytes itself, so that all it takes stands in the original as it is, up to the last blanks;
- where it wants to see or take a blank, it goes on to something that is none: there an inserted blank is of no use;
- what it captures behind, it captures as a whole, and the blanks that were put in can be told and taken out again.

A grammar for which this does not hold, or a text with a byte that the expression itself deals with, goes without.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logwatch.parse import peg
from logwatch.parse.peg import Bytes, Choice, Free, Look, Named, Node, Run, Text

BLANK = 32
FAST = Run(frozenset(range(256)) - {BLANK}, 0)


@dataclass(frozen=True, slots=True)
class Spread:
    """Which class becomes ``[^ ]``, which bytes get a blank in front, and which ones a text must not contain."""

    run: Bytes
    ends: tuple[bytes, ...]
    absent: tuple[bytes, ...]

    def spread(self, text: bytes) -> bytes | None:
        """Put the blanks in; None if the text has a byte that it must not have."""
        for byte in self.absent:
            if byte in text:
                return None
        text = text.replace(b"\n", b" \n")
        for byte in self.ends:
            if byte in text:
                text = text.replace(byte, b" " + byte)
        return text

    def gathered(self, rest: bytes) -> bytes:
        """Take the blanks out again, of the end of a line."""
        rest = rest.removesuffix(b" ")
        for byte in self.ends:
            rest = rest.replace(b" " + byte, byte)
        return rest

    def hastened(self, node: Node) -> Node:
        """Write the class as ``[^ ]``, but for its first byte: what stands there is still to be told from an end."""
        match node:
            case peg.Seq(items):
                return peg.Seq(tuple(self._each(items)))
            case Choice(items):
                return Choice(tuple(map(self.hastened, items)))
            case Named(name, item):
                return Named(name, self.hastened(item))
            case Run(chars, least, None) if chars == self.run and least:
                return peg.Seq((Run(chars, least, least), FAST))
        return node

    def _each(self, items: Sequence[Node]) -> Iterable[Node]:
        for before, item in zip((None, *items), items, strict=False):
            begun = isinstance(before, Run) and before.most == before.least == 1 and before.chars <= self.run
            yield FAST if begun and item == Run(self.run, 0) else self.hastened(item)


def spread_for(nodes: Sequence[Node]) -> Spread | None:
    """Tell how to spread texts for an expression of these nodes, or that it cannot be done."""
    inner = [each for node in nodes for each in peg.walk(node)]
    classes = Counter(
        each.chars for each in inner if isinstance(each, Run) and each.most is None and BLANK not in each.chars
    )
    if not classes or not all(map(_lets, nodes)):
        return None
    run = max(classes, key=lambda chars: (classes[chars], len(chars)))
    ends = peg.EVERY - run - {BLANK}
    dealt_with = frozenset().union(*(_bytes(each) for each in inner)) & ends
    return Spread(
        run, tuple(bytes((each,)) for each in ends - dealt_with), tuple(bytes((each,)) for each in dealt_with)
    )


def _bytes(node: Node) -> Bytes:
    if isinstance(node, Text):
        return frozenset(node.data)
    return node.chars if isinstance(node, Run) else frozenset()


def _lets(node: Node) -> bool:
    """Tell whether a node wants no blank but to go on behind it, counts none, and looks at none from behind."""
    if isinstance(node, Free | peg.End) or (isinstance(node, Look) and node.behind):
        return isinstance(node, Free) and not any(BLANK in _bytes(each) for each in peg.walk(node))
    items = node.items if isinstance(node, peg.Seq) else (node,)
    for index, item in enumerate(items):
        if not _goes_on(item, peg.seq(*items[index + 1 :])):
            return False
    inside = (child for item in items for child in peg.children(item) if not _one_byte_ahead(item))
    return all(map(_lets, inside))


def _one_byte_ahead(item: Node) -> bool:
    """Tell whether an item looks at the next byte only; where it stands, ``_goes_on`` has judged it."""
    return isinstance(item, Look) and isinstance(item.item, Run) and item.item.most == 1


def _goes_on(item: Node, rest: Node) -> bool:
    """Tell whether an item that wants a blank is followed by what is none."""
    if isinstance(item, Run) and BLANK in item.chars and (item.least > 1 or item.most not in (None, 1)):
        return False
    if isinstance(item, Text) and (b"  " in item.data or (b" " in item.data[:-1] and item.data.endswith(b" "))):
        return False
    wants = (
        (isinstance(item, Text) and item.data.endswith(b" "))
        or (isinstance(item, Run) and BLANK in item.chars and item.least > 0)
        or (isinstance(item, Look) and not item.negative and BLANK in peg.first(item.item))
    )
    needed = next((each for each in (rest.items if isinstance(rest, peg.Seq) else (rest,)) if peg.least(each)), None)
    return not wants or (needed is not None and BLANK not in peg.first(needed))
