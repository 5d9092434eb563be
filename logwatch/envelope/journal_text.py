"""What journalctl prints as text: its formats short and short-iso, and those that differ from them in the time.

    Nov 25 10:00:00 host mesibo[12]: E2511-100000-123 (17): …
    2026-11-25T10:00:00+0000 host mesibo[12]: E2511-100000-123 (17): …

The lines of a message of several are indented by as much as stands before the first: they have no front, and do not
count. `-o cat` prints nothing but the messages, which is a plain log.
"""

from logwatch.envelope.prefixed import Prefixed
from logwatch.envelope.syslog import AFTER_TAG, HOST, TAG
from logwatch.envelope.times import CLOCK, DATE, MONTH_DAY, RFC3339

_FROM = rf" (?:{HOST} )?{{origin}}{AFTER_TAG}"
_MICROS = r"\.[0-9]{6}"
_FRACTION = f"(?:{_MICROS})?"
_BASIC_OFFSET = "[+-](?:0[0-9]|1[0-4])[0-5][0-9]"
_WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_ZONE = "[A-Za-z0-9+:/_-]{1,32}"

SHORT = Prefixed("journal-short", "journal-short", rf"(?P<time>{MONTH_DAY} {CLOCK}){_FROM}", TAG)
SHORT_PRECISE = Prefixed("journal-precise", "journal-short", rf"(?P<time>{MONTH_DAY} {CLOCK}{_MICROS}){_FROM}", TAG)
FULL = Prefixed("journal-full", "journal-short", rf"{_WEEKDAY} (?P<time>{DATE} {CLOCK}{_FRACTION} {_ZONE}){_FROM}", TAG)
UNIX = Prefixed("journal-unix", "journal-short", rf"(?P<time>[1-9][0-9]{{8,10}}\.[0-9]{{6}}){_FROM}", TAG)
MONOTONIC = Prefixed("journal-monotonic", "journal-short", rf"\[ {{0,11}}[0-9]{{1,11}}\.[0-9]{{6}}\]{_FROM}", TAG)
ISO = Prefixed("journal-iso", "journal-iso", rf"(?P<time>{DATE}T{CLOCK}{_FRACTION}{_BASIC_OFFSET}){_FROM}", TAG)
# Later versions write the colon, as RFC 3339 demands
ISO_COLON = Prefixed("journal-iso-colon", "journal-iso", rf"(?P<time>{RFC3339}){_FROM}", TAG)
