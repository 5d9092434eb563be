"""Whose directories stand above a path, and what is kept in the state directory to oneself."""

import os

import pytest

from logwatch.errors import StateError
from logwatch.ledger.store import Ledger
from logwatch.ownership import above, me


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("uid", "name"), [(0, "root"), (4_000_000, "4000000")])
def test_a_user_is_named(uid, name, monkeypatch):
    """A number is for who has no name in the user database, as where a container runs as any number."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert me() == name


def test_a_directory_that_others_can_write_to_is_reported(tmp_path):
    """Wherever it stands above the path, behind a link as well; /tmp keeps what is in it to its owner."""
    real = tmp_path / "open" / "inner"
    real.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(real)
    assert not list(above(real / "file"))
    (tmp_path / "open").chmod(0o777)
    assert [(doubt.path, doubt.what) for doubt in above(real / "file")] == [(tmp_path / "open", "writable by others")]
    assert [doubt.path for doubt in above(link / "file")] == [tmp_path / "open"]
    (tmp_path / "open").rename(tmp_path / "a b")
    (doubt,) = above(tmp_path / "a b" / "inner" / "file")
    assert doubt.remedy == f"chmod go-w '{tmp_path}/a b'"
    (tmp_path / "a b").rename(tmp_path / "open")
    (tmp_path / "open").chmod(0o1777)
    assert not list(above(real / "file"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_directory_of_somebody_else_is_reported(tmp_path):
    """Its owner could put anything there."""
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    (doubt,) = above(tmp_path / "theirs" / "file")
    assert doubt.what == "owned by uid 12345"


def test_a_loose_state_directory_is_tightened(tmp_path):
    """Made with umask 022 by an older version: ledger and key are nobody else's from now on."""
    before = os.umask(0o022)
    try:
        state = tmp_path / "state"
        state.mkdir(mode=0o755)
        (state / "ledger.sqlite3").touch(0o644)
        Ledger(state).close()
    finally:
        os.umask(before)
    assert (mode(state), mode(state / "ledger.sqlite3")) == (0o700, 0o600)


def test_a_new_ledger_is_nobody_elses_whatever_the_umask(tmp_path):
    """The write-ahead log as well."""
    before = os.umask(0o000)
    try:
        ledger = Ledger(tmp_path / "state")
        found = {path.name: mode(path) for path in (tmp_path / "state").iterdir()}
        ledger.close()
    finally:
        os.umask(before)
    assert found
    assert set(found.values()) == {0o600}
    assert mode(tmp_path / "state") == 0o700


def test_a_directory_with_other_things_in_it_keeps_its_mode(tmp_path):
    """It may have been named by mistake; what is ours in it is private all the same."""
    tmp_path.chmod(0o755)
    (tmp_path / "other").touch()
    Ledger(tmp_path).close()
    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "ledger.sqlite3") == 0o600


def test_a_directory_with_other_things_that_others_write_to_is_refused(tmp_path):
    """A directory that others can write to is refused, even if it has only other files."""
    (tmp_path / "other").touch()
    tmp_path.chmod(0o777)
    with pytest.raises(StateError, match="others can write there"):
        Ledger(tmp_path)


def test_a_link_in_the_place_of_the_ledger_is_not_followed(tmp_path):
    """Root must not write into a file that somebody else chose."""
    state, victim = tmp_path / "state", tmp_path / "victim"
    state.mkdir(mode=0o700)
    victim.write_text("precious")
    (state / "ledger.sqlite3").symlink_to(victim)
    with pytest.raises(StateError, match="it is a link"):
        Ledger(state)
    assert victim.read_text() == "precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("part", ["state", "state/ledger.sqlite3", "."])
def test_what_belongs_to_somebody_else_is_refused(tmp_path, part):
    """The directory, the file in it, and a directory above."""
    state = tmp_path / "a" / "state"
    state.mkdir(parents=True, mode=0o700)
    (state / "ledger.sqlite3").touch(0o600)
    os.chown(tmp_path / "a" / part, 12345, 12345)
    with pytest.raises(StateError, match=r"12345|no file of uid"):
        Ledger(state)
