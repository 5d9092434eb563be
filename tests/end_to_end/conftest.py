"""A disk that can be filled."""

import os
import subprocess

import pytest


@pytest.fixture
def disk(site):
    """Mount a disk of 2 MB for the state directory, which takes root."""
    site.state.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", site.state], check=False)
    if mounted.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("a file system cannot be mounted here")
    yield site.state
    subprocess.run(["umount", "--lazy", site.state], check=True)
