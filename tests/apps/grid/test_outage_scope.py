"""Scope to household: from feeder, section and transformers to everybody behind them, and cuts of single accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denghuo.apps.customers.models import Account, CustomerTag
from denghuo.apps.grid import actions, households, queries
from denghuo.apps.grid.models import FeederSection, Transformer
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.apps.grid.homes import home
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@pytest.fixture
def dispatcher(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    return actor_for_role("dispatcher", org_tree.city)


@pytest.fixture
def lived(grid: Any, org_tree: Any) -> Any:
    """Two homes behind the first transformer, one behind the second; each transformer knows how many it has."""
    first, second, _third = grid.transformers
    home(first, org_tree.county, sensitive=True, tags=("life_support", "elderly_alone"))
    home(first, org_tree.county, tags=("key_account",))
    home(second, org_tree.county)
    Transformer.objects.filter(pk=first.pk).update(customers=2)
    Transformer.objects.filter(pk=second.pk).update(customers=2)
    Transformer.objects.filter(pk=_third.pk).update(customers=5)
    return grid


def test_the_scope_counts_households_and_those_who_need_care(lived: Any, django_assert_max_num_queries: Any) -> None:
    ids = {one.pk for one in lived.transformers}
    with django_assert_max_num_queries(3):
        scope = queries.analyse(ids)
    assert scope.tally is not None
    assert (scope.tally.total, scope.known) == (3, 9)
    assert (scope.tally.important, scope.tally.sensitive, scope.tally.life_support) == (1, 1, 1)
    assert scope.share == pytest.approx(1 / 3)
    assert scope.missing == (lived.transformers[2].pk,)


def test_what_was_analysed_is_kept_with_the_release(dispatcher: Actor, lived: Any) -> None:
    outage = actions.open_outage(dispatcher, kind="fault", transformer_ids=[lived.transformers[0].pk])
    assert (outage.households_found, outage.important_count, outage.life_support_count) == (2, 1, 1)
    assert outage.household_share == 1
    wider = actions.update_outage(dispatcher, outage.pk, transformer_ids=[one.pk for one in lived.transformers[:2]])
    assert (wider.households_found, wider.customers_out) == (3, 4)
    assert wider.household_share == pytest.approx(0.75)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sections=st.sets(st.integers(0, 2)),
    single=st.sets(st.integers(0, 2)),
    homes=st.lists(st.integers(0, 3), max_size=8),
)
def test_nobody_behind_the_choice_is_left_out_and_nobody_else_is_in(
    grid: Any, org_tree: Any, sections: set[int], single: set[int], homes: list[int]
) -> None:
    CustomerTag.objects.all().delete()
    Account.objects.all().delete()
    all_of_them = [*grid.transformers, grid.other]
    for index, one in enumerate(grid.transformers):
        section, _made = FeederSection.objects.get_or_create(
            code=f"K{index}", defaults={"feeder": grid.feeder, "name": f"{index}号开关", "position": index}
        )
        Transformer.objects.filter(pk=one.pk).update(section=section)
    keys = list(FeederSection.objects.order_by("position").values_list("pk", flat=True))
    accounts = {home(all_of_them[place], org_tree.county).pk: place for place in homes}
    ids = queries.transformer_ids_of(
        feeder_id=grid.feeder.pk,
        section_ids={keys[n] for n in sections},
        transformer_ids={grid.transformers[n].pk for n in single},
    )
    places = (sections | single) or {0, 1, 2}  # nothing ticked: the whole feeder, never another one
    assert ids == {grid.transformers[n].pk for n in places}
    source = households.source()
    assert source is not None
    system = Actor.system("test")
    assert {row.pk for row in source.rows(system, ids, ())} == {pk for pk, place in accounts.items() if place in places}
    scope = queries.analyse(ids)
    assert scope.tally is not None
    assert scope.tally.total == sum(source.per_transformer(ids).values()) == sum(place in places for place in homes)


def test_arrears_cut_one_account_and_not_its_neighbours(dispatcher: Actor, grid: Any, org_tree: Any) -> None:
    owing, neighbour = (home(grid.transformers[0], org_tree.county) for _ in range(2))
    cut = actions.open_outage(dispatcher, kind="arrears", account_ids=[owing.pk], cause="欠费")
    assert (cut.customers_out, cut.org, cut.transformers.count()) == (1, org_tree.county, 0)
    assert set(cut.channels) == {"desk", "wechat"}  # nobody else may read who owes
    assert queries.public_outages() == []
    transformer = grid.transformers[0].pk
    assert queries.outage_explaining(transformer, account_id=owing.pk) == cut
    assert queries.outage_explaining(transformer, account_id=neighbour.pk) is None
    assert queries.outage_explaining(transformer) is None
    assert queries.account_cuts([owing.pk, neighbour.pk]) == {owing.pk: cut}
    fault = actions.open_outage(dispatcher, kind="fault", transformer_ids=[transformer])
    assert queries.outage_explaining(transformer, account_id=owing.pk) == fault  # what is out for all comes first


def test_the_question_for_a_report_stays_one_query(
    dispatcher: Actor, grid: Any, org_tree: Any, django_assert_max_num_queries: Any
) -> None:
    owing = home(grid.transformers[0], org_tree.county)
    actions.open_outage(dispatcher, kind="arrears", account_ids=[owing.pk])
    queries.outage_explaining(grid.transformers[0].pk, account_id=owing.pk)
    with django_assert_max_num_queries(1):
        queries.outage_explaining(grid.transformers[0].pk, account_id=owing.pk)


def test_accounts_get_their_supply_back_one_by_one(dispatcher: Actor, grid: Any, org_tree: Any) -> None:
    first, second = (home(grid.transformers[0], org_tree.county) for _ in range(2))
    cut = actions.open_outage(
        dispatcher, kind="arrears", account_ids=[first.pk, second.pk], started_at=moment.now() - 5 * HOUR
    )
    paid = actions.restore_accounts(dispatcher, cut.pk, [first.pk, 10**9], at=moment.now() - HOUR)
    assert paid.state == "active"
    assert queries.account_cut(first.pk) is None
    assert queries.account_cut(second.pk) == cut
    assert actions.restore_accounts(dispatcher, cut.pk, [first.pk]).state == "active"
    assert actions.restore_accounts(dispatcher, cut.pk, [second.pk]).state == "restored"
    assert [event.kind for event in timeline("outage", cut.pk)] == [
        "outage.opened", "outage.accounts_restored", "outage.accounts_restored", "outage.restored",
    ]  # fmt: skip
    with refused(Conflict):
        actions.restore_accounts(dispatcher, cut.pk, [first.pk])


def test_a_cut_needs_accounts_and_rights_over_them(dispatcher: Actor, grid: Any, org_tree: Any) -> None:
    with refused(InvalidInput) as caught:
        actions.open_outage(dispatcher, kind="theft", feeder=grid.feeder)
    assert "account_ids" in caught.value.fields
    with refused(InvalidInput):
        actions.open_outage(dispatcher, kind="breach", account_ids=[10**12])
    elsewhere = home(grid.other, org_tree.other_county)
    with refused(NotAllowed):
        actions.open_outage(dispatcher, kind="arrears", account_ids=[elsewhere.pk])


@pytest.mark.parametrize(("minutes", "met"), [(30, True), (29, False)])
def test_a_cut_is_told_half_an_hour_before(
    dispatcher: Actor, grid: Any, org_tree: Any, minutes: int, met: bool
) -> None:
    owing = home(grid.transformers[0], org_tree.county)
    at = dt.datetime(2026, 6, 15, 2, 0, tzinfo=dt.UTC)
    with moment.held(at - minutes * MINUTE):
        cut = actions.open_outage(dispatcher, kind="arrears", account_ids=[owing.pk], started_at=at)
    assert cut.notices.get(rule="publish").met is met


def test_a_cut_never_becomes_a_report_others_are_merged_into(dispatcher: Actor, grid: Any, org_tree: Any) -> None:
    owing = home(grid.transformers[0], org_tree.county)
    cut = actions.open_outage(dispatcher, kind="arrears", account_ids=[owing.pk])
    assert actions.set_outage_master(dispatcher, cut.pk, 5).master_request_id is None


def test_the_list_of_households_is_masked_and_can_be_exported(
    browser_for: Callable[..., Client], dispatcher: Actor, lived: Any, org_tree: Any, django_assert_max_num_queries: Any
) -> None:
    outage = actions.open_outage(dispatcher, kind="fault", feeder=lived.feeder)
    page = f"/staff/outages/{outage.pk}/households/"
    open_eyes = browser_for("dispatcher", org_tree.city)
    account = Account.objects.order_by("pk").first()
    assert account is not None
    open_eyes.get(page)
    for _more in range(6):
        home(lived.transformers[0], org_tree.county)
    with django_assert_max_num_queries(15):  # not one more for each household
        text = open_eyes.get(page).content.decode()
    assert account.number in text
    assert "生命维持设备" in text
    assert lived.transformers[0].name in text
    planner = browser_for("inspector", org_tree.city)
    assert account.number not in planner.get(page).content.decode()
    exported = b"".join(open_eyes.get(f"{page}?export=csv").streaming_content)
    assert account.number in exported.decode("utf-8-sig")
    assert open_eyes.get(f"{page}?care=life").content.decode().count(lived.transformers[0].name) == 1


def test_a_program_reads_households_and_indices(client: Client, dispatcher: Actor, lived: Any, bearer: Any) -> None:
    outage = actions.open_outage(dispatcher, kind="fault", feeder=lived.feeder)
    first = client.get(f"/api/v1/outages/{outage.pk}/households?limit=2", headers=bearer).json()
    rest = client.get(
        f"/api/v1/outages/{outage.pk}/households?limit=2&after={first['next_after']}", headers=bearer
    ).json()
    assert len(first["items"]) == 2
    assert len(rest["items"]) == 1
    today = moment.now().date()
    found = client.get(
        f"/api/v1/outage-indices?since={today - dt.timedelta(days=2)}&until={today + dt.timedelta(days=1)}",
        headers=bearer,
    )
    assert found.json()["household_share"] == pytest.approx(1 / 3)
    assert client.get("/api/v1/outage-indices?since=2026-02-01&until=2026-01-01", headers=bearer).status_code == 422
