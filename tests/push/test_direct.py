"""A push past mesibo reaches a provider as it should, and every answer says what it means for mesibo."""

import base64
import datetime as dt
import json
import ssl
import urllib.parse
from unittest.mock import Mock

import h2.errors
import pytest
import trustme
from click.testing import CliRunner

from logwatch.catalogue import Catalogue
from logwatch.cli import group as command
from logwatch.credentials.look import examine
from logwatch.credentials.verdict import Request, Verdict
from logwatch.push import apns, fcm
from logwatch.push.direct import DirectError, DirectPush, Reply, describe
from logwatch.push.transport import Transport
from tests.helpers.making import BUNDLE, SECRET, account, authority, certificate, p12, pem, pem_key
from tests.helpers.running import PATIENCE
from tests.push.stubs import Ending, Endless, Provider

CATALOGUE = Catalogue.load()
NOW = dt.datetime.now(dt.UTC)
APNS_TOKEN = "0123456789abcdef" * 4
FCM_TOKEN = "cGxhY2Vob2xkZXI:APA91b" + "x" * 120
ACCESS = "ya29.access-hunter2"
ERROR_TYPE = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


def reasons(provider):
    return [(e.code, e.reason) for e in CATALOGUE.entries if e.provider == provider and e.reason and e.code >= 400]


class Bench:
    """Files, stubs and the command."""

    def __init__(self, directory):
        self.directory, self.stubs = directory, []
        self.file("to-apns", APNS_TOKEN.encode())
        self.file("to-fcm", FCM_TOKEN.encode())

    def file(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        path.chmod(0o600)
        return str(path)

    def apple(self, status=200, reason="", *, clients=True, **more):
        body = {"reason": reason, **more} if reason else b""
        stub = Provider(
            self.directory, lambda *_: (status, body), clients=pem(authority()).decode() if clients else None
        )
        self.stubs.append(stub)
        return stub

    def google(self, status=200, error=None, *, oauth=(200, {"access_token": ACCESS, "expires_in": 3599})):
        def answer(headers, _body):
            if headers[":path"] == "/token":
                return oauth
            return (status, {"error": error} if error else {"name": "projects/chat-app/messages/1"})

        self.stubs.append(Provider(self.directory, answer, protocols=("h2",)))
        return self.stubs[-1]

    def run(self, stub, *arguments, to=None):
        to = to or ("to-fcm" if "--fcm" in arguments else "to-apns")
        where = ["--endpoint", stub.url, "--ca-file", str(stub.authorities)] if stub else []
        done = CliRunner().invoke(command, ["push", "direct", *arguments, "--to", str(self.directory / to), *where])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        self.no_secrets(done.output)
        return done

    def no_secrets(self, text):
        for secret in (APNS_TOKEN, FCM_TOKEN, ACCESS, SECRET, "PRIVATE KEY", pem_key().decode()[60:120]):
            assert secret not in text

    def apns(self, stub, *arguments, made=None, **more):
        good = certificate(now=NOW)
        return self.run(stub, "--apns", self.file("push.p12", made or p12(good)), *arguments, **more)

    def fcm(self, stub, *arguments, **changes):
        changes = {"token_uri": f"{stub.url}/token"} | changes if stub else changes
        return self.run(stub, "--fcm", self.file("fcm.json", account(**changes)), *arguments)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    for stub in made.stubs:
        stub.close()


def test_apple_is_asked_over_http2_with_the_certificate_as_mesibo_would(bench):
    """A background push: topic of the certificate, priority 5, content-available; Apple sees the certificate."""
    stub = bench.apple()
    done = bench.apns(stub)
    assert done.exit_code == 0, done.output
    ((headers, body),) = stub.requests
    assert headers[":method"] == "POST"
    assert headers[":path"] == f"/3/device/{APNS_TOKEN}"
    assert (headers["apns-topic"], headers["apns-push-type"], headers["apns-priority"]) == (BUNDLE, "background", "5")
    assert json.loads(body)["aps"] == {"content-available": 1}
    assert (("commonName", f"Apple Push Services: {BUNDLE}"),) in stub.certificates[0]["subject"]
    assert "Apple accepts this token with this certificate" in done.output
    assert "mesibo holds is another certificate" in done.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--alert"], (BUNDLE, "alert", "10")),
        (["--voip"], (f"{BUNDLE}.voip", "voip", "10")),
        (["--topic", "com.example.other"], ("com.example.other", "background", "5")),
    ],
)
def test_other_styles_have_their_own_headers(arguments, expected, bench):
    """An alert, a call and a topic of one's own go out as Apple wants them."""
    stub = bench.apple()
    assert bench.apns(stub, *arguments).exit_code == 0
    headers, _ = stub.requests[0]
    assert (headers["apns-topic"], headers["apns-push-type"], headers["apns-priority"]) == expected


