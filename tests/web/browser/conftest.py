"""A chromium, and a daemon with an hour of pushes behind it; every page is held to its promises at its end."""

import time
import urllib.parse

import pytest

from tests.helpers.running import PATIENCE, Daemon, Site, tool, until

HOSTILE = (
    b"uid <script>alert(1)</script> type fcm aid <b>bold</b> token <img/src=x/onerror=alert(2)>",
    b"uid <img/src=//evil.example/x/onerror=alert(3)> type fcm aid &lt;i&gt;",
    "uid \u202egnp.exe\u2066x type apns aid \u200b\u200dzero".encode(),
    b"uid nul\0nul type fcm aid esc\x1b(0 token bell\x07bell",
    b"uid broken\xff\xfe\x80 type fcm aid \xed\xa0\x80",
    b"uid javascript:alert(4) type fcm aid {{7*7}}%7B%7B",
    b"uid =HYPERLINK(1) type fcm aid @SUM(1)",
    b"uid " + b"long" * 4000 + b" type fcm aid x",
)


def line(at, message):
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime(at)) + f"-{int(at * 1000) % 1000:03}"
    return b"E" + stamp.encode() + b" (17): push_on_complete: " + message + b"\n"


def an_hour(now):
    """Write an hour in which the certificate expired 30 minutes ago, and hostile lines at its end."""
    lines = []
    for minute in range(58, 0, -1):
        at = now - 60 * minute
        apns = 903 if minute <= 30 else 200
        users = range(10 * minute, 10 * minute + 4)
        lines += [line(at + i % 10, b"uid %d type apns aid 6035 token %064x code %d" % (i, i, apns)) for i in users]
        lines += [line(at + i, b"uid %d type fcm aid 6035 code 200" % (100 + i)) for i in range(8)]
        if minute % 10 == 0:
            lines.append(line(at, b'uid 555 type fcm code 404 {"error":{"status":"UNREGISTERED"}}'))
            lines.append(line(at, b"uid busy@example.com type fcm code 914"))
    lines += [line(now - 30 + i, fields + b" code 400") for i, fields in enumerate(HOSTILE)]
    lines.append(line(now - 10, b"uid 1 type fcm, no answer <yet>"))
    return b"".join(lines)


def follow(target, key=None):
    """Click it, or press a key in it, and wait for the whole next page: a click alone returns at its first bytes."""
    with target.page.expect_navigation():
        target.press(key) if key else target.click()


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """Yield a daemon that has read such an hour, with identifiers in plain, so that hostile ones reach the page."""
    host = Site(tmp_path_factory.mktemp("stocked"))
    host.configure('[privacy]\nidentifiers = "plain"\n')
    host.log.write_bytes(an_hour(time.time()))
    daemon = Daemon(host.config)
    until(lambda: daemon.total("mesibo_logwatch_source_caught_up") == 1, "it has caught up")
    until(lambda: daemon.codes().get("400") == len(HOSTILE), "the last lines are committed")
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def chromium():
    """Start Debian's chromium; its event loop must end with these tests, since others run loops of their own."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, programs):
    """Open pages; at the end nothing may have been said on a console, asked of another host, or popped up.

    They are closed before ``programs`` end: an open page tells its console when it finds its daemon gone.
    """
    contexts, complaints = [], []

    def listen(page):
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))

    def request(asked):
        if urllib.parse.urlsplit(asked.url).hostname != "127.0.0.1":
            complaints.append(f"asked {asked.url}")

    def open_(url, **how):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
        context.set_default_timeout(PATIENCE * 1000)
        context.on("request", request)
        contexts.append(context)
        page = context.new_page()
        listen(page)
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
