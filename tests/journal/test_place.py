"""Where journals lie, and what keeps them from being read."""

import contextlib
import os

import pytest

from logwatch.journal import ask, place
from logwatch.journal.place import Target, look
from tests.helpers.journald import MACHINE, remote

ENTRY = {"at": 1.8e9, "MESSAGE": "x", "CONTAINER_NAME": "mesibo"}


@pytest.mark.parametrize("hosts", [1, 2, 3])
def test_a_directory_of_several_hosts_is_reported(tmp_path, hosts):
    """With the journals of several hosts in a directory, entries that arrive late are skipped: a warning says so."""
    for host in range(hosts):
        remote(tmp_path / f"remote-{host}.journal", [ENTRY], machine=str(host) * 32)
    target = Target("mesibo", "", str(tmp_path))
    assert ask.problem(target) is None
    problem = ask.several_hosts(target)
    told = problem and (problem.what, problem.warning)
    assert told == (None if hosts == 1 else (f"{hosts} hosts have entries in this journal", True))


@contextlib.contextmanager
def nobody():
    """Drop root's rights for a moment."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_the_oldest_entry_is_read_out_of_the_files(tmp_path):
    """Files of single machines below the directory count as well."""
    remote(tmp_path / "b.journal", [ENTRY | {"at": 1.8e9 + 5}])
    (tmp_path / MACHINE).mkdir()
    remote(tmp_path / MACHINE / "a.journal", [ENTRY, ENTRY | {"at": 1.8e9 + 9}])
    (tmp_path / "notes.txt").write_text("no journal")
    place = look(Target("mesibo", "", str(tmp_path)))
    assert [len(files) for files in place.directories.values()] == [1, 1]
    assert (place.oldest, place.problems) == (1.8e9, ())


def test_a_host_whose_id_cannot_be_read_is_not_taken_for_one_without(tmp_path, monkeypatch):
    """Without it the entries of other hosts in the journal would count: it is waited for, and kept once it is known."""
    path = tmp_path / "machine-id"
    path.mkdir()  # cannot be read
    monkeypatch.setattr("logwatch.journal.place._MACHINE_ID", path)
    target = Target("mesibo")
    place = look(target)
    assert place.refused
    assert place.problems[0].headline == f"{path}: cannot be read: Is a directory"
    path.rmdir()
    path.write_text(MACHINE + "\n")
    assert f"_MACHINE_ID={MACHINE}" in target.arguments
    path.unlink()
    path.mkdir()
    assert f"_MACHINE_ID={MACHINE}" in target.arguments


def test_what_is_no_journal_is_no_reason_to_fail(tmp_path):
    """A file with the name of a journal and anything in it."""
    (tmp_path / "a.journal").write_bytes(b"LPKSHHRH")
    (tmp_path / "b.journal").write_bytes(b"")
    assert look(Target("mesibo", "", str(tmp_path))).oldest is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else for a moment")
def test_a_journal_that_may_not_be_read_names_the_group(tmp_path, monkeypatch):
    """The remedy is the group; a user's own journal may stay closed, for no container logs there."""
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # entered by root: any run of pytest closes the directory above those of all runs
    remote(tmp_path / "system.journal", [ENTRY])
    target = Target("mesibo", "", ".")
    (tmp_path / "system.journal").chmod(0o644)
    remote(tmp_path / "user-1000.journal", [ENTRY])
    (tmp_path / "user-1000.journal").chmod(0o600)
    with nobody():
        assert look(target).problems == ()
    (tmp_path / "system.journal").chmod(0o600)
    with nobody():
        (problem,) = look(target).problems
    assert problem.headline.endswith("the journal cannot be read: Permission denied, for user nobody")
    assert "SupplementaryGroups=systemd-journal" in problem.try_
    tmp_path.chmod(0o700)  # not even its files may be listed, as those of journald may not
    with nobody():
        (closed,) = look(target).problems
    assert (closed.where, closed.why) == (".", problem.why)


def test_a_file_that_is_vacuumed_amid_a_look_is_none(tmp_path, monkeypatch):
    """The others are looked at all the same."""
    for name in "ab":
        remote(tmp_path / f"{name}.journal", [ENTRY])
    target, read = Target("mesibo", "", str(tmp_path)), place._header
    whole = look(target)

    def vacuumed(path):
        path.with_name("a.journal").unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(place, "_header", vacuumed)
    left = look(target)
    assert (left.oldest, left.problems) == (whole.oldest, ())
    assert len(left.directories[str(tmp_path)]) == 1


def test_a_host_without_an_id_has_its_journals_in_the_usual_places(tmp_path, monkeypatch):
    """No entry is excluded by an id that there is not."""
    monkeypatch.setattr(place, "_MACHINE_ID", tmp_path / "none")
    assert Target("mesibo").directories == ("/var/log/journal", "/run/log/journal")
    assert Target(unit="m").arguments == ("--merge", "_SYSTEMD_UNIT=m.service")


def test_a_directory_that_was_made_anew_is_distinguished_from_one_that_was_rotated(tmp_path):
    """Journalctl is restarted if no file is left that was there before, whatever the inode; one is enough to go on."""
    target = Target("mesibo", "", str(tmp_path))
    remote(tmp_path / "a.journal", [ENTRY])
    first = look(target)
    remote(tmp_path / "b.journal", [ENTRY])
    both = look(target)
    (tmp_path / "a.journal").rename(tmp_path / "a@1.journal")
    assert not both.replaced(first)
    assert not look(target).replaced(both)
    (tmp_path / "a@1.journal").unlink()
    assert not look(target).replaced(both)
    (tmp_path / "b.journal").unlink()
    remote(tmp_path / "b.journal", [ENTRY])
    assert look(target).replaced(both)
