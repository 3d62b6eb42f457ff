"""What a crew's phone reports, also long after it was pressed and after the order went to somebody else.

The phone keeps every press with an id of its own and sends it until an answer comes. Here each id takes effect once. A
step that comes for an order that was called back meanwhile is not refused into nothing: it is kept beside the order and
flagged for the dispatcher and both crews.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.actions.ticking import tick_lines
from denghuo.apps.field.actions.working import accept_order, arrive_order, depart_order, finish_order
from denghuo.apps.field.choices import OrderState, ReportKind, ReportOutcome
from denghuo.apps.field.materials import catalogue
from denghuo.apps.field.models import CrewReport, MaterialUse, WorkOrder
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events import NewEvent, record_many
from denghuo.core.files.models import StoredFile
from denghuo.core.inputs import Form

S = OrderState
ON_IT = frozenset({S.ACCEPTED, S.DEPARTED, S.ARRIVED})
RETURNED = frozenset({S.FINISHED, S.PASSED})
#: States in which a step takes effect, and those in which it has been taken before (by a colleague's phone).
FITS: dict[str, frozenset[OrderState]] = {
    "accept": frozenset({S.SENT, S.SENT_BACK}),
    "depart": frozenset({S.ACCEPTED}),
    "arrive": frozenset({S.DEPARTED}),
}
PAST: dict[str, frozenset[OrderState]] = {
    "accept": ON_IT | RETURNED,
    "depart": frozenset({S.DEPARTED, S.ARRIVED, S.SENT_BACK}) | RETURNED,
    "arrive": frozenset({S.ARRIVED, S.SENT_BACK}) | RETURNED,
}
MOST_LINES = 50
MOST_PIECES = Decimal(100_000)


@action("order.report")
def report_step(
    actor: Actor,
    order_id: int,
    *,
    client_id: uuid.UUID,
    kind: str,
    pressed_at: dt.datetime,
    data: Mapping[str, Any] | None = None,
    text: str = "",
) -> CrewReport:
    """Take one press from a crew's phone; the same ``client_id`` again gives what became of it the first time.

    ``kind`` is a :class:`ReportKind` other than photo and voice. The step takes effect at ``pressed_at``, moved into the
    time between the order's last step and now. Raises NotAllowed (not the order's crew), NotFound, Conflict
    ``report_id_reused`` or ``order_state`` (a step before it is missing), and InvalidInput as the step itself does.
    """
    order = common.locked_order(order_id)
    common.require_own_crew(actor, order.crew)
    known = _known(client_id, order, kind)
    if known is not None:
        return known
    form = Form()
    form.choice("kind", kind, [k.value for k in ReportKind if k not in (ReportKind.PHOTO, ReportKind.VOICE)])
    form.finish()
    more = dict(data or {})
    at = min(pressed_at, moment.now()) if kind == ReportKind.TICK else time_of(order, pressed_at)
    if order.state == S.WITHDRAWN or (kind == ReportKind.FINISH and order.state in RETURNED):
        return _write(
            actor, order, ReportOutcome.KEPT, client_id, kind, pressed_at, at, _plain(kind, more), _short(text)
        )
    outcome = _apply(actor, order, kind, at, more, text)
    order.refresh_from_db(fields=["visit"])
    kept_text = _short(text) if kind in (ReportKind.NOTE, ReportKind.FINISH) else ""
    return _write(actor, order, outcome, client_id, kind, pressed_at, at, _plain(kind, more), kept_text)


def time_of(order: WorkOrder, pressed_at: dt.datetime) -> dt.datetime:
    """The time a press counts at: not before the order's last step, not ahead of the platform, however the phone's
    clock goes."""
    return max(order.last_step_at, min(pressed_at, moment.now()))


def keep_file(
    actor: Actor, order: WorkOrder, file: StoredFile, *, kind: str, photo_kind: str, pressed_at: dt.datetime
) -> CrewReport:
    """Note a file on a locked order outside its row of photos: a voice note, or a picture that came too late."""
    known = _known(file.client_id, order, kind)
    if known is not None:
        return known
    late = order.state == S.WITHDRAWN or kind == ReportKind.PHOTO
    outcome = ReportOutcome.KEPT if late else ReportOutcome.APPLIED
    data = {"photo_kind": photo_kind} if photo_kind else {}
    at = time_of(order, pressed_at)
    return _write(actor, order, outcome, file.client_id, kind, pressed_at, at, data, "", file)


def _known(client_id: uuid.UUID, order: WorkOrder, kind: str) -> CrewReport | None:
    row = CrewReport.objects.filter(client_id=client_id).first()
    if row is not None and (row.order_id, row.kind) != (order.pk, kind):
        raise Conflict(_("此上报编号已用于另一项上报，请为新的上报换一个编号"), code="report_id_reused")
    return row


def _apply(
    actor: Actor, order: WorkOrder, kind: str, at: dt.datetime, data: dict[str, Any], text: str
) -> ReportOutcome:
    if kind in FITS:
        if order.state in PAST[kind]:
            return ReportOutcome.ALREADY
        _walk(actor, order, kind, at, data)
    elif kind == ReportKind.NOTE:
        form = Form()
        form.text("text", text, longest=policies.get("request.text_length"), required=True)
        form.finish()
    elif kind == ReportKind.MATERIALS:
        set_materials(order, data.get("lines") or [])
    elif kind == ReportKind.TICK:
        changed = tick_lines(
            actor, order.pk, part=str(data.get("part", "")), codes=[str(data.get("code", ""))],
            done=bool(data.get("done", True)), at=at,
        )  # fmt: skip
        return ReportOutcome.APPLIED if changed else ReportOutcome.ALREADY
    else:
        finish_order(
            actor, order.pk, cause_code=str(data.get("cause") or ""), result=text,
            restored_at=_restored(order, data.get("restored_at")),
            no_signature_reason=str(data.get("no_signature_reason") or ""), at=at,
        )  # fmt: skip
    return ReportOutcome.APPLIED


def _walk(actor: Actor, order: WorkOrder, kind: str, at: dt.datetime, data: dict[str, Any]) -> None:
    if kind == ReportKind.ACCEPT:
        accept_order(actor, order.pk, at=at)
    elif kind == ReportKind.DEPART:
        depart_order(actor, order.pk, at=at)
    else:
        lon, lat = data.get("lon"), data.get("lat")
        whole = isinstance(lon, int | float) and isinstance(lat, int | float)
        arrive_order(actor, order.pk, at=at, lon=lon if whole else None, lat=lat if whole else None)


def _restored(order: WorkOrder, given: Any) -> dt.datetime | None:
    """When supply came back; a minute from the phone's picker that holds the acceptance means that moment."""
    if not given:
        return None
    try:
        when = dt.datetime.fromisoformat(str(given))
    except ValueError:
        raise InvalidInput({"restored_at": _("时间格式不对，请用选择器重新选择")}) from None
    accepted = order.request.accepted_at
    if when.tzinfo is not None and accepted is not None and when <= accepted < when + dt.timedelta(minutes=1):
        return accepted
    return when


