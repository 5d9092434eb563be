"""Where a source's logs are, as findings name them."""

from logwatch.config import Config, Source
from logwatch.config.schema import Grammars
from logwatch.diagnosis.gather import setups
from logwatch.words import names


def test_a_path_of_no_encoding_can_be_shown():
    """The configuration may lie in a directory whose name is no UTF-8, and its paths are relative to it."""
    config = Config(
        source=(Source(name="mesibo", paths=("/\udcff/m*.log",)),), grammars=Grammars(directories=("/\udcff",))
    )
    setup = setups(config, [], {"mesibo"})["mesibo"]
    for text in (*setup.paths, setup.grammars):
        assert text.encode()


def test_of_many_names_a_sentence_has_the_first_ones():
    """However many sources an incident is seen in, its sentence can be read."""
    assert names(["b", "a"]) == "a, b"
    assert names(map(str, range(8))) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert names(f"m{i:03}" for i in range(300)) == "m000, m001, m002, m003, m004, m005, m006 and 293 more"
