"""Finding the answer to a question among standard questions and articles.

The index and the training bring compiled code and numerical libraries with them; a process that never searches must not
pay for them. So their names are looked up when they are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from denghuo.engine.retrieval.deciding import Judged, calibrate, decide
from denghuo.engine.retrieval.types import Embedder, Entry, Floats, Found, Outcome, ReRanker, Thresholds

if TYPE_CHECKING:
    from denghuo.engine.retrieval.analyser import Analyser
    from denghuo.engine.retrieval.index import Index
    from denghuo.engine.retrieval.ranker import Ranker, default_ranker
    from denghuo.engine.retrieval.training import train_ranker

_LATER = {
    "Analyser": "analyser",
    "Index": "index",
    "Ranker": "ranker",
    "default_ranker": "ranker",
    "train_ranker": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "Analyser",
    "Embedder",
    "Entry",
    "Floats",
    "Found",
    "Index",
    "Judged",
    "Outcome",
    "Ranker",
    "ReRanker",
    "Thresholds",
    "calibrate",
    "decide",
    "default_ranker",
    "train_ranker",
]
