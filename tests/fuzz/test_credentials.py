"""Damaged and invented credential files: a verdict comes out of every one. FUZZ_EXAMPLES says how many."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatch.credentials.read import verdict
from logwatch.credentials.verdict import KINDS, Request
from tests.helpers import making
from tests.helpers.making import GOOGLE_SERVICES, NOW, SECRET, account, certificate, old_p12, p12, pem, pem_key

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    directory = tmp_path_factory.mktemp("samples")
    return [
        p12(certificate(), secret=SECRET),
        p12(certificate()),
        old_p12(directory, certificate()),
        pem_key() + pem(certificate()),
        certificate().public_bytes(making.DER),
        account(),
        GOOGLE_SERVICES,
    ]


@given(data=st.data())
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
def test_damage_gives_a_verdict_never_a_traceback(data, samples, tmp_path):
    """Bytes changed, cut, doubled or invented: a verdict comes out of every file, and no secret is in it."""
    sample = data.draw(st.sampled_from(samples))
    kind = data.draw(st.sampled_from(["flip", "cut", "junk", "splice"]))
    at = data.draw(st.integers(0, len(sample) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=40))
    damaged = {
        "flip": sample[:at] + bytes([sample[at] ^ junk[0]]) + sample[at + 1 :],
        "cut": sample[:at] or b"x",
        "junk": junk,
        "splice": sample[:at] + junk + sample[at:],
    }[kind]
    path, password = tmp_path / "push.p12", tmp_path / "password"
    path.write_bytes(damaged)
    password.write_text(SECRET)
    found = verdict(Request(name="x", file=str(path), password_file=str(password)), NOW.timestamp())
    assert found.provider in ("apns", "fcm")
    assert {flaw.kind for flaw in found.flaws} <= KINDS.keys()
    assert SECRET not in repr(found)
    assert "PRIVATE KEY" not in repr(found)
