"""A tab says what is wrong, and a stored user whether anybody else knows it."""

import pytest

from logwatch.config import Config, Export, Source
from logwatch.config.sources import WebhookSource
from logwatch.diagnosis.facts import Finding, Rank
from logwatch.privacy import Privacy, is_hidden
from logwatch.web.overview import settings
from logwatch.web.site import as_html, tab_title


def finding(severity, title):
    return Finding("key", Rank(0, severity), title, "yours", "remedy")


@pytest.mark.parametrize(
    ("findings", "title"),
    [
        ([finding("good", "All pushes are accepted.")], "OK - mesibo push"),
        ([finding("info", "No push was logged in the last hour.")], "mesibo push"),
        (
            [finding("critical", "The certificate has expired: every iOS push fails."), finding("warning", "b")],
            "(2) The certificate has expired - mesibo push",
        ),
        ([finding("warning", "Set `push = 1`; it is off.")], "(1) Set push = 1 - mesibo push"),
        ([finding("warning", "word " * 30)], f"(1) {('word ' * 12).strip()}\N{HORIZONTAL ELLIPSIS} - mesibo push"),
        ([finding("info", "small"), finding("critical", "big")], "(1) big - mesibo push"),
    ],
)
def test_a_tab_is_called_by_its_heaviest_fault(findings, title):
    """The title has the number of faults and the heaviest one; notes do not count."""
    assert tab_title(findings) == title


def test_a_number_stays_with_what_it_is_of():
    """On a narrow screen a line would begin with "6)" or with a sign that is of nothing."""
    assert as_html("5 % (Step 6)") == "5\N{NO-BREAK SPACE}% (Step\N{NO-BREAK SPACE}6)"


def test_what_is_to_be_copied_is_as_it_was_written():
    """A sign that stays with its number is for sentences; in a command it would be another character."""
    assert (
        as_html("5 % of `df | grep 9 %`, 3 %")
        == "5\N{NO-BREAK SPACE}% of <code>df | grep 9 %</code>, 3\N{NO-BREAK SPACE}%"
    )


@pytest.mark.parametrize("user", ["+18005551234", "a", "bob@example.com", "\N{SNOWMAN}", "x" * 200])
def test_a_mask_and_a_hash_are_distinguished_from_an_address(user):
    """A backend is handed nothing that only this installation understands."""
    assert is_hidden(Privacy("mask", b"k").user(user))
    assert is_hidden(Privacy("hash", b"k").user(user))
    assert not is_hidden(Privacy("plain", b"k").user(user))


def test_what_an_address_has_behind_its_question_mark_is_not_shown():
    """Some destinations take their token there; the page is for everybody who may see numbers."""
    config = Config(export=(Export(url="https://logs.example/push?token=abc"), Export(url="http://loki:3100/push")))
    shown = [value for name, value in settings(config) if name.endswith(".url")]
    assert shown == ['"https://logs.example/push?***"', '"http://loki:3100/push"']


def test_settings_below_a_directory_of_no_encoding_can_be_shown():
    """The page lists every setting, including absolute paths below a directory whose name is no text."""
    config = Config(source=(Source(name="mesibo", paths=("/\udcff/m*.log",)),))
    for _, value in settings(config):
        assert value.encode()


def test_the_path_of_a_webhook_is_not_shown():
    """Whoever knows it may post."""
    config = Config(source=(Source(name="hook", webhook=WebhookSource(path="/webhook/0123456789abcdef")),))
    shown = dict(settings(config))
    assert shown["source[0].webhook.path"] == '"***"'
    assert "0123456789abcdef" not in str(shown)
