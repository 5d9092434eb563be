import os
import subprocess
from pathlib import Path

import pytest

from logwatch.discover import Globs
from logwatch.discover import globs as globbing


@pytest.fixture
def tree(tmp_path):
    for name in ("a.log", "b.log", ".hidden.log", "c.txt", "deep/d.log", "deep/er/e.log", ".secret/f.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(globs, tree, now=0.0):
    return [os.path.relpath(path, tree) for path in globs.find(now).paths]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.log", ["a.log", "b.log"]),
        ("[ab].log", ["a.log", "b.log"]),
        ("?.txt", ["c.txt"]),
        (".*.log", [".hidden.log"]),
        ("**/*.log", ["a.log", "b.log", "deep/d.log", "deep/er/e.log"]),
        ("**", ["a.log", "b.log", "c.txt", "deep/d.log", "deep/er/e.log"]),
        ("deep/**/e.log", ["deep/er/e.log"]),
        ("*/*.log", ["deep/d.log"]),
        ("d*/er/e.log", ["deep/er/e.log"]),
        ("missing.log", ["missing.log"]),
        ("missing/*.log", []),
    ],
)
def test_a_wildcard_stays_within_a_name(tree, pattern, found):
    """Wildcards stay within a name, ** goes down, hidden names must be named, a path without wildcards is as given."""
    globs = Globs([str(tree / pattern)])
    assert names(globs, tree) == found
    for path in found:
        assert globs.matches(str(tree / path))
    assert not globs.matches(str(tree / "deep" / ".hidden" / "x.log"))


def test_links_to_directories_do_not_go_round(tree):
    """** does not follow links to directories; a pattern that names one does."""
    os.symlink(tree, tree / "deep" / "loop")
    os.symlink(tree / "deep", tree / "link")
    assert names(Globs([str(tree / "**" / "d.log")]), tree) == ["deep/d.log"]
    assert names(Globs([str(tree / "link" / "*.log")]), tree) == ["link/d.log"]


def test_new_files_are_found_at_once_and_nothing_is_listed_in_vain(tree, monkeypatch):
    """A directory is listed again when it has changed, or may have."""
    now = os.stat(tree).st_mtime + 100
    globs = Globs([str(tree / "*.log")])
    globs.find(now)
    scandir, listed = os.scandir, []
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    globs.find(now + 1)
    assert listed == []
    (tree / "new.log").touch()
    assert names(globs, tree, now + 2) == ["a.log", "b.log", "new.log"]
    globs.find(now + 3)
    assert listed == [str(tree)]
    globs.find(now + 9)
    assert listed == [str(tree)] * 2


def test_new_files_are_found_where_the_time_of_their_directory_is_set_back(tree):
    """New files are found even if a copying tool sets the directory's mtime to the original's."""
    globs = Globs([f"{tree}/*.log"])
    before = os.stat(tree)
    assert names(globs, tree) == ["a.log", "b.log"]
    (tree / "new.log").touch()
    os.utime(tree, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert names(globs, tree) == ["a.log", "b.log", "new.log"]


def test_directories_that_were_listed_are_watched(tree):
    """The directories that were listed, and those of plain paths, are watched, but no trees below them."""
    globs = Globs([str(tree / "*.log"), str(tree / "deep" / "d.log")])
    globs.find(0.0)
    assert globs.directories() == {str(tree), str(tree / "deep")}


def test_a_directory_that_may_not_be_listed_is_a_finding(tree, monkeypatch):
    """A directory that cannot be listed is a problem with what to do."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    (problem,) = Globs([str(tree / "*.log")]).find(0.0).problems
    assert (problem.where, problem.what, problem.why) == (str(tree), "cannot be listed", "Permission denied")


def test_a_directory_is_a_finding_if_a_pattern_matches_nothing_else(tree):
    """`/var/log/mesibo*` where the log lies in /var/log/mesibo: "no file is there" would say nothing of it."""
    (problem,) = Globs([str(tree / "dee*")]).find(0.0).problems
    assert (problem.headline, problem.try_) == (
        f"{tree}/deep: is a directory: only files are followed",
        f"name the files in it, such as {tree}/deep/*.log",
    )
    assert Globs([str(tree / "*")]).find(0.0).problems == ()
    assert Globs([str(tree / "dee*"), str(tree / "later.log")]).find(0.0).problems == ()


def test_a_tree_may_be_deeper_than_the_interpreter_nests_calls(tmp_path, monkeypatch):
    """Thousands of nested directories do not prevent other logs from being found."""
    (tmp_path / "m.log").touch()
    monkeypatch.chdir(tmp_path)
    for _ in range(1050):
        os.mkdir("d")
        os.chdir("d")
    try:
        globs = Globs([str(tmp_path / "**" / "*.log")])
        assert names(globs, tmp_path) == ["m.log"]
        assert globs.matches(str(tmp_path / Path(*["d"] * 1050) / "m.log"))
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # shutil nests as deep as the tree


def test_more_directories_than_anybody_has_logs_in_are_reported_and_the_nearest_are_listed(tree, monkeypatch):
    """A pattern over a whole file system ends, and says where it did."""
    monkeypatch.setattr(globbing, "DIRECTORIES", 2)
    found = Globs([str(tree / "**" / "*.log"), str(tree / "deep" / "er" / "e.log")]).find(0.0)
    assert [os.path.relpath(path, tree) for path in found.paths] == ["a.log", "b.log", "deep/d.log", "deep/er/e.log"]
    (problem,) = found.problems
    assert problem.where == str(tree / "deep" / "er")
    assert "more than" in problem.why


def test_a_pattern_with_many_wildcards_for_directories_is_matched_at_once(tree):
    """How long it takes to tell that a path does not fit grows with its length, not with each ``**``."""
    assert not Globs(["/" + "**/a/" * 30 + "x.log"]).matches("/a" * 200 + "/y.log")
