"""The call-backs of one request on its page: why nobody calls, the wish, a number to mend, what followed."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import actions
from denghuo.apps.requests.callbacks.forms import NumberForm, WishForm
from denghuo.apps.requests.callbacks.machine import phase_of
from denghuo.apps.requests.callbacks.models import CallWish, Correction, ImprovementItem
from denghuo.apps.requests.callbacks.script import SCRIPTS, local
from denghuo.apps.requests.callbacks.wishes import wish_call
from denghuo.apps.requests.models import CallBack, Request
from denghuo.apps.requests.pages.common import free_text
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.web.formtools import once


@require_GET
@staff_page("requests.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel, fetched by the request's page when that has loaded."""
    actor = actor_of(request)
    found = _request(actor, pk)
    now = moment.now()
    plans = list(CallBack.objects.filter(request=found).select_related("campaign").order_by("pk"))
    wish = CallWish.objects.filter(request=found).first()
    may_follow = actor.can("callback.view", found.org.path)
    context = {
        "r": found,
        "plans": [(plan, str(phase_of(plan, now)), answers_of(plan, found, actor)) for plan in plans],
        "wanted": next((plan for plan in plans if plan.number_wanted_at and plan.state == "pending"), None),
        "wish": wish,
        "wish_form": WishForm(initial=_wish_values(wish)),
        "may_note": actor.can("request.note", found.org.path) and found.state not in FINAL,
        "number_form": NumberForm(),
        "corrections": list(Correction.objects.filter(request=found).order_by("pk")) if may_follow else [],
        "items": list(ImprovementItem.objects.filter(request=found).order_by("pk")) if may_follow else [],
    }
    return render(request, "requests/callbacks/_panel.html", context)


def answers_of(plan: CallBack, request: Request, actor: Actor) -> list[tuple[str, str]]:
    """What was answered, as questions and answers in words."""
    if not plan.answers or plan.script_id is None:
        return []
    given = json.loads(plan.answers)
    asked = SCRIPTS.get(plan.script_id).questions
    return [
        (local(one.label, one.label_en), free_text(one.text_of(given[one.code]), request, actor))
        for one in asked
        if one.code in given
    ]


def _wish_values(wish: CallWish | None) -> dict[str, object]:
    names = ("no_reply", "not_before", "window_from", "window_to")
    return {name: getattr(wish, name) for name in names} if wish is not None else {}


def _request(actor: Actor, pk: int) -> Request:
    found = Request.objects.visible_to(actor, "requests.view").select_related("org").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这条诉求"))
    return found


@staff_page("request.note")
@require_POST
def supply(request: HttpRequest, pk: int) -> HttpResponse:
    """The unit gives the right number of a plan."""
    actor = actor_of(request)
    plan = CallBack.objects.filter(pk=pk).only("request_id").first()
    if plan is None:
        raise NotFound(_("没有这条回访"))
    phone = request.POST.get("phone", "")
    try:
        once(request, actor, f"page.number:{pk}", lambda: actions.supply_number(actor, pk, phone=phone).pk)
        messages.success(request, _("号码已补正，回访重新排队"))
    except ActionError as error:
        messages.error(request, _said(error))
    return redirect("requests:detail", plan.request_id)


@staff_page("request.note")
@require_POST
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent notes when the customer would like to be called."""
    actor = actor_of(request)
    form = WishForm(request.POST)
    if form.is_valid():
        try:
            once(request, actor, f"page.wish:{pk}", lambda: wish_call(actor, pk, **form.cleaned_data).pk)
            messages.success(request, _("回访意愿已登记"))
        except ActionError as error:
            messages.error(request, _said(error))
    else:
        messages.error(request, _("时间填写有误，请重新选择"))
    return redirect("requests:detail", pk)


def _said(error: ActionError) -> str:
    if isinstance(error, InvalidInput):
        return str(_("；")).join(text for texts in error.fields.values() for text in texts)
    return error.message
