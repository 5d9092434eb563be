"""Narrow a node to what it took of some examples: texts that are always the same, and looks ahead that are short.

What the narrowed node matches, the given one matches up to the same byte: a text is written out only where what follows
ends it, or where it ends itself, and a look ahead that must not match refuses all that it did, and perhaps more.
"""

import string
from collections.abc import Sequence

from logwatch.compile import nodes
from logwatch.compile.nodes import Backtracking, CharRun, Choice, Literal, Look, Node, Repeat

_LETTERS_AND_DIGITS = (string.ascii_letters + string.digits).encode()
_LETTERS = frozenset(_LETTERS_AND_DIGITS)


def is_quoted(node: Node) -> bool:
    """Return whether a node is a text between quotes that ends at the first closing one: nothing is to be decided."""
    match node:
        case nodes.Seq((Literal(), Repeat(Choice((CharRun(_, 1, 1), *_) as items), 0, None), Literal() as end)):
            return not node.capture_names and nodes.all_disjoint((*items, end))
    return False


def narrowed(node: Node, texts: set[bytes], behind: Sequence[bytes], rest: Node, *, alike: bool) -> Node:
    """Return a node as it took these texts, behind which stood these; ``rest`` is the node that follows.

    What was the same in all of them is written out if they are ``alike``.
    """
    text = next(iter(texts))
    same = alike and len(texts) == 1
    match node:
        case CharRun() if alike:
            return _run_as_taken(node, texts, rest)
        case Look(item, negative, False) if not _implied(item, rest, negative=negative):
            return _as_one_class(_without_blanks(node, rest), behind) if negative else node
        case Look(_, _, False):
            return nodes.NOTHING
        case nodes.Seq((begin, Repeat(Choice((CharRun(chars), *_))), end)) if is_quoted(node):
            if same:
                return Literal(text)
            if all(chars.issuperset(each[begin.min_len : -end.min_len]) for each in texts):
                return nodes.seq(begin, CharRun(chars, 0), end)  # nothing is escaped in them
    return node


def _implied(item: Node, rest: Node, *, negative: bool) -> bool:
    """Return whether what follows says itself what a look ahead for the item asks for."""
    if negative:
        return nodes.disjoint(item, rest)
    single = isinstance(item, CharRun) and item.max == 1
    return single and bool(rest.min_len) and rest.first_set <= item.first_set


def _without_blanks(look: Look, rest: Node) -> Look:
    """Return what must not follow without the blanks in front of it, if what follows begins with none."""
    blanks, core = nodes.split_leading_blanks(look.item)
    none = blanks and rest.min_len and not rest.first_set & blanks.chars
    return Look(core, negative=True) if none else look


def _as_one_class(look: Look, texts: Sequence[bytes]) -> Look:
    """Return what must not follow as a few words or one class of bytes, if that is enough here: all else costs more."""
    if isinstance(look.item, CharRun | Literal):
        return look
    blanks, core = nodes.split_leading_blanks(look.item)
    begins = [text.lstrip(bytes(blanks.chars)) for text in texts] if blanks else texts
    words, chars = tuple(sorted(core.prefixes)), core.first_set
    enough: Node
    if min(map(len, words)) > 1 and not any(text.startswith(words) for text in begins):
        enough = _one_of(words)
    elif core.min_len and all(begins) and not any(text[0] in chars for text in begins):
        enough = CharRun(chars, 1, 1)
    else:
        return look
    return Look(nodes.seq(blanks, enough) if blanks else enough, negative=True)


def _one_of(words: Sequence[bytes]) -> Node:
    """Return what matches one of these words, short where only their last bytes differ; one may begin another."""
    ends: dict[bytes, set[int]] = {}
    for word in words:
        ends.setdefault(word[:-1], set()).add(word[-1])
    last = next(iter(ends.values()))
    if len(last) == 1 or any(each != last for each in ends.values()):
        return nodes.choice(*map(Literal, words))
    return Backtracking(nodes.seq(nodes.choice(*map(Literal, ends)), CharRun(frozenset(last), 1, 1)))


def _run_as_taken(run: CharRun, texts: set[bytes], rest: Node) -> Node:
    """Return a run as it took these texts: written out if it can be no other, or how all begin, then a run."""
    first, last = min(texts), max(texts)
    if first == last and _takes_only(run, first, rest):
        return Literal(first)
    same = next((i for i, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    begin = first[:same].rstrip(_LETTERS_AND_DIGITS)  # another line has other ones
    if run.max is not None or run.lazy or not begin:
        return run
    return nodes.seq(Literal(begin), CharRun(run.chars, max(0, run.min - len(begin))))


def _takes_only(run: CharRun, text: bytes, rest: Node) -> bool:
    """Return whether a run takes just this text wherever it stands: its length is fixed, or what follows ends it."""
    if run.lazy or _LETTERS & set(text):
        return False  # what is a letter or a digit is another one in the next line
    ended = bool(rest.min_len) and not rest.first_set & run.chars
    return run.max == len(text) or (ended and len(text) >= run.min)
