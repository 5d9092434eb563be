"""Writes grammars with their samples, as an operator does."""

from pathlib import Path


def write_grammar(directory: Path, name: str, source: str, samples: str) -> Path:
    """Write ``name.py`` and ``samples/name.log`` into a directory, which is returned; both may be there already."""
    (directory / "samples").mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.py").write_text(source)
    (directory / "samples" / f"{name}.log").write_text(samples)
    return directory
