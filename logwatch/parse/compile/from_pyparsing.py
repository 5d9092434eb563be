"""Turn a pyparsing expression into nodes with the same meaning on every line, or say why it cannot.

The rules are read off pyparsing's own ``parseImpl`` methods: who skips blanks, who calls its first child without
skipping, what a result name gets. An element, a parse action or a name whose effect cannot be kept exact is refused.
"""

import re
from collections.abc import Callable

import pyparsing as pp

from logwatch.parse.compile import from_regex, nodes
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.nodes import (
    Backtracking,
    Bytes,
    Capture,
    CharRun,
    EndOfLine,
    Literal,
    Look,
    Node,
    Repeat,
)


class EndlessLoop(Exception):  # noqa: N818  a finding about the grammar
    """A repetition of what may match nothing: pyparsing itself would never come back from it."""


def translate(line: pp.ParserElement) -> Node:
    """Return the nodes of a whole line, whose expression is streamlined; raise NotCompilable or EndlessLoop."""
    node = _parsed(line, skip=True)
    _check_ends(node)
    _check_names(node)
    return node


def _check_ends(node: Node) -> None:
    """Allow the end of the line where nothing follows it, and inside assertions."""
    items = nodes.parts(node)
    for item in items[:-1]:
        if any(isinstance(each, EndOfLine) for each in _outside_assertions(item)):
            raise NotCompilable("LineEnd before the end of LINE")


def _outside_assertions(node: Node) -> list[Node]:
    if isinstance(node, Look | Backtracking):
        return []
    inner = [each for child in nodes.children(node) for each in _outside_assertions(child)]
    return [node, *inner]


def _check_names(node: Node) -> None:
    for each in nodes.walk(node):
        if isinstance(each, Look) and each.item.capture_names:
            raise NotCompilable("a result name inside FollowedBy")
        if isinstance(each, Capture) and each.item.capture_names:
            raise NotCompilable(f"a result name inside what is named {each.name!r}")
        if isinstance(each, Capture) and not each.item.min_len:
            raise NotCompilable(f"the result name {each.name!r} on what may be empty")
        if isinstance(each, Backtracking) and each.item.capture_names:
            for inner in nodes.walk(each):
                if isinstance(inner, Capture) and node.capture_names.count(inner.name) > 1:
                    raise NotCompilable(f"a Regex group of the name {inner.name!r}, which is given elsewhere as well")
                if isinstance(inner, Repeat) and inner.max != 1 and inner.capture_names:
                    raise NotCompilable("a named Regex group inside a repetition")


def _inner(element: pp.ParserElement) -> pp.ParserElement:
    """Return the one expression that an element enhances."""
    assert isinstance(element, pp.ParseElementEnhance)
    assert element.expr is not None
    return element.expr


def _parsed(element: pp.ParserElement, *, skip: bool, name: str | None = None) -> Node:
    """Translate ``element._parse``: blanks first, unless the caller has skipped them; ``name`` comes from around."""
    if element.parseAction:
        raise NotCompilable(f"a parse action on {element}")
    if element.ignoreExprs:
        raise NotCompilable(f"ignore() on {element}")
    if element.failAction or element.debug:
        raise NotCompilable(f"a fail action or debugging on {element}")
    kind = type(element)
    rule = _RULES.get(kind)
    if rule is None:
        raise NotCompilable(f"{kind.__name__} is not among the elements that can be compiled")
    name = element.resultsName or name
    if name and not _verbatim(element):
        raise NotCompilable(f"the result name {name!r} on {kind.__name__}, whose value is not the text that it matched")
    if name and isinstance(element, pp.MatchFirst | pp.Opt):
        node = _match_first(element, name) if isinstance(element, pp.MatchFirst) else _opt(element, name)
    else:
        node = Capture(name, rule(element)) if name else rule(element)
    if skip and element.callPreparse and element.skipWhitespace:
        blanks = frozenset(map(ord, element.whiteChars)) & nodes.EVERY_BYTE
        if blanks:
            node = nodes.seq(CharRun(blanks, 0), node)
    return node


def _verbatim(element: pp.ParserElement) -> bool:  # noqa: PLR0911  one case an element
    """Return whether an element yields one token, which is the text that it matched."""
    if element.parseAction:
        return False
    match element:
        case pp.CaselessLiteral() | pp.CaselessKeyword() | pp.Empty():
            return False
        case pp.Keyword():
            return not element.caseless
        case pp.Regex():
            return not element.asGroupList and not element.asMatch and not element.re.groupindex
        case pp.QuotedString():
            return not element.unquote_results
        case pp.Literal() | pp.Word() | pp.White():
            return True
        case pp.Combine():
            return bool(element.adjacent) and not element.joinString and _joinable(_inner(element))
        case pp.MatchFirst():
            return all(_verbatim(each) and not each.resultsName for each in element.exprs)
        case pp.Opt():
            return _verbatim(_inner(element)) and not _inner(element).resultsName
    return False


def _joinable(element: pp.ParserElement) -> bool:
    """Return whether what Combine joins is exactly what stands there."""
    if element.resultsName or element.parseAction:
        return False
    if isinstance(element, pp.And | pp.MatchFirst):
        return all(map(_joinable, element.exprs))
    if type(element) in (pp.Opt, pp.ZeroOrMore, pp.OneOrMore):
        return _joinable(_inner(element))
    return isinstance(element, pp.NotAny | pp.Empty) or (_verbatim(element) and not isinstance(element, pp.Combine))


