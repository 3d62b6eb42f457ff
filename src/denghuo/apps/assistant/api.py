"""REST endpoints of the assistant."""

from __future__ import annotations

from ninja import Router

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.assistant.api_robot import router as robot

router = Router(tags=["assistant"], auth=StaffAuth())
router.add_router("", robot)
