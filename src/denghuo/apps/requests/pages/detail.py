"""One request on the desk: facts, supply, outage, duplicates, what can be done now, the timeline."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.customers.marks import queries as marks
from denghuo.apps.grid import queries as grid
from denghuo.apps.grid.models import Transformer
from denghuo.apps.requests import actions, forms, limits, queries
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.flowing import possible
from denghuo.apps.requests.handling import reading
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.common import act_or_say, free_text, perform, person_of, reveals_of
from denghuo.apps.requests.pages.story import tell
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.http import actor_of

GUESS = {
    "no_power": "low_voltage",
    "partial": "low_voltage",
    "flicker": "power_quality",
    "low_voltage": "power_quality",
    "wire_down": "high_voltage",
    "spark": "high_voltage",
    "pole": "high_voltage",
    "meter": "metering",
    "charger": "charging",
}
DANGEROUS = {"wire_down", "spark"}
TRANSFORMERS_OFFERED = 600
# What moves a request on, and what it waits for when the reader can do none of that.
MOVES = ("accept", "answer", "merge_outage", "dispatch", "assign", "reply", "review")
WAITS = {
    RequestState.SUBMITTED: gettext_lazy("等待坐席受理"),
    RequestState.ACCEPTED: gettext_lazy("等待调度派单"),
    RequestState.DISPATCHED: gettext_lazy("班组正在处理，进展会自动显示"),
    RequestState.HANDLING: gettext_lazy("单位正在处理"),
    RequestState.RETURNED: gettext_lazy("等待审核"),
    RequestState.REWORK: gettext_lazy("客户不满意，等待班组返工"),
    RequestState.CALLBACK: gettext_lazy("等待回访客户"),
    RequestState.MERGED: gettext_lazy("随主单处理，修复后单独回访"),
    RequestState.ARCHIVED: gettext_lazy("已办结归档"),
    RequestState.CANCELLED: gettext_lazy("客户已撤销"),
}
SHOWN_CLOCKS = {"running", "paused", "breached_stopped"}


@staff_page("requests.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; an HTMX call (after a live event) gets the moving part."""
    context = context_of(actor_of(request), pk)
    context["changed"] = request.GET.get("version") != str(context["r"].version)
    template = "requests/staff/_detail.html" if getattr(request, "htmx", False) else "requests/staff/detail.html"
    return render(request, template, context)


def context_of(actor: Actor, pk: int, **held: Any) -> dict[str, Any]:
    """Everything the page shows; ``held`` are forms that came back with a refusal."""
    found = queries.detail(actor, pk, suggest=False)
    r, outage = found.request, found.outage
    context: dict[str, Any] = {
        "r": r,
        "person": person_of(r, actor),
        "reveal": reveals_of(r, actor),
        "description": free_text(r.description, r, actor),
        "supply": grid.supply_path(r.transformer) if r.transformer else None,
        "outage": outage,
        "outage_text": _outage_text(outage),
        "outage_title": _("已有停电可解释此报修"),
        "outage_takes": outage is not None and outage.master_request_id not in (None, r.pk),
        "children": found.children,
        "master": r.master,
        "merged_text": _("已并入主单 %(number)s，修复后仍会单独回访") % {"number": r.master.number} if r.master else "",
        "can": what_can(actor, r, outage),
        "may_view_marks": actor.can(marks.VIEW, r.org.path),
        "clocks": [
            {"clock": c, "label": limits.LABELS.get(c.kind, c.kind)} for c in found.clocks if c.state in SHOWN_CLOCKS
        ],
        "entries": tell(found.timeline, lambda text: free_text(text, r, actor)),
        "urge_text": _("%(n)s 次催办") % {"n": r.urges},
        "raised_text": reading.level_name(r.escalation_level),
        "returns_text": _("退单 %(n)s 次") % {"n": r.returns},
        "round_text": _("第 %(n)s 轮处理") % {"n": r.round},
        "call_backs": _call_backs(found, actor),
        "show_orders": r.type == RequestType.FAULT_REPORT and actor.can("field.view", r.org.path),
        "transformers": transformers_under(r),
        "live_topics": [f"request:{r.pk}"],
    }
    context["waits_text"] = "" if any(context["can"][verb] for verb in MOVES) else str(WAITS.get(r.state, ""))
    context |= _forms(r, held)
    return context


