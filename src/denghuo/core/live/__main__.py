"""``python -m denghuo.core.live``: serve the live stream with the options it needs."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Command line: ``--host`` (default 127.0.0.1) and ``--port`` (default setting ``LIVE_PORT``)."""
    import uvicorn

    from denghuo.config import asgi_live

    parser = argparse.ArgumentParser(prog="python -m denghuo.core.live", description="Serve the live stream.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=asgi_live.default_port())
    chosen = parser.parse_args(arguments)
    uvicorn.run(
        asgi_live.application,
        host=chosen.host,
        port=chosen.port,
        lifespan="on",
        ws="none",
        access_log=False,
        server_header=False,
        backlog=4096,
        timeout_keep_alive=5,
        # Streams never end by themselves; their pages connect again and catch up.
        timeout_graceful_shutdown=1,
        log_level="warning",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
