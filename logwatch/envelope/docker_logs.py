"""What `docker logs -t` and `--details` print, `docker compose logs` and `up`, with `-t` and colours, `kubectl logs`.

    2026-11-25T10:00:00.123456789Z E2511-100000-123 (17): …
    com.example.app=chat,tag=a%2Fb E2511-100000-123 (17): …
    mesibo-1  | E2511-100000-123 (17): …
    [pod/mesibo-7d9f/mesibo] E2511-100000-123 (17): …

`podman logs -t` and `kubectl logs --timestamps` print the same as the first, podman with an offset from UTC. Details
are the container's labels and variables that the log driver was told to keep, each escaped as in a URL, behind the time
(moby's api/server/httputils/write_log_stream.go); without any a blank is left. `kubectl logs --prefix` names pod and
container in front of the time (kubectl's pkg/cmd/logs/logs.go).
"""

from logwatch.envelope.prefixed import Prefixed
from logwatch.envelope.times import COLOURS, RFC3339

_SERVICE = "[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
# v2 colours the whole front, v1 up to the bar; the service is padded to the longest name
_BAR = rf"{{origin}} {{1,128}}\|(?:{COLOURS} {COLOURS}|{COLOURS}$)"

TIMESTAMPS = Prefixed("docker-timestamps", "docker-timestamps", rf"(?P<time>{RFC3339})(?: |$)")
COMPOSE = Prefixed("compose", "compose", _BAR, _SERVICE)
COMPOSE_TIMESTAMPS = Prefixed(
    "compose-timestamps", "compose", rf"{_BAR}(?P<time>{RFC3339})(?:{COLOURS} {COLOURS}|$)", _SERVICE
)
_ESCAPED = "(?:[A-Za-z0-9_.~+-]|%[0-9A-F]{2})"
_DETAIL = f"{_ESCAPED}{{1,256}}={_ESCAPED}{{0,1024}}"
DETAILS = Prefixed(
    "docker-details", "docker-details", rf"(?:(?P<time>{RFC3339}) )?(?:{_DETAIL}(?:,{_DETAIL}){{0,63}})? "
)
_POD = r"[a-z0-9](?:[a-z0-9.-]{0,252})"
_CONTAINER = "[a-z0-9][a-z0-9-]{0,62}"
_PLACE = rf"\[pod/{_POD}/{{origin}}\] "
KUBECTL = Prefixed("kubectl", "kubectl", _PLACE, _CONTAINER)
KUBECTL_TIMESTAMPS = Prefixed("kubectl-timestamps", "kubectl", rf"{_PLACE}(?P<time>{RFC3339})(?: |$)", _CONTAINER)
"""Two formats: with one whose time is optional, a time in front of a user's text would be taken for kubectl's."""
