"""Queues: what waits in them, their plans from a day on, and the reserve echelons."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.forms import blame
from denghuo.apps.accounts.models import Skill
from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts import actions, plans
from denghuo.apps.contacts.choices import AgentMode, Channel, ChannelClass
from denghuo.apps.contacts.models import AgentProfile, AgentSession, EchelonActivation, Queue
from denghuo.apps.contacts.plan_forms import PlanForm
from denghuo.apps.contacts.queue_figures import figures
from denghuo.apps.contacts.queue_preview import preview
from denghuo.core import moment
from denghuo.core.actions import run_idempotent
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit, units_under

VIEW, MANAGE, ACTIVATE = "queue.view", "queue.manage", "echelon.activate"
HISTORY = 12
LOOKS = {
    ChannelClass.VOICE: ("phone", "info"),
    ChannelClass.CHAT: ("messages", "progress"),
    ChannelClass.DEFERRED: ("mail", "neutral"),
}


def _rows(actor: Actor) -> list[Any]:
    """Queues as the list shows them."""
    now = moment.now()
    rows = list(Queue.objects.select_related("org").visible_to(actor, VIEW))
    counts, in_force = figures([row.pk for row in rows]), plans.plans_in_force(rows, now)
    found: list[Any] = []
    for row in rows:
        plan, figure = in_force[row.pk], counts[row.pk]
        wait = (now - figure.longest_since) if figure.longest_since else None
        icon, tone = LOOKS[ChannelClass(row.channel_class)]
        found.append(
            {
                "queue": row,
                "figure": figure,
                "plan": plan,
                "open": row.active and plans.is_open(plan.hours, row.org, now),
                "target": dt.timedelta(seconds=plan.target_seconds),
                "longest": wait,
                "late": wait is not None and wait.total_seconds() > plan.target_seconds,
                "channels": _("、").join(str(Channel(one).label) for one in row.channels),
                "kind": (ChannelClass(row.channel_class).label, tone, icon),
            }
        )
    return found


def _list(actor: Actor) -> dict[str, Any]:
    rows = _rows(actor)
    paths = actor.paths_for(VIEW)
    now = moment.now()
    longest = [one["longest"] for one in rows if one["longest"]]
    return {
        "rows": rows,
        "topics": " ".join(f"floor:{path}" for path in paths),
        "live_topics": [f"floor:{path}" for path in paths],
        "waiting": sum(one["figure"].waiting for one in rows),
        "longest": max(longest, default=None),
        "late": sum(one["late"] for one in rows),
        "ready": AgentSession.objects.visible_to(actor, VIEW).filter(state=AgentMode.READY).count(),
        "signed_on": AgentSession.objects.visible_to(actor, VIEW).exclude(mode=AgentMode.LOGGED_OUT).count(),
        "echelons": EchelonActivation.objects.visible_to(actor, VIEW).filter(ended_at=None).select_related("org"),
        "may_manage": actor.can_somewhere(MANAGE),
        "now": now,
    }


@require_GET
@staff_page(VIEW)
def queues(request: HttpRequest) -> HttpResponse:
    """All queues with what waits in them now."""
    return render(request, "contacts/queues/list.html", _list(actor_of(request)))


@require_GET
@staff_page(VIEW)
def live(request: HttpRequest) -> HttpResponse:
    """HTMX: the figures and rows alone."""
    return render(request, "contacts/queues/_list.html", _list(actor_of(request)))


class QueueForm(forms.Form):
    """What a queue is; ``code``, ``org`` and ``channel_class`` are given once."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    name_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=60, required=False)
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("接入渠道"), choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    topics = forms.CharField(
        label=gettext_lazy("业务或技能编码"), required=False,
        help_text=gettext_lazy("用逗号分开，如 fault, billing；不填则接收未指明业务的联络"),
    )  # fmt: skip
    position = forms.IntegerField(label=gettext_lazy("排列次序"), min_value=0, max_value=32767, initial=100)

    def values(self) -> dict[str, Any]:
        """As the actions take them."""
        data = dict(self.cleaned_data)
        topics = data["topics"].replace("，", ",").replace("、", ",")
        data["topics"] = [one.strip() for one in topics.split(",") if one.strip()]
        return data


