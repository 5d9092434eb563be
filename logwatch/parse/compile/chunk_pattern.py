"""One expression that goes over whole chunks: it takes every line, and captures what it knows of some."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Capture, EndOfLine, Node
from logwatch.parse.compile.to_regex import Framing, Writer, char_class

REST = "rest"
"""The name of the last group, if it holds all that stands behind what the expression looked at."""


@dataclass(frozen=True)
class ChunkPattern:
    """A regex for ``findall``: one tuple of groups a line, all of them empty where the line was only passed over.

    ``names`` tells what each group captures; a name may stand there several times.
    """

    regex: re.Pattern[bytes]
    names: tuple[str, ...]

    @property
    def has_rest(self) -> bool:
        """Return whether the last group is REST."""
        return self.names[-1:] == (REST,)


def chunk_pattern(
    writer: Writer, ways: Sequence[str], framing: Framing, *, rest: bool, tails: Sequence[Node] = ()
) -> ChunkPattern:
    """Complete the regexes of payloads, written by ``writer``, to one that takes each line, newline included.

    What stands behind a way is captured, with ``rest``, or passed over; it is not captured where it is nothing, or is
    one of the ``tails``, which capture the values in it themselves.
    """
    anything = char_class(framing.written(nodes.EVERY_BYTE)) + "*+"
    way = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    if tails:
        known = "".join([f"{writer.write(tail)}{anything}|" for tail in tails])
        behind = f"(?:{writer.write(EndOfLine())}|{known}({anything}))"
    else:
        behind = f"({anything})" if rest else anything
    names = [group.name for group in writer.groups if isinstance(group, Capture)] + ([REST] if rest else [])
    text = without_groups(framing.before) + way + behind
    text += without_groups(framing.after)
    # findall gives tuples from two groups on; both sides end right before the newline: nothing is ever gone back into
    text += "()" * max(0, 2 - len(names)) + ("" if framing.end == b"\n" else r"(?=\n)")
    return ChunkPattern(re.compile(f"(?:{text}|[^\\n]*+)\\n".encode("latin-1")), tuple(names))


def without_groups(regex: str) -> str:
    """Return a regex without its named groups."""
    return re.sub(r"\(\?P<\w+>", "(?:", regex)
