"""Major service events: the list, one event with its course, its report to print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.linking.major import actions
from denghuo.apps.requests.linking.major import choices as c
from denghuo.apps.requests.linking.major.models import MajorServiceEvent
from denghuo.apps.requests.pages.common import free_text, person_of
from denghuo.apps.requests.queries import request_seen
from denghuo.core import events, moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.reading import clocks_for
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.states import Look, register_states

VIEW = "requests.view"
SHOWN_REQUESTS = 100

register_states(
    "major",
    {
        c.State.PROPOSED: Look(c.State.PROPOSED.label, "help-circle", "warn"),
        c.State.OPEN: Look(c.State.OPEN.label, "alert-triangle", "danger"),
        c.State.CLOSED: Look(c.State.CLOSED.label, "checks", "muted"),
        c.State.REJECTED: Look(c.State.REJECTED.label, "x", "muted"),
    },
)
register_states(
    "major_call",
    {
        c.CallState.PENDING: Look(c.CallState.PENDING.label, "phone", "warn"),
        c.CallState.DONE: Look(c.CallState.DONE.label, "check", "ok"),
        c.CallState.UNREACHABLE: Look(c.CallState.UNREACHABLE.label, "phone-off", "muted"),
    },
)


class OpenForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("标题"), max_length=80)
    trigger = forms.ChoiceField(label=gettext_lazy("触发类型"), choices=c.Trigger.choices)
    level = forms.ChoiceField(label=gettext_lazy("级别"), choices=c.Level.choices)


class RejectForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("不成立的理由"), max_length=300)


class EntryForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("记录类型"), choices=c.WRITTEN)
    text = forms.CharField(label=gettext_lazy("内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class MemberForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("登录名"), max_length=40)
    role = forms.ChoiceField(label=gettext_lazy("组内角色"), choices=c.Role.choices, initial=c.Role.MEMBER)


class CloseForm(forms.Form):
    review = forms.CharField(label=gettext_lazy("总结评审"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


#: what the page's forms do: form, action, what is said afterwards
FORMS: dict[str, tuple[type[forms.Form], Callable[..., Any], Any]] = {
    "open": (OpenForm, actions.open_event, gettext_lazy("已成立，报告时限开始计时")),
    "reject": (RejectForm, actions.reject, gettext_lazy("已判为不成立")),
    "write": (EntryForm, actions.write_entry, gettext_lazy("已记录")),
    "member": (MemberForm, actions.set_member, gettext_lazy("已列入报告组并通知")),
    "close": (CloseForm, actions.close_event, gettext_lazy("事件已结束")),
}


class MajorTable(t.Table):
    """Events, the newest first."""

    title = t.Column(gettext_lazy("标题"), link="requests:major")
    state = t.StateColumn(gettext_lazy("状态"), kind="major")
    level = t.Column(gettext_lazy("级别"), value=lambda row, ctx: row.get_level_display())
    trigger = t.Column(gettext_lazy("触发类型"), value=lambda row, ctx: row.get_trigger_display())
    area = t.Column(gettext_lazy("涉及区域"), value=lambda row, ctx: row.area_text)
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    proposed_at = t.TimeColumn(gettext_lazy("提出时间"), sort="proposed_at")
    first_reported_at = t.TimeColumn(gettext_lazy("首次报告时间"), sort="first_reported_at")

    class Meta:
        name = "majors"
        default_sort = "-proposed_at"
        page_size = 30
        export = True
        filters = [
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=c.State.choices),
            t.ChoiceFilter("level", gettext_lazy("级别"), choices=c.Level.choices),
            t.ChoiceFilter("trigger", gettext_lazy("触发类型"), choices=c.Trigger.choices),
        ]
        empty = (gettext_lazy("没有重大服务事件"), gettext_lazy("符合规则的诉求会自动提请值班主管确认"))


def seen_by(actor: Actor) -> QuerySet[MajorServiceEvent]:
    """Events of the actor's units, and those whose group they belong to (index ``requests_major_org``)."""
    own = MajorServiceEvent.objects.visible_to(actor, VIEW).values("pk")
    rows = MajorServiceEvent.objects.filter(Q(pk__in=own) | Q(members__staff_id=actor.id)).distinct()
    return rows.select_related("org", "transformer", "decided_by", "closed_by")


