"""How large a scrape is, told from the configuration."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from logwatch.catalogue import PLATFORMS, Catalogue
from logwatch.config import Config, Source
from logwatch.first_scrape import registry, series
from logwatch.pipeline import UNKNOWN_CODES

CATALOGUE = Catalogue.load()


def config(count):
    return Config(source=tuple(Source(name=f"s{i}", paths=(f"/{i}.log",)) for i in range(count)))


def test_the_number_of_series_is_that_of_the_text():
    """What `check` tells is what Prometheus counts, for one source and for three."""
    for sources in (1, 3):
        text = generate_latest(registry(config(sources), CATALOGUE)).decode()
        found = [s for family in text_string_to_metric_families(text) for s in family.samples]
        assert series(config(sources), CATALOGUE)[0] == len(found)


def test_the_limit_has_room_for_every_code_that_may_still_appear():
    """A source can label so many unknown codes on each platform, each with its explanation, and no more."""
    now, limit = series(config(2), CATALOGUE)
    assert limit >= now + 2 * 2 * (UNKNOWN_CODES + 1) * len(PLATFORMS)
