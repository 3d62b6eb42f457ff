"""Two test files of one name cannot be collected together: every name is used once (``e2e`` is a package of its own)."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path


def main() -> int:
    names = Counter(path.name for path in Path("tests").rglob("test_*.py"))
    doubled = sorted(name for name, times in names.items() if times > 1)
    for name in doubled:
        print(f"{name}: {', '.join(str(path) for path in sorted(Path('tests').rglob(name)))}")
    return 1 if doubled else 0


if __name__ == "__main__":
    sys.exit(main())
