"""Rows of registered functions: what must be there after every migrate."""

from __future__ import annotations

from typing import Any

from django.db import connections

from denghuo.apps.channels.actions.editing import Synced, sync_functions
from denghuo.core.actors import Actor

TABLES = {"channels_servicefunction", "channels_channelpublication", "core_event"}


def sync_channels() -> Synced:
    """Write rows and shipped publications of functions that have none yet."""
    return sync_functions(Actor.system("channels"))


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration and the tables are not there yet."""
    if using == "default" and set(connections[using].introspection.table_names()) >= TABLES:
        sync_channels()
