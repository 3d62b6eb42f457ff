"""The hall's side of business: catalogue, applying, materials, appointments, and whether one's own supply is out."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.choices import CustomerKind
from denghuo.apps.customers.hall import binding
from denghuo.apps.customers.hall.pages import ask_account, frame, shown
from denghuo.apps.customers.models import Account
from denghuo.apps.grid.queries import coming_outages, outage_explaining
from denghuo.apps.requests import prefilling
from denghuo.apps.requests.actions import RequestDraft, submit_request
from denghuo.apps.requests.applications import actions, queries
from denghuo.apps.requests.applications.catalogue import Business, business, businesses
from denghuo.apps.requests.applications.choices import GroupCode
from denghuo.apps.requests.applications.forms import ApplicationForm, AppointmentForm, BookingForm
from denghuo.apps.requests.applications.models import Application
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.web.formtools import add_refusal


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """What can be applied for, by residents and by enterprises."""
    audience = request.GET.get("for", "")
    if audience not in CustomerKind.values:
        audience = ""
    known = businesses(audience)
    groups = [(label, [one for one in known if one.group == code]) for code, label in GroupCode.choices]
    context = {
        "audience": audience,
        "audiences": CustomerKind.choices,
        "groups": [(label, [(one, one.days(None)) for one in rows]) for label, rows in groups if rows],
    }
    return render(request, "requests/hall/apply.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """One business: what to bring, by when, on what ground; and the form."""
    kind = business(code)
    if kind is None:
        raise NotFound(_("没有这项业务"))
    context, account = frame(request)
    if kind.needs_account and account is None:
        return ask_account(request, kind.name)
    if not kind.needs_account:  # a new supply is at a place of its own
        account = context["current"] = None
    form = ApplicationForm(
        request.POST or None, kind=kind, with_account=account is not None,
        initial=prefilling.initial(request, f"apply.{kind.code}"),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        made = _submit(request, form, kind, account)
        if made is not None:
            request.session["fresh_request"] = made.request.public_token
            return redirect("requests:progress", token=made.request.public_token)
    context |= {
        "kind": kind,
        "form": form,
        "days": kind.days(account.org if account else None),
        "works_days": kind.days(account.org if account else None, works=True) if kind.promise_works else None,
        "required": [one for one in kind.materials if one.required],
        "optional": [one for one in kind.materials if not one.required],
    }
    return render(request, "requests/hall/apply_form.html", context, status=422 if form.errors else 200)


def _submit(request: HttpRequest, form: ApplicationForm, kind: Business, account: Account | None) -> Application | None:
    data = form.cleaned_data
    draft = actions.ApplicationDraft(
        business=kind.code,
        channel=Channel.WEB_FORM,
        applicant=data["applicant"],
        phone=data["phone"],
        account_id=account.pk if account else None,
        org_id=data.get("org_id"),
        address=data.get("address", ""),
        capacity_kw=data.get("capacity_kw"),
        note=data["note"],
        client_id=_uuid(request.POST.get("idempotency_key")),
    )
    try:
        return actions.submit_application(binding.visitor(request), data=draft)
    except ActionError as error:
        _renamed(error, {"caller_name": "applicant", "caller_phone": "phone", "description": "note"})
        add_refusal(form, error)
        return None


def _renamed(error: ActionError, names: dict[str, str]) -> None:
    """The request below calls its fields by other names than the form."""
    if isinstance(error, InvalidInput):
        for theirs, ours in names.items():
            if theirs in error.fields:
                error.fields[ours] = error.fields.pop(theirs)


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@require_POST
def material(request: HttpRequest, token: str) -> HttpResponse:
    """Hand in one material from the progress page."""
    found, application = _application(token)
    upload, code = request.FILES.get("file"), request.POST.get("material", "")
    if upload is None:
        messages.warning(request, _("请先选择图片或 PDF 文件"))
        return redirect("requests:progress", token=token)
    try:
        actions.add_material(
            binding.visitor(request), application.pk, code, upload,
            client_id=_uuid(request.POST.get("idempotency_key")) or uuid.uuid4(), token=found.public_token,
        )  # fmt: skip
        messages.success(request, _("材料已上传"))
    except InvalidInput as error:
        messages.error(request, "；".join(text for texts in error.fields.values() for text in texts))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:progress", token=token)


def _application(token: str) -> tuple[Request, Application]:
    found = queries.request_by_token(token)
    application = queries.application_of(found.pk) if found else None
    if found is None or application is None:
        raise NotFound(_("没有这项业务申请"))
    return found, application


@never_cache
@require_http_methods(["GET", "POST"])
def appointment(request: HttpRequest, token: str) -> HttpResponse:
    """Choose or move a half-day for a request, or give it back."""
    found = queries.request_by_token(token)
    if found is None:
        raise NotFound(_("没有这个进度页，请核对地址，或用编号和电话查询"))
    held = queries.appointment_of(found.pk)
    actor = binding.visitor(request)
    if "cancel" in request.POST:
        actions.cancel_appointment(actor, found.pk, token=found.public_token)
        messages.success(request, _("预约已取消"))
        return redirect("requests:progress", token=token)
    initial = {"day": held.day.isoformat(), "half": held.half, "place": held.place} if held else {"place": "counter"}
    form = AppointmentForm(request.POST or None, org=found.org, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.book(
                actor, found.pk, day=dt.date.fromisoformat(data["day"]), half=data["half"], place=data["place"],
                token=found.public_token,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("预约成功"))
            return redirect("requests:progress", token=token)
    context = {"form": form, "held": held, "token": token, "number": found.number}
    return render(request, "requests/hall/appointment.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def booking(request: HttpRequest) -> HttpResponse:
    """An appointment without an application: a request for it is made first, then the half-day."""
    form = BookingForm(request.POST or None, initial={"place": "counter"})
    if request.method == "POST" and form.is_valid():
        data, actor = form.cleaned_data, binding.visitor(request)
        try:
            made = _booked(request, data, actor)
        except ActionError as error:
            _renamed(error, {"description": "matter"})
            add_refusal(form, error)
        else:
            request.session["fresh_request"] = made.public_token
            return redirect("requests:progress", token=made.public_token)
    return render(request, "requests/hall/booking.html", {"form": form}, status=422 if form.errors else 200)


def _booked(request: HttpRequest, data: dict[str, Any], actor: Any) -> Request:
    from denghuo.core.actions.run import undivided

    with undivided():
        made = submit_request(
            actor,
            data=RequestDraft(
                type=RequestType.SERVICE_REQUEST,
                channel=Channel.WEB_FORM,
                caller_name=data["caller_name"],
                caller_phone=data["caller_phone"],
                org_id=data["org_id"],
                address=data["address"] or _("营业厅办理"),
                description=_("预约办理：%(matter)s") % {"matter": data["matter"]},
                client_id=_uuid(request.POST.get("idempotency_key")),
            ),
        )
        actions.book(
            actor, made.pk, day=dt.date.fromisoformat(data["day"]), half=data["half"], place=data["place"],
            token=made.public_token,
        )  # fmt: skip
    return made


@never_cache
@require_safe
def outage_mine(request: HttpRequest) -> HttpResponse:
    """Whether supply of the account in use is out now, or will be: a fragment of the outage map, or a page of its own."""
    _context, account = frame(request)
    partial = getattr(request, "htmx", False)
    if account is None and not partial:
        return ask_account(request, _("查我家是否停电"))
    context: dict[str, Any] = {"account": shown(account) if account else None, "partial": partial}
    if account is not None:
        context |= {
            "outage": outage_explaining(account.transformer_id, moment.now(), account.pk),
            "coming": coming_outages(account.transformer_id),
        }
    template = "requests/hall/_outage_mine.html" if partial else "requests/hall/outage_mine.html"
    return render(request, template, context)
