"""Sending what waits for the other systems: each matter in its order, again until taken (see webhooks.sending)."""

from __future__ import annotations

import datetime as dt
import json

from django.utils import timezone, translation

from denghuo.apps.exchange.actions.adapters import SENDER, claim_message, settle_message
from denghuo.apps.exchange.adapters.base import Refused, Unavailable, call, call_xml, segment
from denghuo.apps.exchange.adapters.iec61968.profile import message_of
from denghuo.apps.exchange.choices import AdapterCode, Direction, MessageState
from denghuo.apps.exchange.models import AdapterMessage
from denghuo.apps.exchange.webhooks.pauses import pause_after
from denghuo.core import policies

# Kind of message → where it goes; {number} is theirs (or, for what they learn of first from us, ours).
PATHS = {
    "fault_order": "/fault-orders/{number}",
    "fault_order_end": "/fault-orders/{number}/end",
    "trouble_call": "/trouble-calls/{number}",
    "progress": "/orders/{number}/progress",
    "result": "/orders/{number}/result",
    "return": "/orders/{number}/return",
    "reconnection": "/reconnections/{number}",
}
XML_PATH = "/iec61968-100"
XML_WANTED = {AdapterCode.PMS: "adapter.pms_xml", AdapterCode.OMS: "adapter.oms_xml"}
MOST_IN_A_RUN = 200


def send_waiting(connection_id: int) -> int:
    """Send what is due; gives the attempts made."""
    made = 0
    with translation.override("zh-hans"):
        while made < MOST_IN_A_RUN:
            row = claim_message(SENDER, connection_id)
            if row is None:
                break
            made += 1
            _attempt(row)
    return made


def _attempt(row: AdapterMessage) -> None:
    try:
        _send(row)
    except Refused as error:
        settle_message(
            SENDER, row.pk, row.attempts, state=MessageState.REFUSED, status=error.status, error=error.reason
        )
    except Unavailable as error:
        over = row.attempts >= policies.get("adapter.attempts", row.connection.org)
        settle_message(
            SENDER, row.pk, row.attempts, state=MessageState.DEAD if over else MessageState.PENDING,
            status=error.status, error=error.reason, pause=pause_after(row.attempts, error.after),
        )  # fmt: skip
    else:
        settle_message(SENDER, row.pk, row.attempts, state=MessageState.DONE, status=200)


def _send(row: AdapterMessage) -> None:
    body = json.loads(row.body)
    xml = XML_WANTED.get(row.connection.code)
    if xml and policies.get(xml, row.connection.org):
        content = message_of(row.kind, body, key=f"{row.connection_id}:{row.key}", at=row.at)
        call_xml(row.connection, XML_PATH, content, key=row.key)
        return
    call(row.connection, "POST", PATHS[row.kind].format(number=segment(row.number)), body, key=row.key)


def due() -> list[int]:
    """Connections with something due (partial index ``exchange_adapter_due``)."""
    rows = AdapterMessage.objects.filter(
        direction=Direction.OUT, state=MessageState.PENDING, connection__active=True,
        next_at__lte=timezone.now() - dt.timedelta(seconds=5),
    )  # fmt: skip
    return list(rows.order_by().values_list("connection_id", flat=True).distinct())
