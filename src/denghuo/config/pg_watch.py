"""Child process of the supervisor that starts the embedded server and holds it: ``python -m denghuo.config.pg_watch``.

Ends with status 1 as soon as the server has died, so that the supervisor counts the death and starts it again
(recovery included); on SIGTERM it gives the server back, which stops it when no other command uses it.
"""

from __future__ import annotations

import signal
import sys
import threading

from denghuo.config.pg_host import PostgresError
from denghuo.config.postgres import own_server

CHECK_EVERY = 0.5  # seconds


def main() -> int:
    """Hold the server until told to stop (0) or until it dies or cannot start (1)."""
    finished = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: finished.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = own_server()

    def say(message: str) -> None:
        print(message, flush=True)

    try:
        server.ensure_running(say)
        while not finished.wait(CHECK_EVERY):
            if not server.status().running:
                say("数据库进程意外退出 · the database server died unexpectedly")
                return 1
        server.release(say)
    except PostgresError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
