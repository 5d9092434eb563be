"""A line of a mebibyte, full of what harms pages and terminals, on its way from the log to a browser."""

import csv
import io
import json
import re
import time

import pytest

from tests.helpers.running import Daemon, get, until
from tests.web.browser.conftest import line

pytestmark = pytest.mark.integration

MEBIBYTE = 1 << 20
SCRIPT = "<script>alert(1)</script>"
IMAGE = "<img/src=//evil.example/x/onerror=alert(2)>"
TURNING = "\u202egnp.exe\u2066\u200f"
# between blanks and without a bracket that opens or closes: a value of a known word may be any of these
VALUE = f"{SCRIPT}{IMAGE}{TURNING}\x1bc\x1b(0\x9b2J".encode() + b"\0\x07\xff\xfe\xed\xa0\x80"
# behind the code anything may stand
REST = VALUE + b' \x1b[2J\x1b]0;owned\x07 "><script>alert(3)</script></details></table> {"code": 903} \xf0\x9f \0\0 '
UNSEEN = set("\u202e\u2066\u200f\x1b\x07\x9b\0")


def filled(message, filler, end=b""):
    """Return a line of a mebibyte: ``message``, then as much of ``filler`` as there is room for, then ``end``."""
    room = MEBIBYTE - len(line(0, message)) + 1 - len(end)
    return line(time.time(), message + (filler * (room // len(filler) + 1))[:room] + end)


LINES = {
    "rest": lambda: filled(b"uid %s type fcm aid %s token %s code 914 " % (VALUE, VALUE, VALUE), REST),
    "user": lambda: filled(b"uid ", VALUE, b" type fcm aid %s code 914" % VALUE),
}


@pytest.mark.parametrize("most", [65536, MEBIBYTE], ids=["cut", "whole"])
@pytest.mark.parametrize("where", LINES)
def test_a_mebibyte_of_harmful_text_is_shown_as_text(visit, site, programs, where, most):
    """It reaches an open page and a fresh one as text; no console, other host, terminal or reader of a file is hit."""
    site.configure('[privacy]\nidentifiers = "plain"\n')
    site.config.write_text(site.config.read_text().replace("[follow]\n", f"[follow]\nmax_line_bytes = {most}\n"))
    site.write(903, 1, "apns")
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"903": 1}, "the first line")
    page = visit(daemon.url)
    with site.log.open("ab") as log:
        log.write(LINES[where]())
    site.write(905, 1, "apns")
    read = where == "rest" or most == MEBIBYTE  # else the code lies behind the cut
    until(lambda: daemon.codes() == {"903": 1, "905": 1} | ({"914": 1} if read else {}), "what can be read is counted")
    until(lambda: page.locator("#failures tbody tr").count() == 2 + read, "the open page follows")

    for look in range(2):
        if look:
            page.reload()
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        text = page.inner_text("main")
        assert not set(text) & UNSEEN
        assert page.locator("main").locator("script, img, b").count() == 0
        shapes = page.locator(".shape").all_text_contents()
        assert any("push_on_complete: uid <" in shape for shape in shapes)
        assert not any(word in shape for shape in shapes for word in ("script", "alert", "evil", "owned"))
        if read:
            assert SCRIPT in page.inner_text("#failures")
            assert SCRIPT in page.inner_text("#limited")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    sources = json.loads(get(f"{daemon.url}api/v1/status"))["sources"]
    assert sources[0]["oversized_lines"] == (most != MEBIBYTE)
    assert sources[0]["unparsed_lines"] == ({} if read else {"no_code": 1})
    rows = list(csv.DictReader(io.StringIO(get(f"{daemon.url}downloads/failures.csv").decode(), newline="")))
    assert sorted(row["code"] for row in rows) == ["903", "905", *["914"] * read]
    assert not any(set(value) & UNSEEN or len(value) > 256 for row in rows for value in row.values())
    assert len(get(daemon.url)) < 200_000
    page.close()
    daemon.stop()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", daemon.output)
    assert "Traceback" not in daemon.output


def test_long_names_of_several_sources_fit_beside_long_values(site, programs, visit):
    """From 1400 to 380 pixels nothing runs over the edge, with every fold open; no row is a tower of letters."""
    name, log = "mesibo_production_" + "a" * 46, site.directory / "second.log"
    site.configure(f'[privacy]\nidentifiers = "plain"\n[[source]]\nname = "{name}"\npaths = ["{log}"]\n')
    fields = b"uid %s type apns aid %s token %s" % (b"u" * 200, b"a" * 200, b"t" * 200)
    log.write_bytes(b"".join(line(time.time(), b"%s code %d" % (fields, code)) for code in (903, 400)))
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"903": 1, "400": 1}, "the lines are counted")
    for width in (1400, 970, 800, 380):
        page = visit(daemon.url, viewport={"width": width, "height": 900})
        assert name in page.inner_text(".asof")
        assert page.evaluate("document.querySelector('#failures tbody tr').getBoundingClientRect().height") < 400
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
