"""``python -m logwatch`` is the command ``mesibo-logwatch``."""

import contextlib
import os
import sys
from typing import NoReturn

from logwatch.signal_flags import SignalFlags

_MULTIPROCESS = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
"""For servers of many processes: prometheus_client would keep the metrics of each start in files of that directory."""


def main() -> NoReturn:
    """Run the command line and exit; the daemon handles its signals before anything else is loaded."""
    with contextlib.suppress(FileNotFoundError):  # a root directory without /dev
        _open_standard_streams()
    for name in _MULTIPROCESS:
        os.environ.pop(name, None)
    flags = SignalFlags()
    if sys.argv[1:2] == ["run"]:
        flags.listen()
    from logwatch.cli import main as run  # noqa: PLC0415  loading takes a while

    run(flags)


def _open_standard_streams() -> None:
    """Open /dev/null for each standard stream that is closed: the next file to be opened would take its descriptor."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004  the descriptor of standard error
        continue
    os.close(opened)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  for good


if __name__ == "__main__":
    main()
