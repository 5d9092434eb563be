"""Serve the style sheet, the scripts and the icon: a few files, read once; no other file can be reached."""

import functools
import hashlib
from pathlib import Path

from logwatch.web.server import Handler

DIRECTORY = Path(__file__).parent / "static"
TYPES = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "local.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Asset(Handler):
    """One of the files; browsers ask again at each visit, and mostly get 304."""

    def get(self, name: str) -> None:
        """Send the file of that name."""
        body = _content(name)
        self.set_header("Content-Type", TYPES[name])
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Etag", f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        if self.check_etag_header():
            self.set_status(304)
        else:
            self.write(body)


@functools.cache
def _content(name: str) -> bytes:
    return (DIRECTORY / name).read_bytes()