@require_GET
@staff_page(VIEW)
def major_list(request: HttpRequest) -> HttpResponse:
    """All events."""
    actor = actor_of(request)
    live = [f"floor:{path}" for path in actor.paths_for(VIEW)]
    table = MajorTable(request, seen_by(actor), actor=actor, live=live)
    context = {"tab": "major", "wide": True, "live_topics": live}
    return t.table_response(request, table, "requests/linking/majors.html", context)


def _seen(actor: Actor, pk: int) -> MajorServiceEvent:
    found = seen_by(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这个重大服务事件"))
    return found


@staff_page(VIEW)
def major_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One event; ``do`` of a posted form is a key of :data:`FORMS`. An HTMX call gets the moving part."""
    actor = actor_of(request)
    major = _seen(actor, pk)
    do = request.POST.get("do", "")
    held: dict[str, forms.Form] = {}
    if request.method == "POST" and do in FORMS:
        kind, act, said = FORMS[do]
        form = kind(request.POST)
        if form.is_valid():
            try:
                once(request, actor, f"page.major.{do}:{pk}", lambda: act(actor, pk, **form.cleaned_data).pk)
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, str(said))
                return redirect("requests:major", pk)
        held[do] = form
    context = _context(actor, major, held)
    template = "requests/linking/_major.html" if getattr(request, "htmx", False) else "requests/linking/major.html"
    return render(request, template, context, status=422 if held else 200)


def _context(actor: Actor, major: MajorServiceEvent, held: dict[str, forms.Form]) -> dict[str, Any]:
    decides, may_write = actor.can(actions.DECIDE, major.org.path), actions.in_group(actor, major)
    fresh: dict[str, forms.Form] = {
        "open": OpenForm(initial={"title": major.title, "trigger": major.trigger, "level": major.level}),
        "reject": RejectForm(),
        "write": EntryForm(initial={"kind": "progress" if major.first_reported_at else "first_report"}),
        "member": MemberForm(),
        "close": CloseForm(),
    }
    calls = list(major.calls.select_related("request__org", "by").order_by("state", "pk"))
    for one in calls:
        one.person = person_of(one.request, actor)  # type: ignore[attr-defined]
        one.note_shown = free_text(one.note, one.request, actor)  # type: ignore[attr-defined]
    opened = major.state == c.State.OPEN
    return {
        "major": major,
        "f": fresh | held,
        "reasons": [dict(c.Trigger.choices).get(code, code) for code in major.reasons],
        "entries": list(major.entries.select_related("by").order_by("-pk")),
        "members": list(major.members.select_related("staff__org").order_by("pk")),
        "related": list(major.requests.select_related("org").order_by("-submitted_at")[:SHOWN_REQUESTS]),
        "calls": calls,
        "clocks": [clock for clock in clocks_for(("major", major.pk)) if clock.state != "cancelled"],
        "events": events.timeline("major", major.pk),
        "owed": actions.owed_of(major) if opened else [],
        "may_decide": decides and major.state == c.State.PROPOSED,
        "may_write": may_write and opened,
        "may_lead": decides and opened,
        "live_topics": [f"major:{major.pk}"],
        "tab": "major",
    }


@staff_page(actions.DECIDE)
def raise_from(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a major service event of a request, without waiting for the rules."""
    actor = actor_of(request)
    r = request_seen(actor, pk)
    form = OpenForm(request.POST or None, initial={"trigger": c.Trigger.OTHER, "level": c.Level.IMPORTANT})
    if request.method == "POST" and form.is_valid():
        try:
            made = once(
                request, actor, f"page.major.raise:{pk}",
                lambda: actions.open_event(actor, None, request_id=pk, **form.cleaned_data).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已成立，报告时限开始计时"))
            return redirect("requests:major", made)
    status = 422 if form.errors else 200
    return render(request, "requests/linking/major_raise.html", {"r": r, "form": form, "tab": "major"}, status=status)


@require_POST
@staff_page(VIEW)
def call(request: HttpRequest, pk: int, call_id: int) -> HttpResponse:
    """What came of calling one customer."""
    actor = actor_of(request)
    _seen(actor, pk)
    state, note = request.POST.get("state", ""), request.POST.get("note", "")
    try:
        once(
            request, actor, f"page.major.call:{call_id}",
            lambda: actions.record_call(actor, pk, call_id, state=state, note=note).pk,
        )  # fmt: skip
        messages.success(request, _("已记录联系结果"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:major", pk)


@require_GET
@staff_page(VIEW)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The event's report, to print."""
    actor = actor_of(request)
    context = _context(actor, _seen(actor, pk), {})
    return render(request, "requests/linking/major_report.html", context | {"now": moment.now()})
