"""Answers of the knowledge base for tests, as rows in force."""

from __future__ import annotations

from typing import Any

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.index import fill_index
from denghuo.apps.knowledge.models import StandardQuestion


def entry(**given: Any) -> StandardQuestion:
    """A published answer; ``given`` replaces single columns."""
    wanted: dict[str, Any] = {
        "code": "q-test", "scene": "price", "question": "空中飞车充电怎么收费", "answer": "按当地标准每次 8 元。",
        "similar": ["飞车充一次多少钱"], "valid_from": queries.today(), "source": "试用价目", "trust": "K",
    }  # fmt: skip
    row = StandardQuestion(**{**wanted, **given})
    fill_index(row)
    row.save()
    return row
