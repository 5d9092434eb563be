"""Programs for the tests of the whole, ended by the end of the test."""

import pytest

from tests.whole.running import Site


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
                program.process.wait(10)
            program._reader.join(5)
            program.process.stdout.close()


@pytest.fixture
def site(tmp_path):
    """A mesibo host in a directory: a log, a state directory, a configuration that commits quickly."""
    return Site(tmp_path)
