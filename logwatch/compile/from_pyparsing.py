"""Translate a pyparsing expression into nodes that match every line identically, or say why that is impossible.

The rules follow pyparsing's own ``parseImpl`` methods: which elements skip blanks, which call their first child without
skipping, what a result name receives. Any element, parse action or name whose effect cannot be kept exact is refused.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import cache, reduce
from operator import add, or_

import pyparsing as pp

from logwatch.compile import from_regex, nodes
from logwatch.compile.from_regex import NotCompilable
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Lookaround, Node, Repeat

_MAX_ELEMENTS = 5000  # a second's work; where each level uses the one below twice, the count doubles with each level


class EndlessLoop(Exception):  # noqa: N818  a finding about the grammar
    """A repetition of what may match nothing: pyparsing itself would loop for ever."""


def refuse_endless(line: pp.ParserElement) -> None:
    """Raise EndlessLoop for a repetition that never leaves the end of a line, whether or not it can be compiled."""
    for each in _innermost_first(line, set()):  # to try an element around an endless one would not end either
        if isinstance(each, pp.ZeroOrMore | pp.OneOrMore):
            for at in (0, 1):  # of an empty line; LineEnd leaves the second
                with suppress(pp.ParseBaseException, IndexError):
                    goes_on = not each.not_ender or each.not_ender.can_parse_next("", at)
                    if goes_on and _inner(each).try_parse("", at) == at:
                        raise EndlessLoop(f"{each} repeats what may match nothing")


def _innermost_first(element: pp.ParserElement, seen: set[int]) -> Iterator[pp.ParserElement]:
    """Yield each element of an expression once, after those inside it, which include the ``stop_on`` of repetitions."""
    if id(element) not in seen:
        seen.add(id(element))
        ender = getattr(element, "not_ender", None)
        for each in [*element.recurse(), *([ender] if ender else [])]:
            yield from _innermost_first(each, seen)
        yield element


def translate(line: pp.ParserElement, listed: Collection[str] = ()) -> Node:
    """Return the nodes of a streamlined expression for a whole line; raise NotCompilable or EndlessLoop.

    Every value of a name in ``listed`` is used, but only the last value of any other name.
    """
    if (count := _unfolded(line, {})) > _MAX_ELEMENTS:
        raise NotCompilable(f"{count:,} elements, where each is counted at every place at which it stands")
    try:
        node = _parsed(line, skip=True)
    finally:
        _parsed.cache_clear()
    if any(each == nodes.END_OF_LINE for item in nodes.parts(node)[:-1] for each in _outside_assertions(item)):
        raise NotCompilable("LineEnd before the end of LINE")
    elements: Iterable[pp.ParserElement] = list(line.visit_all())  # type: ignore[no-untyped-call]
    grouped = [from_regex.parse(each.re) for each in elements if isinstance(each, pp.Regex) and each.re.groupindex]
    modal = {name for pattern in grouped for name in pattern.capture_names}
    modal |= {each.resultsName for each in elements if each.resultsName and each.modalResults}
    inside = [each for pattern in grouped for each in nodes.walk(pattern)]
    optional = [each for each in inside if isinstance(each, Choice) or (isinstance(each, Repeat) and not each.min)]
    absent = {name for each in optional for name in each.capture_names}
    _check_names(node, absent, modal.intersection(listed))
    return node


def _unfolded(element: pp.ParserElement, known: dict[int, int]) -> int:
    """Count the elements of an expression, each as often as it occurs."""
    if id(element) not in known:
        known[id(element)] = 0  # for an element that contains itself
        known[id(element)] = 1 + sum(_unfolded(each, known) for each in element.recurse())
    return known[id(element)]


def _outside_assertions(node: Node) -> list[Node]:
    inner = () if isinstance(node, Lookaround | Backtracking) else node.children
    return [node, *(each for child in inner for each in _outside_assertions(child))]


def _check_names(node: Node, absent: Collection[str], single: Collection[str]) -> None:
    """Refuse names that would get other values than pyparsing gives them.

    An empty value counts as no value, but in pyparsing it hides an earlier one, as does a Regex group that took no part
    (``absent``). Only the last value of a name in ``single`` counts.
    """
    again = {name for name, count in _captured(node).items() if count > 1}
    if again.intersection(single):
        name = min(again.intersection(single))
        why = f"where only the last of several values counts: give an element the name '{name}*'"
        raise NotCompilable(f"the result name {name!r}, {why}")
    for each in nodes.walk(node):
        if isinstance(each, Lookaround) and each.item.capture_names:
            raise NotCompilable("a result name inside FollowedBy")
        if isinstance(each, Capture) and each.name in again and (each.name in absent or not each.item.min_len):
            what = "a Regex group that may take no part" if each.name in absent else "what may be empty"
            raise NotCompilable(f"the result name {each.name!r} on {what}, where it may come more than once")


def _captured(node: Node) -> Counter[str]:
    """Return how often one match may capture each name: at most once, or more often if the count is above 1."""
    inside = [_captured(child) for child in node.children]
    found: Counter[str] = reduce(or_ if isinstance(node, Choice) else add, inside, Counter())
    if isinstance(node, Repeat) and node.max != 1:
        found += found
    return found + Counter([node.name]) if isinstance(node, Capture) else found


def _inner(element: pp.ParserElement) -> pp.ParserElement:
    """Return the one expression that an element wraps."""
    assert isinstance(element, pp.ParseElementEnhance)
    assert element.expr is not None
    return element.expr


@cache  # an element that is used in several places becomes one node, and what is cached on that is computed once
def _parsed(element: pp.ParserElement, *, skip: bool, name: str | None = None) -> Node:
    """Translate ``element._parse``: blanks first, unless the caller skipped them; ``name`` is that of the parent."""
    for attribute, what in _EFFECTS.items():
        if getattr(element, attribute):
            raise NotCompilable(f"{what} on {element}")
    kind = type(element)
    if kind not in COMPILED:
        raise NotCompilable(f"{kind.__name__} is not among the elements that can be compiled")
    name = None if element.resultsName == "_skipped" else element.resultsName or name  # the name that `...` sets
    if name and not _verbatim(element):
        raise NotCompilable(f"the result name {name!r} on {kind.__name__}, whose value is not the text that it matched")
    node = _translated(element, name)
    if name and not isinstance(element, pp.MatchFirst | pp.Opt):  # whose name goes to what they match
        node = Capture(name, node)
    if skip and element.callPreparse and element.skipWhitespace:
        blanks = frozenset(map(ord, element.whiteChars)) & nodes.EVERY_BYTE
        if blanks:
            node = nodes.seq(CharRun(blanks, 0), node)
    return node


def _translated(element: pp.ParserElement, name: str | None) -> Node:  # noqa: C901, PLR0911, PLR0912  one case an element
    """Translate what an element itself matches."""
    match element:
        case pp.Empty():
            return nodes.NOTHING
        case pp.Literal():
            return _text(element.match, caseless=isinstance(element, pp.CaselessLiteral))
        case pp.Keyword():
            case = str.upper if element.caseless else str
            chars = frozenset(code for code in nodes.EVERY_BYTE if case(chr(code)) in element.ident_chars)
            word, inside = _text(element.match, caseless=element.caseless), CharRun(chars, 1, 1)
            ends = Lookaround(inside, negative=True, behind=True), Lookaround(inside, negative=True)
            return nodes.seq(ends[0], word, ends[1]) if chars else word
        case pp.Word():
            if not hasattr(element, "re_match"):
                raise NotCompilable("a Word that contains a blank")
            return from_regex.parse(element.re)
        case pp.Regex():
            if element.asGroupList or element.asMatch:
                raise NotCompilable("a Regex whose tokens are its groups")
            return from_regex.parse(element.re)
        case pp.QuotedString():
            return from_regex.parse(re.compile(element.pattern, element.re_flags))
        case pp.White():
            return _run(_codes(element.matchWhite), element)
        case pp.CharsNotIn():
            return _run(nodes.EVERY_BYTE - _codes(element.notChars), element)
        case pp.LineStart():
            return nodes.BEGIN_OF_LINE
        case pp.LineEnd() | pp.StringEnd():
            return nodes.END_OF_LINE
        case pp.And():
            if any(isinstance(each, pp.And._ErrorStop) for each in element.exprs):  # noqa: SLF001  what `-` leaves
                raise NotCompilable("the operator -")
            return nodes.seq(*(_parsed(each, skip=index > 0) for index, each in enumerate(element.exprs)))
        case pp.MatchFirst():
            return nodes.choice(*(_parsed(each, skip=True, name=name) for each in element.exprs))
        case pp.Opt():
            if element.defaultValue is not pp.Opt(pp.Empty()).defaultValue:
                raise NotCompilable("a default of Opt")
            return nodes.repeat(_parsed(_inner(element), skip=False, name=name), 0, 1)
        case pp.ZeroOrMore() | pp.OneOrMore():
            item = _parsed(_inner(element), skip=True)
            if not item.min_len and element.max_count is None:
                raise EndlessLoop(f"{element} repeats what may match nothing")
            if element.not_ender is not None:
                item = nodes.seq(_parsed(element.not_ender, skip=False), item)
            return nodes.repeat(item, 0 if isinstance(element, pp.ZeroOrMore) else 1, element.max_count)
        case pp.SkipTo():
            if element.ignorer.ignoreExprs or element.failOn is not None:
                raise NotCompilable("ignore or fail_on of SkipTo")
            target = _parsed(_inner(element), skip=False)
            ahead = nodes.without_captures(target)
            skipped = Repeat(nodes.seq(Lookaround(ahead, negative=True), CharRun(nodes.EVERY_BYTE, 1, 1)))
            return nodes.seq(skipped, target if element.includeMatch else Lookaround(ahead))
        case pp.FollowedBy() | pp.NotAny():
            ahead = _parsed(_inner(element), skip=True)
            is_not = isinstance(element, pp.NotAny)
            return Lookaround(nodes.without_captures(ahead) if is_not else ahead, negative=is_not)
    node = _parsed(_inner(element), skip=False)
    if isinstance(element, pp.Combine) and node.capture_names:
        raise NotCompilable("a result name inside Combine")
    return nodes.without_captures(node) if isinstance(element, pp.Suppress | pp.Group) else node


def _verbatim(element: pp.ParserElement) -> bool:  # noqa: PLR0911  one case an element
    """Return whether an element yields a single token that is exactly the text it matched."""
    match element:
        case pp.CaselessLiteral() | pp.CaselessKeyword() | pp.Empty():
            return False
        case pp.Keyword():
            return not element.caseless
        case pp.Regex():
            return not element.asGroupList and not element.asMatch and not element.re.groupindex
        case pp.QuotedString():
            return not element.unquote_results
        case pp.Literal() | pp.Word() | pp.White() | pp.CharsNotIn():
            return True
        case pp.SkipTo():
            return not element.includeMatch
        case pp.Combine():
            return bool(element.adjacent) and not element.joinString and _joinable(_inner(element))
        case pp.MatchFirst():
            return all(_verbatim(each) and not each.resultsName for each in element.exprs)
        case pp.Opt() | pp.DelimitedList():
            return _verbatim(_inner(element)) and not _inner(element).resultsName
    return False


def _joinable(element: pp.ParserElement) -> bool:
    """Return whether the tokens that Combine joins add up to exactly the text it matched."""
    if element.resultsName:
        return False
    if isinstance(element, pp.And | pp.MatchFirst):
        return all(map(_joinable, element.exprs))
    if type(element) in (pp.Opt, pp.ZeroOrMore, pp.OneOrMore):
        return _joinable(_inner(element))
    return isinstance(element, pp.NotAny | pp.Empty) or (_verbatim(element) and not isinstance(element, pp.Combine))


def _codes(chars: object) -> nodes.Bytes:
    return frozenset(ord(char) for char in chars if ord(char) < 256) & nodes.EVERY_BYTE  # type: ignore[attr-defined]  # noqa: PLR2004


def _text(text: str, *, caseless: bool = False) -> Node:
    """Match a text; ``caseless`` as pyparsing does, which compares after ``str.upper``."""
    if not text.isascii() or "\n" in text:
        raise NotCompilable(f"the text {text!r}, which is not ASCII or has a newline in it")
    return from_regex.parse(re.compile(re.escape(text), re.IGNORECASE)) if caseless else Literal(text.encode())


def _run(chars: nodes.Bytes, element: pp.White | pp.CharsNotIn) -> Node:
    return CharRun(chars, max(1, int(element.minLen)), None if element.maxLen >= 2**31 - 1 else int(element.maxLen))


_EFFECTS = {
    "parseAction": "a parse action", "ignoreExprs": "ignore()", "failAction": "a fail action", "debug": "debugging"
}  # fmt: skip
COMPILED = frozenset({
    type(pp.Literal("x")), pp.Literal, pp.Empty, pp.CaselessLiteral, pp.Keyword, pp.CaselessKeyword, pp.Word, pp.Char,
    pp.Regex, pp.QuotedString, pp.White, pp.CharsNotIn, pp.SkipTo, pp.LineStart, pp.LineEnd, pp.StringEnd, pp.And,
    pp.MatchFirst, pp.Opt, pp.ZeroOrMore, pp.OneOrMore, pp.DelimitedList, pp.Suppress, pp.Group, pp.Combine,
    pp.FollowedBy, pp.NotAny,
})  # fmt: skip
"""The elements that can be compiled; a class derived from one may match something else."""