def _codes(chars: object) -> Bytes:
    return frozenset(ord(char) for char in chars if ord(char) < 256) & nodes.EVERY_BYTE  # type: ignore[attr-defined]  # noqa: PLR2004


def _literal(element: pp.Literal) -> Node:
    if not element.match.isascii():
        raise NotCompilable("a Literal that is not ASCII")
    if "\n" in element.match:
        raise NotCompilable("a Literal with a newline in it")
    return Literal(element.match.encode())


def _caseless(text: str) -> Node:
    """Match what has the same upper case, character by character, within latin-1 as ``str.upper`` sees it."""
    if not text.isascii():
        raise NotCompilable("a caseless word that is not ASCII")
    each = (frozenset(code for code in nodes.EVERY_BYTE if chr(code).upper() == char.upper()) for char in text)
    return nodes.seq(*(Literal(bytes(chars)) if len(chars) == 1 else CharRun(chars, 1, 1) for chars in each))


def _keyword(element: pp.Keyword) -> Node:
    if element.caseless:
        ident = frozenset(code for code in nodes.EVERY_BYTE if chr(code).upper() in element.ident_chars)
        word = _caseless(element.match)
    else:
        ident = _codes(element.ident_chars)
        if not element.match.isascii():
            raise NotCompilable("a Keyword that is not ASCII")
        word = Literal(element.match.encode())
    if not ident:
        return word
    inside = CharRun(ident, 1, 1)
    return nodes.seq(Look(inside, negative=True, behind=True), word, Look(inside, negative=True))


def _word(element: pp.Word) -> Node:
    pattern = getattr(element, "re", None)
    if pattern is None or not hasattr(element, "re_match"):
        raise NotCompilable("a Word that contains a blank")
    return from_regex.parse(pattern)


def _regex(element: pp.Regex) -> Node:
    if element.asGroupList or element.asMatch:
        raise NotCompilable("a Regex whose tokens are its groups")
    return from_regex.parse(element.re)


def _quoted(element: pp.QuotedString) -> Node:
    return from_regex.parse(re.compile(element.pattern, element.re_flags))


def _white(element: pp.White) -> Node:
    most = None if element.maxLen >= 2**31 - 1 else int(element.maxLen)
    return CharRun(_codes(element.matchWhite), int(element.minLen), most)


def _and(element: pp.And) -> Node:
    if any(isinstance(each, pp.And._ErrorStop) for each in element.exprs):  # noqa: SLF001  what `-` leaves in there
        raise NotCompilable("the operator -")
    return nodes.seq(*(_parsed(each, skip=index > 0) for index, each in enumerate(element.exprs)))


def _match_first(element: pp.MatchFirst, name: str | None = None) -> Node:
    return nodes.choice(*(_parsed(each, skip=True, name=name) for each in element.exprs))


def _opt(element: pp.Opt, name: str | None = None) -> Node:
    if element.defaultValue is not pp.Opt(pp.Empty()).defaultValue:
        raise NotCompilable("a default of Opt")
    return nodes.optional(_parsed(_inner(element), skip=False, name=name))


def _repetition(element: pp.ParserElement) -> Node:
    item = _parsed(_inner(element), skip=True)
    most: int | None = element.max_count  # type: ignore[attr-defined]
    if not item.min_len and most is None:
        raise EndlessLoop(f"{element} repeats what may match nothing")
    ender = element.not_ender  # type: ignore[attr-defined]
    stop = None if ender is None else nodes.without_captures(_parsed(ender.expr, skip=True))
    return Repeat(item, 0 if isinstance(element, pp.ZeroOrMore) else 1, most, stop)


def _suppressed(element: pp.ParserElement) -> Node:
    return nodes.without_captures(_parsed(_inner(element), skip=False))


def _combine(element: pp.Combine) -> Node:
    node = _parsed(_inner(element), skip=False)
    if node.capture_names:
        raise NotCompilable("a result name inside Combine")
    return node


def _ahead(element: pp.ParserElement) -> Node:
    return Look(_parsed(_inner(element), skip=True), negative=isinstance(element, pp.NotAny))


_RULES: dict[type[pp.ParserElement], Callable[..., Node]] = {
    pp.Literal: _literal,
    type(pp.Literal("x")): _literal,
    pp.Empty: lambda _: nodes.NOTHING,
    pp.CaselessLiteral: lambda element: _caseless(element.match),
    pp.Keyword: _keyword,
    pp.CaselessKeyword: _keyword,
    pp.Word: _word,
    pp.Char: _word,
    pp.Regex: _regex,
    pp.QuotedString: _quoted,
    pp.White: _white,
    pp.LineEnd: lambda _: EndOfLine(),
    pp.And: _and,
    pp.MatchFirst: _match_first,
    pp.Opt: _opt,
    pp.ZeroOrMore: _repetition,
    pp.OneOrMore: _repetition,
    pp.Suppress: _suppressed,
    pp.Group: _suppressed,
    pp.Combine: _combine,
    pp.FollowedBy: _ahead,
    pp.NotAny: lambda element: nodes.without_captures(_ahead(element)),
}
