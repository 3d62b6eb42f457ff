"""Functions: where each is published, its words and rules, how it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.channels import actions, catalog, charts, queries
from denghuo.apps.channels.board import daily_uses, function_figures
from denghuo.apps.channels.choices import PUBLISHABLE, Channel, Group, Mode, PublicationState, channel_icon
from denghuo.apps.channels.forms import AnnouncementForm, FunctionForm, PublishForm
from denghuo.apps.channels.models import ChannelPublication, ServiceFunction
from denghuo.apps.channels.pages.common import Scope, entries_of, history, scope_of
from denghuo.apps.channels.pages.overview import percent
from denghuo.apps.channels.pages.words import preview_of, renamed, shipped_words, site_of, versions_of
from denghuo.apps.channels.places import VIEW, lineage
from denghuo.apps.channels.registry import FUNCTIONS, Function, functions
from denghuo.core import moment
from denghuo.core.errors import ActionError
from denghuo.web import durations
from denghuo.web.formtools import add_refusal, once
from denghuo.web.http import hx_redirect

DAYS = 30


@require_GET
@staff_page(VIEW)
def matrix(request: HttpRequest) -> HttpResponse:
    """Functions down, channels across; an HTMX call gets the table only."""
    scope = scope_of(request)
    context = scope.context() | _matrix(scope) | {"wide": True}
    template = "channels/_matrix.html" if getattr(request, "htmx", False) else "channels/functions.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def function(request: HttpRequest, code: str) -> HttpResponse:
    """One function: words, rules, preview, figures, history. POST saves words and rules."""
    scope, registered, row = scope_of(request), _known(code), _row(code)
    form = FunctionForm(
        request.POST if request.method == "POST" else None,
        initial=FunctionForm.initial_of(row),
        shipped=shipped_words(registered),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request, scope.actor, f"function.edit:{code}",
                lambda: actions.edit_function(
                    scope.actor, code, texts=form.texts(), rules=form.rules(), version=data["version"]
                ).version,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, renamed(error))
        else:
            messages.success(request, _("已保存，几秒内在各渠道生效"))
            return redirect(scope.url("function", code))
    context = scope.context() | _function_context(scope, registered, row)
    context |= {
        "form": form if scope.may_manage_all else None,
        "wide": True,
        "preview": preview_of(registered, row.texts, _language(), site_of(request)),
    }
    return render(request, "channels/function.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@staff_page(VIEW)
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """How the words that are being typed will look; nothing is saved."""
    registered = _known(code)
    form = FunctionForm(request.POST, shipped={})
    form.is_valid()
    language = "en" if request.POST.get("preview_language") == "en" else "zh"
    context = {"preview": preview_of(registered, form.texts(), language, site_of(request)), "function": registered}
    return render(request, "channels/_preview.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def cell(request: HttpRequest, code: str, channel: str) -> HttpResponse:
    """One function on one channel: how it stands and what can be done about it. POST does one of it."""
    scope, registered = scope_of(request), _known(code)
    if channel not in PUBLISHABLE:
        raise Http404
    publish_form = PublishForm(function=registered)
    pause_form = AnnouncementForm()
    status = 200
    if request.method == "POST":
        step = request.POST.get("step", "")
        if step == "publish":
            publish_form = PublishForm(request.POST, function=registered)
        elif step == "off":
            pause_form = AnnouncementForm(request.POST)
        form: Form = publish_form if step == "publish" else pause_form if step == "off" else Form(request.POST)
        if _do(request, scope, code, channel, step, form):
            return hx_redirect(request, scope.url("functions"))
        status = 422
    context = _cell_context(scope, registered, channel)
    if not publish_form.is_bound:
        publish_form.initial = {"mode": context["row"].mode if context["row"] else registered.modes[0]}
    if context["state"] == PublicationState.PAUSED and not pause_form.is_bound:
        row = context["row"]
        pause_form.initial = {
            "announcement": row.announcement,
            "announcement_en": row.announcement_en,
            "until": row.paused_until,
        }
    context |= {"publish_form": publish_form, "pause_form": pause_form, "refused": status == 422}
    if request.method == "POST" and step not in ("publish", "off"):
        context["problem"] = "".join(str(text) for text in form.non_field_errors())
    template = "channels/_cell.html" if getattr(request, "htmx", False) else "channels/cell.html"
    return render(request, template, context, status=status)


def _do(request: HttpRequest, scope: Scope, code: str, channel: str, step: str, form: Form) -> bool:
    """Run the step; False when it was refused, and ``form`` says why."""
    if not form.is_valid():
        return False
    where: dict[str, Any] = {"code": code, "channel": channel, "org": scope.unit}
    every: dict[str, Any] = {"code": code, "org": scope.unit}
    steps: dict[str, tuple[Callable[[], Any], str]] = {
        "publish": (lambda: actions.publish(scope.actor, **where, **form.cleaned_data), _("已发布")),
        "withdraw": (lambda: actions.withdraw_publication(scope.actor, **where), _("已撤下")),
        "off": (
            lambda: actions.switch_function_off(
                scope.actor, **(every if "everywhere" in request.POST else where), **form.cleaned_data
            ),
            _("已停用，公告已发布"),
        ),
        "on": (lambda: actions.switch_function_on(scope.actor, **where), _("已恢复")),
        "inherit": (lambda: actions.inherit_publication(scope.actor, **where), _("已改用上级设置")),
    }
    if step not in steps or (step == "inherit" and scope.unit is None):
        raise Http404
    act, done = steps[step]

    def run() -> bool:
        act()
        return True

    try:
        once(request, scope.actor, f"function.{step}:{code}:{channel}", run)
    except ActionError as error:
        add_refusal(form, error)
        return False
    messages.success(request, done)
    return True


def _language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"


def _known(code: str) -> Function:
    found = FUNCTIONS.get(code)
    if found is None:
        raise Http404
    return found


def _row(code: str) -> ServiceFunction:
    found = ServiceFunction.objects.filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _matrix(scope: Scope) -> dict[str, Any]:
    rows = dict(ServiceFunction.objects.values_list("code", "texts"))
    at, units = moment.now(), lineage(scope.unit)
    held = catalog.catalog()
    nearest = held.nearest(None, units, at)
    channels = [
        {
            "code": code,
            "label": queries.channel_label(code),
            "icon": channel_icon(code),
            "url": scope.url("channel", code),
            "closed": held.closure(code, units, at) is not None,
        }
        for code in PUBLISHABLE
    ]
    listed = []
    groups = list(Group.values)
    for item in sorted(functions(), key=lambda one: groups.index(one.group)):
        if item.code not in rows:
            continue
        cells = []
        for column in channels:
            row = nearest.get((item.code, str(column["code"])))
            state = row.state_at(at) if row else ""
            cells.append(
                {
                    "channel": column["label"],
                    "url": scope.url("cell", item.code, str(column["code"])),
                    "state": "" if state == PublicationState.WITHDRAWN else state,
                    "mode": row.mode if row else "",
                    "own": row is not None and scope.unit is not None and row.org_id == scope.unit.pk,
                }
            )
        listed.append(
            {
                "function": item,
                "title": queries.text_of(item, rows[item.code], "title"),
                "group": Group(item.group).label,
                "url": scope.url("function", item.code),
                "cells": cells,
                "count": sum(1 for one in cells if one["state"] == PublicationState.PUBLISHED),
            }
        )
    return {"channels": channels, "rows": listed, "modes": list(Mode.values)}


def _cell_context(scope: Scope, registered: Function, channel: str) -> dict[str, Any]:
    at = moment.now()
    row = catalog.catalog().nearest(channel, lineage(scope.unit), at).get((registered.code, channel))
    texts_of = ServiceFunction.objects.filter(code=registered.code).values_list("texts", flat=True).first() or {}
    state = row.state_at(at) if row else ""
    return scope.context() | {
        "function": registered,
        "title": queries.text_of(registered, texts_of, "title"),
        "channel": channel,
        "channel_label": queries.channel_label(channel),
        "icon": channel_icon(channel),
        "row": row,
        "state": "" if state == PublicationState.WITHDRAWN else state,
        "announcement": queries.announcement(row.announcement, row.announcement_en, row.paused_until) if row else "",
        "own": row is not None and scope.unit is not None and row.org_id == scope.unit.pk,
        "action_url": scope.url("cell", registered.code, channel),
        "no_page": channel == Channel.WEB_FORM and not registered.url_name,
    }


def _function_context(scope: Scope, registered: Function, row: ServiceFunction) -> dict[str, Any]:
    figures = function_figures(scope.actor, registered.code, scope.unit, DAYS)
    daily = daily_uses(scope.actor, registered.code, scope.unit, DAYS)
    at = moment.now()
    nearest = catalog.catalog().nearest(None, lineage(scope.unit), at)
    places = []
    for code in Channel.values:
        setting, figure = nearest.get((registered.code, code)), figures.get(code)
        if setting is None and figure is None:
            continue
        state = setting.state_at(at) if setting else ""
        places.append(
            {
                "label": queries.channel_label(code),
                "icon": channel_icon(code),
                "state": state,
                "mode": setting.mode if setting else "",
                "url": scope.url("cell", registered.code, code),
                "figures": figure,
                "completion": percent(figure.completion) if figure else "—",
                "hand_over": percent(figure.hand_over) if figure else "—",
                "median": durations.words(figure.median) if figure and figure.median is not None else "—",
            }
        )
    publications = list(ChannelPublication.objects.filter(function=row).values_list("pk", flat=True))
    events = history({"service_function": [row.pk], "channel_publication": publications})
    return {
        "function": registered,
        "row": row,
        "title": queries.text_of(registered, row.texts, "title"),
        "group": Group(registered.group).label,
        "places": places,
        "days": DAYS,
        "uses": sum(figure.uses for figure in figures.values()),
        "chart": charts.daily(daily),
        "events": entries_of(events),
        "versions": versions_of(row),
    }
