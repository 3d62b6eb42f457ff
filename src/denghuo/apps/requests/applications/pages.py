"""Staff screens of applications: what is due, and one application with its steps and materials."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.applications import actions, queries
from denghuo.apps.requests.applications.catalogue import businesses
from denghuo.apps.requests.applications.choices import StepCode
from denghuo.apps.requests.applications.forms import StepForm
from denghuo.apps.requests.applications.models import Application
from denghuo.apps.requests.pages.common import person_of
from denghuo.core import moment
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.files.models import StoredFile
from denghuo.core.files.serving import serve
from denghuo.core.http import actor_of
from denghuo.core.privacy import masked
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

FIRST = dt.date(2025, 1, 1)  # the catalogue's own first day: the filter is made when Django starts, without a database


def _name(row: Application, _context: Any) -> str:
    return actions.business_of(row).name


class ApplicationTable(t.Table):
    """Applications under way, the earliest promise first."""

    number = t.Column(gettext_lazy("编号"), value=lambda row, ctx: row.request.number, link="requests:application")
    business = t.Column(gettext_lazy("业务"), value=_name)
    step = t.Column(gettext_lazy("当前环节"), value=lambda row, ctx: row.get_step_display() or _("已办结"))
    due_at = t.TimeColumn(gettext_lazy("承诺办结"), sort="due_at")
    applicant = t.Column(gettext_lazy("申请人"), value=lambda row, ctx: masked(row.request, "caller_name", ctx.actor))
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    applied_on = t.Column(gettext_lazy("申请日期"), value=lambda row, ctx: f"{row.applied_on:%Y-%m-%d}")

    class Meta:
        name = "applications"
        default_sort = "due_at"
        page_size = 50
        filters = [
            t.ChoiceFilter(
                "business", gettext_lazy("业务"), choices=[(one.code, one.lazy_name) for one in businesses(at=FIRST)]
            ),
            t.ChoiceFilter("step", gettext_lazy("当前环节"), choices=StepCode.choices),
        ]
        empty = (gettext_lazy("没有在办的业务申请"), gettext_lazy("客户在网上营业厅提交后会出现在这里"))


@require_GET
@staff_page("requests.view")
def application_list(request: HttpRequest) -> HttpResponseBase:
    """What has been applied for in the actor's units."""
    actor = actor_of(request)
    finished = request.GET.get("state") == "finished"
    table = ApplicationTable(request, queries.applications_for(actor, finished=finished), actor=actor)
    return t.table_response(request, table, "requests/applications/list.html", {"finished": finished})


@require_http_methods(["GET", "POST"])
@staff_page("requests.view")
def application_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One application; finishing the step it is at."""
    actor = actor_of(request)
    application = queries.applications_for(actor).filter(pk=pk).first()
    application = application or queries.applications_for(actor, finished=True).filter(pk=pk).first()
    if application is None:
        raise NotFound(_("没有这项业务申请，或不在您的管辖范围"))
    progress = queries.progress_of(application)
    ask = application.step in (StepCode.SURVEY, StepCode.PLAN) and any(
        one.code == StepCode.WORKS and one.state == "todo" for one in progress.steps
    )
    form = StepForm(request.POST or None, ask_works=ask, initial={"step": application.step})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request, actor, f"application.advance:{pk}",
                lambda: actions.finish_step(
                    actor, pk, step=data["step"], note=data["note"], works=data.get("works")
                ).step,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("环节已完成"))
            return redirect("requests:application", pk)
    context = {
        "progress": progress,
        "application": application,
        "subject": application.request,
        "person": person_of(application.request, actor),
        "appointment": queries.appointment_of(application.request_id),
        "form": form,
        "may_work": progress.open and actor.can(actions.WORK, application.org.path),
        "now": moment.now(),
        "live_topics": [f"request:{application.request_id}"],
    }
    return render(request, "requests/applications/detail.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(actions.WORK)
def add_material(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper checked at the counter and scanned by staff."""
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise InvalidInput({"file": _("请先选择图片或 PDF 文件")})
        key = request.POST.get("idempotency_key", "")
        client_id = uuid.UUID(key) if len(key) == 36 else uuid.uuid4()
        actions.add_material(actor_of(request), pk, request.POST.get("material", ""), upload, client_id=client_id)
        messages.success(request, _("材料已上传"))
    except InvalidInput as error:
        messages.error(request, "；".join(text for texts in error.fields.values() for text in texts))
    except (ActionError, ValueError) as error:
        messages.error(request, getattr(error, "message", "") or _("操作未能完成"))
    return redirect("requests:application", pk)


@require_GET
@staff_page("file.view")
def material_file(request: HttpRequest, pk: int, file_id: int) -> HttpResponseBase:
    """One file of an application in the actor's units."""
    actor = actor_of(request)
    application = Application.objects.visible_to(actor, "requests.view").filter(pk=pk).first()
    file = StoredFile.objects.filter(pk=file_id, subject_kind=actions.SUBJECTS).first()
    if application is None or file is None:
        raise NotFound(_("没有找到该文件"))
    return serve(request, file, permitted=lambda one: one.subject_id // 100 == application.pk)
