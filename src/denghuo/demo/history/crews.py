"""The field's side: dispatch, journey, work, return."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from denghuo.apps.field import actions as field
from denghuo.apps.field.checklists import lines_of
from denghuo.apps.field.choices import ChecklistPart, OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.requests.models import Request
from denghuo.demo.history import words
from denghuo.demo.history.cast import Cast
from denghuo.demo.history.story import Story
from denghuo.demo.replay import pictures

#: minutes from setting out to arriving: usual low and high, by area
JOURNEY = {"urban": (12, 34), "rural": (25, 68), "remote": (45, 95)}
LATE_SHARE, LATE_FACTOR = 0.05, 1.9
WORK = (18, 95)
PICTURE_SETS = 6
FORGETS = 17  # one order in so many lacks a tick


class Crews:
    """Dispatchers and crews. One order at a time a crew: the next waits until the last is returned."""

    def __init__(self, story: Story, cast: Cast) -> None:
        self.story, self.cast = story, cast
        self.free: dict[int, dt.datetime] = {}
        self.pictures = [pictures.make(Random(f"pictures:{n}")) for n in range(PICTURE_SETS)]
        self.on_returned: Callable[[int], None] = lambda request_id: None

    def dispatch(self, request_id: int) -> None:
        """Send the crew that is suggested first."""
        request = Request.objects.select_related("org").get(pk=request_id)
        if request.state not in {"accepted", "rework"}:
            return
        dispatcher = self.cast.dispatcher(request.org)
        ranked = field.suggest_crews(dispatcher, request_id)
        if not ranked:
            return
        order = field.dispatch_request(dispatcher, request_id, crew_id=ranked[0].crew.pk)
        self.story.later(0.5, 4, self._accept, order.pk)

    def go_again(self, request_id: int) -> None:
        """The order of the newest round, made by the field app itself, is taken on."""
        self.story.settle()
        order = WorkOrder.objects.filter(request_id=request_id, state=OrderState.SENT).order_by("-round").first()
        if order is not None:
            self.story.later(1, 6, self._accept, order.pk)

    def sent_back(self, request_id: int) -> bool:
        """Whether the newest order came back from review before."""
        return WorkOrder.objects.filter(request_id=request_id, visit__gt=1).exists()

    def take_up_again(self, request_id: int) -> None:
        """Paperwork is mended without a second journey."""
        self.story.settle()
        order = WorkOrder.objects.filter(request_id=request_id, state=OrderState.SENT_BACK).first()
        if order is not None:
            self.story.later(2, 10, self._mend, order.pk)

    def _mend(self, order_id: int) -> None:
        order = WorkOrder.objects.get(pk=order_id)
        field.accept_order(self.cast.leaders[order.crew_id], order_id)
        self.story.later(3, 12, self._finish, order_id)

    def _accept(self, order_id: int) -> None:
        order = WorkOrder.objects.get(pk=order_id)
        if order.state != OrderState.SENT:
            return
        field.accept_order(self.cast.leaders[order.crew_id], order_id)
        wait = max(self.story.now, self.free.get(order.crew_id, self.story.now)) + dt.timedelta(
            minutes=self.story.rng.uniform(1, 5)
        )
        self.free[order.crew_id] = wait + dt.timedelta(minutes=45)  # corrected when the work is done
        self.story.plan(wait, self._depart, order_id)

    def _depart(self, order_id: int) -> None:
        story = self.story
        order = WorkOrder.objects.select_related("crew", "request").get(pk=order_id)
        leader = self.cast.leaders[order.crew_id]
        field.position_crew(
            leader, order.crew_id, lon=order.crew.lon, lat=order.crew.lat
        )  # the phone tells as it leaves
        field.depart_order(leader, order_id)
        low, high = JOURNEY[order.request.area_type or "urban"]
        minutes = story.rng.uniform(low, high) * (LATE_FACTOR if story.chance(LATE_SHARE) else 1)
        story.plan(story.now + dt.timedelta(minutes=minutes / 2), self._pass_by, order_id)
        story.plan(story.now + dt.timedelta(minutes=minutes), self._arrive, order_id)

    def _pass_by(self, order_id: int) -> None:
        """Half-way: the map shows it moving."""
        order = WorkOrder.objects.select_related("crew").get(pk=order_id)
        crew = order.crew
        if order.lon is None or order.lat is None:
            return
        leader = self.cast.leaders[crew.pk]
        field.position_crew(leader, crew.pk, lon=(crew.lon + order.lon) / 2, lat=(crew.lat + order.lat) / 2)

    def _arrive(self, order_id: int) -> None:
        order = WorkOrder.objects.get(pk=order_id)
        leader = self.cast.leaders[order.crew_id]
        field.arrive_order(leader, order_id, lon=order.lon, lat=order.lat)
        if order.lon is not None and order.lat is not None:
            field.position_crew(leader, order.crew_id, lon=order.lon, lat=order.lat)
        if self.story.chance(0.4):
            self.story.later(3, 12, self._picture, order_id, "before")
        self.story.later(*WORK, self._finish, order_id)

    def _picture(self, order_id: int, kind: str) -> None:
        order = WorkOrder.objects.get(pk=order_id)
        content = self.pictures[order_id % PICTURE_SETS][kind]
        file = SimpleUploadedFile(f"{kind}.png", content, "image/png")
        field.add_photo(self.cast.leaders[order.crew_id], order_id, file=file, kind=kind, client_id=self.story.new_id())

    def _tick(self, order: WorkOrder) -> None:
        """What the crew did by the book, ticked on the phone; now and then one measure is forgotten."""
        leader = self.cast.leaders[order.crew_id]
        for part in ChecklistPart:
            codes = [line.code for line in lines_of(order, part)]
            if part == ChecklistPart.SAFETY and order.pk % FORGETS == 0:
                codes.pop()
            field.tick_lines(leader, order.pk, part=part, codes=codes)

    def _finish(self, order_id: int) -> None:
        story = self.story
        order = WorkOrder.objects.select_related("request").get(pk=order_id)
        if order.state != OrderState.ARRIVED and order.visit == 1:
            return
        self._tick(order)
        self._picture(order_id, "after")
        signed = story.chance(0.85)
        if signed:
            self._picture(order_id, "signature")
        cause = story.rng.choice(words.CAUSES[order.request.phenomenon or "no_power"])
        began = max(order.arrived_at or story.now, order.request.accepted_at or story.now)
        restored = began + (story.now - began) * 0.9
        field.finish_order(
            self.cast.leaders[order.crew_id], order_id, cause=cause, result=words.RESULTS[cause], restored_at=restored,
            no_signature_reason="" if signed else words.NO_SIGNATURE,
        )  # fmt: skip
        self.free[order.crew_id] = story.now
        self.on_returned(order.request_id)
