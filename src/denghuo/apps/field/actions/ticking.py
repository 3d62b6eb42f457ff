"""Ticks of safety measures and work steps on site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.checklists import LONGEST, known_line
from denghuo.apps.field.choices import ChecklistPart, OrderState
from denghuo.apps.field.models import ChecklistTick, WorkOrder
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.inputs import Form

RETURNED = (OrderState.FINISHED, OrderState.PASSED)


@action("order.tick")
def tick_lines(
    actor: Actor, order_id: int, *, part: str, codes: Collection[str], done: bool = True, at: dt.datetime | None = None
) -> bool:
    """Tick lines of a list of the present visit, or take the ticks away again; True when anything changed.

    ``codes`` are those of :func:`~denghuo.apps.field.checklists.code_of`. ``at`` is when it was pressed: a tick is no step,
    so it may lie before the order's last one, not before the order. A withdrawn order changes no more, nor a returned one
    by what was pressed after the return. Raises NotAllowed (not the order's crew), NotFound, InvalidInput (``part``, ``code``).
    """
    order = common.locked_order(order_id)
    common.require_own_crew(actor, order.crew)
    now = moment.now()
    when = max(order.sent_at, min(at or now, now))
    form = Form()
    form.choice("part", part, ChecklistPart.values)
    form.finish()
    texts = {code: known_line(order.org, part, code, (now, when, order.sent_at)) for code in codes}
    if not all(texts.values()):
        form.wrong("code", _("作业步骤已经更新，请刷新页面后重新勾选"))
    form.finish()
    if order.state == OrderState.WITHDRAWN:
        return False
    if order.state in RETURNED and (order.finished_at is None or when > order.finished_at):
        return False
    known = {code: text or "" for code, text in texts.items()}
    changed = _set(actor, order, part, known, when) if done else _clear(order, part, codes)
    if changed:
        common.tell(actor, "order.ticked", order, when, {"part": part, "lines": changed, "done": done})
    return changed > 0


def _set(actor: Actor, order: WorkOrder, part: str, texts: dict[str, str], at: dt.datetime) -> int:
    there = set(
        ChecklistTick.objects.filter(order=order, visit=order.visit, part=part, code__in=texts).values_list("code", flat=True)
    )  # fmt: skip
    rows = [
        ChecklistTick(
            order=order, visit=order.visit, part=part, code=code, text=text[:LONGEST], at=at,
            staff_id=actor.id if actor.kind == "staff" else None,
        )
        for code, text in texts.items()
        if code not in there
    ]  # fmt: skip
    return len(ChecklistTick.objects.bulk_create(rows))


def _clear(order: WorkOrder, part: str, codes: Collection[str]) -> int:
    rows = ChecklistTick.objects.filter(order=order, visit=order.visit, part=part, code__in=list(codes))
    return int(rows.delete()[0])
