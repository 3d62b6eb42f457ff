"""OMS beside PMS: devices and meters are heard, calls and orders are told, both systems at once, no personal data."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.exchange.adapters.iec61968 import envelope
from denghuo.apps.exchange.adapters.iec61968.tree import Node, parse
from denghuo.apps.exchange.models import AdapterMessage
from denghuo.apps.exchange.webhooks import signing
from denghuo.apps.grid.inference import trees
from denghuo.apps.grid.models import Feeder, InferredOutage, Outage, OutageObservation, SupplyDevice
from denghuo.core.events.testing import drain
from tests.apps.exchange.kit import Receiver, run_jobs, set_policy
from tests.apps.exchange.other_systems import OtherSystem
from tests.apps.exchange.test_adapters import ago, outage
from tests.apps.requests.world import World


@pytest.fixture
def oms(world: World, org_tree: Any, receiver: Receiver) -> OtherSystem:
    return OtherSystem("oms", receiver, org_tree.city)


@pytest.fixture
def head(oms: OtherSystem) -> SupplyDevice:
    """The breaker at the head of the feeder."""
    feeder = Feeder.objects.get(code="T-F1")
    trees.ensure_devices(feeder)
    return SupplyDevice.objects.get(feeder=feeder, parent=None)


def tell() -> None:
    drain(["exchange.oms", "exchange.pms"])
    run_jobs()


def event(device: str, kind: str = "trip", number: str = "E-1") -> bytes:
    return f"""<RequestMessage xmlns="{envelope.MESSAGE}"><Header><Verb>created</Verb><Noun>EndDeviceEvents</Noun>
<Timestamp>2026-02-01T08:00:00+08:00</Timestamp><Source>OMS</Source><MessageID>{number}</MessageID></Header><Payload>
<EndDeviceEvents xmlns="urn:denghuo:iec61968:pms:2026"><EndDeviceEvent><mRID>{number}</mRID><type>{kind}</type>
<createdDateTime>{ago(minutes=2)}</createdDateTime><Asset><mRID>{device}</mRID></Asset></EndDeviceEvent></EndDeviceEvents>
</Payload></RequestMessage>""".encode()


def sends_xml(system: OtherSystem, content: bytes) -> tuple[int, Node]:
    head = signing.headers([system.theirs], f"msg_{secrets.token_hex(8)}", int(time.time()), content)
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in head.items()}
    given["HTTP_AUTHORIZATION"] = f"Bearer {system.token}"
    address = f"/api/v1/adapters/{system.code}/iec61968-100"
    answer = Client().post(address, content, content_type="application/xml", **given)
    return answer.status_code, parse(answer.content)


def test_a_breaker_seen_open_by_oms_is_an_inferred_outage_once(oms: OtherSystem, head: SupplyDevice) -> None:
    told = {"number": "E-7", "kind": "opened", "at": ago(minutes=1), "device_code": head.code}
    for _turn in range(2):
        answer = oms.sends("/observations", told)
        assert answer.status_code == 200, answer.content
        assert answer.json() == {"number": "E-7", "feeder_code": "T-F1"}
    assert OutageObservation.objects.get().source_ref == "oms:E-7"
    assert InferredOutage.objects.get().device_id == head.pk


def test_the_same_event_in_the_xml_envelope(oms: OtherSystem, head: SupplyDevice) -> None:
    status, told = sends_xml(oms, event(head.code))
    assert (status, told.value("Payload", "EndDeviceEvents", "feeder_code")) == (200, "T-F1")
    assert OutageObservation.objects.get().device_id == head.pk
    status, told = sends_xml(oms, event(head.code, kind="smoke", number="E-2"))
    assert status == 422 and "type" in told.value("Reply", "Error", "reason")


def test_a_device_nobody_knows_is_named(oms: OtherSystem) -> None:
    told = {"number": "E-8", "kind": "trip", "at": ago(minutes=1), "device_code": "X-1"}
    assert "device_code" in oms.sends("/observations", told).json()["errors"]
    told = {"number": "E-9", "kind": "gasp", "at": ago(minutes=1), "transformer_code": "X-1"}
    assert "transformer_code" in oms.sends("/observations", told).json()["errors"]
    assert not OutageObservation.objects.exists()


def test_pms_may_not_speak_for_devices(world: World, org_tree: Any, receiver: Receiver) -> None:
    pms = OtherSystem("pms", receiver, org_tree.city)
    told = {"number": "E-1", "kind": "trip", "at": ago(minutes=1), "device_code": "X-1"}
    assert pms.sends("/observations", told).status_code == 404
    status, said = sends_xml(pms, event("X-1"))
    assert status == 422 and "EndDeviceEvents" not in said.value("Reply", "Error", "reason")


def test_calls_are_told_to_oms_without_who_called_from_where(oms: OtherSystem, world: World) -> None:
    request = world.submitted()
    tell()
    path, body = oms.matters[0]
    assert path == f"/trouble-calls/{request.number}"
    assert (body["phenomenon"], body["org_code"]) == (request.phenomenon, request.org.code)
    text = json.dumps(body, ensure_ascii=False)
    assert request.caller_name not in text and request.address not in text
    tell()
    assert AdapterMessage.objects.filter(kind="trouble_call").count() == 1


def test_calls_go_as_trouble_orders_when_oms_wants_xml(oms: OtherSystem, world: World) -> None:
    seen: list[Any] = []

    def reply(call: Any) -> Any:
        sent = envelope.read_message(call.body)
        seen.append((call.path, sent))
        told = envelope.response(sent.noun, correlation_id=sent.message_id, at=world_now())
        return 200, {"Content-Type": "application/xml"}, told

    oms.receiver.answer = reply
    set_policy("adapter.oms_xml", True)
    request = world.submitted()
    tell()
    path, sent = seen[0]
    assert (path, sent.verb, sent.noun) == ("/api/iec61968-100", "create", "TroubleOrders")
    assert sent.payload.first("TroubleOrder").value("mRID") == request.number


def world_now() -> Any:
    from django.utils import timezone

    return timezone.now()


def test_one_number_of_two_systems_is_two_outages(oms: OtherSystem, org_tree: Any, receiver: Receiver) -> None:
    pms = OtherSystem("pms", receiver, org_tree.city)
    assert oms.sends("/outages", outage(transformer_codes=["T-T1"])).status_code == 200
    first = Outage.objects.get()
    assert first.source_ref.startswith("OMS:")
    pms.sends("/outages", outage(start_at=ago(days=-20), end_at=ago(days=-20.5)))
    assert Outage.objects.count() == 2
