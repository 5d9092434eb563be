"""The short process that looks at credentials: requests as JSON on its standard input, verdicts on its output.

Exit status 3: the extra ``[credentials]`` is not installed.
"""

import sys

import msgspec

from logwatch.credentials import secrecy
from logwatch.credentials.look import NO_EXTRA, Errand
from logwatch.credentials.verdict import Verdict


def main() -> int:
    """Look at every file that is asked for."""
    secrecy.keep()
    try:
        from logwatch.credentials.read import verdict  # noqa: PLC0415  the library is there for this process alone
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        return NO_EXTRA
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    found: list[Verdict] = [verdict(request, errand.now) for request in errand.requests]
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
