"""Live pages: server-sent events fed by the event log, with replay for clients that come back.

A page puts :func:`live_token` into its markup and reads ``/stream?token=…`` (``denghuo.config.asgi_live``).
"""

from denghuo.core.live.enrich import enrich
from denghuo.core.live.tokens import BadToken, live_token

__all__ = ["BadToken", "enrich", "live_token"]
