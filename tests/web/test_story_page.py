"""One user's story over HTTP, the error log's search by the real address, and pages behind a proxy or unchanged."""

import csv
import html
import io
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from logwatch.config import Config, Source
from logwatch.config.schema import Privacy as PrivacySettings
from logwatch.ledger.batch import Batch
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Position
from logwatch.privacy import Privacy
from logwatch.report import recent
from logwatch.web import site
from logwatch.web import user as user_page
from logwatch.web.access import Access
from logwatch.web.server import WebServer
from logwatch.web.site import Site
from logwatch.web.views import rules
from tests.helpers.running import PATIENCE
from tests.web.test_serving import NOW, Watched

USER, OTHER = "+18005551234", "+18005559934"
TOKEN = "ab" * 32


def line(seconds, user, code):
    at = NOW - seconds
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime(at)) + f"-{round(at * 1000) % 1000:03}"
    return f"E{stamp} (1): push_on_complete: uid {user} type apn aid 1 token {TOKEN} code {code}\n"


@pytest.fixture
def watched(tmp_path):
    """Yield a daemon that masks users: kept failures of two of them, the newer ones still in a log."""
    made = Watched(tmp_path / "state")
    log = tmp_path / "mesibo.log"
    log.write_text("".join(line(60 - i, USER, 903 if i == 3 else 200) + line(60 - i, OTHER, 914) for i in range(9)))
    os.utime(log, (NOW, NOW))
    made.config = Config(source=(Source(name="mesibo", paths=(str(log),)),))
    privacy = Privacy("mask", made.ledger.key)
    batch = Batch(1000)
    for at, user, code in ((86400, USER, "901"), (57, USER, "903"), *((i, OTHER, "914") for i in range(30))):
        batch.fail([StoredFailure(NOW - at, "mesibo", "apns", code, "", "1", privacy.user(user), privacy.token(TOKEN))])
    batch.move(Position(1, "mesibo", str(log), 1, 1, 4, b"h", 10, 4, b"t", 10, "live"))
    batch.ready.add("mesibo")
    assert made.ledger.commit(batch)
    yield made
    made.ledger.close()


@pytest.fixture
def clock():
    return [NOW + 1]


@pytest.fixture
def serve(watched, clock):
    """Start servers, with what links begin with."""
    servers = []

    def start(prefix=""):
        served = rules(CollectorRegistry(), watched, clock=lambda: clock[0])
        servers.append(WebServer("127.0.0.1", 0, served, Access(prefix=prefix)))
        servers[-1].start()
        return lambda path, **headers: ask(servers[-1].port, path, headers)

    yield start
    for each in servers:
        each.stop()


