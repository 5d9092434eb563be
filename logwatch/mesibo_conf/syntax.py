"""Read mesibo.conf: only the settings of ``logs`` are returned, since others may be secret.

Known of the format (docs.mesibo.com, on-premise; files and pages of github.com/mesibo/onpremise-loadable-modules):
`key = value` lines, `#` comments, also behind a value, and groups `name {` … `}` that do not nest; a group may have a
second word, as in `module skeleton {` or `module=skeleton {`, and `module skeleton` may stand alone. Values are
skipped, except those of the group `logs`.
"""

import re
from dataclasses import dataclass

from pyparsing import (
    FollowedBy,
    Group,
    Opt,
    ParseException,
    ParserElement,
    QuotedString,
    Regex,
    StringEnd,
    Suppress,
    Word,
    ZeroOrMore,
    alphanums,
    alphas,
)

_NOT_0 = re.compile("""["']?[+-]?0*[1-9]""")


@dataclass(frozen=True, slots=True)
class MesiboConf:
    """What is known of a mesibo.conf: the settings of the group ``logs``."""

    logs: dict[str, str]

    @property
    def push(self) -> bool:
        """Whether push results are logged: whether it is a number but 0, whatever follows that.

        No word for it is documented, and C reads a word as 0, and ``1;`` as 1.
        """
        return _NOT_0.match(self.logs.get("push", "")) is not None


def _grammar() -> ParserElement:
    name = Word(alphas + "_", alphanums + "_-.")
    is_ = Suppress("=")
    # to the end of the line or a comment after a blank; in a group also to the brace that closes it on the same line
    plain = Regex(r"(?:(?![ \t]+#)[^\n])*")
    inside = Regex(r"(?:(?![ \t]+#|[ \t]*\}[ \t]*(?:#[^\n]*)?(?:\n|\Z))[^\n])*")
    double, single, whole = QuotedString('"'), QuotedString("'"), FollowedBy(Regex(r"(?=[#}\n])|\Z"))
    for value in (double, single, plain, inside, whole):
        value.set_whitespace_chars(" \t")  # a value is on the line of its key
    quoted = (double | single) + whole
    shown = Group(name + is_ + (quoted | inside))
    unread = Suppress(name + is_ + (quoted | inside))
    top = Suppress(name + is_ + (quoted | plain)) | Suppress(Regex(r"module[ \t]+[\w.-]+[ \t]*(?=[#\n]|\Z)"))
    logs = Suppress(Regex(r"logs(?![\w.-])") + "{") + Group(ZeroOrMore(shown))("logs*") + Suppress("}")
    group = Suppress(name + Opt(Opt("=") + name) + "{") + ZeroOrMore(unread) + Suppress("}")
    return (ZeroOrMore(logs | group | top) + StringEnd()).ignore(Regex(r"#[^\n]*"))


CONF = _grammar()


def parse(text: str) -> MesiboConf:
    """Read the text of a mesibo.conf; ValueError names the line that does not fit, and quotes nothing of it."""
    if "\0" in text:
        raise ValueError("it holds binary data")
    try:
        found = CONF.parse_string(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n"))
    except ParseException as error:
        # pyparsing's own words would quote the line, and the line may hold a password
        raise ValueError(f"line {error.lineno}: neither `key = value` nor a group in braces") from None
    return MesiboConf({key: value.strip() for group in found.as_dict().get("logs", ()) for key, value in group})
