"""Functions as rows: written from the registry, then edited by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.channels import catalog
from denghuo.apps.channels.actions.common import TOPIC, hold, row_of
from denghuo.apps.channels.models import ChannelPublication, ServiceFunction
from denghuo.apps.channels.places import require_manage
from denghuo.apps.channels.registry import FUNCTIONS
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.inputs import Form

LANGUAGES = ("zh", "en")
LENGTHS = {"title": 20, "summary": 60, "guidance": 500, "done": 300}
ENGLISH_IS_LONGER = 2
MOST_A_DAY = 1000


@dataclass(frozen=True, slots=True)
class Synced:
    """How many rows were written."""

    functions: int
    publications: int
    retired: int


@action("function.sync")
def sync_functions(actor: Actor) -> Synced:
    """Give registered functions their rows and a new one its shipped publications; run after every migrate.

    What people changed is not touched: a function that has a row gets no publication back. Codes that no app registers
    any more are set inactive, and active again when they return.
    """
    hold("sync")
    rows = {row.code: row for row in ServiceFunction.objects.all()}
    fresh = [function for code, function in FUNCTIONS.items() if code not in rows]
    made = {row.code: row for row in ServiceFunction.objects.bulk_create(ServiceFunction(code=f.code) for f in fresh)}
    publications = ChannelPublication.objects.bulk_create(
        ChannelPublication(function=made[f.code], channel=channel, mode=mode, position=f.order)
        for f in fresh
        for channel, mode in f.publish_to.items()
    )
    retired = [row.pk for code, row in rows.items() if row.active and code not in FUNCTIONS]
    returned = [row.pk for code, row in rows.items() if not row.active and code in FUNCTIONS]
    ServiceFunction.objects.filter(pk__in=retired).update(active=False)
    ServiceFunction.objects.filter(pk__in=returned).update(active=True)
    if fresh or retired or returned:
        catalog.changed()
    return Synced(len(fresh), len(publications), len(retired))


@action("function.edit")
def edit_function(
    actor: Actor,
    code: str,
    *,
    texts: Mapping[str, Mapping[str, str]] | None = None,
    rules: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> ServiceFunction:
    """Change the words (``texts``: {"zh"|"en": {"title"|"summary"|"guidance"|"done": …}}) or the rules of a function.

    An empty text falls back to what the product ships. ``rules``: {"hours": {"from": "08:00", "to": "20:00"},
    "daily_limit": 5}; both may be left out. With ``version`` an edit made meanwhile by another is refused (Conflict).
    Texts hold for all units, so the actor must manage all provinces. Raises NotAllowed, NotFound, InvalidInput.
    """
    require_manage(actor, None)
    row = row_of(code, lock=True)
    if version is not None and version != row.version:
        raise Conflict(
            _("%(name)s 已在此期间修改了这项功能，请刷新后再改") % {"name": row.edited_by_name or _("其他人")},
            code="version_conflict",
        )
    form = Form()
    wanted_texts = row.texts if texts is None else clean_texts(form, texts)
    wanted_rules = row.rules if rules is None else clean_rules(form, rules)
    form.finish()
    changed = _differences(row.texts, wanted_texts) + (["rules"] if wanted_rules != row.rules else [])
    if not changed:
        return row
    row.texts, row.rules, row.version = wanted_texts, wanted_rules, row.version + 1
    row.edited_by_id, row.edited_by_name, row.edited_at = actor.id, actor.name, moment.now()
    row.save()
    record(
        actor, "function.edited", row, org=None, topics=[TOPIC],
        payload={"function": code, "version": row.version, "changed": changed},
    )  # fmt: skip
    catalog.changed()
    return row


def clean_texts(form: Form, texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Texts stripped and bounded; faults are named ``title_zh`` and so on."""
    clean: dict[str, dict[str, str]] = {}
    for language, given in texts.items():
        if language not in LANGUAGES:
            form.wrong("texts", _("语言只能是 zh 或 en"))
            continue
        for name, text in given.items():
            if name not in LENGTHS:
                form.wrong(f"{name}_{language}"[:80], _("没有这一项，请删去"))
                continue
            longest = LENGTHS[name] * (ENGLISH_IS_LONGER if language == "en" else 1)
            lines = name in ("guidance", "done")
            kept = form.text(f"{name}_{language}", text, longest=longest, lines=lines)
            if kept:
                clean.setdefault(language, {})[name] = kept
    return clean


def clean_rules(form: Form, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Rules checked; empty ones are left out."""
    clean: dict[str, Any] = {}
    for name in rules:
        if name not in ("hours", "daily_limit"):
            form.wrong("rules", _("没有名为“%(name)s”的规则") % {"name": str(name)[:40]})
    hours = rules.get("hours")
    if hours:
        clean["hours"] = _hours(form, hours)
    limit = rules.get("daily_limit")
    if limit not in (None, ""):
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_A_DAY:
            form.wrong("daily_limit", _("每人每日次数请填 1 到 %(most)s 的整数，不限请留空") % {"most": MOST_A_DAY})
        else:
            clean["daily_limit"] = limit
    return clean


def _hours(form: Form, hours: Any) -> dict[str, str]:
    try:
        start, end = dt.time.fromisoformat(hours["from"]), dt.time.fromisoformat(hours["to"])
    except (KeyError, TypeError, ValueError):
        form.wrong("hours", _("请填写起止时刻，如 08:00 至 20:00；全天请都留空"))
        return {}
    if start == end:
        form.wrong("hours", _("起止时刻不能相同；全天请都留空"))
    return {"from": start.strftime("%H:%M"), "to": end.strftime("%H:%M")}


def _differences(before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [
        f"{name}_{language}"
        for language in LANGUAGES
        for name in LENGTHS
        if before.get(language, {}).get(name, "") != after.get(language, {}).get(name, "")
    ]
