"""What a customer's browser holds of a question it asked: a signed number, so that nobody rates another's."""

from __future__ import annotations

import datetime as dt

from django.core import signing

from denghuo.core import policies
from denghuo.core.errors import NotFound

SALT = "knowledge.asked"


def token_of(asked_id: int | None) -> str:
    """The sign of a question, "" when it was not logged."""
    return signing.dumps(asked_id, salt=SALT) if asked_id is not None else ""


def asked_of(token: str) -> int:
    """The question a sign stands for. Raises NotFound when it is wrong or older than ``knowledge.feedback_hours``."""
    try:
        age = dt.timedelta(hours=policies.get("knowledge.feedback_hours"))
        return int(signing.loads(token[:200], salt=SALT, max_age=age))
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound() from None
