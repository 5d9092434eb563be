"""Run a regex over a whole text at once with the system's PCRE2, as machine code where that is allowed.

``re`` interprets its regex, and makes a tuple of Python objects for each match. PCRE2 compiles it to machine code, and
``pcre2_substitute(3)`` writes the groups of all matches into one buffer: 0.5 us a line instead of 2 to 7. Where memory
that was writable must not become executable (``MemoryDenyWriteExecute=`` of a service), PCRE2 interprets, about as fast
as ``re``.
"""

import ctypes
import threading
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from functools import cache

LIBRARY = "libpcre2-8.so.0"
"""From the package libpcre2-8-0 (Debian, Ubuntu) or pcre2 (RHEL), which other packages of the system need as well."""
_JIT_COMPLETE = 0x01
_GLOBAL, _UNSET_EMPTY, _OVERFLOW_LENGTH = 0x0100, 0x0400, 0x1000
_NO_MEMORY = -48
_CONFIG_VERSION = 11
_LONGEST_TEXT = 256  # bytes, of a version or an error message
_STACK_BYTES = 32 * 1024, 8 << 20  # for machine code: initial and maximum
_MATCH_LIMIT = 10_000_000  # backtracking steps in one match: if one needs more, the whole text fails
_HEAP_KIB = 24 * 1024  # for one match that is interpreted: 64 KiB of escaped quotes take more than 16 MiB
_SIGNATURES = {
    "compile": (c_void_p, c_char_p, c_size_t, c_uint32, POINTER(c_int), POINTER(c_size_t), c_void_p),
    "code_free": (None, c_void_p),
    "config": (c_int, c_uint32, c_char_p),
    "get_error_message": (c_int, c_int, c_char_p, c_size_t),
    "jit_compile": (c_int, c_void_p, c_uint32),
    "jit_stack_create": (c_void_p, c_size_t, c_size_t, c_void_p),
    "jit_stack_assign": (None, c_void_p, c_void_p, c_void_p),
    "match_context_create": (c_void_p, c_void_p),
    "set_match_limit": (c_int, c_void_p, c_uint32),
    "set_heap_limit": (c_int, c_void_p, c_uint32),
    "match_data_create_from_pattern": (c_void_p, c_void_p, c_void_p),
    "match_data_free": (None, c_void_p),
    "substitute": (
        *(c_int, c_void_p, c_char_p, c_size_t, c_size_t, c_uint32, c_void_p, c_void_p),
        *(c_char_p, c_size_t, c_void_p, POINTER(c_size_t)),
    ),
}


class _Library:
    """PCRE2's functions for bytes, and the match context that all calls share: only one may run at a time."""

    def __init__(self, found: ctypes.CDLL) -> None:
        self.lock = threading.Lock()
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(found, f"pcre2_{name}_8")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.context = self.match_context_create(None)
        self.set_match_limit(self.context, _MATCH_LIMIT)
        self.set_heap_limit(self.context, _HEAP_KIB)
        self.jit_stack_assign(self.context, None, self.jit_stack_create(*_STACK_BYTES, None))

    def __getattr__(self, name: str) -> "ctypes._FuncPointer":  # set above
        raise AttributeError(name)


@cache
def loaded() -> _Library | None:
    """Return PCRE2, or None if the system has none."""
    try:
        return _Library(ctypes.CDLL(LIBRARY))
    except (OSError, AttributeError):
        return None


def version() -> str:
    """Return the version of PCRE2, such as "10.42"; empty if the system has none."""
    if (pcre2 := loaded()) is None:
        return ""
    message = ctypes.create_string_buffer(_LONGEST_TEXT)
    pcre2.config(_CONFIG_VERSION, message)
    return message.value.decode("ascii").partition(" ")[0]  # a date follows


def makes_machine_code() -> bool:
    """Return whether this process may make machine code; also False if there is no PCRE2."""
    return loaded() is not None and Expression(b"", b"").is_machine_code


class Expression:
    """A compiled regex, and the template that replaces each of its matches in a text."""

    def __init__(self, pattern: bytes, template: bytes) -> None:
        """``template`` is what is written for a match; ``${1}`` is its first group, empty if that is not set.

        Raise ValueError if the pattern is invalid or too large for PCRE2, or if there is no PCRE2.
        """
        if (pcre2 := loaded()) is None:
            raise ValueError(f"{LIBRARY} is not there")
        error, at = c_int(), c_size_t()
        code = pcre2.compile(pattern, len(pattern), 0, byref(error), byref(at), None)
        if not code:
            message = ctypes.create_string_buffer(_LONGEST_TEXT)
            pcre2.get_error_message(error.value, message, _LONGEST_TEXT)
            raise ValueError(f"PCRE2: {message.value.decode('ascii')}")
        self._pcre2, self._code, self._template = pcre2, code, template
        self.is_machine_code = pcre2.jit_compile(code, _JIT_COMPLETE) == 0
        self._match_data = pcre2.match_data_create_from_pattern(code, None)
        for free, made in ((pcre2.match_data_free, self._match_data), (pcre2.code_free, code)):
            weakref.finalize(self, free, made).atexit = False  # a thread may still match when the process ends

    def written(self, text: bytes) -> bytes | None:
        """Return a text with every match replaced; None if a match needs more steps or memory than allowed."""
        size = c_size_t(len(text) + 1)  # a NUL is written at the end
        for _ in range(2):  # a result that is longer than the text is written twice
            buffer = ctypes.create_string_buffer(size.value)
            with self._pcre2.lock:
                count = self._pcre2.substitute(
                    *(self._code, text, len(text), 0, _GLOBAL | _UNSET_EMPTY | _OVERFLOW_LENGTH),
                    *(self._match_data, self._pcre2.context, self._template, len(self._template)),
                    *(buffer, byref(size)),
                )
            if count >= 0:
                return ctypes.string_at(buffer, size.value)
            if count != _NO_MEMORY:
                break
        return None
