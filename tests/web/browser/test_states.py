"""The page in each state that an operator may meet, in a real browser: desktop, phone, dark, by keyboard, no script."""

import re

import pytest
from prometheus_client import CollectorRegistry

from logwatch.web.server import WebServer
from logwatch.web.views import rules
from tests.helpers.running import until
from tests.helpers.story import NOW
from tests.web.browser.conftest import follow
from tests.web.browser.states import STATES, Watched

pytestmark = pytest.mark.integration
DARK = {"color_scheme": "dark"}
SMALL = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
HEROES = {
    "all_well": "are accepted by Google and Apple",
    "ios_903": "The Apple push certificate has expired: every iOS push since 09:22",
    "dead_tokens": "Pushes still go to tokens of apps that are gone",
    "limited_914": "mesibo's per-user limit holds pushes back",
    "blind": "of the push lines of mesibo cannot be read",
    "nothing_logged": "No line of mesibo has been read yet",
    "ended_yesterday": "are accepted by Google and Apple",
}


class Clock:
    """Time that stands still until a test moves it."""

    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Yield the address of each state's page, and its clock."""
    served, open_ = {}, []
    for state in STATES:
        watched, clock = Watched(tmp_path_factory.mktemp(state), state), Clock()
        server = WebServer("127.0.0.1", 0, rules(CollectorRegistry(), watched, clock=clock))
        server.start()
        open_.append((server, watched))
        served[state] = (f"http://127.0.0.1:{server.port}/", clock)
    yield served
    for server, watched in open_:
        server.stop()
        watched.ledger.close()


@pytest.mark.parametrize("state", STATES)
def test_the_hero_tells_the_state_and_nothing_is_wrong_where_nothing_is(visit, states, state):
    """The first thing to read is the state; "What is wrong" heads only what is wrong; no row of zeros is shown."""
    page = visit(states[state][0], java_script_enabled=False)
    assert HEROES[state] in page.locator(".finding").first.locator("h3").inner_text()
    wrong = page.locator("#diagnosis").inner_text() == "What is wrong, and what to do"
    assert wrong == (state not in ("all_well", "nothing_logged", "ended_yesterday"))
    for table in ("#classes", "#rate-limits", "#codes-seen"):
        for row in page.locator(f"{table} tbody tr").all_inner_texts():
            assert not re.fullmatch(r"\D*(?:\s0)+\s*", row), row
    assert (page.locator("#figures").count(), page.locator(".chart").count()) == (
        (0, 0) if state == "nothing_logged" else (1, 2)
    )


