"""The card of the automatic roster: the run in hand, the latest result in words, the proposal that waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.workforce.rosters import reading, words
from denghuo.apps.workforce.rosters.forms import AbsenceForm
from denghuo.apps.workforce.rosters.making import MAKE
from denghuo.apps.workforce.rosters.models import PeriodState, RosterPeriod, ShiftType
from denghuo.apps.workforce.rosters.solution_models import RosterSolution, SolutionKind, SolutionState
from denghuo.core.http import actor_of
from denghuo.core.jobs.models import JobProgress, JobState

ON_A_PAGE = 20
LOOKED_AT = 10  # latest runs among which a proposal that waits and the last result are looked for


def context(
    request: HttpRequest, period: RosterPeriod, form: AbsenceForm | None, people: Sequence[Staff]
) -> dict[str, Any]:
    """What the card shows; at most five statements."""
    found = run_in_hand(period) | {"may_make": actor_of(request).can(MAKE, period.org.path)}
    latest, names = found["latest"], {one.pk: one for one in people}
    if latest is not None and latest.state == SolutionState.WRITTEN:
        page = Paginator(words.unmet(latest.unmet), ON_A_PAGE).get_page(request.GET.get("unmet"))
        found |= {
            "quality": words.quality(latest), "unmet": page, "missing": sum(one["missing"] for one in latest.unmet),
            "left_out": [names[pk].display_name for pk in latest.left_out if pk in names],
            "rules_broken": _broken(latest, names),
        }  # fmt: skip
    proposal = found["proposal"]
    if proposal is not None:
        found |= {
            "changes": _changes(proposal, names), "proposal_unmet": words.unmet(proposal.unmet),
            "absent_name": names[proposal.absent_id].display_name if proposal.absent_id in names else "",
        }  # fmt: skip
    if found["may_make"] and period.state != PeriodState.CLOSED:
        initial = {"first": max(period.first, reading.today()), "last": max(period.first, reading.today())}
        found["absence_form"] = form or AbsenceForm(initial=initial, people=list(people))
    return found


def run_in_hand(period: RosterPeriod) -> dict[str, Any]:
    """``run`` with its ``job`` while it waits or works; ``latest``: the last run that made something or did not;
    ``proposal``: what waits to be accepted."""
    rows = list(RosterSolution.objects.filter(period=period).order_by("-pk")[:LOOKED_AT])
    run = next((one for one in rows if one.state == SolutionState.WAITING), None)
    job = JobProgress.objects.filter(pk=run.job_id).first() if run is not None and run.job_id is not None else None
    if job is None or job.state not in (JobState.WAITING, JobState.RUNNING):
        run, job = None, None
    for one in rows:
        one.period = period
    return {
        "period": period, "run": run, "job": job,
        "latest": next((one for one in rows if one.kind == SolutionKind.MAKE and one.state != SolutionState.WAITING), None),
        "proposal": next((one for one in rows if one.state == SolutionState.PROPOSED), None),
        "last_adjust": next((one for one in rows if one.kind == SolutionKind.ADJUST), None),
    }  # fmt: skip


def _changes(proposal: RosterSolution, people: dict[int, Staff]) -> list[dict[str, Any]]:
    ids = {pk for _who, _day, *both in proposal.changes for pk in both if pk is not None}
    shifts = ShiftType.objects.in_bulk(ids)

    def name(pk: int | None) -> str:
        return shifts[pk].name if pk in shifts else _("休息")

    return [
        {
            "name": people[who].display_name if who in people else f"#{who}", "day": dt.date.fromisoformat(day),
            "before": name(before), "after": name(after), "absent": who == proposal.absent_id,
        }
        for who, day, before, after in proposal.changes
    ]  # fmt: skip


def _broken(latest: RosterSolution, people: dict[int, Staff]) -> list[str]:
    """Hard local rules that could not all hold, in words."""
    found = []
    for rule, who, day in latest.broken:
        name = people[who].display_name if who in people else ""
        when = dt.date.fromisoformat(day).strftime("%m-%d") if day else ""
        found.append(" ".join(part for part in (when, name, words.limit(rule)) if part))
    return list(dict.fromkeys(found))[:ON_A_PAGE]
