"""What is made of the facts in a file, one by one: pure functions, without keys."""

import pytest

from logwatch.credentials import apple, google
from logwatch.credentials.apple import DEVELOPMENT, PASS, PRODUCTION, TOPICS, VOIP, Certificate, Holding, topics_of
from logwatch.credentials.verdict import Request
from tests.helpers.making import tlv, topics

AT = 1_795_000_000.0
APP = "com.example.chat"


def judged(*oids, asked=(), key=True, fits=True, form=".p12", **facts):
    extensions = dict.fromkeys(oids, b"") | facts.pop("extensions", {})
    given = {"common_name": f"Apple Push Services: {APP}", "user_id": APP, "issuer": "Apple", "not_before": AT - 9}
    certificate = Certificate(**{**given, "not_after": AT + 90 * 86400, "extensions": extensions, **facts})
    return apple.judge(Request(name="n", file="f", **dict(asked)), Holding(form, certificate, key, fits), AT)


def kinds(verdict):
    return [flaw.kind for flaw in verdict.flaws]


@pytest.mark.parametrize(
    ("oids", "environment", "found"),
    [
        ([DEVELOPMENT, PRODUCTION], "both", []),
        ([PRODUCTION], "production", []),
        ([DEVELOPMENT], "development", ["development"]),
        ([VOIP], "both", ["voip_only"]),
        ([PASS, PRODUCTION], "", ["pass_certificate"]),
        ([], "", ["not_push"]),
    ],
)
def test_extensions_tell_what_a_certificate_is_for(oids, environment, found):
    """A pass has the one of production as well, and is for no push."""
    verdict = judged(*oids)
    assert (verdict.environment, kinds(verdict)) == (environment, found)
    assert verdict.form.startswith("Apple push") == (found not in (["not_push"], ["pass_certificate"]))


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"common_name": "Pass Type ID: pass.x", "user_id": ""}, "pass_certificate"),
        ({"common_name": "x", "user_id": "pass.x"}, "pass_certificate"),
        ({"common_name": "Website Push ID: web.x", "user_id": ""}, "website_certificate"),
        ({"common_name": "x", "user_id": "web.x"}, "website_certificate"),
    ],
)
def test_a_name_tells_what_else_a_certificate_is_for(facts, found):
    """By its common name, or by its user id."""
    assert kinds(judged(PRODUCTION, **facts)) == [found]


@pytest.mark.parametrize(
    ("name", "what"), [("Apple Root CA", "that names Apple but is not for push"), ("h", "of a website or server")]
)
def test_what_is_no_push_certificate_is_said(name, what):
    """Whoever took the wrong one of several sees which."""
    (flaw,) = judged(common_name=name).flaws
    assert flaw.what == f'"{name}" has none of Apple\'s push extensions: it is a certificate {what}.'


def test_the_app_is_the_first_topic_that_is_one_else_the_subject():
    """A universal certificate lists others before it."""
    listed = topics((f"{APP}.complication", "complication"), (APP, "app"))
    assert judged(PRODUCTION, extensions={TOPICS: listed}, user_id="com.example.other").bundle_id == APP
    calls = judged(PRODUCTION, extensions={TOPICS: topics((f"{APP}.voip", "voip"))}, user_id="com.example.other")
    assert (calls.bundle_id, kinds(calls)) == ("com.example.other", ["voip_only"])
    unreadable = judged(PRODUCTION, extensions={TOPICS: b"?"})
    assert [topic.name for topic in unreadable.topics] == [APP]


def test_calls_are_known_by_extension_or_name_and_only_of_apple():
    """A name alone makes no certificate of Apple's."""
    assert [topic.kind for topic in judged(VOIP).topics] == ["voip"]
    named = {"common_name": f"VoIP Services: {APP}"}
    assert [topic.name for topic in judged(PRODUCTION, **named).topics] == [f"{APP}.voip"]
    assert kinds(judged(**named)) == ["not_push"]


def test_what_is_not_in_the_file_is_held_against_nothing():
    """Without topics none is missing, without an environment none is wrong, and without a key none is another's."""
    asked = {"bundle_id": APP, "environment": "development"}
    assert kinds(judged(PASS, asked=asked, user_id="")) == ["pass_certificate"]
    assert kinds(judged(PRODUCTION, key=False, fits=False)) == ["no_key"]
    assert kinds(judged(PRODUCTION, user_id="")) == []


