"""The image: built from the Containerfile on a base without a registry, started with a root that cannot be written."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.service.machine import PATIENCE, ROOT, installed

pytestmark = pytest.mark.systemd

LOOK = """
import time, urllib.request
for _ in range(2000):
    try:
        text = urllib.request.urlopen("http://127.0.0.1:10914/metrics", timeout=20).read().decode()
    except OSError:
        text = ""
    found = [line for line in text.splitlines() if "push_results_total" in line and line.endswith(" 2.0")]
    if found:
        print(*found)
        print(urllib.request.urlopen("http://127.0.0.1:10914/-/ready", timeout=20).status)
        break
    time.sleep(0.1)
"""


def buildah(*args, storage):
    where = ["--storage-driver", "vfs", "--root", storage / "root", "--runroot", storage / "run"]
    ended = subprocess.run(["buildah", *where, *args], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.fixture(scope="module")
def root(packages, tmp_path_factory):
    """Build the image, and return the directory with its files."""
    if shutil.which("buildah") is None:
        pytest.fail("buildah is not installed")
    context = tmp_path_factory.mktemp("context")
    storage = tmp_path_factory.mktemp("storage")
    shutil.copytree(packages[0].parent, context / "dist")
    shutil.copytree(ROOT / "packaging/image", context / "packaging/image")
    container = buildah("from", "scratch", storage=storage)
    buildah("add", "--quiet", container, installed(), storage=storage)
    buildah("commit", "--quiet", container, "localhost/base", storage=storage)
    buildah(
        *("build", "--quiet", "--isolation=chroot", "--format=docker", "--build-arg", "BASE=localhost/base"),
        *("--file", context / "packaging/image/Containerfile", "--tag", "mesibo-logwatch", context),
        storage=storage,
    )
    built = buildah("from", "--pull-never", "localhost/mesibo-logwatch", storage=storage)
    yield buildah("mount", built, storage=storage)
    buildah("umount", "--all", storage=storage)


def test_it_counts_as_an_ordinary_user_on_a_root_that_cannot_be_written(root, tmp_path):
    """Root file system and logs read-only, the state a volume, its user the documented one: it is ready and counts."""
    tmp_path.chmod(0o755)
    _, _, uid, gid, *_ = next(
        line.split(":") for line in (Path(root) / "etc/passwd").read_text().splitlines() if line.startswith("mesibo-")
    )
    assert f"chown {uid}:{gid}" in (ROOT / "docs/install.md").read_text()
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
    (tmp_path / "mesibo.log").write_text(f"E{stamp}-000 (1): push_on_complete: uid 1 type apns code 903\n" * 2)
    script = f"mesibo-logwatch run --config /etc/mesibo-logwatch/logwatch.toml & python3 -c '{LOOK}'; kill $!; wait $!"
    ended = subprocess.run(
        [
            *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--read-only"),
            *("--volatile=no", "--pipe", f"--machine=logwatch-image-{os.getpid()}", f"--directory={root}"),
            *(
                f"--bind-ro={tmp_path}:/var/log/mesibo",
                f"--tmpfs=/var/lib/mesibo-logwatch:mode=0700,uid={uid},gid={gid}",
            ),
            *("--user=mesibo-logwatch", "/bin/sh", "-c", script),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert re.search(r'code="903".* 2\.0\n200\n', ended.stdout), ended.stdout + ended.stderr
    assert "stopped" in ended.stderr + ended.stdout
