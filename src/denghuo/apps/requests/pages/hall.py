"""The public hall: report, find, follow, urge. No sign-in; what is shown is masked and no page can be guessed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.channels.choices import Audience, Group
from denghuo.apps.channels.queries import PublishedFunction, channel_open, published
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.access import account_id_of
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.customers.hall import binding
from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.queries import outage_explaining, public_outages
from denghuo.apps.requests import actions, prefilling, queries
from denghuo.apps.requests.applications import looks as _looks  # noqa: F401  how an application's state looks
from denghuo.apps.requests.applications import queries as applications
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.forms import AccountFinderForm, MatterForm, ProgressFinderForm, ReportForm
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.scene_parts import named_org
from denghuo.apps.requests.scene_parts import Part, for_draft, need_text, part_of, refusal_of
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, NotFound
from denghuo.core.http import client_ip
from denghuo.core.privacy import mask
from denghuo.web.formtools import add_refusal, once

FOUND = "hall_account"  # session: the account that was found and not yet used
SHOWN_OUTAGES = 3


def public_actor(request: HttpRequest) -> Actor:
    """Somebody of the public, known only by where they come from."""
    return Actor(kind="customer", id=None, name="", ip=client_ip(request))


def home(request: HttpRequest) -> HttpResponse:
    """The hall's front door: what can be done here, where supply is out now, what the company promises."""
    audience = request.GET.get("for", "")
    audience = audience if audience in Audience.values else ""
    offered = published(Channel.WEB_FORM, None, audience or None)
    is_open, closed_text = channel_open(Channel.WEB_FORM)
    lasting = [one for one in public_outages() if one.state == OutageState.ACTIVE]
    promise = policies.get("clock.arrival.mean")
    context = {
        "audience": audience,
        "audiences": Audience.choices,
        "groups": _grouped(offered),
        "closed_text": "" if is_open else closed_text,
        "outages": lasting[:SHOWN_OUTAGES],
        "outage_count": len(lasting),
        "promises": [
            {"label": label, "minutes": f"{promise[code]:g}"} for code, label in AreaType.choices if code in promise
        ],
    }
    return render(request, "requests/hall/home.html", context)


def _grouped(offered: list[PublishedFunction]) -> list[dict[str, Any]]:
    """Functions that have a page, by group in the order of tiles; the first is the one to see first."""
    groups = [
        {"label": label, "rows": [one for one in offered if one.group == code and one.url]}
        for code, label in Group.choices
    ]
    return [group for group in groups if group["rows"]]


@require_POST
def find_account(request: HttpRequest) -> HttpResponse:
    """Number and phone → the account, masked, with a short-lived reference for the report form.

    The session remembers the reference, so that a reload does not ask again; ``again`` forgets it. Pressed before the
    page's script has come, the form is sent as any form is and the report page shows the same.
    """
    form = AccountFinderForm(request.POST if "again" not in request.POST else None)
    context: dict[str, Any] = {"finder": form}
    if form.is_valid() or "again" in request.POST:
        request.session.pop(FOUND, None)
    if form.is_valid():
        try:
            found = customers.find_account(public_actor(request), **form.cleaned_data)
        except ActionError as error:
            add_refusal(form, error)
        else:
            if found is None:
                form.add_error(None, _("没有找到与该户号和手机号都相符的用电户。请核对电费单，或直接填写区县和地址。"))
            else:
                reference = binding.bind(request, found)
                context |= {"found": _shown(found), "account_ref": reference}
    if request.headers.get("HX-Request") == "true":
        return render(request, "requests/hall/_account.html", context)
    for text in form.non_field_errors() if form.is_bound else []:
        messages.error(request, str(text))
    return redirect("requests:report")


