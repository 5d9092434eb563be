"""Commands that run inside the tests' own process must not take its core dumps or its log away."""

import logging

import pytest

from logwatch.credentials import secrecy


@pytest.fixture(autouse=True)
def dumps_stay(monkeypatch):
    monkeypatch.setattr(secrecy, "keep", lambda: None)


@pytest.fixture(autouse=True)
def tornado_still_speaks():
    yield
    logging.getLogger("tornado").setLevel(logging.NOTSET)
