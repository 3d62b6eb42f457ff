"""Lists of requests, the review queue, and writing a request down for a caller."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue.classes.filters import ClassFilter
from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts import queries as contact_queries
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.heard import told_in
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.customers.marks import queries as marks
from denghuo.apps.requests import actions, limits, queries
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.classification import TREE_OF, of_class
from denghuo.apps.requests.classification import class_name as name_of_class
from denghuo.apps.requests.forms import SpeakerForm
from denghuo.apps.requests.linking.typed import join_typed
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.priority import column_value
from denghuo.apps.requests.pages.scene_parts import named_org
from denghuo.apps.requests.scene_parts import for_draft, need_text, part_of, refusal_of
from denghuo.core import moment
from denghuo.core.clocks.reading import clocks_for_many
from denghuo.core.errors import ActionError, Conflict, InvalidInput
from denghuo.core.http import actor_of
from denghuo.core.privacy import masked
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.http import trigger
from denghuo.web.states import states_of

SHOWN_WAITING = 10
OPEN_TABS = ("submitted", "accepted", "dispatched", "handling", "returned", "rework", "callback", "merged")


def class_name(row: Request, ctx: Any) -> str:
    """Type and class, for the list's cell and its export."""
    named = name_of_class(row)
    return f"{row.get_type_display()} / {named}" if named else str(row.get_type_display())


#: what happened to a request beside its flow
MARKS = {
    "held": gettext_lazy("已挂起"),
    "supervised": gettext_lazy("督办中"),
    "raised": gettext_lazy("已升级"),
    "returned": gettext_lazy("退过单"),
    "reopened": gettext_lazy("重启过"),
    "confidential": gettext_lazy("保密"),
    "anonymous": gettext_lazy("匿名"),
}
MARK_MEANS = {
    "held": {"held_at__isnull": False}, "supervised": {"supervised": True}, "raised": {"escalation_level__gt": 0},
    "returned": {"returns__gt": 0}, "reopened": {"reopened__gt": 0}, "confidential": {"confidential": True},
    "anonymous": {"anonymous": True},
}  # fmt: skip


def marked(rows: Any, mark: str) -> Any:
    """Those with one of :data:`MARKS`."""
    return rows.filter(**MARK_MEANS[mark])


class RequestTable(t.Table):
    """Requests, newest first."""

    number = t.Column(gettext_lazy("编号"), link="requests:detail", sort="number")
    state = t.StateColumn(gettext_lazy("状态"), kind="request", sort="state")
    type = t.Column(gettext_lazy("类型"), template="requests/staff/_class_cell.html", value=class_name)
    urgency = t.StateColumn(pgettext_lazy("列", "紧急"), kind="urgency")
    area_type = t.StateColumn(gettext_lazy("地域"), kind="area")
    priority = t.NumberColumn(gettext_lazy("优先级"), digits=2, value=column_value, export=False)
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
            ClassFilter(
                "class", gettext_lazy("分类"), tree=lambda query: TREE_OF.get(query.get("type", ""), ""), apply=of_class
            ),
            t.ChoiceFilter("grade", gettext_lazy("投诉等级"), choices=c.ComplaintGrade.choices),
            t.ChoiceFilter("area_type", gettext_lazy("地域"), choices=AreaType.choices),
            t.ChoiceFilter("urgency", gettext_lazy("紧急程度"), choices=c.Urgency.choices),
            t.DateRangeFilter("submitted_at", gettext_lazy("提交日期")),
            t.BoolFilter("urged", gettext_lazy("只看催办"), apply=lambda qs, _on: qs.filter(urges__gt=0)),
            t.ChoiceFilter("mark", gettext_lazy("办理标记"), choices=list(MARKS.items()), apply=marked),
        ]
        empty = (gettext_lazy("没有诉求"), gettext_lazy("换个筛选条件试试"))


class MarkedTable(RequestTable):
    """For those who may know which customers are sensitive."""

    class Meta:
        filters = [
            *RequestTable.meta.filters,
            t.BoolFilter("sensitive", gettext_lazy("只看敏感客户"), apply=lambda qs, _on: qs.filter(sensitive=True)),
        ]


