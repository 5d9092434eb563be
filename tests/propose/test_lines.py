"""What is at the top level of a line, and what is hidden in quotes and brackets."""

import pytest

from logwatch.propose.lines import HIDDEN, escaped, inside, literal, mask, quotes_of


@pytest.mark.parametrize(
    ("text", "quotes", "shown"),
    [
        ('x "a b" y', '"', "x ##### y"),
        (r'"a\"b" c', '"', "###### c"),
        ('a "b c', '"', "a ####"),
        ("it's 'a b' y", '"', "it's 'a b' y"),
        ("it's 'a b' y", "\"'", "it's ##### y"),
        ("'a' b", "\"'", "### b"),
        ('a {"}"} b', '"', "a ##### b"),
        ("a {b [c] d} e} f", '"', "a ######### e} f"),
        ("a [b's ] c", "\"'", "a ###### c"),
        ("a [b=' ] ' ] c", "\"'", "a ########## c"),
        ("a [b c", '"', "a ####"),
        ("", '"', ""),
    ],
)
def test_quotes_and_brackets_hide_what_is_in_them(text, quotes, shown):
    """One that never closes hides the rest; an apostrophe opens nothing, nor does a bracket that closes."""
    assert mask(text, quotes).replace(HIDDEN, "#") == shown


@pytest.mark.parametrize(
    ("head", "rest", "is_inside"),
    [
        ('{"msg": "', ' code 903"}', True),
        ("x [", "] code 903", False),
        ("x [", "() : ] code 903", False),
        ("x [", " code 903]", True),
        ("x [", " code 903", True),
        ("x [", " :", True),
        ("x [say: ", " code 903]", True),
        ('x "', ' code 903"', True),
        (r'x "say \"', r' code 903\""', True),
        (r'x "\\"', " code 903", False),
        ("x='", " code 903'", True),
        ("x='say ", " code 903 '", True),
        ("x=`", " code 903`", True),
        ("x '", "' code 903", False),
        ("x='y' ", " code 903", False),
        ("it's x ", " code 903", False),
        ("x ' y ", " code 903", False),
        ("x [[", "]] code 903", True),
        ('x "', '" code 903', False),
        ('x "say: ', ' code 903"', True),
        ('x "y" [z] {} ', " code 903", False),
        ("x ] } ", " code 903", False),
        ("\x1b[31mx ", " code 903", False),
        ("", " code 903", False),
    ],
)
def test_a_marker_inside_quotes_or_brackets_is_none(head, rest, is_inside):
    """Those around the marker alone are how a function's name is written; colours open nothing."""
    assert inside(head, rest) == is_inside


@pytest.mark.parametrize(
    ("texts", "quotes"),
    [
        (["uid='a' b", "uid='c d', b"], "\"'"),
        (["uid='a' b", "uid=b"], '"'),
        (["it's Bob's", "it's Eve's"], '"'),
        (["uid=`a`", "uid=`b`"], '"`'),
    ],
)
def test_other_quotes_have_to_be_seen_around_values(texts, quotes):
    """On two lines at least: names have apostrophes."""
    assert quotes_of(texts) == quotes


@pytest.mark.parametrize(
    ("text", "regex", "source"),
    [
        ("a b.c", r"a[ \t]+b\.c", 'r"a b.c"'),
        ("a \t b", r"a[ \t]+b", r"'a \t b'"),
        ("\x7f\x80\xff", "\x7f\\x80\\xff", r"'\x7f\x80ÿ'"),
        ('say "x"', r'say[ \t]+"x"', """r'say "x"'"""),
        ("""'"'""", """'"'""", """'\\'"\\''"""),
    ],
)
def test_text_is_written_as_a_regex_and_as_source(text, regex, source):
    """In ASCII, for any blanks; and so that Python reads the same string."""
    assert escaped(text) == regex
    assert literal(text) == source
