"""Following the log for other systems. This app stands last among the business apps: all published kinds are known."""

from __future__ import annotations

from denghuo.apps.exchange.actions.deliveries import note_event
from denghuo.apps.exchange.adapters.hotline12345 import mapping as hotline
from denghuo.apps.exchange.adapters.operations.mapping import OMS, PMS, call_out, order_end_out, order_out
from denghuo.apps.exchange.feed import published_kinds
from denghuo.apps.exchange.models import AdapterConnection
from denghuo.apps.requests.choices import RequestType
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber

_ACTOR = Actor.system("exchange.webhooks")


@subscriber("exchange.webhooks", kinds=published_kinds())
def webhooks(event: Event) -> None:
    """Note every published event for those who want it."""
    note_event(_ACTOR, event)


ORDERS = {"order.created", "order.passed", "order.withdrawn"}


@subscriber("exchange.pms", kinds=ORDERS)
def pms(event: Event) -> None:
    """Fault orders go to PMS when it is connected."""
    _order_told(PMS, event)


@subscriber("exchange.oms", kinds=ORDERS | {"request.submitted"})
def oms(event: Event) -> None:
    """Fault orders go to OMS when it is connected, and every call that speaks of an outage."""
    if event.kind != "request.submitted":
        _order_told(OMS, event)
    elif event.payload.get("type") == RequestType.FAULT_REPORT and _connected(OMS):
        call_out(event.subject_id)


def _order_told(code: str, event: Event) -> None:
    if not _connected(code):
        return
    if event.kind == "order.created":
        order_out(code, event.subject_id)
    else:
        order_end_out(code, event.subject_id, event.kind.removeprefix("order."))


@subscriber(
    "exchange.hotline12345",
    kinds={*hotline.STEPS, "request.archived", "request.cancelled"},
)
def hotline_told(event: Event) -> None:
    """What happens to orders of the 12345 hotline is told to it."""
    if not _connected(hotline.CODE):
        return
    if event.kind == "request.archived":
        hotline.result_out(event.subject_id)
    elif event.kind == "request.cancelled":
        hotline.return_out(event.subject_id, event.payload["note_id"])
    else:
        hotline.progress_out(event.subject_id, hotline.STEPS[event.kind], event.at)


def _connected(code: str) -> bool:
    return AdapterConnection.objects.filter(code=code, active=True).exists()