@staff_page("requests.view")
def request_list(request: HttpRequest) -> HttpResponse:
    """All requests of the actor's units; tabs by state with counts."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    chosen = {"state": state} if state in c.RequestState.values else {"open": not request.GET.get("q")}
    rows = queries.request_list(actor, chosen)
    live = [f"floor:{path}" for path in actor.paths_for("requests.view")]
    kind = RequestTable
    if seen := actor.paths_for(marks.VIEW):
        kind = MarkedTable
        if request.GET.get("sensitive") == "1":
            rows = rows.filter(reduce(or_, (Q(org__path__startswith=path) for path in seen)))
    table = kind(request, rows, actor=actor, live=live)
    counts, looks = queries.counts_by_state(actor), states_of("request")
    context: dict[str, Any] = {
        "tabs": [(code, looks[code], counts.get(code, 0)) for code in OPEN_TABS],
        "state": state,
        "can_create": actor.can_somewhere("request.create"),
        "can_measure": actor.can_somewhere("floor.view") or actor.can_somewhere("prediction.manage"),
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
    """Write down what a caller wants; with ``?contact=`` the conversation it came from is closed with it.

    With ``sheet=1`` it is a part of the agent's desk: the conversation stays open, the desk hears ``desk-request``.
    """
    actor = actor_of(request)
    contact = _contact(request)
    sheet = contact is not None and request.GET.get("sheet") == "1"
    form = SpeakerForm(request.POST or None, initial=_heard(contact))
    channel = contact.channel if contact else Channel.VOICE
    refused: dict[str, list[str]] = {}
    if request.method == "POST" and form.is_valid():
        try:
            pk = once(request, actor, "page.new", lambda: _make(request, form.cleaned_data, contact, close=not sheet))
        except ActionError as error:
            refused, rest = refusal_of(error)
            add_refusal(form, rest or Conflict(need_text(len(refused))))
        else:
            if sheet:
                number = Request.objects.values_list("number", flat=True).get(pk=pk)
                told = {"contact": contact.pk, "request": pk, "number": number}
                return trigger(HttpResponse(status=204), "desk-request", told)
            if not queries.visible(actor).filter(pk=pk).exists():
                messages.success(request, _("已登记为保密诉求，由知悉人员办理"))
                return redirect("requests:list")
            messages.success(request, _("已登记"))
            return redirect("requests:detail", pk=pk)
    typed = request.POST if request.method == "POST" else form.initial
    context = {
        "form": form,
        "part": part_of(typed, audience="agent", channel=channel, org=named_org(request), errors=refused),
        "contact": contact,
        "known": queries.open_from_phone(actor, contact.caller_phone) if contact else [],
        "draft": f"request-new-{contact.pk if contact else 0}",
    }
    template = "requests/staff/_new_sheet.html" if sheet else "requests/staff/new.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _contact(request: HttpRequest) -> Any:
    number = request.GET.get("contact", "")
    return contact_queries.detail(actor_of(request), int(number)) if number.isdigit() else None


def _heard(contact: Any) -> dict[str, Any]:
    """What is known of the caller before a word is typed."""
    known: dict[str, Any] = {"type": c.RequestType.FAULT_REPORT, "occurred_at": timezone.localtime(moment.now())}
    if contact is None:
        return known
    said = told_in(contact)
    known |= {
        "caller_phone": contact.caller_phone or said.phone,
        "caller_name": contact.visitor_name,
        "account_number": said.account_number,
        "address": said.address,
        "description": said.text,
        "org_id": contact.org_id,
        **(meant(f"{contact.subject}\n{said.text}") if said.text else {}),
    }
    if contact.customer is not None:
        known["caller_name"] = contact.customer.name
        known["caller_phone"] = known["caller_phone"] or contact.customer.phone
        accounts = list(contact.customer.accounts.filter(active=True)[:2])
        chosen = contact.account or (accounts[0] if len(accounts) == 1 else None)
        if chosen is not None:
            known["account_number"] = chosen.number
    return known


# Plain signs in what was said; the agent sees the proposal and corrects it.
SIGNS = (
    (c.Phenomenon.WIRE_DOWN, ("电线断", "线断了", "电线掉", "电线垂")),
    (c.Phenomenon.SPARK, ("火花", "冒烟", "冒火", "爆炸")),
    (c.Phenomenon.FLICKER, ("灯闪", "一闪一闪", "电压不稳")),
    (c.Phenomenon.LOW_VOLTAGE, ("电压低", "电压偏低")),
    (c.Phenomenon.NO_POWER, ("没电", "没有电", "停电", "断电", "跳闸")),
)
WISHES = (
    (c.RequestType.COMPLAINT, ("投诉",)),
    (c.RequestType.TIP_OFF, ("举报", "窃电", "偷电")),
    (c.RequestType.PRAISE, ("表扬", "感谢你们")),
    (c.RequestType.SUGGESTION, ("建议",)),
)
ASKING = ("电费", "账单", "电价", "怎么", "材料", "多少", "过户", "报装", "抄表")


def meant(text: str) -> dict[str, Any]:
    """Business type and symptom that the words point to; a written conversation without any is a consultation."""
    for kind, words in WISHES:
        if any(word in text for word in words):
            return {"type": kind}
    asked = sum(text.count(word) for word in ASKING)
    for sign, words in SIGNS:
        if (told := sum(text.count(word) for word in words)) and told >= asked:
            return {"type": c.RequestType.FAULT_REPORT, "phenomenon": sign}
    return {"type": c.RequestType.CONSULTING} if text else {}


def _make(request: HttpRequest, data: dict[str, Any], contact: Any, *, close: bool = True) -> int:
    actor = actor_of(request)
    account = customers.account_by_number(data["account_number"]) if data["account_number"] else None
    if data["account_number"] and account is None:
        raise InvalidInput({"account_number": [_("没有这个户号，请核对；不清楚时留空，改填区县和地址")]})
    draft = actions.RequestDraft(
        type=data["type"],
        class_code=data["class_code"],
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
        confidential=data["confidential"],
        anonymous=data["anonymous"],
        **for_draft(part_of(request.POST, audience="agent", org=named_org(request)), request.POST),
    )
    made: Request = actions.submit_request(actor, data=draft)
    if (same := request.POST.get("same_as", "")).isdigit() and len(same) < 19:
        join_typed(actor, made.pk, int(same))
    if contact and close:
        contacts.close_contact(actor, contact.pk, outcome="request_made", request_id=made.pk)
    return made.pk
