"""REST endpoints of the customers app: thin, typed, documented."""

from ninja import Router

router = Router(tags=["customers"])
