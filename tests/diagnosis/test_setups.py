"""Where a source's logs are, as findings name them."""

from logwatch.config import Config, Source
from logwatch.config.schema import Grammars
from logwatch.diagnosis.gather import setups


def test_a_path_of_no_encoding_can_be_shown():
    """The configuration may lie in a directory whose name is no UTF-8, and its paths are relative to it."""
    config = Config(
        source=(Source(name="mesibo", paths=("/\udcff/m*.log",)),), grammars=Grammars(directories=("/\udcff",))
    )
    setup = setups(config, [], {"mesibo"})["mesibo"]
    for text in (*setup.paths, setup.grammars):
        assert text.encode()
