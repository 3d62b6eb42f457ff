"""The three families of limits, each from its policy, the most particular class first."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.range import TimestamptzRange

from denghuo.apps.catalogue.sync import shipped
from denghuo.apps.requests import limits
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks import batch
from denghuo.core.clocks.models import Clock, WorkCalendar
from denghuo.core.policies.models import PolicyValue
from denghuo.engine.flow import Flow

CN = ZoneInfo("Asia/Shanghai")
AT = dt.datetime(2026, 9, 28, 9, 0, tzinfo=CN)  # a Monday
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
ME = Actor.system("test")


@pytest.fixture
def office(org_tree: Any) -> WorkCalendar:
    """Seven and a half hours a day."""
    pairs = [["08:30", "12:00"], ["13:30", "17:30"]]
    week = dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], pairs)
    return WorkCalendar.objects.create(
        org=org_tree.company, name="office", label="行政班", windows=week, valid_from=dt.date(2026, 1, 1)
    )


def of(org_tree: Any, **fields: Any) -> Request:
    given = {"type": "fault_report", "org": org_tree.county, "area_type": "urban", "pk": 12, "submitted_at": AT}
    return Request(**{**given, **fields})


def minutes(kind: str, request: Request) -> float | None:
    built = limits.build(kind, request, AT)
    return None if not built or built[0].budget is None else built[0].budget / MINUTE


def set_policy(key: str, value: Any) -> None:
    PolicyValue.objects.filter(key=key).update(value=value, valid=TimestamptzRange(None, None))
    policies.clear_cache()


def test_every_clock_of_the_shipped_flows_can_be_built() -> None:
    flows = [Flow.from_document(document) for document in shipped("flow")]
    named = {kind for flow in flows for step in flow.steps for kind in (*step.start, *step.stop)} - {"*"}
    assert {"acceptance", "handling", "arrival.standard"} <= named
    assert named <= set(limits.KINDS)


def test_each_kind_belongs_to_one_of_three_families() -> None:
    families = {kind.family for kind in limits.KINDS.values()}
    assert families == {"field", "agent", "handling"}
    assert set(limits.KINDS) <= set(limits.LABELS)


# 3.1.1: emergency fault 15, important fault 30, general repair 60, consultation 90 minutes
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"urgency": "urgent", "fault_class": "low_voltage"}, 15),
        ({"urgency": "urgent", "fault_class": "high_voltage"}, 15),
        ({"fault_class": "high_voltage"}, 30),
        ({"fault_class": "metering"}, 60),
        ({"type": "consulting"}, 90),
        ({"type": "praise"}, None),
        ({"type": "service_request", "class_code": "expressway_charging"}, 45),
    ],
)
def test_response_follows_the_priority_table(org_tree: Any, fields: dict[str, Any], expected: int | None) -> None:
    assert minutes("response", of(org_tree, **fields)) == expected


def test_arrival_is_by_area_until_a_class_says_otherwise(org_tree: Any) -> None:
    plain = of(org_tree, fault_class="metering", area_type="rural")
    assert (minutes("arrival.mean", plain), minutes("arrival.standard", plain)) == (90, 120)
    set_policy(
        "clock.arrival.standard",
        {"urban": 60, "rural": 120, "remote": 240, "metering/rural": 200, "metering.fast/rural": 150,
         "urgent/rural": 70, "urgent/metering/rural": 50},
    )  # fmt: skip
    assert minutes("arrival.standard", plain) == 200
    assert minutes("arrival.standard", of(org_tree, fault_class="low_voltage", area_type="rural")) == 120
    finer = {"fault_class": "metering", "area_type": "rural", "class_code": "metering.fast.burnt"}
    assert minutes("arrival.standard", of(org_tree, **finer)) == 150  # a code above its own speaks for it
    assert minutes("arrival.standard", of(org_tree, area_type="rural", urgency="urgent")) == 70
    urgent = of(org_tree, fault_class="metering", area_type="rural", urgency="urgent")
    assert minutes("arrival.standard", urgent) == 50
    with pytest.raises(policies.PolicyMissing):
        limits.build("arrival.standard", of(org_tree, area_type=""), AT)


# 2.1.1: low 180 s, medium 5 min, high 15 min
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "consulting"}, 3),
        ({"type": "consulting", "class_code": "equipment.meter"}, 5),
        ({"type": "consulting", "class_code": "connection"}, 15),
        ({"type": "consulting", "class_code": "connection", "complexity": "low"}, 3),
        ({"type": "complaint"}, 15),
    ],
)
def test_an_agents_time_follows_the_complexity(org_tree: Any, fields: dict[str, Any], expected: int) -> None:
    request = of(org_tree, **fields)
    assert minutes("answer.complexity", request) == expected
    assert limits.build("answer.complexity", request, AT)[0].family == "agent"


# 2.3.1: reception 5 (10) min; processing 30 on average, 60 at most; reply 4 h
def test_acceptance_processing_and_reply(org_tree: Any) -> None:
    request = of(org_tree, type="consulting")
    found = [minutes(kind, request) for kind in ("acceptance", "processing.mean", "processing.max", "reply")]
    assert found == [5, 30, 60, 240]
    assert minutes("acceptance", of(org_tree, urgency="urgent")) == 10
    assert minutes("dispatch", of(org_tree)) == 2
    assert minutes("dispatch", request) == 20
    assert minutes("take", of(org_tree)) == 3
    charging = of(org_tree, type="service_request", class_code="expressway_charging")
    assert minutes("reply", charging) == 120


@pytest.mark.parametrize(
    ("fields", "length", "with_calendar"),
    [
        ({"type": "complaint"}, 4 * 7.5 * HOUR, True),
        ({"type": "service_request"}, 5 * 7.5 * HOUR, True),
        ({"type": "service_request", "class_code": "meter_abnormal"}, 4 * 7.5 * HOUR, True),
        ({"type": "service_request", "class_code": "reading_abnormal"}, 6 * 7.5 * HOUR, True),
        ({"type": "service_request", "class_code": "reconnection"}, 24 * HOUR, False),
        ({"type": "service_request", "class_code": "appliance_damage.fire"}, 24 * HOUR, False),
    ],
)
def test_a_unit_has_the_time_of_the_sub_type(
    org_tree: Any, office: WorkCalendar, fields: dict[str, Any], length: dt.timedelta, with_calendar: bool
) -> None:
    clock = limits.build("handling", of(org_tree, **fields), AT)[0]
    assert clock.budget == length
    assert (clock.calendar == office) == with_calendar
    assert clock.policy_value_id is not None


def test_the_first_contact_is_limited_for_complaints_only(org_tree: Any) -> None:
    assert minutes("contact", of(org_tree, type="complaint")) == 1440
    assert minutes("contact", of(org_tree, type="consulting")) is None


def test_a_clock_remembers_the_value_it_came_from(org_tree: Any) -> None:
    request = of(org_tree, fault_class="metering")
    with_value = clock_actions.start_many(ME, limits.build("arrival.standard", request, AT))[0]
    assert with_value.policy_key == "clock.arrival.standard"
    assert with_value.policy_value_id == policies.find("clock.arrival.standard", org_tree.county, AT).id


def test_another_class_gives_other_budgets_and_keeps_the_history(org_tree: Any, office: WorkCalendar) -> None:
    """From a service request of five working days to one of 24 hours: another length, on another calendar."""
    request = of(org_tree, type="service_request")
    clock_actions.start_many(ME, [*limits.build("handling", request, AT), *limits.build("callback", request, AT)])
    request.class_code = "reconnection"
    changed = list(limits.rebudgeted(request, batch.live(request, None)))
    assert [(clock.kind, budget.length) for clock, budget in changed] == [("handling", 24 * HOUR)]
    for clock, budget in changed:
        clock_actions.recompute(
            ME, clock, budget.length, "改类", at=AT + HOUR,
            policy_key=budget.policy, policy_value_id=budget.value_id, calendar=budget.calendar,
        )  # fmt: skip
    clock = Clock.objects.get(kind="handling")
    assert clock.due_at == AT + 24 * HOUR
    assert clock.calendar is None and clock.policy_key == "clock.handling.hours"
    line = clock.changes.get()
    assert (line.before["calendar_id"], line.after["calendar_id"]) == (office.pk, None)
    assert list(limits.rebudgeted(request, batch.live(request, None))) == []


def test_on_hold_what_the_customer_keeps_waiting_stands_still(org_tree: Any) -> None:
    request = of(org_tree)
    clock_actions.start_many(
        ME, [clock for kind in ("arrival.standard", "restore.mean") for clock in limits.build(kind, request, AT)]
    )
    batch.hold(ME, request, limits.pausable(request), "客户要求改期", AT + HOUR)
    assert dict(Clock.objects.values_list("kind", "state")) == {"arrival.standard": "running", "restore.mean": "paused"}
    batch.hold(ME, request, limits.pausable(request), "再次挂起", AT + 2 * HOUR)  # held already: nothing happens
    batch.go_on(ME, request, None, AT + 3 * HOUR)
    assert Clock.objects.get(kind="restore.mean").due_at == AT + 5 * HOUR  # 3 h, of which 1 was used, from 12:00