def ask(port, path, headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


@pytest.fixture
def get(serve):
    return serve()


@pytest.mark.parametrize("spelt", [USER, "18005551234"])
def test_masked_failures_are_found_by_the_real_address(get, spelt):
    """Page, API and download; another user whose mask looks alike is not found, nor is half an address."""
    query = urllib.parse.urlencode({"text": spelt})
    assert json.loads(get(f"/api/v1/failures?{query}")[2])["total"] == 2
    rows = list(csv.DictReader(io.StringIO(get(f"/downloads/failures.csv?{query}")[2])))
    assert {row["code"] for row in rows} == {"901", "903"}
    page = get(f"/?{query}")[2]
    assert "Failures of this user are kept" in page
    assert f'href="/user?address={urllib.parse.quote_plus(spelt)}"' in page
    assert json.loads(get("/api/v1/failures?text=555123")[2])["total"] == 0
    assert "Failures of this user are kept" not in get("/?text=18005559999")[2]


def test_the_story_has_kept_failures_and_accepted_pushes_in_order(get):
    """What the log has lost comes from the ledger, what both have is told once, and all of it is judged together.

    Where nothing is missing, no notice says so; the token is masked alike in both.
    """
    page = get(f"/user?{urllib.parse.urlencode({'address': USER})}")[2]
    codes = re.findall(r'data-label="Code"><a href="/codes/(\d+)"', page)
    assert codes == ["200"] * 5 + ["903"] + ["200"] * 3 + ["901"]
    assert "iOS: 2 failed, the last one at 10:14:03 UTC with 903 Certificate expired; 5 accepted since then" in re.sub(
        "</?time[^>]*>", "", page
    )
    assert "+18***34" not in page
    assert 'class="notice"' not in page
    assert "older ones" not in page
    assert TOKEN not in page
    assert len(set(re.findall(r'data-label="Token"><bdi>([^<]*)', page))) == 1


def test_a_page_without_a_push_says_what_that_means(get):
    """Without any push, the page explains that, and shows the address as text."""
    page = get("/user?address=%3Cb%3Enobody%22")[2]
    assert "No push to this user was found." in page
    assert "&lt;b&gt;nobody&quot;" in page
    assert "No push to this user" not in get("/user")[2]


def test_the_page_says_if_not_all_of_the_logs_was_read(get, monkeypatch):
    """The bound, how far back that goes, and what goes further; of a log that was read whole nothing of it."""
    address = f"/user?{urllib.parse.urlencode({'address': USER})}"
    assert "Not all of the logs were read" not in get(address)[2]
    monkeypatch.setattr(recent, "MOST_BYTES", 300)
    page = get(address)[2]
    assert "Not all of the logs were read, but at most 16 MiB of files and 50,000 entries of a journal" in page
    assert "to go further back: <code>mesibo-logwatch report --user +18005551234</code>" in page


def test_a_command_with_an_address_can_be_copied_whatever_it_is(get, monkeypatch):
    """A link with another command in the address makes no such command of ours."""
    monkeypatch.setattr(recent, "MOST_BYTES", 300)
    page = get(f"/user?{urllib.parse.urlencode({'address': 'x;reboot'})}")[2]
    assert "report --user &#x27;x;reboot&#x27;</code>" in page


def test_links_keep_the_span_of_the_charts(get):
    """Pages of the error log, downloads, incidents and Clear; a span that is none is left out."""
    page = get("/?span=week&code=914")[2]
    links = [html.unescape(each) for each in re.findall(r'href="(/(?:\?|downloads/failures)[^"]*)"', page)]
    assert {"/?span=week#log", "/downloads/failures.csv?code=914&span=week"} <= set(links)
    assert all("span=" in each for each in links)
    assert get("/downloads/failures.csv?code=914&span=week")[0] == 200
    assert "span=bogus" not in get("/?span=bogus")[2]


def test_addresses_for_programs_begin_with_the_prefix_of_a_proxy(serve, watched):
    """Links in the API's incidents work through a proxy with a prefix."""
    row = ResultRow("mesibo", "apns", "903", "")
    batch = Batch(10)
    batch.incident(Incident("k", "critical", "t", "yours", (row,), NOW - 90, NOW - 50, NOW - 50, 1), frozenset())
    assert watched.ledger.commit(batch)
    get = serve()
    answer = get("/api/v1/incidents", **{"X-Forwarded-Prefix": "/ops/mesibo"})[2]
    (address,) = [each["failures"] for each in json.loads(answer)["incidents"] if each["key"] == "k"]
    assert address.startswith("/ops/mesibo/api/v1/failures?code=903")
    assert json.loads(get(address.removeprefix("/ops/mesibo"))[2])["total"] == 1
    assert f'"{address.removeprefix("/ops/mesibo")}"' in get("/api/v1/incidents")[2]


def test_a_page_is_made_once_for_all_who_look_at_it(get, watched, monkeypatch):
    """A page is shared until something new is on disk; another address or prefix is another page."""
    made = []
    monkeypatch.setattr(Site, "render", lambda self, name, *_, **more: made.append(name) or b'<a href="/">')
    monkeypatch.setattr(site, "FRESH_SECONDS", 1e9)
    assert get("/")[2] == get("/")[2] == '<a href="/">'
    assert made == ["status.html"]
    assert get("/", **{"X-Forwarded-Prefix": "/p"})[2] == '<a href="/p/">'
    get("/?code=903")
    assert len(made) == 3
    batch = Batch(10)
    batch.count("mesibo", "lines")
    assert watched.ledger.commit(batch)
    get("/")
    assert len(made) == 4


def test_without_a_log_nothing_is_said_of_accepted_pushes(get, watched):
    """A file that is gone leaves what is kept."""
    Path(watched.config.source[0].paths[0]).unlink()
    page = get(f"/user?{urllib.parse.urlencode({'address': USER})}")[2]
    assert "pushes that were accepted are not known" in page
    assert "accepted pushes are only in the log" in page


def without_ledger(watched, _):
    for part in watched.ledger_path.parent.glob("ledger.sqlite3*"):
        part.unlink()


def without_grammar(watched, _):
    watched.config = Config(source=(Source(name="mesibo", paths=("x",), grammar="gone"),))


def without_users(watched, _):
    log = Path(watched.config.source[0].paths[0])
    log.write_text(log.read_text().replace(f"uid {USER} ", "").replace(f"uid {OTHER} ", ""))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_ledger, "The failures that are kept cannot be read now: "),
        (without_grammar, "The logs were not read: "),
        (without_users, "The push lines of this log name no user: accepted pushes cannot be told apart."),
        (lambda _, patch: patch.setattr(user_page, "_JUDGED", 3), "Of 9 pushes in the logs, the newest 3 are judged."),
        (lambda _, patch: patch.setattr(user_page, "MOST", 3), "and 7 older ones"),
    ],
)
def test_what_a_story_lacks_is_said(get, watched, monkeypatch, change, told):
    """A page with a part of the truth never looks like the whole."""
    change(watched, monkeypatch)
    status, _, body = get(f"/user?address={urllib.parse.quote(USER)}")
    assert (status, told in body) == (200, True)


