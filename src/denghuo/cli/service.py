"""``python -m denghuo.cli.service MODULE [ARGUMENT…]``: load Django, then run ``MODULE.main()``.

Running a module with ``-m`` imports its package first, and packages of ``core`` hold models, which need Django.
"""

from __future__ import annotations

import importlib
import os
import sys


def main() -> int:
    """Run the module named first on the command line; gives its exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    import django

    django.setup()
    sys.argv = sys.argv[1:]
    result = importlib.import_module(sys.argv[0]).main()
    return int(result or 0)


if __name__ == "__main__":
    sys.exit(main())
