"""REST endpoints of the contacts app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["contacts"])
