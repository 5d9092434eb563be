"""Write grammars of lines whose fields are announced by words."""

import re
from collections.abc import Sequence
from dataclasses import replace
from string import Template

from logwatch.propose.dialect import Dialect, Follows, InHead, Words
from logwatch.propose.head import GrammarTerm
from logwatch.propose.lines import escaped, literal
from logwatch.propose.write.prefix import prefix
from logwatch.propose.write.source import (
    BLANKS,
    BRACKETS,
    INTEGER,
    alternatives_source,
    before,
    marker,
    printable,
    regex,
    sequence_source,
)

_KNOWN = Template(
    '''

def known(before: str, name: str) -> ParserElement:
    """Match what precedes a value, then the value; an empty one does not swallow what is behind it."""
    return Suppress(Regex(rf"(?:{before})(?=[^ \\t\\r])").set_name(before)) + ${guard}word(name)

'''
)
_QUOTED = '''

def quoted(before: str, name: str) -> ParserElement:
    """Match what precedes a value, up to its quote, then the value and the same quote again."""
    quote = before[-1]
    return Suppress(Regex(before).set_name(before)) + Regex(rf"[^{quote}\\\\]+")(name) + Suppress(quote)

'''
_BRACKETS = Template(
    '''# Nothing inside quotes and brackets is ever a code. They must close, and nest no deeper than six.
string = Regex(${string}).set_name("quoted string")
text = Regex(${text}).set_name("text")


def answered(key: str, name: str) -> ParserElement:
    """Match a field of the provider's JSON answer, at any depth."""
    value = Regex("[0-9A-Za-z_]+").set_name("value")
    return Suppress(Regex(rf'"{key}"[ \\t]*:[ \\t]*"(?=[0-9A-Za-z_]+")').set_name(key)) + value(name) + Suppress('"')


# These only tell whose push it was: FCM's answer to a push that it accepted, and any answer of its legacy API
message = Regex(r'"name"[ \\t]*:[ \\t]*"(?P<fcm_name>projects/)[^"/\\\\]+/messages/[^"\\\\]*"').set_name("name")
legacy = Regex(r'"(?P<fcm_name>multicast_id)"[ \\t]*:').set_name("multicast_id")
answer = (
    answered("errorCode", "fcm_error")
    | answered("status", "fcm_status")
    | answered("reason", "apns_reason")
    | message
    | legacy
)
'''
    + BRACKETS
)
_GROUP = """# Parentheses enclose text as well, but one that never closes is an ordinary character.
group = Regex(r"\\([^()\\r]*\\)").set_name("parentheses")
parenthesis = one_of("( )")
"""


def words(dialect: Dialect, form: Words) -> str:
    """Return the source of a grammar by words."""
    fields = _fields(form, "~code + " if form.codes else "")
    body = prefix(dialect.head) + _word(form) + f"integer = {regex(INTEGER, 'integer')}\n"
    if form.codes:
        ways = "|".join(map(before, form.codes))
        ways = f"(?:{ways})" if len(form.codes) > 1 else ways
        shown = printable(" or ".join(f"{each.key}{each.gap}410" for each in form.codes))
        body += f'code = Suppress({regex(f"{ways}(?=-?[0-9])", "code")}) + integer("code*")  # {shown}\n'
    elif form.last:
        body += f"last = {regex(INTEGER + '(?=' + BLANKS + '$)')}  # the code is the last word of the line\n"
    body += fields + _BRACKETS.substitute(string=_strings(form.quotes), text=literal(r'[^"{}\[\]]+'))
    more = ""
    if form.groups:
        body += _GROUP
        more += " | group | parenthesis"
    if form.marks:
        body += f'mark = one_of("{" ".join(form.marks)}")  # between fields\n'
        more += " | mark"
    pair = "pair | " if form.fields or form.stamp or form.platforms else ""
    if form.codes or form.last:
        body += f"before = {pair}string | brackets(text | string) | closer{more} | word\n"
    if not form.last:
        code = "code | " if form.codes else ""
        body += f"behind = {code}{pair}string | brackets(text | answer | string) | closer{more} | word\n"
    body += marker(dialect.marker) + "\n"
    return body + sequence_source("LINE", [*start(dialect), *opener(form.opener), *_rest(form)])


def _rest(form: Words) -> list[str]:
    """Return the source of what follows the marker and what opens the fields."""
    if form.last:
        return ['ZeroOrMore(before, stop_on=last).set_name("before the code")', 'last("code")']
    parts = ['ZeroOrMore(before, stop_on=code).set_name("before the code")', "code"]
    if not form.codes:
        parts = ['integer("code")']
    if form.reason:
        parts.append(_reason(form.reason, "~code + " if form.codes else ""))
    return [*parts, 'ZeroOrMore(behind).set_name("behind the code")']


