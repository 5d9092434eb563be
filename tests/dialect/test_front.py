"""What stands before a marker is shown as it is built, with nothing of a user in it."""

import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.dialect.redact import _KNOWN, FRONT_LENGTH, front, out_of_json, words_of
from logwatch.parse import load

GRAMMAR = load("mesibo")
WORDS = words_of(GRAMMAR)
LINE = b"E2211-101500-123 (17): push_on_complete: uid 1 code 903"


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (b"", ""),
        (b"mesibo-1  | ", "mesibo-1  | "),
        (b"\x1b[36mmesibo-1  | \x1b[0m", "<colour>mesibo-1  | <colour>"),
        (b"chat-1  | ", "<str>  | "),
        (b"2025-11-22T10:15:00.123456789Z ", "<time> "),
        (b"2025-11-22T10:15:00.12+01:00 stdout F ", "<time> stdout F "),
        (b"Nov 22 10:15:00 web7.example.com mesibo[4711]: ", "<time> <str>.<str>.<str> mesibo[<num>]: "),
        (b"<14>Nov  2 10:15:00 myhost docker/mesibo[1]: ", "<<num>><time> <str> docker/mesibo[<num>]: "),
        (b"[1763806500.123] ", "[<time>] "),
        (b"22/Nov/2025:10:15:00 +0000 ", "<time> "),
        (b'{"time":"2025-11-22T10:15:00Z","level":"info","msg":"', '{"time":"<time>","level":"info","msg":"'),
        (b"\xef\xbb\xbf", "<byte order mark>"),
        (b"E2211-101500-123 (17): on_message: +4917612345678 writes ", "<time> (<num>): <str>: +<num> <str> "),
    ],
)
def test_the_beginning_of_a_line_is_shown_up_to_mesibos_prefix(before, shown):
    """Names of log shippers stay, times and numbers are reported as such, everything else is masked."""
    assert front(before + LINE, b"push_on_complete", WORDS) == shown


def test_a_dialect_without_mesibos_prefix_shows_all_before_the_marker():
    """Without mesibo's own prefix, the front is everything before the marker."""
    assert front(b"2025-11-22 10:15:00,123 INFO push_on_complete x", b"push_on_complete", WORDS) == "<time> INFO "


def test_a_line_without_the_marker_has_no_front():
    """Without the marker, the front of a line is empty."""
    assert front(b"hello", b"push_on_complete", WORDS) == ""


PARTS = st.sampled_from(
    [b"mesibo", b"Bob", b"+4917612345", b"1", b"42", b" ", b"-", b"|", b"2025-11-22T10:15:00Z", b"\x1b[1m", b"\xc3\xbc",
     b"E2211-101500-123", b"stdout", b"secret_token", b".", b"\n", b'"', b"a1b2c3"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), st.lists(PARTS, max_size=20).map(b"".join)))
def test_nothing_of_a_user_survives(before):
    """Whatever stands there, only allow-listed words, marks, placeholders and the number of a known name are left."""
    text = front(before + b"push_on_complete", b"push_on_complete", WORDS)
    assert len(text) <= FRONT_LENGTH
    assert text.isprintable() or not text
    if text.endswith("…"):
        text = text.removesuffix("…").rsplit("<", 1)[0]  # a placeholder may be cut off at the end
    for placeholder in ("<time>", "<colour>", "<byte order mark>", "<num>", "<str>"):
        text = text.replace(placeholder, " ")
    for word in re.findall(r"\w+(?:[-_]\d{1,2})?", text):
        name = re.sub(r"[-_]\d{1,2}$", "", word)
        assert name.lower() in _KNOWN or name.encode() in WORDS, text


def test_of_a_long_front_in_json_the_key_of_the_text_is_shown():
    """It tells what the line is a text of, and so which command takes it out; of other fronts the beginning tells."""
    line = b'{"timestamp":"2026-11-26T23:48:59+00:00","host":"vm","tag":"mesibo[123]:","message":"E2511-100001-001: x'
    shown = front(line, b"x", ())
    assert len(shown) == 60
    assert shown.startswith("{…")
    assert shown.endswith(',"message":"')
    assert out_of_json([shown]) == "jq -r '.. | .message? | strings'"
    assert out_of_json([shown, "<time> mesibo: ", ""]) == ""


@pytest.mark.parametrize("blanks", ["", " "])
def test_a_text_in_json_may_begin_with_a_blank(blanks):
    """Rsyslog's msg does: what stands between the tag's colon and the message belongs to it (RFC 3164)."""
    line = f'{{"msg":{blanks}" E2511-100001-001: x","hostname":"h"}}'.encode()
    assert out_of_json([front(line, b"x", ())]) == "jq -r .msg"


def test_a_marker_that_is_a_value_of_its_own_is_no_text_in_json():
    """Then the line is of another dialect: its code is another value, which a grammar reads and jq would drop."""
    line = b'{"ts":"2026-11-30T10:00:00Z","level":"info","msg":"push_on_complete","uid":47,"code":403}'
    shown = front(line, b"push_on_complete", WORDS)
    assert shown == '{"ts":"<time>","level":"info","msg":'
    assert out_of_json([shown]) == ""


TEXT = "E2511-100001-001: push_on_complete: code 903 {}"


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
@pytest.mark.parametrize(
    "line",
    [
        f'2026-11-30T10:00:00+00:00\tdocker.mesibo\t{{"log":"{TEXT}","container_name":"/mesibo"}}',  # fluentd's
        f'2026-11-30T10:00:00+00:00\tchat\t{{"container_id":"{"a1" * 32}","source":"stdout","log":"{TEXT}"}}',
        f'docker.mesibo: [1796032800.123, {{"log": "{TEXT}"}}]',  # Fluent Bit's
        f'{{"version":"1.1","host":"vm","short_message":"{TEXT}","level":6}}',  # GELF
        f'{{"labels":{{"container":"mesibo"}},"line":"{TEXT}","timestamp":"2026-11-30T10:00:00Z"}}',  # logcli
    ],
    ids=["fluentd", "fluentd, at the end", "Fluent Bit", "GELF", "logcli"],
)
def test_the_text_comes_out_of_what_shippers_write_into_files(line):
    """A time and a tag may precede the object, and the key of the text may be any that shippers use."""
    filtered = out_of_json([front(line.encode(), b"push_on_complete", ())])
    assert filtered
    done = subprocess.run(filtered, shell=True, input=line, capture_output=True, text=True, check=True)
    assert done.stdout == f"{TEXT}\n"


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("words", [1, 30])
def test_the_text_comes_out_of_json_however_deep_its_key_stands(depth, words):
    """By the command that is reported, whether the front shows the objects around the key or is cut."""
    text = "E2511-100001-001: push_on_complete: code 903"
    record = {"message": text, "host": {"name": "vm", "up": True, "tags": ["push"]}}
    for _ in range(depth):
        record = {"host": " ".join(["chat"] * words), "event": record}
    line = json.dumps(record)
    filtered = out_of_json([front(line.encode(), b"push_on_complete", ())])
    done = subprocess.run(f"{filtered}", shell=True, input=line, capture_output=True, text=True, check=True)
    assert done.stdout == f"{text}\n"
