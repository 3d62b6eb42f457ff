"""Texts the product ships for the desk, in ``texts_shipped/*.toml``: dispositions, scripts, phrases, phrase rules."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import connections, transaction

from denghuo.apps.contacts import phrases
from denghuo.apps.contacts.models import DeskPhrase, DeskScript, Disposition, PhraseRule
from denghuo.apps.contacts.models.desk import ShippedText

FOLDER = Path(__file__).parent / "texts_shipped"
TABLES = {"contacts_disposition", "contacts_deskscript", "contacts_deskphrase", "contacts_phraserule"}


def sync_texts() -> int:
    """Write shipped texts that are missing or outdated; give how many. What a person edited is never touched."""
    with transaction.atomic():
        changed = _dispositions()
        changed += _write(DeskScript, _scripts())
        changed += _write(DeskPhrase, _phrases())
        changed += _write(PhraseRule, _rules())
    if changed:
        phrases.forget()
    return changed


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _dispositions() -> int:
    groups = _read("dispositions")["group"]
    heads, items = [], []
    for place, group in enumerate(groups):
        common = {"name": group["name"], "name_en": group["name_en"], "outcome": "", "position": place * 100}
        heads.append({"shipped": group["code"], "code": group["code"], "parent_id": None, **common})
        for number, (code, name, name_en, outcome) in enumerate(group["items"], start=1):
            full = f"{group['code']}.{code}"
            position = place * 100 + number
            items.append(
                {
                    "shipped": full,
                    "code": full,
                    "name": name,
                    "name_en": name_en,
                    "outcome": outcome,
                    "position": position,
                }
            )
    changed = _write(Disposition, heads)
    ids = dict(Disposition.objects.filter(shipped__isnull=False).values_list("shipped", "pk"))
    for item in items:
        item["parent_id"] = ids[item["shipped"].split(".")[0]]
    return changed + _write(Disposition, items)


def _scripts() -> Iterable[dict[str, Any]]:
    for place, given in enumerate(_read("scripts")["script"]):
        yield {
            "shipped": given["code"],
            "scene": given["scene"],
            "title": given["title"],
            "channels": given.get("channels", []),
            "words": given["words"],
            "steps": [_step(step) for step in given["steps"]],
            "position": place * 10,
        }


def _step(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": given["title"],
        "say": given.get("say", ""),
        "ask": list(given.get("ask", [])),
        "note": given.get("note", ""),
    }


def _phrases() -> Iterable[dict[str, Any]]:
    place = 0
    for group in _read("phrases")["group"]:
        for code, shortcut, title, text in group["list"]:
            place += 1
            yield {
                "shipped": code, "code": code, "shortcut": shortcut, "title": title, "text": text,
                "scene": group["scene"], "position": place,
            }  # fmt: skip


def _rules() -> Iterable[dict[str, Any]]:
    for group in _read("phrase_rules")["group"]:
        for code, pattern, advice in group["list"]:
            yield {
                "shipped": code, "pattern": pattern, "regex": group.get("regex", False), "kind": group["kind"],
                "said_by": group["said_by"], "advice": advice,
            }  # fmt: skip


def _write(model: type[ShippedText], wanted: Iterable[dict[str, Any]]) -> int:
    manager: Any = model._default_manager
    present = {row.shipped: row for row in manager.select_for_update().filter(shipped__isnull=False)}
    fresh, changed = [], 0
    for values in wanted:
        row = present.get(values["shipped"])
        if row is None:
            fresh.append(model(**values))
        elif row.edited_at is None and any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            changed += 1
    # A row somebody made with the same code or wording stays theirs.
    before = manager.count()
    manager.bulk_create(fresh, ignore_conflicts=True)
    return changed + manager.count() - before


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration and the tables are not as the models say."""
    if using != "default" or not set(connections[using].introspection.table_names()) >= TABLES:
        return
    with connections[using].cursor() as cursor:
        columns = {
            column.name
            for column in connections[using].introspection.get_table_description(cursor, "contacts_phraserule")
        }
    if "shipped" in columns:
        sync_texts()
