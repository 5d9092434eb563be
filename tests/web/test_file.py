"""exporter-toolkit's web configuration file: everything wrong is told by line, and promtool agrees."""

import contextlib
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.errors import WebError
from logwatch.web.access import load
from logwatch.web.file import CIPHERS, CIPHERS_13, CURVES, WebFile, read

HASH = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"


@pytest.fixture
def written(tmp_path, certificates):
    def write(text):
        (tmp_path / "web.yml").write_text(text)
        return tmp_path / "web.yml"

    certificates(tmp_path)
    return write


def problems(path):
    with pytest.raises(WebError) as told:
        load(path, exposed=False)
    return told.value.problems


def promtool(path):
    """Return promtool's opinion: True, False, or None when it is not here."""
    found = shutil.which("promtool")
    if found is None:
        assert not os.environ.get("CI"), "promtool is not installed"
        return None
    return subprocess.run([found, "check", "web-config", path], capture_output=True, check=False).returncode == 0


GOOD = [
    pytest.param("", id="nothing"),
    pytest.param("# a comment\n", id="a comment"),
    pytest.param(TLS, id="TLS"),
    pytest.param(f"basic_auth_users:\n  alice: {HASH}\n  bob: {HASH}\n", id="users"),
    pytest.param("basic_auth_users:\n", id="no users"),
    pytest.param(TLS + "  min_version: TLS13\n  max_version: TLS13\n", id="TLS 1.3"),
    pytest.param(TLS + f"  cipher_suites: [{', '.join(CIPHERS)}]\n", id="every cipher"),
    pytest.param(TLS + f"  cipher_suites: [{', '.join(CIPHERS_13)}]\n", id="ciphers of TLS 1.3"),
    pytest.param(TLS + "  curve_preferences: [CurveP256]\n  prefer_server_cipher_suites: false\n", id="a curve"),
    pytest.param(TLS + "  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n", id="all curves"),
    pytest.param(
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n", id="client certificates"
    ),
    pytest.param(TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n", id="if given"),
    pytest.param(TLS + "  client_auth_type: RequestClientCert\n", id="asked for only"),
    pytest.param(
        TLS + "  client_ca_file: ''\n  client_auth_type:\nhttp_server_config:\n  headers:\n", id="values that are empty"
    ),
    pytest.param(
        "http_server_config:\n  http2: false\n  headers:\n    X-Frame-Options: deny\n"
        "    Strict-Transport-Security: max-age=31536000\n    X-Content-Type-Options: nosniff\n",
        id="headers",
    ),
]

BAD = [
    pytest.param("tls_server_config:\n  cert_file: server.pem\n", "key_file is missing", id="no key"),
    pytest.param("tls_server_config:\n  cert_file: x.pem\n  key_file: server.key\n", "x.pem cannot be read", id="path"),
    pytest.param(TLS.replace("server.key", "other.key"), "key values mismatch", id="another key"),
    pytest.param(TLS.replace("server.key", "ca.pem"), "cannot be used together", id="no key in the file"),
    pytest.param(TLS + "  min_version: TLS99\n", "one of TLS10, TLS11, TLS12, TLS13", id="a version"),
    pytest.param(TLS + "  cipher_suites: [ROT13]\n", '"ROT13" cannot be used', id="a cipher"),
    pytest.param(TLS + "  cipher_suites: TLS_AES_128_GCM_SHA256\n", "a list is expected", id="a list"),
    pytest.param(TLS + "  curve_preferences: [Curve1]\n", '"Curve1" cannot be used', id="a curve"),
    pytest.param(TLS + "  client_auth_type: Maybe\n", '"Maybe" cannot be used\n  try: one of N', id="client_auth_type"),
    pytest.param(TLS + "  client_ca_file: ca.pem\n", "nobody is asked", id="an authority in vain"),
    pytest.param(TLS + "  client_allowed_sans: [a]\n", "has no effect without", id="names in vain"),
    pytest.param(TLS + "  cert_fil: x\n", "did you mean cert_file?", id="a key misspelt"),
    pytest.param(TLS + TLS, "is here twice", id="a table twice"),
    pytest.param("basic_auth_users:\n  alice: secret\n", "no bcrypt hash", id="a password in the clear"),
    pytest.param("basic_auth_users: [alice]\n", "names with values are expected", id="users in a list"),
    pytest.param("http_server_config:\n  headers:\n    Server: mine\n", "unknown key", id="a header"),
    pytest.param("http_server_config:\n  headers:\n    X-Frame-Options: never\n", "deny or sameorigin", id="its value"),
    pytest.param("http_server_config:\n  http2: maybe\n", "true or false", id="neither true nor false"),
    pytest.param("- a\n", "names with values are expected", id="a list"),
    pytest.param("a: [\n", "not valid YAML", id="no YAML"),
    pytest.param("tls_server_config: {cert_file: {}}\n", "one value is expected", id="a table for a path"),
]

# Accepted by promtool, and yet refused here: what could not be kept, or would be no protection
STRICTER = [
    pytest.param(TLS + "  client_auth_type: RequireAnyClientCert\n", "is not supported here", id="any certificate"),
    pytest.param(TLS + "  client_auth_type: RequireAndVerifyClientCert\n", "whoever has a public", id="no authority"),
    pytest.param(TLS + "  curve_preferences: [X25519, CurveP256]\n", "some of several curves", id="two curves"),
    pytest.param(TLS + "  min_version: TLS13\n  max_version: TLS12\n", "is above max_version", id="no version"),
    pytest.param("tls_server_config:\n  min_version: TLS12\n", "cert_file is missing", id="TLS without any"),
    pytest.param(f"basic_auth_users:\n  alice: {HASH.replace('$10$', '$25$')}\n", "bcrypt cost 25", id="an hour"),
    pytest.param(f"basic_auth_users:\n  '': {HASH}\n", "no user can have this name", id="no name"),
    pytest.param(f"basic_auth_users:\n  alice: {HASH[:-1]}f\n", "no bcrypt hash", id="the end of no digest"),
    pytest.param(f"basic_auth_users:\n  alice: {HASH.replace('MCes', 'MCfs')}\n", "no bcrypt hash", id="of no salt"),
    pytest.param(f"basic_auth_users:\n  'a:b': {HASH}\n", "a colon ends it", id="a colon"),
    pytest.param(
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: server.key\n",
        "holds no certificate of an authority",
        id="an authority without a certificate",
    ),
    pytest.param(
        'http_server_config:\n  headers:\n    Content-Security-Policy: "\\xe9"\n',
        "cannot be sent as a header",
        id="a header that is not ASCII",
    ),
]


@pytest.mark.parametrize("text", GOOD)
def test_what_is_accepted_is_accepted_by_promtool(written, text):
    """No file is good here and bad for exporter-toolkit."""
    path = written(text)
    load(path, exposed=False)
    assert promtool(path) in (True, None)


@pytest.mark.parametrize(("text", "told"), BAD)
def test_what_is_wrong_is_reported_by_line_and_promtool_agrees(written, text, told):
    """Every mistake has its file, line and reason, and is one for exporter-toolkit too."""
    path = written(text)
    found = problems(path)
    assert any(told in str(problem) for problem in found), found
    assert all(problem.where.startswith(f"{path}:") for problem in found)
    assert promtool(path) in (False, None)


@pytest.mark.parametrize(("text", "told"), STRICTER)
def test_what_would_not_protect_is_refused(written, text, told):
    """A setting that could not be kept is refused with the reason, never ignored."""
    path = written(text)
    assert any(told in str(problem) for problem in problems(path))
    assert promtool(path) in (True, None), "this belongs to the mistakes that both refuse"


def test_all_problems_are_reported_at_once(written):
    """Each mistake is a problem of its own, at its line and column, under its whole name."""
    path = written(
        "tls_server_config:\n  cert_file: a\n  min_version: TLS9\n  cypher_suites: []\n  key_file: a\n  key_file: b\n"
        "basic_auth_users: {a: b}\nhttp_servercfg: {}\nrate_limit: {burst: 1}\n"
    )
    assert [problem.where.removeprefix(f"{path}:") for problem in problems(path)] == [
        "6:3: tls_server_config.key_file",
        "3:16: tls_server_config.min_version",
        "4:3: tls_server_config.cypher_suites",
        "7:23: basic_auth_users.a",
        "8:1: http_servercfg",
        "9:13: rate_limit",
    ]
    (contradiction,) = problems(written("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c\n"))
    assert contradiction.where == f"{path}:2:3: tls_server_config.client_auth_type"
    (broken,) = problems(written("a:\n  b: [\n"))
    assert broken.where == f"{path}:3:1"


@pytest.mark.parametrize("curve", CURVES)
def test_a_single_curve_is_kept_or_refused(written, curve):
    """Whichever curves this Python knows: one of them is in force, or reported as impossible; never an accident."""
    path = written(TLS + f"  curve_preferences: [{curve}]\n")
    try:
        assert load(path, exposed=False).context is not None
    except WebError as told:
        assert "this Python cannot hold OpenSSL to it" in str(told)  # noqa: PT017


def test_inline_certificates_never_reach_a_disk(written, tmp_path):
    """cert, key and client_ca may stand in the file itself, as exporter-toolkit has it."""

    def inline(name):
        return "|\n" + "".join(f"    {line}\n" for line in (tmp_path / name).read_text().splitlines())

    path = written(
        f"tls_server_config:\n  cert: {inline('server.pem')}  key: {inline('server.key')}"
        f"  client_auth_type: RequireAndVerifyClientCert\n  client_ca: {inline('ca.pem')}"
    )
    before = len(list(Path("/proc/self/fd").iterdir()))
    context = load(path, exposed=True).context
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.options & ssl.OP_NO_COMPRESSION
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_secrets_are_in_no_message_and_no_representation(written):
    """Neither a problem nor a repr shows a password or a hash."""
    path = written("basic_auth_users:\n  alice: hunter2\n")
    assert "hunter2" not in str(problems(path))
    assert HASH not in repr(read(written(f"basic_auth_users:\n  alice: {HASH}\n")))


def test_a_file_that_opens_the_door_is_refused_where_the_network_can_connect(written):
    """Headers alone are no protection, TLS or a password is; on loopback they are fine."""
    for text in (TLS, f"basic_auth_users:\n  alice: {HASH}\n"):
        load(written(text), exposed=True)
    path = written("http_server_config:\n  headers:\n    X-Frame-Options: deny\n")
    assert load(path, exposed=False).context is None
    with pytest.raises(WebError, match="neither TLS nor a password"):
        load(path, exposed=True)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        pytest.param(b"\xff\xfe\x00", "truncated data", id="no text"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="deep"),
        pytest.param(b"a: &a [x]\nb: &b [*a, *a]\nc: *d\n", "undefined alias", id="an alias to nothing"),
        pytest.param(b"x" * ((1 << 20) + 1), "larger than 1048576 bytes", id="large"),
        pytest.param(b"? {a: b}\n: c\n", "a name is expected here", id="a mapping as a name"),
        pytest.param(b"--- a\n--- b\n", "but found another document", id="two documents"),
        pytest.param(b"!!python/object/apply:os.system [id]\n", "names with values are expected here", id="code"),
        pytest.param(b"&a [*a]", "names with values are expected here", id="a list within itself"),
        pytest.param(
            b'tls_server_config: {cert_file: "\\0", key_file: x}\n', "no file can have such a name", id="a NUL"
        ),
    ],
)
def test_hostile_yaml_is_a_problem_and_nothing_else(tmp_path, raw, why):
    """Whatever the file contains, the result is a problem with the file's name and the reason."""
    path = tmp_path / "web.yml"
    path.write_bytes(raw)
    with pytest.raises(WebError) as told:
        read(path)
    assert all(str(path) in problem.where for problem in told.value.problems)
    assert why in str(told.value.problems[0])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_file_or_a_problem(tmp_path_factory, raw):
    """No input makes anything but a WebFile or a WebError."""
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(raw)
    with contextlib.suppress(WebError):
        assert isinstance(read(path), WebFile)
