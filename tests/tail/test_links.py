"""Logs behind links that go, or lead elsewhere, while their files are rotated: as a kubelet treats those of containers.

A container's log is ``pods/NAMESPACE_POD_UID/NAME/N.log``, N rising with each restart. The kubelet renames it to
``N.log.20261126-101010``, packs the one before that through ``.gz.tmp``, and removes the link in ``containers`` once
the container is dead (kubernetes/kubernetes#89160, #91765). Where Docker runs the containers, the file of the pod is a
link as well, to ``ID-json.log``, which Docker rotates.
"""

import pytest

from tests.tail.treated import LIVES, LOOK, Log, played

POD = "pods/mesibo_a_1/mesibo"


def followed(tmp_path, life, real=f"{POD}/0.log"):
    """Follow a log of thirty lines by the link of its container, and by that of its pod if it lies elsewhere."""
    log = Log(tmp_path, life, patterns=("containers/*.log",))
    log.shell(f"mkdir -p containers {POD} docker")
    log.path = str(log.directory / real)
    log.write(30)
    if real != f"{POD}/0.log":
        log.shell(f"ln -s ../../../{real} {POD}/0.log")
    log.shell(f"ln -s ../{POD}/0.log containers/a.log")
    return log


def rotate(log, stamp, pack=""):
    """Rotate as the kubelet does, and pack the generation of this stamp."""
    log.write(9)
    log.shell(f"cd {POD}; mv 0.log 0.log.20261126-10101{stamp}")
    if pack:
        name = f"0.log.20261126-10101{pack}"
        log.shell(f"cd {POD}; gzip -c {name} > {name}.gz.tmp; mv {name}.gz.tmp {name}.gz; rm {name}")
    log.write(4)


def link_removed(log):
    """End the container after two rotations, of which one was packed."""
    rotate(log, 1)
    yield
    rotate(log, 2, pack="1")
    yield
    log.write(2)
    log.shell("rm containers/a.log")
    yield


def link_removed_before_a_rotation(log):
    """Remove the link first: what a look finds after it is read to its end."""
    log.write(2)
    log.shell("rm containers/a.log")
    yield


def link_led_elsewhere(log):
    """Point the link at the next container's log, after a rotation."""
    rotate(log, 1)
    yield
    log.write(5, f"{log.directory}/{POD}/1.log")
    log.shell(f"ln -sfn ../{POD}/1.log containers/a.log")
    yield
    log.write(3, f"{log.directory}/{POD}/1.log")
    yield


def container_restarted(log):
    """Point another link at the next container's log, and rotate that."""
    rotate(log, 1)
    log.shell("rm containers/a.log")
    log.path = f"{log.directory}/{POD}/1.log"
    log.write(6)
    log.shell(f"ln -s ../{POD}/1.log containers/b.log")
    yield
    log.write(2)
    log.shell(f"cd {POD}; mv 1.log 1.log.20261126-111010")
    log.write(2)
    yield


def pod_renamed(log):
    """Rename the pod's directory, and point the link at its new name."""
    rotate(log, 1)
    yield
    log.shell("mv pods/mesibo_a_1 pods/mesibo_a_2; ln -sfn ../pods/mesibo_a_2/mesibo/0.log containers/a.log")
    log.path = log.path.replace("mesibo_a_1", "mesibo_a_2")
    log.write(3)
    yield


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize(
    "steps", [link_removed, link_removed_before_a_rotation, link_led_elsewhere, container_restarted, pod_renamed]
)
def test_a_log_whose_link_went_is_read_to_its_end_where_it_lies(tmp_path, steps, life):
    """What a container wrote counts once, though the link to it was removed or led elsewhere before it was read."""
    log = followed(tmp_path, life)
    log.treat(steps)
    log.check()


@pytest.mark.parametrize("life", LIVES)
def test_a_log_behind_two_links_that_both_went_is_read_to_its_end(tmp_path, life):
    """Rotated files are looked for beside the last target, however many links led there."""
    log = followed(tmp_path, life, "docker/0-json.log")
    log.treat((5, "cd docker; mv 0-json.log 0-json.log.1", 5, LOOK, f"rm containers/a.log {POD}/0.log", LOOK))
    log.check()


@pytest.mark.parametrize("life", ["stopped", "killed"])
def test_a_log_that_went_with_its_link_is_reported_once(tmp_path, life):
    """Where the directory has gone too nothing is left to be read: one generation was missed, at one time."""

    def steps(log):
        log.write(9)
        log.gone = log.written[-9:]
        log.shell("rm -r containers/a.log pods/mesibo_a_1")
        yield

    log = followed(tmp_path, life)
    log.treat(steps)
    log.check(missed=1)


@pytest.mark.parametrize("life", LIVES)
def test_a_link_on_the_way_that_leads_elsewhere_hides_no_rotation(tmp_path, life):
    """A directory ``current`` that is a link is no different from a log that is one."""
    log = Log(tmp_path, life, patterns=("current/m.log",))
    log.shell("mkdir v1; ln -s v1 current")
    log.path = str(log.directory / "v1/m.log")
    log.write(30)
    log.treat((4, "mv v1/m.log v1/m.log.1", 4, LOOK, "mkdir v2; ln -sfn v2 current", (3, "v2/m.log"), LOOK))
    log.check()


