"""The planners' log: who changed which forecast, roster or running day, when and why. Read from the event log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.demand.models import DriverKind, ForecastOverride, RunKind
from denghuo.apps.workforce.demand.reading import VIEW
from denghuo.apps.workforce.rosters.models import DayKind, ShiftAssignment
from denghuo.apps.workforce.today.models import EmergencyCall, Move, MoveKind
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.events.kinds import KINDS
from denghuo.core.events.models import Event
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.timeline import ACTOR_LABELS, label_of

AREAS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "forecast": (_("预测与需求"), ("forecast.", "requirement.", "scenario.")),
    "roster": (_("排班"), ("roster.", "swap.decided")),
    "shift": (_("班次库"), ("shift.saved", "shift.retired")),
    "day": (_("日内调整"), ("move.",)),
    "reserves": (_("应急梯队"), ("reserves.",)),
}
REASONS: dict[str, type[models.Model]] = {
    "move": Move, "emergency_call": EmergencyCall, "forecast_override": ForecastOverride,
}  # fmt: skip


def kinds_of(area: str = "") -> list[str]:
    """Names of the event kinds of an area, or of all."""
    wanted = [prefix for key, (_label, prefixes) in AREAS.items() if area in ("", key) for prefix in prefixes]
    return sorted(name for name in KINDS if name.startswith(tuple(wanted)))


def changes(actor: Actor, since: dt.datetime | None) -> QuerySet[Event]:
    """Events of the area at units the actor may look at (index ``core_event_kind``). Raises NotAllowed."""
    paths = actor.paths_for(VIEW)
    if not paths:
        raise NotAllowed()
    inside = Q()
    for path in paths:
        inside |= Q(org_path__startswith=path)
    found = Event.objects.filter(inside, kind__in=kinds_of())
    return found.filter(at__gte=since) if since is not None else found


def _by_area(queryset: Any, area: str) -> Any:
    return queryset.filter(kind__in=kinds_of(area))


def _by_who(queryset: Any, text: str) -> Any:
    return queryset.filter(actor_name__icontains=text.strip())


def _areas() -> list[tuple[str, Any]]:
    return [(key, label) for key, (label, _prefixes) in AREAS.items()]


class LogTable(t.Table):
    """Changes, newest first. Names and reasons are read once for all rows shown."""

    at = t.TimeColumn(_("时间"), sort=("at", "id"))
    who = t.Column(_("操作人"), value=lambda row, ctx: who_did(row))
    what = t.Column(_("变更"), value=lambda row, ctx: label_of(row))
    about = t.Column(_("内容"), value=lambda row, ctx: words(row, ctx.table.names))
    why = t.Column(_("原因"), value=lambda row, ctx: ctx.table.reasons.get(row.pk, ""), clip=True)

    class Meta:
        name = "workforce-log"
        default_sort = "-at"
        page_size = 50
        paging = "keyset"
        export = True
        export_permission = VIEW
        empty = (_("这段时间没有变更"), _("预测、排班和日内调整的每次变更都会记在这里"))
        filters = (
            t.ChoiceFilter("area", _("范围"), choices=_areas, apply=_by_area),
            t.SearchFilter("who", _("操作人"), apply=_by_who),
            t.DateRangeFilter("at", _("时间")),
        )

    @cached_property
    def _shown(self) -> list[Event]:
        """The rows of the page; of a file all of them, which the export limits."""
        return list(self.filtered if self.request.GET.get("export") else self.page.rows)

    @cached_property
    def names(self) -> dict[int, str]:
        """Names of the people that rows are about, by id; one statement."""
        ids = {
            value
            for row in self._shown
            for key in ("staff_id", "giver_id", "taker_id")
            if (value := row.payload.get(key))
        }
        return dict(Staff.objects.filter(pk__in=ids).values_list("pk", "display_name"))

    @cached_property
    def reasons(self) -> dict[int, str]:
        """Why, by number of the event; one statement for each kind of thing that keeps a reason."""
        found: dict[int, str] = self._exceptions()
        for kind, model in REASONS.items():
            rows = {row.pk: row.subject_id for row in self._shown if row.subject_kind == kind}
            if rows:
                kept = model._default_manager.filter(pk__in=set(rows.values())).values_list("pk", "reason")
                told = dict(kept)
                found |= {pk: told.get(subject, "") for pk, subject in rows.items()}
        return found

    def _exceptions(self) -> dict[int, str]:
        rows = [row for row in self._shown if row.kind == "roster.exception_made"]
        if not rows:
            return {}
        kept = ShiftAssignment.objects.filter(period__in={row.subject_id for row in rows}).exclude(exception="")
        told = {
            (period, staff, day.isoformat()): text
            for period, staff, day, text in kept.values_list("period_id", "staff_id", "day", "exception")
        }
        return {
            row.pk: told.get((row.subject_id, row.payload.get("staff_id"), row.payload.get("day")), "") for row in rows
        }


def who_did(row: Event) -> Any:
    """The person's name; the product itself is called by its kind."""
    return row.actor_name if row.actor_kind == "staff" and row.actor_name else ACTOR_LABELS.get(row.actor_kind, "")


def words(row: Event, names: dict[int, str]) -> str:
    """What a change is about, from its payload."""
    payload = row.payload
    parts: list[str] = []
    for key, say in _SAY.items():
        if payload.get(key) not in (None, ""):
            parts.append(say(payload[key]))
    people = [names.get(payload[key], "") for key in ("staff_id", "giver_id", "taker_id") if payload.get(key)]
    return " · ".join(part for part in [*people, *parts] if part)


def _label(choices: type[models.TextChoices]) -> Callable[[Any], str]:
    return lambda value: str(choices(value).label) if value in choices.values else str(value)


def _day(value: str) -> str:
    return value[5:] if len(value) == 10 else value


def _time(value: str) -> str:
    found = parse_datetime(value)
    return f"{timezone.localtime(found):%m-%d %H:%M}" if found else value


_SAY: dict[str, Callable[[Any], str]] = {
    "code": str,
    "move_kind": _label(MoveKind),
    "run_kind": _label(RunKind),
    "driver_kind": _label(DriverKind),
    "shift_kind": _label(DayKind),
    "day": _day,
    "first": _day,
    "starts": _time,
    "days": lambda value: _t("%(n)s 天") % {"n": value},
    "queues": lambda value: _t("%(n)s 个队列") % {"n": value},
    "people": lambda value: _t("%(n)s 人") % {"n": value},
    "heads": lambda value: _t("%(n)s 人") % {"n": value},
    "echelon": lambda value: _t("第 %(n)s 梯队") % {"n": value},
    "told": lambda value: _t("通知 %(n)s 人") % {"n": value},
    "factor": lambda value: f"× {value:g}",
    "value": lambda value: f"= {value:g}",
    "rows": lambda value: _t("%(n)s 行") % {"n": value},
}


def since_of(request: HttpRequest) -> dt.datetime | None:
    """How far back to look when no date is asked for."""
    if any(request.GET.get(name) for name in ("at_from", "at_to")):
        return None
    return timezone.now() - dt.timedelta(days=int(policies.get("workforce.log.days")))


@require_GET
@staff_page(VIEW)
def log(request: HttpRequest) -> HttpResponseBase:
    """Changes of forecasts, rosters and the running day."""
    actor = actor_of(request)
    table = LogTable(request, changes(actor, since_of(request)), actor=actor)
    return t.table_response(
        request, table, "workforce/today/log.html", {"tabs": tabs.strip(actor, "log"), "wide": True}
    )
