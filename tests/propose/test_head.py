"""What precedes the marker: a sequence of pieces, of which only a number in brackets or a pair may be missing."""

import pytest

from logwatch.propose.head import learn, tokens


def heads(*forms, count=40):
    """Return heads of these forms in turn, each line with numbers of its own."""
    return [
        forms[i % len(forms)].format(n=10 + i, iso=f"2026-11-22T10:15:{i % 60:02}Z", ddmm=f"2211-1015{i % 60:02}-123")
        for i in range(count)
    ]


def reads(learnt, text):
    return learnt.pattern.match(text.format(n=977, iso="2027-01-02T03:04:05Z", ddmm="0201-030405-678")) is not None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("E2211-101500-123 ", ["severity", "stamp", "blank"]),
        ("XE2211-101500-123", ["atom", "stamp"]),
        ("E 2211-101500-123", ["level", "blank", "stamp"]),
        ("[a b] [c]", ["bracket", "blank", "mark", "atom", "mark"]),
        ('"a b" ', ["string", "blank"]),
        ("\x1b[1;32mINFO", ["colour", "level"]),
        ("W x", ["level", "blank", "atom"]),
    ],
)
def test_a_head_is_cut_into_what_it_consists_of(text, kinds):
    """A level right before a stamp, and brackets with a blank inside, are pieces of their own."""
    assert [token.kind for token in tokens(text)] == kinds


@pytest.mark.parametrize(
    ("forms", "read", "unread"),
    [
        (["{iso} INFO "], ["{iso} WARN "], ["{iso} warn ", "{iso} INFO on_message: ", "x {iso} INFO ", "{iso} "]),
        (["{iso} INFO ", "{iso} info "], ["{iso} Warn "], ["{iso} 7 "]),
        (["{iso} I "], ["{iso} W "], ["{iso} WARN "]),
        (["E{ddmm} "], ["W{ddmm} ", "**FATAL**{ddmm} ", "http-{ddmm} "], ["{ddmm} ", "EE{ddmm} "]),
        (["I1122 10:15:{n}.123456 "], ["W0102 03:04:05.678901 "], ["http-1122 10:15:10.123456 "]),
        (["{iso}\t"], ["{iso}\t"], ["{iso} "]),
        (["{iso} x{n} ", "{iso}  x{n} "], ["{iso}   x{n} "], ["{iso}\tx{n} ", "{iso}x{n} "]),
        (["{iso} [{n}] ", "{iso} "], ["{iso} [{n}] ", "{iso} "], ["{iso} [x] ", "{iso} []"]),
        (["{iso} [{n}] seq={n} ", "{iso} [{n}] ", "{iso} "], ["{iso} [{n}] ", "{iso} "], ["{iso} on_message "]),
        (["{iso} push ", "{iso} push say "], ["{iso} push "], ["{iso} push say "]),
        (["{iso} a ", "{iso} b ", "{iso} c ", "{iso} d "], ["{iso} d "], ["{iso} e "]),
        (["{iso} push ", "{iso} push ", "{iso} push ", "{iso} push ", "{iso} say "], ["{iso} push "], ["{iso} say "]),
        (["{iso} [17] ", "{iso} [17] ", "{iso} [17] ", "{iso} [{n}] "], ["{iso} [{n}] "], ["{iso} [x] "]),
        (
            ["{iso} \x1b[32mINFO\x1b[0m ", "{iso} \x1b[31mWARN\x1b[0m "],
            ["{iso} \x1b[1;35mCRIT\x1b[0m "],
            ["{iso} CRIT "],
        ),
        (['{iso} "a {n}" '], ['{iso} "b" '], ['{iso} "b ', "{iso} b "]),
        (["{iso} [a {n}] "], ["{iso} [b] "], ['{iso} ["b"] ', "{iso} [[b]] "]),
    ],
)
def test_a_head_is_read_if_it_has_the_same_pieces(forms, read, unread):
    """Levels of the same case, any number, any colour; a line of another function has other pieces."""
    learnt = learn(heads(*forms))
    assert [text for text in heads(*forms[:1]) if not learnt.pattern.match(text)] == []
    assert [text for text in read if not reads(learnt, text)] == []
    assert [text for text in unread if reads(learnt, text)] == []


def test_a_rare_structure_is_not_learnt():
    """One that two lines of a hundred have may be anybody's."""
    learnt = learn([*heads("{iso} ", count=98), *heads("{iso} [{n}] ", count=2)])
    assert not reads(learnt, "{iso} [{n}] ")
    assert reads(learn([*heads("{iso} ", count=95), *heads("{iso} [{n}] ", count=5)]), "{iso} [{n}] ")


def test_words_that_share_a_place_are_the_few_that_most_lines_have():
    """Where many others are there too, any word is: a host or a class that comes tomorrow is read."""
    names = [f"{name}." for name in ("able", "bravo", "chalk", "delta", "echoes", "foxtrot")]
    mixed = ["{iso} api. "] * 4 + [f"{{iso}} {name} " for name in names]
    learnt = learn(heads(*mixed))
    assert reads(learnt, "{iso} zebra. ")
    assert not reads(learn(heads("{iso} api. ", "{iso} web. ")), "{iso} zebra. ")
