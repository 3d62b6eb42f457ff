"""PMS and OMS in both directions, by the contract in docs/reference/adapters.md."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.exchange.actions.adapters import SENDER, queue_message
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.operations.port import Observation, PlannedOutage, Progress
from denghuo.apps.exchange.importing.kinds import OUTAGE, link
from denghuo.apps.exchange.models import AdapterConnection, SourceLink
from denghuo.apps.field import actions as field
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.inference.actions import observe
from denghuo.apps.grid.models import Feeder, Outage, SupplyDevice, Transformer
from denghuo.apps.requests import actions as requests
from denghuo.apps.requests.models import Request
from denghuo.core.errors import Conflict, InvalidInput, NotFound

PMS, OMS = "pms", "oms"
SYSTEMS = (PMS, OMS)
# A step implies those before it: the other system tells what it knows, not every click.
ORDER_STEPS = (
    ("accepted", OrderState.SENT, field.accept_order),
    ("departed", OrderState.ACCEPTED, field.depart_order),
    ("arrived", OrderState.DEPARTED, field.arrive_order),
)


class Operations:
    """The adapter of one connection (:class:`OperationsPort`)."""

    def __init__(self, row: AdapterConnection) -> None:
        self.row, self.actor = row, base.actor_of(row)

    def outage_in(self, outage: PlannedOutage) -> dict[str, Any]:
        """Announce, begin, end or call off; the same number is the same outage. Raises InvalidInput, Conflict, NotAllowed."""
        known = SourceLink.objects.filter(source=self.row.code, kind=OUTAGE, number=outage.number).first()
        if known is None:
            if outage.state == "cancelled":
                raise NotFound(_("没有收到过这个停电编号，无法取消"))
            pk = self._announce(outage)
        else:
            pk = known.subject_id
            if outage.state == "announced":
                self._change(pk, outage)
        row = self._follow(pk, outage)
        return {"number": outage.number, "outage_number": row.number, "state": str(row.state)}

    def _announce(self, outage: PlannedOutage) -> int:
        feeder, transformers = self._devices(outage)
        made = grid.open_outage(
            self.actor, kind=outage.kind, feeder=feeder, transformer_ids=[t.pk for t in transformers],
            started_at=outage.start_at, expected_at=outage.end_at, cause=outage.cause, source_ref=f"{self.row.code.upper()}:{outage.number}"[:60],
        )  # fmt: skip
        link(self.row.code, OUTAGE, outage.number, "outage", made.pk)
        return made.pk

    def _change(self, pk: int, outage: PlannedOutage) -> None:
        _feeder, transformers = self._devices(outage)
        ids = [t.pk for t in transformers] or None
        grid.update_outage(self.actor, pk, expected_at=outage.end_at, cause=outage.cause or None, transformer_ids=ids)

    def _devices(self, outage: PlannedOutage) -> tuple[Feeder | None, list[Transformer]]:
        feeder = (
            Feeder.objects.select_related("org").filter(code=outage.feeder_code).first() if outage.feeder_code else None
        )
        if outage.feeder_code and feeder is None:
            raise InvalidInput({"feeder_code": _("没有这条馈线，请核对编码")})
        found = list(Transformer.objects.filter(code__in=outage.transformer_codes).select_related("org"))
        missing = sorted(set(outage.transformer_codes) - {t.code for t in found})
        if missing:
            some = _("、").join(code[:32] for code in missing[:5])
            raise InvalidInput({"transformer_codes": _("没有台区 %(some)s，请核对编码") % {"some": some}})
        return feeder, found

    def _follow(self, pk: int, outage: PlannedOutage) -> Outage:
        row = Outage.objects.select_related("org").get(pk=pk)
        if outage.state == "started" and row.state == OutageState.ANNOUNCED:
            return grid.start_outage(self.actor, pk, at=outage.at)
        if outage.state == "restored":
            if row.state == OutageState.ANNOUNCED:
                grid.start_outage(self.actor, pk)
            return grid.restore_outage(self.actor, pk, at=outage.at)
        if outage.state == "cancelled" and row.state != OutageState.CANCELLED:
            return grid.cancel_outage(
                self.actor, pk, reason=outage.reason or _("%(system)s 取消") % {"system": self.row.code.upper()}
            )
        return row

    def progress_in(self, progress: Progress) -> dict[str, Any]:
        """A step of a fault order; steps already taken here stay as they are. Raises NotFound, Conflict, NotAllowed."""
        order = WorkOrder.objects.select_related("org").filter(number=progress.number).first()
        if order is None or not order.org.path.startswith(self.row.org.path):
            raise NotFound(_("没有这个工单编号"))
        if order.state in (OrderState.PASSED, OrderState.WITHDRAWN):
            raise Conflict(_("该工单已结束，不再接收进展"))
        names = [name for name, _state, _act in ORDER_STEPS]
        upto = names.index(progress.step) if progress.step in names else len(names) - 1
        for _name, state, act in ORDER_STEPS[: upto + 1]:
            order.refresh_from_db()
            if order.state == state:
                act(self.actor, order.pk, at=progress.at)
        if progress.note or progress.step == "finished":
            text = _("%(system)s 进展（%(step)s）：%(note)s") % {
                "system": self.row.code.upper(),
                "step": progress.step,
                "note": progress.note or _("现场处理完毕，待班组回单"),
            }
            requests.note_request(self.actor, order.request_id, text=text)
        order.refresh_from_db()
        return {"number": order.number, "state": str(order.state)}

    def observation_in(self, told: Observation) -> dict[str, Any]:
        """What a breaker, a fault indicator or a meter says. The same number is the same observation. Raises InvalidInput
        (device_code, transformer_code), NotAllowed."""
        found = observe(
            self.actor, kind=told.kind, source_ref=f"{self.row.code}:{told.number}"[:80], at=told.at,
            device_id=_device(told.device_code), transformer_id=_transformer(told.transformer_code), sure=told.sure,
        )  # fmt: skip
        return {"number": told.number, "feeder_code": found.feeder.code}


def _device(code: str) -> int | None:
    if not code:
        return None
    found = SupplyDevice.objects.filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise InvalidInput({"device_code": _("没有这台设备，请核对编码")})
    return int(found)


def _transformer(code: str) -> int | None:
    if not code:
        return None
    found = Transformer.objects.filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise InvalidInput({"transformer_code": _("没有这个台区，请核对编码")})
    return int(found)


def order_out(code: str, order_id: int) -> bool:
    """Tell system ``code`` of a new order. The address is in it, as a crew must find the place; the customer's name and phone are not."""
    order = WorkOrder.objects.select_related("request__transformer__feeder", "org", "crew").get(pk=order_id)
    request = order.request
    device = request.transformer
    body = {
        "number": order.number, "request_number": request.number, "round": order.round, "org_code": order.org.code,
        "crew": order.crew.name, "fault_class": request.fault_class, "urgency": request.urgency,
        "phenomenon": request.phenomenon, "scope": request.scope, "transformer_code": device.code if device else None,
        "feeder_code": device.feeder.code if device else None, "address": request.address, "lon": order.lon,
        "lat": order.lat, "occurred_at": request.occurred_at.isoformat() if request.occurred_at else None,
        "sent_at": order.sent_at.isoformat(),
    }  # fmt: skip
    return queue_message(SENDER, code, kind="fault_order", number=order.number, key=f"order:{order.pk}", body=body)


