"""What the customer sees: the rating behind the link of a short message, and the wish for another time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.requests.callbacks.forms import RatingForm, WishForm
from denghuo.apps.requests.callbacks.models import CallWish
from denghuo.apps.requests.callbacks.rating import asked_by, rate_by_link
from denghuo.apps.requests.callbacks.wishes import wish_call
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.hall import public_actor
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment
from denghuo.core.errors import ActionError, NotFound
from denghuo.web.formtools import add_refusal, once


@require_http_methods(["GET", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Rate a call-back that reached nobody. Names and numbers of the customer are not shown: a link may be passed on."""
    plan = asked_by(token, moment.now())
    form = RatingForm(request.POST or None)
    actor = public_actor(request)
    if request.method == "POST" and form.is_valid():
        try:
            once(request, actor, f"hall.rate:{plan.pk}", lambda: rate_by_link(actor, token, **form.cleaned_data).pk)
        except ActionError as error:
            add_refusal(form, error)
        else:
            return redirect("requests:rate", token=token)
    context = {"plan": plan, "r": plan.request, "form": form, "done": plan.state != CallBackState.UNREACHABLE}
    return render(request, "requests/callbacks/rate.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def wish(request: HttpRequest, token: str) -> HttpResponse:
    """When we may call, from the progress page."""
    found = Request.objects.filter(public_token=token).first() if token else None
    if found is None:
        raise NotFound()
    names = ("no_reply", "not_before", "window_from", "window_to")
    known = CallWish.objects.filter(request=found).values(*names).first()
    form = WishForm(request.POST or None, initial=dict(known or {}))
    actor = public_actor(request)
    if request.method == "POST" and form.is_valid():
        try:
            once(
                request, actor, f"hall.wish:{found.pk}",
                lambda: wish_call(actor, found.pk, token=token, **form.cleaned_data).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已记下，我们会按您的时间回电"))
            return redirect("requests:progress", token=token)
    context = {"r": found, "form": form, "token": token, "over": found.state in FINAL}
    return render(request, "requests/callbacks/wish.html", context, status=422 if form.errors else 200)
