"""Acting on the running day from the page: look ahead, take or leave a move, call reserves in."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.contacts.actions.queues import ACTIVATE
from denghuo.apps.workforce.demand.common import scope_of
from denghuo.apps.workforce.demand.reading import VIEW
from denghuo.apps.workforce.today import ahead, jobs, moves, reserves
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of
from denghuo.core.jobs import cancel as cancel_job
from denghuo.web.formtools import once


@require_GET
@staff_page(VIEW)
def part(request: HttpRequest) -> HttpResponse:
    """Projection, moves and reserves; asked again when something of the unit changes."""
    scope = scope_of(request)
    if scope.unit is None:
        raise NotFound()
    context = scope.context("today") | ahead.context(scope.actor, scope.unit, scope.day)
    return render(request, "workforce/today/_ahead.html", context | {"ahead_url": scope.url("today-ahead")})


@require_POST
@staff_page(moves.ACT)
def look(request: HttpRequest) -> HttpResponse:
    """Simulate the rest of the day now, in the background; ``what=stop`` stops it."""
    scope = scope_of(request)
    if scope.unit is None:
        raise NotFound()
    unit, back = scope.unit, scope.url("today")
    if request.POST.get("what") == "stop":
        job = ahead.job_of(unit)
        if job is not None and scope.actor.can(moves.ACT, unit.path):
            cancel_job(job.job_id)
            messages.success(request, _("已要求停止，当前一步做完即停"))
        return redirect(back)
    return attempt(
        request, lambda: once(request, scope.actor, "workforce.look_ahead", lambda: jobs.start(scope.actor, unit)),
        _("已开始推算，结果出来后自动显示"), back,
    )  # fmt: skip


@require_POST
@staff_page(moves.ACT)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Take, leave or take back a recommended move (``what``)."""
    scope = scope_of(request)
    actor, reason = scope.actor, request.POST.get("reason", "")
    exception = request.POST.get("exception", "")
    deeds: dict[str, tuple[Callable[[], int], str]] = {
        "apply": (lambda: moves.apply_move(actor, pk, reason=reason, exception=exception).pk, _("已采用，并已通知本人")),
        "decline": (lambda: moves.decline_move(actor, pk, reason=reason).pk, _("已记录为不采用")),
        "undo": (lambda: moves.undo_move(actor, pk, reason=reason).pk, _("已撤销，并已通知本人")),
    }  # fmt: skip
    return _done(request, deeds, f"move:{pk}", scope.url("today"))


@require_POST
@staff_page(ACTIVATE)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or decline a proposal to call reserves in, or send them home (``what``)."""
    scope = scope_of(request)
    actor, reason = scope.actor, request.POST.get("reason", "")
    deeds: dict[str, tuple[Callable[[], int], str]] = {
        "approve": (lambda: reserves.approve(actor, pk, reason=reason).pk, _("已启动梯队，并已通知梯队人员")),
        "decline": (lambda: reserves.decline(actor, pk, reason=reason).pk, _("已记录为不启动")),
        "end": (lambda: reserves.end(actor, pk).pk, _("已解除，并已通知梯队人员")),
    }  # fmt: skip
    return _done(request, deeds, f"reserves:{pk}", scope.url("today"))


def _done(request: HttpRequest, deeds: dict[str, tuple[Callable[[], int], str]], name: str, back: str) -> HttpResponse:
    what = request.POST.get("what", "")
    if what not in deeds:
        raise NotFound()
    act, told = deeds[what]
    return attempt(request, lambda: once(request, actor_of(request), f"{name}:{what}", act), told, back)
