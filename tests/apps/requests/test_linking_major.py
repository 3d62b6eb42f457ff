"""Major service events: proposed by rules, decided by the supervisor, reported in time, closed when nothing is owed."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.accounts.models import StaffNotice
from denghuo.apps.requests.linking.major import actions as major
from denghuo.apps.requests.linking.major.models import MajorCall, MajorServiceEvent
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events import timeline
from tests.apps.requests.world import World
from tests.helpers.refusals import refused

SYSTEM = Actor.system("test")


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    return actor_for_role("supervisor", org_tree.city)


def hurt(world: World, **changes: Any) -> Request:
    return world.submitted(description="电线掉下来有人触电受伤了", **changes)


def opened(world: World, boss: Actor) -> MajorServiceEvent:
    found = major.propose(SYSTEM, hurt(world).pk)
    assert found is not None
    return major.open_event(boss, found.pk, level="special", title="河边路触电")


def test_words_of_casualties_are_proposed_to_the_supervisor(world: World) -> None:
    found = major.propose(SYSTEM, hurt(world).pk)
    assert found is not None
    assert (found.state, found.trigger, found.level) == ("proposed", "casualty", "special")
    assert StaffNotice.objects.filter(role="supervisor", subject_kind="major", subject_id=found.pk).exists()


def test_an_ordinary_request_proposes_nothing(world: World) -> None:
    assert major.propose(SYSTEM, world.submitted(description="家里没电").pk) is None


def test_the_next_request_of_the_same_kind_joins_the_live_event_and_none_joins_twice(world: World) -> None:
    first = hurt(world)
    found, second = major.propose(SYSTEM, first.pk), hurt(world, caller_phone="13900005678")
    assert major.propose(SYSTEM, second.pk) == found
    assert major.propose(SYSTEM, first.pk) is None
    assert MajorServiceEvent.objects.get().requests.count() == 2


def test_ten_reports_of_one_area_in_an_hour_are_a_group(world: World) -> None:
    made = [world.submitted(caller_phone=f"1390000{n:04}") for n in range(10)]
    assert major.propose(SYSTEM, made[8].pk) is None
    found = major.propose(SYSTEM, made[9].pk)
    assert found is not None and found.trigger == "group"


def test_a_complaint_graded_special_is_proposed(world: World) -> None:
    made = world.accepted(type="complaint", phenomenon="", scope="", occurred_at=None, description="乱收费")
    Request.objects.filter(pk=made.pk).update(grade="special")
    found = major.propose(SYSTEM, made.pk)
    assert found is not None and found.trigger == "grade"


def test_opening_starts_the_report_clock_and_the_calls(world: World, boss: Actor) -> None:
    event = opened(world, boss)
    clock = Clock.objects.get(subject_kind="major", subject_id=event.pk)
    assert (clock.kind, clock.state, clock.budget.total_seconds()) == ("major.first_report", "running", 900)
    assert MajorCall.objects.filter(major=event, state="pending").count() == 1
    assert event.members.get().role == "lead"
    major.propose(SYSTEM, hurt(world, caller_phone="13900005678").pk)
    assert MajorCall.objects.filter(major=event, state="pending").count() == 2
    major.write_entry(boss, event.pk, kind="first_report", text="已到现场，一人送医")
    clock.refresh_from_db()
    assert clock.state not in {"running", "warned"}
    with refused(Conflict):
        major.write_entry(boss, event.pk, kind="first_report", text="再报")


def test_only_the_supervisor_decides_and_only_the_group_writes(world: World, boss: Actor, make_staff: Any) -> None:
    found = major.propose(SYSTEM, hurt(world).pk)
    assert found is not None
    with refused(NotAllowed):
        major.open_event(world.agent, found.pk, level="special", title="触电")
    event = major.open_event(boss, found.pk, level="special", title="触电")
    with refused(NotAllowed):
        major.write_entry(world.reviewer, event.pk, kind="note", text="看一下")
    member = make_staff("dispatcher", world.org)
    major.set_member(boss, event.pk, username=member.username, role="field")
    assert StaffNotice.objects.filter(staff=member, subject_kind="major").exists()


def test_an_event_is_closed_only_when_nothing_is_owed(world: World, boss: Actor) -> None:
    event = opened(world, boss)
    with refused(Conflict) as caught:
        major.close_event(boss, event.pk, review="处置得当")
    assert "首次报告" in caught.value.message and "客户未联系" in caught.value.message
    major.write_entry(boss, event.pk, kind="first_report", text="一人送医")
    major.write_entry(boss, event.pk, kind="investigation", text="导线老化")
    major.record_call(boss, event.pk, event.calls.get().pk, state="done", note="家属已安抚")
    assert major.close_event(boss, event.pk, review="处置得当").state == "closed"
    kinds = [one.kind for one in timeline("major", event.pk) if one.kind.startswith("major.")]
    assert kinds[0] == "major.proposed" and kinds[-1] == "major.closed"


def test_a_rejected_proposal_keeps_its_reason_and_is_not_opened(world: World, boss: Actor) -> None:
    found = major.propose(SYSTEM, hurt(world).pk)
    assert found is not None
    major.reject(boss, found.pk, reason="客户口误，无人受伤")
    with refused(Conflict):
        major.open_event(boss, found.pk, level="special", title="触电")


def test_the_pages_take_it_from_proposal_to_report(browser_for: Any, world: World, org_tree: Any) -> None:
    found = major.propose(SYSTEM, hurt(world).pk)
    assert found is not None
    browser, url = browser_for("supervisor", org_tree.city), f"/staff/major/{found.pk}/"
    assert found.title in browser.get("/staff/major/").content.decode()
    answer = browser.post(url, {"do": "open", "title": "", "trigger": "casualty", "level": "special"})
    assert answer.status_code == 422
    browser.post(url, {"do": "open", "title": "河边路触电", "trigger": "casualty", "level": "special"})
    browser.post(url, {"do": "write", "kind": "first_report", "text": "一人送医，现场已断电"})
    assert "一人送医，现场已断电" in browser.get(url).content.decode()
    assert "一人送医，现场已断电" in browser.get(f"{url}report/").content.decode()
    stranger = browser_for("agent", org_tree.other_city)
    assert stranger.get(url).status_code == 404


def test_a_supervisor_raises_an_event_from_a_request(browser_for: Any, world: World, org_tree: Any) -> None:
    made = world.submitted()
    browser = browser_for("supervisor", org_tree.city)
    url = f"/staff/requests/{made.pk}/major/"
    assert browser.get(url).status_code == 200
    browser.post(url, {"title": "小区停水停电群访", "trigger": "other", "level": "important"})
    event = MajorServiceEvent.objects.get()
    assert event.state == "open" and list(event.requests.all()) == [made]
    assert "小区停水停电群访" in browser.get(f"/staff/requests/{made.pk}/links/").content.decode()
