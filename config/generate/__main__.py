"""Write everything that is generated, or with ``--check`` prints what differs from it."""

import sys
from pathlib import Path

from config.generate import dashboards, manpages, past, reference, rules, runbooks, vmalert

ROOT = Path(__file__).parent.parent.parent


def outputs() -> dict[str, str]:
    """Return path below the root of the tree -> text that belongs there."""
    areas = (rules, vmalert, past, dashboards, runbooks, manpages, reference)
    return {path: text for area in areas for path, text in area.files().items()}


def main(arguments: list[str]) -> int:
    """Return the exit code: 0 fine, 1 something differs, 2 wrong use."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m config.generate [--check]", file=sys.stderr)
        return 2
    differing = {
        path: text
        for path, text in outputs().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text() != text
    }
    for path, text in differing.items():
        if arguments:
            print(f"{path}: differs from what is generated; try: make generate", file=sys.stderr)
        else:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text)
            print(path)
    return int(bool(arguments and differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
