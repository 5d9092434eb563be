"""The pages in a real browser, on the real daemon."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.helpers.running import Daemon, until
from tests.web.browser.conftest import HOSTILE, follow

pytestmark = pytest.mark.integration
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ROWS = "#failures tbody tr"


def count(page):
    return int(re.match(r"[\d,]+", page.inner_text("#log-count"))[0].replace(",", ""))


def saved(download):
    return Path(download.value.path()).read_bytes().decode()


def test_the_first_thing_to_read_is_the_cause(visit, stocked):
    """A person who never read mesibo's documentation sees what happened, since when, and what to do."""
    page = visit(stocked.url)
    first = page.locator(".finding").first
    assert "The Apple push certificate has expired: every iOS push since" in first.locator("h3").inner_text()
    assert "Renew the production push certificate" in first.inner_text()
    assert "yours" in first.inner_text()
    follow(first.get_by_role("link", name="All about code 903"))
    assert page.url.endswith("/codes/903")
    assert "903 Certificate expired (mesibo)" in page.inner_text("h1")
    follow(page.get_by_role("link", name="These failures in the push error log"))
    assert count(page) == 120


def test_a_filter_narrows_the_list_and_pages_go_through_all_of_it(visit, stocked):
    """Class, code and text narrow the list; pages go through all of it once; Clear shows all again."""
    page = visit(stocked.url)
    everything = count(page)
    page.select_option("select[name=class]", "credential")
    follow(page.get_by_role("button", name="Filter"))
    assert "class=credential" in page.url
    assert count(page) == 120
    seen = set()
    while True:
        ids = page.eval_on_selector_all(ROWS, "rows => rows.map(row => row.id)")
        assert not seen & set(ids)
        seen |= set(ids)
        older = page.get_by_role("link", name="Older")
        if not older.count():
            break
        follow(older)
    assert len(seen) == 120
    follow(page.get_by_role("link", name="Newest"))
    follow(page.get_by_role("link", name="Clear"))
    assert count(page) == everything
    page.fill("input[name=text]", "busy@")
    follow(page.locator("input[name=text]"), "Enter")
    assert set(page.locator(f"{ROWS} td[data-label=Code]").all_inner_texts()) == {"914"}


def test_a_live_page_changes_only_what_changed(visit, site, programs):
    """New failures appear without a reload; open details, focus and typed text stay, and so do the nodes."""
    site.write(903, 3, "apns")
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"903": 3}, "the lines")
    page = visit(daemon.url)
    page.locator("#failures summary").first.click()
    page.evaluate("window.mark = document.querySelector('#failures tbody tr'); window.mark.seen = true")
    page.fill("input[name=text]", "half a wo")
    site.write(912, 2, "apns")
    until(lambda: page.locator(ROWS).count() == 5, "the page follows")
    assert page.evaluate("window.mark.isConnected && window.mark.seen")
    assert page.evaluate("window.mark.querySelector('details').open")
    assert page.input_value("input[name=text]") == "half a wo"
    assert page.evaluate("document.activeElement.name") == "text"
    assert "912" in page.locator(ROWS).first.inner_text()
    page.get_by_role("button", name="Pause updates").click()
    site.write(905, 1, "apns")
    until(lambda: daemon.codes().get("905") == 1, "the line is counted")
    assert page.locator(ROWS).count() == 5
    page.get_by_role("button", name="Resume updates").click()
    until(lambda: page.locator(ROWS).count() == 6, "the page follows")


def test_downloads_hold_what_the_filter_leaves(visit, stocked):
    """CSV and JSON of the error log, and the list of dead tokens, are files with every row."""
    page = visit(f"{stocked.url}?code=903")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(saved(download))))
    assert download.value.suggested_filename == "push-failures.csv"
    assert len(rows) == 120
    assert {row["code"] for row in rows} == {"903"}
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON", exact=True).first.click()
    assert len(json.loads(saved(download))["failures"]) == 120
    with page.expect_download() as download:
        page.locator("section[aria-labelledby=who] a[href*=dead-tokens]").click()
    (row,) = csv.DictReader(io.StringIO(saved(download)))
    assert (row["user"], row["pushes"]) == ("555", "5")


