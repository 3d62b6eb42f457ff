"""The public API: one document, one router an app."""

from __future__ import annotations

from denghuo import __version__
from denghuo.apps.accounts.api import router as accounts
from denghuo.apps.assistant.api import router as assistant
from denghuo.apps.catalogue.classes.api import router as classes
from denghuo.apps.catalogue.flows.api import router as flows
from denghuo.apps.catalogue.scenes.api import router as scenes
from denghuo.apps.channels.api import router as channels
from denghuo.apps.contacts.api import router as contacts
from denghuo.apps.customers.api import router as customers
from denghuo.apps.exchange.api import router as exchange
from denghuo.apps.field.api import router as field
from denghuo.apps.floor.api import router as floor
from denghuo.apps.grid.api import router as grid
from denghuo.apps.knowledge.api import router as knowledge
from denghuo.apps.metrics.api import router as metrics
from denghuo.apps.requests.api import router as requests
from denghuo.apps.safety.api import router as safety
from denghuo.apps.teams.api import router as teams
from denghuo.apps.workforce.demand.api import router as workforce_demand
from denghuo.core.http.api import ProblemAPI, install_handlers
from denghuo.demo.api import router as demo

api = ProblemAPI(
    title="灯火 Denghuo",
    version=__version__,
    description="电力客户服务中心运营平台接口。写操作请带 Idempotency-Key；错误均为 RFC 9457 问题文档。",
    urls_namespace="api",
)
install_handlers(api)
for prefix, router in (
    ("", accounts),
    ("", channels),
    ("", flows),
    ("", classes),
    ("", scenes),
    ("", customers),
    ("", grid),
    ("", knowledge),
    ("", contacts),
    ("", requests),
    ("", field),
    ("", teams),
    ("", workforce_demand),
    ("", safety),
    ("", assistant),
    ("", floor),
    ("", metrics),
    ("", exchange),
    ("", demo),
):
    api.add_router(prefix, router)
