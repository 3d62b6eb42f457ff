"""REST endpoints of the accounts app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["accounts"])
