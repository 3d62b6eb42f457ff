"""Agents: who does what now, time per state today, what each may take at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.forms import blame
from denghuo.apps.accounts.models import RoleGrant, Staff
from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.accounts.queries import in_force, skills_of
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.actions.agents import MOST_ECHELON, MOST_PLACES, SUPERVISED
from denghuo.apps.contacts.agent_time import agents_day
from denghuo.apps.contacts.choices import AgentMode, AgentState, ChannelClass
from denghuo.apps.contacts.loads import CLASSES, NOTHING, capacity_of, loads
from denghuo.apps.contacts.models import AgentProfile, AgentSession, AgentStateSpan, Seat
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.web import states
from denghuo.web import tables as t

CONTROL = "agent.control"
PAUSES = (AgentState.BREAK, AgentState.MEAL, AgentState.TRAINING, AgentState.MEETING, AgentState.OTHER)
SPANS = 40

states.register_states(
    "agent",
    {
        AgentState.LOGGED_OUT: states.Look(AgentState.LOGGED_OUT.label, "logout", "muted"),
        AgentState.READY: states.Look(AgentState.READY.label, "circle-check", "ok"),
        AgentState.OFFERED: states.Look(AgentState.OFFERED.label, "phone-incoming", "info"),
        AgentState.BUSY: states.Look(AgentState.BUSY.label, "headset", "progress"),
        AgentState.WRAP_UP: states.Look(AgentState.WRAP_UP.label, "notebook", "progress"),
        AgentState.BREAK: states.Look(AgentState.BREAK.label, "player-pause", "neutral"),
        AgentState.MEAL: states.Look(AgentState.MEAL.label, "player-pause", "neutral"),
        AgentState.TRAINING: states.Look(AgentState.TRAINING.label, "school", "neutral"),
        AgentState.MEETING: states.Look(AgentState.MEETING.label, "users-group", "neutral"),
        AgentState.OUTBOUND: states.Look(AgentState.OUTBOUND.label, "phone-call", "info"),
        AgentState.OTHER: states.Look(AgentState.OTHER.label, "dots", "neutral"),
        AgentState.MISSED: states.Look(AgentState.MISSED.label, "bell-ringing", "danger"),
    },
)


def agent_staff(actor: Actor) -> QuerySet[Staff]:
    """People who may work as agents, within the units the actor controls (index of staff by unit)."""
    holders = RoleGrant.objects.filter(in_force(timezone.now()), role__permissions__contains=["agent.work"])
    rows: QuerySet[Staff] = Staff.objects.visible_to(actor, CONTROL).filter(
        is_active=True, pk__in=holders.values("staff")
    )
    return rows.select_related("org", "agent_profile", "agent_session__seat")


def session_of(row: Staff) -> AgentSession | None:
    return getattr(row, "agent_session", None)


def profile_of(row: Staff) -> AgentProfile | None:
    return getattr(row, "agent_profile", None)


def span_text(seconds: int) -> str:
    """Hours and minutes."""
    minutes = seconds // 60
    return (
        _("%(h)s 小时 %(m)s 分") % {"h": minutes // 60, "m": minutes % 60}
        if minutes >= 60
        else _("%(m)s 分") % {"m": minutes}
    )


class AgentTable(t.Table):
    """Agents of my units."""

    display_name = t.Column(gettext_lazy("姓名"), sort="display_name", link="contacts:agent")
    employee_no = t.Column(gettext_lazy("工号"), sort="employee_no")
    org = t.Column(gettext_lazy("所属单位"), value=lambda row, ctx: row.org.label, sort=("org__path", "username"))
    state = t.StateColumn(
        gettext_lazy("状态"), kind="agent", sort="agent_session__state",
        value=lambda row, ctx: session_of(row).state if session_of(row) else AgentState.LOGGED_OUT,  # type: ignore[union-attr]
    )  # fmt: skip
    since = t.TimeColumn(
        gettext_lazy("自"), sort="agent_session__state_since", relative=True,
        value=lambda row, ctx: session_of(row).state_since if session_of(row) else None,  # type: ignore[union-attr]
    )  # fmt: skip
    skills = t.Column(gettext_lazy("技能"), value=lambda row, ctx: row.skills_shown)
    load = t.Column(gettext_lazy("在手/名额"), value=lambda row, ctx: row.load_shown)
    echelon = t.Column(
        gettext_lazy("梯队"), sort="agent_profile__echelon",
        value=lambda row, ctx: _("第 %(n)s 梯队") % {"n": profile_of(row).echelon}  # type: ignore[union-attr]
        if profile_of(row) and profile_of(row).echelon else _("常规"),  # type: ignore[union-attr]
    )  # fmt: skip
    today = t.Column(gettext_lazy("今日服务"), value=lambda row, ctx: row.worked_shown)
    paused = t.Column(gettext_lazy("今日离席"), value=lambda row, ctx: row.paused_shown)

    class Meta:
        name = "agents"
        default_sort = "-agent_session__state_since"
        page_size = 50
        filters = (
            t.SearchFilter("q", gettext_lazy("搜索姓名或工号"), apply=lambda rows, text: rows.filter(display_name__icontains=text) | rows.filter(employee_no__icontains=text)),
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=AgentState.choices, apply=lambda rows, value: _in_state(rows, value)),
            t.BoolFilter("reserve", gettext_lazy("只看预备梯队"), apply=lambda rows: rows.filter(agent_profile__echelon__gt=0)),
        )  # fmt: skip
        empty = (gettext_lazy("没有符合条件的坐席"), gettext_lazy("换个筛选条件试试"))


def _in_state(rows: QuerySet[Staff], value: str) -> QuerySet[Staff]:
    if value == AgentState.LOGGED_OUT:
        return rows.exclude(agent_session__isnull=False, agent_session__state__in=set(AgentState.values) - {value})
    return rows.filter(agent_session__state=value)


def prepare(rows: list[Staff]) -> None:
    """Skills, load and times of today for the rows of one page; four statements."""
    from denghuo.apps.accounts.models import StaffSkill

    ids = [row.pk for row in rows]
    held, today = loads(ids), agents_day(ids, timezone.localdate(moment.now()))
    skills: dict[int, list[str]] = {}
    for one in StaffSkill.objects.filter(staff__in=ids).select_related("skill").order_by("-level", "skill__code"):
        skills.setdefault(one.staff_id, []).append(f"{one.skill.label} {one.level}")
    for row in rows:
        load, places = held.get(row.pk, NOTHING), capacity_of(profile_of(row), row.org)
        times = today.get(row.pk, {})
        row.skills_shown = _("、").join(skills.get(row.pk, [])) or "—"  # type: ignore[attr-defined]
        row.load_shown = "  ".join(  # type: ignore[attr-defined]
            f"{kind.label} {load[column]}/{places[str(kind)]}" for column, kind in enumerate(CLASSES)
        )
        worked = sum(times.get(state, 0) for state in (AgentState.BUSY, AgentState.WRAP_UP, AgentState.OUTBOUND))
        row.worked_shown = span_text(worked)  # type: ignore[attr-defined]
        row.paused_shown = span_text(sum(times.get(state, 0) for state in PAUSES))  # type: ignore[attr-defined]


@require_GET
@staff_page(CONTROL)
def agents(request: HttpRequest) -> HttpResponse:
    """Agents of my units with state, skills, load and time today."""
    actor = actor_of(request)
    table = AgentTable(request, agent_staff(actor), actor=actor)
    prepare(list(table.page.rows))
    paths = actor.paths_for(CONTROL)
    return t.table_response(
        request, table, "contacts/agents/list.html", {"live_topics": [f"floor:{path}" for path in paths], "wide": True}
    )


class ProfileForm(forms.Form):
    """Places by channel class (empty: what the policy says), echelon, usual seat."""

    voice = forms.IntegerField(label=gettext_lazy("同时通话"), min_value=0, max_value=MOST_PLACES, required=False)
    chat = forms.IntegerField(label=gettext_lazy("同时会话"), min_value=0, max_value=MOST_PLACES, required=False)
    deferred = forms.IntegerField(
        label=gettext_lazy("同时延时处理"), min_value=0, max_value=MOST_PLACES, required=False
    )
    echelon = forms.IntegerField(
        label=gettext_lazy("梯队"),
        min_value=0,
        max_value=MOST_ECHELON,
        initial=0,
        help_text=gettext_lazy("0 为常规班组，1 起为应急预备梯队"),
    )
    home_seat = forms.ModelChoiceField(label=gettext_lazy("固定座席"), queryset=Seat.objects.none(), required=False)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shared = capacity_of(None, staff.org)
        for kind in CLASSES:
            self.fields[str(kind)].widget.attrs["placeholder"] = _("默认 %(n)s") % {"n": shared[str(kind)]}
        seats = self.fields["home_seat"]
        seats.queryset = Seat.objects.filter(org_id__in=staff.org.ancestor_ids())  # type: ignore[attr-defined]
        seats.label_from_instance = lambda seat: f"{seat.room} {seat.code}"  # type: ignore[attr-defined]


class ModeForm(forms.Form):
    mode = forms.ChoiceField(
        label=gettext_lazy("改为"), choices=[(str(one), AgentMode(one).label) for one in SUPERVISED]
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, help_text=gettext_lazy("本人会看到，并记入日志")
    )


def _staff(actor: Actor, pk: int) -> Staff:
    row = agent_staff(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这位坐席"))
    return row


@require_http_methods(["GET", "POST"])
@staff_page(CONTROL)
def agent(request: HttpRequest, pk: int) -> HttpResponse:
    """One agent: state, times of today span by span, skills, profile, changing the state for them."""
    actor = actor_of(request)
    row = _staff(actor, pk)
    profile, session = profile_of(row), session_of(row)
    first = {**(profile.capacity if profile else {}), "echelon": profile.echelon if profile else 0,
             "home_seat": profile.home_seat_id if profile else None}  # fmt: skip
    form = ProfileForm(request.POST if request.method == "POST" else None, staff=row, initial=first)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        places = {str(kind): data[str(kind)] for kind in CLASSES if data[str(kind)] is not None}
        try:
            seat = data["home_seat"].pk if data["home_seat"] else None
            actions.set_profile(actor, pk, capacity=places, echelon=data["echelon"], home_seat_id=seat)
            messages.success(request, _("坐席档案已保存"))
            return redirect("contacts:agent", pk)
        except InvalidInput as error:
            blame(form, error)
    return render(request, "contacts/agents/agent.html", _agent(row, session, form), status=422 if form.errors else 200)


def _agent(row: Staff, session: AgentSession | None, form: ProfileForm, mode: ModeForm | None = None) -> dict[str, Any]:
    today = timezone.localdate(moment.now())
    times = agents_day([row.pk], today).get(row.pk, {})
    total = sum(seconds for state, seconds in times.items() if state != AgentState.LOGGED_OUT)
    shown = [
        {
            "state": state,
            "seconds": seconds,
            "text": span_text(seconds),
            "share": round(100 * seconds / total) if total else 0,
        }
        for state, seconds in sorted(times.items(), key=lambda item: -item[1])
        if state != AgentState.LOGGED_OUT
    ]
    begin = timezone.make_aware(dt.datetime.combine(today, dt.time.min))
    spans = AgentStateSpan.objects.filter(staff=row, started_at__gte=begin).select_related("changed_by")
    prepare([row])
    return {
        "person": row,
        "session": session,
        "skills": skills_of(row),
        "form": form,
        "mode": mode or (ModeForm() if session and session.mode != AgentMode.LOGGED_OUT else None),
        "times": shown,
        "total": span_text(total),
        "spans": spans.order_by("-started_at", "-pk")[:SPANS],
        "classes": ChannelClass.choices,
        "live_topics": [f"agent:{row.pk}"],
    }


@require_POST
@staff_page(CONTROL)
def agent_mode(request: HttpRequest, pk: int) -> HttpResponse:
    """A supervisor changes the mode; the reason is required."""
    actor = actor_of(request)
    row = _staff(actor, pk)
    form = ModeForm(request.POST)
    if form.is_valid():
        try:
            change = actions.supervise_mode(actor, pk, form.cleaned_data["mode"], form.cleaned_data["reason"])
            done = _("手上的工作结束后生效") if change.pending else _("状态已改变")
            (messages.warning if change.over else messages.success)(
                request, done + (_("；今天该项已超过限额") if change.over else "")
            )
            return redirect("contacts:agent", pk)
        except InvalidInput as error:
            blame(form, error)
        except ActionError as error:
            messages.error(request, error.message)
            return redirect("contacts:agent", pk)
    profile = profile_of(row)
    empty = ProfileForm(staff=row, initial={"echelon": profile.echelon if profile else 0})
    return render(request, "contacts/agents/agent.html", _agent(row, session_of(row), empty, form), status=422)
