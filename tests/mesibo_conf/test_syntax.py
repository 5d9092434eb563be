"""mesibo.conf: found out is whether push results are logged, and nothing that is secret."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.mesibo_conf.syntax import parse

REAL = """# mesibo on-premise
dbhost=127.0.0.1
dbpass = s3cret#with }hash and brace} # comment
appid = 6035

module skeleton {
log = 0
name = "quoted # no comment }"
}

logs {
  # verbose = 9
  push = 1   # push results
  level = 3
}
"""


def test_the_push_setting_of_a_whole_file_is_found():
    """Groups, comments, quotes and odd passwords do not hide it."""
    conf = parse(REAL)
    assert conf.push
    assert conf.logs == {"push": "1", "level": "3"}


@pytest.mark.parametrize(
    ("text", "push"),
    [
        ("logs {\npush = 1\n}\n", True),
        ("logs { push = 1 }", True),
        ("logs{push=1}", True),
        ("logs\n{\n\tpush\t=\t1\n}", True),
        ("logs {\r\npush = 1\r\n}\r\n", True),
        ("logs { push = 1 }\r\nappid = 1\r\n", True),
        ("logs {\npush = 1;\n}", True),
        ("logs {\npush = 1 // results\n}", True),
        ("logs {\npush = '1'; # results\n}", True),
        ('logs {\npush = "1" # results\n}', True),
        ('logs { push = "1" }', True),
        ("logs {\npush = 2\n}", True),
        ("module chatbot\nmodule = v8\nmodule=js{\nlog = 1 #Log level\n}\nlogs {\npush = 1\n}\n", True),
        ("logs {\npush = 0\n}", False),
        ("logs {\npush = 0;\n}", False),
        ("logs {\npush = 0 // none\n}", False),
        ("logs {\npush = 00\n}", False),
        ('logs {\npush = "0";\n}', False),
        ('logs {\npush = ""\n}', False),
        ("logs {\npush =\n}", False),
        ("logs {\npush = off\n}", False),
        ("logs {\npush = yes\n}", False),
        ("logs {\n# push = 1\n}", False),
        ("# logs { push = 1 }", False),
        ("push = 1", False),
        ("module logs_push {\npush = 1\n}", False),
        ("logs {\npush = 1\n}\nlogs {\npush = 0\n}", False),
        ("logs {\n}\n", False),
        ("", False),
    ],
)
def test_only_push_in_the_group_logs_counts(text, push):
    """It is on by a number but 0, whatever follows; comments, other groups and the top level do not switch it on."""
    assert parse(text).push is push


@pytest.mark.parametrize(
    ("text", "line"),
    [("logs {\npush = 1\n", 1), ("dbhost = a\nhunter2 is the password\n", 2), ("}\n", 1), ("a {\nb {\n}\n}\n", 1)],
)
def test_what_does_not_fit_is_reported_by_line_and_never_quoted(text, line):
    """A torn or nested file is refused with the number of a line, and without a word of it."""
    with pytest.raises(ValueError, match=f"line {line}") as caught:
        parse(text)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    """Nothing but ValueError comes out of junk."""
    with contextlib.suppress(ValueError):
        parse(text)


@given(secret=st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40))
def test_values_outside_logs_never_come_out(secret):
    """Whatever a password looks like, it is in no result; quotes and hashes in it may make the file unreadable."""
    marked = f"Zq9{secret}"
    try:
        conf = parse(f"dbpass = {marked}\nlogs {{\npush = 1\n}}\n")
    except ValueError as error:
        assert "Zq9" not in str(error)  # noqa: PT017  it is about this text
    else:
        assert "Zq9" not in repr(conf)
