"""A county with two crews, a third next door, and the requests they are sent to."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.field import actions
from denghuo.apps.field.models import Crew, CrewMember, OrderPhoto, WorkOrder
from denghuo.apps.requests import actions as requests_actions
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import timeline
from denghuo.core.events.consumers import run_once
from denghuo.core.events.log import own_horizon
from tests.apps.requests import world

RESULT = "更换低压熔断器，已恢复供电"


@dataclass
class Site:
    """Crews, people, and shorthands that take an order the usual way to some state."""

    world: world.World
    org_tree: Any
    dispatcher: Actor
    crew: Crew
    worker: Actor
    worker_staff: Staff
    other_crew: Crew
    other_worker: Actor
    neighbour: Crew

    def accepted(self, **changes: Any) -> Request:
        return self.world.accepted(**changes)

    def sent(self, **changes: Any) -> WorkOrder:
        return actions.dispatch_request(self.dispatcher, self.accepted(**changes).pk, crew_id=self.crew.pk)

    def arrived(self, order: WorkOrder | None = None) -> WorkOrder:
        order = order or self.sent()
        actions.accept_order(self.worker, order.pk)
        actions.depart_order(self.worker, order.pk)
        return actions.arrive_order(self.worker, order.pk)

    def photo(self, order: WorkOrder, kind: str = "after", **more: Any) -> OrderPhoto:
        more = {"client_id": uuid.uuid4(), "file": picture(), **more}
        return actions.add_photo(self.worker, order.pk, kind=kind, **more)

    def finish(self, order: WorkOrder, **more: Any) -> WorkOrder:
        more = {"cause": "equipment", "result": RESULT, "restored_at": moment.now(), **more}
        return actions.finish_order(self.worker, order.pk, **more)

    def finished(self, order: WorkOrder | None = None) -> WorkOrder:
        order = self.arrived(order)
        self.photo(order)
        self.photo(order, "signature", file=picture("PNG"))
        return self.finish(order)

    def review(self, order: WorkOrder, passed: bool, reason: str = "") -> WorkOrder:
        requests_actions.review_request(self.world.reviewer, order.request_id, passed=passed, reason=reason)
        follow()
        order.refresh_from_db()
        return order


def follow() -> int:
    """Let the field's subscriber take everything that is in the log."""
    return run_once(["field.requests"], below=own_horizon)


def picture(kind: str = "JPEG", colour: str = "red") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, kind)
    name = "photo.png" if kind == "PNG" else "photo.jpg"
    return SimpleUploadedFile(name, out.getvalue(), f"image/{kind.lower()}")


def kinds(order: WorkOrder) -> list[str]:
    """Kinds of an order's events in order, photos' file events left out."""
    return [event.kind for event in timeline("order", order.pk) if event.kind != "file.stored"]


def build(org_tree: Any, make_staff: Any, actor_for_role: Any) -> Site:
    def crew(number: int, org: Any, lon: float, **more: Any) -> Crew:
        more = {"skills": ["low_voltage"], **more}
        return Crew.objects.create(
            org=org, code=f"T-C{number}", name=f"测试抢修{number}班", base_lon=lon, base_lat=30.1, lon=lon, lat=30.1,
            positioned_at=moment.now(), **more,
        )  # fmt: skip

    def member(of: Crew, role: str) -> Staff:
        staff: Staff = make_staff(role, of.org)
        CrewMember.objects.create(crew=of, staff=staff, is_leader=role == "crew_leader")
        return staff

    first, second = (
        crew(1, org_tree.team, 120.12),
        crew(2, org_tree.team, 120.3, skills=["low_voltage", "medium_voltage"]),
    )
    neighbour = crew(3, org_tree.team_b, 120.2, skills=["low_voltage", "metering"])
    worker = member(first, "crew_member")
    return Site(
        world=world.build(org_tree, actor_for_role),
        org_tree=org_tree,
        dispatcher=actor_for_role("dispatcher", org_tree.city),
        crew=first,
        worker=actor_for(worker),
        worker_staff=worker,
        other_crew=second,
        other_worker=actor_for(member(second, "crew_leader")),
        neighbour=neighbour,
    )


def later(minutes: float) -> dt.datetime:
    return moment.now() + dt.timedelta(minutes=minutes)
