"""How many people a queue needs: Erlang B, C and A, chats held side by side, load that moves, work that can lie.

:func:`measures` and :func:`requirement` take contacts by interval; :func:`offered_load` and :func:`moving_requirement` follow a
load that changes faster than contacts end; :func:`chat_measures` and :func:`chat_requirement` are for conversations of which one
agent holds several; :func:`spread_deferred` lays work with a deadline into what is free; :func:`scheduled` adds shrinkage.
Why these: ``docs/explanation/queueing.md``.

Names that bring numba with them are looked up when they are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denghuo.engine.queueing.chats import chat_measures, chat_requirement
    from denghuo.engine.queueing.deferred import Deferred, deferred_requirement, spread_deferred
    from denghuo.engine.queueing.model import Bound, Measures, Requirement, Targets
    from denghuo.engine.queueing.moving import moving_requirement, offered_load
    from denghuo.engine.queueing.shrinkage import scheduled
    from denghuo.engine.queueing.steady import blocking, measures, requirement, sensitivity

_LATER = {
    "Bound": "model",
    "Deferred": "deferred",
    "Measures": "model",
    "Requirement": "model",
    "Targets": "model",
    "blocking": "steady",
    "chat_measures": "chats",
    "chat_requirement": "chats",
    "deferred_requirement": "deferred",
    "measures": "steady",
    "moving_requirement": "moving",
    "offered_load": "moving",
    "requirement": "steady",
    "scheduled": "shrinkage",
    "sensitivity": "steady",
    "spread_deferred": "deferred",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "Bound",
    "Deferred",
    "Measures",
    "Requirement",
    "Targets",
    "blocking",
    "chat_measures",
    "chat_requirement",
    "deferred_requirement",
    "measures",
    "moving_requirement",
    "offered_load",
    "requirement",
    "scheduled",
    "sensitivity",
    "spread_deferred",
]