class SettingsForm(QueueForm):
    active = forms.BooleanField(label=gettext_lazy("启用"), required=False)


class NewQueueForm(QueueForm):
    code = forms.CharField(
        label=gettext_lazy("编码"),
        max_length=32,
        help_text=gettext_lazy("小写字母、数字和下划线，如 fault_voice；建后不改"),
    )
    channel_class = forms.ChoiceField(label=gettext_lazy("占用坐席的方式"), choices=ChannelClass.choices)
    org = forms.ModelChoiceField(label=gettext_lazy("由哪个单位的坐席服务"), queryset=OrgUnit.objects.none())
    field_order = ("code", "name", "name_en", "org", "channel_class", "channels", "topics", "position")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_under(actor.paths_for(MANAGE)).exclude(kind="team").order_by("path")
        self.fields["org"].queryset = units  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """A new queue; its plan is set on its page."""
    actor = actor_of(request)
    form = NewQueueForm(request.POST if request.method == "POST" else None, actor=actor)
    if request.method == "POST" and form.is_valid():
        values = form.values()

        def run() -> dict[str, str]:
            return {"code": actions.create_queue(actor, **values).code}

        try:
            key = request.POST.get("idempotency_key") or None
            told = {**values, "org": values["org"].pk}
            made, _replayed = run_idempotent(actor, key, "page.queue.new", told, run)
        except InvalidInput as error:
            blame(form, error)
        except Conflict as error:
            form.add_error("code", error.message)
        else:
            messages.success(request, _("队列已建立，请设定派接方案"))
            return redirect("contacts:queue", made["code"])
    return render(request, "contacts/queues/new.html", {"form": form}, status=422 if form.errors else 200)


def _queue(actor: Actor, code: str) -> Queue:
    row = Queue.objects.select_related("org").visible_to(actor, VIEW).filter(code=code).first()
    if row is None:
        raise NotFound(_("没有这个队列"))
    return row