@pytest.mark.parametrize("state", STATES)
def test_nothing_runs_over_the_edge_of_a_small_phone(visit, states, state):
    """320 pixels are enough, with every fold open too, and with the visitor's own times beside those in UTC."""
    page = visit(states[state][0], **SMALL, timezone_id="Asia/Kolkata")
    assert page.locator("time .local").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_runbook_runs_over_the_edge_of_a_small_phone(visit, states):
    """An address of another site is as long as it is: it wraps."""
    page = visit(f"{states['all_well'][0]}runbooks/", **SMALL)
    runbooks = page.evaluate("[...document.querySelectorAll('main a')].map(each => each.href)")
    assert len(runbooks) > 40
    for address in runbooks:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_names_and_shapes_can_be_read_on_a_small_phone(visit, states):
    """None is broken every few letters beside what needs the room less: whoever is paged reads them there."""
    page = visit(f"{states['blind'][0]}runbooks/", **SMALL)
    lines = page.locator(".runbook td:first-child a").evaluate_all("all => all.map(a => a.getClientRects().length)")
    assert len(lines) > 40
    assert max(lines) <= 2
    page.goto(f"{states['blind'][0]}unread")
    assert page.locator(".shapes th .shape").first.bounding_box()["width"] >= 160
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    ("state", "how"),
    [*((state, {}) for state in STATES), *((state, how) for state in ("ios_903", "blind") for how in (DARK, SMALL))],
)
def test_axe_finds_no_fault_in_what_is_reported_first(visit, states, state, how):
    """Findings, figures, charts and incidents, in each state; of the whole page ``test_browser`` says it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(states[state][0], **how)
    first = [f"section[aria-labelledby={name}]" for name in ("diagnosis", "results", "incidents")]
    there = [[each] for each in first if page.locator(each).count()]
    found = axe.Axe().run(page, context={"include": there}).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found] == []


def test_an_interval_is_shown_under_the_pointer(visit, states):
    """Without a script: the numbers of the bar that is pointed at, and nothing else."""
    page = visit(states["ios_903"][0], java_script_enabled=False)
    plot = page.locator("#chart-apns .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 50.5 / 60, box["y"] + box["height"] / 2)
    shown = shown_values(page, "apns")
    assert len(shown) == 1
    assert re.match(r"10:06: 0 accepted, 2\d failed \(22 credential", shown[0])
    assert shown_values(page, "fcm") == []


def test_intervals_are_shown_by_the_keyboard(visit, states):
    """One stop for a chart; the arrow keys go through its intervals, the left one to the newest first."""
    page = visit(states["ios_903"][0], java_script_enabled=False)
    page.locator("#chart-apns input").first.focus()
    page.keyboard.press("ArrowLeft")
    assert shown_values(page, "apns")[0].startswith("10:15: ")
    page.keyboard.press("ArrowLeft")
    (shown,) = shown_values(page, "apns")
    assert shown.startswith("10:14: 0 accepted, ")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "at-fcm"


def test_the_interval_that_was_chosen_stays_while_the_page_goes_on(visit, states):
    """When the columns move after a minute, choice, focus and numbers stay those of the chosen minute."""
    url, clock = states["limited_914"]
    page = visit(url)
    page.locator("#chart-apns input").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    before = shown_values(page, "apns")
    assert before[0].startswith("10:13: ")
    clock.now = NOW + 60
    try:
        until(lambda: page.locator("#chart-apns label").last.inner_text().startswith("10:16"), "the page goes on")
        assert shown_values(page, "apns") == before
        assert page.evaluate("document.activeElement.parentElement.textContent") == before[0]
    finally:
        clock.now = NOW


def test_how_long_ago_the_last_push_was_grows_by_itself(visit, states):
    """The figure does not stand still until the page comes anew; without a script it is as of then."""
    page = visit(states["all_well"][0], java_script_enabled=False)
    assert page.locator("#figure-last .value").inner_text() == "now"
    page = visit(states["all_well"][0])
    until(lambda: re.fullmatch(r"\d+ s ago", page.locator("#figure-last .value").inner_text()), "a second has passed")


def test_the_begin_of_a_finding_is_marked_in_the_chart_of_its_platform(visit, states):
    """A mark and a line of the legend; unasked the chart goes back far enough to show it."""
    page = visit(states["ios_903"][0])
    marked = page.locator("#chart-apns .marked").text_content()
    assert marked == "1 The Apple push certificate has expired, began at 09:22"
    assert page.locator("#chart-fcm .marked").count() == 0
    page = visit(states["dead_tokens"][0])
    assert page.locator("nav [aria-current=true]").inner_text() == "day"
    assert page.locator("#chart-fcm line.mark").count() == 1


def test_a_finding_tells_the_visitors_own_time_beside_utc(visit, states):
    """In its title, in its evidence, and in the numbers of the charts; where both are the same, UTC stands alone."""
    page = visit(states["ios_903"][0], timezone_id="Asia/Kolkata")
    first = page.locator(".finding").first
    assert "every iOS push since 09:22 (14:52 here) has failed" in first.locator("h3").inner_text()
    assert "was logged at 09:22 UTC on 22 November (14:52 here)" in first.inner_text()
    assert page.locator("#chart-apns label").last.text_content().endswith(" (15:45 here)")
    page = visit(states["ios_903"][0], timezone_id="UTC")
    assert "here)" not in page.locator("main").text_content()


@pytest.mark.parametrize(
    ("span", "zone", "below"),
    [
        ("hour", "Asia/Kolkata", {"09:30": "15:00", "10:00": "15:30"}),
        ("day", "America/New_York", {"12:00": "07:00", "00:00": "19:00"}),
        ("week", "America/New_York", {"20 Nov": "20 Nov"}),
        ("hour", "UTC", {}),
    ],
)
def test_charts_have_the_visitors_own_time_below_utc(visit, states, span, zone, below):
    """Ticks have a second row, days where they begin here; the numbers have it in brackets; UTC alone."""
    page = visit(f"{states['ios_903'][0]}?span={span}", timezone_id=zone)
    ticks = page.locator("#chart-apns .ticks text").evaluate_all(
        "all => all.map(t => [t.textContent, parseFloat(t.getAttribute('x')), t.getAttribute('y')])"
    )
    utc = {text: at for text, at, y in ticks if y == "11"}
    here = {text: at for text, at, y in ticks if y == "24"}
    first = page.locator("#numbers tbody th").first.text_content()
    assert page.locator("#numbers thead th").first.text_content() == "Time (UTC)"
    if zone == "UTC":
        assert (here, first) == ({}, "10:15")
        return
    shift = 100 * 5 / (7 * 24) if span == "week" else 0
    for text, local in below.items():
        assert here[local] == pytest.approx(utc[text] + shift, abs=0.02)
    assert first.endswith(" here)")
    assert "below them, here" in page.locator("#charts-note").text_content()
    with page.expect_response(lambda answer: "span" in answer.url):  # the page goes on, and has each row once
        pass
    assert page.locator("#chart-apns .ticks text").count() == len(ticks)


def test_what_ended_yesterday_is_still_there_with_its_cost(visit, states):
    """Begin, end, pushes and users; its failures are one click away; the rest is folded."""
    page = visit(states["ended_yesterday"][0], java_script_enabled=False)
    first = page.locator("#incidents-live .incident").first
    assert "The Apple push certificate has expired" in first.inner_text()
    assert "21 November, 21:21 to 23:15 (1 h 54 min): 412 pushes, 131 users in 1 app" in first.inner_text()
    assert page.locator("#incidents-live .incident").count() == 5
    assert page.locator("#incidents-more .incident").count() == 3
    follow(first.get_by_role("link"))
    assert "code=903&platform=apns" in page.url
    follow(page.get_by_role("link", name="30 days"))
    assert "code=903" in page.url
    assert "412" not in page.locator("#chart-apns figcaption").inner_text()
    assert page.locator("#chart-apns .marked").count() == 1


def shown_values(page, platform):
    """Return the texts of the intervals that can be seen."""
    return page.eval_on_selector_all(
        f"#chart-{platform} .values span",
        "each => each.filter(e => getComputedStyle(e).clipPath === 'none').map(e => e.textContent)",
    )