@pytest.mark.parametrize(("code", "reason"), reasons("apns"))
def test_every_reason_of_apples_is_shown_with_its_meaning(code, reason, bench):
    """What Apple documents is reported with the number, the reason, mesibo's code for it and the remedy."""
    more = {"timestamp": 1_763_806_500_000 if code == 410 else True}
    stub = bench.apple(code, reason, **more)
    asked = Request(name="x", file=bench.file("push.p12", p12(certificate(now=NOW))))
    verdict = Verdict(name="x", file=asked.file, provider="apns", form="x", bundle_id=BUNDLE, not_after=1.0)
    transport = Transport(stub.url, stub.authorities)
    reply = apns.send(DirectPush(APNS_TOKEN), asked, verdict, transport, sandbox=False, signing=None)
    text = "\n".join(describe(CATALOGUE, reply, verdict, sandbox=False, dry_run=False))
    entry = CATALOGUE.classify("apns", code, reason)
    assert f"Apple: {code} {reason}" in text
    assert f"In mesibo's log: code {code}" in text
    assert entry.meaning in text
    assert entry.remedy in text
    assert (("dead since 2025-11-22 10:15 UTC" if code == 410 else "dead since") in text) is (code == 410)


def error(code, reason):
    return {
        "code": code,
        "message": f"Something about {FCM_TOKEN} and {ACCESS}.",
        "status": "INVALID_ARGUMENT",
        "details": [{"@type": ERROR_TYPE, "errorCode": reason}],
    }


@pytest.mark.parametrize(("code", "reason"), reasons("fcm"))
def test_every_reason_of_googles_is_shown_with_its_meaning(code, reason, bench):
    """What Google documents is reported with the number, the errorCode, mesibo's code for it and the remedy."""
    stub = bench.google(code, error(code, reason))
    asked = Request(name="x", file=bench.file("fcm.json", account(token_uri=f"{stub.url}/token")))
    verdict = Verdict(name="x", file=asked.file, provider="fcm", form="x")
    reply = fcm.send(DirectPush(FCM_TOKEN), asked, verdict, Transport(stub.url, stub.authorities))
    text = "\n".join(describe(CATALOGUE, reply, verdict, sandbox=False, dry_run=False))
    bench.no_secrets(text)
    assert f"Google: {code} {reason}" in text
    assert f"In mesibo's log: code {code}" in text
    assert CATALOGUE.classify("fcm", code, reason).remedy in text


