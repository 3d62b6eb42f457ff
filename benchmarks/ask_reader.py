"""The second process of ``denghuo bench ask``: searches for what the first publishes, until it is found.

Reads one line a turn, the text to look for; writes the moment it was found (the machine's monotonic clock, which all
processes share) and how many searches that took.
"""

from __future__ import annotations

import sys
import time

PATIENCE = 20.0  # seconds
PAUSE = 0.002  # between searches, so that a turn is not a race for the processor


def main() -> None:
    """Serve until standard input ends."""
    import django

    django.setup()
    from denghuo.apps.knowledge.searching import find
    from denghuo.apps.knowledge.searching.warming import warm

    warm()
    print("ready", flush=True)
    for line in sys.stdin:
        text, searches, began = line.strip(), 0, time.monotonic()
        while time.monotonic() - began < PATIENCE:
            searches += 1
            _found, rows = find(text, org=None)
            if any(row.question == text for row in rows.values()):
                break
            time.sleep(PAUSE)
        else:
            raise RuntimeError(f"not found within {PATIENCE} s")
        print(time.monotonic(), searches, flush=True)


if __name__ == "__main__":
    main()
