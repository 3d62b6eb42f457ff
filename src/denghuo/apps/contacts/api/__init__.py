"""REST endpoints of the contacts app, one module a subject; their routes are put together in :data:`router`."""

from denghuo.apps.contacts.api.agents import router as agents
from denghuo.apps.contacts.api.chat import router as chat
from denghuo.apps.contacts.api.contacts import router
from denghuo.apps.contacts.api.desk import router as desk
from denghuo.apps.contacts.api.queues import router as queues

router.add_router("", desk)
router.add_router("", agents)
router.add_router("", queues)
router.add_router("", chat)

__all__ = ["router"]
