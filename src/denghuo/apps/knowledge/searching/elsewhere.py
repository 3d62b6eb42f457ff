"""Whether an answer depends on the place, for somebody who has not said where they live.

Without a place only what holds everywhere may be told, as figures of one place must not be told in another. But whoever
asks should learn that there is an answer for their place, and be able to say which it is.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.searching.deciding import ranker, thresholds
from denghuo.apps.knowledge.searching.holder import holder
from denghuo.apps.knowledge.searching.holding import Wanted
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.retrieval import decide

MOST = 12  # places offered by name; more are chosen from the list of all


def places_for(text: str, at: dt.datetime | None = None) -> list[OrgUnit]:
    """Units that have an answer of their own to a question of the public, in the order of the tree; none when the answer
    is the same everywhere, or nobody has one. Two statements when nothing changed (primary key; index over the base
    entry)."""
    asked = text.strip()[: queries.LONGEST_QUERY]
    if not asked:
        return []
    day = queries.today(at)
    limits = thresholds(None)
    wanted = Wanted(None, day, public_only=True, everywhere=True)
    found = holder().search(asked, wanted, ranker=ranker(), limit=limits.most)
    _outcome, shown = decide(found, limits)
    ids = [one.id for one in shown]
    rows = StandardQuestion.objects.filter(active=True, public=True, valid_from__lte=day, org__isnull=False)
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gte=day)).filter(Q(pk__in=ids) | Q(base__in=ids))
    units = {row.org_id: row.org for row in rows.select_related("org")} if ids else {}
    return sorted((unit for unit in units.values() if unit is not None), key=lambda unit: unit.path)
