"""What .ci/run makes of its parts: it fails if any of them does, passes otherwise, and shows the whole of each."""

import os
import shutil
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

PARTS = ("test", "test-systemd", "test-unit")
STUBS = {
    "make": """echo "$1 was made"
        case "$FAILING" in *" $1 "*) exit 2 ;; esac
        case "$ENDLESS" in *" $1 "*) sh -c 'echo "its child works"; exec sleep 3600'; exit 2 ;; esac""",
    "id": "echo 1000",  # nothing is installed
    "python3": "echo another one",  # so that Debian's is tried as well
}


@pytest.fixture
def script(tmp_path):
    """Return a copy of .ci/run, beside programs that stand in for those it calls."""
    copy = tmp_path / "checkout/.ci/run"
    copy.parent.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / ".ci/run", copy)
    for name, body in STUBS.items():
        stub = tmp_path / name
        stub.write_text(f"#!/bin/sh\n{body}\n")
        stub.chmod(0o755)
    return copy


def environment(script, failing=(), endless=()):
    """Return the environment in which the parts fail, or never end."""
    parts = {"FAILING": f" {' '.join(failing)} ", "ENDLESS": f" {' '.join(endless)} "}
    return parts | {"PATH": f"{script.parents[2]}:{os.environ['PATH']}", "TMPDIR": str(script.parent)}


@pytest.mark.skipif(sys.platform != "linux", reason="needs GNU tail")
@pytest.mark.parametrize("fails", list(product([False, True], repeat=3)))
def test_a_run_fails_if_a_part_does_and_ends_with_the_output_of_all_tests(script, fails):
    """Each part runs whatever became of the others, and what failed is named in front of the tests' own output."""
    failing = [part for part, each in zip(PARTS, fails, strict=True) if each]
    if not (debian := os.access("/usr/bin/python3", os.X_OK)) and "test-unit" in failing:
        pytest.skip("needs Debian's Python")
    env = environment(script, failing=failing)
    ended = subprocess.run([script], env=env, capture_output=True, text=True, check=False, timeout=600)
    assert (ended.returncode != 0) == bool(failing)
    made = ["packages", "test-systemd", *(["test-unit"] if debian else []), "test"]
    assert ended.stdout.splitlines() == [f"{part} was made" for part in made]
    named = "".join(f" {part}" for part in PARTS[1:] if part in failing)
    assert ended.stderr == (f"error: failed, see above:{named}\n" if named else "")
    assert list(script.parent.iterdir()) == [script]


def test_a_run_that_is_ended_ends_its_parts(script):
    """Nothing that it began goes on, and holds its output open."""
    env = environment(script, endless=["test", "test-systemd"])
    with subprocess.Popen([script], env=env, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            if line == "its child works\n":
                break
        run.send_signal(signal.SIGTERM)
        assert run.communicate(timeout=600)[0] == ""
    assert run.returncode == -signal.SIGTERM
    assert list(script.parent.iterdir()) == [script]
