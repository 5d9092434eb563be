"""Render the intervals of charts as HTML, each only once until something is added to it, since a page has hundreds."""

from functools import lru_cache

from tornado.escape import xhtml_escape

from logwatch.moments import iso
from logwatch.web.charts import Chart, Column
from logwatch.words import number

_REMEMBERED = 512


def values(chart: Chart) -> str:
    """Return what is shown under the pointer, and by the arrow keys."""
    return "".join([_value(chart.platform, column) for column in chart.columns])


def numbers(charts: tuple[Chart, ...]) -> str:
    """Return the numbers of all charts as rows of a table, the newest first, without intervals of no push."""
    each = zip(*(chart.columns for chart in charts), strict=True)
    return "".join([_row(row) for row in reversed(list(each)) if any(column.counts for column in row)])


@lru_cache(_REMEMBERED)
def _value(platform: str, column: Column) -> str:
    at, text = f"at-{platform}", xhtml_escape(column.text)
    return f'<label id="{at}-{column.start}"><input type="radio" name="{at}"><span>{text}</span></label>'


@lru_cache(_REMEMBERED)
def _row(row: tuple[Column, ...]) -> str:
    head = f'<time datetime="{iso(row[0].start)}">{xhtml_escape(row[0].label)}</time>'
    cells = "".join(
        f'<td class="n">{number(each.accepted)}</td><td class="n">{number(each.failed)}</td>'
        f"<td>{xhtml_escape(each.why)}</td>"
        for each in row
    )
    return f'<tr><th scope="row">{head}</th>{cells}</tr>'
