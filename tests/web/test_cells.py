"""What spreadsheets take for a formula: in no cell, wherever a separator of theirs may stand."""

# ruff: noqa: RUF001  signs in full width are meant

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.web.api import _cell

SIGNS = "=+-@＝＋－＠"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("＠SUM(1)", "'＠SUM(1)"),
        (" =1", " '=1"),
        ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
        ('a; "=1', "a; \"'=1"),
        ("a\t-1", "a\t'-1"),
        ("+18005551234", "+18005551234"),
        ("+1800;=1", "'+1800;'=1"),
        ("a=b-c@d+e", "a=b-c@d+e"),
        (None, ""),
        (404, "404"),
    ],
)
def test_no_cell_begins_a_formula(value, expected):
    """Behind a comma, a semicolon or a tab, with blanks and quotes before it, in full width."""
    assert _cell(value) == expected


@given(st.text(alphabet=SIGNS + "; \t\"'a1,|", max_size=30))
def test_whatever_separates_cells_no_part_begins_with_a_sign(text):
    """With any separator, no part of a cell begins with a formula's sign, except a whole telephone number."""
    cell = _cell(text)
    for separator in (";", "\t", "|"):
        for part in cell.split(separator):
            bare = part.lstrip(" \"'")
            begins = bare[:1] and bare[:1] in SIGNS and "'" not in part[: len(part) - len(bare)]
            assert not begins or cell == text.strip()
