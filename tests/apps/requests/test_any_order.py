"""Whatever is done in whatever order, the loop holds together.

Hypothesis makes up days of work: every step is tried in every state, by those who may. A step that the table of steps
allows must go through (or be refused for a reason the table does not know); one it does not allow must be refused. After
each step: every open request has a next step, merged groups are trees of depth one, callers have exactly one call-back a
round, clocks add up, and the event log alone gives the state that the table shows.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from denghuo.apps.metrics.states import state_after
from denghuo.apps.requests import actions
from denghuo.apps.requests.flowing import possible
from denghuo.apps.requests.handling.models import Hold
from denghuo.apps.requests.models import CallBack, Request
from denghuo.apps.requests.steps import FINAL, VERBS
from denghuo.core import moment
from denghuo.core.clocks.models import LIVE_STATES, Clock
from denghuo.core.clocks.reading import clock_state
from denghuo.core.errors import ActionError, Conflict
from denghuo.core.scoping.models import OrgUnit
from tests.apps.requests.test_loop import _call_all_day, set_policy  # noqa: F401
from tests.apps.requests.world import NOTE, World

STEPS = sorted(VERBS)
# Refusals the table of steps does not know: they depend on more than the state.
EXTRA = {
    "not_arrived", "crew_there", "has_merged", "not_supervised", "master_state", "wrong_state", "urge_limit", "urge_too_soon",
    "changed", "wrong_type", "held", "held_too_often", "too_late", "closed_hours",
}  # fmt: skip
OTHER = {"type": "complaint", "phenomenon": "", "scope": "", "occurred_at": None, "description": "乱收费"}


class Day(RuleBasedStateMachine):
    """One day at the centre."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.made: list[int] = []
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def first_callers(self) -> None:
        self.made = [self.world.submitted().pk for _number in range(2)]

    @rule(fault=st.sampled_from([True, True, True, False]))
    def a_customer_calls(self, fault: bool) -> None:
        if len(self.made) < 6:
            self.made.append(self.world.submitted(**({} if fault else OTHER)).pk)

    @rule(which=st.integers(0, 5), verb=st.sampled_from(STEPS), other=st.integers(0, 5), bright=st.booleans())
    def any_step(self, which: int, verb: str, other: int, bright: bool) -> None:
        self._try(self.made[which % len(self.made)], verb, self.made[other % len(self.made)], bright)

    @rule(which=st.integers(0, 5), choice=st.integers(0, 50), other=st.integers(0, 5), bright=st.booleans())
    def a_step_in_turn(self, which: int, choice: int, other: int, bright: bool) -> None:
        request = Request.objects.get(pk=self.made[which % len(self.made)])
        steps = [s for s in possible(request) if s not in {"cancel", "urge"}]
        if steps:
            self._try(request.pk, steps[choice % len(steps)], self.made[other % len(self.made)], bright)

    @rule(which=st.integers(0, 5), far=st.integers(1, 6), bright=st.booleans(), other=st.integers(0, 5))
    def the_work_goes_on(self, which: int, far: int, bright: bool, other: int) -> None:
        pk = self.made[which % len(self.made)]
        for _step in range(far):
            request = Request.objects.get(pk=pk)
            verb = self._usual(request)
            if verb is None:
                return
            # Reviews mostly pass; what the customer says differs.
            self._try(pk, verb, self.made[other % len(self.made)], bright if verb == "call_back" else True)

    def _usual(self, request: Request) -> str | None:
        fault = request.type == "fault_report"
        if request.state == "dispatched":
            return "arrive" if request.arrived_at is None else "return"
        if request.state == "rework" and request.supervised:
            return "archive"
        send = "dispatch" if fault else "assign"
        usual = {"submitted": "accept", "accepted": send, "rework": send, "handling": "reply", "returned": "review"}
        return {**usual, "callback": "call_back"}.get(request.state)

    def _try(self, pk: int, verb: str, other: int, bright: bool) -> None:
        before = Request.objects.get(pk=pk)
        allowed = verb in possible(before)
        try:
            with transaction.atomic():
                self._do(before, verb, other, bright)
        except ActionError as error:
            refusal: ActionError | None = error
        else:
            refusal = None
        if refusal is None:
            assert allowed, f"{verb} went through from {before.state}"
            return
        assert Request.objects.get(pk=pk).version == before.version
        known = refusal.code in EXTRA | {"invalid_input"}
        assert known if allowed else isinstance(refusal, Conflict) or known, f"{verb} from {before.state}: {refusal!r}"

    def _do(self, request: Request, verb: str, other: int, bright: bool) -> None:
        w, pk = self.world, request.pk
        fault = request.type == "fault_report"
        if verb == "accept":
            kind = {"fault_class": "low_voltage"} if fault else {}
            actions.accept_request(w.agent, pk, area_type="urban" if bright else "rural", **kind)
        elif verb == "reclassify":
            area = "remote" if request.area_type != "remote" else "urban"
            actions.reclassify_request(w.agent, pk, area_type=area, reason="核实地域")
        elif verb == "merge":
            actions.merge_request(w.agent, pk, other, "同一故障")
        elif verb == "unmerge":
            actions.unmerge_request(w.agent, pk, reason="另一处故障")
        elif verb == "link_outage":
            raise Conflict("no outage today", code="wrong_state")
        elif verb == "dispatch":
            w.dispatch(request)
        elif verb == "progress":
            actions.mark_progress(w.crew, pk, order_id=1, step="departed")
        elif verb == "withdraw":
            actions.mark_withdrawn(w.crew, pk, order_id=1, reason="换班")
        elif verb == "arrive":
            w.arrive(request)
        elif verb == "return":
            w.finish(request)
        elif verb == "assign":
            actions.assign_handling(w.reviewer, pk)
        elif verb == "contact":
            actions.contact_customer(w.agent, pk)
        elif verb == "reply":
            actions.reply_request(w.reviewer, pk, result="已处理")
        elif verb == "answer":
            actions.answer_request(w.agent, pk, answer="已答复")
        elif verb == "review":
            actions.review_request(w.reviewer, pk, passed=bright, reason="" if bright else "材料不全")
        elif verb == "call_back":
            self._call(request, bright)
        elif verb == "archive":
            actions.archive_request(w.agent, pk, reason="主管决定")
        elif verb == "cancel":
            actions.cancel_request(w.agent, pk, reason="客户要求")
        elif verb == "decline":
            actions.decline_request(w.reviewer, pk, reason="missing_facts", text="缺户号")
        elif verb == "transfer":
            to = OrgUnit.objects.filter(kind="county", parent=request.org.parent).exclude(pk=request.org_id)[0]
            actions.transfer_request(w.reviewer, pk, org_id=to.pk, reason="boundary", text="交界线路")
        elif verb == "hold":
            until = moment.now() + dt.timedelta(hours=5)
            actions.hold_request(
                w.reviewer, pk, reason="customer" if bright else "traffic", text="等客户在家", until=until
            )
        elif verb == "reopen":
            actions.reopen_request(w.agent, pk, reason="又停了")
        elif verb == "urge":
            Request.objects.filter(pk=pk).update(urged_at=None)
            actions.urge_request(w.agent, pk, insist=bright)

    def _call(self, request: Request, bright: bool) -> None:
        plan = CallBack.objects.filter(request=request, state="pending").first()
        if plan is None:
            raise Conflict("nobody to call", code="wrong_state")
        if bright:
            self.world.call(request)
        elif plan.attempts:
            self.world.call(request, resolved=False, satisfaction="dissatisfied", note=NOTE)
        else:
            self.world.call(request, outcome="no_answer")

    @invariant()
    def every_open_request_has_a_next_step(self) -> None:
        for request in Request.objects.filter(pk__in=self.made):
            assert set(possible(request)) <= {"reopen"} if request.state in FINAL else possible(request)

    @rule(which=st.integers(0, 5))
    def what_was_held_goes_on(self, which: int) -> None:
        request = Request.objects.get(pk=self.made[which % len(self.made)])
        if request.held_at is not None:
            actions.resume_request(self.world.reviewer, request.pk)
            return
        with pytest.raises(Conflict), transaction.atomic():
            actions.resume_request(self.world.reviewer, request.pk)

    @invariant()
    def what_is_held_is_on_record_and_its_clocks_stand_still(self) -> None:
        held = set(Request.objects.filter(pk__in=self.made, held_at__isnull=False).values_list("pk", flat=True))
        assert held == set(
            Hold.objects.filter(request__in=self.made, ended_at=None).values_list("request_id", flat=True)
        )
        paused = Clock.objects.filter(subject_kind="request", subject_id__in=self.made, state="paused")
        assert {clock.subject_id for clock in paused} <= held

    @invariant()
    def merged_groups_are_trees_of_depth_one(self) -> None:
        for child in Request.objects.filter(pk__in=self.made, master__isnull=False).select_related("master"):
            assert child.master is not None
            assert child.master.master_id is None
            if child.state == "merged":
                assert child.master.state not in {"callback", "archived", "cancelled"}

    @invariant()
    def everybody_is_called_once_a_round(self) -> None:
        plans = list(CallBack.objects.filter(request__in=self.made))
        assert all(n == 1 for n in Counter((p.request_id, p.round) for p in plans).values())
        pending = {p.request_id: p.round for p in plans if p.state == "pending"}
        waiting = {r.pk: r.round for r in Request.objects.filter(pk__in=self.made, state="callback")}
        assert pending == waiting

    @invariant()
    def clocks_add_up_and_stop_with_their_request(self) -> None:
        now = moment.now() + dt.timedelta(minutes=5)
        states = dict(Request.objects.filter(pk__in=self.made).values_list("pk", "state"))
        for clock in Clock.objects.filter(subject_kind="request", subject_id__in=self.made).select_related("calendar"):
            reading = clock_state(clock, now)
            assert reading.elapsed + reading.remaining == reading.budget
            if clock.state in LIVE_STATES:
                assert states[clock.subject_id] not in FINAL | {"merged"}

    @invariant()
    def the_log_alone_gives_the_states(self) -> None:
        told: dict[int, str] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT subject_id, kind, payload FROM core_event WHERE subject_kind = 'request' AND subject_id = ANY(%s) ORDER BY id",
                [self.made],
            )
            for pk, kind, payload in cursor.fetchall():
                held = json.loads(payload) if isinstance(payload, str) else payload
                told[pk] = state_after(kind, held) or told.get(pk, "")
        assert told == dict(Request.objects.filter(pk__in=self.made).values_list("pk", "state"))


@pytest.mark.django_db
def test_whatever_is_done_in_whatever_order_the_loop_holds_together(world: World) -> None:
    Day.world = world
    set_policy("callback.max_rounds", 2)
    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
