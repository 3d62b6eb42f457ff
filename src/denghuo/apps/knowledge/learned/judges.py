"""Who says whether a trained model is good enough to be released: one judge a kind, whatever page or program asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

#: says of a candidate's card why it may not be released, in words; None when it may
Judge = Callable[[Mapping[str, Any]], str | None]
_judges: dict[str, Judge] = {}


def register_judge(kind: str, judge: Judge) -> None:
    """Let ``judge`` alone say whether a candidate of ``kind`` may be released. One judge a kind; the last counts."""
    _judges[kind] = judge


def objection(kind: str, card: Mapping[str, Any]) -> str | None:
    """Why a candidate of ``kind`` with this card may not be released, in words; None when it may."""
    return _judges.get(kind, higher)(card)


def higher(card: Mapping[str, Any]) -> str | None:
    """The judge of a kind that registered none: the figure must be higher than that of the model in force when it was
    measured."""
    frozen = card.get("frozen") or {}
    try:
        if float(frozen["after"]) > float(frozen["before"]):
            return None
    except (KeyError, TypeError, ValueError):
        pass
    return _("在固定测试集上没有比现用的更好，不能发布；请补充样本后重新训练")
