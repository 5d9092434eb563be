"""What a Kubernetes runtime (CRI) and podman's k8s-file write: time, stream, tags, message.

    2026-11-25T10:00:00.123456789+01:00 stdout F E2511-100000-123 (17): …

The first tag is F for a whole message or its last part, and P for a part without a newline of its own, which goes on
in the next record of the stream (kubelet's pkg/kubelet/kuberuntime/logs, conmon's src/ctr_logging.c). Podman writes the
local time with its offset.
"""

from logwatch.envelope.prefixed import Prefixed
from logwatch.envelope.times import RFC3339

CRI = Prefixed(
    "cri",
    "cri",
    rf"(?P<time>{RFC3339}) (?P<stream>stdout|stderr) (?P<tag>[FP])(?::[^ \r\n]*)?(?: |$)",
    parts=(b" stdout P", b" stderr P"),
)
