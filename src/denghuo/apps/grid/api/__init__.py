"""REST endpoints of the grid app."""

from denghuo.apps.grid.api import filings, information  # noqa: F401  (they add their endpoints to the router)
from denghuo.apps.grid.api.followup import router as _followup
from denghuo.apps.grid.api.loads import router as _loads
from denghuo.apps.grid.api.observations import router as _observations
from denghuo.apps.grid.api.outages import router

router.add_router("", _loads)
router.add_router("", _followup)
router.add_router("", _observations)

__all__ = ["router"]
