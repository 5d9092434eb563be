"""What a configuration names is loaded, or told with everything in its way."""

import pytest

from logwatch.assembly import load_parts
from logwatch.errors import ConfigError


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), RecursionError("too deep"), MemoryError()])
def test_what_nobody_thought_of_is_a_refused_configuration_too(error):
    """A reload that fails so leaves in force what was, and does not end the reading loop."""

    def load():
        raise error

    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        load_parts(load)
    assert caught.value.problems[0].try_
