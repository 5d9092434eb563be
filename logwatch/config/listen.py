"""Parse the address to listen on from a setting."""

import ipaddress
from typing import NamedTuple


class Listen(NamedTuple):
    """An address to listen on; an empty host means every interface."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """The address to open in a browser on this machine."""
        host = self.host if self.host not in ("", "*", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104  compared, not bound
        return f"http://{bracketed(host)}:{self.port}/"


def bracketed(host: str) -> str:
    """Return a host as it is written before a port: an IPv6 address in square brackets."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Return whether a name or address is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_listen(text: str) -> Listen:
    """Split ``host:port``, ``[v6]:port`` or ``:port``; ValueError says what is wrong."""
    if "/" in text:
        raise ValueError("expected host:port, without http:// and without a path")
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004  the last port
        raise ValueError("expected host:port, with a port from 0 to 65535")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address is written in square brackets")
    return Listen(host, int(port))
