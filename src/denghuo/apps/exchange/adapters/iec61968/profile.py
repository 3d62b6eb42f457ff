"""PMS and OMS in the envelope of IEC 61968-100: outages, steps of service orders and events of devices come in; fault orders
and trouble calls go out.

Names of elements are those of the CIM where it has one (Outage, ServiceOrder, PowerTransformer, mRID); the payloads are in a
namespace of ours, as the standard leaves the profile to the two sides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from denghuo.apps.exchange.adapters.iec61968 import envelope
from denghuo.apps.exchange.adapters.iec61968.envelope import Message, Value
from denghuo.apps.exchange.adapters.iec61968.tree import Node
from denghuo.apps.exchange.adapters.operations.port import OBSERVED, STEPS, Observation, PlannedOutage, Progress
from denghuo.apps.grid.choices import OutageKind
from denghuo.core.errors import InvalidInput

PROFILE: Final = "urn:denghuo:iec61968:pms:2026"
OUTAGES, ORDERS, EVENTS, CALLS = "Outages", "ServiceOrders", "EndDeviceEvents", "TroubleOrders"
STATES: Final = ("announced", "started", "restored", "cancelled")
KINDS: Final = (str(OutageKind.PLANNED), str(OutageKind.TEMPORARY), str(OutageKind.FAULT))


def outage_of(message: Message) -> PlannedOutage:
    """``Outages/Outage`` as the JSON contract would have said it. Raises InvalidInput with the path of the element."""
    node = _one(message, "Outage")
    state = node.value("status", "value") or "announced"
    kind = node.value("kind") or "planned"
    start = _moment(node, "plannedPeriod", "start") or _moment(node, "actualPeriod", "start")
    faults: dict[str, str] = {}
    number = _number(node, faults)
    if state not in STATES:
        faults["status/value"] = _("只能是 %(values)s") % {"values": "、".join(STATES)}
    if kind not in KINDS:
        faults["kind"] = _("只能是 %(values)s") % {"values": "、".join(KINDS)}
    if start is None:
        faults["plannedPeriod/start"] = _("请填写带时区的时间，如 2026-01-31T08:30:00+08:00")
    if faults or start is None:
        raise InvalidInput(faults)
    actual = _moment(node, "actualPeriod", "end" if state == "restored" else "start")
    return PlannedOutage(
        number=number, state=state, kind=kind, feeder_code=node.value("Feeder", "mRID")[:32],
        transformer_codes=tuple(one.value("mRID")[:32] for one in node.all("PowerTransformer")),
        start_at=start, end_at=_moment(node, "plannedPeriod", "end"), cause=node.value("cause")[:120],
        at=actual if state in ("started", "restored") else None, reason=node.value("status", "reason")[:120],
    )  # fmt: skip


def progress_of(message: Message) -> Progress:
    """``ServiceOrders/ServiceOrder`` as a step of one of our orders. Raises InvalidInput."""
    node = _one(message, "ServiceOrder")
    faults: dict[str, str] = {}
    number, step, at = _number(node, faults), node.value("status", "value"), _moment(node, "status", "dateTime")
    if step not in STEPS:
        faults["status/value"] = _("只能是 %(values)s") % {"values": "、".join(STEPS)}
    if at is None:
        faults["status/dateTime"] = _("请填写带时区的时间，如 2026-01-31T08:30:00+08:00")
    if faults or at is None:
        raise InvalidInput(faults)
    return Progress(number, step, at, node.value("status", "remark")[:300])


def observation_of(message: Message) -> Observation:
    """``EndDeviceEvents/EndDeviceEvent`` as what a breaker or a meter says. Raises InvalidInput."""
    node = _one(message, "EndDeviceEvent")
    faults: dict[str, str] = {}
    number, kind, at = _number(node, faults), node.value("type"), _moment(node, "createdDateTime")
    if kind not in OBSERVED:
        faults["type"] = _("只能是 %(values)s") % {"values": "、".join(OBSERVED)}
    if at is None:
        faults["createdDateTime"] = _("请填写带时区的时间，如 2026-01-31T08:30:00+08:00")
    if faults or at is None:
        raise InvalidInput(faults)
    return Observation(
        number, kind, at, device_code=node.value("Asset", "mRID")[:64],
        transformer_code=node.value("PowerTransformer", "mRID")[:32], sure=node.value("quality") != "suspect",
    )  # fmt: skip


def message_of(kind: str, body: Mapping[str, Any], *, key: str, at: dt.datetime) -> bytes:
    """What waits to go out (a fault order, its end, a trouble call) as a RequestMessage."""
    if kind == "trouble_call":
        return envelope.request("create", CALLS, {"TroubleOrder": _call(body)}, namespace=PROFILE, key=key, at=at)
    ended = kind == "fault_order_end"
    verb = ("cancel" if body.get("how") == "withdrawn" else "close") if ended else "create"
    payload = {"ServiceOrder": _end(body) if ended else _order(body)}
    return envelope.request(verb, ORDERS, payload, namespace=PROFILE, key=key, at=at)


def _order(body: Mapping[str, Any]) -> dict[str, Value]:
    place: dict[str, Value] = {"address": body["address"]}
    if body["lon"] is not None and body["lat"] is not None:
        place["PositionPoint"] = {"xPosition": body["lon"], "yPosition": body["lat"]}
    return {
        "mRID": body["number"],
        "TroubleTicket": {"mRID": body["request_number"], "dateTimeOfReport": body["occurred_at"]},
        "visit": body["round"],
        "Organisation": {"mRID": body["org_code"]},
        "Crew": {"name": body["crew"]},
        "kind": body["fault_class"],
        "priority": body["urgency"],
        "symptom": body["phenomenon"],
        "extent": body["scope"],
        "PowerTransformer": {"mRID": body["transformer_code"]} if body["transformer_code"] else None,
        "Feeder": {"mRID": body["feeder_code"]} if body["feeder_code"] else None,
        "Location": place,
        "createdDateTime": body["sent_at"],
    }


def _call(body: Mapping[str, Any]) -> dict[str, Value]:
    return {
        "mRID": body["number"],
        "Organisation": {"mRID": body["org_code"]},
        "symptom": body["phenomenon"],
        "extent": body["scope"],
        "PowerTransformer": {"mRID": body["transformer_code"]} if body["transformer_code"] else None,
        "Feeder": {"mRID": body["feeder_code"]} if body["feeder_code"] else None,
        "dateTimeOfReport": body["occurred_at"],
        "createdDateTime": body["called_at"],
    }


def _end(body: Mapping[str, Any]) -> dict[str, Value]:
    return {
        "mRID": body["number"],
        "status": {"value": body["how"], "reason": body["cause"], "dateTime": body["restored_at"]},
    }


def _one(message: Message, name: str) -> Node:
    found = list(message.payload.all(name))
    if len(found) != 1:
        raise InvalidInput({name: _("每条消息须有且只有一个 %(name)s") % {"name": name}})
    return found[0]


def _number(node: Node, faults: dict[str, str]) -> str:
    number = node.value("mRID")
    if not number or len(number) > 64 or any(sign.isspace() for sign in number):
        faults["mRID"] = _("请填写编号，至多 64 位，不含空格")
    return number


def _moment(node: Node, *path: str) -> dt.datetime | None:
    try:
        found = parse_datetime(node.value(*path))
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
