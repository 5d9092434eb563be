"""Keep the connections few and fair: when there are too many, the client with the most of them loses its oldest.

So a flood, or clients that never finish a request, cost bounded memory and descriptors, and a Prometheus at another
address keeps its connection throughout.
"""

from typing import Any, Protocol

from logwatch.web.auth import neighbourhood


class Closable(Protocol):
    """A connection, as far as it matters here."""

    def close(self) -> None:
        """Close the connection."""


class ConnectionLimiter:
    """The open connections, in the order of their arrival."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._client: dict[Closable, str] = {}
        self._of: dict[str, dict[Closable, None]] = {}

    def __len__(self) -> int:
        return len(self._client)

    def admit(self, connection: Closable, address: Any) -> None:
        """Admit a connection from ``address`` (as accept(2) returns it); at the bound, close another one for it."""
        while len(self._client) >= self._most:
            # Of clients with equally many, the one that has been connected longest
            crowd = max(self._of.values(), key=len)
            oldest = next(iter(crowd))
            self.remove(oldest)
            oldest.close()
        host = address[0] if isinstance(address, tuple) else ""
        client = neighbourhood(str(host))
        self._client[connection] = client
        self._of.setdefault(client, {})[connection] = None

    def remove(self, connection: Closable) -> None:
        """Forget a connection that has ended, in whatever way."""
        client = self._client.pop(connection, None)
        if client is not None:
            self._of[client].pop(connection)
            if not self._of[client]:
                del self._of[client]
