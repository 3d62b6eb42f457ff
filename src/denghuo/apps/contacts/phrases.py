"""Words to avoid and words that need care, found in what is said."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import cached_property

from denghuo.apps.contacts.choices import Sender
from denghuo.apps.contacts.models import PhraseRule

KEEP_SECONDS = 5.0  # a rule changed on a page is in force everywhere after that


@dataclass(frozen=True)
class Rule:
    """One rule in force."""

    pk: int
    pattern: str
    regex: bool
    kind: str
    said_by: str
    advice: str

    @cached_property
    def search(self) -> re.Pattern[str]:
        return re.compile(self.pattern if self.regex else re.escape(self.pattern))


_cache: tuple[float, list[Rule]] = (-KEEP_SECONDS, [])


def rules() -> list[Rule]:
    """All active rules, kept for a few seconds: every message asks for them."""
    global _cache
    if time.monotonic() - _cache[0] > KEEP_SECONDS:
        fields = ("pk", "pattern", "regex", "kind", "said_by", "advice")
        _cache = time.monotonic(), [Rule(*row) for row in PhraseRule.objects.filter(active=True).values_list(*fields)]
    return _cache[1]


def forget() -> None:
    """Read the rules anew at the next message."""
    global _cache
    _cache = (-KEEP_SECONDS, [])


def met(sender: str, text: str) -> list[Rule]:
    """The rules for this sender that ``text`` meets."""
    said_by = "customer" if sender == Sender.CUSTOMER else "agent"
    if sender == Sender.SYSTEM or not text:
        return []
    return [rule for rule in rules() if rule.said_by == said_by and rule.search.search(text)]
