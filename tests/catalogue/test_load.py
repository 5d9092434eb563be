"""A catalogue file is right in every entry, or each thing that is wrong with it is told."""

import json
import os
import re
from pathlib import Path
from textwrap import dedent

import pytest

from logwatch.catalogue import Catalogue
from logwatch.errors import CatalogueError

ENTRY = {
    "provider": "mesibo",
    "code": 915,
    "name": "mesibo_new_code",
    "class": "configuration",
    "severity": "critical",
    "side": "operator",
    "meaning": "Something new.",
    "remedy": "Mend it.",
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "own.toml"


def write(file, *entries):
    """JSON's strings, numbers, booleans and lists are TOML's too."""
    tables = ("[[code]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in e.items()) for e in entries)
    file.write_text("\n".join(tables))


def problems(file):
    with pytest.raises(CatalogueError) as caught:
        Catalogue.load(file)
    return [str(problem).replace(str(file), "FILE") for problem in caught.value.problems]


def test_own_entries_are_added(file):
    """An operator's file adds entries without any change of the package."""
    write(file, ENTRY)
    entry = Catalogue.load(file).classify("apns", 915)
    assert (entry.name, entry.class_, entry.retryable, entry.steps) == ("mesibo_new_code", "configuration", False, ())


def test_own_entries_replace_shipped_ones(file):
    """The same provider, code and reason, in any spelling of the reason, stands for the same entry."""
    write(file, ENTRY | {"provider": "fcm", "code": 404, "reason": "unregistered", "name": "fcm_unregistered"})
    catalogue = Catalogue.load(file)
    assert catalogue.classify("fcm", 404, "UNREGISTERED").meaning == "Something new."
    assert len(catalogue.entries) == len(Catalogue.load().entries)


def test_an_empty_file_changes_nothing(file):
    """A file without entries is a catalogue without entries of one's own."""
    write(file)
    assert Catalogue.load(file).entries == Catalogue.load().entries


def test_every_problem_is_reported_at_once(file):
    """One look at the message is enough to mend the file: each has its line, and what would do."""
    wrong = {
        **ENTRY,
        "code": 916,
        "name": "other",
        "provider": "fcm",
        "clas": "token",
        "class": "tokn",
        "severity": 3,
        "steps": ["one"],
    }
    del wrong["remedy"]
    write(file, ENTRY, wrong)
    assert problems(file) == [
        'FILE:11: code "other": remedy: missing\n  try: add remedy = …',
        (
            'FILE:13: code "other": code: 916 is not from fcm: codes above 900 are mesibo\'s own, all others are the '
            "provider's\n  try: correct provider or code"
        ),
        (
            "FILE:15: code \"other\": class: 'tokn' cannot be used: it is none of the choices\n"
            '  try: one of "delivered", "credential", "configuration", "token", "payload", "rate_limited", '
            '"provider_fault", "network", "rejected", "unknown"'
        ),
        (
            'FILE:16: code "other": severity: 3 cannot be used: it is a whole number, not a text\n'
            '  try: one of "none", "warning", "critical"'
        ),
        'FILE:19: code "other": clas: unknown key\n  try: did you mean class?',
        (
            "FILE:20: code \"other\": steps: ['one'] cannot be used: 'one' in it is a text, not a whole number"
            "\n  try: a list of numbers of mesibo's steps, 1 to 9"
        ),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"provider": "fcm"},
            (
                "3: CODE: code: 915 is not from fcm: codes above 900 are mesibo's own, all others are "
                "the provider's\n  try: correct provider or code"
            ),
        ),
        (
            {"code": 404},
            (
                "3: CODE: code: 404 is not from mesibo: codes above 900 are mesibo's own, all others are "
                "the provider's\n  try: correct provider or code"
            ),
        ),
        (
            {"code": 1234567},
            (
                "3: CODE: code: 1234567 cannot be used: it is out of range\n"
                "  try: a number of at most six digits, as a log line has it"
            ),
        ),
        (
            {"provider": "any", "code": 404, "reason": "Gone"},
            (
                "10: CODE: reason: does not go with provider 'any': 'any' is the meaning of a bare number; a reason "
                "tells the provider\n  try: write provider = 'fcm' or 'apns'"
            ),
        ),
        (
            {"reason": "two words"},
            (
                "10: CODE: reason: 'two words' cannot be used: it has other characters in it, or too many\n"
                "  try: a word of letters, digits and _, as FCM or APNs writes it"
            ),
        ),
        (
            {"name": "New-Code"},
            (
                "4: code \"New-Code\": name: 'New-Code' cannot be used: it has other characters in it, or too many\n"
                "  try: snake_case: a-z, 0-9, single _"
            ),
        ),
        ({"remedy": " "}, "9: CODE: remedy: ' ' cannot be used: it is empty\n  try: one or two sentences"),
        (
            {"steps": [1, 10]},
            (
                "10: CODE: steps: [1, 10] cannot be used: it is out of range\n"
                "  try: a list of numbers of mesibo's steps, 1 to 9"
            ),
        ),
        (
            {"name": "fcm_accepted"},
            " name 'fcm_accepted' stands for both fcm 200 and mesibo 915\n  try: choose another name for one of them",
        ),
    ],
)
def test_implausible_entries_are_refused(file, change, message):
    """An entry that could never match, or that would blur a label, is a mistake."""
    write(file, ENTRY | change)
    assert problems(file) == ["FILE:" + message.replace("CODE", 'code "mesibo_new_code"')]


