"""Whether a model trained here may be released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import LearnedKind
from denghuo.apps.knowledge.learned.judges import higher, register_judge


def surely(card: Mapping[str, Any]) -> str | None:
    """Why a ranker may not be released: it is not better on the frozen set, or the difference may be chance.

    ``card["better"]`` is what paired resampling of the frozen set found when it was measured
    (:func:`~denghuo.apps.knowledge.learning.measuring.surely_better`, ``knowledge.learning.sure``): answers got better and
    refusals not worse. A card that was not judged so passes nothing.
    """
    if card.get("better") is not True:
        return _("测评集上没有可靠地变好，不能发布；请补充样本后重新训练")
    return higher(card)


def surely_if_judged(card: Mapping[str, Any]) -> str | None:
    """The same for a kind that is trained elsewhere as well, whose card may hold the two figures alone."""
    return surely(card) if "better" in card else higher(card)


register_judge(LearnedKind.RANKER, surely)
register_judge(LearnedKind.INTENT, surely_if_judged)