def test_google_is_asked_with_the_service_accounts_own_token(bench):
    """The signed request goes to the token address, its access token to the project's send, with a data message."""
    stub = bench.google()
    done = bench.fcm(stub)
    assert done.exit_code == 0, done.output
    (_, grant), (headers, body) = stub.requests
    fields = urllib.parse.parse_qs(grant.decode())
    assert fields["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert headers[":path"] == "/v1/projects/chat-app/messages:send"
    assert headers["authorization"] == f"Bearer {ACCESS}"
    sent = json.loads(body)
    assert "validate_only" not in sent
    assert (sent["message"]["token"], sent["message"]["data"]) == (FCM_TOKEN, {"mesibo-logwatch": "test"})
    assert "Google accepts this token with this service account" in done.output


def test_a_dry_run_asks_google_to_validate_only(bench):
    """Nothing reaches the phone, and it is said so."""
    stub = bench.google()
    done = bench.fcm(stub, "--dry-run", "--alert")
    sent = json.loads(stub.requests[-1][1])
    assert sent["validate_only"] is True
    assert sent["message"]["notification"]
    assert "Nothing was sent to the phone" in done.output


def test_a_token_that_google_calls_invalid_is_distinguished_from_a_bad_payload(bench):
    """INVALID_ARGUMENT about the token is 911's business, about anything else it is not."""
    about = {"code": 400, "message": "The registration token is not a valid FCM registration token",
             "status": "INVALID_ARGUMENT"}  # fmt: skip
    assert "or 911" in bench.fcm(bench.google(400, about)).output
    assert "or 911" not in bench.fcm(bench.google(400, about | {"message": "Invalid TTL"})).output


def test_what_apple_said_of_an_iphones_firebase_token_is_shown(bench):
    """FCM's INVALID_ARGUMENT with Apple's BadDeviceToken is about the token; FCM has no sandbox to try instead."""
    about = {"code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT",
             "details": [{"@type": ERROR_TYPE, "errorCode": "INVALID_ARGUMENT"},
                         {"@type": "x.ApnsError", "statusCode": 400, "reason": "BadDeviceToken"}]}  # fmt: skip
    output = bench.fcm(bench.google(400, about)).output
    assert "Google: 400 BadDeviceToken (Request contains an invalid argument)." in output
    assert "or 911" in output
    assert "--sandbox" not in output


def test_a_service_account_that_gets_no_token_is_reported_as_401(bench):
    """A key that was deleted at Google is reported with Google's own words, and what mesibo will log."""
    oauth = (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
    stub = bench.google(oauth=oauth)
    done = bench.fcm(stub)
    assert (done.exit_code, len(stub.requests)) == (1, 1)
    assert "Google: 401 UNAUTHENTICATED (invalid_grant: Invalid JWT Signature.)" in done.output


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_expired_certificate_is_reported_as_903(newest, bench):
    """Apple ends the handshake, whether its alert arrives or not; that is mesibo's 903."""
    old = certificate(days=-1, now=NOW)
    stub = Provider(bench.directory, lambda *_: (200, b""), clients=pem(authority()).decode(), newest=newest)
    bench.stubs.append(stub)
    done = bench.apns(stub, made=p12(old))
    assert done.exit_code == 1
    assert "code 903" in done.output
    assert "certificate expired" in done.output


def test_a_certificate_of_nobody_is_refused_and_said_so(bench):
    """A handshake that the other side ends for another cause leads to the check of the file."""
    stub = Provider(bench.directory, lambda *_: (200, b""), clients=trustme.CA().cert_pem.bytes().decode())
    bench.stubs.append(stub)
    done = bench.apns(stub)
    assert done.exit_code == 1
    assert "gave no answer" in done.output
    assert "credentials check" in done.output


def test_a_p8_key_signs_a_token_of_its_own(bench):
    """With --key-id, --team-id and --topic a .p8 key needs no certificate; its token is ES256."""
    stub = bench.apple(clients=False)
    file = bench.file("AuthKey.p8", pem_key("p8"))
    arguments = ["--key-id", "ABC123DEFG", "--team-id", "TEAM123456", "--topic", BUNDLE]
    done = bench.run(stub, "--apns", file, *arguments)
    assert done.exit_code == 0, done.output
    scheme, _, token = stub.requests[0][0]["authorization"].partition(" ")
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert (scheme, head["alg"], head["kid"], claims["iss"]) == ("bearer", "ES256", "ABC123DEFG", "TEAM123456")
    assert "with this key" in done.output
    assert bench.run(stub, "--apns", file).exit_code == 2


def test_a_password_opens_the_file_for_the_push_too(bench):
    """A .p12 with a password is used, with the warning that mesibo does not take it."""
    secret = bench.file("password", SECRET.encode())
    good = certificate(now=NOW)
    done = bench.apns(bench.apple(), "--password-file", secret, made=p12(good, secret=SECRET))
    assert done.exit_code == 0, done.output
    assert "opens only with a password" in done.output
    done = bench.apns(bench.apple(), made=pem_key() + pem(good))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("made", ["no key", "damaged", "other key"])
def test_a_file_that_cannot_sign_in_is_an_error(made, bench):
    """Without key, with another's, or damaged: an error that names the file and the check."""
    data = {
        "no key": p12(certificate(), with_key=False),
        "damaged": b"\x30\x00",
        "other key": pem_key("other") + pem(certificate()),
    }
    done = bench.apns(bench.apple(), made=data[made])
    assert done.exit_code == 2
    assert "cannot sign in with it" in done.output
    assert "mesibo-logwatch credentials check" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name one credential"),
        (["--apns", "F", "--fcm", "F"], "name one credential"),
        (["--apns", "F", "--dry-run"], "no dry run"),
        (["--fcm", "F", "--sandbox"], "Apple's"),
        (["--fcm", "F", "--voip"], "Apple's"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, words, bench):
    """Combinations that no provider knows are wrong use, before anything is read or sent."""
    file = bench.file("push.p12", p12(certificate()))
    done = CliRunner().invoke(command, ["push", "direct", *(file if each == "F" else each for each in arguments)])
    assert (done.exit_code, words in done.output) == (2, True)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "https://fcm.example.net", "https://127.0.0.1@example.net",
                                      "https://127.0.0.1.example.net", "https://127.0.0.1:0", "nonsense"])  # fmt: skip
