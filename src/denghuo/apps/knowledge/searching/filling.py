"""Vectors for texts that have none yet."""

from __future__ import annotations

from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.searching import vectors
from denghuo.apps.knowledge.searching.texts import entry_of, texts_of
from denghuo.core.jobs import Progress

AT_ONCE = 64
LOOKED_AT = 2000


def all_texts() -> list[str]:
    """Every text of the active entries once."""
    rows = StandardQuestion.objects.filter(active=True).only("question", "similar", "negative", "answer").order_by("pk")
    found: dict[str, None] = {}
    for row in rows.iterator(chunk_size=LOOKED_AT):
        found |= dict.fromkeys(texts_of(entry_of(row)))
    return list(found)


def missing(model: str, texts: list[str]) -> list[str]:
    """Those of ``texts`` that have no vector by ``model``."""
    from denghuo.apps.knowledge.models import TextVector

    lacking: list[str] = []
    for part in vectors.chunks(texts, LOOKED_AT):
        names = {text: vectors.digest(text) for text in part}
        rows = TextVector.objects.filter(model=model, digest__in=list(names.values()))
        held = set(rows.values_list("digest", flat=True))
        lacking += [text for text, name in names.items() if name not in held]
    return lacking


def fill(texts: list[str], shown: Progress) -> int:
    """Make and keep the vectors of ``texts``; gives how many. Each run of texts is kept at once: a stop loses nothing."""
    model = vectors.embedder()
    if model is None:
        return 0
    for part in vectors.chunks(texts, AT_ONCE):
        vectors.keep(model.name, part, model.embed(list(part), query=False))
        shown.advance(len(part))
    shown.write()
    return len(texts)
