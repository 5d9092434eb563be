"""The base of every table of a file, and the kinds of text that several of them use."""

import os
import re
import sys
from typing import Annotated

from msgspec import Meta, Struct

from logwatch.errors import Problem

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z", description="letters, digits and _ . : -, at most 64")]
Text = Annotated[str, Meta(min_length=1, description="a text that is not empty")]
Word = Annotated[str, Meta(pattern=r"^[!-~]+\Z", description="a word of plain characters")]
UserName = Annotated[str, Meta(pattern=r"^[^:\x00-\x1f\x7f]+\Z", description="a name without a colon")]
FilePath = Annotated[str, Meta(min_length=1, description="a path")]
"""A file, a directory or a pattern; absolute once loaded, while in the file it may be relative to that file."""
_SHORTHAND = re.compile(r"~|.*/~(?:/|\Z)|(?:.*/)?\$[A-Za-z_]|.*\$\{|%[A-Za-z]/|[A-Za-z]+://", re.DOTALL)
"""What a shell, systemd or a browser would replace or leave out; here it would name another file in silence."""


def unnameable(path: str) -> tuple[str, str]:
    """Return why no file should be named so here, and what to try; two empty texts if nothing is wrong."""
    if "\0" in path:
        return "no file can have such a name", ""
    if _SHORTHAND.match(path):
        return "~, $NAME, %x and file:// stand for nothing in it", "write the whole path, such as /var/log/mesibo/logs"
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return f"it has letters that the locale's {sys.getfilesystemencoding()} lacks", "run with PYTHONUTF8=1"
    return "", ""


class Table(Struct, frozen=True, kw_only=True):
    """One table of a file."""

    def contradictions(self, where: str) -> list[Problem]:  # noqa: ARG002  for tables that have none
        """Return problems with values that are fine by themselves but not together; ``where`` is the table's place."""
        return []
