"""What a crew's phone sends late, in pieces, twice, or for an order that somebody else has by then."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.field import actions
from denghuo.apps.field.actions.uploading import path_of
from denghuo.apps.field.checklists import lines_of
from denghuo.apps.field.models import ChecklistTick, CrewReport, MaterialUse, OrderPhoto, PartialFile, WorkOrder
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from denghuo.core.moment import now
from tests.apps.field.site import RESULT, Site, kinds, picture

pytestmark = pytest.mark.django_db


def press(site: Site, order: WorkOrder, kind: str, **more: Any) -> CrewReport:
    more = {"client_id": uuid.uuid4(), "pressed_at": now(), **more}
    return actions.report_step(site.worker, order.pk, kind=kind, **more)


class Phone:
    """A signed-in phone that sends pieces over HTTP."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.post(f"/api/v1/crew-phone{path}", json.dumps(body or {}), "application/json")
        assert answer.status_code == status, answer.content.decode()[:400]
        return answer.json()

    def put(self, client_id: uuid.UUID, offset: int, data: bytes, status: int = 200) -> Any:
        url = f"/api/v1/crew-phone/uploads/{client_id}?offset={offset}"
        answer = self.client.put(url, data, "application/octet-stream")
        assert answer.status_code == status, answer.content.decode()[:400]
        return answer.json()

    def announce(
        self, order: WorkOrder, data: bytes, kind: str = "after", **more: Any
    ) -> tuple[uuid.UUID, dict[str, Any]]:
        client_id = uuid.uuid4()
        body = {
            "client_id": str(client_id), "order_id": order.pk, "kind": kind, "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(), "pressed_at": now().isoformat(), **more,
        }  # fmt: skip
        assert self.post("/uploads", body)["have"] == 0
        return client_id, body


@pytest.fixture
def phone(site: Site, browser_for: Any) -> Phone:
    return Phone(browser_for(staff=site.worker_staff))


def test_a_day_pressed_in_a_tunnel_takes_effect_with_the_times_of_the_presses(site: Site) -> None:
    order = site.sent()
    began = order.sent_at
    first = press(site, order, "accept", pressed_at=began + dt.timedelta(milliseconds=1))
    assert first.at == began + dt.timedelta(milliseconds=1)
    wrong_clock = press(site, order, "depart", pressed_at=began - dt.timedelta(hours=5))
    assert wrong_clock.at == first.at  # a phone's clock that runs behind does not lose the step
    ahead = press(site, order, "arrive", pressed_at=now() + dt.timedelta(hours=5), data={"lon": 120.1, "lat": 30.1})
    assert ahead.at <= now()
    press(site, order, "note", text="表箱锈蚀，已拍照")
    press(site, order, "materials", data={"lines": [{"code": "fuse-lv", "quantity": 2}]})
    site.photo(order)
    data = {"cause": "equipment", "restored_at": now().isoformat(), "no_signature_reason": "客户不在场"}
    assert press(site, order, "finish", text=RESULT, data=data).outcome == "applied"
    order.refresh_from_db()
    assert (order.state, order.result, order.arrived_lon) == ("finished", RESULT, 120.1)
    assert [(m.name, m.quantity) for m in MaterialUse.objects.filter(order=order)] == [("低压熔断器", 2)]
    assert {"order.noted", "order.materials_set", "order.finished"} <= set(kinds(order))


def test_a_press_sent_again_acts_once_and_one_that_a_colleague_made_is_noted(site: Site) -> None:
    order, client_id = site.sent(), uuid.uuid4()
    assert press(site, order, "accept", client_id=client_id) == press(site, order, "accept", client_id=client_id)
    assert kinds(order) == ["order.created", "order.accepted"]
    assert press(site, order, "accept").outcome == "already"
    with pytest.raises(Conflict, match="编号"):
        press(site, order, "depart", client_id=client_id)
    with pytest.raises(Conflict) as refused:
        press(site, order, "arrive")  # the phone never sent the departure
    assert refused.value.code == "order_state"


