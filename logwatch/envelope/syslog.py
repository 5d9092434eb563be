"""What syslog daemons write: RFC 3164's format, rsyslog's with an RFC 3339 time, and RFC 5424's with structured data.

    Nov 25 10:00:00 host mesibo[12]: E2511-100000-123 (17): …
    2026-11-25T10:00:00.123456+01:00 host mesibo[12]: E2511-100000-123 (17): …
    <30>1 2026-11-25T10:00:00.123456+01:00 host mesibo 12 - [origin ip="::1"] E2511-100000-123 (17): …

In rsyslog's words RSYSLOG_TraditionalFileFormat, RSYSLOG_FileFormat and RSYSLOG_SyslogProtocol23Format. Docker's syslog
driver sends the first (its default) or the third.
"""

from logwatch.envelope.prefixed import Prefixed
from logwatch.envelope.times import CLOCK, MONTH_DAY, RFC3339

_PRIORITY = "<(?:[0-9]|[1-9][0-9]|1[0-8][0-9]|19[01])>"
HOST = "[0-9A-Za-z_.%:-]{0,254}[0-9A-Za-z_.%-]"
"""A host's name or address: never with a colon at its end, so that no tag is taken for one."""
TAG = r"[^\s\[\]:](?:[^\s\[\]]{0,254}[^\s\[\]:])?"
"""A program's name: RFC 3164 allows letters and digits, Docker's `tag` option anything."""
_PROCESS = r"\[[^\s\]]{0,128}\]"
_MARK = r"(?:\xef\xbb\xbf)?"  # RFC 5424 6.4 has a byte order mark in front of a message in UTF-8
AFTER_TAG = rf"(?:(?:{_PROCESS})?:(?: |$)|{_PROCESS} {_MARK})"
"""The process id, if there is one, and what ends a tag: no colon where rsyslog got the line in RFC 5424's format."""

_NAME = r"[!-~]{1,255}"
_ID = r'[^\s"\]=]{1,32}'
_DATA = rf'(?:-|(?:\[{_ID}(?: {_ID}="(?:[^"\\\]\n]|\\[^\n])*")*\])+)'
RFC3164 = Prefixed(
    "syslog-3164", "syslog", rf"(?:{_PRIORITY})?(?P<time>{MONTH_DAY} {CLOCK}) (?:{HOST} )?{{origin}}{AFTER_TAG}", TAG
)
RFC3339_TIME = Prefixed(
    "syslog-3339", "syslog", rf"(?:{_PRIORITY})?(?P<time>{RFC3339}) {HOST} {{origin}}{AFTER_TAG}", TAG
)
RFC5424 = Prefixed(
    "syslog-5424",
    "syslog",
    rf"{_PRIORITY}1 (?P<time>{RFC3339}|-) (?:{_NAME}) {{origin}} {_NAME} {_NAME} {_DATA}(?: {{1,2}}{_MARK}|$)",
    _NAME,
)