def test_a_certificate_has_expired_at_its_date_and_is_a_note_in_another_form():
    """Not a second later; and mesibo takes a .p12 alone."""
    assert kinds(judged(PRODUCTION, not_after=AT)) == ["expired"]
    assert kinds(judged(PRODUCTION, not_after=AT + 0.5)) == ["expires_soon"]
    assert [(flaw.kind, flaw.severity) for flaw in judged(PRODUCTION, form=".pem").flaws] == [("not_p12", "note")]


TEXT, LIST = 0x0C, 0x30


@pytest.mark.parametrize(
    "value",
    [
        tlv(TEXT, b""),
        tlv(LIST, b""),
        tlv(LIST, tlv(TEXT, b"a")),
        tlv(LIST, tlv(LIST, b"") + tlv(LIST, b"")),
        tlv(LIST, tlv(TEXT, b"a") + tlv(TEXT, b"b")),
        tlv(LIST, tlv(TEXT, b"a") + tlv(LIST, b""))[:-1],
        bytes([LIST, 0x85, 0, 0, 0, 0, 7]) + tlv(TEXT, b"a") + tlv(LIST, tlv(TEXT, b"")),
        tlv(LIST, tlv(TEXT, b"a") + tlv(LIST, b"")) * 2,
    ],
)
def test_what_is_no_list_of_topics_is_none(value):
    """Pairs of a name and a list, whose lengths fit; nothing behind them."""
    with pytest.raises(ValueError, match=r"no list of topics|cut short|too many values"):
        list(topics_of(value))


def account(**changes):
    given = {"type": "service_account", "project_id": "chat", "private_key": "k", "client_email": "a@b.example"}
    return {**given, "token_uri": "https://oauth2.googleapis.com/token", **changes}


def of_google(content, **asked):
    return google.judge(Request(name="n", file="f", **asked), content, lambda _pem: "")


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("https://googleapis.com/token", None),
        ("https://oauth2.googleapis.com/token", None),
        ("https://accounts.google.com/o/oauth2/token", None),  # as in files from before 2018
        ("https://x.accounts.google.com/o/oauth2/token", "x.accounts.google.com"),
        ("http://oauth2.googleapis.com/token", "oauth2.googleapis.com"),
        ("https://evilgoogleapis.com/token", "evilgoogleapis.com"),
        ("https://googleapis.com.example/token", "googleapis.com.example"),
        ("https://[/token", "no host"),
        ("mailto:oauth2@googleapis.com", "no host"),
    ],
)
def test_tokens_are_asked_of_google_alone(uri, named):
    """Over https, at a host of its own."""
    said = [flaw.what for flaw in of_google(account(token_uri=uri)).flaws]
    assert said == ([f"Its token_uri names {named}, not https at googleapis.com."] if named else [])


@pytest.mark.parametrize(
    ("content", "form", "said"),
    [
        (
            {"project_info": {"project_id": "chat"}, "client": []},
            "JSON file",
            "google-services.json of the project chat,",
        ),
        ({"project_info": 5, "client": []}, "JSON file", "google-services.json, which"),
        ({"project_info": {}}, "JSON file", "not a service account: it has no type."),
        ({"client": []}, "JSON file", "not a service account: it has no type."),
        ({"type": "authorized_user"}, "JSON file", 'its type is "authorized_user".'),
        (account(project_id=5), "service account JSON", "lacks project_id."),
    ],
)
def test_what_is_no_whole_service_account_is_said(content, form, said):
    """One statement: what else could be said follows from it."""
    verdict = of_google(content, project="other")
    assert verdict.form == form
    (flaw,) = verdict.flaws
    assert said in flaw.what


def test_an_account_of_another_project_is_one_fault():
    """The project that was named decides; without a name the account's own address does."""
    foreign = account(client_email="a@else.iam.gserviceaccount.com")
    assert kinds(of_google(foreign)) == ["foreign_account"]
    assert kinds(of_google(foreign, project="chat")) == []
    assert kinds(of_google(foreign, project="other")) == ["project"]
    assert kinds(of_google({**foreign, "project_id": ""})) == ["missing_field"]
