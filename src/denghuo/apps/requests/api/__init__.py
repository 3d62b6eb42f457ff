"""REST endpoints of the requests app: thin, typed, documented."""

from ninja import Router

from denghuo.apps.requests.api import callbacks, progress, reading, working

router = Router(tags=["requests"])
router.add_router("", reading.router)
router.add_router("", working.router)
router.add_router("", callbacks.router)
router.add_router("", progress.router)

__all__ = ["router"]
