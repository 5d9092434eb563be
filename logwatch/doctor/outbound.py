"""Try the way out: TLS connections to Google and to Apple, as mesibo needs for each push. Nothing is sent."""

from collections.abc import Iterator

from logwatch.doctor.check import Check, failure, ok
from logwatch.doctor.host import Host, NoAnswer

SERVERS = (
    ("fcm.googleapis.com", 443, "Android pushes"),
    ("oauth2.googleapis.com", 443, "access tokens for Android pushes"),
    ("api.push.apple.com", 443, "iOS pushes"),
)
"""What pushes need (firebase.google.com/docs/cloud-messaging, developer.apple.com: Sending notification requests)."""


def rows(host: Host) -> Iterator[Check]:
    """Yield a row for each server; they hold for this host, and for a container only on the host's network."""
    for server, port, what in SERVERS:
        name = f"outbound {server}"
        try:
            issuer = host.handshake(server, port)
        except NoAnswer as why:
            yield failure(name, f"port {port}: {why}: {what} cannot leave this host", _remedy(str(why), host))
        else:
            yield ok(name, f"port {port}, TLS, certificate by {issuer}: {what} can leave this host")


def _remedy(why: str, host: Host) -> str:
    if "certificate" in why.lower():
        clock = " (`timedatectl`)" if host.has("timedatectl") else ""
        return f"check whether a proxy intercepts TLS, the clock{clock}, and whether ca-certificates is up to date"
    if "not resolved" in why:
        return "see the name servers of this host in /etc/resolv.conf"
    return "see the firewall, the route and the name servers of this host: connections to that port must be let out"