def test_identical_failures_are_one_row_with_their_number(get):
    """Thirty times the same user and code: one row, and both rows of the other user."""
    page = get("/")[2]
    assert page.count('<tr id="failure-') == 3
    assert '<td data-label="Times" class="n">30</td>' in page
    assert "30 times on this page" in page


@pytest.mark.parametrize(
    ("query", "total"),
    [("from=2m", 31), ("to=2m", 1), ("from=10:14:40", 21), ("from=10:14:40&to=10:14:50", 10), ("from=today", 31),
     ("from=2025-11-21&to=2025-11-22", 1), ("from=2025-11-22T10:14:31Z&code=903", 0)],
)  # fmt: skip
def test_failures_are_narrowed_by_their_time(get, query, total):
    """From is in it, to is not; times without a zone are UTC."""
    assert json.loads(get(f"/api/v1/failures?{query}")[2])["total"] == total
    assert get(f"/?{query}")[0] == 200


def test_a_time_that_is_none_is_refused_in_words(get):
    """Page, API and downloads refuse an invalid time before anything is sent."""
    assert "from is a time in UTC, such as 2h" in get("/?from=soon")[2]
    assert get("/api/v1/failures?to=soon")[0] == 400
    assert get("/downloads/failures.csv?to=soon")[0] == 400


@pytest.mark.parametrize("query", ["from=2m&to=1h", "from=10:14&to=10:14", "from=2025-11-22&to=2025-11-21"])
def test_times_between_which_nothing_can_be_are_refused(get, query):
    """An empty list would say that nothing failed; the page keeps what was asked for, to be mended."""
    for address in (f"/?{query}", f"/api/v1/failures?{query}", f"/downloads/failures.csv?{query}"):
        status, headers, body = get(address)
        assert status == 400
        assert "from is not before to: no failure can be between them" in body
        assert get(address, **{"If-None-Match": headers.get("ETag", "none")})[0] == 400


