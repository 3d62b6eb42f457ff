"""Trying a draft on past requests, releasing, withdrawing, discarding it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import actions
from denghuo.apps.catalogue.flows import dry_runs
from denghuo.apps.catalogue.flows.comparing import changes
from denghuo.apps.catalogue.flows.diagram import label_of, name_of
from denghuo.apps.catalogue.flows.forms import DryRunForm, ReleaseForm
from denghuo.apps.catalogue.flows.host import host
from denghuo.apps.catalogue.flows.pages.common import VIEW, Opened, draft, looked_at, opened, read_flow, unit_name
from denghuo.apps.catalogue.flows.pages.index import compared_with
from denghuo.apps.catalogue.models import DryRun, Flow
from denghuo.core import moment, policies
from denghuo.core.errors import ActionError
from denghuo.core.jobs.models import JobProgress
from denghuo.engine.flow.fields import fields_of
from denghuo.web import durations
from denghuo.web.formtools import add_refusal, once

DAY = dt.timedelta(days=1)


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the draft on past requests; what came out of the last time."""
    found = draft(request, pk)
    today = timezone.localdate(moment.now())
    initial = {
        "since": today - policies.get("flow.traffic_days") * DAY,
        "until": today,
        "most": policies.get("flow.dry_run_default"),
    }
    form, status = DryRunForm(initial=initial), 200
    if request.method == "POST":
        form, status = DryRunForm(request.POST), 422
        if form.is_valid():
            since, until = form.period()
            most = form.cleaned_data["most"]
            try:
                once(
                    request, found.actor, f"flow.dry_run:{pk}",
                    lambda: dry_runs.start_dry_run(found.actor, pk, since=since, until=until, most=most).pk,
                )  # fmt: skip
            except ActionError as error:
                add_refusal(form, error)
            else:
                return redirect("catalogue:flow-dry-run", pk)
    context = found.context() | {"form": form, "section": "dry-run"} | run_context(found.row)
    return render(request, "catalogue/flows/dry_run.html", context, status=status)


@require_GET
@staff_page(VIEW)
def dry_run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the last run is; once it is over, its outcome."""
    found = opened(request, pk)
    return render(request, "catalogue/flows/_outcome.html", found.context() | run_context(found.row))


@require_POST
@staff_page(VIEW)
def cancel_dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the last run."""
    found = draft(request, pk)
    run = dry_runs.latest(found.row)
    if run is None:
        raise Http404
    if dry_runs.cancel_dry_run(found.actor, run.pk):
        messages.success(request, _("已请求取消，正在处理的这一批完成后停止"))
    else:
        messages.info(request, _("这次试运行已经结束"))
    return redirect("catalogue:flow-dry-run", pk)


def run_context(row: Flow) -> dict[str, Any]:
    """The last run of a draft in words: its state, its outcome, whether the draft has changed since."""
    run = dry_runs.latest(row)
    if run is None:
        return {"run": None}
    state = "done" if run.done_at else dry_runs.job_state(run)
    progress = JobProgress.objects.filter(pk=run.job_id).first()
    context: dict[str, Any] = {"run": run, "run_state": state, "progress": progress, "live": state in dry_runs.LIVE}
    context["last_day"] = run.until - DAY
    context["stale"] = run.version != row.version
    if run.result:
        context["outcome"] = _outcome(run, row)
    return context


def _outcome(run: DryRun, row: Flow) -> dict[str, Any]:
    """The kept counts with names for their codes."""
    words, flow, result = host().words(), read_flow(row.document), run.result
    states = {code: label_of(state) for code, state in flow.states.items()} if flow else {}
    verbs = {step.verb: name_of(step, words) for step in flow.steps} if flow else {}
    own = {code: field.label for code, field in fields_of(row.document).items()} if flow else {}
    fields = {**words.fields, **own}

    def named(code: str, *tables: Any) -> str:
        return next((str(table[code]) for table in tables if code in table), code)

    def rows(kind: str, first: Any, second: Any) -> list[dict[str, Any]]:
        return [
            {**one, "first": first(one["first"]), "second": second(one["second"]), "examples": _examples(one)}
            for one in result.get(kind, [])
        ]

    def state(code: str) -> str:
        return named(code, states)

    def verb(code: str) -> str:
        return named(code, verbs, words.verbs)

    clocks = rows("clocks", lambda code: named(code, words.clocks), lambda change: clock_changes()[change])
    for one in clocks:
        one["median"] = durations.words(one["median_seconds"])
    return {
        "total": result["total"],
        "clean": result["clean"],
        "affected": result["total"] - result["clean"],
        "refused": rows("refused", state, verb),
        "missing": rows("missing", verb, lambda code: named(code, fields)),
        "automatic": rows("automatic", state, verb),
        "clocks": clocks,
        "unvisited": [named(code, states) for code in result.get("unvisited", [])],
    }


def clock_changes() -> dict[str, str]:
    """What may have become of a clock."""
    return {"added": _("会新增计时"), "gone": _("不再计时"), "longer": _("会晚停"), "shorter": _("会早停")}


def _examples(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(host().address(key), number) for key, number in row.get("examples", [])]


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """What will change, what stands in the way, and from when it holds."""
    found = draft(request, pk)
    form, status = ReleaseForm(initial={"note": found.row.note}), 200
    if request.method == "POST":
        form, status = ReleaseForm(request.POST), 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                once(
                    request, found.actor, f"flow.release:{pk}",
                    lambda: actions.release(found.actor, "flow", pk, **data).pk,
                )  # fmt: skip
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("已发布；此后提交的诉求按新版本办理"))
                return redirect("catalogue:flow", pk)
    context = (
        found.context()
        | _before_release(found)
        | {"form": form, "section": "release", "draft_key": f"flow-{pk}-release"}
    )
    return render(request, "catalogue/flows/release.html", context, status=status)


def _before_release(found: Opened) -> dict[str, Any]:
    other = compared_with(found.row)
    context = looked_at(found.row.document) | run_context(found.row) | {"other": other}
    if other is not None:
        context["changes"] = changes(other.document, found.row.document, host().words())
        context["other_unit"] = unit_name(other.org)
    return context


@require_POST
@staff_page(VIEW)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a released edition out of force."""
    found = opened(request, pk)
    try:
        once(request, found.actor, f"flow.withdraw:{pk}", lambda: actions.withdraw(found.actor, "flow", pk).pk)
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已撤回；此前提交的诉求仍按它办完"))
    return redirect("catalogue:flow", pk)


@require_POST
@staff_page(VIEW)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    found = draft(request, pk)
    try:
        actions.discard(found.actor, "flow", pk)
    except ActionError as error:
        messages.error(request, error.message)
        return redirect("catalogue:flow-edit", pk)
    messages.success(request, _("草稿已删除"))
    return redirect("catalogue:flows")
