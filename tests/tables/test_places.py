"""Where a setting is said to be: its line, and a name that people use."""

import pytest

from logwatch.errors import Problem
from logwatch.tables.places import in_order, line_numbers, spoken

TEXT = '''state . directory = "d"
[[source]]
name = "a"
note = """
[web]
"""
[source.docker] # of the first
container = "m"
[[source]]
docker.root = """/x"""
[source.journal]
'unit' = "m.service"
[ web ]
listen = "x"
'''


def test_a_setting_has_its_line_however_it_is_written():
    """Tables within the latest of several, dotted and quoted names, blanks; what is in a text is none."""
    assert line_numbers(TEXT) == {
        "state": 1,
        "state.directory": 1,
        "source[0]": 2,
        "source[0].name": 3,
        "source[0].note": 4,
        "source[0].docker": 7,
        "source[0].docker.container": 8,
        "source[1]": 9,
        "source[1].docker": 10,
        "source[1].docker.root": 10,
        "source[1].journal": 11,
        "source[1].journal.unit": 12,
        "web": 13,
        "web.listen": 14,
    }


def test_problems_come_in_the_order_of_the_file():
    """What is wrong with all of it is first, and what is wrong elsewhere last."""
    places = ["/f:12: b", "/g:1", "/f:9: a", "/f"]
    found = in_order([Problem(place, "is wrong") for place in places], "/f")
    assert [problem.where for problem in found] == ["/f", "/f:9: a", "/f:12: b", "/g:1"]


@pytest.mark.parametrize(
    ("entry", "who"),
    [
        ({"name": "a"}, 'export "a"'),
        ({"url": "http://me:hunter2@h/x"}, 'export "http://h/x"'),
        ({"name": "a\x1b"}, "the 4th [[export]]"),
        ({"name": 5}, "the 4th [[export]]"),
        (5, "the 4th [[export]]"),
    ],
)
def test_one_of_several_tables_is_named_or_counted(entry, who):
    """By its name or address, if they can be shown; without a password."""
    raw = {"export": [{}, {}, {}, entry]}
    assert spoken(Problem("/f: export[3].tenant", "is wrong"), "/f", raw, {}).where == f"/f: {who}: tenant"
