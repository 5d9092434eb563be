"""Of more lines than fit into memory, some are kept that stand for all."""

from logwatch.propose import Selection


def added(selection, lines):
    for number, line in enumerate(lines):
        selection.add(number, line)
    return selection


def test_few_lines_are_all_kept_in_their_order():
    """What fits is what was added, each line with its number."""
    lines = [b"a", b"b", b"a"]
    assert added(Selection(3), lines).lines == list(enumerate(lines))


def test_of_many_lines_each_part_of_the_log_keeps_its_share():
    """Neither the first nor the last lines, nor every second one, stand for the others."""
    selection = added(Selection(1000), [b"%d" % (i % 2) for i in range(100_000)])
    assert (selection.seen, len(selection.lines)) == (100_000, 1000)
    numbers = [number for number, _ in selection.lines]
    assert numbers == sorted(numbers)
    for part in range(4):
        assert 200 < sum(number // 25_000 == part for number in numbers) < 300
    assert 400 < sum(line == b"1" for _, line in selection.lines) < 600
    assert all(line == b"%d" % (number % 2) for number, line in selection.lines)


def test_long_lines_do_not_fill_the_memory():
    """The bytes that are kept are bounded, whatever the lines are."""
    selection = added(Selection(1000, most_bytes=5000), [b"x" * (1 if i < 500 else 100) for i in range(3000)])
    assert 1500 < sum(len(line) for _, line in selection.lines) <= 5000
    assert added(Selection(10, most_bytes=5), [b"x" * 100]).lines == [(0, b"x" * 100)]
