"""The unit and what is locked for it, as systemd and pip read them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.helpers.running import PATIENCE, until

ROOT = Path(__file__).parents[2]
UNIT = "mesibo-logwatch.service"


def analyze(*args):
    found = shutil.which("systemd-analyze")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("systemd-analyze is not installed")
    return subprocess.run([found, *args], capture_output=True, text=True, check=False)


@pytest.fixture
def unit(tmp_path):
    """Return a copy of the unit, with or without its drop-in for Docker."""

    def copy(*, docker=False, **replacements):
        text = (ROOT / "systemd" / UNIT).read_text()
        for old, new in replacements.items():
            text = re.sub(old, new, text)
        (tmp_path / UNIT).write_text(text)
        if docker:
            shutil.copytree(ROOT / "systemd" / f"{UNIT}.d", tmp_path / f"{UNIT}.d")
        return tmp_path / UNIT

    return copy


@pytest.mark.parametrize(("docker", "bound"), [(False, 1.5), (True, 1.8)])
def test_the_exposure_is_within_its_bound(unit, docker, bound):
    """`systemd-analyze security` gives at most 1.5, and at most 1.8 where Docker's logs are read."""
    told = analyze("security", "--offline=true", f"--threshold={bound * 10:.0f}", unit(docker=docker))
    (level,) = re.findall(r"Overall exposure level for \S+ ([\d.]+)", told.stdout)
    assert told.returncode == 0, f"{level} is more than {bound}"
    assert float(level) <= bound


@pytest.mark.parametrize("docker", [False, True])
def test_systemd_finds_no_fault_in_the_unit(unit, docker):
    """`systemd-analyze verify` is silent."""
    path = unit(docker=docker, **{r"/opt/mesibo-logwatch/bin/mesibo-logwatch": "/bin/true"})
    told = analyze("verify", "--man=no", path)
    mine = [line for line in (told.stdout + told.stderr).splitlines() if UNIT in line or "docker.conf" in line]
    assert mine == []
    assert told.returncode == 0


@pytest.mark.parametrize("documented", [False, True])
def test_machine_code_may_be_made_until_the_documented_drop_in_forbids_it(unit, documented):
    """With the unit as it is PCRE2 may make it; the setting that docs/install.md names takes that back."""
    path = unit(**{r"/opt/mesibo-logwatch/bin/mesibo-logwatch": "/bin/true"})
    if documented:
        (setting,) = re.findall(r"`(MemoryDenyWriteExecute=yes)`", (ROOT / "docs/install.md").read_text())
        path.with_name(f"{UNIT}.d").mkdir()
        (path.with_name(f"{UNIT}.d") / "override.conf").write_text(f"[Service]\n{setting}\n")
    told = json.loads(analyze("security", "--offline=true", "--json=short", path).stdout)
    assert {row["set"] for row in told if row["name"] == "MemoryDenyWriteExecute="} == {documented}
    assert analyze("verify", "--man=no", path).returncode == 0


def test_only_the_docker_drop_in_gives_a_capability():
    """The unit has none; the drop-in has the one to read, and closes the way to open files by handle."""
    plain = (ROOT / "systemd" / UNIT).read_text()
    docker = (ROOT / "systemd" / f"{UNIT}.d/docker.conf").read_text()
    assert re.findall(r"CAP_\w+", plain) == []
    assert set(re.findall(r"CAP_\w+", docker)) == {"CAP_DAC_READ_SEARCH"}
    assert "~open_by_handle_at" in docker


def test_the_package_looks_for_the_same_runtimes_as_the_installer():
    """Whose logs are root's alone is the same on every host; so is the right to read them."""
    installer = (ROOT / "systemd/install.sh").read_text()
    package = (ROOT / "packaging/deb/debian/mesibo-logwatch.postinst").read_text()
    signs = [
        sign.strip()
        for line in re.findall(r"^has_\w+\(\) \{(.*);", installer, re.MULTILINE)
        for sign in line.split("||")
    ]
    assert len(signs) == 6
    assert [sign for sign in signs if sign not in package] == []


