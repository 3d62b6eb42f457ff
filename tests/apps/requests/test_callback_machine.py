"""Whatever the desk, the robot, the customer and the clock do in whatever order, the rules of calling hold.

Hypothesis makes up days of calls with the clock of the test. After each step: one plan a caller and round; never more
failed attempts than allowed; every dialling within calling hours and, after a failed one, not before the spacing is over;
what is over is never dialled again; the phase is always one that the table lets the step lead to.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from denghuo.apps.requests import actions
from denghuo.apps.requests.callbacks import robot
from denghuo.apps.requests.callbacks.machine import TABLE, Phase, Verb, phase_of
from denghuo.apps.requests.callbacks.planning import plan_calls
from denghuo.apps.requests.hours import is_open
from denghuo.apps.requests.models import CallBack, CallBackAttempt, Request
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from tests.apps.requests.test_loop import set_policy
from tests.apps.requests.world import NOTE, World

START = timezone.make_aware(dt.datetime(2026, 3, 2, 9, 0))
FAILED = ("no_answer", "busy", "powered_off", "wrong_number", "language")
OVER = {Phase.DONE, Phase.REWORK, Phase.UNREACHABLE, Phase.CANCELLED}


class Clock:
    """The time of the business, moved by the rules."""

    now: ClassVar[dt.datetime] = START


class Calls(RuleBasedStateMachine):
    """Some days of calling back three customers."""

    world: ClassVar[World]
    other: ClassVar[Actor]
    machine: ClassVar[Actor]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        Clock.now = START
        self.made: list[int] = []
        self.over: dict[int, int] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def customers(self) -> None:
        self.made = [self.world.reviewed().pk for _number in range(3)]

    @rule(minutes=st.sampled_from([1, 5, 14, 16, 61, 240, 600, 1440]))
    def time_passes(self, minutes: int) -> None:
        Clock.now += dt.timedelta(minutes=minutes)

    @rule(who=st.booleans())
    def somebody_takes(self, who: bool) -> None:
        actor = self.world.caller if who else self.other
        plan = actions.take_callback(actor)
        if plan is not None and plan.held_at == Clock.now:
            assert is_open(Clock.now, plan.request.org)
            assert plan.not_before <= Clock.now

    @rule(count=st.integers(1, 3))
    def the_robot_leases(self, count: int) -> None:
        for leased in robot.lease_callbacks(self.machine, count):
            assert is_open(Clock.now, leased.plan.request.org)
            assert leased.plan.round == 1 and leased.plan.not_before <= Clock.now

    @rule(which=st.integers(0, 2), what=st.sampled_from(["dial", "release", "reschedule", "number"]), who=st.booleans())
    def the_desk_does(self, which: int, what: str, who: bool) -> None:
        actor = self.world.caller if who else self.other
        plan = self._last(which)
        verbs: dict[str, tuple[Verb, Any]] = {
            "dial": (Verb.DIAL, lambda: actions.dial_callback(actor, plan.pk)),
            "release": (Verb.RELEASE, lambda: actions.release_callback(actor, plan.pk)),
            "reschedule": (
                Verb.RESCHEDULE,
                lambda: actions.reschedule_callback(actor, plan.pk, not_before=Clock.now + dt.timedelta(hours=5)),
            ),
            "number": (Verb.SUPPLY_NUMBER, lambda: actions.supply_number(actor, plan.pk, phone="13900005566")),
        }
        self._do(plan, *verbs[what])

    @rule(
        which=st.integers(0, 2),
        outcome=st.sampled_from(["answered", "answered", "partly", "later", "refused", *FAILED]),
        happy=st.booleans(),
        who=st.sampled_from(["caller", "other", "robot"]),
    )
    def somebody_reports(self, which: int, outcome: str, happy: bool, who: str) -> None:
        plan = self._last(which)
        actor = {"caller": self.world.caller, "other": self.other, "robot": self.machine}[who]
        told: dict[str, Any] = {"outcome": outcome}
        if outcome == "answered":
            told |= {"resolved": happy, "satisfaction": "satisfied" if happy else "dissatisfied", "note": NOTE}
        if outcome == "later":
            told["ask_at"] = Clock.now + dt.timedelta(hours=2)
        if outcome == "language":
            told["language"] = "粤语"
        if who == "robot":
            told["lease"] = plan.lease
        self._do(plan, Verb.RECORD, lambda: actions.record_attempt(actor, plan.pk, **told))

    @rule(which=st.integers(0, 2))
    def the_crew_works_again(self, which: int) -> None:
        request = Request.objects.get(pk=self.made[which])
        if request.state == "rework" and not request.supervised:
            self.world.work_again(request)

    @rule(which=st.integers(0, 2))
    def a_second_plan_of_the_same_round_cannot_be(self, which: int) -> None:
        request = Request.objects.get(pk=self.made[which])
        if CallBack.objects.filter(request=request, round=request.round).exists():
            with pytest.raises(Exception, match="requests_callback_once_a_round"), transaction.atomic():
                plan_calls([request], Clock.now)

    def _last(self, which: int) -> CallBack:
        return CallBack.objects.select_related("request__org").filter(request=self.made[which]).latest("round")

    def _do(self, plan: CallBack, verb: Verb, act: Any) -> None:
        before = phase_of(plan, Clock.now)
        state = (plan.state, plan.attempts, plan.not_before)
        try:
            with transaction.atomic():
                act()
        except ActionError:
            kept = CallBack.objects.get(pk=plan.pk)
            assert (kept.state, kept.attempts, kept.not_before) == state
            return
        after = phase_of(CallBack.objects.get(pk=plan.pk), Clock.now)
        # Whoever let a plan lie may still report as long as nobody else has taken it.
        allowed = TABLE[before] if verb in TABLE[before] else TABLE[Phase.HELD]
        assert before not in OVER, f"{verb} went through on what was {before}"
        assert after in allowed[verb], f"{verb} led from {before} to {after}"

    @invariant()
    def one_plan_a_caller_and_round(self) -> None:
        plans = Counter(CallBack.objects.filter(request__in=self.made).values_list("request_id", "round"))
        assert all(count == 1 for count in plans.values())

    @invariant()
    def never_more_attempts_than_allowed(self) -> None:
        most, put_off = policies.get("callback.max_attempts"), policies.get("callback.max_postponed")
        for plan in CallBack.objects.filter(request__in=self.made).prefetch_related("tries"):
            tries = len(plan.tries.all())
            assert plan.attempts <= most and plan.postponed <= put_off
            assert tries == plan.attempts + plan.postponed
            if plan.state == "pending":
                assert plan.attempts < most

    @invariant()
    def diallings_keep_their_distance(self) -> None:
        spacing = dt.timedelta(minutes=policies.get("callback.spacing_minutes"))
        for plan in CallBack.objects.filter(request__in=self.made):
            times = list(CallBackAttempt.objects.filter(call_back=plan).order_by("pk").values_list("at", flat=True))
            assert all(b - a >= spacing for a, b in itertools.pairwise(times))

    @invariant()
    def a_plan_that_waits_opens_within_calling_hours(self) -> None:
        for plan in CallBack.objects.filter(request__in=self.made, state="pending").select_related("request__org"):
            assert is_open(plan.not_before, plan.request.org)

    @invariant()
    def what_is_over_stays_over(self) -> None:
        for plan in CallBack.objects.filter(request__in=self.made).exclude(state="pending").prefetch_related("tries"):
            tries = len(plan.tries.all())
            assert self.over.setdefault(plan.pk, tries) == tries
            assert plan.holder_id is None

    @invariant()
    def the_request_waits_for_its_call_and_for_nothing_else(self) -> None:
        pending = set(
            CallBack.objects.filter(request__in=self.made, state="pending").values_list("request_id", "round")
        )
        assert pending == set(Request.objects.filter(pk__in=self.made, state="callback").values_list("pk", "round"))


@pytest.mark.django_db
def test_whatever_happens_the_rules_of_calling_hold(
    world: World, actor_for_role: Any, org_tree: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moment, "now", lambda: Clock.now)
    Calls.world = world
    Calls.other = actor_for_role("callback_agent", org_tree.city)
    Calls.machine = actor_for_role("callback_robot", org_tree.city)
    set_policy("callback.max_rounds", 2)
    run_state_machine_as_test(
        Calls,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
