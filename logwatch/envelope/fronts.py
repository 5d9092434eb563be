"""The fronts that programs put before an unchanged line; each is one expression.

A Kubernetes runtime (CRI) and podman's k8s-file write time, stream, tags, message. The first tag is F for a whole
message or its last part, and P for a part without a newline of its own, which goes on in the next record of the stream
(kubelet's pkg/kubelet/kuberuntime/logs, conmon's src/ctr_logging.c). Podman writes the local time with its offset:

    2026-11-25T10:00:00.123456789+01:00 stdout F E2511-100000-123 (17): …

`docker logs -t` and `--details` print a time and details; `podman logs -t` and `kubectl logs --timestamps` the same as
the first, podman with an offset from UTC. Details are the container's labels and variables that the log driver was
told to keep, each escaped as in a URL, behind the time (moby's api/server/httputils/write_log_stream.go); without any
a blank is left. `docker compose logs` and `up` print the service, with `-t` and colours, podman-compose in brackets;
`docker service logs` the task and its node behind the time of `-t` (docker/cli, cli/command/service/logs.go); `kubectl
logs --prefix` pod and container, in front of the time (kubectl's pkg/cmd/logs/logs.go), as stern does; `nerdctl
compose` the service and a bar without a blank (nerdctl's pkg/composer/pipetagger):

    2026-11-25T10:00:00.123456789Z E2511-100000-123 (17): …
    com.example.app=chat,tag=a%2Fb E2511-100000-123 (17): …
    mesibo-1  | E2511-100000-123 (17): …
    [mesibo]  | E2511-100000-123 (17): …
    2026-11-25T10:00:00.123456789Z chat_mesibo.1.a1b2c3d4e5f6@node    | E2511-100000-123 (17): …
    [pod/mesibo-7d9f/mesibo] E2511-100000-123 (17): …
    mesibo-7d9f mesibo E2511-100000-123 (17): …
    mesibo-1 |E2511-100000-123 (17): …

syslog daemons write RFC 3164's format, rsyslog's with an RFC 3339 time, and RFC 5424's with structured data; in
rsyslog's words RSYSLOG_TraditionalFileFormat, RSYSLOG_FileFormat and RSYSLOG_SyslogProtocol23Format. Docker's syslog
driver sends the first (its default) or the third:

    Nov 25 10:00:00 host mesibo[12]: E2511-100000-123 (17): …
    2026-11-25T10:00:00.123456+01:00 host mesibo[12]: E2511-100000-123 (17): …
    <30>1 2026-11-25T10:00:00.123456+01:00 host mesibo 12 - [origin ip="::1"] E2511-100000-123 (17): …

journalctl prints its formats short and short-iso, and others that differ from them in the time, as text. Later lines of
a message are indented by the width of the front: they have none themselves, and do not count. `-o cat` prints nothing
but the messages, which is a plain log:

    Nov 25 10:00:00 host mesibo[12]: E2511-100000-123 (17): …
    2026-11-25T10:00:00+0000 host mesibo[12]: E2511-100000-123 (17): …
"""

from logwatch.envelope.prefixed import Prefixed
from logwatch.envelope.times import CLOCK, COLOURS, DATE, MONTH_DAY, RFC3339

_TIME = rf"(?P<time>{RFC3339})(?: |$)"
_RECORD = rf"(?P<time>{RFC3339}) (?P<stream>stdout|stderr) (?P<tag>[FP])(?::[^ \r\n]*)?(?: |$)"

_SERVICE = "[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
# v2 colours the whole front, v1 up to the bar; the service is padded to the longest name
_BAR = rf"{{origin}} {{1,128}}\|(?:{COLOURS} {COLOURS}|{COLOURS}$)"
_PODMAN_BAR = rf"\[{{origin}}\] {{1,128}}\|{COLOURS} {COLOURS}"
_BARE_BAR = rf"{{origin}}{COLOURS} {{0,128}}\|"
# The number of the replica, with what pads it to the longest, and the id of the task: short, whole, or left out
_TASK = r"\.[0-9]{1,9}(?:\.[0-9a-z]{12}(?:[0-9a-z]{13})?)?@[0-9A-Za-z_.-]{1,255} {4,16}\| "
_ESCAPED = "(?:[A-Za-z0-9_.~+-]++|%[0-9A-F]{2})"
_DETAIL = f"(?>{_ESCAPED}+)=(?>{_ESCAPED}*)"  # unbounded, since PCRE2 expands groups with a count, up to a limit
_DETAILS = rf"(?:(?P<time>{RFC3339}) )?(?:{_DETAIL}(?>(?:,{_DETAIL})*))? "
_POD = r"[a-z0-9](?:[a-z0-9.-]{0,252})"
_CONTAINER = "[a-z0-9][a-z0-9-]{0,62}"
_PLACE = rf"\[pod/{_POD}/{{origin}}\] "
_STERN = f"{_POD}{COLOURS} {COLOURS}{{origin}}{COLOURS} "