@pytest.mark.parametrize("life", LIVES)
def test_what_a_path_led_to_before_it_became_a_link_to_another_log_is_read_to_its_end(tmp_path, life):
    """A log given up for another one, under its old name: what was not read yet counts, the other one's history not."""
    log = Log(tmp_path, life, patterns=("m.log", "n.log"))
    log.write(30)
    log.write(20, path=log.directory / "n.log")
    (log.directory / "n.log.1").write_text("E2511-101010-001 (1): of before\n" * 20)
    log.treat((5, "mv m.log m.log.1; ln -s n.log m.log", LOOK, (5, "n.log"), LOOK, "gzip m.log.1", LOOK))
    assert log.status.files_followed == 1
    log.check()


@pytest.mark.parametrize(
    ("before", "rotation"),
    [("touch 0.log", "cp 0.log 0.log.1; truncate -s 0 0.log"), ("rm -f 0.log", "mv 0.log 0.log.1")],
)
def test_what_came_and_went_between_two_looks_is_found_beside_the_file_that_a_link_leads_to(tmp_path, before, rotation):
    """A log without a line, or that is not there, is no reason to look: what comes into its directory is."""
    log = Log(tmp_path, "running", patterns=("a.log",))
    log.shell(f"mkdir -p {POD}; ln -s {POD}/0.log a.log")
    log.path = str(log.directory / POD / "0.log")
    log.write(1)
    log.follower.turn()
    log.shell(f"cd {POD}; mv 0.log 0.log.2; {before}")
    log.follower.wait(1, 1)
    log.write(3)
    log.shell(f"cd {POD}; {rotation}")
    log.treat(lambda _: ())
    log.check()


def test_an_archive_of_the_log_behind_one_link_is_no_rotated_file_of_that_behind_another(tmp_path):
    """Beside a log is where a link of it leads: logrotate's ``extension .log`` takes m.1.log for a rotated m.log."""
    log = Log(tmp_path, "running", patterns=("links/*.log",))
    log.shell("mkdir links d; ln -s ../d/m.log links/a.log; ln -s ../d/m.1.log links/b.log")
    log.path = str(log.directory / "d/m.log")
    log.write(30)
    log.follower.turn()
    log.write(20, log.directory / "d/m.1.log")
    log.follower.wait(1)
    log.shell("cd d; gzip m.1.log; mv m.1.log.gz m.2.log.gz; mv m.log m.log.1")
    log.write(2)
    log.treat(lambda _: ())
    log.check()


@pytest.mark.parametrize("ending", [".tmp", ".gz.tmp"])
@pytest.mark.parametrize("lines", [2, 30, 200])
def test_an_archive_that_is_being_made_is_no_log_where_a_pattern_matches_everything(tmp_path, lines, ending):
    """The kubelet packs what was rotated before, into a name of its own, which ``*.log*`` matches, too."""
    log = Log(tmp_path, "looking", patterns=("pods/*/mesibo/*.log*",))
    log.shell(f"mkdir -p {POD}")
    log.path = str(log.directory / POD / "0.log")
    log.write(lines)
    log.follower.turn()
    log.shell(f"cd {POD}; mv 0.log 0.log.20261126-101011")
    log.write(4)
    for _ in range(3):
        log.follower.wait(700)
    name = f"{POD}/0.log.20261126-101011"
    log.shell(f"gzip -c {name} > whole; head -c $(($(wc -c < whole) / 2)) whole > {name}{ending}")
    log.follower.wait(1)
    log.shell(
        f"cp whole {name}{ending}; mv {name}{ending} {name}.gz; rm {name}; mv {POD}/0.log {POD}/0.log.20261127-101011"
    )
    log.write(1)
    log.follower.wait(1, 70, 700)
    log.check()
    assert not log.follower.tail.status().problems


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("pack", ["gzip a-1.log", "gzip -c a-1.log > a-1.log.gz; rm a-1.log"])
def test_what_a_link_led_to_counts_out_of_its_archive_once_it_leads_to_the_next_log(tmp_path, life, pack):
    """Cronolog's link, swapped and its old log packed before the next look: the archive is all there is of that."""

    def steps(log):
        log.write(7)
        log.shell(pack)
        log.path = str(log.directory / "a-2.log")
        log.write(5)
        log.shell("ln -sfn a-2.log current.log")
        yield
        log.write(3)

    log = Log(tmp_path, life, patterns=("current.log",))
    log.path = str(log.directory / "a-1.log")
    log.write(40)
    log.shell("ln -s a-1.log current.log")
    log.treat(steps)
    log.check()


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("entry", ["ln -s nowhere", "mkdir", "mkfifo"])
def test_an_archive_counts_whatever_has_the_name_that_it_was_packed_from(tmp_path, life, entry):
    """A link that leads nowhere, a directory or a pipe is nothing that it may still be packed from."""
    played(tmp_path, life, (7, f"mv m.log m.log.1; gzip m.log.1; {entry} m.log.1", 5, LOOK, 3))


@pytest.mark.parametrize("life", LIVES)
def test_copies_named_after_a_link_count_in_the_directory_for_rotated_files(tmp_path, life):
    """Copies named after a link count even if the log that it leads to has another name."""

    def steps(log):
        for number in (2, 1):
            log.write(3)
            log.shell(f"cp m.log old/m.log.{number}; : > m.log")
        log.write(3)
        yield

    log = Log(tmp_path, life, rotated=(str(tmp_path / "logs" / "old" / "*"),))
    log.shell("mkdir old; touch data; ln -s data m.log")
    log.write(40)
    log.treat(steps)
    log.check()
