"""REST endpoints of the field app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["field"])
