"""Whom the product suggests to send, and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.field import actions
from denghuo.apps.field.models import Crew
from denghuo.apps.field.suggestions import ruled_out_for
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.errors import NotAllowed, NotFound
from tests.apps.field.site import Site
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db


def test_crews_of_the_county_come_best_first_with_reasons_in_words(site: Site) -> None:
    found = actions.suggest_crews(site.dispatcher, site.accepted().pk)
    assert [one.crew for one in found] == [site.crew, site.other_crew]
    near = found[0]
    assert near.reach == "county"
    assert 0 < near.score <= 1
    assert near.parts.keys() == {"distance", "skill", "load"}
    # 0.02° of longitude at 30.1° N is 1.92 km, 2.6 km of road, 6 minutes at 28 km/h; the other crew needs 56.
    assert near.road_km == 2.6
    assert near.eta_minutes == 6
    assert near.reasons == ("最近，估算路程 2.6 公里", "具备低压作业技能", "比第二早到的班组早 50 分钟", "手上无工单")


def test_a_crew_with_orders_in_hand_says_so_and_moves_down(site: Site) -> None:
    site.sent()
    site.sent()
    request = site.accepted()
    by_crew = {one.crew: one for one in actions.suggest_crews(site.dispatcher, request.pk)}
    busy = by_crew[site.crew]
    assert busy.open_orders == 2
    assert busy.parts["load"] == 0.5
    assert "手上有 2 单，约 80 分钟后可出发" in busy.reasons
    assert by_crew[site.other_crew].open_orders == 0


def test_off_duty_and_unskilled_crews_are_left_out_and_counted(site: Site) -> None:
    request = site.accepted()
    Request.objects.filter(pk=request.pk).update(fault_class="high_voltage")
    found = actions.suggest_crews(site.dispatcher, request.pk)
    assert [one.crew for one in found] == [site.other_crew]
    assert "无带电作业技能" in found[0].reasons
    Crew.objects.filter(pk=site.other_crew.pk).update(on_duty=False)
    assert actions.suggest_crews(site.dispatcher, request.pk) == []
    request.refresh_from_db()
    assert ruled_out_for(site.dispatcher, request) == {"skill": 1, "off_duty": 1}


def test_with_nobody_in_the_county_the_neighbour_is_suggested(site: Site, actor_for_role: Any) -> None:
    request = site.accepted()
    Crew.objects.filter(org=site.org_tree.team).update(on_duty=False)
    found = actions.suggest_crews(site.dispatcher, request.pk)
    assert [one.crew for one in found] == [site.neighbour]
    assert found[0].reach == "city"
    assert found[0].reasons[0] == "邻县支援"
    county_only = actor_for_role("dispatcher", site.org_tree.county)
    assert actions.suggest_crews(county_only, request.pk) == []  # only what this dispatcher may send


def test_an_old_position_is_said(site: Site) -> None:
    Crew.objects.update(positioned_at=moment.now() - dt.timedelta(hours=2))
    found = actions.suggest_crews(site.dispatcher, site.accepted().pk)
    assert all(one.reasons[-1] == "位置较久未更新，估计仅供参考" for one in found)


def test_without_any_place_no_time_is_promised(site: Site) -> None:
    request = site.accepted(account_id=None, org_id=site.org_tree.county.pk, address="河边路 9 号")
    Request.objects.filter(pk=request.pk).update(transformer=None, lon=None, lat=None)
    found = actions.suggest_crews(site.dispatcher, request.pk)
    assert found
    assert all(one.eta_minutes is None and one.road_km is None for one in found)


def test_suggestions_take_a_fixed_number_of_queries(site: Site, django_assert_max_num_queries: Any) -> None:
    request = site.accepted()
    actions.suggest_crews(site.dispatcher, request.pk)
    for number in range(10, 40):
        Crew.objects.create(
            org=site.org_tree.team, code=f"X{number}", name=f"{number}班", base_lon=120, base_lat=30, lon=120, lat=30,
            skills=["low_voltage"],
        )  # fmt: skip
    with django_assert_max_num_queries(2):
        assert len(actions.suggest_crews(site.dispatcher, request.pk)) == 32


def test_only_who_may_send_is_told(site: Site, actor_for_role: Any) -> None:
    request = site.accepted()
    for actor in (
        site.worker,
        actor_for_role("agent", site.org_tree.city),
        actor_for_role("dispatcher", site.org_tree.other_city),
    ):
        with refused(NotAllowed):
            actions.suggest_crews(actor, request.pk)
    with refused(NotFound):
        actions.suggest_crews(site.dispatcher, 10**12)
