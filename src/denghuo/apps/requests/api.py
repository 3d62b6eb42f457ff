"""REST endpoints of the requests app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["requests"])
