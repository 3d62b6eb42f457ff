"""Returns, transfers, holds, reopening and splitting."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.requests import actions
from denghuo.apps.requests.handling.actions import Part, resume_due, split_request
from denghuo.apps.requests.handling.choices import DeclineReason, HoldReason
from denghuo.apps.requests.handling.models import Decline, Hold, Supervision, Transfer
from denghuo.apps.requests.handling.reading import handed_on
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries import detail, progress_view
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clock_state
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from tests.apps.requests.handling_kit import COMPLAINT, handled, refused
from tests.apps.requests.test_loop import _call_all_day, fresh, live_clocks  # noqa: F401
from tests.apps.requests.world import World

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


def hold(
    world: World, request: Request, reason: str = "customer", hours: float = 5, actor: Actor | None = None
) -> Request:
    return actions.hold_request(
        actor or world.reviewer, request.pk, reason=reason, text="等客户提供户号", until=moment.now() + hours * HOUR
    )


# --- returns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", DeclineReason.values)
def test_a_unit_returns_a_request_with_a_typed_reason(world: World, org_tree: Any, reason: str) -> None:
    made = handled(world)
    other = org_tree.county_b.pk if reason == "wrong_area" else None
    actions.decline_request(world.reviewer, made.pk, reason=reason, text="不应派给我们", other_org_id=other)
    back, row = fresh(made), Decline.objects.get()
    assert (back.state, back.returns, row.reason, row.org, row.other_org_id) == (
        "accepted",
        1,
        reason,
        world.org,
        other,
    )
    assert {"dispatch", "handling"} <= live_clocks(made)


def test_the_wrong_area_must_name_whose_it_is(world: World) -> None:
    made = handled(world)
    with refused(InvalidInput, other_org_id="哪个单位"):
        actions.decline_request(world.reviewer, made.pk, reason="wrong_area", text="跨界")
    with refused(InvalidInput, other_org_id="本单位以外"):
        actions.decline_request(world.reviewer, made.pk, reason="wrong_area", text="跨界", other_org_id=world.org.pk)
    assert fresh(made).state == "handling"


def test_an_unknown_reason_or_none_at_all_is_refused_with_both_faults(world: World) -> None:
    made = handled(world)
    with pytest.raises(InvalidInput) as caught:
        actions.decline_request(world.reviewer, made.pk, reason="lazy", text=" ")
    assert set(caught.value.fields) == {"reason", "text"}


def test_what_is_returned_too_often_comes_under_supervision_once(world: World) -> None:
    made = handled(world)
    for count in (1, 2, 3):
        actions.decline_request(world.reviewer, made.pk, reason="missing_facts", text="缺户号")
        assert fresh(made).supervised == (count >= 2)
        actions.assign_handling(world.reviewer, made.pk)
    assert Supervision.objects.get(request=made).why == "returns"
    assert world.kinds(made).count("request.supervised") == 1


def test_only_who_dispatches_may_return_and_only_what_is_being_handled(world: World) -> None:
    made = handled(world)
    with pytest.raises(NotAllowed):
        actions.decline_request(world.agent, made.pk, reason="duplicate", text="重复")
    waiting = world.accepted(**COMPLAINT)
    with pytest.raises(Conflict):
        actions.decline_request(world.reviewer, waiting.pk, reason="duplicate", text="重复")


# --- transfers --------------------------------------------------------------------------------------------------------


def test_a_transfer_moves_the_unit_and_leaves_the_promise_alone(world: World, org_tree: Any) -> None:
    made = handled(world)
    due = Clock.objects.get(subject_id=made.pk, subject_kind="request", kind="handling").due_at
    to = org_tree.county_b
    actions.transfer_request(world.reviewer, made.pk, org_id=to.pk, reason="boundary", text="交界线路")
    moved, row = fresh(made), Transfer.objects.get()
    assert (moved.org, moved.state) == (to, "handling")
    assert (row.from_org, row.to_org, row.reason) == (world.org, to, "boundary")
    assert Clock.objects.get(subject_id=made.pk, subject_kind="request", kind="handling").due_at == due


def test_both_units_keep_a_transferred_request_in_sight(world: World, org_tree: Any, actor_for_role: Any) -> None:
    made = handled(world)
    giver, taker = (actor_for_role("dispatcher", unit) for unit in (org_tree.county, org_tree.county_b))
    stranger = actor_for_role("dispatcher", org_tree.other_county)
    actions.transfer_request(giver, made.pk, org_id=org_tree.county_b.pk, reason="specialist", text="需计量专业")
    assert detail(giver, made.pk).request.pk == detail(taker, made.pk).request.pk == made.pk
    assert [row.pk for row in handed_on(giver)] == [made.pk]
    with pytest.raises(NotFound):
        detail(stranger, made.pk)
    with pytest.raises(NotAllowed):  # in sight, but no longer theirs to move
        actions.transfer_request(giver, made.pk, org_id=org_tree.county.pk, reason="specialist", text="退回")


def test_a_transfer_to_the_same_or_no_unit_is_refused(world: World) -> None:
    made = handled(world)
    with refused(InvalidInput, org_id="已在该单位"):
        actions.transfer_request(world.reviewer, made.pk, org_id=world.org.pk, reason="workload", text="调配")
    with refused(InvalidInput, org_id="没有这个单位"):
        actions.transfer_request(world.reviewer, made.pk, org_id=999999, reason="workload", text="调配")


# --- holds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", HoldReason.values)
def test_a_hold_stops_only_the_clocks_its_reason_may_stop(world: World, reason: str) -> None:
    made = world.accepted() if reason in {"weather", "traffic"} else handled(world)
    hold(world, made, reason)
    paused = set(
        Clock.objects.filter(subject_id=made.pk, subject_kind="request", state="paused").values_list("kind", flat=True)
    )
    assert paused == ({"arrival.mean"} if reason in {"weather", "traffic"} else {"handling"})
    assert "arrival.standard" not in paused


def test_a_held_request_rests_until_it_is_resumed_and_its_clock_counts_on(world: World) -> None:
    made = handled(world)
    hold(world, made)
    with refused(Conflict, code="held"):
        actions.reply_request(world.reviewer, made.pk, result="已处理")
    assert progress_view(made.public_token)["waits_until"] is not None
    clock = Clock.objects.get(subject_id=made.pk, subject_kind="request", kind="handling")
    left = clock_state(clock, moment.now()).remaining
    assert clock_state(clock, moment.now() + 3 * HOUR).remaining == left
    actions.resume_request(world.reviewer, made.pk, text="客户已回电")
    clock.refresh_from_db()
    assert clock.state == "running"
    assert fresh(made).held_at is None
    assert progress_view(made.public_token)["waits_until"] is None
    actions.reply_request(world.reviewer, made.pk, result="已处理")


def test_a_hold_ends_by_itself_exactly_once(world: World) -> None:
    made = handled(world)
    hold(world, made, hours=5)
    assert resume_due(moment.now() + 4 * HOUR) == 0
    assert resume_due(moment.now() + 6 * HOUR) == 1
    assert resume_due(moment.now() + 7 * HOUR) == 0
    assert Hold.objects.get().ended_by == "sweeper"
    assert world.kinds(made).count("request.resumed") == 1


def test_holding_long_takes_a_supervisor_and_longer_than_policy_nobody(world: World, boss: Actor) -> None:
    made = handled(world)
    with refused(InvalidInput, until="主管"):
        hold(world, made, hours=4 * 24)
    with refused(InvalidInput, until="最多挂起 5 天"):
        hold(world, made, hours=6 * 24, actor=boss)
    with refused(InvalidInput, until="晚于现在"):
        hold(world, made, hours=-1)
    hold(world, made, hours=4 * 24, actor=boss)
    assert Hold.objects.get().approved_by_id == boss.id


def test_a_request_is_held_so_often_and_no_more(world: World) -> None:
    made = handled(world)
    for _time in range(3):
        hold(world, made)
        actions.resume_request(world.reviewer, made.pk)
    with refused(Conflict, code="held_too_often"):
        hold(world, made)


def test_cancelling_ends_the_hold(world: World) -> None:
    made = world.accepted()
    hold(world, made, "weather")
    actions.cancel_request(world.agent, made.pk, reason="来电了")
    assert (fresh(made).held_at, Hold.objects.get().ended_by) == (None, "cancelled")
    assert live_clocks(made) == set()


# --- reopening --------------------------------------------------------------------------------------------------------


def test_a_reopened_request_goes_round_again_with_a_call_of_its_own(world: World) -> None:
    made = world.reviewed()
    world.call(made)
    actions.reopen_request(world.agent, made.pk, reason="客户又来电，还是没电")
    again = fresh(made)
    assert (again.state, again.round, again.reopened, again.satisfaction, again.archived_at) == (
        "accepted",
        2,
        1,
        "",
        None,
    )
    assert {"dispatch", "arrival.standard"} <= live_clocks(made)
    world.work_again(again)
    world.call(again)
    assert fresh(made).state == "archived"
    assert list(made.call_backs.order_by("round").values_list("round", "state")) == [(1, "done"), (2, "done")]


def test_a_request_is_not_reopened_after_the_days_of_policy_nor_before_its_end(world: World) -> None:
    made = world.reviewed()
    with pytest.raises(Conflict):
        actions.reopen_request(world.agent, made.pk, reason="还没好")
    world.call(made)
    Request.objects.filter(pk=made.pk).update(archived_at=moment.now() - dt.timedelta(days=16))
    with refused(Conflict, code="too_late"):
        actions.reopen_request(world.agent, made.pk, reason="还没好")


# --- splitting --------------------------------------------------------------------------------------------------------


def test_two_matters_of_one_call_become_two_requests_with_their_own_clocks(world: World) -> None:
    made = world.accepted()
    parts = [Part("complaint", "抢修人员收费不给票"), Part("suggestion", "希望增设充电桩")]
    children = split_request(world.agent, made.pk, parts=parts, reason="一次来电反映三件事")
    assert [(row.type, row.split_from_id, row.contact_id) for row in map(fresh, children)] == [
        ("complaint", made.pk, made.contact_id), ("suggestion", made.pk, made.contact_id),
    ]  # fmt: skip
    assert {row.caller_phone for row in children} == {"13900001234"}
    assert all("acceptance" in live_clocks(row) for row in children)
    told = next(event for event in timeline("request", made.pk) if event.kind == "request.split")
    assert told.payload["made_ids"] == [row.pk for row in children]
    assert fresh(made).state == "accepted"


def test_a_part_without_words_is_named_and_nothing_is_made(world: World) -> None:
    made = world.accepted()
    with pytest.raises(InvalidInput) as caught:
        split_request(world.agent, made.pk, parts=[Part("complaint", "乱收费"), Part("opinion", "")], reason="多件事")
    assert list(caught.value.fields) == ["parts.1.description"]
    assert Request.objects.count() == 1
    with refused(Conflict):
        split_request(world.agent, world.returned().pk, parts=[Part("opinion", "慢")], reason="多件事")
