"""A page of the error log has each failure once, identical ones in one row."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.ledger.reader import Listed, Place
from logwatch.ledger.waiting import StoredFailure
from logwatch.web.answer import etag_of, is_prefix, prefix_of, under
from logwatch.web.groups import grouped


def listed(users):
    """Make failures as the ledger has them, newest first."""
    return [
        Listed(Place(1000.0 - i, 99 - i), StoredFailure(1000.0 - i, "m", "apns", "903", "", "1", user, "t", str(i)))
        for i, user in enumerate(users)
    ]


def test_identical_failures_are_one_row_with_their_number_and_span():
    """Failures that differ only in time and shape share a row."""
    found = grouped(listed("abaac"), 10)
    assert [(group.newest.user, group.count, group.newest.at, group.first) for group in found.groups] == [
        ("a", 3, 1000.0, 997.0),
        ("b", 1, 999.0, 999.0),
        ("c", 1, 996.0, 996.0),
    ]
    assert (found.last, found.more, found.count) == (Place(996.0, 95), False, 5)


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(st.lists(st.sampled_from("abcdef"), max_size=60), st.integers(1, 5), st.integers(1, 20))
def test_reading_page_by_page_meets_every_failure_once(users, most, looked_at):
    """Pages end, have at most as many rows as asked for, and lose and repeat nothing."""
    left, met = listed(users), []
    while left:
        found = grouped(left, most, looked_at)
        assert 0 < len(found.groups) <= most
        taken = [each for each in left if each.place >= found.last]
        assert found.count == len(taken) <= looked_at
        met += taken
        left = left[len(taken) :]
        assert found.more == bool(left)
    assert met == listed(users)


def test_a_row_has_the_same_name_when_a_new_failure_joins_it():
    """A row's id stays when a failure joins, so that what is open on the page stays open."""
    before, after = (grouped(listed(users), 5).groups[0] for users in ("ab", "aab"))
    assert before.id == after.id
    assert len({group.id for group in grouped(listed("abcdef"), 10).groups}) == 6


@pytest.mark.parametrize(
    ("forwarded", "configured", "prefix"),
    [
        ("", "", ""),
        ("/mesibo", "", "/mesibo"),
        ("/mesibo/", "", "/mesibo"),
        ("/ops/mesibo-1", "/other", "/ops/mesibo-1"),
        ("/a, /b", "", "/a"),
        ("", "/mesibo", "/mesibo"),
        ("//evil.example", "/mesibo", "/mesibo"),
        ("https://evil.example", "", ""),
        ('/"><script>', "", ""),
        ("/a/../b", "", ""),
        ("/\\evil", "", ""),
        ("/a\r\nX: 1", "", ""),
    ],
)
def test_only_a_path_is_a_prefix(forwarded, configured, prefix):
    """No header leads a link to another host, or out of its attribute."""
    assert prefix_of(forwarded, configured) == prefix


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(st.text())
def test_a_prefix_is_nothing_that_ends_an_attribute_or_names_a_host(text):
    """No X-Forwarded-Prefix can end an attribute or lead to another host."""
    if is_prefix(text):
        assert text.startswith("/")
        assert not text.startswith("//")
        assert not set(text) & set("\"'<>\\ \n\r?#")


def test_every_link_to_the_root_goes_below_the_prefix():
    """Relative ones, and those to other hosts, stay; text that was filled in has no quotes of its own."""
    body = b'<a href="/codes">x</a><form action="/#log"><script src="/s.js"></script><a href="./">href=&quot;/</a>'
    assert under("/m", body).count(b'="/m/') == 3
    assert under("", body) == body
    assert b'href="./"' in under("/m", body)


def test_the_moment_alone_makes_no_other_page():
    """Everything else does."""
    page = '<time class="now" datetime="{0}">{0}</time><time datetime="{1}">{1}</time>'
    assert etag_of(page.format(1, 2).encode()) == etag_of(page.format(9, 2).encode())
    assert etag_of(page.format(1, 2).encode()) != etag_of(page.format(1, 3).encode())
