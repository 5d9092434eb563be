"""Every kind of credential file has its verdict: what it is for, until when, and which code each fault will cause."""

import contextlib
import datetime as dt
import os
import stat
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.credentials.apple import topics_of
from logwatch.credentials.look import examine
from logwatch.credentials.read import verdict
from logwatch.credentials.verdict import Request
from tests.helpers import making
from tests.helpers.making import (
    BUNDLE,
    GOOGLE_SERVICES,
    NOW,
    PLIST,
    SECRET,
    account,
    authority,
    certificate,
    old_p12,
    p12,
    pem,
    pem_key,
    topics,
)

AT = NOW.timestamp()


def look(directory, data, name="push.p12", **asked):
    """Look at a file with these bytes."""
    path = directory / name
    path.write_bytes(data)
    path.chmod(0o600)
    if "password" in asked:
        secret = directory / "password"
        secret.write_text(asked.pop("password") + "\n")
        secret.chmod(0o600)
        asked["password_file"] = str(secret)
    return verdict(Request(name="x", file=str(path), **asked), AT)


def problems(found):
    return [(flaw.kind, flaw.code) for flaw in found.problems]


WRONG = {
    "a certificate that has expired": (lambda: p12(certificate(days=-1)), [("expired", 903)]),
    "one that expires in twelve days": (lambda: p12(certificate(days=12)), [("expires_soon", 903)]),
    "one that is not valid yet": (lambda: p12(certificate(since=1)), [("not_yet_valid", 904)]),
    "a development certificate": (lambda: p12(certificate("development")), [("development", 905)]),
    "a VoIP certificate": (lambda: p12(certificate("voip")), [("voip_only", 912)]),
    "a pass certificate": (lambda: p12(certificate("pass")), [("pass_certificate", 904)]),
    "a website push certificate": (lambda: p12(certificate("website")), [("website_certificate", 904)]),
    "a website's TLS certificate": (lambda: p12(certificate("server")), [("not_push", 904)]),
    "a certificate without its key": (lambda: p12(certificate(), with_key=False), [("no_key", 904)]),
    "a key of another certificate": (lambda: p12(certificate(), owner="other"), [("key_mismatch", 904)]),
    "the same in a .pem": (lambda: pem_key("other") + pem(certificate()), [("key_mismatch", 904)]),
    "a .p12 with a password that nobody gave": (lambda: p12(certificate(), secret=SECRET), [("locked", 904)]),
    "a .pem whose key is encrypted": (lambda: pem_key(secret=SECRET) + pem(certificate()), [("locked", 904)]),
    "a .p8 key": (lambda: pem_key("p8"), [("signing_key", 904)]),
    "a key of another curve than Apple's": (lambda: pem_key("P-521"), [("no_certificate", 904)]),
    "a key alone": (pem_key, [("no_certificate", 904)]),
    "an encrypted key alone": (lambda: pem_key(secret=SECRET), [("no_certificate", 904)]),
    "a public key": (
        lambda: b"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
        [("no_certificate", 904)],
    ),
    "a signing request": (
        lambda: b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
        [("signing_request", 904)],
    ),
    "a provisioning profile": (lambda: b"0\x82\x01<key>AppIDName</key>", [("provisioning_profile", 904)]),
    "a .p12 that was cut": (lambda: p12(certificate())[:900], [("locked", 904)]),
    "random bytes": (lambda: b"\x00\x01\x02", [("damaged", 904)]),
    "google-services.json": (lambda: GOOGLE_SERVICES, [("client_file", 401)]),
    "GoogleService-Info.plist": (lambda: PLIST, [("client_file", 401)]),
    "a user's JSON": (lambda: b'{"type": "authorized_user"}', [("not_service_account", 401)]),
    "JSON of no type": (lambda: b"{}", [("not_service_account", 401)]),
    "JSON that was cut": (lambda: account()[:300], [("damaged", 401)]),
    "a list": (lambda: b"[1]", [("damaged", 401)]),
    "a service account without its key": (lambda: account(private_key=None), [("missing_field", 401)]),
    "a service account whose key was cut": (
        lambda: account(private_key=pem_key().decode()[:200]),
        [("bad_key", 401)],
    ),
    "a service account whose key lost its line breaks": (
        lambda: account(private_key=pem_key().decode().replace("\n", " ")),
        [("bad_key", 401)],
    ),
    "a service account with a key of another kind": (
        lambda: account(private_key=pem_key("p8").decode()),
        [("bad_key", 401)],
    ),
    "a service account of another project": (
        lambda: account(client_email="a@elsewhere.iam.gserviceaccount.com"),
        [("foreign_account", 403)],
    ),
    "a token address of somebody else": (
        lambda: account(token_uri="https://googleapis.com.example.net/token"),
        [("token_uri", 401)],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_each_mix_up_is_named_with_the_code_that_it_will_cause(what, tmp_path):
    """A file that cannot push gives one problem, with mesibo's code for it, its step and what to do."""
    make, expected = WRONG[what]
    found = look(tmp_path, make())
    assert problems(found) == expected
    assert all(flaw.step and flaw.remedy and flaw.what.endswith(".") for flaw in found.flaws)


@pytest.mark.parametrize(
    ("make", "asked", "said"),
    [
        (lambda: b"-----BEGIN NEW CERTIFICATE REQUEST-----\nMIIB\n", {}, "is a certificate signing request"),
        (lambda: b"[1]", {}, "its JSON is not an object"),
        (lambda: b"[" * 100_000, {}, "its JSON nests too deep"),
        (lambda: b'{"type":\n}', {}, "no valid JSON (line 2)"),
        (lambda: b'{"type": "\xff"}', {}, "no valid JSON."),
        (lambda: certificate().public_bytes(making.DER)[:-9], {}, "neither a .p12, a certificate, a key nor JSON"),
        (lambda: pem(certificate()).replace(b"M", b"!"), {}, "cannot be understood (ValueError)"),
        (lambda: p12(None), {}, "the .p12 holds no certificate"),
        (lambda: p12(certificate(), secret=SECRET), {}, "does not open without a password, or is damaged"),
        (lambda: p12(certificate(), secret=SECRET), {"password": "x"}, "does not open with the given password, or"),
        (lambda: pem_key(secret=SECRET) + pem(certificate()), {}, "is encrypted, and does not open."),
        (lambda: pem_key(secret=SECRET) + pem(certificate()), {"password": "x"}, "not open with the given password."),
        (pem_key, {}, "is a private key alone; its certificate is missing"),
        (lambda: pem_key(secret=SECRET), {}, "a private key alone, encrypted or damaged; its certificate is missing"),
        (lambda: pem(authority()) + pem(certificate("server")), {}, '"www.example.com" has none of Apple'),
    ],
)
def test_why_a_file_cannot_be_used_is_said(make, asked, said, tmp_path):
    """The one problem says what the file is, or how far it could be understood; a chain is judged by its end."""
    (flaw,) = look(tmp_path, make(), **asked).problems
    assert said in flaw.what


def test_a_key_decides_which_of_two_certificates_is_judged(tmp_path):
    """Of an old and a new certificate in one .pem, that of the key is what Apple will see."""
    found = look(tmp_path, pem_key() + pem(certificate(owner="other")) + pem(certificate(days=-1)), "push.pem")
    assert problems(found) == [("expired", 903)]


FINE = {
    "universal": ("both", (BUNDLE, f"{BUNDLE}.voip", f"{BUNDLE}.complication"), True),
    "production": ("production", (BUNDLE,), False),
}


@pytest.mark.parametrize("kind", FINE)
@pytest.mark.parametrize("form", ["p12", "p12 with its chain", "old p12", "pem", "cer", "pem of the certificate"])
def test_a_good_certificate_is_described_in_every_form(kind, form, tmp_path):
    """Bundle ID, topics, VoIP, environment, dates and key come out of each form, and no problem does."""
    made = certificate(kind)
    data, name, key = {
        "p12": (p12(made), "push.p12", True),
        "p12 with its chain": (p12(made, chain=[authority()]), "push.p12", True),
        "old p12": (old_p12(tmp_path, made), "push.p12", True),
        "pem": (pem_key() + pem(made), "push.pem", True),
        "cer": (made.public_bytes(making.DER), "aps.cer", False),
        "pem of the certificate": (pem(authority()) + pem(made), "aps.pem", False),
    }[form]
    found = look(tmp_path, data, name, bundle_id=BUNDLE, environment="production")
    environment, topics, voip = FINE[kind]
    assert problems(found) == []
    assert (found.environment, tuple(t.name for t in found.topics), found.voip) == (environment, topics, voip)
    assert (found.bundle_id, found.key, found.provider) == (BUNDLE, key, "apns")
    assert found.not_after == (NOW + dt.timedelta(300)).timestamp()


@pytest.mark.parametrize("old", [True, False])
def test_a_password_is_a_problem_though_it_opens_the_file(old, tmp_path):
    """Mesibo takes no .p12 with a password: it is opened with the given one, described, and said to cause 904."""
    data = old_p12(tmp_path, certificate(), SECRET) if old else p12(certificate(), secret=SECRET)
    found = look(tmp_path, data, password=SECRET)
    assert problems(found) == [("password", 904)]
    assert found.bundle_id == BUNDLE
    assert problems(look(tmp_path, data, password="wrong")) == [("locked", 904)]


def test_a_missing_password_file_is_no_fault_of_the_certificate(tmp_path):
    """If the password cannot be read, nothing is said about the certificate, and no code is predicted."""
    found = look(tmp_path, p12(certificate(), secret=SECRET), password_file=str(tmp_path / "nowhere"), project="x")
    assert (problems(found), found.provider) == ([("unreadable", None)], "apns")


def test_a_password_that_is_not_needed_is_no_problem(tmp_path):
    """A file that opens without a password is fine, whatever password_file holds."""
    assert problems(look(tmp_path, p12(certificate()), password=SECRET)) == []


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        ("universal", {"bundle_id": f"{BUNDLE}.voip"}, []),
        ("universal", {"bundle_id": "com.example.other"}, [("bundle_id", 912)]),
        ("production", {"environment": "development"}, [("environment", 403)]),
        ("development", {"environment": "production"}, [("development", 905)]),
        ("development", {"environment": "development"}, []),
        ("voip", {"bundle_id": BUNDLE}, [("voip_only", 912)]),
    ],
)
def test_what_is_expected_is_held_against_the_certificate(kind, asked, expected, tmp_path):
    """Bundle ID and environment that are asked for and not there are problems, each said once."""
    assert problems(look(tmp_path, p12(certificate(kind)), **asked)) == expected


