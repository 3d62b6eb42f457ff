"""Supervision, the ladder of escalation, and what a broken limit obliges us to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from denghuo.apps.requests import actions
from denghuo.apps.requests.handling import actions as h
from denghuo.apps.requests.handling import reading
from denghuo.apps.requests.handling.actions.escalating import sweep
from denghuo.apps.requests.handling.models import Escalation, OverrunStep, Supervision
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.sweeper import sweep_all
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.apps.requests.handling_kit import handled, refused
from tests.apps.requests.test_loop import _call_all_day, fresh, set_policy  # noqa: F401
from tests.apps.requests.world import World

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


@pytest.fixture
def other_boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


def overdue(request: Request, kind: str, minutes: float = 0) -> dt.datetime:
    """The clock ran out ``minutes`` ago; gives when."""
    at = moment.now() - minutes * MINUTE
    Clock.objects.filter(subject_kind="request", subject_id=request.pk, kind=kind).update(
        started_at=at - dt.timedelta(hours=1), counting_from=at - dt.timedelta(hours=1), due_at=at, warn_at=at, warned_at=at,
        breached_at=at,
    )  # fmt: skip
    return at


def levels(request: Request) -> list[int]:
    return list(Escalation.objects.filter(request=request).order_by("level").values_list("level", flat=True))


# --- supervision ------------------------------------------------------------------------------------------------------


def test_a_supervisor_watches_asks_is_answered_and_ends_it(world: World, boss: Actor) -> None:
    made = handled(world)
    h.supervise_request(boss, made.pk, text="请今天答复客户")
    assert fresh(made).supervised
    h.reply_supervision(world.reviewer, made.pk, text="已约客户下午见面")
    h.end_supervision(boss, made.pk, text="已答复，客户认可")
    row = Supervision.objects.get()
    assert (row.why, fresh(made).supervised, row.ended_at is not None) == ("manager", False, True)
    shown = reading.records_of(made, lambda text: text)["supervisions"][0]
    assert (shown.text, shown.answers[0].text, shown.end_text) == (
        "请今天答复客户",
        "已约客户下午见面",
        "已答复，客户认可",
    )
    assert [kind for kind in world.kinds(made) if "supervis" in kind] == [
        "request.supervised", "request.supervision_replied", "request.supervision_ended",
    ]  # fmt: skip


def test_who_handles_does_not_supervise_themselves(world: World, boss: Actor) -> None:
    made = handled(world)
    with pytest.raises(NotAllowed):
        h.supervise_request(world.reviewer, made.pk, text="快办")
    with refused(Conflict, code="not_supervised"):
        h.reply_supervision(world.reviewer, made.pk, text="收到")
    h.supervise_request(boss, made.pk, text="快办")
    with refused(Conflict, code="supervised"):
        h.supervise_request(boss, made.pk, text="再快")
    with pytest.raises(NotAllowed):
        h.end_supervision(world.reviewer, made.pk, text="办完了")
    with refused(InvalidInput, text="必填"):
        h.end_supervision(boss, made.pk, text="")


def test_the_list_of_the_supervised_shows_the_one_due_first_and_only_ones_own(
    world: World, boss: Actor, org_tree: Any, actor_for_role: Any
) -> None:
    first, second = handled(world), handled(world)
    h.supervise_request(boss, first.pk, text="三天内")
    h.supervise_request(boss, second.pk, text="今天", due_at=moment.now() + dt.timedelta(hours=2))
    assert [row.request_id for row in reading.supervised(boss)] == [second.pk, first.pk]
    assert not reading.supervised(actor_for_role("supervisor", org_tree.other_city)).exists()
    h.end_supervision(boss, second.pk, text="办完")
    assert [row.request_id for row in reading.supervised(boss)] == [first.pk]


def test_a_broken_limit_brings_supervision_once(world: World, system: Actor) -> None:
    made = handled(world)
    assert h.supervise_breach(system, made.pk, "handling")
    assert not h.supervise_breach(system, made.pk, "handling")
    assert Supervision.objects.get().why == "breach"
    assert not h.supervise_breach(system, handled(world).pk, "dispatch")  # not among those of the policy


def test_urging_and_rounds_leave_a_record_of_supervision(world: World) -> None:
    set_policy("urge.max", 1)
    made = world.accepted()
    actions.urge_request(world.agent, made.pk, insist=True)
    assert Supervision.objects.get(request=made).why == "urges"
    set_policy("callback.max_rounds", 1)
    bad = world.reviewed()
    world.complain(bad)
    assert Supervision.objects.get(request=bad).why == "rounds"


# --- the ladder -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "wanted"), [(1, [1, 2]), (61, [1, 2, 3]), (241, [1, 2, 3, 4]), (1441, [1, 2, 3, 4, 5])]
)
def test_the_longer_it_is_overdue_the_higher_it_climbs(world: World, minutes: float, wanted: list[int]) -> None:
    made = world.accepted()
    overdue(made, "arrival.standard", minutes)
    assert sweep() == 1
    assert (levels(made), fresh(made).escalation_level) == (wanted, wanted[-1])
    assert sweep() == 0
    assert world.kinds(made).count("request.raised") == len(wanted)


def test_each_rung_belongs_to_the_unit_of_that_level(world: World, org_tree: Any) -> None:
    made = world.accepted()
    overdue(made, "arrival.standard", 1441)
    sweep()
    units = [org_tree.county, org_tree.county, org_tree.city, org_tree.province, org_tree.company]
    assert [row.org for row in Escalation.objects.order_by("level")] == units


def test_a_special_complaint_goes_to_the_province_at_once(world: World) -> None:
    plain, special = handled(world), handled(world)
    Request.objects.filter(pk=special.pk).update(grade="special")
    for made in (plain, special):
        overdue(made, "handling", 1)
    sweep()
    assert (levels(plain)[-1], levels(special)[-1]) == (3, 4)


def test_the_warning_already_reaches_the_first_rung(world: World, system: Actor) -> None:
    made = world.accepted()
    now = moment.now()
    Clock.objects.filter(subject_id=made.pk, subject_kind="request", kind="arrival.standard").update(warned_at=now)
    assert h.escalate_due(system, made.pk, now + MINUTE) == 1
    assert levels(made) == [1]


def test_a_clock_that_runs_out_climbs_and_supervises_through_the_log(world: World, system: Actor) -> None:
    from denghuo.apps.requests.handling.subscribers import on_clock

    made = world.accepted()
    sweep_all(moment.now() + dt.timedelta(hours=2))
    for event in timeline("request", made.pk):
        if event.kind in {"clock.warned", "clock.breached"}:
            on_clock(event)
            on_clock(event)  # delivered twice
    assert levels(made)[0] == 1
    assert fresh(made).supervised
    assert Supervision.objects.count() == 1


def test_what_was_escalated_is_taken_by_one(world: World, boss: Actor, other_boss: Actor) -> None:
    made = world.accepted()
    h.escalate_request(world.agent, made.pk, text="客户情绪激动")
    row = Escalation.objects.get()
    assert [one.pk for one in reading.raised(boss)] == [row.pk]
    with pytest.raises(NotAllowed):
        h.take_escalation(world.agent, row.pk)
    h.take_escalation(boss, row.pk)
    with refused(Conflict, code="taken"):
        h.take_escalation(other_boss, row.pk)
    assert not reading.raised(boss).exists()
    row.refresh_from_db()
    assert row.taken_by_id == boss.id


def test_by_hand_it_climbs_one_rung_at_a_time_to_the_top(world: World) -> None:
    made = world.accepted()
    for _rung in range(5):
        h.escalate_request(world.agent, made.pk, text="请上级协调")
    assert levels(made) == [1, 2, 3, 4, 5]
    with refused(Conflict, code="at_the_top"):
        h.escalate_request(world.agent, made.pk, text="请上级协调")


# --- explain, apologise, compensate -----------------------------------------------------------------------------------


def late_reply(world: World) -> Request:
    made = handled(world)
    overdue(made, "handling", 10)
    return actions.reply_request(world.reviewer, made.pk, result="已核实并道歉")


def test_an_overdue_complaint_is_not_closed_before_it_was_explained_and_apologised_for(world: World) -> None:
    made = late_reply(world)
    with refused(Conflict, code="overrun_steps"):
        actions.review_request(world.reviewer, made.pk, passed=True)
    h.record_overrun_step(world.reviewer, made.pk, kind="explain", text="因核查录音耽误")
    with refused(Conflict, code="overrun_steps"):
        actions.review_request(world.reviewer, made.pk, passed=True)
    h.record_overrun_step(world.reviewer, made.pk, kind="apologise", text="已致电道歉")
    actions.review_request(world.reviewer, made.pk, passed=True)
    assert fresh(made).state == "callback"


def test_other_types_are_asked_to_explain_but_not_held_up(world: World) -> None:
    made = world.returned()
    Clock.objects.filter(subject_id=made.pk, subject_kind="request", kind="arrival.standard").update(
        breached_at=moment.now()
    )
    actions.review_request(world.reviewer, made.pk, passed=True)
    assert fresh(made).state == "callback"


def test_a_compensation_counts_when_somebody_else_has_approved_it(world: World, boss: Actor, other_boss: Actor) -> None:
    set_policy("overrun.demanded", {"complaint": ["compensate"]})
    made = late_reply(world)
    with refused(InvalidInput, amount="不超过 500 元"):
        h.record_overrun_step(boss, made.pk, kind="compensate", text="误工", amount=Decimal("501"))
    with refused(InvalidInput, amount="大于 0"):
        h.record_overrun_step(boss, made.pk, kind="compensate", text="误工")
    h.record_overrun_step(boss, made.pk, kind="compensate", text="误工", amount=Decimal("50"))
    with refused(Conflict, code="overrun_steps"):
        actions.review_request(world.reviewer, made.pk, passed=True)
    with refused(Conflict, code="own"):
        h.approve_compensation(boss, made.pk)
    with pytest.raises(NotAllowed):
        h.approve_compensation(world.reviewer, made.pk)
    h.approve_compensation(other_boss, made.pk)
    actions.review_request(world.reviewer, made.pk, passed=True)
    assert OverrunStep.objects.get().approved_by_id == other_boss.id


def test_nothing_is_owed_while_the_limits_hold(world: World) -> None:
    made = handled(world)
    with refused(Conflict, code="no_overrun"):
        h.record_overrun_step(world.reviewer, made.pk, kind="apologise", text="抱歉")
