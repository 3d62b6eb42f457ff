"""The list of outages, those that last on the map, what waits for a review."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.areas import areas
from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.pages.maps import points, suspected
from denghuo.apps.grid.tables import OutageTable
from denghuo.core.http.actors import actor_of
from denghuo.web import tables as t


@require_GET
@staff_page("grid.view")
def outages_page(request: HttpRequest) -> HttpResponseBase:
    """All outages of the actor's units, and those that last on the map."""
    actor = actor_of(request)
    table = OutageTable(request, queries.outages_visible_to(actor), actor=actor)
    paths = [f"floor:{path}" for path in actor.paths_for("grid.view")]
    below = Prefetch("transformers", to_attr="hit")
    lasting = list(queries.open_outages(actor).prefetch_related(below)[:200])
    may_review = actor.can_somewhere(actions.REVIEW)
    waiting = Outage.objects.visible_to(actor, actions.REVIEW).filter(state=OutageState.SUBMITTED)
    context = {
        "live_topics": paths,
        "points": [*points(lasting), *suspected(actor)],
        "areas": areas(lasting, "/staff/outages/{}/"),
        "active": sum(o.state == OutageState.ACTIVE for o in lasting),
        "announced": sum(o.state == OutageState.ANNOUNCED for o in lasting),
        "customers_out": sum(o.customers_out for o in lasting if o.state == OutageState.ACTIVE),
        "overdue": sum(o.overdue_start_told_at is not None or o.overdue_stop_told_at is not None for o in lasting),
        "waiting": waiting.count() if may_review else None,
        "may_manage": actor.can_somewhere(actions.MANAGE),
        "tab": "outages",
        "wide": True,
    }
    return t.table_response(request, table, "grid/outages.html", context)
