"""REST endpoints of the grid app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["grid"])
