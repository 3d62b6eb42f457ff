"""The editions the product ships: written when the database has none of their code, or when a newer one is shipped.

A shipped file carries ``number``; an installation that has released its own edition of the code keeps it: shipped ones
belong to the whole company and begin long ago, so that whatever people release comes after them.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from django.db import connections
from django.utils import timezone

from denghuo.apps.catalogue.editions import MODELS, SHELVES, SHIPPED
from denghuo.apps.catalogue.models import EditionState

BEGINNING: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@cache
def shipped(kind: str) -> tuple[dict[str, Any], ...]:
    """The shipped documents of a kind, by file name."""
    return tuple(tomllib.loads(path.read_text("utf-8")) for path in sorted(SHIPPED[kind].glob("*.toml")))


def sync_catalogue() -> int:
    """Write shipped editions that are missing; gives how many. An edition once written is never changed."""
    return sum(_sync(kind) for kind in MODELS)


def _sync(kind: str) -> int:
    model = MODELS[kind]
    known = set(model._default_manager.filter(org=None).values_list("code", "number"))
    made = [
        model(
            code=document["code"], number=number, label=document["label"], state=EditionState.RELEASED,
            document={key: value for key, value in document.items() if key not in {"number", "source", "trust"}},
            valid_from=BEGINNING + dt.timedelta(days=number), made_at=timezone.now(),
            source=document.get("source", ""), trust=document.get("trust", ""),
        )
        for document, number in _numbered(kind)
        if (document["code"], number) not in known
    ]  # fmt: skip
    model._default_manager.bulk_create(made)
    if made:
        SHELVES[kind].changed()
    return len(made)


def _numbered(kind: str) -> Iterator[tuple[dict[str, Any], int]]:
    for document in shipped(kind):
        yield document, int(document.get("number", 1))


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration."""
    tables = {model._meta.db_table for model in MODELS.values()}
    if using == "default" and tables <= set(connections[using].introspection.table_names()):
        sync_catalogue()
