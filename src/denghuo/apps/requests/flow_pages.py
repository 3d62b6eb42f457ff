"""The flow on the page of one request: where it stands, what can be done next, steps without code."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.accounts.roles import role_name
from denghuo.apps.catalogue.flows.diagram import diagram, label_of
from denghuo.apps.catalogue.models import Flow as Edition
from denghuo.apps.requests import actions, flow_fields, flow_words, flowing, limits
from denghuo.apps.requests.actions.stepping import PERMISSION
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries.lists import VIEW, visible
from denghuo.apps.requests.steps import VERBS
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http.actors import actor_of
from denghuo.engine.flow import Step
from denghuo.web.formtools import add_refusal, once


@require_GET
@staff_page(VIEW)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The card on the request's page: state, next steps, what the system will do, the drawing."""
    actor = actor_of(request)
    row = _seen(actor, pk)
    flow, state = flowing.flow_of(row), flowing.state_of(row)
    steps = flowing.steps_now(row)
    context = {
        "r": row,
        "flow_label": label_of(flow),
        "edition": Edition.objects.filter(pk=row.flow_id).values("pk", "number").first() if row.flow_id else None,
        "may_see_flow": actor.can_somewhere("catalogue.view"),
        "state": flowing.label_of(state),
        "own": [
            _offer(row, step, actor) for step in steps if step.verb not in VERBS and (step.roles or not step.automatic)
        ],
        "others": list(dict.fromkeys(flowing.name_of(step) for step in steps if step.verb in VERBS)),
        "automatic": [_when(row, step) for step in steps if step.automatic],
        "answers": flow_fields.told(flow, flowing.answers_of(row)) if _may_read(actor, row) else [],
        "small": True,
        "diagram": diagram(flow, flow_words.words(), current=state.code),
    }
    return render(request, "requests/staff/_flow.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take a step without code: its fields and a remark. ``target`` tells two of one name apart."""
    actor = actor_of(request)
    row = _seen(actor, pk)
    target = request.POST.get("target") or request.GET.get("target") or None
    chosen = next(
        (s for s in flowing.steps_now(row) if s.verb == verb and (target is None or s.target == target)), None
    )
    if chosen is None or verb in VERBS:
        if verb in VERBS or not any(s.verb == verb for s in flowing.flow_of(row).steps):
            raise Http404
        messages.error(request, flowing.refusal(row, verb))
        return redirect("requests:detail", pk)
    form = flow_fields.StepForm(
        request.POST if request.method == "POST" else None, flowing.flow_of(row), chosen, flowing.answers_of(row)
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            sent = request.POST.get("version", "")
            try:
                once(
                    request, actor, f"request.step:{pk}:{verb}",
                    lambda: actions.take_step(
                        actor, pk, verb, target=chosen.target, values=form.values(), reason=form.cleaned_data["reason"],
                        version=int(sent) if sent.isdecimal() else None,
                    ).pk,
                )  # fmt: skip
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("“%(step)s”已完成") % {"step": flowing.name_of(chosen)})
                return redirect("requests:detail", pk)
    context = {
        "r": row, "form": form, "verb": verb, "target": chosen.target or "", "name": flowing.name_of(chosen),
        "state": flowing.label_of(flowing.state_of(row)), "version": request.POST.get("version") or row.version,
        "then": flowing.label_of(flowing.flow_of(row).states[chosen.target]) if chosen.target else "",
        "draft_key": f"step-{row.pk}-{verb}", "allowed": _allowed(row, chosen, actor), "roles": _("、").join(role_name(role) for role in chosen.roles),
    }  # fmt: skip
    return render(request, "requests/staff/step.html", context, status=status)


def _seen(actor: Actor, pk: int) -> Request:
    row = visible(actor).select_related("org").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _may_read(actor: Actor, row: Request) -> bool:
    """Who works on the request reads what was found on the way."""
    return actor.can("request.note", row.org.path)


def _allowed(row: Request, step: Step, actor: Actor) -> bool:
    return flowing.may(actor, step, row) if step.roles else actor.can(PERMISSION, row.org.path)


def _offer(row: Request, step: Step, actor: Actor) -> dict[str, Any]:
    return {
        "verb": step.verb,
        "target": step.target or "",
        "name": flowing.name_of(step),
        "fields": len(step.required),
        "allowed": _allowed(row, step, actor) and row.held_at is None,
        "roles": _("、").join(role_name(role) for role in step.roles),
    }


def _when(row: Request, step: Step) -> dict[str, Any]:
    auto = step.automatic
    assert auto is not None
    due = None
    if auto.after_minutes is not None and row.step_since is not None:
        due = row.step_since + dt.timedelta(minutes=auto.after_minutes)
    return {
        "name": flowing.name_of(step),
        "due": due,
        "clock": limits.LABELS.get(auto.on_breach, auto.on_breach) if auto.on_breach else "",
    }
