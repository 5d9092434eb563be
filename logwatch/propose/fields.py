"""Find users, apps, platforms, tokens and reasons, by the words before them and by the values themselves."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from logwatch.dialect.result import PLATFORM_WORDS
from logwatch.propose.dialect import Announced

_NAMES: Mapping[str, str] = {
    "user": "uid user to address addr usr dest destination recipient rcpt peer phone msisdn username user_id userid"
    " who account login",
    "app": "aid app appid app_id application app-id",
    "platform": "platform type provider os service via push_type pushtype channel plat device_type devicetype kind"
    " vendor transport gateway target dev gw svc backend",
    "token": "token tok device_token devicetoken devtoken push_token pushtoken device registration_id reg_id regid"
    " registration handle",
    "reason": "reason error err cause errorcode error_code errorCode msg message desc description detail details status"
    " why response resp answer result info text",
}
OF_USERS = tuple(f"{_NAMES['user']} {_NAMES['token']}".split())
"""Words before what is a user's."""

_LEAST = 0.6  # of the values have to be what the name promises
_SURE = 0.95  # of them, if no word promises it
_TYPED = ("platform", "reason")  # recognised by their values, whatever the word before them
_SILENT = frozenset(
    {"", "-", "ok", "none", "null", "success", "nil", "n/a", "accepted", "delivered", "sent", "0", "na"}
)


def fit(name: str, values: Collection[str], reasons: frozenset[str], least: float = _LEAST) -> bool:
    """Return whether at least the share ``least`` of the values fit a result name."""
    given = [value for value in values if value.lower() not in _SILENT]
    if not given:
        return False
    if name == "platform":
        return sum(value.lower() in PLATFORM_WORDS for value in given) >= least * len(given)
    if name == "reason":
        return sum(value.lower() in reasons for value in given) >= least * len(given)
    if name == "token":
        return any(len(value) >= 8 for value in given)  # noqa: PLR2004  no token is shorter
    return len(set(given)) > 1 or name == "app" or len(given) == 1


def silent(value: str) -> bool:
    """Return whether a value stands for none."""
    return value.lower() in _SILENT


def named(key: str) -> list[str]:
    """Return the result names that a word may announce."""
    low = key.lower().lstrip("_")  # as GELF writes the names of fields that are not its own
    return [name for name, words in _NAMES.items() if low in words.lower().split()]


def surely(values: Mapping[str, Sequence[str]], taken: Collection[str], reasons: frozenset[str]) -> dict[str, str]:
    """Return, by result name not in ``taken``, the words whose values alone show what they are."""
    found: dict[str, str] = {}
    for name in _TYPED:
        fitting = [word for word, each in values.items() if len(each) > 1 and fit(name, each, reasons, _SURE)]
        if name not in taken and fitting:
            found[name] = max(fitting, key=lambda word: len(values[word]))
    return found


def spelt(texts: Sequence[str]) -> list[str]:
    """Return every word for a platform, in the case of those that were seen."""
    seen = [text for text in texts if text.lower() in PLATFORM_WORDS]
    if all(text.isupper() for text in seen):
        return [word.upper() for word in PLATFORM_WORDS]
    return list(PLATFORM_WORDS) if all(text.islower() for text in seen) else sorted(set(seen))


def alone(masked: Sequence[str], marks: str) -> tuple[str, ...]:
    """Return the words for platforms if nearly every line has exactly one, not announced by a word; else none."""
    stop = re.escape(marks) + r"\s()"
    pattern = re.compile(rf"(?<![^{stop}])(?:{'|'.join(PLATFORM_WORDS)})(?![^{stop}])", re.IGNORECASE)
    found = [set(pattern.findall(text)) for text in masked]
    if sum(len(each) == 1 for each in found) < _SURE * len(found):
        return ()
    return tuple(sorted(spelt([word for each in found for word in each]), key=lambda word: (-len(word), word)))


def announced(
    rests: Sequence[str], masked: Sequence[str], *, marks: str, taken: Collection[str], reasons: frozenset[str]
) -> dict[str, tuple[Announced, ...]]:
    """Return, by result name, the words that announce such values at the top level of the lines."""
    stop = re.escape(marks) + r"\s()" if marks else r"\s)"
    words = {word for each in _NAMES.values() for word in each.split()} - set(taken)
    pattern = re.compile(
        rf"(?:^|(?<=[\s,;|(]))(?:([A-Za-z_][\w.-]*)([ \t]*[=:][ \t]*)|({'|'.join(map(re.escape, words))})([ \t]+))"
        rf"(\x01+|[^{stop}\x01]+)",
        re.IGNORECASE,
    )
    found: dict[tuple[str, str, str], list[str]] = {}
    for rest, hidden in zip(rests, masked, strict=True):
        for match in pattern.finditer(hidden):
            value = rest[match.start(5) : match.end(5)]
            quote = value[0] if value[0] in "\"'`" else ""
            word = match[1] or match[3]
            if value[0] in "{[" or word in taken:
                continue
            key = (word, re.sub(r"[ \t]+", " ", match[2] or match[4]), quote)
            found.setdefault(key, []).append(value[1:-1] if quote else value.rstrip(",;"))
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("platform", "token", "user", "app", "reason")}
    values_of: dict[str, list[str]] = {}
    for (word, _, _), values in found.items():
        values_of.setdefault(word, []).extend(values)
        for name in named(word):
            if fit(name, values, reasons):
                counts[name][word] += len(values)
    chosen: dict[str, str] = {}
    for name, fitting in counts.items():
        if left := [word for word, _ in fitting.most_common() if word not in chosen.values()]:
            chosen[name] = left[0]
    rest_of = {word: values for word, values in values_of.items() if word not in chosen.values()}
    chosen |= surely(rest_of, chosen, reasons)
    return {
        name: tuple(Announced(word, gap, quote) for each, gap, quote in sorted(found) if each == word)
        for name, word in chosen.items()
    }


def typed(values: Sequence[str], reasons: frozenset[str], *, behind: bool) -> str:
    """Return the result name for a column, judging by its values alone; empty if that is not certain."""
    given = [value for value in values if value.lower() not in _SILENT]
    if not given:
        return ""
    if fit("platform", given, reasons):
        return "platform"
    if behind and fit("reason", given, reasons):
        return "reason"
    if all(re.fullmatch(r"\+[0-9]{7,15}|[^@\s]+@[^@\s]+\.[^@\s]+", value) for value in given):
        return "user"
    if all(re.fullmatch(r"[0-9A-Za-z:_-]{24,}", value) for value in given) and len(set(given)) > 1:
        return "token"
    return ""
