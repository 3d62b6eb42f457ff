"""The recorded cases the product ships: written once by their key, never over what people changed."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import connections
from django.utils import timezone

from denghuo.apps.assistant.models import DialogueCase

FOLDER: Final = Path(__file__).parent / "shipped" / "cases"


@cache
def shipped_cases() -> tuple[dict[str, Any], ...]:
    """Every shipped case with its dialogue's code and a key of its own, by file and place."""
    found: list[dict[str, Any]] = []
    for path in sorted(FOLDER.glob("*.toml")):
        held = tomllib.loads(path.read_text("utf-8"))
        code = held["code"]
        found += ({"code": code, "key": f"{code}:{case['title']}"[:80], **case} for case in held["cases"])
    return tuple(found)


def sync_cases() -> int:
    """Write shipped cases that are missing; gives how many."""
    known = set(DialogueCase.objects.exclude(shipped=None).values_list("shipped", flat=True))
    made = [
        DialogueCase(
            code=case["code"], title=case["title"], style=case.get("style", "plain"), turns=case["turns"],
            results=case.get("results", {}), shipped=case["key"], made_at=timezone.now(),
        )
        for case in shipped_cases()
        if case["key"] not in known
    ]  # fmt: skip
    DialogueCase.objects.bulk_create(made)
    return len(made)


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration."""
    if using == "default" and DialogueCase._meta.db_table in connections[using].introspection.table_names():
        sync_cases()
