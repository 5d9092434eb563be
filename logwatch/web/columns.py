"""Writes the intervals of charts as HTML, each once as long as nothing is added to it: a page has hundreds of them."""

from functools import lru_cache

from tornado.escape import xhtml_escape

from logwatch.diagnosis.words import number
from logwatch.web.charts import Column

_REMEMBERED = 1024


def value(platform: str, column: Column) -> str:
    """Write what is shown under the pointer, and by the arrow keys."""
    return _written(platform, column.start, column.label, tuple(column.counts.items()))[0]


def cells(platform: str, column: Column) -> str:
    """Write the cells of a row of the numbers."""
    return _written(platform, column.start, column.label, tuple(column.counts.items()))[1]


@lru_cache(_REMEMBERED)
def _written(platform: str, start: int, label: str, counts: tuple[tuple[str, int], ...]) -> tuple[str, str]:
    column = Column(start, label, dict(counts))
    text, why = xhtml_escape(column.text), xhtml_escape(column.why)
    return (
        f'<label id="at-{platform}-{start}"><input type="radio" name="at-{platform}"><span>{text}</span></label>',
        f'<td class="n">{number(column.accepted)}</td><td class="n">{number(column.failed)}</td><td>{why}</td>',
    )
