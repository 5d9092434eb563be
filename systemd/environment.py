"""Make a virtual environment, as ``python -m venv`` does, whose interruption is no traceback."""  # noqa: INP001  no part of a package

import runpy
import sys

try:
    runpy.run_module("venv", run_name="__main__", alter_sys=True)
except KeyboardInterrupt:
    sys.exit(130)
