"""The model in force for each use: the released one, else the one the product ships."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from denghuo.apps.knowledge.choices import LearnedKind, LearnedState
from denghuo.apps.knowledge.models import LearnedModel
from denghuo.core.held import Held

logger = logging.getLogger("denghuo.knowledge.learned")

#: how an artifact is read back, and what is used while none is released
READERS: Final[dict[str, tuple[Callable[[bytes], Any], Callable[[], Any]]]] = {
    LearnedKind.RANKER: (lambda data: _rankers().Ranker.from_bytes(data), lambda: _rankers().default_ranker()),
    LearnedKind.INTENT: (lambda data: _intents().IntentModel.from_bytes(data), lambda: _shipped("intent")),
    LearnedKind.CLASS: (lambda data: _intents().IntentModel.from_bytes(data), lambda: _shipped("class")),
}


def _rankers() -> Any:
    """Loaded with the first search: it brings numerical libraries with it."""
    from denghuo.engine.retrieval import ranker

    return ranker


def _intents() -> Any:
    from denghuo.engine.language import intents

    return intents


def _shipped(name: str) -> Any:
    from denghuo.engine.language import shipped

    return shipped.model(name)


_lock = threading.Lock()
_read: dict[str, tuple[int, Any]] = {}


def _released() -> dict[str, int]:
    """Kind → key of what is released (index ``knowledge_learned_one_released``)."""
    return dict(LearnedModel.objects.filter(state=LearnedState.RELEASED).values_list("kind", "pk"))


released = Held("knowledge.learned", _released)


def current(kind: str) -> Any | None:
    """The model of ``kind`` (:class:`LearnedKind`) in force: an IntentModel, or a Ranker for ``ranker``.

    Read once per process and release; a released artifact that cannot be read is logged and the shipped one used. None
    for a kind nobody ships.
    """
    if kind not in READERS:
        return None
    read, fallback = READERS[kind]
    pk = released.rows().get(kind)
    if pk is None:
        return fallback()
    held = _read.get(kind)
    if held is not None and held[0] == pk:
        return held[1]
    with _lock:
        try:
            model = read(bytes(LearnedModel.objects.values_list("artifact", flat=True).get(pk=pk)))
        except (ValueError, LearnedModel.DoesNotExist):
            logger.exception("the released model cannot be read", extra={"kind": kind, "model": pk})
            model = fallback()
        _read[kind] = (pk, model)
    return model


def released_row(kind: str) -> LearnedModel | None:
    """The released row of ``kind``, without its artifact."""
    return LearnedModel.objects.defer("artifact").filter(kind=kind, state=LearnedState.RELEASED).first()
