"""REST endpoints of the knowledge app: thin, typed, documented."""

from __future__ import annotations

from ninja import Router

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.knowledge.api import entries, search
from denghuo.apps.knowledge.graph import api as graph

router = Router(tags=["knowledge"], auth=StaffAuth())
router.add_router("", search.router)
router.add_router("", graph.router)
router.add_router("", entries.router)
