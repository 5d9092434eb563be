"""mesibo's backend is asked in its own form, and whatever it answers is explained without the token."""

import logging
import socket
import threading

import pytest

from logwatch.cli.push import _backend
from logwatch.config import Backend as Settings
from logwatch.errors import LogwatchError
from logwatch.push.backend import ERRORS, Backend, BackendError, operate, refusal
from tests.helpers.running import free_port
from tests.push.stubs import APP_TOKEN, Provider
from tests.push.stubs import Backend as Stub

BUILT_IN = {
    "FAIL", "RATELIMITED", "QUOTAEXCEEDED", "CREDITSEXCEEDED", "BADVALUE", "INVALIDVALUE", "MISSINGPARAMS", "BADREQ",
    "BADPAYLOAD", "BADORIGIN", "AUTHFAIL", "TOKENBREACH", "BADOP",
}  # fmt: skip


@pytest.fixture
def serve():
    stubs = []

    def start(answer):
        stubs.append(Stub(answer if callable(answer) else lambda _asked: answer))
        return stubs[-1]

    yield start
    for stub in stubs:
        stub.close()


def ask(stub, field="users", value=("+49301",), op="pushtest"):
    notes = []
    return operate(Backend(stub.url, APP_TOKEN), op, field, list(value), notes.append), notes


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://mesibo.example/backend", True),
        ("HTTP://mesibo.example:8080/backend", True),
        ("http://127.0.0.1.example/backend", True),
        ("https://mesibo.example/backend", False),
        ("http://127.0.0.1/backend", False),
        ("http://[::1]:8080/backend", False),
        ("HTTP://LOCALHOST:80", False),
    ],
)
def test_whoever_would_send_the_token_over_a_network_in_the_clear_is_warned(address, warned, tmp_path, capsys):
    """However the address is written; on this machine there is nobody to read it."""
    token = tmp_path / "token"
    token.write_text(APP_TOKEN)
    token.chmod(0o600)
    assert _backend(Settings(), address, token).url == address
    said = capsys.readouterr().err
    assert said == warned * f"warning: {address} is not https: the app token crosses the network in the clear\n"


def test_an_operation_is_a_post_of_json_with_op_and_token(serve):
    """The request has the operation, the token and the one field, and nothing else."""
    stub = serve({"op": "pushtest", "result": True})
    assert ask(stub)[0].accepted
    assert stub.requests == [{"op": "pushtest", "token": APP_TOKEN, "users": ["+49301"]}]


@pytest.mark.parametrize("error", sorted(BUILT_IN))
def test_each_error_of_the_backend_is_explained(error, serve):
    """Every error that mesibo's binary knows has its meaning and a remedy of its own."""
    answer, _ = ask(serve({"op": "pushtest", "result": False, "error": error, "cause": "because", "properties": ["x"]}))
    told = refusal("http://h", "pushtest", answer)
    assert (answer.accepted, answer.error) == (False, error)
    assert told.why.startswith(ERRORS[error][0])
    assert "(x)" in told.why
    assert "because" in told.why
    assert told.try_


def test_an_unknown_error_is_reported_as_it_came(serve):
    """An error that nobody documents is reported with mesibo's own words."""
    answer, _ = ask(serve({"result": False, "error": "NEWERROR", "action": "do this"}))
    assert "NEWERROR" in str(refusal("http://h", "pushtest", answer))
    assert "do this" in str(refusal("http://h", "pushtest", answer))


@pytest.mark.parametrize("form", [["addresses"], {"addresses": "required"}, "addresses", ["op", "token", "addresses"]])
def test_a_field_of_another_name_is_sent_under_the_name_that_is_asked_for(form, serve):
    """Where the guess is wrong the backend names the field; it is sent once more, and the setting is reported."""

    def answer(asked):
        return {"result": True} if "addresses" in asked else {"error": "MISSINGPARAMS", "properties": form}

    stub = serve(answer)
    found, notes = ask(stub)
    assert found.accepted
    assert [sorted(asked) for asked in stub.requests] == [["op", "token", "users"], ["addresses", "op", "token"]]
    assert 'users_field = "addresses"' in notes[0]


def test_a_backend_that_is_never_content_is_asked_twice_at_most(serve):
    """A backend that asks for one more field each time does not make a loop."""
    names = iter("abcdefgh")
    stub = serve(lambda _asked: {"error": "MISSINGPARAMS", "properties": [next(names)]})
    assert not ask(stub)[0].accepted
    assert len(stub.requests) == 2
    stub = serve({"error": "MISSINGPARAMS", "properties": ["a", "b"]})
    assert ask(stub)[0].fields == ("a", "b")
    assert len(stub.requests) == 1