def test_what_was_worked_after_a_reassignment_is_kept_and_all_are_told(site: Site) -> None:
    order = site.sent()
    press(site, order, "accept")
    other = actions.redispatch_order(site.dispatcher, order.pk, crew_id=site.other_crew.pk, reason="离得更近")
    for kind, more in (("depart", {}), ("arrive", {}), ("finish", {"text": RESULT, "data": {"cause": "equipment"}})):
        assert press(site, order, kind, **more).outcome == "kept"
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.state, other.state, order.result) == ("withdrawn", "sent", "")
    assert CrewReport.objects.get(order=order, kind="finish").text == RESULT
    told = [event for event in timeline("order", order.pk) if event.kind == "order.worked_offline"]
    assert len(told) == 3
    assert {f"order:{other.pk}", f"crew:{site.other_crew.pk}", f"crew:{site.crew.pk}"} <= set(told[0].topics)
    assert RESULT not in json.dumps([event.payload for event in told], ensure_ascii=False)


def test_a_stranger_reports_nothing_and_a_faulty_result_can_be_mended(site: Site) -> None:
    order = site.arrived()
    with pytest.raises(NotAllowed):
        actions.report_step(
            site.other_worker, order.pk, client_id=uuid.uuid4(), kind="note", pressed_at=now(), text="x"
        )
    with pytest.raises(InvalidInput) as refused:
        press(site, order, "finish", text="", data={"cause": ""})
    assert {"cause", "result", "photos", "signature"} <= set(refused.value.fields)
    with pytest.raises(InvalidInput) as refused:
        press(
            site,
            order,
            "materials",
            data={"lines": [{"code": "gold", "quantity": 1}, {"code": "tape", "quantity": -1}]},
        )
    assert len(refused.value.fields["lines"]) == 2
    assert not CrewReport.objects.filter(order=order).exists()


def test_a_photo_in_pieces_goes_on_where_the_line_broke(site: Site, phone: Phone) -> None:
    order, data = site.arrived(), picture().read()
    client_id, body = phone.announce(order, data)
    half = len(data) // 2
    assert phone.put(client_id, 0, data[:half])["have"] == half
    assert phone.put(client_id, 0, data[:half], 409)["have"] == half  # the answer was lost: told where to go on
    assert phone.post("/uploads", body)["have"] == half  # asked again after a restart
    os.truncate(path_of(client_id), half - 5)  # the disk lost the end of it
    assert phone.post("/uploads", body)["have"] == half - 5
    phone.post(f"/uploads/{client_id}/finish", status=409)
    assert phone.put(client_id, half - 5, data[half - 5 :])["have"] == len(data)
    assert phone.post(f"/uploads/{client_id}/finish")["done"]
    assert phone.post(f"/uploads/{client_id}/finish")["done"]
    assert phone.post("/uploads", body)["done"]
    assert OrderPhoto.objects.get(order=order).file.client_id == client_id
    assert not PartialFile.objects.exists()


def test_damaged_oversized_and_foreign_files_are_not_attached(site: Site, phone: Phone, browser_for: Any) -> None:
    order, data = site.arrived(), picture().read()
    client_id, body = phone.announce(order, data)
    phone.put(client_id, 0, b"\x00" * len(data))
    assert phone.post(f"/uploads/{client_id}/finish") == {"have": 0, "done": False, "damaged": True, "kept": False}
    phone.put(client_id, 0, data + b"x", 422)
    script = b"<script>alert(1)</script>"
    other_id, _body = phone.announce(order, script)
    phone.put(other_id, 0, script)
    assert "file" in phone.post(f"/uploads/{other_id}/finish", status=422)["errors"]
    huge = body | {"client_id": str(uuid.uuid4()), "size": 2_000_000_000, "sha256": "no"}
    assert phone.post("/uploads", huge, 422)["errors"].keys() == {"size", "sha256"}
    stranger = Phone(browser_for("crew_member", site.org_tree.team_b))
    stranger.put(client_id, 0, data, 404)
    assert not OrderPhoto.objects.exists()


def test_a_photo_of_a_reassigned_order_is_kept_beside_it(site: Site, phone: Phone) -> None:
    order, data = site.arrived(), picture().read()
    client_id, _body = phone.announce(order, data)
    phone.put(client_id, 0, data)
    actions.withdraw_order(site.dispatcher, order.pk, reason="改派")
    assert phone.post(f"/uploads/{client_id}/finish")["kept"]
    assert CrewReport.objects.get(client_id=client_id).file is not None
    assert not OrderPhoto.objects.exists()