@pytest.mark.parametrize(
    ("changes", "asked", "expected"),
    [
        ({}, {"project": "chat-app"}, []),
        ({}, {"project": "another"}, [("project", 403)]),
        ({"client_email": "a@elsewhere.iam.gserviceaccount.com"}, {"project": "chat-app"}, []),
        ({"client_email": "1-compute@developer.gserviceaccount.com"}, {}, []),
        ({"project_id": "example.com:chat", "client_email": "a@chat.example.com.iam.gserviceaccount.com"}, {}, []),
    ],
)
def test_the_project_is_held_against_the_service_account(changes, asked, expected, tmp_path):
    """Another project than asked for will be refused with 403; whoever names the project knows its accounts."""
    assert problems(look(tmp_path, account(**changes), "fcm.json", **asked)) == expected


def test_a_file_that_others_may_read_is_noted_and_not_refused(open_directory):
    """A private key that every user may read is worth a note; a certificate alone is not, nor what nobody can reach."""
    path = open_directory / "push.p12"
    path.write_bytes(p12(certificate()))
    for mode, above, kinds in (
        (0o644, 0o755, ["others_may_read"]),
        (0o640, 0o755, ["group_may_read"]),
        (0o644, 0o750, ["group_may_read"]),
        (0o644, 0o700, []),
        (0o600, 0o755, []),
    ):
        path.chmod(mode)
        open_directory.chmod(above)
        found = verdict(Request(name="x", file=str(path)), AT)
        assert ([n.kind for n in found.notes], problems(found)) == (kinds, [])
    path.chmod(0o644)
    open_directory.chmod(0o755)
    path.write_bytes(certificate().public_bytes(making.DER))
    assert [n.kind for n in verdict(Request(name="x", file=str(path)), AT).notes] == ["no_key"]


