"""The floor's books: what a shift leaves to the next, what is told up the line, what is noted on people."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.floor import actions
from denghuo.apps.floor.models import ConductNote, DutyEntry, Handover, InformationReport
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.county)
    return actor


@pytest.fixture
def relief(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.county)
    return actor


def given(leader: Actor, org: Any, *matters: str) -> Handover:
    row = actions.begin_handover(leader, org=org, shift="早班")
    for text in matters:
        actions.add_matter(leader, row.pk, actions.Matter(text))
    actions.write_handover(leader, row.pk, summary="话务平稳，下午有雷雨")
    return actions.give_handover(leader, row.pk)


def test_what_a_shift_leaves_open_is_carried_into_the_next_until_it_is_done(
    floor: Any, leader: Actor, relief: Actor, org_tree: Any
) -> None:
    first = given(leader, org_tree.county, "回复柳溪小区客户的电费疑问", "跟进变压器更换")
    actions.receive_handover(relief, first.pk, remark="已阅")
    actions.end_matter(relief, first.matters.order_by("pk")[0].pk, result="已电话回复客户")
    second = actions.begin_handover(relief, org=org_tree.county, shift="中班")
    carried = second.matters.get()
    assert (carried.text, carried.carried_from_id) == ("跟进变压器更换", first.matters.order_by("pk")[1].pk)
    with pytest.raises(Conflict):  # the old line is only history now
        actions.end_matter(relief, carried.carried_from_id, result="换好了")
    actions.end_matter(relief, carried.pk, result="换好了")
    actions.write_handover(relief, second.pk, summary="平稳")
    actions.give_handover(relief, second.pk)
    actions.receive_handover(leader, second.pk)
    third = actions.begin_handover(leader, org=org_tree.county, shift="夜班")
    assert third.matters.count() == 0


def test_the_figures_of_the_moment_are_kept_with_the_handover(floor: Any, leader: Actor, org_tree: Any) -> None:
    floor.call()
    floor.call()
    floor.clock.forward(seconds=90)
    row = given(leader, org_tree.county)
    floor.call()
    row.refresh_from_db()
    assert (row.figures["waiting"], row.figures["longest_wait"]) == (2, 90)
    assert row.figures["connect_rate"] is None


def test_nobody_receives_what_they_gave_and_nothing_is_given_unwritten(leader: Actor, org_tree: Any) -> None:
    row = actions.begin_handover(leader, org=org_tree.county, shift="早班")
    with pytest.raises(InvalidInput) as refused:
        actions.give_handover(leader, row.pk)
    assert list(refused.value.fields) == ["summary"]
    with pytest.raises(Conflict):
        actions.begin_handover(leader, org=org_tree.county, shift="中班")
    actions.write_handover(leader, row.pk, summary="平稳")
    actions.give_handover(leader, row.pk)
    with pytest.raises(Conflict):
        actions.receive_handover(leader, row.pk)
    with pytest.raises(Conflict):
        actions.write_handover(leader, row.pk, summary="改一改")


def test_a_report_goes_to_every_unit_above_and_each_confirms_for_itself(
    clock: Any, leader: Actor, actor_for_role: Any, org_tree: Any
) -> None:
    data = {"category": "outage", "urgency": "urgent", "title": "柳溪县城东停电", "body": "主变跳闸，影响 8000 户"}
    row = actions.send_report(leader, org=org_tree.county, data=data)
    receipts = {one.org_id: one for one in row.receipts.all()}
    assert set(receipts) == {org_tree.company.pk, org_tree.province.pk, org_tree.city.pk}
    assert (row.receipt_due_at - row.reported_at).total_seconds() == 30 * 60
    city = actor_for_role("manager", org_tree.city)
    with pytest.raises(NotAllowed):
        actions.receive_report(city, receipts[org_tree.province.pk].pk)
    clock.forward(minutes=10)
    done = actions.receive_report(city, receipts[org_tree.city.pk].pk, reply="立即启动应急预案")
    assert (done.received_by_id, done.reply) == (city.id, "立即启动应急预案")
    with pytest.raises(Conflict):
        actions.receive_report(city, receipts[org_tree.city.pk].pk)


def test_a_note_on_somebody_is_seen_and_answered_by_them_and_never_by_its_writer_alone(
    leader: Actor, make_staff: Any, actor_for_role: Any, org_tree: Any
) -> None:
    agent = actor_for_role("agent", org_tree.county)
    note = actions.write_note(leader, staff_id=agent.id, data={"kind": "late", "minutes": 12, "text": "早班迟到"})
    with pytest.raises(NotFound):
        actions.answer_note(leader, note.pk, statement="没有的事")
    answered = actions.answer_note(agent, note.pk, statement="班车晚点，已报备")
    assert answered.read_at is not None
    with pytest.raises(Conflict):
        actions.answer_note(agent, note.pk, statement="再补充一句")
    with pytest.raises(InvalidInput) as refused:
        actions.write_note(leader, staff_id=leader.id, data={"kind": "praise", "text": "很好"})
    assert list(refused.value.fields) == ["staff"]
    with pytest.raises(NotAllowed):
        actions.withdraw_note(agent, note.pk, reason="不实")
    actions.withdraw_note(leader, note.pk, reason="班车晚点属实")
    assert ConductNote.objects.get().withdrawn_reason == "班车晚点属实"


def test_a_line_of_the_duty_log_is_corrected_by_a_further_line(leader: Actor, org_tree: Any) -> None:
    first = actions.write_duty(leader, org=org_tree.county, category="event", text="14 时 05 分接调度电话")
    second = actions.write_duty(
        leader, org=org_tree.county, category="event", text="14 时 15 分接调度电话", corrects_id=first.pk
    )
    assert DutyEntry.objects.get(pk=first.pk).text == "14 时 05 分接调度电话"
    assert list(first.corrections.all()) == [second]


def test_the_books_are_written_and_found_again_on_their_pages(make_staff: Any, browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("supervisor", org_tree.county)
    org = str(org_tree.county.pk)
    begun = browser.post("/staff/floor/handovers/begin/", {"org": org, "shift": "早班"})
    assert begun.status_code == 302
    page = begun["Location"]
    wrong = browser.post(f"{page}write/", {"summary": "", "give": "1"})
    assert wrong.status_code == 422
    browser.post(f"{page}matters/", {"text": "核对停电公告"})
    browser.post(f"{page}write/", {"summary": "雷雨，话务上升", "give": "1"})
    assert Handover.objects.get().state == "given"
    assert "雷雨，话务上升" in browser.get(page).content.decode()
    browser.post("/staff/floor/duty/new/", {"org": org, "category": "call", "text": "联系调度确认停电范围"})
    found = browser.get("/staff/floor/duty/?q=停电范围").content.decode()
    assert "联系调度确认停电范围" in found
    assert "联系调度确认停电范围" not in browser.get("/staff/floor/duty/?q=舆情").content.decode()
    browser.post(
        "/staff/floor/meetings/new/", {"org": org, "kind": "before_shift", "topic": "迎峰度夏", "notes": "注意话术"}
    )
    assert "迎峰度夏" in browser.get("/staff/floor/meetings/").content.decode()
    sent = browser.post(
        "/staff/floor/reports/new/",
        {"org": org, "category": "media", "urgency": "high", "title": "网上传言", "body": "微博转发较多"},
    )
    assert sent.status_code == 302
    report = InformationReport.objects.get()
    assert "待回执" in browser.get(f"/staff/floor/reports/{report.pk}/").content.decode()


def test_a_form_sent_twice_writes_one_line(browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("supervisor", org_tree.county)
    data = {"org": org_tree.county.pk, "category": "routine", "text": "交接完毕", "idempotency_key": "0123456789abcdef"}
    browser.post("/staff/floor/duty/new/", data)
    browser.post("/staff/floor/duty/new/", data)
    assert DutyEntry.objects.count() == 1


def test_another_city_reads_none_of_it(leader: Actor, browser_for: Any, org_tree: Any) -> None:
    actions.write_duty(leader, org=org_tree.county, category="event", text="内部情况")
    row = given(leader, org_tree.county)
    stranger = browser_for("supervisor", org_tree.other_city)
    assert "内部情况" not in stranger.get("/staff/floor/duty/").content.decode()
    assert stranger.get(f"/staff/floor/handovers/{row.pk}/").status_code == 404
