"""What every test may count on: a quiet log, programs that end with their test, and a host to write logs on."""

import pytest
import structlog
from hypothesis import settings

from tests.helpers.running import PATIENCE, Site

settings.register_profile("any machine", deadline=None)  # a busy one takes seconds for what takes a millisecond
settings.load_profile("any machine")


def pytest_collection_modifyitems(items):
    """Begin with what starts programs: it waits more than it computes, and the rest fills the cores beside it."""
    items.sort(key=lambda item: item.get_closest_marker("integration") is None)


@pytest.fixture(autouse=True)
def events():
    """Collect the events that the code under test logs, instead of printing them."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture
def programs():
    """Start programs; whatever still runs at the end is killed."""
    started = []

    def start(kind, *args, **kwargs):
        made = object.__new__(kind)
        started.append(made)
        made.__init__(*args, **kwargs)
        return made

    yield start
    for program in started:
        if getattr(program, "process", None) is not None:
            if program.process.poll() is None:
                program.process.kill()
                program.process.wait(PATIENCE)
            program._reader.join(5)
            program.process.stdout.close()


@pytest.fixture
def site(tmp_path):
    """Return a mesibo host in a directory: a log, a state directory, a configuration that commits quickly."""
    return Site(tmp_path)
