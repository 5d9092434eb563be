"""Write a node as one regex in which alternatives share their groups, by PCRE2's branch reset ``(?|...)``.

A value that many alternatives of a repetition may set is one group, so the group holds what was set last, and rows are
short.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from logwatch.compile.nodes import Capture, Choice, Node, Repeat, cached_on_node
from logwatch.compile.to_regex import Writer


class ValueGroup(NamedTuple):
    """The name of a group, and the ids of the outermost repetitions that may set it."""

    name: str
    repetitions: frozenset[int]


@cached_on_node
def groups_of(node: Node, within: frozenset[int] = frozenset()) -> list[ValueGroup]:
    """Return the groups of a node in numerical order; ``within`` is the outermost repetition around the node."""
    if not node.capture_names:
        return []
    if isinstance(node, Choice):
        shared: list[ValueGroup] = []
        for item in node.items:
            _share(shared, groups_of(item, within))
        return shared
    if not within and isinstance(node, Repeat) and node.max != 1:
        within = frozenset((id(node),))
    own = [ValueGroup(node.name, within)] if isinstance(node, Capture) else []
    return [*own, *(group for child in node.children for group in groups_of(child, within))]


def _share(shared: list[ValueGroup], groups: Sequence[ValueGroup]) -> None:
    """Merge an alternative's groups into those of earlier ones: reuse them where names and order allow, add others."""
    at = 0
    for group in groups:
        same = next((i for i in range(at, len(shared)) if shared[i].name == group.name), None)
        if same is None:
            shared.insert(at, group)
        else:
            shared[same] = ValueGroup(group.name, shared[same].repetitions | group.repetitions)
        at = (at if same is None else same) + 1


def _places(groups: Sequence[ValueGroup], shared: Sequence[ValueGroup]) -> Iterator[int]:
    """Yield the indices of one alternative's groups among the shared ones."""
    at = 0
    for name, _ in groups:
        while shared[at].name != name:
            at += 1
        yield at
        at += 1


class SharedGroups(Writer):
    """Writes one node with the groups of ``groups_of``."""

    def __init__(self, node: Node) -> None:
        super().__init__(capturing=True)
        self._numbers = iter(range(1, 1 + len(groups_of(node))))  # of the groups that are still to be written
        self._last = 0

    def _captured(self, node: Capture | Repeat, text: Callable[[], str]) -> str:
        if not isinstance(node, Capture):
            return text()
        number = next(self._numbers)
        others = "(){0}" * (number - self._last - 1)  # groups of other alternatives: they compile to nothing
        self._last = number
        return f"{others}({text()})"

    def _alternatives(self, node: Choice, *, last: bool, back: bool) -> str:
        if not node.capture_names:
            return super()._alternatives(node, last=last, back=back)
        shared = groups_of(node)
        numbers, begin, rest = list(islice(self._numbers, len(shared))), self._last, self._numbers
        texts, ends = [], []
        for item in node.items:
            self._last, self._numbers = begin, iter([numbers[i] for i in _places(groups_of(item), shared)])
            texts.append(self.write(item, last=last or not back, back=back))
            ends.append(self._last)
        self._last, self._numbers = max(ends), rest
        return f"(?|{'|'.join(texts)})" if last or back else f"(?>(?|{'|'.join(texts)}))"

    def _iterations(self, inner: str, times: str) -> str:
        """Make the repetition possessive: with an atomic group around it, PCRE2 would keep every iteration's state."""
        return f"(?:{inner}){times}+" if times else f"(?>{inner})"
