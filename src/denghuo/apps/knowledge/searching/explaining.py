"""The parts of a score in words, for the reader who asks why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.knowledge.searching.asking import Hit, Reply
from denghuo.apps.knowledge.searching.marks import marked

#: figures that a reader can judge by himself; the engine has others that only compare the candidates with each other
LABELS: dict[str, Any] = {
    "words": gettext_lazy("词语相同"),
    "grams": gettext_lazy("字面相同"),
    "sounds": gettext_lazy("读音相同"),
    "meaning": gettext_lazy("意思相近（向量）"),
    "class": gettext_lazy("分类器判断"),
    "sequence": gettext_lazy("字序一致"),
    "asked_covered": gettext_lazy("所问内容被涵盖"),
    "wording_covered": gettext_lazy("问法被涵盖"),
    "passage": gettext_lazy("答案原文相同"),
    "passage_meaning": gettext_lazy("答案意思相近（向量）"),
    "negative": gettext_lazy("与反例问相近"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One leg of the search: its name in words and its figure."""

    label: str
    value: float
    code: str


def reasons(hit: Hit) -> list[Reason]:
    """The figures a reader can judge, the highest first; what is nought says nothing."""
    found = [Reason(str(LABELS[name]), value, name) for name, value in hit.parts.items() if name in LABELS and value]
    return sorted(found, key=lambda one: (-one.value, one.code))


def shown(hit: Hit) -> dict[str, Any]:
    """A hit as templates show it."""
    return {
        "entry": hit.entry,
        "percent": hit.percent,
        "score": hit.score,
        "wording": hit.wording if hit.wording != hit.entry.question else "",
        "title": marked(hit.entry.question, hit.spans if hit.wording == hit.entry.question else ()),
        "marked": marked(hit.wording, hit.spans),
        "passage": hit.text,
        "reasons": reasons(hit),
    }


def verdict(reply: Reply) -> str:
    """The outcome in a sentence."""
    if reply.outcome == "answer":
        return _("有把握，直接回答第一条")
    if reply.outcome == "choices":
        return _("把握不够，请客户在下列问题中选择")
    return _("没有把握，不回答，转人工或登记")
