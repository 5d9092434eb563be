"""Guess what was meant in a file that is not TOML, from the line at which the decoder stopped, without quoting it."""

import re
import tomllib

from logwatch.errors import Problem

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_USUAL = "text needs double quotes, lists need square brackets"
_BY_MESSAGE = (
    (re.compile(r"^Cannot (?:overwrite|declare|mutate)"), "it is already there: keep one of them"),
    (re.compile(r"^Unclosed array"), "separate the values of a list with commas, and end it with ]"),
)
_BY_LINE = (
    (re.compile("[\u201c\u201d\u201e\u2018\u2019]"), 'write straight quotes: "…"'),
    (re.compile("[\u00a0\u2007\u202f]"), "replace the no-break space with an ordinary one"),
    (re.compile("[\u200b-\u200f\u2060\ufeff]"), "delete the character that cannot be seen, or type the line anew"),
    (re.compile(r"^\s*(?://|;|--)"), "a comment begins with #"),
    (re.compile(r"(?i)=\s*(?:true|false|yes|no|on|off)\s*(?:#.*)?$"), "write true or false, in lower case"),
    (re.compile(r"=\s*[0-9]{1,3}(?:,[0-9]{3})+\b"), "write thousands without a comma: 10000"),
    (re.compile(r"=\s*[0-9]+,[0-9]"), "write decimals with a point: 0.5"),
    (re.compile(r"=\s*0[0-9]"), "write the number without a 0 in front"),
    (re.compile(r";\s*(?:#.*)?$"), "remove the semicolon at the end"),
    (re.compile(r"=\s*[0-9.]+\s*[A-Za-z]"), "write the number alone: its unit is fixed"),
    (re.compile(r'"[^"]*\\'), r"use single quotes, in which \ is not an escape: '…'"),
    (re.compile(r"=\s*\{[^}]*$"), "write a table in braces on one line: {name = value, name = value}"),
    (re.compile(r",\s*\}"), "remove the comma before }"),
    (re.compile(r"^\s*[^\s=]+\s*(?::|[^\s=][^=]*$|$)"), "settings are written name = value"),
    (re.compile(r"=\s*[^\"'\[{\s]"), 'text needs double quotes: "…"'),
)


def syntax_problem(file: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    """Return the problem with the text of a file that is not TOML: where, what, and what to try."""
    message = str(error)
    place = _PLACE.search(message)
    lines = text.rstrip().split("\n")
    number = int(place["line"]) if place and place["line"] else len(lines)
    line = text.split("\n")[number - 1]
    what = _PLACE.sub("", message)
    remedies = [remedy for pattern, remedy in _BY_MESSAGE if pattern.search(what)]
    remedies += [remedy for pattern, remedy in _BY_LINE if pattern.search(line)]
    return Problem(f"{file}:{number}", "not valid TOML", what, (remedies or [_USUAL])[0])
