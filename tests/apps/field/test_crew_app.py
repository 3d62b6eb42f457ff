"""The crew's phone as an installed program, and what its order page tells."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.field import actions
from denghuo.apps.field.receipt import CUT, DOUBLE, INIT, cells, printable, wrapped
from denghuo.core.moment import now
from tests.apps.field.site import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(site: Site, browser_for: Any) -> Client:
    client: Client = browser_for(staff=site.worker_staff)
    return client


def late(site: Site, order: Any, text: str) -> None:
    actions.report_step(site.worker, order.pk, client_id=uuid.uuid4(), kind="note", pressed_at=now(), text=text)


def test_the_program_can_be_installed_and_its_worker_serves_the_field_only(client: Client) -> None:
    manifest = client.get("/field/app.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/field/", "/field/", "standalone")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    worker = client.get("/field/sw.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert "no-cache" in worker.headers["Cache-Control"]
    assert "store" in worker.content.decode().split("importScripts", 1)[1][:120]


def test_the_queue_and_the_shell_hold_no_personal_data_and_are_closed_to_strangers(site: Site, phone: Client) -> None:
    site.sent()
    for path in ("/field/queue/", "/field/offline/"):
        page = phone.get(path).content.decode()
        assert "河边路" not in page
        assert 'rel="manifest"' in page
        assert Client().get(path).status_code == 302


def test_the_order_page_carries_what_the_phone_needs_without_a_line(site: Site, phone: Client) -> None:
    order = site.sent()
    page = phone.get(f"/field/orders/{order.pk}/").content.decode()
    told = json.loads(re.search(r'data-crew-order="([^"]+)"', page)[1].replace("&quot;", '"'))  # type: ignore[index]
    assert (told["id"], told["state"], told["needed"]) == (order.pk, "sent", 1)
    assert 'id="finish-form"' in page  # there from the start, shown when its time has come
    assert re.search(r'id="photos" data-crew-when="taking" hidden', page)
    assert "戴安全帽" in page
    assert "低压熔断器" in page
    assert "uri.amap.com" in page
    assert "120.104" in page  # GCJ-02 in the links of map programs
    assert "geo:30.100000,120.100000" in page  # WGS-84 for the phone itself
    assert "河边路" not in page[page.index("uri.amap.com") : page.index("uri.amap.com") + 700]


def test_late_work_is_shown_to_the_dispatcher_and_to_both_crews(site: Site, phone: Client, browser_for: Any) -> None:
    order = site.sent()
    actions.accept_order(site.worker, order.pk)
    newer = actions.redispatch_order(site.dispatcher, order.pk, crew_id=site.other_crew.pk, reason="离得更近")
    late(site, order, "已在隧道内更换熔断器")
    assert "已在隧道内更换熔断器" in phone.get(f"/field/orders/{order.pk}/").content.decode()
    desk = browser_for("dispatcher", site.org_tree.city)
    assert "此前派往的班组" in desk.get(f"/field/orders/{newer.pk}/").content.decode()
    assert "原班组有离线记录" in desk.get("/staff/dispatch/running/").content.decode()
    assert "有迟到的离线作业记录" in desk.get(f"/staff/requests/{order.request_id}/orders/").content.decode()


def test_the_receipt_prints_in_chinese_with_personal_data_masked(site: Site, phone: Client) -> None:
    order = site.finished()
    answer = phone.get(f"/field/orders/{order.pk}/receipt/")
    data = answer.content
    assert data.startswith(INIT)
    assert data.endswith(CUT)
    assert DOUBLE in data
    text = data.decode("gb18030", "replace")
    assert order.number in text
    assert "江小满" not in text
    assert "河边路 8 号" not in text
    assert phone.get(f"/field/orders/{site.sent().pk}/receipt/").status_code == 404


def test_receipt_lines_fit_the_paper_and_typed_text_cannot_steer_the_printer() -> None:
    lines = wrapped("更换 25mm² 绝缘导线 12 米，测量三相电压正常𠮷", 16)
    assert all(cells(line) <= 16 for line in lines)
    assert "".join(lines) == "更换 25mm² 绝缘导线 12 米，测量三相电压正常𠮷"
    assert printable("好\x1b@\x1dV\x00了") == "好@V了"
