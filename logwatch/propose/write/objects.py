"""Write grammars of lines that are one JSON object each."""

from string import Template

from logwatch.propose.dialect import Dialect, Member, Object
from logwatch.propose.lines import escaped, literal
from logwatch.propose.write.prefix import prefix
from logwatch.propose.write.source import BRACKETS, alternatives_source, marker, printable, regex, sequence_source
from logwatch.propose.write.words import opener, start

_GAP = r"[ \t]*:[ \t]*"
_VALUES = Template(
    """# The line is one object; nothing in a string, a list or another object is ever a code.
string = Regex(${string}).set_name("quoted string")
text = Regex(${text}).set_name("text")
bare = Regex(r"[0-9A-Za-z_.+-]+").set_name("number or word")
"""
    + BRACKETS
)


def objects(dialect: Dialect, form: Object) -> str:
    """Return the source of a grammar for objects."""
    quote = "'" if form.single else '"'
    inside = rf"(?:[^{quote}\\]|\\.)*"
    string = f"{quote}{inside}{quote}" + (r'|"[^"\\]*(?:\\.[^"\\]*)*"' if form.single else "")
    text = r"""[^"'{}\[\]]+""" if form.single else r'[^"{}\[\]]+'

    def key(name: str) -> str:
        return quote + escaped(name) + quote + _GAP

    body = prefix(dialect.head) + _VALUES.substitute(string=literal(string), text=literal(text))
    number = regex(r"-?[0-9]{1,6}(?=[ \t\r]*[,}])", "integer")
    body += f"integer = {number}\n"
    body += f'code = Suppress({regex(key(form.code), printable(form.code))}) + integer("code*")\n'
    body += f"key = {regex(f'(?:{string})' + _GAP, 'key')}\n"
    members = [term for member in form.members for term in _member(member, quote, key(member.key))]
    body += alternatives_source("member", ["code", *members, "key + (string | bare | brackets(text | string))"])
    if not form.event:
        parts = [*start(dialect), *opener((form.opener,)), '"{"', "member"]
        body += marker(dialect.marker)
    else:
        value = escaped(form.value) + (rf"(?![0-9A-Za-z_-]){inside}" if form.open_end else "")
        body += f"event = Suppress({regex(key(form.event) + quote + value + quote)})\n"
        first = ["prefix", '"{"'] if dialect.head.pieces else ['Literal("{").leave_whitespace()']
        parts = [*first, 'ZeroOrMore(member + ",", stop_on=event)', "event"]
    return body + "\n" + sequence_source("LINE", [*parts, 'ZeroOrMore("," + member)', '"}"', "LineEnd()"])


def _member(member: Member, quote: str, key: str) -> list[str]:
    """Return the source for a member with a result name, as a string, as a number, or one for each."""
    ways = []
    if member.text:
        value = member.pattern or rf"[^{quote}\\]+"
        before = regex(f"{key}{quote}(?={value}{quote})")
        ways.append(f'Suppress({before}) + {regex(value)}("{member.name}") + Suppress({quote!r})')
    if member.bare:
        value = member.pattern or r"-?[0-9]+(?:\.[0-9]+)?"
        ways.append(f'Suppress({regex(key + "(?=-?[0-9])")}) + {regex(value)}("{member.name}")')
    return ways
