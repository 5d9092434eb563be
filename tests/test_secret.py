"""What a file that holds one secret may look like, and what is said of one that does not."""

import errno
import os
from pathlib import Path

import pytest

from logwatch.secret import SecretError, read_line, read_word


@pytest.mark.parametrize(
    "content",
    [
        b"s3cret",
        b"s3cret\n",
        b"s3cret\r\n",
        b"\xef\xbb\xbfs3cret\r\n",
        b"\ns3cret\n\n",
        "s\u00e9cret of ours \n".encode(),
    ],
)
def test_what_editors_put_around_a_line_is_no_part_of_it(tmp_path, content):
    """Line ends, also Windows', and a byte order mark are taken off; blanks are a password's own."""
    (tmp_path / "file").write_bytes(content)
    expected = content.decode().replace("\ufeff", "").strip("\r\n")
    assert read_line(tmp_path / "file", "the password") == expected


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b" \r\n\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"hunter2\nfor the app", "it has several lines"),
        (b"hunter2\rfor the app", "it has several lines"),
        ("hunter2\r\n".encode("utf-16"), "it is not text in UTF-8"),
        ("hunter2\u00e4".encode("latin-1"), "it is not text in UTF-8"),
        (b"hunter2\0", "characters that cannot be printed"),
        (b"hunter2" * 2000, "it is larger than 8192 bytes"),
    ],
)
def test_a_file_that_holds_no_secret_is_reported_without_quoting_it(tmp_path, content, why):
    """The error names the file, what it should hold and what to do, and quotes nothing of it."""
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(SecretError) as caught:
        read_line(tmp_path / "file", "the password")
    assert str(caught.value).startswith(f"{tmp_path / 'file'}: does not hold the password: ")
    assert why in str(caught.value)
    assert "put the password alone on its one line" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_reported(tmp_path):
    """One that is missing says so, and a pipe is refused, not waited for."""
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("missing", "No such file or directory"), ("pipe", "it is a pipe")):
        with pytest.raises(SecretError, match=f"{name}: the token cannot be read: {why}"):
            read_line(tmp_path / name, "the token")


def test_a_secret_that_the_service_has_not_got_yet_is_handed_over_by_a_restart(monkeypatch):
    """Of the secrets directory, which only root may read, the service has what was there when it started."""

    def closed(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr("logwatch.secret.open_file", closed)
    with pytest.raises(SecretError) as caught:
        read_line(Path("/etc/mesibo-logwatch/secrets/new"), "the token")
    remedy = caught.value.problems[0].try_
    assert remedy.startswith("name a file that this user may read; what lies in")  # whoever runs a command of ours
    assert remedy.endswith("systemctl restart mesibo-logwatch")
    with pytest.raises(SecretError, match="try: name a file that this user may read"):
        read_line(Path("/etc/elsewhere"), "the token")


def test_a_token_is_one_word(tmp_path):
    """Blanks around it are not its own, and one within it means that it is something else."""
    (tmp_path / "file").write_text(" abc \n")
    assert read_word(tmp_path / "file", "the token") == "abc"
    for content in ("Bearer abc\n", "\u00e4bc\n"):
        (tmp_path / "file").write_text(content)
        with pytest.raises(SecretError, match="more than one word of plain characters"):
            read_word(tmp_path / "file", "the token")


def test_what_systemd_hands_over_is_read_in_the_place_of_the_file(tmp_path, monkeypatch):
    """The service may not see the secrets directory: the configuration names one path for everybody."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "secret_for-this-test").write_text("s3cret\n")
    assert read_line(Path("/etc/mesibo-logwatch/secrets/for-this-test"), "the token") == "s3cret"
