"""Laying out the weeks, then living through them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from denghuo.apps.contacts.models import Contact
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Feeder, Outage
from denghuo.apps.requests.models import Request
from denghuo.core.events import Event, consumers, ensure_partitions, log
from denghuo.demo import attendance, questions, rosters, teamwork, voltage, workforce
from denghuo.demo.history import words
from denghuo.demo.history.announcing import announce
from denghuo.demo.history.cast import Cast
from denghuo.demo.history.crews import Crews
from denghuo.demo.history.desk import Desk
from denghuo.demo.history.story import Story
from denghuo.demo.sizes import SIZES, Size

DAY = dt.timedelta(days=1)
#: calls by hour of the day, relative: quiet nights, a morning and an evening peak
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 11, 12, 11, 10, 8, 8, 9, 9, 9, 10, 12, 13, 11, 8, 5, 3)
TODAY_SHARE = 0.2
TODAY_HOURS = 9

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Past:
    """What the history holds."""

    outages: int
    contacts: int
    requests: int
    orders: int
    events: int


def build(seed: int, size: str | Size, progress: Progress | None = None) -> Past:
    """Live through the days before now in the province that was built; needs no other process at work on it.

    Times are relative to now, so two builds differ by the moment they were made, and agree in everything else.
    """
    plan = SIZES[size] if isinstance(size, str) else size
    until = timezone.now()
    start = until - plan.history_days * DAY
    ensure_partitions(since=start.date())
    consumers.run_once(below=log.own_horizon)
    story = Story(start, until, seed)
    cast = Cast(story.rng)
    crews = Crews(story, cast)
    desk = Desk(story, cast, crews)
    _calls(story, desk, plan)
    _outages(story, cast, desk, plan)
    announce(story, cast, seed)
    story.plan(start + dt.timedelta(minutes=30), desk.call_round)
    total = int((until - start).total_seconds() // 60)

    def tell(now: dt.datetime) -> None:
        if progress is not None:
            progress("history", int((now - start).total_seconds() // 60), total)

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # a demo that is lost in a power cut is built again
    try:
        story.run(tell)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
    voltage.write(seed)
    questions.build(seed)
    consumers.run_once(below=log.own_horizon)
    teamwork.build(seed)
    workforce.build(seed)
    rosters.build()
    attendance.build(seed)
    return Past(
        outages=Outage.objects.count(),
        contacts=Contact.objects.count(),
        requests=Request.objects.count(),
        orders=WorkOrder.objects.count(),
        events=Event.objects.count(),
    )


def _calls(story: Story, desk: Desk, plan: Size) -> None:
    """Requests and questions over the days, thicker today, thickest in the last hour."""
    rng = story.rng
    today = max(14, round(plan.history_requests * TODAY_SHARE))
    for _n in range(plan.history_requests - today):
        day = story.start_of(rng.randrange(plan.history_days))
        story.plan(day + dt.timedelta(hours=rng.choices(range(24), HOURS)[0], minutes=rng.uniform(0, 60)), desk.report)
    for _n in range(today):
        ago = TODAY_HOURS * rng.random() ** 1.6
        story.plan(story.until - dt.timedelta(hours=ago), desk.report)
    for _n in range(plan.history_requests // 2):
        day = story.start_of(rng.randrange(plan.history_days))
        story.plan(
            day + dt.timedelta(hours=rng.choices(range(24), HOURS)[0], minutes=rng.uniform(0, 60)), desk.question
        )
    # At this very moment: some have just called, some talk, some wait.
    for _n in range(max(5, today // 3)):
        story.plan(story.until - dt.timedelta(minutes=rng.uniform(0.5, 9)), desk.report)
    for _n in range(max(4, today // 4)):
        story.plan(story.until - dt.timedelta(minutes=rng.uniform(0.2, 3.5)), desk.question)
    for _n in range(max(3, today // 6)):
        story.plan(story.until - dt.timedelta(seconds=rng.uniform(1, 8)), desk.report)


def _outages(story: Story, cast: Cast, desk: Desk, plan: Size) -> None:
    """A fault every other day, two of them now, and planned works behind and ahead."""
    rng = story.rng
    feeders = list(Feeder.objects.select_related("org").order_by("code"))
    for number in range(plan.history_days // 2):
        begins = story.start_of(2 * number) + dt.timedelta(hours=rng.uniform(6, 22))
        story.plan(
            begins + dt.timedelta(minutes=9),
            _fault,
            story,
            cast,
            desk,
            rng.choice(feeders),
            begins,
            rng.uniform(60, 170),
        )
    for minutes in (35, 75):
        begins = story.until - dt.timedelta(minutes=minutes)
        story.plan(begins + dt.timedelta(minutes=9), _fault, story, cast, desk, rng.choice(feeders), begins, 240)
    for day in range(-plan.history_days // 3, 12, 4):
        feeder = rng.choice(feeders)
        begins = timezone.localtime(story.until + day * DAY).replace(hour=9, minute=0, second=0, microsecond=0)
        story.plan(max(begins - 8 * DAY, story.now), _planned, story, cast, feeder, begins)


def _fault(story: Story, cast: Cast, desk: Desk, feeder: Feeder, began: dt.datetime, minutes: float) -> None:
    """The control room enters it some minutes after it began; people behind it have been calling meanwhile."""
    below = list(feeder.transformers.order_by("code")[: story.rng.randint(2, 5)])
    if not below:
        return
    dispatcher = cast.dispatcher(feeder.org)
    outage = grid.open_outage(
        dispatcher, kind="fault", feeder=feeder, transformer_ids=[t.pk for t in below], started_at=began,
        confirmed_at=story.now - dt.timedelta(minutes=4), expected_at=began + dt.timedelta(minutes=minutes * 1.2), cause=story.rng.choice(words.OUTAGE_CAUSES),
    )  # fmt: skip
    for _call in range(story.rng.randint(3, 6)):
        account = cast.neighbour(story.rng.choice(below).pk)
        story.later(0.5, 20, desk.report, account, True)
    story.plan(began + dt.timedelta(minutes=minutes), lambda: grid.restore_outage(dispatcher, outage.pk))


def _planned(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    """Announced eight days ahead, over in the afternoon."""
    below = list(feeder.transformers.order_by("code")[:3])
    if not below:
        return
    dispatcher = cast.dispatcher(feeder.org)
    outage = grid.open_outage(
        dispatcher, kind="planned", feeder=feeder, transformer_ids=[t.pk for t in below], started_at=begins,
        expected_at=begins + dt.timedelta(hours=7), cause=story.rng.choice(words.PLANNED_CAUSES),
    )  # fmt: skip
    story.plan(begins, lambda: grid.start_outage(dispatcher, outage.pk))
    story.plan(
        begins + dt.timedelta(hours=story.rng.uniform(5, 6.8)),
        lambda: grid.restore_outage(dispatcher, outage.pk),
    )