def set_materials(order: WorkOrder, lines: Any) -> None:
    """Replace what this visit used up. ``lines``: ``[{"code", "quantity"}]``. Raises InvalidInput (``lines``)."""
    known = catalogue(order.org)
    form, rows = Form(), {}
    for line in lines if isinstance(lines, list) else []:
        code = str(line.get("code", "")) if isinstance(line, dict) else ""
        if code not in known:
            form.wrong("lines", _("材料目录中没有“%(code)s”，请刷新后重新选择") % {"code": code[:32]})
            continue
        try:
            quantity = Decimal(str(line.get("quantity"))).quantize(Decimal("0.01"))
        except InvalidOperation:
            quantity = Decimal(-1)
        if not 0 < quantity < MOST_PIECES:
            form.wrong("lines", _("“%(name)s”的数量应大于 0 且小于 100000") % {"name": known[code][0]})
            continue
        name, unit = known[code]
        rows[code] = MaterialUse(order=order, visit=order.visit, code=code, name=name, unit=unit, quantity=quantity)
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        form.wrong("lines", _("材料清单最多 %(most)s 行") % {"most": MOST_LINES})
    form.finish()
    MaterialUse.objects.filter(order=order, visit=order.visit).delete()
    MaterialUse.objects.bulk_create(rows.values())


def _plain(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Of what came, the codes and numbers that are kept with the report."""
    names = {
        ReportKind.ARRIVE: ("lon", "lat"), ReportKind.MATERIALS: ("lines",), ReportKind.FINISH: ("cause", "restored_at"),
        ReportKind.TICK: ("part", "code", "done"),
    }  # fmt: skip
    return {name: data[name] for name in names.get(ReportKind(kind), ()) if data.get(name) is not None}


def _short(text: str) -> str:
    return text[: policies.get("request.text_length")]


def _write(
    actor: Actor, order: WorkOrder, outcome: ReportOutcome, client_id: uuid.UUID, kind: str, pressed_at: dt.datetime,
    at: dt.datetime, data: dict[str, Any], text: str, file: StoredFile | None = None,
) -> CrewReport:  # fmt: skip
    row = CrewReport(
        client_id=client_id, order=order, crew=order.crew, staff_id=actor.id if actor.kind == "staff" else None,
        kind=kind, outcome=outcome, visit=order.visit, pressed_at=pressed_at, at=at, received_at=moment.now(),
        data=data, text=text, file=file,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the id came in for another order at the same moment
        raise Conflict(_("此上报编号已用于另一项上报，请为新的上报换一个编号"), code="report_id_reused") from None
    _say(actor, order, row)
    return row


def _say(actor: Actor, order: WorkOrder, row: CrewReport) -> None:
    """Events of what the step itself has not told of."""
    if row.outcome == ReportOutcome.KEPT:
        payload = {"step": row.kind, "report_id": row.pk}
        _tell_all(actor, order, row.received_at, payload)
    elif row.outcome == ReportOutcome.APPLIED and row.kind in (ReportKind.NOTE, ReportKind.VOICE):
        common.tell(actor, "order.noted", order, row.at, {"report_id": row.pk})
    elif row.outcome == ReportOutcome.APPLIED and row.kind == ReportKind.MATERIALS:
        common.tell(actor, "order.materials_set", order, row.at, {"lines": len(row.data.get("lines", []))})


def _tell_all(actor: Actor, order: WorkOrder, at: dt.datetime, more: dict[str, Any]) -> None:
    """Late work is told to the crew that did it, to the crew that has the matter now, and to the dispatcher."""
    payload = {
        "request_id": order.request_id, "crew_id": order.crew_id, "round": order.round, "visit": order.visit, **more
    }  # fmt: skip
    topics = common.topics_of(order)
    for pk, crew_id in WorkOrder.objects.filter(request_id=order.request_id, pk__gt=order.pk).values_list(
        "pk", "crew_id"
    ):
        topics += [f"order:{pk}", f"crew:{crew_id}"]
    record_many([NewEvent(actor, "order.worked_offline", order, order.org, payload, list(dict.fromkeys(topics)), at)])
