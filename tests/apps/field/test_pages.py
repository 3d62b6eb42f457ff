"""The dispatcher's board and the crew's phone, as pages."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.field import actions
from denghuo.apps.field.models import OrderPhoto, WorkOrder
from tests.apps.field.site import RESULT, Site, kinds, picture

pytestmark = pytest.mark.django_db


def send(client: Client, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    return client.post(url, {"idempotency_key": str(uuid.uuid4()), **(data or {})}, **more)


@pytest.fixture
def phone(site: Site, browser_for: Any) -> Client:
    client: Client = browser_for(staff=site.worker_staff)
    return client


@pytest.fixture
def desk(site: Site, browser_for: Any) -> Client:
    client: Client = browser_for("dispatcher", site.org_tree.city)
    return client


def test_the_board_shows_what_waits_who_may_go_and_what_is_on_its_way(site: Site, desk: Client) -> None:
    running, waiting = site.sent(), site.accepted()
    page = desk.get(f"/staff/dispatch/?request={waiting.pk}").content.decode()
    assert waiting.number in page
    assert running.number in page
    assert "柳溪县河边路 8 号" in page
    assert "柳溪一号台区" in page
    assert site.other_crew.name in page
    assert 'data-key="1"' in page
    assert f'"crew-{site.crew.pk}"' in page
    assert f'"request-{waiting.pk}"' in page


def test_one_press_sends_the_crew_and_the_same_press_again_changes_nothing(site: Site, desk: Client) -> None:
    request, key = site.accepted(), str(uuid.uuid4())
    for _ in range(2):
        answer = desk.post(
            f"/staff/dispatch/requests/{request.pk}/send/",
            {"crew_id": site.crew.pk, "note": "", "idempotency_key": key},
        )
        assert answer.status_code == 302
    assert WorkOrder.objects.get().crew == site.crew


def test_a_crew_that_cannot_go_is_said_on_the_board(site: Site, desk: Client) -> None:
    request = site.accepted()
    site.crew.on_duty = False
    site.crew.save()
    answer = send(desk, f"/staff/dispatch/requests/{request.pk}/send/", {"crew_id": site.crew.pk}, follow=True)
    assert "不在值班状态" in answer.content.decode()
    assert not WorkOrder.objects.exists()


def test_withdrawing_from_the_board_brings_the_request_back(site: Site, desk: Client) -> None:
    order = site.sent()
    answer = send(desk, f"/staff/dispatch/orders/{order.pk}/withdraw/", {"reason": "车辆故障"}, follow=True)
    page = answer.content.decode()
    assert "已撤回" in page
    assert "推荐班组" in page
    order.refresh_from_db()
    assert order.state == "withdrawn"


def test_parts_of_the_board_refresh_by_themselves(site: Site, desk: Client) -> None:
    request = site.accepted()
    for part in ("waiting/", "running/", "points/", f"requests/{request.pk}/"):
        answer = desk.get(f"/staff/dispatch/{part}", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert b"<html" not in answer.content


def test_a_request_out_of_reach_is_not_shown(site: Site, browser_for: Any) -> None:
    stranger = browser_for("dispatcher", site.org_tree.other_city)
    request = site.accepted()
    assert stranger.get(f"/staff/dispatch/?request={request.pk}").status_code == 404
    assert request.number not in stranger.get("/staff/dispatch/").content.decode()


@pytest.mark.parametrize("path", ["/staff/dispatch/", "/staff/crews/"])
def test_pages_for_dispatchers_are_closed_to_crews(phone: Client, path: str) -> None:
    assert phone.get(path).status_code == 403


def test_the_phone_leads_from_the_list_through_every_step_to_the_return(site: Site, phone: Client) -> None:
    order = site.sent()
    home = phone.get("/field/").content.decode()
    assert "柳溪县河边路 8 号" in home
    assert "待接单" in home
    url = f"/field/orders/{order.pk}/"
    for step, said in (("accept", "已接单"), ("depart", "已出发"), ("arrive", "已登记到达")):
        page = phone.get(url).content.decode()
        assert f'value="{step}"' in page
        answer = send(phone, f"{url}step/", {"step": step, "lon": "120.1", "lat": "30.1"}, follow=True)
        assert said in answer.content.decode()
    page = phone.get(url).content.decode()
    assert "tel:13900001234" in page
    assert "geo:30.100000,120.100000" in page
    assert "柳溪 10kV 一线" in page
    upload = f"/api/v1/orders/{order.pk}/photos"
    assert upload in page
    fields = {"client_id": str(uuid.uuid4()), "kind": "after", "file": picture()}
    assert phone.post(upload, fields).status_code == 201
    assert "请客户签名" in phone.get(f"{url}next/").content.decode()
    send(phone, f"{url}signature/", {"signature": picture("PNG")})
    assert "提交回单" in phone.get(f"{url}next/").content.decode()
    answer = send(phone, f"{url}finish/", {"cause": "equipment", "result": RESULT, "restored_at": ""}, follow=True)
    assert "已回单" in answer.content.decode()
    order.refresh_from_db()
    assert (order.state, order.arrived_lon) == ("finished", 120.1)
    assert kinds(order)[-1] == "order.finished"


def test_a_refused_return_keeps_what_was_typed_and_says_what_is_missing(site: Site, phone: Client) -> None:
    order = site.arrived()
    answer = send(phone, f"/field/orders/{order.pk}/finish/", {"result": "写了很久的结果", "cause": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "写了很久的结果" in page
    assert "至少需要 1 张现场照片" in page
    assert "请客户签名" in page
    order.refresh_from_db()
    assert order.state == "arrived"


def test_a_step_pressed_on_an_old_page_shows_the_order_as_it_is(site: Site, phone: Client) -> None:
    order = site.arrived()
    answer = send(phone, f"/field/orders/{order.pk}/step/", {"step": "accept"}, follow=True)
    assert "工单当前为“已到达”" in answer.content.decode()
    moved = send(phone, f"/field/orders/{order.pk}/step/", {"step": "accept"}, headers={"HX-Request": "true"})
    assert moved.headers["HX-Redirect"] == f"/field/orders/{order.pk}/"


def test_the_same_signature_sent_twice_is_kept_once(site: Site, phone: Client) -> None:
    order, key = site.arrived(), str(uuid.uuid4())
    for _ in range(2):
        phone.post(f"/field/orders/{order.pk}/signature/", {"idempotency_key": key, "signature": picture("PNG")})
    assert OrderPhoto.objects.filter(kind="signature").count() == 1


def test_the_reason_of_a_send_back_stands_on_top(site: Site, phone: Client) -> None:
    order = site.review(site.finished(), passed=False, reason="照片看不清表号")
    page = phone.get(f"/field/orders/{order.pk}/").content.decode()
    assert "照片看不清表号" in page
    assert 'value="accept"' in page
    actions.accept_order(site.worker, order.pk)
    page = phone.get(f"/field/orders/{order.pk}/").content.decode()
    assert "再次上门" in page
    assert "提交回单" in page
    assert RESULT in page


def test_another_crews_order_and_photos_do_not_exist_for_a_crew(site: Site, browser_for: Any) -> None:
    order = site.arrived()
    photo = site.photo(order)
    stranger = browser_for("crew_member", site.org_tree.team_b)
    assert stranger.get(f"/field/orders/{order.pk}/").status_code == 404
    assert stranger.get(f"/field/photos/{photo.pk}/").status_code == 404
    assert stranger.get("/field/").status_code == 403  # in no crew


def test_photos_are_for_the_crew_and_for_who_may_see_files(
    site: Site, phone: Client, desk: Client, browser_for: Any
) -> None:
    photo = site.photo(site.arrived())
    assert phone.get(f"/field/photos/{photo.pk}/").headers["Content-Type"] == "image/jpeg"
    assert desk.get(f"/field/photos/{photo.pk}/?small").status_code == 200
    planner = browser_for("planner", site.org_tree.city)  # sees orders, not files
    assert planner.get(f"/field/photos/{photo.pk}/").status_code == 404


def test_the_leader_sees_the_crew_and_puts_it_off_duty(site: Site, browser_for: Any) -> None:
    from denghuo.apps.accounts.models import Staff

    leader = browser_for(staff=Staff.objects.get(pk=site.other_worker.id))
    page = leader.get("/field/crew/").content.decode()
    assert "停止值班" in page
    assert "班长" in page
    url = f"/staff/crews/{site.other_crew.pk}/duty/"
    assert "已停止值班" in send(leader, url, {"on_duty": "0", "from": "crew"}, follow=True).content.decode()
    site.other_crew.refresh_from_db()
    assert not site.other_crew.on_duty


def test_a_member_does_not_manage_the_crew(site: Site, phone: Client) -> None:
    assert "停止值班" not in phone.get("/field/crew/").content.decode()
    assert send(phone, f"/staff/crews/{site.crew.pk}/duty/", {"on_duty": "0"}).status_code == 403


def test_the_list_of_crews(site: Site, desk: Client) -> None:
    site.sent()
    page = desk.get("/staff/crews/").content.decode()
    assert site.crew.name in page
    assert site.neighbour.name in page
    assert "待接单" in page
    assert desk.get("/staff/crews/?export=csv").status_code == 200


def test_pages_take_few_queries_however_much_there_is(
    site: Site, phone: Client, desk: Client, django_assert_max_num_queries: Any
) -> None:
    order = site.arrived()
    for _ in range(6):
        site.sent()
        site.accepted()
    waiting = site.accepted()
    desk.get("/staff/dispatch/")
    phone.get("/field/")
    for client, path, most in (
        (desk, f"/staff/dispatch/?request={waiting.pk}", 20),
        (phone, "/field/", 12),
        (phone, f"/field/orders/{order.pk}/", 14),
        (desk, "/staff/crews/", 10),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200