def _shown(account: Any) -> dict[str, Any]:
    return {
        "name": mask("name", account.customer.name),
        "number": mask("account_number", account.number),
        "address": mask("address", account.address),
        "outage": outage_explaining(account.transformer_id, moment.now(), account.pk) is not None,
    }


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """A fault report. A refusal shows the form again with everything that was typed."""
    form = ReportForm(request.POST or None, now=moment.now(), initial=prefilling.initial(request, "report"))
    refused: dict[str, list[str]] = {}
    context: dict[str, Any] = {"form": form, "finder": AccountFinderForm()}
    reference = request.POST.get("account_ref", "") if request.method == "POST" else request.session.get(FOUND, "")
    account_id = account_id_of(reference)
    account = customers.account_by_id(account_id) if account_id is not None else None
    if account is not None:
        context |= {"found": _shown(account), "account_ref": reference}
    if request.method == "POST" and form.is_valid():
        made = _submit(request, form, account, RequestType.FAULT_REPORT, refused)
        if made is not None:
            return made
    context["part"] = _part(request, {"type": RequestType.FAULT_REPORT}, refused)
    return render(request, "requests/hall/report.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def matter(request: HttpRequest) -> HttpResponse:
    """The other seven business types."""
    form = MatterForm(request.POST or None, initial=prefilling.initial(request, "matter"))
    refused: dict[str, list[str]] = {}
    if request.method == "POST" and form.is_valid():
        made = _submit(request, form, None, form.cleaned_data["type"], refused)
        if made is not None:
            return made
    context = {"form": form, "part": _part(request, {}, refused)}
    return render(request, "requests/hall/matter.html", context, status=422 if form.errors else 200)


def _part(request: HttpRequest, start: dict[str, str], refused: dict[str, list[str]] | None = None) -> Part:
    """What the scene asks, as the form stands now."""
    told = request.POST.copy()
    for name, value in start.items():
        told.setdefault(name, value)
    return part_of(told, audience="customer", channel=Channel.WEB_FORM, org=named_org(request), errors=refused)


def _submit(
    request: HttpRequest, form: Any, account: Any, kind: str, refused: dict[str, list[str]]
) -> HttpResponse | None:
    """Make the request; None when it was refused: the form then carries why, ``refused`` the faults of the scene."""
    data = form.cleaned_data
    draft = actions.RequestDraft(
        type=kind,
        channel=Channel.WEB_FORM,
        caller_name=data["caller_name"],
        caller_phone=data["caller_phone"],
        account_id=account.pk if account else None,
        org_id=data.get("org_id"),
        address=data.get("address", ""),
        phenomenon=data.get("phenomenon", ""),
        scope=data.get("scope", ""),
        occurred_at=_not_ahead(data.get("occurred_at")),
        description=data.get("description", ""),
        confidential=bool(data.get("confidential")),
        anonymous=bool(data.get("anonymous")),
        client_id=_uuid(request.POST.get("idempotency_key")),
        **for_draft(_part(request, {"type": kind}), request.POST),
    )
    try:
        made = actions.submit_request(public_actor(request), data=draft)
    except ActionError as error:
        own, rest = refusal_of(error)
        refused |= own
        add_refusal(form, rest or Conflict(need_text(len(own))))
        return None
    request.session.pop(FOUND, None)
    request.session["fresh_request"] = made.public_token
    return redirect("requests:progress", token=made.public_token)


def _not_ahead(moment_given: dt.datetime | None) -> dt.datetime | None:
    """The picker knows minutes only; a minute that has just begun is not the future."""
    now = moment.now()
    if moment_given is not None and now < moment_given < now + dt.timedelta(minutes=1):
        return now
    return moment_given


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Number and phone → the progress page."""
    form = ProgressFinderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token = queries.find_progress(public_actor(request), **form.cleaned_data)
        except ActionError as error:
            add_refusal(form, error)
        else:
            if token is not None:
                return redirect("requests:progress", token=token)
            form.add_error(None, _("没有找到编号和电话都相符的诉求，请核对后再试，或拨打 95598。"))
    return render(request, "requests/hall/find.html", {"form": form}, status=422 if form.errors else 200)


def progress(request: HttpRequest, token: str) -> HttpResponse:
    """The live progress page; an HTMX call gets the moving part."""
    view = queries.progress_view(token)
    if view is None:
        raise NotFound(_("没有这个进度页，请核对地址，或用编号和电话查询"))
    fresh = request.session.get("fresh_request") == token
    context = {"view": view, "token": token, "fresh": fresh, "live_topics": [f"customer-request:{token}"]}
    application = None
    if view["type"] == RequestType.SERVICE_REQUEST:  # what is no application pays for no question
        application = applications.application_by_token(token)
        context["progress"] = applications.progress_of(application) if application else None
        context["appointment"] = applications.appointment_by_token(token)
        context["bookable"] = view["state"] not in FINAL
    if view["round"] > 1 and view["state"] not in FINAL:
        context["again_text"] = _("您反映问题没有解决，我们已安排第 %(n)s 次处理") % {"n": view["round"]}
    part = "requests/hall/_application.html" if application is not None else "requests/hall/_progress.html"
    template = part if getattr(request, "htmx", False) else "requests/hall/progress.html"
    return render(request, template, context)


@require_POST
def urge(request: HttpRequest, token: str) -> HttpResponse:
    """The customer asks again."""
    found = Request.objects.filter(public_token=token).only("pk").first()
    if found is None:
        raise NotFound()
    actor = public_actor(request)
    try:
        text = once(
            request,
            actor,
            f"hall.urge:{found.pk}",
            lambda: str(actions.urge_request(actor, found.pk, token=token).message),
        )
        messages.success(request, text)
    except ActionError as error:
        messages.warning(request, error.message)
    return redirect("requests:progress", token=token)
