"""The changelog keeps its form: a release takes its notes from it, by the section's name."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CHANGELOG.md").read_text()
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def sections():
    """Yield the name of each release and what stands below it, the newest first."""
    parts = re.split(r"^## (.*)$", TEXT, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def test_what_is_not_released_comes_first():
    """A change is written below ``Unreleased`` or, right at a release, the newest version: nowhere else is it found."""
    first, *others = [name for name, _ in sections()]
    assert first == "Unreleased" or re.match(r"\d+\.\d+\.\d+", first)
    assert [name for name in others if not re.match(r"\d+\.\d+\.\d+", name)] == []


def test_each_change_stands_below_what_kind_it_is():
    """The kinds are those of Keep a Changelog, each at most once a release and in their order."""
    for name, text in sections():
        kinds = re.findall(r"^### (.*)$", text, flags=re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds], name
        assert not text.partition("### ")[0].strip(), f"{name}: text that is of no kind"


def test_each_change_is_a_sentence_of_a_few_lines():
    """Entries begin with a dash and end with a full stop: what needs more room has a page."""
    for name, text in sections():
        for entry in re.split(r"\n- ", re.sub(r"^### .*$", "", text, flags=re.MULTILINE))[1:]:
            words = entry.strip()
            assert words.endswith((".", ":", ")")), f"{name}: {words}"
            assert len(words.splitlines()) <= 4, f"{name}: {words}"
