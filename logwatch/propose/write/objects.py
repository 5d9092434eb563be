"""Write grammars of lines that are one JSON object each."""

from logwatch.propose.dialect import Dialect, Member, Object
from logwatch.propose.lines import escaped
from logwatch.propose.write.prefix import prefix
from logwatch.propose.write.source import BRACKETS, alternatives_source, marker, printable, regex, sequence_source
from logwatch.propose.write.words import opener, start

_GAP = r"[ \t]*:[ \t]*"
_INSIDE = r'(?:[^"\\]|\\.)*'  # a string
_VALUES = r"""# The line is one object; nothing in a string, a list or another object is ever a code.
string = Regex(r'"(?:[^"\\]|\\.)*"').set_name("quoted string")
text = Regex(r'[^"{}\[\]]+').set_name("text")
bare = Regex(r"[0-9A-Za-z_.+-]+").set_name("number or word")


"""


def objects(dialect: Dialect, form: Object) -> str:
    """Return the source of a grammar for objects."""
    body = prefix(dialect.head) + _VALUES + BRACKETS
    number = regex(r"-?[0-9]{1,6}(?=[ \t\r]*[,}])", "integer")
    body += f"integer = {number}\n"
    body += f'code = Suppress({regex(_key(form.code), printable(form.code))}) + integer("code*")\n'
    key = regex(f'(?:"{_INSIDE}"){_GAP}', "key")
    body += f"key = {key}\n"
    members = [term for member in form.members for term in _member(member)]
    body += alternatives_source("member", ["code", *members, "key + (string | bare | brackets(text | string))"])
    if not form.event:
        parts = [*start(dialect), *opener((form.opener,)), '"{"', "member"]
        body += marker(dialect.marker)
    else:
        value = escaped(form.value) + (rf"(?![0-9A-Za-z_-]){_INSIDE}" if form.open_end else "")
        event = regex(f'{_key(form.event)}"{value}"')
        body += f"event = Suppress({event})\n"
        first = ["prefix", '"{"'] if dialect.head.pieces else ['Literal("{").leave_whitespace()']
        parts = [*first, 'ZeroOrMore(member + ",", stop_on=event)', "event"]
    return body + "\n" + sequence_source("LINE", [*parts, 'ZeroOrMore("," + member)', '"}"', "LineEnd()"])


def _key(name: str) -> str:
    """Return the regex for a key and what follows it."""
    return f'"{escaped(name)}"{_GAP}'


def _member(member: Member) -> list[str]:
    """Return the source for a member with a result name, as a string, as a number, or one for each."""
    ways, key = [], _key(member.key)
    if member.text:
        value = member.pattern or r'[^"\\]+'
        before = regex(f'{key}"(?={value}")')
        ways.append(f'Suppress({before}) + {regex(value)}("{member.name}") + Suppress(\'"\')')
    if member.bare:
        value = member.pattern or r"-?[0-9]+(?:\.[0-9]+)?"
        ways.append(f'Suppress({regex(key + "(?=-?[0-9])")}) + {regex(value)}("{member.name}")')
    return ways
