"""Serves the style sheet, the scripts and the icon: a few files, read once, nothing else of the disk is reachable."""

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
    """One of the files; browsers ask again at each visit, and mostly hear that theirs is still the same."""

    def initialize(self) -> None:
        self._files = {name: (DIRECTORY / name).read_bytes() for name in TYPES}

    def get(self, name: str) -> None:
        body = self._files[name]
        self.set_header("Content-Type", TYPES[name])
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Etag", f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        if self.check_etag_header():
            self.set_status(304)
        else:
            self.write(body)