def test_the_package_holds_what_each_python_needs_that_it_may_be_installed_for():
    """Beside Python 3.14 it could be installed, and no command of it ran: its compiled parts were of 3.13 at most."""
    control = (ROOT / "packaging/deb/debian/control").read_text()
    least, beyond = map(int, re.search(r"python3 \(>= 3\.(\d+)\), python3 \(<< 3\.(\d+)\)", control).groups())
    (built,) = re.findall(r'^versions="(.*)"$', (ROOT / "packaging/deb/build.sh").read_text(), re.MULTILINE)
    assert built.split() == [f"3.{minor}" for minor in range(least, beyond)]


def test_everything_the_service_needs_is_locked_by_digest():
    """Each dependency, of the extras too, has an exact version with digests, and no word on where it is downloaded."""
    lock = (ROOT / "systemd/requirements.lock").read_text()
    assert "://" not in lock
    entries = re.findall(
        r"^([a-z0-9-]+)==(\S+)(?: ; [^\n\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", lock, re.MULTILINE
    )
    locked = {name for name, _, _ in entries}
    assert locked == set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["credentials"], *extras["push"], "h2"]
    needed = {re.match(r"[\w-]+", dependency)[0].lower() for dependency in wanted}
    assert needed <= locked


@pytest.mark.parametrize(
    "script", ["systemd/install.sh", "systemd/accepts.sh", "systemd/lock.sh", "tests/service/root.sh"]
)
def test_a_script_is_plain_shell(script):
    """Debian's shell parses each script without an error."""
    subprocess.run(["/bin/sh", "-n", ROOT / script], check=True)


@pytest.mark.parametrize("version", ["3.9", "3.1", "2.7", "noble"])
def test_wheels_for_a_python_that_is_too_old_are_refused_with_a_remedy(version, tmp_path):
    """A version that nothing here runs on is reported before anything is downloaded."""
    command = ["sh", ROOT / "systemd/install.sh", "wheelhouse", tmp_path / "wheels"]
    asked = os.environ | {"PYTHON_VERSION": version}
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=asked)
    assert told.returncode == 1
    assert told.stderr.startswith(f"error: PYTHON_VERSION={version} is not a version that this runs on")
    assert "try: make wheelhouse PYTHON_VERSION=" in told.stderr
    assert not (tmp_path / "wheels").exists()


def test_an_install_without_root_is_refused_with_a_remedy():
    """The installer says that it changes the system, and who may run it."""
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s", "install"]
    else:
        command = ["sh", "-s", "install"]
    script = (ROOT / "systemd/install.sh").read_text()
    told = subprocess.run(command, input=script, capture_output=True, text=True, check=False, cwd="/")
    assert told.returncode == 1
    assert "changes the system" in told.stderr
    assert "try: sudo make install" in told.stderr


