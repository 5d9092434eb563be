"""Write a learnt dialect as a grammar file that reads as if somebody had written it by hand."""

from logwatch.propose.dialect import Columns, Dialect, InHead, Object, Words
from logwatch.propose.write.columns import columns
from logwatch.propose.write.objects import objects
from logwatch.propose.write.source import printable, used
from logwatch.propose.write.words import in_head, words

_IMPORTED = ("Keyword", "LineEnd", "Literal", "Opt", "ParserElement", "Regex", "Suppress", "ZeroOrMore", "one_of")


def write(dialect: Dialect, name: str, lines: int, example: str) -> str:
    """Return the text of the grammar; ``example`` is a line without anything of a user."""
    body = _body(dialect)
    shown = printable(example).replace("\\", "/").replace('"""', "'''")
    stamp = f'TIMESTAMP = "{dialect.timestamp}"  # how its time stamps are dated\n' if dialect.timestamp else ""
    return (
        f'"""Read push lines such as this one; proposed by `mesibo-logwatch grammar propose` from {lines} lines.\n\n'
        f"    {shown}\n\n"
        "Blanks between elements are skipped unless `leave_whitespace` says otherwise. What lines must yield is in\n"
        f'samples/{name}.log; `mesibo-logwatch grammar check {name}` tests the grammar against it.\n"""\n\n'
        f"from pyparsing import {', '.join(used(_IMPORTED, body))}\n\n"
        f'MARKER = b"{dialect.marker}"  # lines without it are skipped\n{stamp}\n{body}'
    )


def _body(dialect: Dialect) -> str:
    match dialect.form:
        case Words() as form:
            return words(dialect, form)
        case Columns() as form:
            return columns(dialect, form)
        case Object() as form:
            return objects(dialect, form)
        case InHead() as form:
            return in_head(dialect, form)
