"""Results are counted by the reasons that are listed; all others are one, however many there are."""

from zoneinfo import ZoneInfo

import pytest

from logwatch.parse import Reasons, Scanner, load
from logwatch.parse.line_parser import LineParser

GRAMMAR = load("mesibo")
REASONS = Reasons(["", "UNREGISTERED", "Unregistered", "BadDeviceToken", "Kaputt"])
PUSH = "E2211-101500-123 (17): push_on_complete: uid 4711 type fcm code 404 "


def counted(lines, reasons=REASONS):
    scanner = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"), reasons=reasons)
    scanner.parser = LineParser(GRAMMAR)
    found = scanner.scan("".join(line + "\n" for line in lines).encode(), envelope="plain", reference=1795342500.0)
    assert len(found.failures) == min(len(lines), 1000)
    return {key.reason: seen.count for key, seen in found.results.items()}, scanner, found


@pytest.mark.parametrize(
    ("logged", "told"),
    [
        ("", ""),
        ("BadDeviceToken", "BadDeviceToken"),
        ("baddevicetoken", "BadDeviceToken"),
        ("request-17", ""),
        ("\u212aaputt", "Kaputt"),  # the sign for kelvin, a k in small letters
    ],
)
def test_a_reason_is_counted_in_any_case_or_not_at_all(logged, told):
    """A listed reason counts in any case, and an unlisted one as none."""
    assert REASONS.counted_as(logged) == told
    assert counted([PUSH + (f"reason {logged}" if logged else "")] * 2000)[0] == {told: 2000}
    assert counted([PUSH + (f"reason {logged}" if logged else "")])[0] == {told: 1}


def test_a_storm_of_failures_with_reasons_of_their_own_is_one_result():
    """No code of the dictionary is used up by it, so what comes again is not read by itself."""
    lines = [PUSH + f"reason request-{i}" for i in range(3000)]
    found, scanner, scan = counted([*lines, PUSH + "reason UNREGISTERED", PUSH + '{"status":"nothing-known"}'])
    assert found == {"": 3001, REASONS.counted_as("UNREGISTERED"): 1}
    assert len(scanner.parser.chunk_reader.bare.results) < 8
    assert scan.failures[-3].reason == "request-2999"


def test_a_reason_that_is_not_listed_comes_before_the_answers_all_the_same():
    """Mesibo's own reason takes precedence over the answer's, even if it is not listed."""
    lines = [PUSH + f'reason own-{i} {{"error":{{"errorCode":"UNREGISTERED"}}}}' for i in range(2000)]
    assert counted(lines)[0] == {"": 2000}


def test_without_a_list_each_reason_is_counted_by_itself():
    """Whoever looks at a dialect wants them as they are logged."""
    lines = [PUSH + f"reason own-{i % 300}" for i in range(3000)]
    assert counted(lines, reasons=None)[0] == {f"own-{i}": 10 for i in range(300)}


def test_another_list_is_in_force_at_once():
    """After a reload, reasons count by the new list, and nothing cached by the old one is used."""
    lines = [PUSH + "reason BadDeviceToken"] * 2000
    _, scanner, _ = counted(lines)
    scanner.reasons = Reasons(["UNREGISTERED"])
    found = scanner.scan("".join(line + "\n" for line in lines).encode(), envelope="plain", reference=1795342500.0)
    assert {key.reason: seen.count for key, seen in found.results.items()} == {"": 2000}