def order_end_out(code: str, order_id: int, how: str) -> bool:
    """Tell system ``code`` that an order has ended: passed or withdrawn."""
    order = WorkOrder.objects.select_related("request").get(pk=order_id)
    body = {
        "number": order.number, "how": how, "cause": order.request.cause,
        "restored_at": order.request.restored_at.isoformat() if order.request.restored_at else None,
    }  # fmt: skip
    return queue_message(
        SENDER, code, kind="fault_order_end", number=order.number, key=f"order:{order.pk}:end:{how}", body=body
    )


def call_out(request_id: int) -> bool:
    """Tell the OMS of a trouble call (停电来电), for an inference of its own. Neither the customer nor the address is in it."""
    request = Request.objects.select_related("transformer__feeder", "org").get(pk=request_id)
    device = request.transformer
    body = {
        "number": request.number, "org_code": request.org.code, "phenomenon": request.phenomenon, "scope": request.scope,
        "transformer_code": device.code if device else None, "feeder_code": device.feeder.code if device else None,
        "occurred_at": request.occurred_at.isoformat() if request.occurred_at else None,
        "called_at": request.submitted_at.isoformat(),
    }  # fmt: skip
    return queue_message(SENDER, OMS, kind="trouble_call", number=request.number, key=f"call:{request.pk}", body=body)
