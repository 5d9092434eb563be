"""Tables and generated blocks of Markdown pages: ``<!-- generated: NAME -->`` up to ``<!-- end -->``."""

import re
from collections.abc import Callable, Mapping, Sequence

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def has_block(text: str) -> bool:
    """Return whether a page holds a block that is generated."""
    return _BLOCK.search(text) is not None


def filled(text: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with each of its blocks written anew; a block that nobody generates is a KeyError."""
    return _BLOCK.sub(lambda match: match[1] + blocks[match[2]]() + match[3], text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as a table; a ``|`` within a cell is kept from ending it."""
    body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in [head, ["---"] * len(head), *body])
