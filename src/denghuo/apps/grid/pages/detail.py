"""One outage: what, where, since when, for whom, its deadlines and story, and what may be done now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.areas import around
from denghuo.apps.grid.choices import (
    OutageCause,
    OutageKind,
    OutageState,
    PublicChannel,
    RemainingState,
    SupplyDeviceKind,
)
from denghuo.apps.grid.forms import CancelForm, DelayForm, RestoreForm, ReturnForm, StartForm, UpdateForm, show_faults
from denghuo.apps.grid.models import Outage, RemainingOutage
from denghuo.apps.grid.pages.maps import points
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.events import timeline
from denghuo.core.http.actors import actor_of

MOST_ESTIMATES = 20


@require_GET
@staff_page("grid.view")
def outage_page(request: HttpRequest, outage_id: int) -> HttpResponse:
    """The page of one outage."""
    return _detail(request, visible(actor_of(request), outage_id))


@require_POST
@staff_page(actions.MANAGE)
def outage_submit(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Hand a draft in."""
    outage = actions.submit_outage(actor_of(request), visible(actor_of(request), outage_id).pk)
    done = _("已提交审核") if outage.state == OutageState.SUBMITTED else _("停电已发布")
    messages.success(request, done)
    return redirect("grid:outage", outage_id)


@require_POST
@staff_page(actions.REVIEW)
def outage_release(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Review passed."""
    actions.release_outage(actor_of(request), visible(actor_of(request), outage_id).pk)
    messages.success(request, _("审核通过，停电已发布"))
    return redirect("grid:outage", outage_id)


@require_POST
@staff_page(actions.REVIEW)
def outage_return(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Review not passed."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        actions.return_outage(actor, outage_id, reason=data["reason"])

    return _change(request, outage_id, ReturnForm, run, _("已退回修改"))


@require_POST
@staff_page(actions.MANAGE)
def outage_start(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Report that supply was cut, and when."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        try:
            actions.start_outage(actor, outage_id, at=data["started_at"], delay_cause=data["delay_cause"])
        except InvalidInput as error:
            raise InvalidInput(
                {{"at": "started_at"}.get(name, name): texts for name, texts in error.fields.items()}
            ) from error

    return _change(request, outage_id, StartForm, run, _("已确认停电"))


@require_POST
@staff_page(actions.MANAGE)
def outage_delay(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Note a delayed start or stop."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        actions.delay_outage(actor, outage_id, **data)

    return _change(request, outage_id, DelayForm, run, _("已登记延迟"))


@require_POST
@staff_page(actions.MANAGE)
def outage_update(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Save a new expectation, plan, cause or range."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        began = visible(actor, outage_id).started_at
        # The control knows minutes only: the same minute is no new plan.
        moved = data["started_at"] if data["started_at"] != began.replace(second=0, microsecond=0) else None
        actions.update_outage(
            actor, outage_id, started_at=moved, expected_at=data["expected_at"], cause=data["cause"],
            range_text=data["range_text"] if "range_text" in request.POST else None, known_at=data["known_at"],
        )  # fmt: skip

    return _change(request, outage_id, UpdateForm, run, _("停电信息已更新"))


@require_POST
@staff_page(actions.MANAGE)
def outage_restore(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Record that supply is back: everywhere, or at the accounts ticked."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        began, at = visible(actor, outage_id).started_at, data["restored_at"]
        # The control knows minutes only; an outage that began this minute must not end before its own start.
        at = began if at == began.replace(second=0, microsecond=0) else at
        ticked = [int(pk) for pk in request.POST.getlist("account") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        if ticked:
            actions.restore_accounts(actor, outage_id, ticked, at=at)
        else:
            actions.restore_outage(actor, outage_id, at=at, delay_cause=data["delay_cause"])

    return _change(request, outage_id, RestoreForm, run, _("已登记恢复送电"))


@require_POST
@staff_page(actions.MANAGE)
def outage_cancel(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Call an announced outage off, or throw a draft away."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        actions.cancel_outage(actor, outage_id, reason=data["reason"])

    return _change(request, outage_id, CancelForm, run, _("停电已取消"))


def visible(actor: Actor, outage_id: int) -> Outage:
    """An outage of the actor's units. Raises NotFound."""
    rows = queries.outages_visible_to(actor).select_related("entered_by", "reviewed_by")
    outage = rows.filter(pk=outage_id).first()
    if outage is None:
        raise NotFound(_("没有这次停电，或不在您的管辖范围"))
    return outage


def _defaults(outage: Outage) -> dict[type[forms.Form], forms.Form]:
    now = timezone.localtime(moment.now()).replace(second=0, microsecond=0)
    moved = {"started_at": outage.started_at} if outage.state == OutageState.ANNOUNCED else {}
    begun = min(now, timezone.localtime(outage.started_at))
    return {
        UpdateForm: UpdateForm(
            initial=moved | {"expected_at": outage.expected_at, "cause": outage.cause, "range_text": outage.range_text}
        ),
        StartForm: StartForm(initial={"started_at": begun}),
        DelayForm: DelayForm(initial={"stage": "start" if not outage.start_confirmed else "stop"}),
        RestoreForm: RestoreForm(initial={"restored_at": now}),
        CancelForm: CancelForm(),
        ReturnForm: ReturnForm(),
    }


def _detail(request: HttpRequest, outage: Outage, bad: forms.Form | None = None) -> HttpResponse:
    actor = actor_of(request)
    below = list(outage.transformers.select_related("section").order_by("code"))
    outage.hit = below  # type: ignore[attr-defined]
    made = _defaults(outage)
    if bad is not None:
        made[type(bad)] = bad
    lasting = outage.state in queries.LIVE
    ring = around((one.lon, one.lat) for one in below) if lasting else []
    area = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"state": outage.state},
    }
    may_manage = actor.can(actions.MANAGE, outage.org.path)
    now = moment.now()
    context = {
        "outage": outage,
        "transformers": below,
        "events": timeline("outage", outage.pk),
        "points": points([outage]),
        "areas": {"type": "FeatureCollection", "features": [area] if ring else []},
        "live_topics": [f"outage:{outage.pk}"],
        "may_manage": may_manage,
        "may_review": actor.can(actions.REVIEW, outage.org.path),
        "lasting": lasting,
        "inside": outage.state in queries.INSIDE,
        "may_confirm": outage.state in queries.LIVE and not outage.start_confirmed and outage.kind != OutageKind.FAULT
        and outage.started_at <= now + dt.timedelta(minutes=policies.get("outage.explain_before_minutes")),
        "may_send": outage.state == OutageState.ACTIVE and outage.kind == OutageKind.FAULT and bool(below)
        and all(actor.can(code, outage.org.path) for code in ("request.create", "request.accept")),
        "late_stop": outage.expected_at is not None and outage.restored_at is None and outage.expected_at < now,
        "forms": {type(form).__name__: form for form in made.values()},
        "notices": list(outage.notices.all()),
        "delays": list(outage.delays.select_related("noted_by")),
        "accounts_left": outage.accounts.filter(restored_at=None).count() if outage.of_accounts else 0,
        "channel_labels": [PublicChannel(code).label for code in outage.channels],
        "share_enough": policies.get("outage.household_share", outage.org),
        "estimates": list(outage.estimates.all()[:MOST_ESTIMATES]),
        "left": RemainingOutage.objects.filter(outage=outage, state=RemainingState.OPEN).first(),
        "device_kinds": SupplyDeviceKind.choices,
        "cause_codes": OutageCause.choices,
    }  # fmt: skip
    return render(request, "grid/outage.html", context, status=422 if bad is not None else 200)


def _change(
    request: HttpRequest,
    outage_id: int,
    kind: type[forms.Form],
    run: Callable[[Actor, dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    actor = actor_of(request)
    visible(actor, outage_id)
    form = kind(request.POST)
    if form.is_valid():
        try:
            run(actor, form.cleaned_data)
        except InvalidInput as error:
            show_faults(form, error)
        else:
            messages.success(request, done)
            return redirect("grid:outage", outage_id)
    return _detail(request, visible(actor, outage_id), form)
