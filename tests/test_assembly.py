"""What a configuration names is loaded, or told with everything in its way."""

import pytest

from logwatch.assembly import assemble, load_parts
from logwatch.config.loader import load
from logwatch.errors import ConfigError
from logwatch.model import Envelope


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), RecursionError("too deep"), MemoryError()])
def test_what_nobody_thought_of_is_a_refused_configuration_too(error):
    """A reload that fails so leaves in force what was, and does not end the reading loop."""

    def load():
        raise error

    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        load_parts(load)
    assert caught.value.problems[0].try_


@pytest.mark.parametrize(("keep", "told"), [(0, 0), (1500, 1500), (10_000, 2500)])
def test_as_many_failures_of_one_read_are_scanned_as_are_kept(tmp_path, keep, told):
    """A storm that is read at once leaves as many in detail, and for exports, as one that is read line by line."""
    config = tmp_path / "logwatch.toml"
    config.write_text(f"[failures]\nkeep = {keep}\n[[source]]\nname = 'mesibo'\npaths = ['/var/log/mesibo/*.log']\n")
    parts = assemble(load(config))
    lines = (b"E2511-101112-%03d (1): push_on_complete: uid %d code 903\n" % (n % 1000, n) for n in range(2500))
    scan = parts.scanner(parts.config.source[0]).scan(b"".join(lines), envelope=Envelope(), reference=1795342500.0)
    assert len(scan.failures) == told
