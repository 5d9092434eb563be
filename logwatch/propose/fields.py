"""Finds users, apps, platforms, tokens and reasons: by the words in front of them, and by what the values are."""

import re
from collections.abc import Collection, Mapping, Sequence

from logwatch.propose.dialect import Announced

PLATFORMS = ("fcm", "gcm", "firebase", "android", "apn", "apns", "ios", "voip")
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
_LEAST = 0.6  # of the values are what the name promises
_SILENT = frozenset(
    {"", "-", "ok", "none", "null", "success", "nil", "n/a", "accepted", "delivered", "sent", "0", "na"}
)


def fit(name: str, values: Collection[str], reasons: frozenset[str]) -> bool:
    """Return whether values are what a result name promises."""
    told = [value for value in values if value.lower() not in _SILENT]
    if not told:
        return False
    if name == "platform":
        return sum(value.lower() in PLATFORMS for value in told) >= _LEAST * len(told)
    if name == "reason":
        return sum(value.lower() in reasons for value in told) >= _LEAST * len(told)
    if name == "token":
        return any(len(value) >= 8 for value in told)  # noqa: PLR2004  no token is shorter
    return len(set(told)) > 1 or name == "app" or len(told) == 1


def named(key: str) -> list[str]:
    """Return the result names that a word may announce."""
    low = key.lower()
    return [name for name, words in _NAMES.items() if low in words.lower().split()]


def announced(
    rests: Sequence[str], masked: Sequence[str], *, marks: str, taken: Collection[str], reasons: frozenset[str]
) -> dict[str, tuple[Announced, ...]]:
    """Return the words that stand in front of values worth a result name, at the top level of the lines."""
    stop = re.escape(marks) + r"\s()" if marks else r"\s)"
    words = sorted({word for each in _NAMES.values() for word in each.split()} - set(taken), key=len, reverse=True)
    pattern = re.compile(
        rf"(?:^|(?<=[\s,;|(]))({'|'.join(map(re.escape, words))})([ \t]*[=:][ \t]*|[ \t]+)(\x01+|[^{stop}\x01]+)",
        re.IGNORECASE,
    )
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for rest, hidden in zip(rests, masked, strict=True):
        for match in pattern.finditer(hidden):
            value = rest[match.start(3) : match.end(3)]
            quote = value[0] if value[0] in "\"'`" else ""
            if value[0] in "{[":
                continue
            for name in named(match[1]):
                key = (name, match[1], re.sub(r"[ \t]+", " ", match[2]), quote)
                found.setdefault(key, []).append(value[1:-1] if quote else value.rstrip(",;"))
    best: dict[str, dict[str, int]] = {}
    for (name, word, _, _), values in found.items():
        if fit(name, values, reasons):
            counts = best.setdefault(name, {})
            counts[word] = counts.get(word, 0) + len(values)
    chosen: dict[str, tuple[Announced, ...]] = {}
    used: set[str] = set()
    for name in ("platform", "token", "user", "app", "reason"):
        keys = {each: count for each, count in best.get(name, {}).items() if each not in used}
        if not keys:
            continue
        word = max(keys, key=lambda each: keys[each])
        used.add(word)
        ways = {(gap, quote) for n, k, gap, quote in found if (n, k) == (name, word)}
        chosen[name] = tuple(Announced(word, gap, quote) for gap, quote in sorted(ways))
    return chosen


def typed(values: Sequence[str], reasons: frozenset[str], *, behind: bool) -> str:
    """Return the result name that a column of values deserves by what they are; empty if none for certain."""
    told = [value for value in values if value.lower() not in _SILENT]
    if not told:
        return ""
    if fit("platform", told, reasons):
        return "platform"
    if behind and fit("reason", told, reasons):
        return "reason"
    if all(re.fullmatch(r"\+[0-9]{7,15}|[^@\s]+@[^@\s]+\.[^@\s]+", value) for value in told):
        return "user"
    if all(re.fullmatch(r"[0-9A-Za-z:_-]{24,}", value) for value in told) and len(set(told)) > 1:
        return "token"
    return ""