_PRIORITY = "<(?:[0-9]|[1-9][0-9]|1[0-8][0-9]|19[01])>"
_HOST = "[0-9A-Za-z_.%:-]{0,254}[0-9A-Za-z_.%-]"  # does not end in a colon, so that no tag is taken for one
_TAG = r"[^\s\[\]:](?:[^\s\[\]]{0,254}[^\s\[\]:])?"  # RFC 3164 allows letters and digits, Docker's `tag` anything
_PROCESS = r"\[[^\s\]]{0,128}\]"
_BOM = r"(?:\xef\xbb\xbf)?"  # RFC 5424 6.4 has a byte order mark in front of a message in UTF-8
# The process id, if there is one, and what ends a tag: no colon where rsyslog got the line in RFC 5424's format
_AFTER_TAG = rf"(?:(?:{_PROCESS})?:(?: |$)|{_PROCESS} {_BOM})"
_NAME = r"[!-~]{1,255}"
_ID = r'[^\s"\]=]{1,32}'
_DATA = rf'(?:-|(?:\[{_ID}(?: {_ID}="(?:[^"\\\]\n]|\\[^\n])*")*\])+)'
_RFC5424 = rf"{_PRIORITY}1 (?P<time>{RFC3339}|-) (?:{_NAME}) {{origin}} {_NAME} {_NAME} {_DATA}(?: {{1,2}}{_BOM}|$)"

_FROM = rf" (?:{_HOST} )?{{origin}}{_AFTER_TAG}"
_MICROS = r"\.[0-9]{6}"
_FRACTION = f"(?:{_MICROS})?"
_BASIC_OFFSET = "[+-](?:0[0-9]|1[0-4])[0-5][0-9]"
_WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_ZONE = "[A-Za-z0-9+:/_-]{1,32}"

# The first front that fits a line is taken: RFC 3164's is also journalctl's short one. kubectl's are two formats: with
# an optional time in a single one, a time in front of a user's text would be taken for kubectl's. Later versions of
# journalctl write the colon in the offset, as RFC 3339 demands.
FRONTS = (
    Prefixed("cri", "cri", _RECORD, part=" std(?:out|err) P"),
    Prefixed("docker-timestamps", "docker-timestamps", _TIME),
    Prefixed("compose", "compose", _BAR, _SERVICE),
    Prefixed("compose-timestamps", "compose", rf"{_BAR}(?P<time>{RFC3339})(?:{COLOURS} {COLOURS}|$)", _SERVICE),
    Prefixed("compose-podman", "compose", _PODMAN_BAR, _SERVICE),
    Prefixed("compose-podman-timestamps", "compose", f"{_PODMAN_BAR}{_TIME}", _SERVICE),
    Prefixed("compose-nerdctl", "compose", _BARE_BAR, _SERVICE),
    Prefixed("compose-nerdctl-timestamps", "compose", _BARE_BAR + _TIME, _SERVICE),
    Prefixed("compose-swarm", "compose", rf"(?:(?P<time>{RFC3339}) )?{{origin}}{_TASK}", _SERVICE),
    Prefixed("kubectl", "kubectl", _PLACE, _CONTAINER),
    Prefixed("kubectl-timestamps", "kubectl", _PLACE + _TIME, _CONTAINER),
    Prefixed("stern", "kubectl", _STERN, _CONTAINER),
    Prefixed("stern-timestamps", "kubectl", _STERN + _TIME, _CONTAINER),
    Prefixed("syslog-5424", "syslog", _RFC5424, _NAME),
    Prefixed("syslog-3339", "syslog", rf"(?:{_PRIORITY})?(?P<time>{RFC3339}) {_HOST} {{origin}}{_AFTER_TAG}", _TAG),
    Prefixed("syslog-3164", "syslog", rf"(?:{_PRIORITY})?(?P<time>{MONTH_DAY} {CLOCK}){_FROM}", _TAG),
    Prefixed("journal-iso", "journal-iso", rf"(?P<time>{DATE}T{CLOCK}{_FRACTION}{_BASIC_OFFSET}){_FROM}", _TAG),
    Prefixed("journal-iso-colon", "journal-iso", rf"(?P<time>{RFC3339}){_FROM}", _TAG),
    Prefixed("journal-short", "journal-short", rf"(?P<time>{MONTH_DAY} {CLOCK}){_FROM}", _TAG),
    Prefixed("journal-precise", "journal-short", rf"(?P<time>{MONTH_DAY} {CLOCK}{_MICROS}){_FROM}", _TAG),
    Prefixed("journal-full", "journal-short", rf"{_WEEKDAY} (?P<time>{DATE} {CLOCK}{_FRACTION} {_ZONE}){_FROM}", _TAG),
    Prefixed("journal-unix", "journal-short", rf"(?P<time>[1-9][0-9]{{8,10}}\.[0-9]{{6}}){_FROM}", _TAG),
    Prefixed("journal-monotonic", "journal-short", rf"\[ {{0,11}}[0-9]{{1,11}}\.[0-9]{{6}}\]{_FROM}", _TAG),
    Prefixed("docker-details", "docker-details", _DETAILS),  # last, since a blank is enough for it
)