@pytest.mark.parametrize("properties", [[None], [5], [[]], [""], 5, None, [{"a": 1}]])
def test_what_is_no_name_is_not_suggested_as_one(properties, serve):
    """A backend that names no field in words is asked once, and its refusal told."""
    stub = serve({"error": "MISSINGPARAMS", "properties": properties})
    found, notes = ask(stub)
    assert (found.error, found.fields, notes) == ("MISSINGPARAMS", (), [])
    assert len(stub.requests) == 1


NO_BACKEND = {
    "a page": (200, {}, b"<html>hello"),
    "another JSON": (200, {}, b'{"a": 1}'),
    "deep JSON": (200, {}, b"[" * 100_000),
    "nothing": (200, {}, b""),
    "not found": (404, {}, b"no such page"),
    "no FastCGI": (502, {}, b"bad gateway"),
    "a redirect": (302, {"Location": "https://elsewhere.example/backend"}, b""),
    "the token sent back": (500, {}, f"you sent {APP_TOKEN}".encode()),
    "controls": (200, {}, b"\x1b[2J\xff\x00"),
}


@pytest.mark.parametrize("what", NO_BACKEND)
def test_what_is_no_backend_is_reported_and_the_token_goes_nowhere_else(what, serve):
    """Another server's answer is an error that says what came, with neither the token nor control characters in it."""
    elsewhere = serve({"result": True})
    status, headers, body = NO_BACKEND[what]
    stub = serve(lambda _asked: (status, dict.fromkeys(headers, elsewhere.url), body))
    with pytest.raises(BackendError) as raised:
        ask(stub)
    text = str(raised.value)
    assert APP_TOKEN not in text
    assert "\x1b" not in text
    assert str(status) in text
    assert (f"that leads to {elsewhere.url}" in text) == bool(headers)
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("answer", "accepted", "error"),
    [
        ({"result": True}, True, ""),
        ({"result": 1, "error": ""}, True, ""),
        ({"result": "true", "error": None}, True, ""),
        ({"result": True, "error": "BADVALUE"}, False, "BADVALUE"),
        ({"result": False}, False, "FAIL"),
        ({"result": None}, False, "FAIL"),
        ({"error": ""}, False, "FAIL"),
    ],
)
def test_what_is_accepted_has_a_true_result_and_no_error(answer, accepted, error, serve):
    """Whatever is unclear is a refusal: nobody is to wait for a push that was not sent."""
    found, _ = ask(serve(answer))
    assert (found.accepted, found.error) == (accepted, error)


def test_only_a_missing_field_is_sent_again_under_its_name(serve):
    """A field that another error names is no other name for ours."""
    stub = serve({"error": "BADVALUE", "properties": ["addresses"]})
    assert ask(stub)[0].error == "BADVALUE"
    assert len(stub.requests) == 1


def test_a_certificate_that_is_not_trusted_is_reported_with_the_address_to_use(tmp_path):
    """That of the host itself, which the app token need not leave."""
    stub = Provider(tmp_path, None)
    try:
        with pytest.raises(BackendError, match="certificate verify failed") as raised:
            Backend(stub.url, APP_TOKEN).call("pushtest", {})
    finally:
        stub.close()
    assert "http://127.0.0.1/backend will do" in raised.value.problems[0].try_


def test_a_backend_that_is_not_there_is_reported():
    """A refused connection says so, with what to see to."""
    with pytest.raises(LogwatchError) as raised:
        Backend(f"http://127.0.0.1:{free_port()}/backend", APP_TOKEN).call("pushtest", {})
    assert "does not answer" in str(raised.value)
    assert "-b PORT" in str(raised.value)


def test_an_answer_whose_head_never_ends_is_reported(serve):
    """Headers without end are an answer of nobody's, not a fault of ours."""
    stub = serve(lambda _asked: (200, {"X": "y" * 100_000}, b""))
    with pytest.raises(BackendError, match="the header of its answer does not end"):
        ask(stub)


def test_an_answer_that_breaks_off_is_reported_once_and_in_words(monkeypatch, capfd):
    """None of tornado's own messages, tracebacks included, reaches the terminal."""
    monkeypatch.setattr("logwatch.push.backend.ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # as in the command, where nothing is set up
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            taken, _ = listener.accept()
            with taken:
                taken.recv(65536)
                taken.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 99)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(BackendError, match="does not answer"):
            Backend(f"http://127.0.0.1:{listener.getsockname()[1]}/backend", APP_TOKEN).call("pushtest", {})
    assert capfd.readouterr() == ("", "")


def test_names_without_number_are_reported_in_a_line(serve):
    """Of the fields that a backend asks for no more are reported than anybody reads."""
    answer, _ = ask(serve({"error": "MISSINGPARAMS", "properties": [f"p{i}" for i in range(60_000)]}))
    assert len(str(refusal("http://h", "pushtest", answer))) < 1000


def test_the_token_is_not_in_what_python_prints():
    """A backend that lands in a message by mistake does not show its token."""
    assert APP_TOKEN not in repr(Backend("http://h", APP_TOKEN))
