"""The board, the task, the review, the phone and the API."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from denghuo.apps.teams import actions
from denghuo.apps.teams.models import ImprovementItem, TeamTask
from tests.apps.teams.kit import FRIDAY, MONDAY, THURSDAY, TODAY, Kit
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db


def form(**data: Any) -> dict[str, Any]:
    return {"idempotency_key": str(uuid.uuid4()), **data}


def send(client: Any, url: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


def test_the_board_shows_people_days_and_tasks_of_every_speciality(kit: Kit, browser_for: Any) -> None:
    kit.task(kit.fitter_staff, type="meter_change", title="轮换 8 块表")
    kit.task(title="走访养老院")
    actions.set_absence(kit.leader, kit.team, staff_id=kit.hand_staff.pk, kind="leave", first=FRIDAY, last=FRIDAY)
    client = browser_for(staff=kit.leader_staff)
    page = client.get("/staff/teams/").content.decode()
    for text in (
        "轮换 8 块表",
        "走访养老院",
        "计量",
        "客户服务",
        kit.fitter_staff.display_name,
        "请假",
        "未分配",
        "移到…",
    ):
        assert text in page
    with counted("pages.teams.board"):
        client.get("/staff/teams/")


def test_who_may_not_manage_sees_the_board_and_moves_nothing(kit: Kit, browser_for: Any, org_tree: Any) -> None:
    task = kit.task(kit.hand_staff)
    manager = browser_for("manager", org_tree.city)
    page = manager.get("/staff/teams/").content.decode()
    assert "走访重要用户" in page
    assert "draggable" not in page
    assert manager.get(f"/staff/teams/tasks/{task.pk}/move/").status_code == 403
    other = browser_for("crew_leader", org_tree.other_team)
    assert other.get(f"/staff/teams/?team={kit.team.pk}").status_code == 404
    assert other.get(f"/staff/teams/tasks/{task.pk}/").status_code == 404
    for odd in ("?q=%00", "?team=%00", "?week=2026-W99", "?team=99999999999999999999"):
        for url in ("/staff/teams/", "/staff/teams/tasks/", "/staff/teams/review/", "/staff/teams/people/"):
            assert manager.get(url + odd).status_code in (200, 404)


def test_a_new_task_with_faults_keeps_what_was_typed(kit: Kit, browser_for: Any) -> None:
    client = browser_for(staff=kit.leader_staff)
    bad = {"team": kit.team.pk, "week": "2026-W29", "type": "stock", "title": "清点工器具", "day": "2026-07-14"}
    answer = client.post("/staff/teams/tasks/new/", form(**bad))
    assert answer.status_code == 422
    assert "清点工器具" in answer.content.decode()
    assert "不能安排到过去的日期" in answer.content.decode()
    key = form(**(bad | {"day": "2026-07-16", "staff_ids": [kit.hand_staff.pk]}))
    for _ in range(2):
        assert client.post("/staff/teams/tasks/new/", key).status_code == 302
    assert TeamTask.objects.get().shares.get().staff == kit.hand_staff


def test_a_drag_over_the_api_gives_saturation_and_refuses_in_words(kit: Kit, browser_for: Any) -> None:
    task = kit.task(type="meter_change", title="换表")
    client = browser_for(staff=kit.leader_staff)
    url = f"/api/v1/team-tasks/{task.pk}"
    refused = send(client, f"{url}/move", {"day": "2026-07-16", "staff_id": kit.hand_staff.pk})
    assert refused.status_code == 422
    assert refused.json()["errors"]["staff_id"] == ["缺少技能：计量装表"]
    body = {"day": "2026-07-16", "staff_id": kit.fitter_staff.pk, "version": 1}
    seen = send(client, f"{url}/move-preview", body).json()
    moved = send(client, f"{url}/move", body, **{"Idempotency-Key": "drag-00000001"})
    assert moved.json()["changes"] == seen["changes"]
    assert seen["changes"][0]["before"] == 0
    assert seen["changes"][0]["after"] > 0
    assert send(client, f"{url}/move", body, **{"Idempotency-Key": "drag-00000001"}).json() == moved.json()
    task.refresh_from_db()
    assert (task.day, task.version) == (THURSDAY, 2)
    week = client.get(f"/api/v1/teams/{kit.team.pk}/week?day=2026-07-16").json()
    assert {one["staff_id"]: one["load"] for one in week["people"]}[kit.fitter_staff.pk] == 1
    listed = client.get("/api/v1/team-tasks?state=planned").json()["items"]
    assert [one["id"] for one in listed] == [task.pk]


def test_the_form_moves_as_the_drag_does(kit: Kit, browser_for: Any) -> None:
    task = kit.task(kit.hand_staff)
    client = browser_for(staff=kit.leader_staff)
    url = f"/staff/teams/tasks/{task.pk}/"
    assert client.post(url, form(step="move", staff=kit.fitter_staff.pk, day="2026-07-17")).status_code == 302
    task.refresh_from_db()
    assert (task.day, task.shares.get().staff) == (FRIDAY, kit.fitter_staff)
    answer = client.post(url, form(step="move", staff=kit.fitter_staff.pk, day="2026-07-10"))
    assert answer.status_code == 422
    assert "不能安排到过去的日期" in answer.content.decode()


def test_a_member_finishes_the_own_task_on_the_phone_and_sees_no_others(kit: Kit, browser_for: Any) -> None:
    mine, others = kit.task(kit.hand_staff, title="走访敬老院"), kit.task(kit.fitter_staff, title="别人的任务")
    client = browser_for(staff=kit.hand_staff)
    page = client.get("/field/week/").content.decode()
    assert "走访敬老院" in page
    assert "别人的任务" not in page
    assert client.get("/staff/teams/").status_code == 403
    assert client.get(f"/staff/teams/tasks/{others.pk}/").status_code == 404
    assert client.get(f"/staff/teams/tasks/{mine.pk}/").status_code == 200
    client.post(f"/field/week/{mine.pk}/", form(step="finish", safety_checked="on", result="已走访"))
    mine.refresh_from_db()
    assert (mine.state, mine.result) == ("done", "已走访")
    assert client.post(f"/field/week/{others.pk}/", form(step="finish")).status_code == 403


def test_the_review_compares_with_last_week_and_takes_improvements(kit: Kit, browser_for: Any) -> None:
    actions.finish_task(kit.hand, kit.task(kit.hand_staff).pk, safety_checked=True)
    client = browser_for(staff=kit.leader_staff)
    page = client.get("/staff/teams/review/?week=2026-W29").content.decode()
    assert "计划工作率" in page
    assert "100%" in page
    bad = client.post("/staff/teams/review/items/", form(team=kit.team.pk, week="2026-W29", text="补拍照片"))
    assert bad.status_code == 422
    assert "补拍照片" in bad.content.decode()
    good = form(team=kit.team.pk, week="2026-W29", text="补拍照片", owner=kit.hand_staff.pk, due="2026-07-22")
    assert client.post("/staff/teams/review/items/", good).status_code == 302
    assert ImprovementItem.objects.get().owner == kit.hand_staff


def test_the_week_goes_out_as_a_workbook_with_its_formulas(kit: Kit, browser_for: Any) -> None:
    kit.task(kit.hand_staff, title="=1+1 走访")
    client = browser_for(staff=kit.leader_staff)
    answer = client.get(f"/staff/teams/export/?team={kit.team.pk}&week=2026-W29")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    first, second = book.worksheets
    assert first["D2"].value == "=1+1 走访"
    assert first["D2"].data_type == "s"
    assert any("可用当量" in str(row[1].value) for row in second.iter_rows())
    assert first["A2"].value == TODAY.isoformat()
    assert MONDAY.isoformat() < TODAY.isoformat()


def test_the_catalogue_and_people_pages_say_what_holds_for_the_team(kit: Kit, browser_for: Any) -> None:
    client = browser_for(staff=kit.leader_staff)
    page = client.get("/staff/teams/catalogue/").content.decode()
    assert "带电作业" in page
    assert "+50%" in page
    data = form(
        team=kit.team.pk, week="2026-W29", staff=kit.hand_staff.pk, kind="rest", first="2026-07-17", last="2026-07-16"
    )
    answer = client.post("/staff/teams/people/", data)
    assert answer.status_code == 422
    assert "最后一天不能早于第一天" in answer.content.decode()
