"""People on site: sites that come and go, who does not move, who is asked and who is called; screens and their rights."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from denghuo.apps.field import actions as field_actions
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.safety import actions
from denghuo.apps.safety.models import Position, SafetyAlarm, SafetyZone, Tracker
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import Event
from denghuo.core.events.consumers import run_once
from denghuo.core.events.log import own_horizon
from denghuo.core.scoping.models import OrgUnit
from tests.apps.field.site import Site

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def follow() -> int:
    return run_once(["safety.sites"], below=own_horizon)


def worn(site: Site, **more: Any) -> Tracker:
    values = {"code": "H-1", "crew": site.crew, "wearer": site.worker_staff, "lon": 120.12, "lat": 30.1}
    return Tracker.objects.create(org=site.crew.org, **values | more)


def still(tracker: Tracker, minutes: int = 12) -> None:
    """Readings every minute, all in one place, up to now."""
    now = moment.now()
    Position.objects.bulk_create(
        Position(tracker=tracker, at=now - dt.timedelta(minutes=n), lon=120.12, lat=30.1, accuracy=5) for n in range(minutes)
    )  # fmt: skip
    Tracker.objects.filter(pk=tracker.pk).update(heard_at=now)


def on_site(site: Site) -> WorkOrder:
    order = site.arrived()
    WorkOrder.objects.filter(pk=order.pk, lon__isnull=True).update(lon=120.12, lat=30.1)
    return order


def test_a_site_is_fenced_while_the_crew_is_there(site: Site) -> None:
    order = on_site(site)
    follow()
    zone = SafetyZone.objects.get(order=order)
    assert (zone.kind, zone.crew, zone.radius, zone.valid_until) == ("site", site.crew, 150, None)
    assert actions.open_site(SYSTEM, order.pk) is None  # told twice, made once
    site.photo(order)
    site.photo(order, "signature")
    site.finish(order)
    follow()
    zone.refresh_from_db()
    assert zone.valid_until is not None


def test_who_does_not_move_is_asked_and_after_no_answer_the_dispatcher_is_told(site: Site) -> None:
    tracker = worn(site)
    still(tracker)
    assert actions.watch(SYSTEM).watched == 0  # not on site: nobody's business
    on_site(site)
    assert actions.watch(SYSTEM).asked == 1
    alarm = SafetyAlarm.objects.get()
    assert (alarm.kind, alarm.stage, alarm.raised_at) == ("no_movement", "asked", None)
    assert actions.watch(SYSTEM).asked == 0
    SafetyAlarm.objects.update(last_at=moment.now() - dt.timedelta(minutes=5))
    assert actions.watch(SYSTEM).raised == 1
    alarm.refresh_from_db()
    assert alarm.stage == "raised" and alarm.raised_at is not None


def test_the_wearer_s_answer_ends_the_question_and_nobody_asks_again_soon(site: Site) -> None:
    tracker = worn(site)
    still(tracker)
    on_site(site)
    actions.watch(SYSTEM)
    alarm = SafetyAlarm.objects.get()
    with pytest.raises(NotAllowed):
        actions.answer_ok(site.other_worker, alarm.pk)
    assert actions.answer_ok(site.worker, alarm.pk).outcome == "wearer_ok"
    assert actions.watch(SYSTEM).asked == 0
    with pytest.raises(Conflict):
        actions.answer_ok(site.worker, alarm.pk)


def test_somebody_on_site_who_is_not_heard_of_is_missed_and_one_who_left_is_not(site: Site) -> None:
    order = on_site(site)
    long_ago = moment.now() - dt.timedelta(hours=1)
    tracker = worn(site, on_site_since=long_ago, heard_at=long_ago)
    assert actions.watch(SYSTEM).raised == 1
    alarm = SafetyAlarm.objects.get()
    assert (alarm.kind, alarm.stage) == ("lost_contact", "raised")
    field_actions.withdraw_order(site.dispatcher, order.pk, reason="改派")
    actions.watch(SYSTEM)
    alarm.refresh_from_db()
    tracker.refresh_from_db()
    assert alarm.over_at is not None and tracker.on_site_since is None


def test_a_call_for_help_on_the_phone_reaches_the_dispatcher_at_once(site: Site) -> None:
    alarm = actions.call_help(site.worker, lon=120.13, lat=30.11)
    assert (alarm.kind, alarm.stage, alarm.lon, alarm.tracker.wearer) == ("sos", "raised", 120.13, site.worker_staff)
    assert actions.call_help(site.worker).times == 2
    with pytest.raises(InvalidInput) as refused:
        actions.close_alarm(site.dispatcher, alarm.pk, outcome="real")
    assert "note" in refused.value.fields
    assert actions.acknowledge_alarm(site.dispatcher, alarm.pk).stage == "acknowledged"
    closed = actions.close_alarm(site.dispatcher, alarm.pk, outcome="real", note="已送医")
    assert (closed.stage, closed.closed_by_id) == ("closed", site.dispatcher.id)
    with pytest.raises(NotAllowed):
        actions.acknowledge_alarm(site.worker, alarm.pk)


def test_a_zone_that_is_none_is_refused_at_its_field(site: Site) -> None:
    county = OrgUnit.objects.get(pk=site.crew.org.parent_id)
    good = {"org": county, "kind": "danger", "name": "塌方区", "on_enter": True}
    cases = {
        "shape": {"ring": [(120.0, 30.0), (120.1, 30.1), (120.2, 30.2)]}, "radius": {"lon": 120, "lat": 30, "radius": 1},
        "rule": {"lon": 120, "lat": 30, "radius": 50, "on_enter": False},
        "valid_until": {"lon": 120, "lat": 30, "radius": 50, "valid_until": moment.now() - dt.timedelta(days=1)},
    }  # fmt: skip
    for field, change in cases.items():
        with pytest.raises(InvalidInput) as refused:
            actions.save_zone(site.dispatcher, None, **good | change)
        assert field in refused.value.fields
    zone = actions.save_zone(site.dispatcher, None, **good, ring=[(120.0, 30.0), (120.1, 30.0), (120.0, 30.1)])
    assert actions.end_zone(site.dispatcher, zone.pk).valid_until is not None


def test_old_readings_are_thinned_and_then_deleted(site: Site) -> None:
    tracker, now = worn(site), moment.now()
    old = now - dt.timedelta(hours=60)
    times = [old + dt.timedelta(seconds=10 * n) for n in range(60)] + [now, now - dt.timedelta(days=40)]
    Position.objects.bulk_create(Position(tracker=tracker, at=at, lon=1, lat=1, accuracy=1) for at in times)
    thinned, deleted = actions.tidy(SYSTEM)
    assert deleted == 1 and 53 <= thinned <= 55  # ten minutes at one every two
    assert Position.objects.filter(at=now).exists()


def test_looking_at_a_person_s_track_is_on_the_record_and_only_for_who_may(site: Site, browser_for: Any) -> None:
    tracker = worn(site)
    still(tracker)
    dispatcher = browser_for("dispatcher", site.org_tree.city)
    url = reverse("safety:track", args=[tracker.pk])
    since, until = moment.now() - dt.timedelta(hours=1), moment.now() + dt.timedelta(hours=1)
    period = {"since": since.strftime("%Y-%m-%dT%H:%M"), "until": until.strftime("%Y-%m-%dT%H:%M")}
    assert dispatcher.post(url, period | {"reason": ""}).status_code == 422
    seen = dispatcher.post(url, period | {"reason": "核实告警"})
    assert seen.status_code == 200 and "个定位点" in seen.content.decode()
    assert Event.objects.get(kind="safety.track_viewed").payload["reason"] == "核实告警"
    manager = browser_for("manager", site.org_tree.city)
    assert manager.post(url, period | {"reason": "看看"}).status_code == 403
    manager_map = manager.get(reverse("safety:map")).content.decode()
    assert f"tracker-{tracker.pk}" not in manager_map


def test_the_screens_open_and_survive_odd_addresses(site: Site, browser_for: Any) -> None:
    tracker = worn(site, positioned_at=moment.now())
    alarm = actions.call_help(site.worker)
    browser = browser_for("dispatcher", site.org_tree.city)
    home = browser.get(reverse("safety:home")).content.decode()
    assert f"tracker-{tracker.pk}" in home and "紧急求救" in home
    for name in ("now", "map", "alarms", "zones", "zone-new", "trackers", "tracker-new", "import", "sample", "feed"):
        assert browser.get(reverse(f"safety:{name}"), {"q": "\x00", "kind": "�", "page": "x"}).status_code == 200
    assert browser.get(reverse("safety:alarm", args=[alarm.pk])).status_code == 200
    for name in ("alarm", "zone", "tracker"):
        assert browser.get(reverse(f"safety:{name}", args=[10**25])).status_code == 404
    assert browser_for("agent", site.org_tree.city).get(reverse("safety:home")).status_code == 403


def test_a_zone_drawn_on_the_screen_keeps_what_was_typed_when_it_is_refused(site: Site, browser_for: Any) -> None:
    browser = browser_for("dispatcher", site.org_tree.city)
    typed = {
        "name": "变电站", "kind": "forbidden", "subjects": "all", "org": site.org_tree.county.pk, "rule_enter": "on",
        "form_of": "polygon", "shape": "120.1, 30.1\n120.2 30.1\n不是坐标",
    }  # fmt: skip
    refused = browser.post(reverse("safety:zone-new"), typed)
    assert (
        refused.status_code == 422
        and "第 3 行不是坐标" in refused.content.decode()
        and "变电站" in refused.content.decode()
    )
    assert (
        browser.post(reverse("safety:zone-new"), typed | {"shape": "120.1, 30.1\n120.2 30.1\n120.15，30.2"}).status_code
        == 302
    )
    zone = SafetyZone.objects.get()
    assert zone.ring == [[120.1, 30.1], [120.2, 30.1], [120.15, 30.2]]
    assert browser.get(reverse("safety:zone", args=[zone.pk])).status_code == 200


def test_a_file_of_devices_is_shown_with_its_faults_before_it_is_kept(site: Site, browser_for: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    worn(site)
    browser = browser_for("dispatcher", site.org_tree.city)
    text = (
        "设备编号,类型,名称,班组编号,佩戴人工号,单位编码\n"
        f"H-2,人员,头盔,{site.crew.code},,\nH/3,人员,,{site.crew.code},,\nH-4,飞机,,{site.crew.code},,\n"
        f"H-5,人员,,没有,,\nH-6,人员,,{site.crew.code},{site.worker_staff.employee_no},\nH-2,车辆,,{site.crew.code},,\nG-1,传感器,,,,\n"
    )
    page = browser.post(reverse("safety:import"), {"file": SimpleUploadedFile("d.csv", text.encode("gb18030"))})
    shown = page.content.decode()
    assert page.context["good"] == 1 and page.context["bad"] == 6
    for told in ("不能含有空格", "类型应为", "没有编号为", "已有设备 H-1", "与第 2 行重复", "至少填一项"):
        assert told in shown
    assert browser.post(reverse("safety:import"), {"checked": page.context["checked"]}).status_code == 302
    assert Tracker.objects.get(code="H-2").crew == site.crew
    assert browser.post(reverse("safety:import"), {"checked": "x" + page.context["checked"]}).status_code == 422


def test_the_phone_asks_and_the_person_answers_there(site: Site, browser_for: Any) -> None:
    still(worn(site))
    order = on_site(site)
    actions.watch(SYSTEM)
    phone = browser_for(staff=site.worker_staff)
    assert reverse("safety:phone") in phone.get(reverse("field:order", args=[order.pk])).content.decode()
    assert "还好吗" in phone.get(reverse("safety:phone")).content.decode()
    answered = phone.post(reverse("safety:answer", args=[SafetyAlarm.objects.get().pk]))
    assert answered.status_code == 200 and "还好吗" not in answered.content.decode()
    assert "紧急求救" in phone.post(reverse("safety:help"), {"lon": "nan", "lat": "1"}).content.decode()


def test_alarms_and_positions_over_rest_for_those_whose_they_are(site: Site, browser_for: Any) -> None:
    now = moment.now()
    worn(site, positioned_at=now, heard_at=now)
    alarm = actions.call_help(site.worker, lon=120.13, lat=30.11)
    dispatcher, stranger = browser_for("dispatcher", site.org_tree.city), browser_for("agent", site.org_tree.city)
    (person,) = dispatcher.get("/api/v1/safety/positions?kind=person").json()["items"]
    assert (person["code"], person["wearer_id"], person["freshness"]) == ("H-1", site.worker_staff.pk, "fresh")
    assert dispatcher.get("/api/v1/safety/positions?kind=vehicle").json()["items"] == []
    page = dispatcher.get("/api/v1/safety/alarms?open=true&kind=sos&limit=1").json()
    assert [(one["id"], one["stage"], one["lon"]) for one in page["items"]] == [(alarm.pk, "raised", 120.13)]
    assert page["next"] is None
    assert dispatcher.get(f"/api/v1/safety/alarms?before={alarm.pk}").json()["items"] == []
    assert stranger.get("/api/v1/safety/alarms").status_code == 403
    url = f"/api/v1/safety/alarms/{alarm.pk}"
    assert dispatcher.post(f"{url}/acknowledge").json()["stage"] == "acknowledged"
    refused = dispatcher.post(f"{url}/close", {"outcome": "real"}, "application/json")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["note"])
    closed = dispatcher.post(f"{url}/close", {"outcome": "drill"}, "application/json").json()
    assert (closed["stage"], closed["outcome"]) == ("closed", "drill")
    assert dispatcher.post(f"{url}/acknowledge").json()["code"] == "alarm_closed"
    assert dispatcher.get("/api/v1/safety/alarms/999999").status_code == 404