@pytest.mark.parametrize("what", ["nothing", "directory", "pipe", "empty", "huge"])
def test_what_is_no_file_is_said_and_waited_for_by_nobody(what, tmp_path):
    """A path that leads to no file, to a pipe without a writer, or to too much, is an unreadable credential."""
    path = tmp_path / "push.p12"
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what != "nothing":
        path.write_bytes(b"x" * (2 << 20) if what == "huge" else b"")
    assert problems(verdict(Request(name="x", file=str(path)), AT)) == [("unreadable", None)]


def test_what_systemd_hands_over_is_read_in_place_of_the_secrets_directory(tmp_path, monkeypatch):
    """A service sees /etc/mesibo-logwatch/secrets/NAME as secret_NAME, and the configuration needs one path only."""
    (tmp_path / "secret_push.p12").write_bytes(p12(certificate()))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    found = verdict(Request(name="x", file="/etc/mesibo-logwatch/secrets/push.p12"), AT)
    assert (found.bundle_id, found.flaws) == (BUNDLE, ())


def test_names_out_of_a_file_cannot_move_a_cursor(tmp_path):
    """Names from a file are shown without control characters, and cut at a bound."""
    found = look(tmp_path, account(project="\x1b[2J" + "x" * 9999, client_email="a@b"), "fcm.json")
    assert found.project.isprintable()
    assert len(found.project) <= 200


