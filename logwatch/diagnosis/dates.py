"""Find sources whose push results have no time of their own, so that the time of reading is used instead."""

from collections.abc import Iterator

from logwatch.diagnosis import weight
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.words import number, share

_WORTH_SHARE = 0.01  # of the results: more than a stray stamp


def findings(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each source of whose results more than a stray one cannot be dated."""
    for name in facts.status:
        undated = facts.snapshot.counted(name, "undated_lines")
        results = sum(seen.count for row, seen in facts.snapshot.results.items() if row.source == name)
        if not undated or undated < _WORTH_SHARE * results:
            continue
        yield Finding(
            key=f"undated:{name}",
            rank=weight.UNDATED,
            title=f"The time of {number(undated)} push results of {name} is unknown"
            f" ({share(min(undated / max(results, 1), 1.0))}): the time at which they were read is used instead.",
            side="yours",
            remedy="`mesibo-logwatch grammar check` shows the stamps that cannot be dated; give their format in the"
            ' grammar, as strptime reads it: TIMESTAMP = "%d/%b/%Y:%H:%M:%S %z".',
            cause=f"The time of push results of {name} was unknown",
        )