def transformers_under(r: Request) -> list[Transformer]:
    """What the agent may choose from when a fault report came without an account; none once it is decided."""
    if r.type != RequestType.FAULT_REPORT or r.transformer_id is not None or r.state != RequestState.SUBMITTED:
        return []
    return list(Transformer.objects.under(r.org).only("code", "name").order_by("code")[:TRANSFORMERS_OFFERED])


def _call_backs(found: queries.RequestDetail, actor: Actor) -> list[Any]:
    plans = found.call_backs
    for plan in plans:
        plan.note_shown = free_text(plan.note, found.request, actor)  # type: ignore[attr-defined]
    return plans


def what_can(actor: Actor, r: Request, outage: Any) -> dict[str, bool]:
    """Which buttons the page offers: the state permits the step and the actor holds the permission there."""
    steps, path = set(possible(r)), r.org.path
    answerable = r.type in policies.get("request.answerable_types", r.org)
    return {
        "accept": "accept" in steps and actor.can("request.accept", path),
        "answer": "answer" in steps and answerable and actor.can("request.accept", path),
        "merge": "merge" in steps and actor.can("request.merge", path),
        "merge_outage": "merge" in steps and _explains(outage, r) and actor.can("request.merge", path),
        "dispatch": r.type == RequestType.FAULT_REPORT and "dispatch" in steps and actor.can("order.dispatch", path),
        "assign": "assign" in steps and r.state != RequestState.HANDLING and actor.can("request.dispatch", path),
        "reply": "reply" in steps and actor.can("request.dispatch", path),
        "review": "review" in steps and actor.can("request.review", path),
        "note": r.state not in {RequestState.ARCHIVED, RequestState.CANCELLED} and actor.can("request.note", path),
        "urge": "urge" in steps and actor.can("request.urge", path),
        "cancel": "cancel" in steps and actor.can("request.cancel", path),
    }


def _explains(outage: Any, r: Request) -> bool:
    """Whether the report can still be put to the outage: as its first report, or under the one that is."""
    return outage is not None and r.master_id is None and outage.master_request_id != r.pk


def _forms(r: Request, held: dict[str, Any]) -> dict[str, Any]:
    fault = r.type == RequestType.FAULT_REPORT
    initial = {
        "class_code": r.class_code or r.fault_class or (GUESS.get(r.phenomenon, "low_voltage") if fault else ""),
        "urgency": "urgent" if r.phenomenon in DANGEROUS else r.urgency,
        "area_type": r.area_type,
        "transformer_id": r.transformer_id,
        "version": r.version,
    }
    fresh = {
        "accept_form": forms.AcceptForm(request=r, initial=initial),
        "answer_form": forms.AnswerForm(prefix="answer"),
        "reply_form": forms.ReplyForm(prefix="reply"),
        "review_form": forms.ReviewForm(initial={"passed": "1"}),
        "note_form": forms.NoteForm(prefix="note"),
    }
    drafts = {f"{name}_draft": f"{name}-{r.pk}-{r.round}" for name in ("accept", "answer", "reply", "review", "note")}
    return fresh | drafts | held


def _outage_text(outage: Any) -> str:
    if outage is None:
        return ""
    words = {
        "kind": outage.get_kind_display(),
        "start": timezone.localtime(outage.started_at).strftime("%m-%d %H:%M"),
        "n": outage.customers_out,
        "cause": outage.cause or _("原因待查"),
    }
    return _("%(kind)s，%(start)s 起，影响 %(n)s 户，%(cause)s") % words


