"""A job worker in a process of its own, for tests that kill it."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.environ["DENGHUO_TEST_SRC"])
    sys.path.insert(0, os.path.dirname(__file__))
    import django

    django.setup()
    import jobs_samples  # noqa: F401

    from denghuo.core.jobs.worker import main

    sys.exit(main(["--concurrency", "2"]))
