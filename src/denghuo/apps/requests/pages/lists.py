"""Lists of requests, the review queue, and writing a request down for a caller."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts import queries as contact_queries
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests import actions, limits, queries
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.forms import SpeakerForm
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.clocks.reading import clocks_for_many
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.http import actor_of
from denghuo.core.privacy import masked
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.states import states_of

SHOWN_WAITING = 10
OPEN_TABS = ("submitted", "accepted", "dispatched", "handling", "returned", "rework", "callback", "merged")


class RequestTable(t.Table):
    """Requests, newest first."""

    number = t.Column(gettext_lazy("编号"), link="requests:detail", sort="number")
    state = t.StateColumn(gettext_lazy("状态"), kind="request", sort="state")
    type = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.get_type_display())
    urgency = t.StateColumn(pgettext_lazy("列", "紧急"), kind="urgency")
    area_type = t.StateColumn(gettext_lazy("地域"), kind="area")
    phenomenon = t.Column(gettext_lazy("现象"), value=lambda row, ctx: row.get_phenomenon_display())
    caller = t.Column(gettext_lazy("联系人"), value=lambda row, ctx: masked(row, "caller_name", ctx.actor))
    phone = t.Column(gettext_lazy("电话"), value=lambda row, ctx: masked(row, "caller_phone", ctx.actor))
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    submitted_at = t.TimeColumn(gettext_lazy("提交时间"), sort="submitted_at")

    class Meta:
        name = "requests"
        default_sort = "-submitted_at"
        page_size = 50
        export = True
        filters = [
            t.SearchFilter("q", gettext_lazy("编号、电话或户号"), apply=queries.search),
            t.ChoiceFilter("type", gettext_lazy("类型"), choices=c.RequestType.choices),
            t.ChoiceFilter("area_type", gettext_lazy("地域"), choices=AreaType.choices),
            t.ChoiceFilter("urgency", gettext_lazy("紧急程度"), choices=c.Urgency.choices),
            t.DateRangeFilter("submitted_at", gettext_lazy("提交日期")),
            t.BoolFilter("urged", gettext_lazy("只看催办"), apply=lambda qs, _on: qs.filter(urges__gt=0)),
        ]
        empty = (gettext_lazy("没有诉求"), gettext_lazy("换个筛选条件试试"))


@staff_page("requests.view")
def request_list(request: HttpRequest) -> HttpResponse:
    """All requests of the actor's units; tabs by state with counts."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    chosen = {"state": state} if state in c.RequestState.values else {"open": not request.GET.get("q")}
    rows = queries.request_list(actor, chosen)
    live = [f"floor:{path}" for path in actor.paths_for("requests.view")]
    table = RequestTable(request, rows, actor=actor, live=live)
    counts, looks = queries.counts_by_state(actor), states_of("request")
    context: dict[str, Any] = {
        "tabs": [(code, looks[code], counts.get(code, 0)) for code in OPEN_TABS],
        "state": state,
        "can_create": actor.can_somewhere("request.create"),
        "live_topics": live,
        "wide": True,
    }
    return t.table_response(request, table, "requests/staff/list.html", context)


@staff_page("request.accept")
def waiting(request: HttpRequest) -> HttpResponse:
    """HTMX, for the agent's desk: what came in by itself and waits to be accepted, oldest first."""
    actor = actor_of(request)
    rows = queries.request_list(actor, {"state": c.RequestState.SUBMITTED}, sort="submitted_at")
    shown = list(rows[:SHOWN_WAITING])
    clocks = clocks_for_many("request", [row.pk for row in shown])
    for row in shown:
        row.clock = next((clock for clock in clocks.get(row.pk, []) if clock.kind == limits.ACCEPTANCE), None)
    count = queries.counts_by_state(actor)[c.RequestState.SUBMITTED]
    return render(request, "requests/staff/_waiting.html", {"rows": shown, "count": count, "more": count - len(shown)})


