"""Certificates for the tests of TLS, made by trustme, and time to read logs in."""

import pytest
import trustme

from logwatch.report import recent
from tests.helpers.running import PATIENCE


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Allow as much time to read logs as a busy machine needs; no claim here is about how long."""
    monkeypatch.setattr(recent, "DEADLINE_SECONDS", PATIENCE)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(scope="session")
def stranger():
    """Return an authority that nobody knows."""
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(scope="session")
def certificates(authority):
    """Write ca.pem, server.pem, server.key, other.key and client.pem into a directory."""
    server = authority.issue_cert("127.0.0.1", "localhost", key_type=trustme.KeyType.ECDSA)
    other = authority.issue_cert("other.example", key_type=trustme.KeyType.ECDSA)
    client = authority.issue_cert("prometheus.example", key_type=trustme.KeyType.ECDSA)

    def write(directory):
        authority.cert_pem.write_to_path(directory / "ca.pem")
        server.private_key_pem.write_to_path(directory / "server.key")
        other.private_key_pem.write_to_path(directory / "other.key")
        server.cert_chain_pems[0].write_to_path(directory / "server.pem")
        client.private_key_and_cert_chain_pem.write_to_path(directory / "client.pem")

    return write
