"""What the pages share: unit, queue and day being looked at, the tabs, the job in hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.demand import actions, jobs
from denghuo.apps.workforce.demand.making import queues_under
from denghuo.apps.workforce.demand.reading import PLAN, VIEW, units_of
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.core.scoping.models import OrgUnit

ONE_DAY = dt.timedelta(days=1)
HOURS = [f"{number // 2:02d}:{number % 2 * 30:02d}" for number in range(48)]


@dataclass(frozen=True)
class Scope:
    """What a page shows. ``unit`` None: the actor sees no unit with queues. ``queue`` None: the unit with all its queues."""

    actor: Actor
    units: list[OrgUnit]
    unit: OrgUnit | None
    queues: list[Queue]
    queue: Queue | None
    day: dt.date
    span: str

    @property
    def may_plan(self) -> bool:
        return self.unit is not None and self.actor.can(PLAN, self.unit.path)

    @property
    def last(self) -> dt.date:
        return self.day if self.span == "day" else self.day + 6 * ONE_DAY

    @property
    def name(self) -> str:
        return self.queue.label if self.queue else (self.unit.label if self.unit else "")

    def query(self, **more: Any) -> str:
        """The scope as an address carries it."""
        values = {"day": self.day.isoformat(), "span": self.span}
        if self.unit is not None:
            values["unit"] = str(self.unit.pk)
        if self.queue is not None:
            values["queue"] = str(self.queue.pk)
        return urlencode({key: value for key, value in (values | more).items() if value != ""})

    def url(self, name: str, **more: Any) -> str:
        return f"{reverse(f'workforce:{name}')}?{self.query(**more)}"

    def context(self, here: str) -> dict[str, Any]:
        """What every page shows: tabs, choices, neighbouring days, the job in hand."""
        step = ONE_DAY if self.span == "day" else 7 * ONE_DAY
        here_name = "forecast" if here == "forecast" else here
        return {
            "scope": self, "tabs": tabs.strip(self.actor, here), "may_plan": self.may_plan, "wide": True,
            "previous": self.url(here_name, day=(self.day - step).isoformat()), "here_url": reverse(f"workforce:{here_name}"),
            "following": self.url(here_name, day=(self.day + step).isoformat()),
            "today_url": self.url(here_name, day=today().isoformat()),
            "as_day": self.url(here_name, span="day"), "as_week": self.url(here_name, span="week"),
            "day_label": date_format(self.day, "D"), "job": job_of(self.unit), "here": here_name,
            "live_topics": [actions.topic(self.unit)] if self.unit else [],
        }  # fmt: skip


def scope_of(request: HttpRequest, *, whole: bool = True) -> Scope:
    """The scope of a request by ``?unit= &queue= &day= &span=``; what is not allowed or not there falls back.

    ``whole`` False: a page about one queue takes the first where none is named.
    """
    actor = actor_of(request)
    asked = request.GET if request.method == "GET" else request.POST
    units = units_of(actor, VIEW)
    unit = next((one for one in units if str(one.pk) == asked.get("unit")), units[0] if units else None)
    queues = queues_under(unit) if unit else []
    queue = next((one for one in queues if str(one.pk) == asked.get("queue")), None)
    if queue is None and not whole and queues:
        queue = queues[0]
    try:
        day = dt.date.fromisoformat(asked.get("day", ""))
        day = day if 2000 <= day.year <= 2100 else today()
    except ValueError:
        day = today()
    return Scope(actor, units, unit, queues, queue, day, "week" if asked.get("span") == "week" else "day")


def today() -> dt.date:
    """The business date."""
    return timezone.localdate(moment.now())


def job_of(unit: OrgUnit | None) -> JobProgress | None:
    """The unit's latest job of the last hour that has not simply ended well."""
    if unit is None:
        return None
    since = timezone.now() - dt.timedelta(hours=1)
    row = JobProgress.objects.filter(label=jobs.label(unit), updated_at__gte=since).order_by("-created_at").first()
    return row if row and row.state != JobState.DONE else None
