"""A catalogue file is right in every entry, or each thing that is wrong with it is told."""

import json

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
    """One look at the message is enough to mend the file."""
    wrong = {**ENTRY, "clas": "token", "class": "tokn", "severity": 3, "steps": ["one"]}
    del wrong["remedy"]
    write(file, ENTRY, wrong)
    where = "FILE: [[code]] number 2 (mesibo 915)"
    assert problems(file) == [
        (
            f"{where}: class has no such value: 'tokn' is not one of delivered, credential, configuration, token, "
            "payload, rate_limited, provider_fault, network, rejected, unknown\n  try: did you mean token?"
        ),
        f"{where}: severity has a wrong type: expected str, got int",
        f"{where}: unknown key 'clas'\n  try: did you mean class?",
        f"{where}: steps has a wrong type: expected int, got str - at $[0]",
        f"{where}: remedy is missing\n  try: add remedy = …",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"provider": "fcm"},
            (
                "FILE: [[code]] number 1 (fcm 915): code 915 is not from fcm: codes above 900 are mesibo's own, all "
                "others are the provider's\n  try: correct provider or code"
            ),
        ),
        (
            {"code": 404},
            (
                "FILE: [[code]] number 1 (mesibo 404): code 404 is not from mesibo: codes above 900 are mesibo's own, "
                "all others are the provider's\n  try: correct provider or code"
            ),
        ),
        (
            {"code": 1234567},
            "FILE: [[code]] number 1 (mesibo 1234567): no such code: a code in the log has at most six digits",
        ),
        (
            {"provider": "any", "code": 404, "reason": "Gone"},
            (
                "FILE: [[code]] number 1 (any 404 Gone): reason with provider 'any': 'any' is the meaning of a bare "
                "number; a reason tells the provider\n  try: write provider = 'fcm' or 'apns'"
            ),
        ),
        (
            {"reason": "two words"},
            (
                "FILE: [[code]] number 1 (mesibo 915 two words): reason 'two words' is not a word: letters, digits and "
                "_, at most 64 of them\n  try: write it as FCM or APNs does"
            ),
        ),
        (
            {"name": "New-Code"},
            "FILE: [[code]] number 1 (mesibo 915): name 'New-Code' is not snake_case\n  try: use a-z, 0-9 and single _",
        ),
        (
            {"remedy": " "},
            "FILE: [[code]] number 1 (mesibo 915): remedy is empty\n  try: say it in one or two sentences",
        ),
        ({"steps": [1, 10]}, "FILE: [[code]] number 1 (mesibo 915): no such step: 10: mesibo's page has Steps 1 to 9"),
        (
            {"name": "fcm_accepted"},
            (
                "FILE: name 'fcm_accepted' stands for both fcm 200 and mesibo 915\n"
                "  try: choose another name for one of them"
            ),
        ),
    ],
)
def test_implausible_entries_are_refused(file, change, message):
    """An entry that could never match, or that would blur a label, is a mistake."""
    write(file, ENTRY | change)
    assert problems(file) == [message]


def test_an_entry_given_twice_is_refused(file):
    """Two entries of one key are refused, since nobody knows which is meant."""
    write(file, ENTRY, ENTRY | {"name": "other"})
    assert problems(file) == [
        "FILE: [[code]] number 2 (mesibo 915): is there already, as number 1\n  try: keep one of them"
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[[code]\n", "FILE: is not a TOML file: Expected"),
        (b"\xff\xfe", "FILE: is not a TOML file: byte 0 is not UTF-8\n  try: save it as UTF-8 text"),
        (b"codes = 1\n", "FILE: unknown key 'codes'\n  try: write each entry as a table [[code]]"),
        (b"code = 1\n", "FILE: 'code' is not a list of tables\n  try: write each entry as a table [[code]]"),
        (b"code = [1]\n", "FILE: entry 1: is not a table\n  try: write each entry as a table [[code]]"),
    ],
)
def test_other_files_are_refused_in_words(file, content, message):
    """Binary garbage, other TOML and broken TOML are told apart, without a traceback."""
    file.write_bytes(content)
    (problem,) = problems(file)
    assert problem.startswith(message)


def test_a_missing_file_is_named(file):
    """The path and the reason of the operating system are in the message."""
    assert problems(file) == [
        "FILE: cannot read the catalogue: No such file or directory\n  try: name an existing, readable file"
    ]


def test_a_directory_is_no_catalogue(tmp_path):
    """A directory in place of the file is reported as what it is."""
    assert problems(tmp_path) == [
        "FILE: cannot read the catalogue: Is a directory\n  try: name an existing, readable file"
    ]


def test_a_byte_order_mark_is_no_mistake(file):
    """Editors of other systems put one in front."""
    file.write_bytes(b"\xef\xbb\xbf# no entry\r\n")
    assert Catalogue.load(file).entries == Catalogue.load().entries