def test_pieces_nobody_comes_back_for_are_swept(site: Site, phone: Phone) -> None:
    order, data = site.arrived(), picture().read()
    old, _body = phone.announce(order, data)
    young, _body = phone.announce(order, data)
    for one in (old, young):
        phone.put(one, 0, data[:10])
    PartialFile.objects.filter(client_id=old).update(touched_at=now() - dt.timedelta(days=30))
    stray = path_of(uuid.uuid4())
    stray.write_bytes(b"x")
    assert actions.sweep_partials() == 1
    assert (path_of(old).exists(), stray.exists(), path_of(young).exists()) == (False, False, True)


def test_the_phone_learns_whose_session_it_is_and_steps_need_no_second_body(site: Site, phone: Phone) -> None:
    order = site.sent()
    hello = phone.client.get("/api/v1/crew-phone/hello").json()
    assert (hello["user_id"], hello["crew_id"], hello["orders"]) == (site.worker_staff.pk, site.crew.pk, [order.pk])
    body = {"client_id": str(uuid.uuid4()), "order_id": order.pk, "kind": "accept", "pressed_at": now().isoformat()}
    assert phone.post("/steps", body) == phone.post("/steps", body)
    assert phone.post("/steps", body | {"pressed_at": "soon"}, 422)["errors"].keys() == {"pressed_at"}
    assert Client().get("/api/v1/crew-phone/hello").status_code == 401


def test_ticks_pressed_offline_are_stored_once_and_the_dispatcher_sees_them(
    site: Site, phone: Phone, browser_for: Any
) -> None:
    order, early = site.arrived(), now() - dt.timedelta(minutes=3)
    WorkOrder.objects.filter(pk=order.pk).update(sent_at=now() - dt.timedelta(hours=1))
    first, second, *_more = lines_of(order, "safety")
    body = {
        "client_id": str(uuid.uuid4()), "order_id": order.pk, "kind": "tick", "pressed_at": early.isoformat(),
        "data": {"part": "safety", "code": first.code, "done": True},
    }  # fmt: skip
    assert phone.post("/steps", body)["outcome"] == "applied"
    assert phone.post("/steps", body)["outcome"] == "applied"  # the answer was lost on the way
    mate = press(site, order, "tick", data={"part": "safety", "code": first.code, "done": True})
    assert mate.outcome == "already"
    press(site, order, "tick", data={"part": "safety", "code": second.code, "done": True})
    press(site, order, "tick", data={"part": "safety", "code": second.code, "done": False})
    tick = ChecklistTick.objects.get(order=order)
    assert (tick.text, tick.at, tick.staff_id) == (first.text, early, site.worker_staff.pk)
    phone.post("/steps", body | {"client_id": str(uuid.uuid4()), "data": {"part": "safety", "code": "none"}}, 422)
    seen = browser_for("dispatcher", site.org_tree.city).get(f"/field/orders/{order.pk}/").content.decode()
    assert f"1/{len(lines_of(order, 'safety'))}" in seen
    assert "data-crew-tick" not in seen


def test_a_tick_after_the_return_or_the_recall_changes_nothing(site: Site) -> None:
    order = site.arrived()
    line = lines_of(order, "steps")[0]
    data = {"part": "steps", "code": line.code, "done": True}
    before = now()
    site.photo(order)
    site.finish(order, no_signature_reason="客户不在场")
    assert press(site, order, "tick", data=data).outcome == "already"
    assert (
        press(site, order, "tick", data=data, pressed_at=before).outcome == "applied"
    )  # from a colleague's phone, late
    gone = site.sent()
    actions.withdraw_order(site.dispatcher, gone.pk, reason="改派")
    assert press(site, gone, "tick", data=data).outcome == "kept"
    assert [tick.order_id for tick in ChecklistTick.objects.all()] == [order.pk]


def test_a_voice_note_is_kept_with_the_order_and_a_film_is_not(site: Site, phone: Phone) -> None:
    order = site.arrived()
    head = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm"
    for sound, status in ((head + b"\x86\x86A_OPUS" + b"\x01" * 40, 200), (head + b"\x86\x85V_VP9A_OPUS", 422)):
        client_id, _body = phone.announce(order, sound, kind="voice")
        phone.put(client_id, 0, sound)
        phone.post(f"/uploads/{client_id}/finish", status=status)
    report = CrewReport.objects.get(order=order, kind="voice")
    answer = phone.client.get(f"/field/reports/{report.pk}/file/")
    assert answer.headers["Content-Type"] == "audio/webm"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "order.noted" in kinds(order)