@staff_page("request.accept")
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept and classify."""
    found = queries.detail(actor_of(request), pk).request
    form = forms.AcceptForm(request.POST, request=found)

    def act(actor: Actor, data: dict[str, Any]) -> str:
        actions.accept_request(actor, pk, **form.data_for_action())
        return _("已受理")

    return perform(request, pk, "page.accept", form, act) or _again(request, pk, accept_form=form)


@staff_page("request.accept")
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer on the spot and file."""
    form = forms.AnswerForm(request.POST, prefix="answer")

    def act(actor: Actor, data: dict[str, Any]) -> str:
        actions.answer_request(actor, pk, answer=data["answer"])
        return _("已答复并归档")

    return perform(request, pk, "page.answer", form, act) or _again(request, pk, answer_form=form)


@staff_page("request.dispatch")
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a matter that needs no crew to its unit."""

    def act(actor: Actor) -> str:
        actions.assign_handling(actor, pk)
        return _("已转处理")

    return act_or_say(request, pk, "page.assign", act)


@staff_page("request.dispatch")
@require_POST
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """The unit's answer."""
    form = forms.ReplyForm(request.POST, prefix="reply")

    def act(actor: Actor, data: dict[str, Any]) -> str:
        actions.reply_request(actor, pk, result=data["result"])
        return _("已回复，待审核")

    return perform(request, pk, "page.reply", form, act) or _again(request, pk, reply_form=form)


@staff_page("request.review")
@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass, or send back with a reason."""
    form = forms.ReviewForm(request.POST)

    def act(actor: Actor, data: dict[str, Any]) -> str:
        actions.review_request(actor, pk, passed=data["passed"], reason=data["reason"])
        return _("审核通过，已转回访") if data["passed"] else _("已退回班组")

    return perform(request, pk, "page.review", form, act) or _again(request, pk, review_form=form)


@staff_page("request.note")
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """A remark."""
    form = forms.NoteForm(request.POST, prefix="note")

    def act(actor: Actor, data: dict[str, Any]) -> str:
        actions.note_request(actor, pk, text=data["text"])
        return _("已添加备注")

    return perform(request, pk, "page.note", form, act) or _again(request, pk, note_form=form)


@staff_page("request.merge")
@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Under another request of the same fault, or under the outage that explains it."""

    def act(actor: Actor) -> str:
        if request.POST.get("outage_id", "").isdigit():
            made = actions.link_outage(actor, pk, int(request.POST["outage_id"]))
            return _("已并入该停电的主单") if made.master_id else _("已关联停电，本单为该停电的主单")
        actions.merge_request(actor, pk, int(request.POST.get("master_id", "0") or 0))
        return _("已合并，客户仍会单独回访")

    return act_or_say(request, pk, "page.merge", act)


@staff_page("request.urge")
@require_POST
def urge(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer asked again on the phone."""
    return act_or_say(request, pk, "page.urge", lambda actor: actions.urge_request(actor, pk, insist=True).message)


@staff_page("request.cancel")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer withdraws."""

    def act(actor: Actor) -> str:
        actions.cancel_request(actor, pk, reason=request.POST.get("reason", ""))
        return _("已撤销")

    return act_or_say(request, pk, "page.cancel", act)


@staff_page("request.create")
@require_POST
def open_for_outage(request: HttpRequest, outage_id: int) -> HttpResponse:
    """A request for an outage nobody reported; a refusal is said on the outage's page."""
    try:
        made = actions.open_for_outage(actor_of(request), outage_id)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("grid:outage", outage_id)
    messages.success(request, _("已生成诉求，可以派工"))
    return redirect("requests:detail", made.pk)


def _again(request: HttpRequest, pk: int, **held: Form) -> HttpResponse:
    """The page with a refused form as it was typed. Where that form has no place any more, since somebody moved the
    request on, the refusal is said at the top instead."""
    context = context_of(actor_of(request), pk, **held)
    for name, form in held.items():
        if "version" in form.fields:  # what is shown now is what the next try is about
            form.data = {**form.data.dict(), "version": context["r"].version}
        if not context["can"][name.removesuffix("_form")]:
            for text in dict.fromkeys(text for texts in form.errors.values() for text in texts):
                messages.error(request, text)
    return render(request, "requests/staff/detail.html", context, status=422)
