"""``python -m denghuo.core.live``: serve the live stream with the options it needs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from socket import socket
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """Ends the open streams before it waits for connections to close; otherwise each would be cut with an error."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        from denghuo.config.asgi_live import application

        application.end_streams()
        await super().shutdown(sockets)


def _leave(number: int, frame: FrameType | None) -> None:
    # uvicorn raises the signal again when it has shut down; by then all is well.
    sys.exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Command line: ``--host`` (default 127.0.0.1) and ``--port`` (default setting ``LIVE_PORT``)."""
    from denghuo.config import asgi_live

    parser = argparse.ArgumentParser(prog="python -m denghuo.core.live", description="Serve the live stream.")
    parser.add_argument("--host", default=os.environ.get("DENGHUO_LIVE_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=asgi_live.default_port())
    chosen = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    config = uvicorn.Config(
        asgi_live.application,
        host=chosen.host,
        port=chosen.port,
        lifespan="on",
        ws="none",
        access_log=False,
        server_header=False,
        backlog=4096,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        log_level="warning",
    )
    server = Server(config)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