def test_the_endpoint_of_tests_leads_nowhere_but_to_this_machine(endpoint, bench):
    """The hidden option for tests accepts no other host, and no plain HTTP."""
    stub = bench.apple()
    where = ["--endpoint", endpoint, "--ca-file", str(stub.authorities)]
    file = bench.file("push.p12", p12(certificate()))
    done = CliRunner().invoke(
        command, ["push", "direct", "--apns", file, "--to", str(bench.directory / "to-apns"), *where]
    )
    assert done.exit_code == 2
    assert "on this machine" in done.output


def test_a_signed_request_goes_to_google_or_to_nobody(bench):
    """A service account whose token address is somebody else's is not used."""
    stub = bench.google()
    done = bench.fcm(stub, token_uri="https://evil.example.net/token")
    assert "token_uri" in done.output
    assert stub.requests == []


def test_a_firebase_token_is_not_sent_to_apple(bench):
    """The usual mix-up of Step 4 is named before anything is sent."""
    stub = bench.apple()
    done = bench.apns(stub, to="to-fcm")
    assert "Firebase token (Step 4)" in done.output
    assert stub.requests == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"reason": 7}', b'{"error": {"details": 3}}', b"[" * 9999])
def test_answers_of_any_shape_are_described(body, bench):
    """A provider, or a proxy in its place, may answer anything: its number is reported, and no traceback."""
    stub = Provider(
        bench.directory,
        lambda headers, _: (200, {"access_token": ACCESS}) if headers[":path"] == "/token" else (418, body),
    )
    bench.stubs.append(stub)
    assert "Google: 418" in bench.fcm(stub).output
    assert "Apple: 418" in bench.apns(stub).output


@pytest.mark.parametrize(
    "grant", [{"access_token": "\N{LATIN SMALL LETTER E WITH ACUTE}"}, {"access_token": ACCESS, "expires_in": 10**30},
              {"access_token": ACCESS, "expires_in": float("inf")}, [1], b"[" * 9999],
)  # fmt: skip
def test_an_answer_without_an_access_token_that_can_be_used_is_reported(grant, bench):
    """It is the answer that is wrong, not the service account, and nothing is sent with it."""
    stub = bench.google(oauth=(200, grant))
    done = bench.fcm(stub)
    assert (done.exit_code, len(stub.requests)) == (1, 1)
    assert "no access token came back" in done.output


@pytest.mark.parametrize(
    ("oauth", "status"),
    [
        ((200, {}), 200),
        ((200, b"<html>log in</html>"), 200),
        ((407, b""), 407),
        ((403, [1]), 403),
        ((503, {"error": "internal_failure"}), 503),
        ((400, {"error": "temporarily_unavailable"}), 400),
    ],
)
def test_no_access_token_is_the_accounts_fault_only_where_google_says_so(oauth, status, bench, monkeypatch):
    """A failing token server, or a proxy in its place, is not reported as a 401 of the service account."""
    monkeypatch.setattr("google.auth._exponential_backoff.time", Mock())  # which waits before it asks again
    done = bench.fcm(bench.google(oauth=oauth))
    assert done.exit_code == 1
    assert "no access token came back" in done.output
    assert f"status {status}" in done.output
    assert "401" not in done.output


