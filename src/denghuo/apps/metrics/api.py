"""REST endpoints of the metrics app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["metrics"])
