"""What `docker logs -t` prints, and `docker compose logs` and `up`, with `-t` and with colours.

    2026-11-25T10:00:00.123456789Z E2511-100000-123 (17): …
    mesibo-1  | E2511-100000-123 (17): …

`podman logs -t` and `kubectl logs --timestamps` print the same as the first, podman with an offset from UTC.
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