@pytest.mark.parametrize(
    ("end", "told"),
    [
        pytest.param(
            lambda to, _: to.close_connection(h2.errors.ErrorCodes.NO_ERROR, b'{"reason":"Shutdown"}'),
            'it ended the request with NO_ERROR: {"reason":"Shutdown"}',
            id="GOAWAY",
        ),
        pytest.param(
            lambda to, stream: to.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM),
            "it ended the request with REFUSED_STREAM",
            id="RST_STREAM",
        ),
        pytest.param(
            lambda to, stream: to.send_headers(stream, [(":status", "abc")], end_stream=True),
            "the rules of HTTP were broken: invalid literal for int() with base 10: 'abc'",
            id="no number",
        ),
    ],
)
def test_how_a_request_was_ended_is_reported_in_words(end, told, bench):
    """Apple's reason in GOAWAY is shown as text, not in hexadecimal or as the name of a Python class."""
    stub = Ending(bench.directory, end)
    bench.stubs.append(stub)
    for done in (bench.apns(stub), bench.fcm(stub)):
        assert done.exit_code == 1
        assert "gave no answer" in done.output
        assert told in done.output
        assert "additional_data" not in done.output


@pytest.mark.parametrize("answer", [b"<html>blocked</html>", b"", b"[]", b'{"name": null}'])
def test_a_200_is_a_providers_only_with_what_each_of_its_own_has(answer, bench):
    """A proxy's page comes with 200 as well, or with no status at all: that is not told as an accepted push."""
    stub = Provider(
        bench.directory,
        lambda headers, _: (200, {"access_token": ACCESS} if headers[":path"] == "/token" else answer),
        fields=(),
    )
    bench.stubs.append(stub)
    for done, who in ((bench.apns(stub), "Apple"), (bench.fcm(stub), "Google")):
        assert done.exit_code == 1
        assert f"{who} gave no answer: the answer has status 200 and no " in done.output
        assert "accepts this token" not in done.output
        assert f"in {who}'s place" in done.output


@pytest.mark.parametrize("topic", ["", "com.exämple", "com.example chat", "com.example\nchat"])
def test_a_topic_that_no_header_can_hold_is_not_told_as_apples_silence(topic, monkeypatch):
    """It is the sender's own: nothing is sent, and the option is named."""
    monkeypatch.setattr(apns, "_sign_in", lambda *_: None)
    verdict = Verdict(name="x", file="x", provider="apns", form="x", not_after=1.0, bundle_id=topic)
    with pytest.raises(DirectError, match="--topic"):
        apns.send(DirectPush(APNS_TOKEN), None, verdict, Transport(), sandbox=False, signing=None)


def test_a_provider_that_is_silent_has_not_refused_the_certificate(bench, monkeypatch):
    """What is dropped on the way looks like this: the way is to be tested, not the file."""
    monkeypatch.setattr("logwatch.push.transport.ANSWER_SECONDS", 0.5)
    stub = Ending(bench.directory, lambda *_: None)
    bench.stubs.append(stub)
    for done in (bench.apns(stub), bench.fcm(stub)):
        assert done.exit_code == 1
        assert "gave no answer: nothing came for 0 s" in done.output
        assert "certificate" not in done.output
        assert "TCP 443" in done.output


@pytest.mark.parametrize(
    ("part", "times", "pause", "told"),
    [(b" ", 40, 0.05, "no whole answer within 1 s"), (b" " * 65536, 20, 0.0, "more than 1048576 bytes")],
)
def test_an_answer_has_a_bound_in_time_and_in_bytes(part, times, pause, told, bench, monkeypatch):
    """Who drips or floods, in the place of a provider, costs neither hours nor the memory."""
    monkeypatch.setattr("logwatch.push.transport.LONGEST_SECONDS", 1.0 if pause else PATIENCE)
    stub = Endless(bench.directory, part, times, pause)
    bench.stubs.append(stub)
    for done in (bench.apns(stub), bench.fcm(stub)):
        assert done.exit_code == 1
        assert "gave no answer" in done.output
        assert told in done.output