def _plan_form(queue: Queue, data: Any = None) -> PlanForm:
    plan = plans.plan_in_force(queue, moment.now())
    skills = {row.code: row.label for row in Skill.objects.all()}
    return PlanForm(data, plan=plan, skills=skills, calendars=plans.calendars_of(queue.org))


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def queue(request: HttpRequest, code: str) -> HttpResponse:
    """One queue: live figures, the plan in force with who is able at each step, the form of a new plan, history."""
    actor = actor_of(request)
    row = _queue(actor, code)
    form = _plan_form(row, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            definition, begin = form.definition(), form.moment()
            if not form.errors:
                actions.set_plan(actor, row.pk, definition, valid_from=begin, note=form.note)
                messages.success(request, _("方案已设定，到生效时间自动启用"))
                return redirect("contacts:queue", code)
        except InvalidInput as error:
            form.blame(error)
    now = moment.now()
    history = list(row.plans.select_related("created_by").order_by("-valid_from", "-pk")[:HISTORY])
    in_force = plans.row_in_force(row, now)
    plan = plans.plan_in_force(row, now)
    initial = {
        "name": row.name, "name_en": row.name_en, "channels": row.channels, "topics": ", ".join(row.topics),
        "position": row.position, "active": row.active,
    }  # fmt: skip
    figure = figures([row.pk])[row.pk]
    context = {
        "queue": row,
        "figure": figure,
        "longest": (now - figure.longest_since) if figure.longest_since else None,
        "estimate": plans.estimate(row, now),
        "plan": plan,
        "target": dt.timedelta(seconds=plan.target_seconds),
        "form": form,
        "settings": SettingsForm(initial=initial),
        "steps": preview(row, plan),
        "history": [
            {"row": one, "when": "coming" if one.valid_from > now else "now" if one == in_force else "past"}
            for one in history
        ],
        "kind": LOOKS[ChannelClass(row.channel_class)],
        "may_manage": actor.can(MANAGE, row.org.path),
        "live_topics": [f"floor:{row.org.path}"],
    }
    return render(request, "contacts/queues/queue.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(MANAGE)
def try_plan(request: HttpRequest, code: str) -> HttpResponse:
    """HTMX: who would be able at each step of the plan as it stands in the form; nothing is set."""
    row = _queue(actor_of(request), code)
    form = _plan_form(row, request.POST)
    try:
        definition = form.definition()
        steps = [] if form.errors else preview(row, plans.checked(definition, row.org))
    except InvalidInput as error:
        form.blame(error)
        steps = []
    return render(request, "contacts/queues/_steps.html", {"steps": steps, "faults": form.errors, "tried": True})


@require_POST
@staff_page(MANAGE)
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Name, channels, topics, order, in use or not."""
    actor = actor_of(request)
    row = _queue(actor, code)
    form = SettingsForm(request.POST)
    try:
        if form.is_valid():
            actions.change_queue(actor, row.pk, **form.values())
            messages.success(request, _("队列设置已保存"))
            return redirect("contacts:queue", code)
    except InvalidInput as error:
        blame(form, error)
    context = {"queue": row, "settings": form}
    return render(request, "contacts/queues/change.html", context, status=422)


@require_POST
@staff_page(MANAGE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a plan that has not begun."""
    actor = actor_of(request)
    code = request.POST.get("code", "")
    try:
        actions.withdraw_plan(actor, pk)
        messages.success(request, _("未生效的方案已撤回"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("contacts:queue", _queue(actor, code).code)


class EchelonForm(forms.Form):
    org = forms.ModelChoiceField(label=gettext_lazy("为哪个单位启动"), queryset=OrgUnit.objects.none())
    echelon = forms.IntegerField(label=gettext_lazy("启动到第几梯队"), min_value=1, max_value=9, initial=1)
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("如：台风登陆，报修量为平日 5 倍")}),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_under(actor.paths_for(ACTIVATE)).exclude(kind="team").order_by("path")
        self.fields["org"].queryset = units  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff_page(VIEW, ACTIVATE)
def echelons(request: HttpRequest) -> HttpResponse:
    """Reserves: how many there are, which are called in, and calling them in."""
    actor = actor_of(request)
    form = None
    if actor.can_somewhere(ACTIVATE):
        wanted = request.GET.get("echelon", "")
        first = {"echelon": int(wanted)} if wanted.isascii() and wanted.isdigit() and len(wanted) == 1 else {}
        form = EchelonForm(request.POST if request.method == "POST" else None, actor=actor, initial=first)
    if request.method == "POST":
        if form is None:
            actor.require(ACTIVATE, "")
        elif form.is_valid():
            try:
                actions.activate_echelon(actor, **form.cleaned_data)
                messages.success(request, _("应急梯队已启动，预备坐席签入后即可接单"))
                return redirect("contacts:echelons")
            except InvalidInput as error:
                blame(form, error)
            except Conflict as error:
                form.add_error(None, error.message)
    visible = VIEW if actor.can_somewhere(VIEW) else ACTIVATE
    rows = EchelonActivation.objects.visible_to(actor, visible).select_related("org", "started_by", "ended_by")
    context = {
        "form": form,
        "active": rows.filter(ended_at=None).order_by("-started_at"),
        "past": rows.exclude(ended_at=None).order_by("-ended_at")[:HISTORY],
        "reserves": _reserves(actor, visible),
        "live_topics": [f"floor:{path}" for path in actor.paths_for(visible)],
    }
    return render(request, "contacts/queues/echelons.html", context, status=422 if form and form.errors else 200)


def _reserves(actor: Actor, permission: str) -> list[dict[str, int]]:
    """Per echelon: members, signed on, ready."""
    rows = AgentProfile.objects.visible_to(actor, permission).filter(echelon__gt=0).values_list("echelon", "staff_id")
    states = dict(AgentSession.objects.visible_to(actor, permission).values_list("staff_id", "state"))
    found: dict[int, dict[str, int]] = {}
    for echelon, staff_id in rows:
        one = found.setdefault(echelon, {"echelon": echelon, "members": 0, "signed_on": 0, "ready": 0})
        state = states.get(staff_id, AgentMode.LOGGED_OUT)
        one["members"] += 1
        one["signed_on"] += state != AgentMode.LOGGED_OUT
        one["ready"] += state == AgentMode.READY
    return [found[key] for key in sorted(found)]


@require_POST
@staff_page(ACTIVATE)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the reserves home."""
    try:
        actions.release_echelon(actor_of(request), pk)
        messages.success(request, _("应急梯队已解除，手上的联络由其办完"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("contacts:echelons")
