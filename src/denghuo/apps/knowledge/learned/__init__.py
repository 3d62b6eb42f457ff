"""Trained models: which one is in force, keeping a new one, releasing it when it is better."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denghuo.apps.knowledge.learned.actions import keep_candidate, release_model
    from denghuo.apps.knowledge.learned.registry import current, released_row

__all__ = ["current", "keep_candidate", "release_model", "released_row"]

_HOME = {
    "actions": ("keep_candidate", "release_model"),
    "registry": ("current", "released_row"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOME.items():
        if name in names:
            globals()[name] = value = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
