"""What the lists of editors look for text in."""

from __future__ import annotations

from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.engine.language import normalise


def fill_index(entry: StandardQuestion) -> None:
    """Make ``search_text`` anew from the questions; the caller saves."""
    entry.search_text = normalise("\n".join(entry.questions))
