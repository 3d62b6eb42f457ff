"""The pages of the automatic roster and of local rules."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

pytest.importorskip("highspy", reason="the extra 'roster' is not installed")

from denghuo.apps.workforce.rosters import jobs, solution_card
from denghuo.apps.workforce.rosters.models import ShiftAssignment
from denghuo.apps.workforce.rosters.rule_kinds import KINDS
from denghuo.apps.workforce.rosters.solution_models import RosterSolution, RuleChoice, SolutionState
from tests.apps.workforce.test_roster_making import (
    DAY,
    MONDAY,
    _frozen_now,
    adjusted,
    made,
    need,
    put,
    weights,
    world,
)

__all__ = ["_frozen_now", "weights", "world"]
HOSTILE = "?q=%00&unmet=%00&unit=%00&kind=%00&staff=%00"


def url(world: SimpleNamespace, name: str = "roster") -> str:
    return reverse(f"workforce:{name}", args=[world.period.pk])


def test_a_planner_starts_watches_and_stops_a_run(world: SimpleNamespace, browser_for: Callable[..., Any]) -> None:
    planner = browser_for("planner", world.org)
    assert reverse("workforce:roster-start", args=[world.period.pk]) in planner.get(url(world)).content.decode()
    planner.post(url(world, "roster-start"))
    body = planner.get(url(world)).content.decode()
    assert url(world, "roster-progress") in body
    assert url(world, "roster-stop") in body
    assert url(world, "roster-start") not in body
    part = planner.get(url(world, "roster-progress"))
    assert "等待中" in part.content.decode()
    assert "HX-Refresh" not in part
    planner.post(url(world, "roster-stop"))
    assert planner.get(url(world, "roster-progress"))["HX-Refresh"] == "true"
    assert RosterSolution.objects.get().state == SolutionState.CANCELLED
    assert "已取消" in planner.get(url(world)).content.decode()


def test_the_result_is_told_in_words_and_paged(
    world: SimpleNamespace, browser_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solution_card, "ON_A_PAGE", 2)
    for offset in range(3):
        need(world, offset, heads=5 + offset)
    made(world)
    planner = browser_for("planner", world.org)
    body = planner.get(url(world)).content.decode()
    assert "已证明是按现有规则和权重能排出的最好的班" in body
    assert body.count("08:00–16:00</td>") == 2
    assert "能上的人都已在班" in body
    assert "?unmet=2#wr-automatic" in body
    assert planner.get(url(world), {"unmet": "2"}).content.decode().count("08:00–16:00</td>") == 1


def test_who_may_only_look_sees_the_result_without_buttons(
    world: SimpleNamespace, browser_for: Callable[..., Any]
) -> None:
    made(world)
    supervisor = browser_for("supervisor", world.org)
    body = supervisor.get(url(world)).content.decode()
    assert "与理论最优" in body or "已证明" in body
    assert url(world, "roster-start") not in body
    for name in ("roster-start", "roster-stop", "roster-adjust"):
        assert supervisor.post(url(world, name)).status_code == 403
    assert supervisor.post(reverse("workforce:roster-rule-save"), {"kind": "max_run"}).status_code == 403


def test_an_absence_form_keeps_what_was_typed_and_its_proposal_is_accepted_with_one_click(
    world: SimpleNamespace, browser_for: Callable[..., Any]
) -> None:
    need(world, 1, heads=1)
    put(world, 0, 1)
    planner = browser_for("planner", world.org)
    typed = {"staff": world.people[0].pk, "first": "2027-03-05", "last": "2027-03-04", "reason": "家事"}
    answer = planner.post(url(world, "roster-adjust"), typed)
    assert answer.status_code == 422
    assert "结束日期须不早于开始" in answer.content.decode()
    assert 'value="家事"' in answer.content.decode()
    answer = planner.post(url(world, "roster-adjust"), typed | {"first": "2027-03-02", "last": "2027-03-02"})
    assert answer.status_code == 302
    solution = RosterSolution.objects.get()
    jobs.adjust_roster(solution_id=solution.pk)
    body = planner.get(url(world)).content.decode()
    assert "调整方案" in body
    assert "改为" in body
    decide = reverse("workforce:roster-decide", args=[solution.pk])
    assert decide in body
    planner.post(decide, {"what": "accept"})
    row = ShiftAssignment.objects.get(day=MONDAY + DAY, kind="work")
    assert row.staff_id != world.people[0].pk
    assert decide not in planner.get(url(world)).content.decode()


def test_local_rules_are_listed_with_a_form_for_every_kind(
    world: SimpleNamespace, browser_for: Callable[..., Any]
) -> None:
    planner = browser_for("planner", world.org)
    page = reverse("workforce:roster-rules")
    body = planner.get(page).content.decode()
    assert all(str(kind.label) in body and str(kind.help) in body for kind in KINDS.values())
    for code, kind in KINDS.items():
        body = planner.get(page, {"kind": code, "unit": world.org.pk}).content.decode()
        assert all(f'name="{one.name}"' in body for one in kind.parameters), code
        assert ('name="weight"' in body) == kind.soft
    sent = {"unit": world.org.pk, "kind": "fixed_pattern", "pattern": "D、D 休，Q", "from": "2027-03-01",
            "active_from": "2027-03-01", "weight": "3"}  # fmt: skip
    answer = planner.post(reverse("workforce:roster-rule-save"), sent)
    assert answer.status_code == 422
    assert "每一格须是班次代码" in answer.content.decode()
    assert planner.post(reverse("workforce:roster-rule-save"), sent | {"pattern": "D、D 休，班"}).status_code == 302
    rule = RuleChoice.objects.get()
    assert rule.parameters == {"pattern": ["D", "D", "休", "班"], "from": "2027-03-01"}
    assert "D D 休 班" in planner.get(page, {"unit": world.org.pk}).content.decode()
    planner.post(reverse("workforce:roster-rule-retire", args=[rule.pk]))
    assert "D D 休 班" not in planner.get(page, {"unit": world.org.pk}).content.decode()


def test_pages_survive_hostile_addresses(world: SimpleNamespace, browser_for: Callable[..., Any]) -> None:
    need(world, 0, heads=6)
    made(world)
    planner = browser_for("planner", world.org)
    for page in (url(world), url(world, "roster-progress"), reverse("workforce:roster-rules")):
        assert planner.get(page + HOSTILE).status_code == 200, page
    assert planner.post(reverse("workforce:roster-decide", args=[999_999]), {"what": "accept"}).status_code == 404


def test_the_page_asks_no_more_statements_for_more_people_and_gaps(
    world: SimpleNamespace,
    browser_for: Callable[..., Any],
    make_staff: Callable[..., Any],
    django_assert_max_num_queries: Any,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    need(world, 0, heads=6)
    put(world, 0, 3)
    made(world)
    put(world, 0, 3)
    adjusted(world, 0, 3, 3)
    planner = browser_for("planner", world.org)
    planner.get(url(world))
    with CaptureQueriesContext(
        connection,
    ) as few:
        planner.get(url(world))
    for _number in range(3):
        make_staff("agent", world.org)
    for offset in range(1, 7):
        need(world, offset, heads=9)
    made(world)
    with CaptureQueriesContext(connection) as many:
        planner.get(url(world))
    assert len(many) <= len(few)
