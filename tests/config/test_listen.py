"""Where the daemon listens."""

import pytest

from logwatch.config.listen import parse_listen


@pytest.mark.parametrize(
    ("text", "url", "loopback"),
    [
        ("127.0.0.1:1", "http://127.0.0.1:1/", True),
        ("localhost:1", "http://localhost:1/", True),
        ("[::1]:1", "http://[::1]:1/", True),
        (":1", "http://127.0.0.1:1/", False),
        ("0.0.0.0:1", "http://127.0.0.1:1/", False),
        ("[::]:1", "http://127.0.0.1:1/", False),
        ("192.0.2.1:1", "http://192.0.2.1:1/", False),
        ("host.example:1", "http://host.example:1/", False),
    ],
)
def test_an_address_has_a_url_to_open_here_and_is_loopback_or_not(text, url, loopback):
    """One of all interfaces is opened by that of this machine, but others can connect to it."""
    assert (parse_listen(text).url, parse_listen(text).loopback) == (url, loopback)