def _reason(follows: Follows, guard: str) -> str:
    """Return the source of an optional reason right behind the code."""
    marks = [mark for mark in follows.marks if mark]
    between = f'one_of("{" ".join(marks)}")'
    between = f"Suppress(Opt({between})) + " if len(marks) < len(follows.marks) else f"Suppress({between}) + "
    never = rf"(?!(?:{'|'.join(follows.never)})(?![0-9A-Za-z_]))" if follows.never else ""
    behind = "(?![0-9A-Za-z_=:])" if follows.keys else ""
    word = regex(f"{never}[A-Za-z_]+{behind}", "reason")
    return f'Opt({between if marks else ""}{guard}{word}("reason"))'


def start(dialect: Dialect) -> list[str]:
    """Return the sources of the parts up to the marker."""
    return ["prefix", "marker"] if dialect.head.pieces else ["marker.leave_whitespace()"]


def opener(ways: Sequence[str]) -> list[str]:
    """Return the source of what may come between marker and fields, if anything does."""
    stripped = sorted({way.strip() for way in ways}, key=lambda way: (-len(way), way))
    texts = [way for way in stripped if way]
    if not texts:
        return []
    inner = regex("|".join(escaped(each).replace(r"\[\*\]", r"\[[^][\r]*\]") for each in texts))
    return [f"Suppress(Opt({inner}))" if "" in stripped else f"Suppress({inner})"]


def _strings(quotes: str) -> str:
    """Return the source of the regex for strings in any of the quotes."""
    return literal("|".join(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}" for quote in quotes))


def _word(form: Words | InHead) -> str:
    """Return the source of ``word``, a run without blanks, separators, quotes and brackets."""
    stop = ' \\t\\r"{}\\[\\]' + re.sub(r"([]^-])", r"\\\1", form.marks)
    if isinstance(form, Words) and form.groups:
        stop += "()"
    others = form.quotes.replace('"', "")
    pattern = f"[^{stop}{others}]+"
    if "'" in others:  # an apostrophe inside a word quotes nothing
        pattern = f"(?:[^{stop}{others}]|(?<=[0-9A-Za-z])')+"
    between = (
        "blanks, quotes and brackets" if not form.marks else f"blanks, quotes, brackets and {' '.join(form.marks)}"
    )
    comment = f"# Words end at {between}; no code begins within a longer word.\n"
    return f"{comment}word = {regex(pattern, 'word')}\n"


def _fields(form: Words | InHead, guard: str) -> str:
    """Return the source of the helpers for announced values, and of the alternatives that use them."""
    all_ = [(name, each) for name, ways in form.fields.items() for each in ways]
    plain = [(name, each) for name, each in all_ if not each.quote]
    quoted = [(name, each) for name, each in all_ if each.quote]
    source = _KNOWN.substitute(guard=guard) if plain else ""
    source += _QUOTED if quoted else ""
    terms = [f'known({literal(before(each))}, "{name}")' for name, each in plain]
    terms += [f'quoted({literal(before(each))}, "{name}")' for name, each in quoted]
    if isinstance(form, Words) and form.platforms:
        stop = r"[^ \t\r" + re.sub(r"([]^-])", r"\\\1", form.marks) + ("()" if form.groups else "") + "]"
        terms.append(regex(f"(?:{'|'.join(form.platforms)})(?!{stop})", "platform") + '("platform")')
    if isinstance(form, Words) and form.stamp is not None:
        each, kind = form.stamp
        closing = f" + Suppress({each.quote!r})" if each.quote else ""
        terms.append(f'Suppress({regex(before(each))}) + {regex(kind.pattern, kind.name)}("timestamp"){closing}')
    return (source + "\n" if source else "") + (alternatives_source("pair", terms) + "\n" if terms else "")


def in_head(dialect: Dialect, form: InHead) -> str:
    """Return the source of a grammar whose code precedes the marker."""
    place = dialect.code.place
    assert place is not None
    pieces = list(dialect.head.pieces)
    pieces[place] = GrammarTerm(r"-?[0-9]{1,6}", "code", "integer", pieces[place].values)
    body = prefix(replace(dialect.head, pieces=tuple(pieces)))
    rest = []
    if form.fields:
        body += _word(form) + _fields(form, "")
        body += f'string = Regex({_strings(form.quotes)}).set_name("quoted string")\n'
        rest = ["ZeroOrMore(pair | string | word)"]
    return body + marker(dialect.marker) + "\n" + sequence_source("LINE", ["prefix", "marker", *rest])
