"""A county with one transformer and an account on it, and the people of the loop."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

from denghuo.apps.customers.models import Account, Customer
from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.apps.requests import actions
from denghuo.apps.requests.hours import is_open, next_opening
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import timeline
from denghuo.core.scoping.models import OrgUnit

NOTE = "客户反映仍未恢复"


@dataclass
class World:
    """Shorthands for tests: each takes a request the usual way to some state."""

    org: OrgUnit
    account: Account
    transformer: Transformer
    agent: Actor
    reviewer: Actor
    caller: Actor
    crew: Actor
    orders: Any = field(default_factory=lambda: itertools.count(1))

    def draft(self, **changes: Any) -> actions.RequestDraft:
        data: dict[str, Any] = {
            "type": "fault_report",
            "channel": "web_form",
            "caller_name": "江小满",
            "caller_phone": "13900001234",
            "account_id": self.account.pk,
            "phenomenon": "no_power",
            "scope": "single",
            "occurred_at": moment.now() - dt.timedelta(minutes=10),
            "client_id": uuid.uuid4(),
        }
        return actions.RequestDraft(**{**data, **changes})

    def submitted(self, **changes: Any) -> Request:
        return actions.submit_request(Actor.customer(), data=self.draft(**changes))

    def accepted(self, area_type: str = "urban", **changes: Any) -> Request:
        made = self.submitted(**changes)
        fault = "low_voltage" if made.type == "fault_report" else ""
        return actions.accept_request(self.agent, made.pk, fault_class=fault, area_type=area_type)

    def dispatch(self, request: Request) -> Request:
        return actions.mark_dispatched(self.crew, request.pk, order_id=next(self.orders), crew_name="抢修一班")

    def arrive(self, request: Request) -> Request:
        return actions.mark_arrived(self.crew, request.pk, order_id=1)

    def finish(self, request: Request, **changes: Any) -> Request:
        data: dict[str, Any] = {"order_id": 1, "cause": "equipment", "result": "更换低压熔断器，已恢复供电"}
        return actions.mark_returned(self.crew, request.pk, **{**data, **changes})

    def dispatched(self, **changes: Any) -> Request:
        return self.dispatch(self.accepted(**changes))

    def returned(self, **changes: Any) -> Request:
        request = self.dispatched(**changes)
        self.arrive(request)
        return self.finish(request)

    def reviewed(self, **changes: Any) -> Request:
        return actions.review_request(self.reviewer, self.returned(**changes).pk, passed=True)

    def work_again(self, request: Request) -> Request:
        """A round of rework up to its call-back."""
        self.dispatch(request)
        self.arrive(request)
        self.finish(request)
        return actions.review_request(self.reviewer, request.pk, passed=True)

    def plan(self, request: Request) -> CallBack:
        """The open call-back plan of a request, due now and held by the caller."""
        plan = CallBack.objects.get(request=request, state="pending")
        now = moment.now()
        # Tests run at any hour: a call at night began when calling was still allowed.
        dialled = None if is_open(now, self.org) else next_opening(now - dt.timedelta(days=1), self.org)
        CallBack.objects.filter(pk=plan.pk).update(
            holder_id=self.caller.id, held_at=now, dialled_at=dialled, not_before=now - dt.timedelta(seconds=1)
        )
        return plan

    def call(self, request: Request, outcome: str = "answered", **answer: Any) -> CallBack:
        """One dialling; by default the customer is satisfied."""
        if outcome == "answered":
            answer = {"resolved": True, "satisfaction": "satisfied", **answer}
        return actions.record_attempt(self.caller, self.plan(request).pk, outcome=outcome, **answer)

    def complain(self, request: Request) -> CallBack:
        return self.call(request, resolved=False, satisfaction="dissatisfied", note=NOTE)

    def kinds(self, request: Request, *, clocks: bool = False) -> list[str]:
        """Kinds of the request's events in order."""
        return [e.kind for e in timeline("request", request.pk) if clocks or not e.kind.startswith("clock.")]


def build(org_tree: Any, actor_for_role: Any) -> World:
    county = org_tree.county
    station = Substation.objects.create(org=county, code="T-S1", name="柳溪变", lon=120.1, lat=30.1)
    feeder = Feeder.objects.create(org=county, substation=station, code="T-F1", name="柳溪 10kV 一线")
    transformer = Transformer.objects.create(
        org=county, feeder=feeder, code="T-T1", name="柳溪一号台区", capacity_kva=400, lon=120.1, lat=30.1, customers=80
    )
    customer = Customer.objects.create(org=county, name="江小满", phone="13900001234")
    account = Account.objects.create(
        org=county, number="3300012345", customer=customer, address="柳溪县河边路 8 号", area_type="urban",
        transformer_id=transformer.pk, meter_no="M1", lon=120.1, lat=30.1,
    )  # fmt: skip
    return World(
        org=county,
        account=account,
        transformer=transformer,
        agent=actor_for_role("agent", org_tree.city),
        reviewer=actor_for_role("dispatcher", org_tree.city),
        caller=actor_for_role("callback_agent", org_tree.city),
        crew=actor_for_role("crew_member", org_tree.team),
    )