@pytest.mark.parametrize("identifiers", ["mask", "hash"])
def test_a_list_for_clean_up_says_what_to_set_while_users_are_masked(get, watched, identifiers):
    """A mask is no use to a backend; a browser gets a page, a program a line."""
    watched.config = msgspec.structs.replace(watched.config, privacy=PrivacySettings(identifiers=identifiers))
    status, headers, body = get("/downloads/clean-up.csv")
    assert (status, headers["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert 'set privacy.identifiers = "plain"' in body
    assert 'href="/"' in get("/downloads/clean-up.csv", Accept="text/html")[2]
    assert "for clean-up by a backend, set" in get("/")[2] or "No token is known to be dead" in get("/")[2]


def test_a_list_for_clean_up_has_real_addresses_alone(get, watched):
    """Users who were stored masked are left out of the clean-up list."""
    watched.config = msgspec.structs.replace(watched.config, privacy=PrivacySettings(identifiers="plain"))
    masked = Privacy("mask", watched.ledger.key).user(OTHER)
    batch = Batch(10)
    for user in (USER, masked, "bob@example.com"):
        batch.fail([StoredFailure(NOW, "mesibo", "fcm", "404", "UNREGISTERED", "1", user, "abcd***ef#123456")])
    assert watched.ledger.commit(batch)
    rows = list(csv.DictReader(io.StringIO(get("/downloads/clean-up.csv")[2])))
    assert sorted(row["user"] for row in rows) == [USER, "bob@example.com"]


def test_a_list_for_clean_up_continues_after_a_thousand_masked_users(get, watched):
    """Masked users who fail more often do not end the clean-up list."""
    watched.config = msgspec.structs.replace(watched.config, privacy=PrivacySettings(identifiers="plain"))
    batch = Batch(5000)
    for n in range(1001):
        user, token = f"+1***21#{n:06x}", "abcd***ef#123456"
        batch.fail([StoredFailure(NOW, "mesibo", "fcm", "404", "UNREGISTERED", "1", user, token)] * 2)
    batch.fail([StoredFailure(NOW, "mesibo", "fcm", "404", "UNREGISTERED", "1", USER, "abcd***ef#123456")])
    assert watched.ledger.commit(batch)
    rows = list(csv.DictReader(io.StringIO(get("/downloads/clean-up.csv")[2])))
    assert [row["user"] for row in rows] == [USER]


PAGES = ["/", "/unread", "/user", "/user?address=x", "/codes", "/codes/903", "/runbooks/", "/runbooks/codes-and-steps",
         "/nothing"]  # fmt: skip


@pytest.mark.parametrize("how", ["header", "setting", "setting, path left in place"])
@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_home_behind_a_path_prefix(serve, how, path):
    """Pages, forms, scripts, downloads, and pages of errors; what a link names is there behind such a proxy."""
    get = serve("" if how == "header" else "/ops/mesibo")
    headers = {"Accept": "text/html"} | ({"X-Forwarded-Prefix": "/ops/mesibo"} if how == "header" else {})
    kept = "/ops/mesibo" if "left" in how else ""
    page = get(kept + path, **headers)[2]
    links = set(re.findall(r'\b(?:href|src|action)="(/[^"#]*)', page))
    assert links
    assert all(link.startswith("/ops/mesibo/") for link in links)
    for link in sorted(links)[:6]:
        assert get(kept + link.removeprefix("/ops/mesibo").replace("&amp;", "&"), **headers)[0] in (200, 403), link


def test_of_many_files_the_page_says_how_many_it_leaves_out(serve, watched):
    """Fifty are shown; nobody takes them for all. Where there is none, the page says so."""
    (known,) = watched.ledger.positions.values()
    many, none = Batch(1), Batch(1)
    for i in range(1, 1101):
        many.move(known._replace(generation=i, path=f"/var/log/{i}.log", inode=i))
        none.forget(i)
    assert watched.ledger.commit(many)
    page = serve()("/")[2]
    assert "Files and positions (1100)" in page
    assert '<p class="quiet">and 1,050 more</p>' in page
    assert watched.ledger.commit(none)
    assert "No file is followed yet." in serve()("/")[2]


def test_the_address_of_the_prefix_alone_is_the_status_page(serve):
    """People type it without a slash at its end, and not every proxy adds one."""
    get = serve("/ops/mesibo")
    assert get("/ops/mesibo")[0] == get("/ops/mesibo?span=day")[0] == 200
    assert get("/ops/mesibos")[0] == 404


def test_a_prefix_that_is_none_changes_nothing(get):
    """A stranger's header leads no link to another host."""
    assert get("/", **{"X-Forwarded-Prefix": "//evil.example"})[2] == get("/")[2]


@pytest.mark.parametrize("path", ["/", "/codes", "/codes/903", "/unread", "/static/style.css"])
def test_an_unchanged_page_is_a_304_without_a_body(get, watched, clock, path, monkeypatch):
    """Though it is of a later moment; what has changed comes whole."""
    monkeypatch.setattr(site, "FRESH_SECONDS", 0.0)  # each look is a new one
    clock[0] = NOW + 1
    _, headers, _ = get(path)
    clock[0] = NOW + 3
    status, again, body = get(path, **{"If-None-Match": headers["ETag"]})
    assert (status, body, again["ETag"]) == (304, "", headers["ETag"])
    assert get(path, **{"If-None-Match": 'W/"other"'})[0] == 200
    if path == "/":
        batch = Batch(10)
        batch.fail([StoredFailure(NOW, "mesibo", "fcm", "404", "", "1", "u", "t")])
        assert watched.ledger.commit(batch)
        status, again, _ = get(path, **{"If-None-Match": headers["ETag"]})
        assert status == 200
        assert again["ETag"] != headers["ETag"]
