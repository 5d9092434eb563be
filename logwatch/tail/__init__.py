"""Makes one path look like one endless stream of whole lines, whatever rotation does to the files behind it.

Glossary. A *generation* is a file's life from its first byte to its last, whatever names it goes through; a *lineage*
is the sequence of generations behind one followed path; a *sibling* is a file with a rotated name of that path; a
*look* polls names and sizes, a *read* hands on lines.
"""

from logwatch.tail.discover import Discovery, Found, Globs
from logwatch.tail.docker import JSON_FILE, Container, ContainerLog, containers, other_driver
from logwatch.tail.events import Log
from logwatch.tail.tail import SourceSpec, SourceStatus, Tail
from logwatch.tail.wake import InotifyWaker, PollWaker, Waker, make_waker

__all__ = [
    "JSON_FILE",
    "Container",
    "ContainerLog",
    "Discovery",
    "Found",
    "Globs",
    "InotifyWaker",
    "Log",
    "PollWaker",
    "SourceSpec",
    "SourceStatus",
    "Tail",
    "Waker",
    "containers",
    "make_waker",
    "other_driver",
]
