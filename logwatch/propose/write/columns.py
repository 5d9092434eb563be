"""Write grammars of lines whose fields are identified by their places."""

from logwatch.propose.dialect import Columns, Dialect
from logwatch.propose.head import GrammarTerm
from logwatch.propose.lines import escaped
from logwatch.propose.write.prefix import prefix
from logwatch.propose.write.source import INTEGER, marker, regex, sequence_source
from logwatch.propose.write.words import start


def columns(dialect: Dialect, form: Columns) -> str:
    """Return the source of a grammar by places."""
    blank = form.delimiter == " "
    cut = r"[ \t]+" if blank else r"\t" if form.delimiter == "\t" else escaped(form.delimiter)
    body = prefix(dialect.head) + "# Fields are identified by their places, so each one matches only what it may be.\n"
    body += f"cut = Suppress({regex(f' *{cut} *' if form.padded else cut)})\n"
    body += f"integer = {regex(INTEGER, 'integer')}\n"
    definitions: list[str] = []
    terms = [f"Suppress({regex(escaped(form.opener) if form.delimiter != chr(9) else _tabs(form.opener))})"]
    terms += [f"{_column(piece, i, definitions)} + cut" for i, piece in enumerate(form.before, 1)]
    behind = [_column(piece, i, definitions) for i, piece in enumerate(form.behind, len(form.before) + 2)]
    end: list[str] = []
    if blank:
        again = bool(form.before) and form.before[-1].name == "platform"
        terms.append('integer("code*")' if again else 'integer("code")')
        named = max((i for i, piece in enumerate(form.behind, 1) if piece.name), default=0)
        if named:  # optional, since a text with more blanks than usual shifts them
            guard = "~again + " if again else ""
            terms.append(f"Opt({' + '.join(f'cut + {guard}{each}' for each in behind[:named])})")
        if again:
            definitions.append('word = Regex(r"[^ \\t\\r]+").set_name("word")\n')
            definitions.append('again = Suppress(platform) + cut + integer("code*")  # which of the two is it?\n')
            terms.append("ZeroOrMore(cut + (again | word))")
    else:
        terms += ['integer("code")', *(f"cut + {each}" for each in behind[: form.least])]
        tail = ""
        for each in reversed(behind[form.least :]):
            tail = f"Opt(cut + {each}{f' + {tail}' if tail else ''})"
        terms += [tail] if tail else []
        end = [*([f'"{form.closing}"'] if form.closing else []), "LineEnd()"]
    body += "".join(definitions) + sequence_source("fields", terms).rstrip("\n") + ".leave_whitespace()\n"
    return body + marker(dialect.marker) + "\n" + sequence_source("LINE", [*start(dialect), "fields", *end])


def _tabs(opener: str) -> str:
    return "".join(r"\t" if char == "\t" else escaped(char) for char in opener)


def _column(piece: GrammarTerm, number: int, definitions: list[str]) -> str:
    if not piece.title and not piece.name:
        return f"Suppress({regex(piece.pattern)})"
    variable = piece.name or f"column_{number}"
    optional = piece.pattern.endswith("*") and bool(piece.name)
    pattern = piece.pattern[:-1] + "+" if optional else piece.pattern  # a result name needs a value
    definitions.append(f"{variable} = {regex(pattern, piece.title)}\n")
    term = f'{variable}("{piece.name}")' if piece.name else variable
    return f"Opt({term})" if optional else term