class ReviewTable(t.Table):
    """Returned work that waits for review, longest waiting first."""

    number = t.Column(gettext_lazy("编号"), link="requests:detail", sort="number")
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    fault_class = t.Column(
        gettext_lazy("故障类别"), value=lambda row, ctx: row.get_fault_class_display() or row.get_type_display()
    )
    cause = t.Column(gettext_lazy("原因"), value=lambda row, ctx: row.get_cause_display())
    result = t.Column(gettext_lazy("处理结果"), value=lambda row, ctx: row.result[:60])
    round = t.Column(gettext_lazy("轮次"), value=lambda row, ctx: row.round)
    returned_at = t.TimeColumn(gettext_lazy("回单时间"), sort="returned_at")

    class Meta:
        name = "review"
        default_sort = "returned_at"
        page_size = 50
        export = True
        filters = [t.SearchFilter("q", gettext_lazy("编号、电话或户号"), apply=queries.search)]
        empty = (gettext_lazy("没有待审核的诉求"), gettext_lazy("班组回单后会自动出现在这里"))


@staff_page("request.review")
def review_queue(request: HttpRequest) -> HttpResponse:
    """What waits for review."""
    actor = actor_of(request)
    live = [f"floor:{path}" for path in actor.paths_for("request.review")]
    table = ReviewTable(request, queries.review_queue(actor), actor=actor, live=live)
    return t.table_response(request, table, "requests/staff/review.html", {"live_topics": live})


@staff_page("request.create")
def new(request: HttpRequest) -> HttpResponse:
    """Write down what a caller wants; with ``?contact=`` the conversation it came from is closed with it."""
    actor = actor_of(request)
    contact = _contact(request)
    form = SpeakerForm(request.POST or None, initial=_heard(contact))
    if request.method == "POST" and form.is_valid():
        try:
            pk = once(request, actor, "page.new", lambda: _make(request, form.cleaned_data, contact))
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已登记"))
            return redirect("requests:detail", pk=pk)
    context = {
        "form": form,
        "contact": contact,
        "known": queries.open_from_phone(actor, contact.caller_phone) if contact else [],
        "draft": f"request-new-{contact.pk if contact else 0}",
    }
    return render(request, "requests/staff/new.html", context, status=422 if form.errors else 200)


def _contact(request: HttpRequest) -> Any:
    number = request.GET.get("contact", "")
    return contact_queries.detail(actor_of(request), int(number)) if number.isdigit() else None


def _heard(contact: Any) -> dict[str, Any]:
    """What is known of the caller before a word is typed."""
    known: dict[str, Any] = {"type": c.RequestType.FAULT_REPORT, "occurred_at": timezone.localtime(moment.now())}
    if contact is None:
        return known
    known["caller_phone"] = contact.caller_phone
    if contact.customer is not None:
        known["caller_name"] = contact.customer.name
        accounts = list(contact.customer.accounts.filter(active=True)[:2])
        if len(accounts) == 1:
            known["account_number"] = accounts[0].number
    return known


def _make(request: HttpRequest, data: dict[str, Any], contact: Any) -> int:
    actor = actor_of(request)
    account = customers.account_by_number(data["account_number"]) if data["account_number"] else None
    if data["account_number"] and account is None:
        raise InvalidInput({"account_number": [_("没有这个户号，请核对；不清楚时留空，改填区县和地址")]})
    draft = actions.RequestDraft(
        type=data["type"],
        channel=contact.channel if contact else Channel.VOICE,
        caller_name=data["caller_name"],
        caller_phone=data["caller_phone"],
        account_id=account.pk if account else None,
        org_id=data["org_id"],
        address=data["address"],
        phenomenon=data["phenomenon"],
        scope=data["scope"],
        occurred_at=data["occurred_at"],
        description=data["description"],
        contact_id=contact.pk if contact else None,
    )
    made: Request = actions.submit_request(actor, data=draft)
    if contact:
        contacts.close_contact(actor, contact.pk, outcome="request_made", request_id=made.pk)
    return made.pk
