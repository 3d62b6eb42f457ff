"""Changing a policy."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.policies.keys import KEYS
from denghuo.core.policies.lookup import clear_cache, read_afresh
from denghuo.core.policies.models import PolicyValue, TrustMark
from denghuo.core.scoping.models import OrgUnit

MAX_SOURCE = 300
MAX_NOTE = 1000


@action("policy.set_value")
def set_value(
    actor: Actor,
    key: str,
    value: Any,
    *,
    org: OrgUnit | None,
    valid_from: dt.datetime,
    valid_to: dt.datetime | None = None,
    source: str,
    trust: str = TrustMark.LOCAL,
    note: str = "",
) -> PolicyValue:
    """Give ``key`` a value for ``org`` from ``valid_from`` on.

    An open-ended value in force is ended where the new one starts; what already ended stays as it was, so that what
    was true for an old request can still be told. A start in the past is refused: history is not rewritten.
    Raises NotAllowed, InvalidInput (key, value, source, trust, note, valid_from, valid_to), Conflict when a later value exists.
    """
    actor.require("policy.approve", org.path if org else ROOT_PATH)
    _check_words(key, source, trust, note)
    _check_times(valid_from, valid_to, is_system=actor.kind == "system")
    checked = KEYS[key].check(value)
    same = PolicyValue.objects.select_for_update().filter(key=key, org=org)
    if same.filter(valid__startswith__gte=valid_from).exists():
        raise Conflict(_("该策略在此日期之后已有取值，请先核对后续安排"))
    for row in same.filter(valid__contains=valid_from):
        row.valid = TimestamptzRange(row.valid.lower, valid_from)
        row.save(update_fields=["valid"])
    row = PolicyValue.objects.create(
        key=key,
        org=org,
        valid=TimestamptzRange(valid_from, valid_to),
        value=checked,
        source=source,
        trust=trust,
        note=note,
        approver_id=actor.id,
        approver_name=actor.name,
    )
    record(actor, "policy.changed", ("policy", row.pk), org=org, payload={"key": key, "policy_value_id": row.pk})
    read_afresh()
    transaction.on_commit(clear_cache)
    return row


def _check_words(key: str, source: str, trust: str, note: str) -> None:
    form = Form()
    if key not in KEYS:
        form.wrong("key", _("没有名为“%(key)s”的策略") % {"key": key[:80]})
    if not form.text("source", source, longest=MAX_SOURCE):
        form.faults.setdefault("source", [_("请注明依据（文件、条款或决定）")])
    form.choice("trust", trust, TrustMark.values)
    form.text("note", note, longest=MAX_NOTE)
    form.finish()


def _check_times(valid_from: dt.datetime, valid_to: dt.datetime | None, *, is_system: bool) -> None:
    form = Form()
    for name, given in (("valid_from", valid_from), ("valid_to", valid_to)):
        if given is not None and given.tzinfo is None:
            form.wrong(name, _("时间须带时区，如 2026-01-31T08:30:00+08:00"))
    form.finish()
    if valid_to is not None and valid_to <= valid_from:
        form.wrong("valid_to", _("结束时间须晚于开始时间"))
    if not is_system and valid_from < moment.now() - dt.timedelta(minutes=1):
        form.wrong("valid_from", _("生效时间不能早于现在，已发生的计时不会被改写"))
    form.finish()
