"""The runbooks, served from the installed package: an alert's link must open on the phone of whoever it woke.

Markdown is rendered by markdown-it-py (CommonMark, HTML switched off), which rich brings along anyway; it is loaded
when the first page is asked for.
"""

import functools
import re

import tornado.web

from logwatch import resources
from logwatch.web.pages import Page
from logwatch.web.server import Handler

_COMMENTS = re.compile(r"<!--.*?-->\n?", re.DOTALL)  # they mark what is generated, for the generator alone
_INDEX = "README"


class Runbook(Page):
    """``/runbooks/NAME``: one runbook, or the index of all of them."""

    shared = False

    async def get(self, name: str = "") -> None:
        """Answer with the page of that name, or with the index."""
        name = name.removesuffix(".md") or _INDEX
        if name not in pages():
            raise tornado.web.HTTPError(404)
        await self.answer(lambda: self._make(name))

    def _make(self, name: str) -> tuple[int, bytes]:
        title, text = page(name)
        return 200, self.site.render("runbook.html", "runbooks", title=title, text=text)


class RunbookIndex(Handler):
    """``/runbooks``, as people type it: links of the index are relative to an address that ends in a slash."""

    def get(self) -> None:
        """Redirect to the index."""
        self.redirect(f"{self.prefix}/runbooks/")


@functools.cache
def pages() -> frozenset[str]:
    """Return the names of all runbooks."""
    return frozenset(path.stem for path in resources.RUNBOOKS.glob("*.md"))


@functools.lru_cache(maxsize=8)
def page(name: str) -> tuple[str, str]:
    """Render one runbook; return its title and its HTML, whose links lead to other runbooks."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  few processes ever show a runbook

    text = _COMMENTS.sub("", (resources.RUNBOOKS / f"{name}.md").read_text(encoding="utf-8"))
    heading = text.partition("\n")[0].removeprefix("# ")
    html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    # wide tables scroll by themselves, by keyboard too; the page never does
    html = html.replace("<table>", '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>')
    return heading, html.replace("</table>", "</table></div>").replace('href="README.md"', 'href="./"')