def test_everything_works_without_javascript(visit, stocked):
    """Findings, filter, pages, meanings and code pages need no script."""
    page = visit(stocked.url, java_script_enabled=False)
    assert "certificate has expired" in page.locator(".finding").first.inner_text()
    page.select_option("select[name=class]", "credential")
    follow(page.get_by_role("button", name="Filter"))
    assert count(page) == 120
    follow(page.get_by_role("link", name="Older"))
    assert page.locator(ROWS).count() == 25
    page.locator("#failures summary").first.click()
    assert page.locator("#failures details p").first.is_visible()
    assert "push_on_complete: uid <num> type apns" in page.locator("#failures details .shape").first.inner_text()
    assert page.locator("#live-control button").count() == 0


@pytest.mark.parametrize("path", ["", "unread", "codes", "codes/903", "?class=credential", "user?address=111"])
def test_a_phone_shows_everything_without_scrolling_sideways(visit, stocked, path):
    """Nothing is wider than a phone."""
    page = visit(stocked.url + path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_small_phone_cuts_no_number_of_a_busy_site(visit, stocked):
    """Counts of seven digits by class, by code and by source fit beside each other on a small phone."""
    page = visit(stocked.url, viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True)
    busy = """() => {
        for (const each of document.querySelectorAll(".columns .n, .codes .n"))
            if (/^[0-9,]+$/.test(each.textContent)) each.textContent = "1,234,567"
    }"""
    page.evaluate(busy)
    cut = "each => { const box = each.closest('.scroll'); return box.scrollWidth - box.clientWidth }"
    for table in ("#classes", "#codes-seen", "#sources"):
        assert page.locator(table).evaluate(cut) == 0, table
    listed = visit(stocked.url + "codes", viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True)
    listed.evaluate(busy)
    assert {each.evaluate(cut) for each in listed.locator("table.codes").all()} == {0}
    lost = page.locator("#sources td[data-label=Lost]").first
    assert lost.evaluate("each => getComputedStyle(each, '::before').content") == '"Lost "'


def test_text_of_twice_the_size_fits_a_small_phone(visit, stocked):
    """Whoever needs large letters scrolls down, not sideways."""
    page = visit(stocked.url, viewport={"width": 360, "height": 800}, bypass_csp=True)
    page.add_style_tag(content="html { font-size: 200% !important }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_page_follows_the_systems_dark_mode(visit, stocked):
    """With a dark system theme, the page has dark colours."""
    light = visit(stocked.url).evaluate("getComputedStyle(document.body).backgroundColor")
    dark = visit(stocked.url, color_scheme="dark").evaluate("getComputedStyle(document.body).backgroundColor")
    assert light == "rgb(246, 247, 248)"
    assert dark == "rgb(18, 22, 27)"


@pytest.mark.parametrize("how", [{"forced_colors": "active"}, {}], ids=["forced colours", "print"])
def test_what_colours_say_is_said_in_words_where_there_are_none(visit, stocked, how):
    """With a visitor's own colours, and on paper, severities are written out and the page that is open is marked."""
    for path in ("", "user?address=111"):
        page = visit(stocked.url + path, **how)
        assert page.locator(".finding h3 .severity").count() == page.locator(".finding").count() > 0
        if not how:
            assert page.locator(".severity").first.bounding_box()["width"] == 1  # for those alone who hear the page
            page.emulate_media(media="print")
            assert page.locator(".finding").first.evaluate("each => getComputedStyle(each).breakInside") == "avoid"
        assert page.locator(".severity").first.bounding_box()["width"] > 20
        here = page.locator(".top nav a[aria-current]")
        assert here.evaluate("each => getComputedStyle(each).textDecorationLine") == "underline"


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
@pytest.mark.parametrize("path", ["", "?code=400", "unread", "codes", "codes/400", "user", "user?address=111"])
def test_axe_finds_no_fault_of_accessibility(visit, stocked, path, how):
    """No fault of any weight, with every fold open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(stocked.url + path, **how)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found] == []


def test_every_table_says_what_it_is_of(visit, stocked):
    """A list of the tables of a page, as a screen reader offers it, has no entry without a name."""
    for path in ("", "unread", "codes", "codes/400", "user?address=111"):
        page = visit(stocked.url + path)
        named = page.get_by_role("table", name=re.compile("."), include_hidden=True)
        assert named.count() == page.locator("table").count() > 0, path


def test_the_keyboard_reaches_everything(visit, stocked):
    """The first stop skips to the content; details open by a key."""
    page = visit(stocked.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#failures summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#failures details").first.evaluate("each => each.open")


def test_text_from_users_is_shown_as_text(visit, stocked):
    """Markup, scripts, bidirectional marks, control characters, broken bytes and very long words harm no page."""
    page = visit(f"{stocked.url}?code=400")
    assert count(page) == len(HOSTILE)
    text = page.inner_text("#failures")
    assert "<script>alert(1)</script>" in text
    assert "<b>bold</b>" in text
    assert "&lt" in text  # a semicolon ends a field
    assert "{{7*7}}" not in text  # a brace ends a word of the grammar
    assert not set(text) & set("\u202e\u2066\u200b\u200d\x1b\x07\0")
    assert page.locator("#failures").locator("script, img, b, i").count() == 0
    shapes = page.locator("#shapes code").all_text_contents()
    assert shapes
    assert not any("yet" in shape for shape in shapes)
    shapes = page.locator("#failures .shape").all_text_contents()
    assert len(shapes) == len(HOSTILE)
    assert not any(word in shape for shape in shapes for word in ("alert", "script", "long", "evil", "HYPERLINK"))


def test_a_search_for_markup_is_shown_as_text(visit, stocked):
    """What a visitor sends in an address comes back as text."""
    page = visit(f"{stocked.url}?text=%22%3E%3Cscript%3Ealert(9)%3C/script%3E%E2%80%AE&source=%3Cb%3E")
    assert page.input_value("input[name=text]").startswith('"><script>alert(9)</script>')
    assert "No failure matches" in page.inner_text("#log-live")


def test_a_question_that_makes_no_sense_does_not_make_a_live_page_stale(chromium, site, programs):
    """An address with an unknown class says what is wrong with it, and goes on refreshing: the daemon has answered."""
    daemon = programs(Daemon, site.config)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(daemon.url + "?class=bogus")
    site.write(903, 3, "apns")
    until(lambda: "903" in page.locator("#main").inner_text(), "the page shows what has happened since")
    assert "No answer" not in page.locator("#live-control").inner_text()
    context.close()


def test_the_tab_says_the_fault(visit, stocked):
    """Among twenty tabs it is seen which one to open."""
    assert re.match(r"\([0-9]+\) The Apple push certificate has expired - mesibo push", visit(stocked.url).title())


def test_the_visitors_own_time_stands_beside_utc(visit, stocked):
    """Once, also after the page has been refreshed; where both are the same, UTC stands alone."""
    page = visit(stocked.url, timezone_id="Asia/Kolkata")
    with page.expect_response(stocked.url):
        pass
    told = page.locator("#failures time").first
    utc, local = re.fullmatch(r"(\d\d:\d\d:\d\d) \((?:\w+ \w+ )?(\d\d:\d\d:\d\d) here\)", told.text_content()).groups()
    assert (int(local[:2]) * 60 + int(local[3:5]) - int(utc[:2]) * 60 - int(utc[3:5])) % 1440 == 330
    assert page.locator("#asof time .local").count() == 1
    assert visit(stocked.url, timezone_id="UTC").locator(".local").count() == 0


def test_an_unchanged_page_costs_no_body_and_its_moment_goes_on(visit, stocked):
    """The script asks with the tag that it was given, and takes the moment from the answer."""
    statuses = []
    page = visit(f"{stocked.url}unread", timezone_id="UTC")
    page.on("response", lambda answer: statuses.append(answer.status))
    before = page.locator("time.now").inner_text()
    until(lambda: page.wait_for_timeout(100) or 304 in statuses, "a 304")
    until(lambda: page.locator("time.now").inner_text() != before, "the moment goes on")


def test_one_users_story_is_found_from_the_error_log(visit, stocked):
    """Search for the address, follow the link: accepted pushes and failures, and what they say together."""
    page = visit(stocked.url)
    page.fill("input[name=text]", "111")
    follow(page.locator("input[name=text]"), "Enter")
    follow(page.get_by_role("link", name="One user's story"))
    assert "1 failed, the last one" in page.inner_text(".finding")
    assert "none accepted" in page.inner_text(".finding")
    assert page.locator("table.log tbody tr").count() == 1
    page.fill("input[name=address]", "501")
    follow(page.get_by_role("button", name="Look"))
    assert "1 accepted, none failed: the cause lies beyond mesibo, see Step\N{NO-BREAK SPACE}9." in page.inner_text(
        ".finding"
    )
