"""What is installed: the wheel alone, without the checkout beside it."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel and unpack it, as an installation would."""
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", directory, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = directory.glob("mesibo_logwatch-*.whl")
    unpacked = directory / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    return unpacked


def run(installed, *args):
    return subprocess.run(
        [sys.executable, "-m", "logwatch", *args],
        cwd=installed,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.integration
def test_the_wheel_brings_its_grammars_and_its_catalogue(installed):
    """Grammars, samples and catalogue travel inside the package, and nothing outside of it."""
    files = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert {"logwatch/grammars/mesibo.py", "logwatch/grammars/samples/mesibo.log", "logwatch/catalogue.toml"} <= files
    assert {name.split("/")[0].split("-")[0] for name in files} == {"logwatch", "mesibo_logwatch"}


@pytest.mark.integration
def test_the_wheel_works_without_the_checkout(installed, tmp_path):
    """The installed package explains a code, and counts a log with the grammar it brought."""
    told = run(installed, "explain", "912")
    assert told.returncode == 0, told.stderr
    assert "certificate" in told.stdout
    log = tmp_path / "m.log"
    log.write_text("E2211-101500-123 (17): push_on_complete: code 903\n")
    counted = run(installed, "report", str(log), "--format", "json")
    assert counted.returncode == 0, counted.stderr
    assert '"code":903' in counted.stdout.replace(" ", "")


@pytest.mark.parametrize(("works", "built"), [(["docker", "buildah"], "docker"), (["buildah"], "buildah"), ([], None)])
def test_the_image_is_built_by_a_program_that_works_here(tmp_path, works, built):
    """A client of Docker whose engine does not run is passed over where buildah is there; without any, it says so.

    Podman and buildah are asked for Docker's format: in their own, the image would have no health check.
    """
    for program in ("podman", "docker", "buildah"):
        stub = tmp_path / program
        answer = "exit 0" if program in works else "exit 1"
        stub.write_text(f'#!/bin/sh\n[ "$1" = info ] && {answer}\necho "built by {program}, as $BUILDAH_FORMAT"\n')
        stub.chmod(0o755)
    made = subprocess.run(
        ["make", "--silent", "--old-file=deb", "image"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode == 0) is bool(built)
    assert f"built by {built}, as docker" in made.stdout if built else "docker info" in made.stderr


def test_every_dependency_of_the_service_says_why_it_is_there():
    """Each dependency in pyproject.toml has its reason beside it."""
    text = (ROOT / "pyproject.toml").read_text()
    listed = text.partition("\ndependencies = [")[2].partition("\n]")[0]
    for line in listed.strip().splitlines():
        assert line.partition("#")[2].strip(), line


def test_every_dependency_names_its_oldest_version():
    """A dependency without a bound may be one that knows no Python 3; `make test-unit OLDEST=1` tries the oldest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = sum(project["optional-dependencies"].values(), project["dependencies"])
    open_ended = [each for each in needed if not re.search("[>=]=[0-9]", each)]
    assert open_ended == ["mesibo-logwatch[credentials,push,zstd]"]