def test_a_file_that_hangs_who_looks_at_it_is_not_opened_for_a_push(bench, monkeypatch):
    """A .p12 may ask for more rounds of key derivation than anybody waits for: what was not checked is not used."""
    monkeypatch.setattr("logwatch.cli.push_direct.examine", lambda requests: examine(requests, patience=0.0))
    stub = bench.apple()
    done = bench.apns(stub)
    assert done.exit_code == 2
    assert "cannot sign in with it" in done.output
    assert stub.requests == []


def test_nobody_there_is_reported_with_the_way_to_test(bench):
    """A provider that cannot be reached is reported as such: mesibo's pushes take the same way."""
    stub = bench.apple()
    stub.close()
    done = bench.apns(stub)
    assert "gave no answer" in done.output


def test_a_bad_token_says_which_environment_to_try():
    """BadDeviceToken is about sandbox and production: the other one is suggested."""
    verdict = Verdict(name="x", file="x", provider="apns", form="x", not_after=1.0)
    reply = Reply("apns", 400, "BadDeviceToken")
    assert any("with --sandbox" in line for line in describe(CATALOGUE, reply, verdict, sandbox=False, dry_run=False))
    assert any("without --sandbox" in line for line in describe(CATALOGUE, reply, verdict, sandbox=True, dry_run=False))


def described(reply, **how):
    verdict = Verdict(name="n", file="f", provider=reply.provider, form="", not_after=1.0)
    return "\n".join(describe(CATALOGUE, reply, verdict, **{"sandbox": False, "dry_run": False, **how}))


@pytest.mark.parametrize(
    ("reason", "own", "name"),
    [
        ("BadDeviceToken", 911, "mesibo_bad_push_token"),
        ("DeviceTokenNotForTopic", 912, "mesibo_certificate_app_mismatch"),
        ("TopicDisallowed", 912, "mesibo_certificate_app_mismatch"),
        ("BadTopic", 912, "mesibo_certificate_app_mismatch"),
        ("BadCertificate", 904, "mesibo_certificate_error"),
        ("BadCertificateEnvironment", 905, "mesibo_production_certificate_required"),
        ("PayloadTooLarge", 913, "mesibo_bad_payload"),
    ],
)
def test_mesibos_own_code_means_what_the_providers_reason_does(reason, own, name):
    """Whoever looks for the failure in mesibo's log looks for either of them."""
    assert CATALOGUE.classify("apns", own).name == name
    assert f"In mesibo's log: code 400, or {own} where mesibo notices it" in described(Reply("apns", 400, reason))


@pytest.mark.parametrize(
    ("reply", "how", "said", "unsaid"),
    [
        (Reply("apns", 410, "Unregistered"), {}, ["about this credential and"], ["Apple, not mesibo", "--sandbox"]),
        (Reply("apns", 413, "PayloadTooLarge"), {}, [], ["about this credential", "Apple, not mesibo", "--sandbox"]),
        (Reply("fcm", 503, "UNAVAILABLE"), {}, ["It is Google, not mesibo"], ["about this credential"]),
        (Reply("apns", 400, "BadDeviceToken"), {}, ["with --sandbox", "is of the development environment"], []),
        (
            Reply("apns", 400, "BadDeviceToken"),
            {"sandbox": True},
            ["without --sandbox", "is of the production environment"],
            [],
        ),
        (
            Reply("apns", 200, detail="apns-id X"),
            {"sandbox": True},
            ["Apple: 200 (apns-id X).", "this certificate in its sandbox.", "If the phone shows nothing"],
            ["Nothing was sent"],
        ),
        (
            Reply("fcm", 200),
            {"dry_run": True},
            ["Google: 200.", "Nothing was sent to the phone: Google only validated"],
            ["If the phone shows nothing", "in its sandbox"],
        ),
    ],
)
def test_what_follows_from_an_answer_is_said_and_nothing_else(reply, how, said, unsaid):
    """Whose fault it is, what to try, and what was sent, each only where it follows."""
    told = described(reply, **how)
    assert [each for each in said if each not in told] == []
    assert [each for each in unsaid if each in told] == []


def test_a_push_that_the_sandbox_accepts_says_what_its_token_is():
    """The same token is refused in production, and mesibo needs a certificate for it."""
    assert "The token is of a development build" in described(Reply("apns", 200), sandbox=True)
    said = described(Reply("apns", 200))
    assert "development build" not in said
    assert "prove it: mesibo-logwatch push test USER" in said
