"""REST endpoints of the requests app: thin, typed, documented."""

from ninja import Router

from denghuo.apps.requests.api import callbacks, handling, progress, reading, working

router = Router(tags=["requests"])
# Before the routes with an id in that place: /requests/similar.
from denghuo.apps.requests.linking import api as _linking  # noqa: E402

router.add_router("", _linking.router)
router.add_router("", reading.router)
router.add_router("", working.router)
router.add_router("", handling.router)
router.add_router("", callbacks.router)
router.add_router("", progress.router)

# Its schemas come from this package.
from denghuo.apps.requests.prediction import api as _prediction  # noqa: E402

router.add_router("", _prediction.router)

__all__ = ["router"]
