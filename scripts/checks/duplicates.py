"""Finds code and template passages that stand in two places: ``python scripts/checks/duplicates.py``.

Two passages count as the same when ``WINDOW`` lines in a row are equal after dropping blank lines, comments,
indentation and import lines. Exit status 1 when there are any; each is shown once, with both places.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINDOW = {".py": 10, ".html": 8}  # meaningful lines
SKIPPED = {"migrations", "node_modules", "__pycache__"}


def meaningful(path: Path) -> list[tuple[int, str]]:
    """Line number and text of every line that says something."""
    found = []
    inside_import = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if path.suffix == ".py":
            if inside_import or text.startswith(("import ", "from ")):
                inside_import = "(" in text and ")" not in text if not inside_import else ")" not in text
                continue
            if text.startswith("#"):
                continue
        if len(text) > 2:  # a lone bracket says nothing
            found.append((number, text))
    return found


def duplicates() -> list[tuple[Path, int, Path, int, int]]:
    """Every repeated passage: first place, second place, length in meaningful lines."""
    seen: dict[tuple[str, ...], list[tuple[Path, int]]] = defaultdict(list)
    lines: dict[Path, list[tuple[int, str]]] = {}
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in WINDOW or SKIPPED & set(path.parts):
            continue
        lines[path] = meaningful(path)
        size = WINDOW[path.suffix]
        for index in range(len(lines[path]) - size + 1):
            seen[tuple(text for _number, text in lines[path][index : index + size])].append((path, index))
    found: list[tuple[Path, int, Path, int, int]] = []
    covered: set[tuple[Path, int]] = set()
    for places in seen.values():
        for (first, i), (second, j) in pairwise(places):
            if (second, j) in covered or (first == second and j - i < WINDOW[first.suffix]):
                continue
            length = 0
            while (
                i + length < len(lines[first])
                and j + length < len(lines[second])
                and lines[first][i + length][1] == lines[second][j + length][1]
            ):
                covered.add((second, j + length))
                length += 1
            found.append((first, lines[first][i][0], second, lines[second][j][0], length))
    return found


def main() -> int:
    """Print what is repeated."""
    found = duplicates()
    for first, i, second, j, length in found:
        print(f"{first.relative_to(ROOT)}:{i} = {second.relative_to(ROOT)}:{j} ({length} lines)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
