"""Steps the system takes by itself, and steps that are nothing but data."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from denghuo.apps.catalogue.actions import release, save_draft
from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.catalogue.models import Flow
from denghuo.apps.requests import actions, automatic, flowing
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.sweeper import sweep_all
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.events import consumers, log, timeline
from tests.apps.requests.world import World
from tests.helpers.refusals import refused

MINUTES = dt.timedelta(minutes=1)


@pytest.fixture
def own_flow(org_tree: Any, system: Actor) -> Any:
    """``own_flow(*steps, states=…, fields=…)``: the county's fault flow with these steps besides."""

    def make(*steps: dict[str, Any], states: Any = (), fields: Any = ()) -> int:
        document = copy.deepcopy(Flow.objects.get(code="fault_report", org=None).document)
        document["steps"] += steps
        document["states"] += states
        document["fields"] = list(fields)
        draft = save_draft(system, "flow", code="fault_report", document=document, org=org_tree.county)
        made = release(system, "flow", draft.pk)
        FLOWS.changed()
        return made.pk

    return make


def remind(**automatic: Any) -> dict[str, Any]:
    return {"verb": "remind", "label": "提醒", "from": ["accepted"], "automatic": automatic}


def steps_of(request: Request) -> list[tuple[str, str]]:
    events = timeline("request", request.pk)
    return [(one.payload["verb"], one.actor_kind) for one in events if one.kind == "request.stepped"]


def later(minutes: float) -> dt.datetime:
    return moment.now() + minutes * MINUTES


def test_a_step_is_taken_once_when_its_time_in_the_state_is_over(world: World, own_flow: Any) -> None:
    own_flow(remind(after_minutes=10))
    made = world.accepted()
    assert automatic.take_due(later(9)) == 0
    assert automatic.take_due(later(11)) == 1
    assert automatic.take_due(later(20)) == 0
    assert steps_of(made) == [("remind", "system")]


def test_a_new_stay_in_the_state_counts_anew(world: World, own_flow: Any) -> None:
    own_flow(remind(after_minutes=10))
    made = world.accepted()
    automatic.take_due(later(11))
    world.dispatch(made)
    actions.mark_withdrawn(world.crew, made.pk, order_id=1, reason="换班")
    automatic.take_due(later(30))
    assert len(steps_of(made)) == 2


def test_a_request_that_moved_on_or_is_held_is_left_alone(world: World, own_flow: Any) -> None:
    own_flow(remind(after_minutes=10))
    gone, held = world.accepted(), world.accepted()
    world.dispatch(gone)
    Request.objects.filter(pk=held.pk).update(held_at=moment.now())
    assert automatic.take_due(later(30)) == 0
    assert steps_of(gone) == steps_of(held) == []


def test_a_step_with_code_is_taken_by_its_action(world: World, own_flow: Any) -> None:
    own_flow({
        "verb": "cancel", "label": "逾期撤销", "from": ["on_ice"], "to": "cancelled", "automatic": {"after_minutes": 5},
    }, {"verb": "freeze", "label": "暂缓", "from": ["accepted"], "to": "on_ice", "roles": ["agent"]},
        states=[{"code": "on_ice", "label": "暂缓", "phase": "accepted"}])  # fmt: skip
    made = world.accepted()
    actions.take_step(world.agent, made.pk, "freeze")
    assert automatic.take_due(later(6)) == 1
    made.refresh_from_db()
    assert (made.state, made.step) == ("cancelled", "cancelled")
    assert not Clock.objects.filter(subject_id=made.pk, subject_kind="request", state="running").exists()


def test_a_breach_takes_the_step_tied_to_it_once(world: World, own_flow: Any) -> None:
    own_flow(remind(on_breach="dispatch"))
    made = world.accepted()
    consumers.run_once(["requests.automatic"], below=log.own_horizon)
    clock = Clock.objects.get(subject_kind="request", subject_id=made.pk, kind="dispatch")
    sweep_all(clock.due_at + MINUTES)
    for _twice in range(2):
        consumers.run_once(["requests.automatic"], below=log.own_horizon)
    assert steps_of(made) == [("remind", "system")]


def test_a_step_that_cannot_be_taken_is_told_once_and_stops_no_other(world: World, own_flow: Any) -> None:
    stuck = remind(after_minutes=5) | {"required": ["colour"]}
    own_flow(stuck, {"verb": "note_it", "label": "记一笔", "from": ["accepted"], "automatic": {"after_minutes": 6}},
             fields=[{"code": "colour", "label": "颜色"}])  # fmt: skip
    made = world.accepted()
    for _twice in range(2):
        automatic.take_due(later(30))
    assert steps_of(made) == [("note_it", "system")]
    assert world.kinds(made).count("request.automatic_refused") == 1


VOLTS = {"code": "volts", "label": "实测电压", "kind": "number", "unit": "V", "least": 0, "most": 500}
MEASURE = {"verb": "measure", "label": "测量", "from": ["accepted"], "required": ["volts"], "roles": ["agent"]}


def test_a_step_of_data_keeps_what_was_found(world: World, own_flow: Any) -> None:
    own_flow(MEASURE, fields=[VOLTS])
    made = world.accepted()
    actions.take_step(world.agent, made.pk, "measure", values={"volts": "198.5"})
    made.refresh_from_db()
    assert flowing.answers_of(made)["volts"] == 198.5
    assert steps_of(made) == [("measure", "staff")]


@pytest.mark.parametrize("volts", ["", "很多", "-1", "501", "nan", True])
def test_a_value_that_does_not_fit_is_refused_at_its_field(world: World, own_flow: Any, volts: Any) -> None:
    own_flow(MEASURE, fields=[VOLTS])
    made = world.accepted()
    with refused(InvalidInput) as caught:
        actions.take_step(world.agent, made.pk, "measure", values={"volts": volts})
    assert set(caught.value.fields) == {"volts"}


def test_only_the_roles_of_the_flow_take_a_step_of_data(world: World, own_flow: Any) -> None:
    own_flow(MEASURE, fields=[VOLTS])
    with refused(NotAllowed):
        actions.take_step(world.caller, world.accepted().pk, "measure", values={"volts": 220})


def test_a_fault_of_a_sub_type_follows_its_own_flow(world: World) -> None:
    made = world.submitted()
    made = actions.accept_request(world.agent, made.pk, fault_class="power_quality", area_type="urban")
    assert flowing.flow_of(made).code == "fault_power_quality"
    world.dispatch(made)
    assert "measure" in flowing.possible(Request.objects.get(pk=made.pk))


def test_an_open_request_keeps_its_edition_when_a_newer_one_is_released(world: World, own_flow: Any) -> None:
    made = world.accepted()
    newer = own_flow(remind(after_minutes=10))
    world.dispatch(made)
    made.refresh_from_db()
    assert made.flow_id != newer
    assert world.accepted().flow_id == newer
