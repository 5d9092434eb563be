"""The short-lived process that checks a credential: a request in JSON comes in, the verdict goes out.

Exit status 3: the extra ``[credentials]`` is not installed.
"""

import contextlib
import resource
import sys

import msgspec

from logwatch.credentials import secrecy
from logwatch.credentials.look import NO_EXTRA, Errand

MEMORY_BYTES = 128 << 20  # a check takes 30 MB; a file may name a key derivation (scrypt) that takes any amount


def main() -> int:
    """Check the file asked for; return the exit status."""
    secrecy.keep()
    with contextlib.suppress(OSError, ValueError):  # the limit may be lower already
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        from logwatch.credentials.read import verdict  # noqa: PLC0415  only this process loads the library
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        return NO_EXTRA
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    sys.stdout.buffer.write(msgspec.json.encode(verdict(errand.request, errand.now)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
