"""An order from dispatch to its end, and everything that must not happen on the way."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from denghuo.apps.field import actions
from denghuo.apps.field.models import OrderPhoto, WorkOrder
from denghuo.apps.requests import actions as requests_actions
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.clocks.reading import live_clock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from denghuo.core.files.models import StoredFile
from tests.apps.field.site import RESULT, Site, follow, kinds, later, picture
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db


def state_of(order: WorkOrder) -> tuple[str, str]:
    order.refresh_from_db()
    return order.state, Request.objects.get(pk=order.request_id).state


def test_an_order_goes_from_sent_to_passed_and_its_request_goes_with_it(site: Site) -> None:
    order = site.sent()
    assert state_of(order) == ("sent", "dispatched")
    actions.accept_order(site.worker, order.pk)
    actions.depart_order(site.worker, order.pk)
    assert live_clock(("request", order.request_id), "arrival.standard") is not None
    actions.arrive_order(site.worker, order.pk, lon=120.1, lat=30.109)
    assert live_clock(("request", order.request_id), "arrival.standard") is None
    site.photo(order)
    site.photo(order, "signature", file=picture("PNG"))
    site.finish(order)
    assert state_of(order) == ("finished", "returned")
    assert site.review(order, passed=True).state == "passed"
    assert kinds(order) == [
        "order.created", "order.accepted", "order.departed", "order.arrived",
        "order.photo_added", "order.photo_added", "order.finished", "order.passed",
    ]  # fmt: skip
    request = Request.objects.get(pk=order.request_id)
    assert (request.state, request.cause, request.result) == ("callback", "equipment", RESULT)
    assert request.arrived_at == order.arrived_at
    assert request.restored_at == order.restored_at
    assert order.number == f"{request.number}-1"
    assert order.org_id == request.org_id


def test_the_arrival_event_tells_how_far_off_the_phone_says_it_was(site: Site) -> None:
    order = site.sent()
    actions.accept_order(site.worker, order.pk)
    actions.depart_order(site.worker, order.pk)
    actions.arrive_order(site.worker, order.pk, lon=120.1, lat=30.109)
    arrived = next(event for event in timeline("order", order.pk) if event.kind == "order.arrived")
    assert arrived.payload["off_by_metres"] == pytest.approx(1001, abs=2)
    assert f"request:{order.request_id}" in arrived.topics
    assert f"crew:{order.crew_id}" in arrived.topics


def test_every_step_again_or_out_of_order_is_refused_with_the_present_state(site: Site) -> None:
    order = site.sent()
    steps: list[tuple[str, Any]] = [
        ("accept", lambda: actions.accept_order(site.worker, order.pk)),
        ("depart", lambda: actions.depart_order(site.worker, order.pk)),
        ("arrive", lambda: actions.arrive_order(site.worker, order.pk)),
        ("finish", lambda: site.finish(order)),
    ]
    states = ["sent", "accepted", "departed", "arrived"]
    for number, state in enumerate(states):
        for name, run in steps:
            if name == steps[number][0]:
                continue
            with refused(Conflict) as caught:
                run()
            assert caught.value.code == "order_state"
            assert caught.value.details["state"] == state
        if number < 3:
            steps[number][1]()
    order.refresh_from_db()
    assert order.state == "arrived"
    assert kinds(order) == ["order.created", "order.accepted", "order.departed", "order.arrived"]


def test_nobody_but_the_crew_itself_works_its_order(site: Site, actor_for_role: Any) -> None:
    order = site.sent()
    loner = actor_for_role("crew_member", site.org_tree.team)
    for actor in (site.other_worker, site.dispatcher, loner):
        with refused(NotAllowed):
            actions.accept_order(actor, order.pk)
        with refused(NotAllowed):
            actions.add_photo(actor, order.pk, file=picture(), kind="scene", client_id=uuid.uuid4())
        with refused(NotAllowed):
            actions.position_crew(actor, site.crew.pk, lon=120, lat=30) if actor is loner else actions.accept_order(
                actor, order.pk
            )
    assert state_of(order) == ("sent", "dispatched")


def test_an_order_that_does_not_exist_is_not_found(site: Site) -> None:
    for run in (actions.accept_order, actions.depart_order, actions.arrive_order):
        with refused(NotFound):
            run(site.worker, 10**12)
    with refused(NotFound):
        actions.withdraw_order(site.dispatcher, 10**12, reason="没有")
    with refused(NotFound):
        site.photo(WorkOrder(pk=10**12))


class TestTimes:
    def test_times_told_late_are_kept_as_told(self, site: Site) -> None:
        request = site.accepted()
        at = {step: request.accepted_at + dt.timedelta(microseconds=n) for n, step in enumerate("sdar", 1)}
        order = actions.dispatch_request(site.dispatcher, request.pk, crew_id=site.crew.pk, at=at["s"])
        actions.accept_order(site.worker, order.pk, at=at["d"])
        actions.depart_order(site.worker, order.pk, at=at["a"])
        actions.arrive_order(site.worker, order.pk, at=at["r"])
        order.refresh_from_db()
        assert (order.sent_at, order.accepted_at, order.departed_at, order.arrived_at) == tuple(at.values())
        events = {event.kind: event.at for event in timeline("order", order.pk)}
        assert events["order.arrived"] == at["r"]

    def test_a_step_before_the_one_it_follows_names_the_field(self, site: Site) -> None:
        order = site.sent()
        actions.accept_order(site.worker, order.pk)
        departed = actions.depart_order(site.worker, order.pk).departed_at
        assert departed is not None
        with refused(InvalidInput) as caught:
            actions.arrive_order(site.worker, order.pk, at=departed - dt.timedelta(seconds=1))
        assert list(caught.value.fields) == ["at"]
        assert "出发时间" in caught.value.fields["at"][0]

    @pytest.mark.parametrize("minutes", [5, 60 * 24 * 365])
    def test_a_step_in_the_future_is_refused(self, site: Site, minutes: float) -> None:
        order = site.sent()
        with refused(InvalidInput) as caught:
            actions.accept_order(site.worker, order.pk, at=later(minutes))
        assert list(caught.value.fields) == ["at"]
        assert state_of(order) == ("sent", "dispatched")

    def test_a_time_without_zone_is_refused(self, site: Site) -> None:
        order = site.sent()
        with refused(InvalidInput) as caught:
            actions.accept_order(site.worker, order.pk, at=dt.datetime(2026, 1, 1))
        assert "时区" in caught.value.fields["at"][0]

    def test_supply_cannot_come_back_after_the_return_nor_before_acceptance(self, site: Site) -> None:
        order = site.arrived()
        site.photo(order)
        for wrong in (later(5), later(-60 * 24)):
            with refused(InvalidInput) as caught:
                site.finish(order, restored_at=wrong, no_signature_reason="客户不在家")
            assert "restored_at" in caught.value.fields
        with refused(InvalidInput) as caught:
            site.finish(order, restored_at=moment.now(), at=order.arrived_at, no_signature_reason="客户不在家")
        assert "restored_at" in caught.value.fields


class TestFinishing:
    def test_all_that_is_missing_is_told_at_once(self, site: Site) -> None:
        order = site.arrived()
        with refused(InvalidInput) as caught:
            site.finish(order, cause="weather", result="  ")
        assert caught.value.fields.keys() == {"cause", "result", "photos", "signature"}
        assert state_of(order) == ("arrived", "dispatched")

    def test_without_a_signature_a_reason_will_do(self, site: Site) -> None:
        order = site.arrived()
        site.photo(order)
        assert site.finish(order, no_signature_reason="客户外出，电话告知").state == "finished"

    def test_a_signature_is_no_photo(self, site: Site) -> None:
        order = site.arrived()
        site.photo(order, "signature", file=picture("PNG"))
        with refused(InvalidInput) as caught:
            site.finish(order)
        assert list(caught.value.fields) == ["photos"]

    @pytest.mark.parametrize("result", ["长" * 10_000, "换\x00线", "a\u202eb"])
    def test_text_that_is_too_long_or_hostile_is_refused(self, site: Site, result: str) -> None:
        order = site.arrived()
        site.photo(order)
        with refused(InvalidInput) as caught:
            site.finish(order, result=result, no_signature_reason="客户不在家")
        assert list(caught.value.fields) == ["result"]

    def test_rare_characters_and_emoji_are_kept(self, site: Site) -> None:
        order = site.arrived()
        site.photo(order)
        site.finish(order, result="𠮷先生家表前线换好了👷‍♀️，㛃女士确认", no_signature_reason="客户不在家")
        order.refresh_from_db()
        assert order.result == "𠮷先生家表前线换好了👷‍♀️，㛃女士确认"


class TestPhotos:
    def test_sending_a_photo_again_keeps_one(self, site: Site) -> None:
        order, client_id = site.arrived(), uuid.uuid4()
        first = site.photo(order, client_id=client_id)
        again = site.photo(order, client_id=client_id)
        assert first == again
        assert OrderPhoto.objects.count() == StoredFile.objects.count() == 1
        assert kinds(order).count("order.photo_added") == 1

    def test_a_photo_whose_answer_was_lost_may_come_again_after_the_return(self, site: Site) -> None:
        order, client_id = site.arrived(), uuid.uuid4()
        first = site.photo(order, client_id=client_id)
        site.finish(order, no_signature_reason="客户不在家")
        assert site.photo(order, client_id=client_id) == first
        with refused(Conflict):
            site.photo(order)

    def test_one_id_for_two_pictures_is_refused(self, site: Site) -> None:
        order, client_id = site.arrived(), uuid.uuid4()
        site.photo(order, client_id=client_id)
        with refused(Conflict) as caught:
            site.photo(order, client_id=client_id, file=picture(colour="blue"))
        assert caught.value.code == "file_id_reused"
        with refused(Conflict) as caught:
            site.photo(order, "before", client_id=client_id)
        assert caught.value.code == "photo_kind"

    def test_a_file_that_is_not_what_it_claims_is_refused(self, site: Site) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile

        order = site.arrived()
        with refused(InvalidInput) as caught:
            site.photo(order, file=SimpleUploadedFile("photo.jpg", b"%PDF-1.7 not a photo", "image/jpeg"))
        assert list(caught.value.fields) == ["file"]
        with refused(InvalidInput) as caught:
            site.photo(order, "selfie")
        assert list(caught.value.fields) == ["kind"]
        assert not OrderPhoto.objects.exists()

    def test_before_accepting_there_is_nothing_to_photograph(self, site: Site) -> None:
        with refused(Conflict):
            site.photo(site.sent())

    def test_no_more_than_the_policy_allows(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        from denghuo.core import policies

        order, known = site.arrived(), policies.get
        monkeypatch.setattr(
            policies, "get", lambda key, *a, **k: 1 if key == "order.photos_max" else known(key, *a, **k)
        )
        site.photo(order)
        with refused(InvalidInput):
            site.photo(order)


class TestDispatching:
    def test_only_a_request_that_waits_is_dispatched_and_only_once(self, site: Site) -> None:
        order = site.sent()
        with refused(Conflict) as caught:
            actions.dispatch_request(site.dispatcher, order.request_id, crew_id=site.other_crew.pk)
        assert caught.value.code == "request_state"
        assert caught.value.details["state"] == "dispatched"
        submitted = site.world.submitted()
        with refused(Conflict):
            actions.dispatch_request(site.dispatcher, submitted.pk, crew_id=site.crew.pk)
        assert WorkOrder.objects.count() == 1

    def test_a_crew_that_cannot_go_is_refused(self, site: Site) -> None:
        request = site.accepted()
        site.crew.on_duty = False
        site.crew.save()
        for crew_id, word in ((site.crew.pk, "值班"), (10**12, "没有这个班组")):
            with refused(InvalidInput) as caught:
                actions.dispatch_request(site.dispatcher, request.pk, crew_id=crew_id)
            assert word in caught.value.fields["crew_id"][0]
        Request.objects.filter(pk=request.pk).update(fault_class="metering")
        with refused(InvalidInput) as caught:
            actions.dispatch_request(site.dispatcher, request.pk, crew_id=site.other_crew.pk)
        assert "计量装表" in caught.value.fields["crew_id"][0]

    def test_a_dispatcher_of_another_city_cannot_send(self, site: Site, actor_for_role: Any) -> None:
        request = site.accepted()
        stranger = actor_for_role("dispatcher", site.org_tree.other_city)
        with refused(NotAllowed):
            actions.dispatch_request(stranger, request.pk, crew_id=site.crew.pk)
        county_only = actor_for_role("dispatcher", site.org_tree.county)
        with refused(NotAllowed):  # lending from the neighbour takes somebody who answers for both
            actions.dispatch_request(county_only, request.pk, crew_id=site.neighbour.pk)
        order = actions.dispatch_request(site.dispatcher, request.pk, crew_id=site.neighbour.pk)
        assert order.org_id == request.org_id != site.neighbour.org_id

    def test_a_withdrawn_order_leaves_the_request_waiting_and_another_crew_may_go(self, site: Site) -> None:
        order = site.sent()
        actions.accept_order(site.worker, order.pk)
        actions.withdraw_order(site.dispatcher, order.pk, reason="车辆故障")
        assert state_of(order) == ("withdrawn", "accepted")
        second = actions.dispatch_request(site.dispatcher, order.request_id, crew_id=site.other_crew.pk)
        assert second.number.endswith("-2")
        assert second.round == 1
        with refused(Conflict):
            actions.depart_order(site.worker, order.pk)

    def test_a_returned_order_is_not_withdrawn(self, site: Site) -> None:
        order = site.finished()
        with refused(Conflict):
            actions.withdraw_order(site.dispatcher, order.pk, reason="晚了")
        with refused(InvalidInput) as caught:
            actions.withdraw_order(site.dispatcher, site.sent().pk, reason=" ")
        assert list(caught.value.fields) == ["reason"]

    def test_sending_another_crew_happens_whole_or_not_at_all(self, site: Site) -> None:
        order = site.sent()
        site.other_crew.on_duty = False
        site.other_crew.save()
        with refused(InvalidInput):
            actions.redispatch_order(site.dispatcher, order.pk, crew_id=site.other_crew.pk, reason="离得更近")
        assert state_of(order) == ("sent", "dispatched")
        with refused(InvalidInput):
            actions.redispatch_order(site.dispatcher, order.pk, crew_id=site.crew.pk, reason="同一班组")
        second = actions.redispatch_order(site.dispatcher, order.pk, crew_id=site.neighbour.pk, reason="离得更近")
        assert state_of(order) == ("withdrawn", "dispatched")
        assert second.state == "sent"


class TestReview:
    def test_a_sent_back_order_is_taken_up_again_in_the_same_round(self, site: Site) -> None:
        order = site.finished()
        first_arrival = order.arrived_at
        site.review(order, passed=False, reason="照片看不清表号")
        assert (order.state, order.round, order.send_back_reason) == ("sent_back", 1, "照片看不清表号")
        actions.accept_order(site.worker, order.pk)
        assert site.finish(order).state == "finished"  # the paperwork only: no second journey
        order.refresh_from_db()
        assert (order.visit, order.arrived_at) == (2, first_arrival)
        assert site.review(order, passed=True).state == "passed"

    def test_a_second_journey_after_a_send_back_keeps_the_first_arrival(self, site: Site) -> None:
        order = site.finished()
        first = order.arrived_at
        site.review(order, passed=False, reason="未恢复")
        site.arrived(order)
        site.finish(order)
        order.refresh_from_db()
        assert order.arrived_at == first
        assert Request.objects.get(pk=order.request_id).arrived_at == first
        arrivals = [event.payload["visit"] for event in timeline("order", order.pk) if event.kind == "order.arrived"]
        assert arrivals == [1, 2]

    def test_a_dissatisfied_customer_makes_one_new_order_for_the_same_crew(self, site: Site) -> None:
        order = site.review(site.finished(), passed=True)
        request = Request.objects.get(pk=order.request_id)
        site.world.complain(request)
        follow()
        again = WorkOrder.objects.get(request=request, round=2)
        assert (again.crew_id, again.state) == (order.crew_id, "sent")
        request.refresh_from_db()
        assert (request.state, request.round) == ("dispatched", 2)
        assert site.review(site.finished(again), passed=True).state == "passed"
        request.refresh_from_db()
        assert request.state == "callback"

    def test_a_cancelled_request_takes_its_order_back(self, site: Site) -> None:
        order = site.sent()
        requests_actions.cancel_request(site.world.agent, order.request_id, reason="客户自行恢复")
        with refused(Conflict):
            actions.accept_order(site.worker, order.pk)
        follow()
        assert state_of(order) == ("withdrawn", "cancelled")

    def test_events_read_twice_act_once(self, site: Site) -> None:
        from denghuo.core.events.consumers import move_cursors
        from denghuo.core.events.cursor import START

        order = site.finished()
        site.review(order, passed=False, reason="补照片")
        actions.accept_order(site.worker, order.pk)
        site.finish(order)
        move_cursors(START, ["field.requests"])
        follow()
        assert state_of(order) == ("finished", "returned")
        site.review(order, passed=True)
        request = Request.objects.get(pk=order.request_id)
        site.world.complain(request)
        follow()
        before = kinds(order), WorkOrder.objects.count()
        move_cursors(START, ["field.requests"])
        follow()
        assert (kinds(order), WorkOrder.objects.count()) == before

    def test_a_merged_callers_complaint_sends_the_crew_that_did_the_masters_work(self, site: Site) -> None:
        order = site.sent()
        child = site.world.submitted(caller_phone="13900005678")
        requests_actions.merge_request(site.world.agent, child.pk, master_id=order.request_id, reason="同一停电")
        site.review(site.finished(order), passed=True)
        child.refresh_from_db()
        assert child.state == "callback"
        site.world.complain(child)
        follow()
        made = WorkOrder.objects.get(request=child)
        assert (made.crew_id, made.round, made.state) == (order.crew_id, 2, "sent")


class TestCrews:
    def test_positions_are_kept_and_told_only_as_often_as_the_policy_says(self, site: Site) -> None:
        actions.position_crew(site.worker, site.crew.pk, lon=120.12, lat=30.1)
        actions.position_crew(site.worker, site.crew.pk, lon=120.121, lat=30.1)  # 96 m in no time: kept, not told
        site.crew.refresh_from_db()
        assert site.crew.lon == 120.121
        assert len(timeline("crew", site.crew.pk)) == 1
        actions.position_crew(site.worker, site.crew.pk, lon=120.13, lat=30.1)  # 960 m: told
        assert len(timeline("crew", site.crew.pk)) == 2

    def test_an_older_position_changes_nothing(self, site: Site) -> None:
        actions.position_crew(site.worker, site.crew.pk, lon=120.12, lat=30.1)
        actions.position_crew(site.worker, site.crew.pk, lon=121.0, lat=31.0, at=later(-10))
        site.crew.refresh_from_db()
        assert site.crew.lon == 120.12

    @pytest.mark.parametrize(("lon", "lat", "field"), [(181, 30, "lon"), (120, 91, "lat")])
    def test_a_place_off_the_globe_is_refused(self, site: Site, lon: float, lat: float, field: str) -> None:
        with refused(InvalidInput) as caught:
            actions.position_crew(site.worker, site.crew.pk, lon=lon, lat=lat)
        assert list(caught.value.fields) == [field]

    def test_a_crew_with_orders_in_hand_stays_on_duty(self, site: Site) -> None:
        order = site.sent()
        with refused(Conflict) as caught:
            actions.set_duty(site.dispatcher, site.crew.pk, on_duty=False)
        assert caught.value.code == "crew_busy"
        actions.withdraw_order(site.dispatcher, order.pk, reason="换班")
        assert actions.set_duty(site.dispatcher, site.crew.pk, on_duty=False).on_duty is False
        with refused(NotAllowed):
            actions.set_duty(site.worker, site.crew.pk, on_duty=True)
