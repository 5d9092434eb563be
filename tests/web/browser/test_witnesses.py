"""The page with both witnesses, in a real browser."""

import pytest

from tests.helpers.running import Daemon, until
from tests.helpers.webhook_calls import BESIDE, PATH, call, event, post

pytestmark = pytest.mark.integration


def test_the_page_tells_what_the_webhook_adds(site, programs, visit):
    """The finding, the row of the error log and the table of webhooks; nothing runs over the edge of a phone."""
    site.configure(BESIDE)
    daemon = programs(Daemon, site.config)
    site.write(403, 6, "apns")
    until(lambda: daemon.codes() == {"403": 6}, "the lines are counted")
    assert post(daemon.url, call(*(event(str(i), token="") for i in range(6))))[0] == 200
    assert post(daemon.url, call({"type": "push", "<b>odd</b>": {"+18005551234": 1}}, number=2))[0] == 200
    for width in (1280, 390):
        page = visit(daemon.url, viewport={"width": width, "height": 900})
        assert "403: Apple says ExpiredProviderToken (webhook)" in page.text_content("#findings")
        assert page.text_content("#failures").count("Apple says ExpiredProviderToken (webhook)") == 6
        assert "JWT" in page.text_content("#failures details p")
        assert "hook" in page.text_content("#webhooks-live")
        assert "<key>" in page.text_content("#event-shapes")
        assert "18005551234" not in page.content()
        assert PATH not in page.content()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
