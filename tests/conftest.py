"""What every test may count on: a quiet log, and nothing left over from the test before."""

import pytest
import structlog
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # a busy one takes seconds for what takes a millisecond
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def events():
    """Collect the events that the code under test logs, instead of printing them."""
    with structlog.testing.capture_logs() as captured:
        yield captured
