"""Periodic work of the grid."""

from __future__ import annotations

from denghuo.apps.grid.actions import start_outage
from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.inference import jobs as _inference  # noqa: F401
from denghuo.apps.grid.loads import forget_loads
from denghuo.apps.grid.models import Outage
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.jobs import periodic


@periodic(30, name="grid.start_announced")
def start_announced() -> None:
    """Announced outages whose time has come begin. Safe to run twice: beginning again does nothing."""
    due = Outage.objects.filter(state=OutageState.ANNOUNCED, started_at__lte=moment.now(), restored_at=None)
    for pk in due.order_by("started_at").values_list("pk", flat=True)[:500]:
        start_outage(Actor.system("grid"), pk)


@periodic("46 3 * * *", name="grid.forget_loads", retries=2)
def forget_old_loads() -> None:
    """Loads past ``transformer.load_keep_days``, by night."""
    forget_loads()
