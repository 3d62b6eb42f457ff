"""What the pages share: the team and week being looked at, the tabs."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.teams import looks as _looks  # noqa: F401
from denghuo.apps.teams.access import MANAGE, VIEW, teams_of
from denghuo.apps.teams.models import monday_of, week_of
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
ONE_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Scope:
    """The team and the week a page shows; ``team`` is None for somebody who may see none."""

    actor: Actor
    teams: list[OrgUnit]
    team: OrgUnit | None
    monday: dt.date

    @property
    def week(self) -> str:
        return week_of(self.monday)

    @property
    def may_manage(self) -> bool:
        return self.team is not None and self.actor.can(MANAGE, self.team.path)

    def url(self, name: str, *, week: dt.date | None = None, **more: Any) -> str:
        """A page about the same team and (unless ``week`` is given) week."""
        query: dict[str, Any] = {"week": week_of(week or self.monday)} | more
        if self.team is not None:
            query = {"team": self.team.pk} | query
        return f"{reverse(f'teams:{name}')}?{urlencode(query)}"

    def context(self, here: str) -> dict[str, Any]:
        """What every page of the area shows."""
        tabs = [
            {"url": self.url(name), "label": label, "here": name == here}
            for name, label in (
                ("board", _("周计划看板")), ("tasks", _("任务清单")), ("review", _("周评价")),
                ("people", _("人员与离岗")), ("catalogue", _("工作当量表")),
            )
        ]  # fmt: skip
        return {
            "scope": self, "team": self.team, "teams": self.teams, "tabs": tabs, "may_manage": self.may_manage,
            "here": here, "here_url": reverse(f"teams:{here}"), "week": self.week, "monday": self.monday,
            "sunday": self.monday + dt.timedelta(days=6),
            "previous": self.url(here, week=self.monday - ONE_WEEK) if self.monday.year > 1 else "",
            "following": self.url(here, week=self.monday + ONE_WEEK),
            "current": self.url(here, week=monday_of(timezone.localdate(moment.now()))),
        }  # fmt: skip


def scope_of(request: HttpRequest, permission: str = VIEW) -> Scope:
    """From ``team`` and ``week`` of the address or the form; the actor's first team and this week without them.

    A team that is not the actor's is not there: Http404.
    """
    actor = actor_of(request)
    teams = teams_of(actor, permission)
    given = request.POST.get("team") or request.GET.get("team") or ""
    if given:
        team = next((one for one in teams if str(one.pk) == given), None)
        if team is None:
            raise Http404
    else:
        team = teams[0] if teams else None
    return Scope(actor, teams, team, read_week(request.POST.get("week") or request.GET.get("week") or ""))


def read_week(text: str) -> dt.date:
    """Monday of an ISO week as 2026-W48; of this week for anything else."""
    found = _WEEK.fullmatch(text) if text.isascii() else None
    if found:
        try:
            day = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
            if 2000 <= day.year <= 2199:
                return day
        except ValueError:
            pass
    return monday_of(timezone.localdate(moment.now()))


def need_team(scope: Scope) -> OrgUnit:
    """The team; Http404 when there is none."""
    if scope.team is None:
        raise Http404
    return scope.team
