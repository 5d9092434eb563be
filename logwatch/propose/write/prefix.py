"""Write what precedes the marker."""

import re
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from logwatch.propose.head import GrammarTerm, Head
from logwatch.propose.write.source import LONG, printable, regex, text


def prefix(head: Head) -> str:
    """Return the source of ``prefix`` and of the pieces it consists of; empty if nothing precedes the marker."""
    if not head.pieces:
        return ""
    definitions: list[str] = []
    terms: list[str] = []
    for optional, together in groupby(head.pieces, attrgetter("optional")):
        group = [_term(piece, definitions) for piece in together]
        terms += [f"Opt({' + '.join(_joined(group))})"] if optional else group
    terms = _joined(terms)
    if terms[0].startswith('"'):
        terms[0] = f"Literal({terms[0]})"
    whole = " + ".join(terms)
    if len(whole) > LONG:
        whole = "\n    " + "\n    + ".join(terms) + "\n"
    comment = f"# {printable(head.example).rstrip()}    This precedes the marker, and nothing else may.\n"
    return f"{comment}{''.join(definitions)}prefix = ({whole}).leave_whitespace()\n\n"


def _term(piece: GrammarTerm, definitions: list[str]) -> str:
    if piece.name:
        definitions.append(f"{piece.name} = {regex(piece.pattern, piece.title)}\n")
        return f'{piece.name}("{piece.name}")'
    if (
        not piece.title
        and len(set(piece.values)) == 1
        and piece.values[0].isascii()
        and not piece.pattern.endswith("]+")
    ):
        return text(piece.values[0])
    return regex(piece.pattern, piece.title)


def _joined(terms: Sequence[str]) -> list[str]:
    """Join texts that are next to each other."""
    joined: list[str] = []
    for term in terms:
        if joined and re.fullmatch(r'".*"', term) and re.fullmatch(r'".*"', joined[-1]):
            joined[-1] = joined[-1][:-1] + term[1:]
        else:
            joined.append(term)
    return joined
