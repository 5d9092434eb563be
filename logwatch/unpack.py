"""Unpack compressed logs: gzip, bzip2 and xz by the standard library, zstd if a library for it is installed."""

import bz2
import lzma
import zlib
from importlib import import_module
from typing import Any, Literal

Format = Literal["gzip", "bzip2", "xz", "zstd"]

_MAGIC: dict[bytes, Format] = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x5d\x00\x00": "xz",  # its older format, .lzma, which the library can read as well
    **{bytes((first,)) + b"\x2a\x4d\x18": "zstd" for first in range(0x50, 0x60)},  # skippable frames: RFC 8878 3.1.2
}
MAGIC_BYTES = 6
"""So many bytes identify a format."""

LAYERS = 8
"""A file may have been packed so many times: a logrotate whose pattern matches its archives packs them every night."""

SUFFIXES: dict[str, Format] = {
    ".gz": "gzip",
    ".bz2": "bzip2",
    ".xz": "xz",
    ".lzma": "xz",
    ".zst": "zstd",
}
TOOLS: dict[Format, str] = {"gzip": "zcat", "bzip2": "bzcat", "xz": "xzcat", "zstd": "zstdcat"}
"""The command that writes the contents of a file of this format to its standard output."""

_ZSTD_INPUT_BYTES = 1024  # so little at a time, since this library has no bound on its output


class FormatError(Exception):
    """The data is damaged; ``before`` is what could still be unpacked."""

    def __init__(self, why: str, before: bytes = b"") -> None:
        super().__init__(why)
        self.before = before


class MissingLibraryError(OSError):
    """Nothing here can unpack this format."""


def format_of(data: bytes) -> Format | None:
    """Return the format of a file that begins with ``data``; None if it is not compressed."""
    return next((format_ for magic, format_ in _MAGIC.items() if data.startswith(magic)), None)


def format_of_name(name: str) -> Format | None:
    """Return the format that the suffix of a name stands for; None if none."""
    return next((format_ for suffix, format_ in SUFFIXES.items() if name.endswith(suffix)), None)


def without_suffix(name: str) -> str:
    """Return the name that a file had before it was compressed to this name."""
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


class _Gzip:
    """A member of a gzip file; what precedes damage is still returned."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def needs_input(self) -> bool:
        return not self._engine.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        data = self._engine.unconsumed_tail + data
        before = self._engine.copy()
        try:
            return self._engine.decompress(data, max_length)
        except zlib.error as error:
            saved = b""
            try:
                for at in range(len(data)):
                    saved += before.decompress(data[at : at + 1])
            except zlib.error:
                pass
            raise FormatError(str(error), saved) from error


class _Library:
    """A member of a format whose library has the interface of ``bz2.BZ2Decompressor``."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        """Return the library's own ``eof``, ``needs_input`` or ``unused_data``."""
        return getattr(self._engine, name)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        try:
            return bytes(self._engine.decompress(data, max_length))
        except Exception as error:  # OSError of bz2, LZMAError, ZstdError: each library has its own
            raise FormatError(str(error)) from error


class _Zstandard(_Library):
    """A frame unpacked by the package ``zstandard``, which has no bound on its output."""

    needs_input = True
    _left = b""

    @property
    def unused_data(self) -> bytes:
        return bytes(self._engine.unused_data) + self._left

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = b""
        self._left += data
        while self._left and len(out) < max_length and not self.eof:
            piece, self._left = self._left[:_ZSTD_INPUT_BYTES], self._left[_ZSTD_INPUT_BYTES:]
            try:
                out += self._engine.decompress(piece)
            except Exception as error:
                raise FormatError(str(error), out) from error
        self.needs_input = not self._left
        return out


Engine = _Gzip | _Library
"""Unpacks one member, as ``bz2.BZ2Decompressor`` does; raises FormatError for damaged data."""


def start(format_: Format) -> Engine:
    """Return an engine for a member of this format; raise MissingLibraryError if there is none."""
    if format_ == "gzip":
        return _Gzip()
    if format_ == "bzip2":
        return _Library(bz2.BZ2Decompressor())
    if format_ == "xz":
        return _Library(lzma.LZMADecompressor())
    try:
        return _Library(import_module("compression.zstd").ZstdDecompressor())  # Python 3.14
    except ImportError:
        pass
    try:
        return _Zstandard(import_module("zstandard").ZstdDecompressor().decompressobj())
    except ImportError:
        raise MissingLibraryError("zstd: install the package zstandard, or run on Python 3.14") from None