BAD_TOPICS = [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x0c\x01a", b"\x30\x03\x0c\x01a", b"\x30\x80", b"\x30\x00"]


@pytest.mark.parametrize("count", [1, 4, 5, 10, 2000])
def test_topics_are_read_however_many_there_are(count):
    """DER writes a length from 128 on in another way: the topics of an ordinary app are that long together."""
    pairs = [(f"com.example.app{n}", "app") for n in range(count)]
    assert [(topic.name, topic.kind) for topic in topics_of(topics(*pairs))] == pairs


@pytest.mark.parametrize("value", BAD_TOPICS)
def test_an_extension_that_cannot_be_read_is_an_error_of_its_own(value):
    """Topics that are not built as Apple builds them are a ValueError, never another one."""
    with pytest.raises(ValueError, match=r"\w"):
        list(topics_of(value))


@given(st.binary(max_size=80))
def test_any_bytes_are_topics_or_an_error(value):
    """No value of the extension makes anything but topics or a ValueError."""
    with contextlib.suppress(ValueError):
        list(topics_of(value))


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"a":' * 100_000, b'{"type": 1, "private_key": {}}', b"\xef\xbb\xbf{}"]
)
def test_json_of_any_shape_gives_a_verdict(text, tmp_path):
    """JSON that nests without end, has other types or a byte order mark is judged as any other."""
    assert look(tmp_path, text, "fcm.json").problems


def test_a_file_that_takes_too_long_costs_the_verdict_on_itself_alone(tmp_path):
    """A process that hangs is ended when its time is over; the next file has its verdict."""
    hang = ["sh", "-c", "sleep 60"]
    (found,) = examine([Request(name="x", file="/x.json")], command=hang, patience=1.0)
    assert problems(found) == [("not_checked", None)]
    assert "longer than 1 seconds" in found.problems[0].what
    (found,) = examine([Request(name="x", file="/x.json")], command=["sh", "-c", "kill -SEGV $$"])
    assert "status -11" in found.problems[0].what


def test_without_the_library_it_is_said_how_to_get_it(tmp_path):
    """A missing extra is a verdict with the command that installs it."""
    (found,) = examine([Request(name="x", file="/x.json")], command=["sh", "-c", "exit 3"])
    assert found.problems[0].remedy == f"{sys.executable} -m pip install 'mesibo-logwatch[credentials]'"


def test_the_short_lived_process_returns_the_same_verdict(tmp_path):
    """A verdict is unchanged when it is passed between processes."""
    path = tmp_path / "push.p12"
    path.write_bytes(p12(certificate("development", days=3)))
    path.chmod(0o600)
    asked = Request(name="x", file=str(path))
    assert examine([asked], clock=lambda: AT) == (verdict(asked, AT),)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
