"""A receiver of what Alertmanager sends."""

import pytest

from tests.helpers.shipped import Receiver


@pytest.fixture
def receiver():
    """Yield a webhook on loopback."""
    made = Receiver()
    yield made
    made.close()
