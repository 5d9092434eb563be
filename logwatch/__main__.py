"""``python -m logwatch`` is the command ``mesibo-logwatch``."""

import sys
from typing import NoReturn

from logwatch.signal_flags import SignalFlags


def main() -> NoReturn:
    """Run the command line and exit; the daemon takes its signals before anything else is loaded."""
    flags = SignalFlags()
    if sys.argv[1:2] == ["run"]:
        flags.listen()
    from logwatch.cli import main as run  # noqa: PLC0415  loading takes a while

    run(flags)


if __name__ == "__main__":
    main()
