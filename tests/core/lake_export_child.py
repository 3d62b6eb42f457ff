"""Exporters for tests that kill them: each line on standard input starts one, a process forked from this one.

It says its process id, then the events of each small batch it wrote, until it is killed or nothing is left.
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    django.setup()
    from django.conf import settings

    from denghuo.core.lake.exporting import export

    settings.DENGHUO_LAKE = os.environ["DENGHUO_TEST_LAKE"]
    print("ready", flush=True)
    for _line in sys.stdin:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            print("ended", flush=True)
            continue
        print(os.getpid(), flush=True)
        while (done := export(limit=50, most=1)).batches:
            print(done.events, flush=True)
        os._exit(0)


if __name__ == "__main__":
    sys.path.insert(0, os.environ["DENGHUO_TEST_SRC"])
    main()
