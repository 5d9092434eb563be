"""Small pieces of Python source that every written grammar is made of."""

import json
import re
from collections.abc import Sequence

from logwatch.propose.dialect import Announced
from logwatch.propose.lines import escaped, literal

IDENTIFIERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-"
INTEGER = r"-?[0-9]{1,6}(?![0-9A-Za-z_\x80-\xff]|\.[0-9])"
BLANKS = r"[ \t]*"
LONG = 100  # characters of an expression on one line
BRACKETS = '''closer = one_of("} ]")


def brackets(leaf: ParserElement) -> ParserElement:
    """Match braces or square brackets around leaves and more of both; inside, either kind closes either."""
    inside = leaf
    for _ in range(5):
        inside = leaf | one_of("{ [") + ZeroOrMore(inside) + closer
    return Literal("{") + ZeroOrMore(inside) + "}" | Literal("[") + ZeroOrMore(inside) + "]"


'''


def regex(pattern: str, title: str = "") -> str:
    """Return the source of a Regex."""
    named = f".set_name({text(title)})" if title else ""
    return f"Regex({literal(pattern)}){named}"


def text(plain: str) -> str:
    """Return the source of a string in double quotes; nothing from a log can end it, and so be executed."""
    return json.dumps(plain)


def marker(word: str) -> str:
    """Return the source of the marker as a whole word."""
    return f'marker = Suppress(Keyword("{word}", "{IDENTIFIERS}"))\n'


def alternatives_source(name: str, terms: Sequence[str]) -> str:
    """Return the source of a definition by alternatives."""
    whole = " | ".join(terms)
    if len(name) + len(whole) <= LONG:
        return f"{name} = {whole}\n"
    return f"{name} = (\n    " + "\n    | ".join(terms) + "\n)\n"


def sequence_source(name: str, terms: Sequence[str]) -> str:
    """Return the source of a definition by a sequence."""
    return f"{name} = (\n    " + "\n    + ".join(terms) + "\n)\n"


def before(each: Announced) -> str:
    """Return the regex for the word before a value, up to the value or its quote."""
    if each.gap == " ":
        gap = r"[ \t]+"
    else:
        gap = (BLANKS if each.gap.startswith(" ") else "") + escaped(each.gap.strip())
        gap += BLANKS if each.gap.endswith(" ") else ""
    return escaped(each.key) + gap + each.quote


def printable(shown: str) -> str:
    """Return ``shown`` made fit for a comment."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in shown)


def used(names: Sequence[str], body: str) -> list[str]:
    """Return the names that a text uses."""
    return [name for name in names if re.search(rf"\b{name}\b", body)]