def test_an_entry_given_twice_is_refused(file):
    """Two entries of one key are refused, since nobody knows which is meant."""
    write(file, ENTRY, ENTRY | {"name": "other"})
    assert problems(file) == ['FILE:11: code "other": mesibo 915 is there twice\n  try: keep one of them']


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[[code]\n", "FILE:1: not valid TOML: Expected"),
        (b"\xff\xfe", "FILE:1: byte 0 is not UTF-8: it is UTF-16, and TOML is UTF-8 text"),
        (b"codes = 1\n", "FILE:1: codes: unknown key\n  try: did you mean code?"),
        (b"code = 1\n", "FILE:1: code: 1 where tables are expected\n  try: [[code]]"),
        (b"code = [1]\n", "FILE: the first [[code]]: 1 is not a table\n  try: write [[code]]"),
        (b"provider = 'fcm'\n", "FILE:1: provider: unknown key\n  try: it belongs in [[code]]"),
    ],
)
def test_other_files_are_refused_in_words(file, content, message):
    """Binary garbage, other TOML and broken TOML are told apart, without a traceback."""
    file.write_bytes(content)
    (problem,) = problems(file)
    assert problem.startswith(message)


def test_a_file_that_cannot_be_read_is_named(file, tmp_path):
    """The path and the reason are in the message; a pipe into which nobody writes is not waited for."""
    assert problems(file) == [
        "FILE: the catalogue cannot be read: No such file or directory\n  try: check catalogue.file"
    ]
    assert problems(tmp_path) == ["FILE: the catalogue cannot be read: it is a directory\n  try: name a TOML file"]
    os.mkfifo(file)
    assert problems(file) == ["FILE: the catalogue cannot be read: it is a pipe\n  try: name a TOML file"]


def test_a_byte_order_mark_is_no_mistake(file):
    """Editors of other systems put one in front."""
    file.write_bytes(b"\xef\xbb\xbf# no entry\r\n")
    assert Catalogue.load(file).entries == Catalogue.load().entries


def test_entries_without_a_code_are_not_taken_for_the_same(file):
    """What is put in for a missing code, so that the rest can be looked at, is like no other."""
    without = {key: value for key, value in ENTRY.items() if key != "code"}
    write(file, without, without | {"name": "mesibo_another"})
    assert [problem.partition("\n")[0].split(": ", 2)[2] for problem in problems(file)] == ["code: missing"] * 2


def test_the_documented_entry_loads(file):
    """The example of an entry in docs/configuration.md is accepted as it stands, and gives its code a meaning."""
    page = (Path(__file__).parents[2] / "docs/configuration.md").read_text()
    (example,) = re.findall(r"^ +\[\[code\]\]\n(?: +.*\n)+", page, re.MULTILINE)
    file.write_text(dedent(example))
    entry = Catalogue.load(file).classify("fcm", 407)
    assert (entry.title, entry.class_, entry.side) == ("Proxy login required", "network", "operator")
    assert Catalogue.load().classify("fcm", 407).name == "undocumented_code"
