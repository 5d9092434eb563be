"""Classify counts by the catalogue: what was seen of each result, the heaviest first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from logwatch.catalogue.entries import Entry
from logwatch.catalogue.lookup import Catalogue, answered_by
from logwatch.model import Platform, ResultKey, Seen
from logwatch.moments import iso


class Row(NamedTuple):
    """One result as it is exported: ``reason`` as the catalogue spells it, or empty."""

    provider: str  # who answered: mesibo, fcm, apns, unknown
    platform: Platform
    code: int
    reason: str
    entry: Entry
    seen: Seen

    def as_dict(self, total: int) -> dict[str, Any]:
        """Return it as values for JSON, with its share of all; times are ISO 8601 in UTC with milliseconds, or None."""
        seen, first = self.seen, iso(self.seen.first)
        return {
            "provider": self.provider,
            "platform": self.platform,
            "code": self.code,
            "reason": self.reason,
            "class": self.entry.class_,
            "severity": self.entry.severity,
            "side": self.entry.whose(self.platform),
            "title": self.entry.title,
            "meaning": self.entry.meaning,
            "remedy": self.entry.remedy,
            "count": seen.count,
            "first": first,
            "last": first if seen.last == seen.first else iso(seen.last),
            "share": round(seen.count / total, 6),
        }


@dataclass(slots=True)
class Summary:
    """What a log contains; ``push_lines`` = results + ``unparsed``: lines with the marker in its place.

    ``misplaced`` are those with the marker in another place, or without the envelope that all others have.
    """

    lines: int = 0
    push_lines: int = 0
    unparsed: int = 0
    misplaced: int = 0
    results: dict[ResultKey, Seen] = field(default_factory=dict)

    def add(self, results: Mapping[ResultKey, Seen], catalogue: Catalogue) -> Mapping[ResultKey, Seen]:
        """Add the results of another part of the log; return them with reasons as the catalogue spells them.

        Other reasons are left out: a log may have any number of them, the catalogue has few.
        """
        known: dict[ResultKey, Seen] = {}
        for key, seen in results.items():
            listed = key._replace(reason=catalogue.reason(*key)) if key.reason else key
            for found in (known, self.results):
                if listed in found:
                    found[listed].add(seen)
                else:
                    found[listed] = Seen(seen.count, seen.first, seen.last)
        return known

    def rows(self, catalogue: Catalogue) -> list[Row]:
        """Return the results classified, the heaviest first."""
        rows = [
            Row(answered_by(key.platform, key.code), *key, catalogue.classify(*key), seen)
            for key, seen in self.results.items()
        ]
        return sorted(rows, key=lambda row: (-row.seen.count, row.platform, row.code, row.reason))

    def as_dict(self, catalogue: Catalogue) -> dict[str, Any]:
        """Return it as values for JSON."""
        total = self.pushes
        return self.lines_as_dict() | {"results": [row.as_dict(total) for row in self.rows(catalogue)]}

    def lines_as_dict(self) -> dict[str, Any]:
        """Return the counts of lines as values for JSON."""
        names = ("lines", "push_lines", "unparsed", "misplaced")
        return {name: getattr(self, name) for name in names}

    @property
    def pushes(self) -> int:
        """The pushes of all results."""
        return sum(seen.count for seen in self.results.values())
