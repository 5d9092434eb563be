"""``python -m logwatch`` is the command ``mesibo-logwatch``."""

import sys
from typing import NoReturn

from logwatch.wanted import Wanted


def main() -> NoReturn:
    """Run the command line and exit; the daemon takes its signals before anything else is loaded."""
    wanted = Wanted()
    if sys.argv[1:2] == ["run"]:
        wanted.listen()
    from logwatch.cli import main as run  # noqa: PLC0415  loading takes a while

    run(wanted)


if __name__ == "__main__":
    main()
