"""Runbooks over HTTP: every alert's link opens, whatever it is asked for."""

import re
from pathlib import Path

import pytest

from logwatch.web import runbooks

PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "docs" / "runbooks").glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_every_runbook_opens_and_links_only_what_opens(name):
    """Each page has its heading, no mark of the generator, and no link that leads nowhere."""
    title, html = runbooks.page(name)
    assert f"<h1>{title}" in html
    assert "<!--" not in html
    assert "&lt;!--" not in html
    assert "https://" not in re.sub(r"<(a|code)\b.*?</\1>", "", html, flags=re.DOTALL)  # what can be opened is a link
    for target in re.findall(r'href="([^"#]*)', html):
        assert target == "./" or target.startswith("https://") or target.removesuffix(".md") in PAGES, target
