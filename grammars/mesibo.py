"""Read the line that mesibo logs for each push if `push = 1` is set; nobody has published a complete one.

    E2211-101500-123 (17): push_on_complete: uid 4711 type fcm token dX3:APA9 code 404 {"error":{"status":"NOT_FOUND"}}

Only the prefix and `push_on_complete ... code 200` are certain. So the grammar is tolerant about what surrounds a code
and strict about where it is: text from users (addresses, tokens, names, JSON) must not forge one. It is matched against
one line at a time; blanks between elements are skipped, except within `leave_whitespace`.

To read another dialect, copy this file and its samples, rename both, and change what differs; `mesibo-logwatch grammar
check NAME` says whether they agree. Result names: `code` (required; `code*` if a line may have several), `level`,
`timestamp`, `thread`, `platform`, `app`, `user`, `token`, `reason`, and for a provider's answer `fcm_error`,
`fcm_status`, `fcm_name`, `apns_reason`.
"""

from pyparsing import Keyword, Literal, Opt, ParserElement, Regex, Suppress, ZeroOrMore, one_of

MARKER = b"push_on_complete"  # lines without it are skipped

# E2211-101500-123 (17):   The letter says nothing about severity: mesibo logs its build date as E.
level = Regex(r"[A-Z]|\*\*[A-Z]+\*\*|http-").set_name("level")
timestamp = Regex(r"[0-9]{4}-[0-9]{6}-[0-9]{3}").set_name("DDMM-HHMMSS-mmm")
thread = " (" + Regex("[0-9]+").set_name("number")("thread") + ")"
prefix = (level("level") + timestamp("timestamp") + Opt(thread) + ":").leave_whitespace()

# Words end at blanks, commas, semicolons, quotes and brackets: `errcode`, `code_x` and `(code` do not contain the word
# `code`.
word = Regex(r'[^ \t\r,;"{}\[\]]+').set_name("word")
comma = Suppress(Regex("[,;]+").set_name("comma"))
separator = Suppress(Opt(one_of(": =")))
integer = Regex(r"-?[0-9]{1,6}(?![0-9A-Za-z_\x80-\xff]|\.[0-9])").set_name("integer")
code = Suppress(Regex(r"code(?=[ \t:=])").set_name("code")) + separator + integer("code*")


def known(words: str, name: str) -> ParserElement:
    """Match one of the words, then its value; an empty value does not swallow the code behind it."""
    return Suppress(Regex(rf"(?:{words})(?=[ \t:=])").set_name(words)) + separator + ~code + word(name)


pair = (
    known("uid|user|to", "user")
    | known("aid|app", "app")
    | known("type|platform|provider", "platform")
    | known("token", "token")
    | known("reason", "reason")
)

# Nothing inside quotes and brackets is ever a code. They must close, and nest no deeper than six.
string = Regex(r'"[^"\\]*(?:\\.[^"\\]*)*"').set_name("quoted string")
text = Regex(r'[^"{}\[\]]+').set_name("text")
closer = one_of("} ]")


def answered(key: str, name: str) -> ParserElement:
    """Match a field of the provider's JSON answer, at any depth."""
    value = Regex("[0-9A-Za-z_]+").set_name("value")
    return Suppress(Regex(rf'"{key}"[ \t]*:[ \t]*"(?=[0-9A-Za-z_]+")').set_name(key)) + value(name) + Suppress('"')


# These only show whose push it was: FCM's answer to a push that it accepted, and any answer of its legacy API
message = Regex(r'"name"[ \t]*:[ \t]*"(?P<fcm_name>projects/)[^"/\\]+/messages/[^"\\]*"').set_name("name")
legacy = Regex(r'"(?P<fcm_name>multicast_id)"[ \t]*:').set_name("multicast_id")
answer = (
    answered("errorCode", "fcm_error")
    | answered("status", "fcm_status")
    | answered("reason", "apns_reason")
    | message
    | legacy
)


def brackets(leaf: ParserElement) -> ParserElement:
    """Match braces or square brackets around leaves and more of both; inside, either kind closes either."""
    inside = leaf
    for _ in range(5):
        inside = leaf | one_of("{ [") + ZeroOrMore(inside) + closer
    return Literal("{") + ZeroOrMore(inside) + "}" | Literal("[") + ZeroOrMore(inside) + "]"


before = pair | string | brackets(text | string) | closer | comma | word
behind = code | pair | string | brackets(text | answer | string) | closer | comma | word

LINE = (
    prefix
    + Suppress(Keyword("push_on_complete", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-"))
    + Suppress(Opt(":"))
    + ZeroOrMore(before, stop_on=code).set_name("before the code")
    + code
    + ZeroOrMore(behind).set_name("behind the code")
)
