"""Seeing to exceptions, and setting the limits that raise them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.floor import exceptions
from denghuo.apps.floor.choices import Comparison, Level, Measure
from denghuo.apps.floor.figures import queues_near
from denghuo.apps.floor.models import FloorException, FloorThreshold
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

SHARES = (Measure.SERVICE_LEVEL, Measure.CONNECT_RATE, Measure.ABANDONMENT, Measure.OCCUPANCY)


@action("floor.acknowledge")
def acknowledge(actor: Actor, exception_id: int, *, note: str = "") -> FloorException:
    """Somebody has seen to an exception; the note says what was done. It stays open until it is over.

    Needs ``floor.control`` on its unit. Raises NotAllowed, NotFound, Conflict (somebody was faster), InvalidInput (note).
    """
    rows = FloorException.objects.select_related("org", "acknowledged_by").select_for_update(of=("self",))
    row = rows.filter(pk=exception_id).first()
    if row is None:
        raise NotFound(_("没有这条异常"))
    actor.require("floor.control", row.org.path)
    form = Form()
    clean = form.text("note", note, longest=200, lines=False)
    form.finish()
    if row.acknowledged_at is not None:
        raise Conflict(
            _("%(name)s 已处置该异常") % {"name": row.acknowledged_by.display_name if row.acknowledged_by else ""}
        )
    row.acknowledged_at, row.acknowledged_by_id, row.note = moment.now(), actor.id, clean
    row.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    record(actor, "floor.exception_seen", row, org=row.org, payload={"exception_kind": row.kind})
    return row


@action("floor.set_threshold")
def set_threshold(
    actor: Actor, threshold_id: int | None = None, *, org: OrgUnit, data: dict[str, Any]
) -> FloorThreshold:
    """Make or change a limit. ``data``: queue_id, measure, comparison, value, for_seconds, level, echelon, message, active.

    Needs ``floor.control`` on the unit. Raises NotAllowed, NotFound, InvalidInput by field.
    """
    row = FloorThreshold(org=org)
    if threshold_id is not None:
        found = (
            FloorThreshold.objects.select_related("org").select_for_update(of=("self",)).filter(pk=threshold_id).first()
        )
        if found is None:
            raise NotFound(_("没有这条越限规则"))
        actor.require("floor.control", found.org.path)
        row, row.org = found, org
    actor.require("floor.control", org.path)
    _fill(row, data)
    row.broken_since = None
    row.save()
    record(
        actor, "floor.threshold_changed", row, org=org, payload={"threshold_id": row.pk, "active": row.active}
    )  # fmt: skip
    return row


def _fill(row: FloorThreshold, data: dict[str, Any]) -> None:
    form = Form()
    row.measure = form.choice("measure", data.get("measure", ""), Measure.values)
    row.comparison = form.choice("comparison", data.get("comparison", ""), Comparison.values)
    row.level = form.choice("level", data.get("level", Level.WARNING), Level.values)
    row.message = form.text("message", data.get("message", ""), longest=200, lines=False)
    value, seconds = data.get("value"), data.get("for_seconds", 0)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        form.wrong("value", _("请填写不小于 0 的数字"))
    elif row.measure in SHARES and value > 100:
        form.wrong("value", _("比率按百分数填写，0 到 100 之间"))
    else:
        row.value = float(value)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= 86400:
        form.wrong("for_seconds", _("持续时间为 0 到 86400 秒"))
    else:
        row.for_seconds = seconds
    echelon = data.get("echelon")
    if echelon is not None and (not isinstance(echelon, int) or not 1 <= echelon <= 9):
        form.wrong("echelon", _("梯队为 1 到 9，或留空"))
    else:
        row.echelon = echelon
    queue_id = data.get("queue_id")
    if queue_id is not None and not queues_near((row.org.path,)).filter(pk=queue_id).exists():
        form.wrong("queue_id", _("没有这个队列，请重新选择"))
    else:
        row.queue_id = queue_id
    form.finish()
    row.active = bool(data.get("active", True))


@action("floor.remove_threshold")
def remove_threshold(actor: Actor, threshold_id: int) -> None:
    """Take a limit away; what it raised ends. Raises NotAllowed, NotFound."""
    row = FloorThreshold.objects.select_related("org").filter(pk=threshold_id).first()
    if row is None:
        raise NotFound(_("没有这条越限规则"))
    actor.require("floor.control", row.org.path)
    record(actor, "floor.threshold_changed", row, org=row.org, payload={"threshold_id": row.pk, "active": False})
    raised = FloorException.objects.filter(threshold=row)
    exceptions.end(list(raised.filter(ended_at=None).select_related("org")))
    raised.update(threshold=None)
    row.delete()
