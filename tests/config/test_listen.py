"""Where the daemon listens."""

import pytest

from logwatch.config.listen import parse_listen


@pytest.mark.parametrize(
    ("text", "url", "loopback"),
    [
        ("127.0.0.1:1", "http://127.0.0.1:1/", True),
        ("localhost:1", "http://localhost:1/", True),
        ("[::1]:1", "http://[::1]:1/", True),
        ("*:1", "http://127.0.0.1:1/", False),
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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10914",
        "localhost",
        "[::1]",
        "::1",
        "::1:1",
        "[::1:1",
        "::1]:1",
        "h:",
        "h:x",
        "h:-1",
        "h:\u00b2",
        "h:\u0661",
    ],
)
def test_what_is_no_address_with_a_port_is_refused(text):
    """A port alone is none: it would be one of all interfaces."""
    with pytest.raises(ValueError, match=r"expected host:port|square brackets"):
        parse_listen(text)


def test_the_last_port_is_65535():
    """A larger number is no port."""
    assert str(parse_listen("h:65535").port) == "65535"
    with pytest.raises(ValueError, match="65535"):
        parse_listen("h:65536")
