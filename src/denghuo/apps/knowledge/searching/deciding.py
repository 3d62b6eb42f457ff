"""The weights and thresholds in force."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from denghuo.apps.knowledge.choices import LearnedKind
from denghuo.apps.knowledge.learned.registry import current, released
from denghuo.apps.knowledge.models import LearnedModel
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.retrieval import Thresholds

if TYPE_CHECKING:
    from denghuo.engine.retrieval import Ranker

_card: dict[int, dict[str, Any]] = {}  # of a released model, which is never changed


def ranker() -> Ranker:
    """The released ranker, or the one the product ships."""
    found: Ranker | None = current(LearnedKind.RANKER)
    assert found is not None  # the product ships one
    return found


def thresholds(org: OrgUnit | None = None) -> Thresholds:
    """Where the outcomes part for customers of ``org``: as the released ranker was calibrated, unless the unit sets its own."""
    own = Thresholds(
        answer=policies.get("knowledge.search.answer_at", org),
        choices=policies.get("knowledge.search.choices_at", org),
        margin=policies.get("knowledge.search.margin", org),
        fewest=policies.get("knowledge.search.choices_fewest", org),
        most=policies.get("knowledge.search.choices_most", org),
    )
    pk = released.rows().get(LearnedKind.RANKER)
    given = _card_of(pk).get("thresholds") if pk is not None else None
    if not given or policies.get("knowledge.search.own_thresholds", org):
        return own
    return replace(own, **{name: float(given[name]) for name in ("answer", "choices", "margin") if name in given})


def _card_of(pk: int) -> dict[str, Any]:
    if pk not in _card:
        _card[pk] = LearnedModel.objects.values_list("card", flat=True).get(pk=pk) or {}
    return _card[pk]
