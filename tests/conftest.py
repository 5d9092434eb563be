"""What every test may count on: a quiet log, programs that end with their test, and a host to write logs on."""

import signal
import tempfile
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.helpers.running import PATIENCE, Site

settings.register_profile("any machine", deadline=None)  # a busy one takes seconds for what takes a millisecond
settings.load_profile("any machine")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in a shell's background, which children would inherit
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started, machines included, ends with the tests


def pytest_collection_modifyitems(items):
    """Begin with what starts programs, which waits while others compute, then with what may take long (`timeout`)."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("integration", "timeout")])


@pytest.fixture(autouse=True)
def events():
    """Collect the events that the code under test logs, instead of printing them."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture(scope="module")
def short_parts():
    """Take each of Docker's records without a newline for a part of a message, which really has 16 KiB or more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logwatch.envelope.docker.PART_BYTES", 0)
        yield


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
def open_directory():
    """Return a directory that anybody may enter; any run of pytest closes those of all of its runs."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture
def site(tmp_path):
    """Return a mesibo host in a directory: a log, a state directory, a configuration that commits quickly."""
    return Site(tmp_path)