def test_a_packager_who_names_a_directory_gets_nothing_installed_on_the_system(tmp_path):
    """DESTDIR was passed over, and the service installed where the packages are built."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")  # whoever runs this test, nothing is installed
    (tmp_path / "id").chmod(0o755)
    done = subprocess.run(
        ["make", "--silent", "install", "DESTDIR=/stage"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "DESTDIR=/stage is not supported" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is sent away before")
@pytest.mark.parametrize(("status", "refused"), [("installed", True), ("config-files", False)])
def test_a_checkout_is_not_installed_over_the_package(tmp_path, status, refused):
    """Its unit would go before the package's, whose upgrades would change nothing that runs."""
    (tmp_path / "dpkg-query").write_text(f"#!/bin/sh\nprintf {status}\n")
    (tmp_path / "dpkg-query").chmod(0o755)
    wheels = tmp_path / "none"  # what the installation needs next, and does not find here
    done = subprocess.run(
        ["sh", ROOT / "systemd/install.sh", "install"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "WHEELHOUSE": str(wheels)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert ("the Debian package mesibo-logwatch is installed" in done.stderr) is refused
    assert (f"{wheels} holds no wheel" in done.stderr) is not refused


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is sent away before")
@pytest.mark.parametrize(
    ("beside", "options", "told"),
    [(False, [], "nothing from a checkout"), (True, ["--purge"], "are also those of the Debian package")],
)
def test_the_service_of_the_package_is_not_uninstalled_with_the_checkout(tmp_path, beside, options, told):
    """It was disabled, and with PURGE=1 its configuration and counters were removed, as if they were the checkout's."""
    for command, does in {"dpkg-query": "printf installed", "systemctl": f"touch {tmp_path}/asked"}.items():
        (tmp_path / command).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / command).chmod(0o755)
    for each in ("etc", "state", "units", "opt", "share"):
        (tmp_path / each).mkdir()
    if beside:
        (tmp_path / "units" / UNIT).touch()
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    place = "".join(f"{each}='{tmp_path}/{each}'\n" for each in ("etc", "state", "units", "opt", "share"))
    done = subprocess.run(
        ["sh", "-c", f'{functions}\n{place}do_uninstall "$@"', "install.sh", *options],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert told in done.stderr
    assert not (tmp_path / "asked").exists()
    assert (tmp_path / "state").exists()


def test_a_release_that_the_disk_has_no_room_for_is_not_begun(tmp_path):
    """Halfway through, "the wheels do not fit" was what the terminal said of a full disk."""
    (tmp_path / "df").write_text("#!/bin/sh\necho Filesystem\necho /dev/sda1 1000000 900000 100000 90% /\n")
    (tmp_path / "df").chmod(0o755)
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    done = subprocess.run(
        ["sh", "-c", f"{functions}\nopt='{tmp_path}/opt'\nneed_reachable() {{ :; }}\ninstall_release"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "WHEELHOUSE": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: 97 MiB are free in {tmp_path}, and a release takes up to 128\n  try: ")
    assert not (tmp_path / "opt").exists()


@pytest.mark.parametrize("free", [7, 200])
@pytest.mark.parametrize("fails", ["environment", "pip"])
def test_a_disk_that_becomes_full_meanwhile_is_named_as_well(tmp_path, free, fails):
    """Python's "ensurepip returned non-zero exit status 1" was all that was said, or that the wheels do not fit."""
    (tmp_path / "mesibo_logwatch-0.1.0-py3-none-any.whl").touch()
    (tmp_path / "pip").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "pip").chmod(0o755)
    (tmp_path / "df").write_text(
        f"#!/bin/sh\n[ -e '{tmp_path}/begun' ] && free={free} || free=200\necho . . . $((free * 1024))\n"
    )
    (tmp_path / "df").chmod(0o755)
    makes = f"""mkdir -p "$2/bin" && cp '{tmp_path}/pip' "$2/bin/python" && touch '{tmp_path}/begun'"""
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    place = f"""
        opt='{tmp_path}/opt'
        find_python() {{ echo make_venv; }}
        need_reachable() {{ :; }}
        is_of_checkout() {{ :; }}
        version_of() {{ echo 3.11; }}
        make_venv() {{ {makes} && {"false" if fails == "environment" else "true"}; }}
    """
    done = subprocess.run(
        ["sh", "-c", f"{functions}\n{place}\ninstall_release"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "WHEELHOUSE": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    told = {"environment": "no environment can be made with", "pip": f"the wheels in {tmp_path} do not fit"}[fails]
    assert done.stderr.startswith(f"error: {'7 MiB are free in' if free == 7 else told} ")
    assert list(tmp_path.glob("opt/releases/*")) == []


def upgrading(tmp_path):
    """Return the installer's functions for an upgrade, in the working directory, from release ``old`` to ``new``."""
    for release in ("old", "new"):
        (tmp_path / release).mkdir()
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    place = "opt=. etc=. units=units before=old release=new\n"
    return functions + "\n" + place + 'switch() { ln -sfn "$1" bin; }\nbooted() { :; }\n'


@pytest.mark.parametrize(("fails", "status"), [("at its start", 1), ("before", 143)])
def test_an_upgrade_that_is_taken_back_takes_its_unit_back(tmp_path, fails, status):
    """The old release was left with the new unit; interrupted after the switch, with the new release, never started."""
    functions = upgrading(tmp_path)
    (tmp_path / f"units/{UNIT}.d").mkdir(parents=True)
    (tmp_path / f"units/{UNIT}").write_text("old")
    (tmp_path / f"units/{UNIT}.d/journal.conf").write_text("old")
    dropped = f"units/{UNIT}.d"
    installs = f"echo new >units/{UNIT}; echo new >{dropped}/docker.conf; rm {dropped}/journal.conf"
    interrupts = "kill -TERM $$" if fails == "before" else ":"
    stubs = f"""
        booted() {{ :; }}
        need_root() {{ :; }}
        need_no_package() {{ :; }}
        install_release() {{ :; }}
        install_user_and_directories() {{ :; }}
        readlink() {{ echo old; }}
        install_units() {{ {installs}; {interrupts}; }}
        systemctl() {{ [ "$1" != restart ] || [ "$(command readlink bin)" = old ]; }}
        journalctl() {{ :; }}
    """
    (tmp_path / "bin").symlink_to("old")
    done = subprocess.run(
        ["sh", "-c", f"{functions}\n{stubs}\ndo_install"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert (tmp_path / "bin").readlink().name == "old"
    assert {path.name: path.read_text() for path in (tmp_path / "units").rglob("*") if path.is_file()} == {
        UNIT: "old",
        "journal.conf": "old",
    }
    assert not (tmp_path / "new").exists()


def test_a_first_installation_that_is_interrupted_is_repaired_by_a_second(tmp_path):
    """With no release to go back to, it stays as it is, switched, and the next takes its place."""
    functions = upgrading(tmp_path)
    stubs = """
        booted() { :; }
        need_root() { :; }
        need_no_package() { :; }
        install_user_and_directories() { :; }
        systemctl() { :; }
        install_pages() { :; }
        install_release() {
            release=./releases/$number
            install -D /bin/true "$release/bin/$name"
        }
        install_units() { [ "$number" = second ] || kill -TERM $$; }
    """
    for number, status in (("first", 143), ("second", 0)):
        script = f"{functions}\n{stubs}\nnumber={number}\ndo_install"
        done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        assert (tmp_path / "bin").readlink() == Path(f"releases/{number}/bin")
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["second"]
    assert [path.name for path in (tmp_path / "releases/second").iterdir()] == ["bin"]


@pytest.mark.parametrize(
    ("starts", "told"), [("old", "the old one runs again"), ("none", "nor does the old one, which is tried again")]
)
def test_an_upgrade_that_is_taken_back_says_whether_the_old_release_runs(tmp_path, starts, told):
    """That it ran again was said of an old release that refuses the same configuration, or the ledger by now."""
    functions = upgrading(tmp_path)
    (tmp_path / "bin").symlink_to("new")
    for command, does in {"systemctl": f'[ "$(readlink bin)" = {starts} ]', "journalctl": "readlink bin"}.items():
        (tmp_path / command).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / command).chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", f"{functions}\nkeep_units\nstart_or_go_back"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.split("error: ")[0].split() == (["new"] if starts == "old" else ["new", "old"])
    assert f"error: the new release does not start; {told}" in done.stderr
    assert [(tmp_path / release).exists() for release in ("old", "new")] == [True, False]


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is sent away before")
@pytest.mark.parametrize(
    "changed", ["logwatch/model.py", "logwatch/web/templates/status.html", "config/catalogue.toml"]
)
def test_wheels_of_an_older_checkout_are_not_installed(tmp_path, changed):
    """After an update, what was collected before it would be installed once more, and nothing would tell."""
    inside = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    with zipfile.ZipFile(tmp_path / "mesibo_logwatch-0.1.0-py3-none-any.whl", "w") as wheel:
        for source, target in {"logwatch": "logwatch", **inside["force-include"]}.items():
            for path in (ROOT / source).rglob("*") if (ROOT / source).is_dir() else [ROOT / source]:
                if path.is_file() and path.suffix != ".pyc":
                    wheel.writestr(target + path.as_posix().removeprefix(f"{ROOT}/{source}"), path.read_bytes())
    for each in ("logwatch", "systemd", "grammars", "config", "docs"):
        shutil.copytree(ROOT / each, tmp_path / "checkout" / each)
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "checkout")
    (tmp_path / "checkout" / changed).write_text("newer\n")
    done = subprocess.run(
        ["sh", tmp_path / "checkout/systemd/install.sh", "install"],
        env={"PATH": os.environ["PATH"], "WHEELHOUSE": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "is not of this checkout" in done.stderr
    assert not Path("/opt/mesibo-logwatch").exists()


@pytest.mark.parametrize("named", ["/nowhere/python3", "/bin/true"])
def test_a_python_that_is_named_and_does_not_fit_is_refused_and_no_other_taken(named, tmp_path):
    """The system's own was installed with, and nothing said so."""
    done = subprocess.run(
        ["sh", ROOT / "systemd/install.sh", "wheelhouse", tmp_path / "wheels"],
        env={"PATH": os.environ["PATH"], "PYTHON": named},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: PYTHON={named} is not a Python 3.11 or newer with venv\n  try: ")
    assert not (tmp_path / "wheels").exists()


@pytest.mark.parametrize(("base", "refused"), [("/root/.pyenv/versions/3.12", True), ("/opt/python", False)])
def test_a_python_that_the_service_cannot_reach_is_refused_with_a_remedy(base, refused, tmp_path):
    """Its release was made, did not start, and "Permission denied" was all that was said."""
    (tmp_path / "python").write_text(f"#!/bin/sh\necho {base}\n")
    (tmp_path / "python").chmod(0o755)
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    done = subprocess.run(
        ["sh", "-c", f"{functions}\nneed_reachable {tmp_path}/python"], capture_output=True, text=True, check=False
    )
    assert done.returncode == refused
    assert (f"the service cannot reach the Python in {base}" in done.stderr) is refused


def test_wheels_are_found_in_a_directory_with_a_space_in_its_name(tmp_path):
    """Pip took the second half of the name for a package, and the wheels were said not to fit."""
    wheels = tmp_path / "my wheels"
    wheels.mkdir()
    (wheels / "mesibo_logwatch-0.1.0-py3-none-any.whl").touch()
    (tmp_path / "pip").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{tmp_path}/asked"\n')
    (tmp_path / "pip").chmod(0o755)
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    place = f"""
        opt='{tmp_path}/opt'
        here='{ROOT}/systemd'
        find_python() {{ echo make_venv; }}
        need_reachable() {{ :; }}
        is_of_checkout() {{ :; }}
        make_venv() {{ mkdir -p "$2/bin" && cp '{tmp_path}/pip' "$2/bin/python"; }}
    """
    script = f"{functions}\n{place}\ninstall_release"
    subprocess.run(["sh", "-c", script], env={"PATH": os.environ["PATH"], "WHEELHOUSE": str(wheels)}, check=True)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[asked.index("--find-links") + 1] == str(wheels)


@pytest.mark.parametrize("during", ["download", "install"])
def test_an_installation_that_is_interrupted_is_not_said_to_have_failed_and_leaves_nothing(tmp_path, during):
    """Ctrl-C was answered with wheels that do not fit, or packages that cannot be downloaded."""
    (tmp_path / "tmp").mkdir()
    hang = f"touch '{tmp_path}/begun'; exec sleep 600"
    wheel = "mesibo_logwatch-0.1.0-py3-none-any.whl"
    for name, does in {
        "itself": hang if during == "download" else f'touch "$2/{wheel}"',
        "pip": hang,
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    functions = (ROOT / "systemd/install.sh").read_text().partition("\ncase ${1:-} in\n")[0]
    place = f"""
        opt='{tmp_path}/opt'
        checkout='{tmp_path}'
        find_python() {{ echo make_venv; }}
        need_reachable() {{ :; }}
        is_of_checkout() {{ :; }}
        make_venv() {{ mktemp >/dev/null && mkdir -p "$2/bin" && cp '{tmp_path}/pip' "$2/bin/python"; }}
    """
    with subprocess.Popen(
        ["sh", "-c", f"{functions}\n{place}\ninstall_release", tmp_path / "itself"],
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        until(lambda: (tmp_path / "begun").exists() or running.poll() is not None, lambda: f"{running.poll()}")
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        told = running.communicate(timeout=PATIENCE)[1]
    assert (running.returncode, told) == (130, "")
    assert [*(tmp_path / "tmp").iterdir(), *tmp_path.glob("opt/releases/*")] == []


def test_an_environment_whose_making_is_interrupted_is_no_traceback(tmp_path):
    """Ctrl-C in the longest part of `make install` was answered with Python's."""
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv/__init__.py").touch()
    hangs = f"import pathlib, time\npathlib.Path({str(tmp_path / 'begun')!r}).touch()\ntime.sleep(600)\n"
    (tmp_path / "venv/__main__.py").write_text(hangs)
    with subprocess.Popen(
        [sys.executable, ROOT / "systemd/environment.py", tmp_path / "made"],
        env={"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as running:  # fmt: skip
        until(lambda: (tmp_path / "begun").exists() or running.poll() is not None, lambda: f"{running.poll()}")
        running.send_signal(signal.SIGINT)
        told = running.communicate(timeout=PATIENCE)[0]
    assert (running.returncode, told) == (130, "")


@pytest.mark.parametrize("script", ["Makefile", "systemd/install.sh", "packaging/deb/build.sh", "packaging/release.sh"])
def test_each_environment_is_made_in_this_way(script):
    """None is made by `python -m venv` itself."""
    text = (ROOT / script).read_text()
    assert "systemd/environment.py" in text.replace("$here/environment.py", "systemd/environment.py")
    assert "-m venv" not in text


def test_an_environment_that_could_not_be_made_whole_is_made_anew(tmp_path):
    """Without python3-venv it was half of one for good, and `make run` did not find its pip."""
    half = "import os, sys\nif sys.argv[1] != '-c':\n    os.makedirs(f'{sys.argv[2]}/bin')\n"
    half += "    open(f'{sys.argv[2]}/bin/python', 'w')\n    sys.exit(1)\n"
    (tmp_path / "python").write_text(f"#!{sys.executable}\n{half}")
    (tmp_path / "python").chmod(0o755)
    venv = tmp_path / "venv"
    command = ["make", "--silent", f"{venv}/bin/python", f"VENV={venv}", f"PYTHON={tmp_path}/python"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode
    assert (venv / "bin").is_dir()
    assert not (venv / "bin/python").exists()


def test_making_the_package_installs_what_that_takes_alone(tmp_path):
    """A host that was to get the package got a Prometheus and a syslog daemon as well, which began to run."""
    for command, said in {"id": "0", "dpkg-query": "missing", "apt-get": "", "sh": ""}.items():
        (tmp_path / command).write_text(f'#!/bin/sh\necho "{command} $*" >>"{tmp_path}/asked"\necho {said}\n')
        (tmp_path / command).chmod(0o755)
    done = subprocess.run(
        ["make", "--silent", "deb"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (install,) = [line for line in (tmp_path / "asked").read_text().splitlines() if line.startswith("apt-get install")]
    assert install.split("--no-install-recommends ")[1].split() == ["debhelper", "fakeroot"]
