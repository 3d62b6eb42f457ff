"""How many crews each team has, for the load that predictions go by."""

from __future__ import annotations

from django.db.models import Count

from denghuo.apps.field.models import Crew
from denghuo.apps.requests.prediction import capacity


def crews_by_team() -> dict[str, int]:
    """Path of a team → its crews, on duty or not: the past does not tell who was on duty when. One query."""
    rows = Crew.objects.order_by().values_list("org__path").annotate(n=Count("pk"))
    return {path: int(n) for path, n in rows}


capacity.register(crews_by_team)
