"""Read mesibo.conf: only the names of groups and the settings of ``logs`` are returned, since others may be secret.

Known of the format (docs.mesibo.com, on-premise; sample.conf files of github.com/mesibo/onpremise-loadable-modules):
`key = value` lines, `#` comments, and groups `name {` … `}` that do not nest; a group may have a second word, as in
`module skeleton {`. Values are skipped, except those of the group `logs`.
"""

from dataclasses import dataclass

from pyparsing import (
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

LOGS = "logs"


class Unreadable(ValueError):  # noqa: N818  a fact about a file
    """The file is not a mesibo.conf; the text says where, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class MesiboConf:
    """What is known of a mesibo.conf: its groups' names, and the settings of the group ``logs``."""

    groups: tuple[str, ...]
    logs: dict[str, str]

    @property
    def push(self) -> bool:
        """Return whether push results are logged."""
        return self.logs.get("push", "0").lower() not in ("", "0", "no", "off", "false")


def _grammar() -> ParserElement:
    name = Word(alphas + "_", alphanums + "_-.")
    is_ = Suppress("=")
    # to the end of the line or a comment after a blank; in a group also to the brace that closes it on the same line
    plain = Regex(r"(?:(?![ \t]+#)[^\n])*")
    inside = Regex(r"(?:(?![ \t]+#|[ \t]*\}[ \t]*(?:#[^\n]*)?(?:\n|\Z))[^\n])*")
    double, single = QuotedString('"'), QuotedString("'")
    for value in (double, single, plain, inside):
        value.set_whitespace_chars(" \t")  # a value is on the line of its key
    shown = Group(name + is_ + (double | single | inside))
    unread = Suppress(name + is_ + (double | single | inside))
    top = Suppress(name + is_ + (double | single | plain))
    logs = Suppress(Regex(rf"{LOGS}(?![\w.-])") + "{") + Group(ZeroOrMore(shown))("logs*") + Suppress("}")
    group = name("group*") + Suppress(Opt(name)) + Suppress("{") + ZeroOrMore(unread) + Suppress("}")
    return (ZeroOrMore(logs | group | top) + StringEnd()).ignore(Regex(r"#[^\n]*"))


CONF = _grammar()


def parse(text: str) -> MesiboConf:
    """Read the text of a mesibo.conf; Unreadable names the line that does not fit."""
    if "\0" in text:
        raise Unreadable("it holds binary data")
    try:
        found = CONF.parse_string(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))
    except ParseException as error:
        # pyparsing's own words would quote the line, and the line may hold a password
        raise Unreadable(f"line {error.lineno}: neither `key = value` nor a group in braces") from None
    logs: dict[str, str] = {}
    named = found.as_dict()
    for group in named.get("logs", ()):
        logs |= {key: value.strip() for key, value in group}
    return MesiboConf((*named.get("group", ()), *([LOGS] if "logs" in named else [])), logs)
