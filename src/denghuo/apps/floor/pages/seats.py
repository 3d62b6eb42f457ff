"""Who sits where and does what; one agent's day; and what a supervisor may do about it."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.models import StaffSkill
from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.actions.agents import SUPERVISED, supervise_mode
from denghuo.apps.contacts.agent_time import agent_day
from denghuo.apps.contacts.choices import AgentMode, AgentState, ContactState
from denghuo.apps.contacts.desk_queries import card
from denghuo.apps.contacts.models import AgentSession, Contact, Seat
from denghuo.apps.floor import figures, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor.models import AgentDay, FloorException
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of

PERMISSION = figures.PERMISSION
HELD = (ContactState.OFFERED, ContactState.IN_SERVICE, ContactState.WRAP_UP)


def _elapsed(since: dt.datetime, at: dt.datetime) -> str:
    seconds = max(0, int((at - since).total_seconds()))
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _work(staff_ids: list[int]) -> dict[int, dict[str, int]]:
    """Conversations in hand by agent and channel (partial indexes ``contacts_offered``, ``contacts_in_service``)."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    known = set(staff_ids)
    rows = Contact.objects.filter(state__in=HELD).values_list("agent_id", "offered_to_id", "channel")
    for agent_id, offered_to_id, channel in rows:
        owner = agent_id or offered_to_id
        if owner in known:
            found[owner][channel] += 1
    return found


def tiles(actor: Actor, at: dt.datetime) -> list[dict[str, Any]]:
    """Everybody signed on in the watched units: name, state, since when, what is in hand, what is out of the ordinary.

    Five queries whatever the number of agents.
    """
    sessions = list(
        AgentSession.objects.visible_to(actor, PERMISSION)
        .exclude(mode=AgentMode.LOGGED_OUT)
        .select_related("org", "staff", "seat")
        .order_by("staff__employee_no")
    )
    ids = [session.staff_id for session in sessions]
    work = _work(ids)
    skills: dict[int, list[str]] = defaultdict(list)
    for one in StaffSkill.objects.filter(staff_id__in=ids, level__gte=4).select_related("skill").order_by("-level"):
        skills[one.staff_id].append(one.skill.label)
    odd: dict[int, list[FloorException]] = defaultdict(list)
    for row in FloorException.objects.filter(staff_id__in=ids, ended_at=None):
        odd[row.staff_id].append(row)
    return [
        {
            "session": session,
            "name": session.staff.display_name,
            "elapsed": _elapsed(session.state_since, at),
            "next": AgentMode(session.next_mode).label if session.next_mode else "",
            "work": dict(work.get(session.staff_id, {})),
            "skills": skills[session.staff_id][:2],
            "odd": odd[session.staff_id],
            "alarm": any(row.level == "alarm" for row in odd[session.staff_id]),
        }
        for session in sessions
    ]


def rooms(actor: Actor, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The seats of the watched units room by room, row by row, each with who sits there."""
    by_seat = {tile["session"].seat_id: tile for tile in found if tile["session"].seat_id}
    plan: dict[str, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for seat in Seat.objects.visible_to(actor, PERMISSION).order_by("room", "row", "column"):
        plan[seat.room][seat.row].append({"seat": seat, "tile": by_seat.get(seat.pk)})
    return [
        {
            "name": name,
            "rows": [rows[number] for number in sorted(rows)],
            "taken": sum(1 for row in rows.values() for place in row if place["tile"]),
            "count": sum(len(row) for row in rows.values()),
        }
        for name, rows in plan.items()
    ]


def _chips(found: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """How many are in which state, in the order of the states."""
    count = Counter(str(tile["session"].state) for tile in found)
    return [(str(state), count[state]) for state in AgentState.values if count[state]]


@require_GET
@staff_page(PERMISSION)
def seats(request: HttpRequest) -> HttpResponse:
    """The seat map; an HTMX call gets the moving part only."""
    actor, at = actor_of(request), moment.now()
    found = tiles(actor, at)
    wanted = request.GET.get("state", "")
    state = wanted if wanted in AgentState.values else ""
    paths = actor.paths_for(PERMISSION)
    context = {
        "rooms": rooms(actor, found),
        "elsewhere": [tile for tile in found if not tile["session"].seat_id],
        "chips": _chips(found),
        "at": at,
        "count": len(found),
        "state": state,
        "paths": paths,
        "live_topics": [f"floor:{path}" for path in paths],
        "wide": True,
    }
    template = "floor/live/_seats.html" if getattr(request, "htmx", False) else "floor/live/seats.html"
    return render(request, template, context)


def _session(actor: Actor, staff_id: int) -> AgentSession:
    rows = AgentSession.objects.visible_to(actor, PERMISSION).select_related("org", "staff", "seat")
    session = rows.filter(staff_id=staff_id).first()
    if session is None:
        raise NotFound(_("没有这位坐席，或不在您的管辖范围"))
    return session


@require_http_methods(["GET", "POST"])
@staff_page(PERMISSION)
def agent(request: HttpRequest, staff_id: int) -> HttpResponse:
    """One agent: what they are doing, their day so far, and changing their state with a reason."""
    actor, at = actor_of(request), moment.now()
    session = _session(actor, staff_id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        mode, reason = request.POST.get("mode", ""), request.POST.get("reason", "")
        try:
            change = supervise_mode(actor, staff_id, mode, reason)
        except ActionError as error:
            errors = getattr(error, "fields", {}) or {"plain": [error.message]}
        else:
            said = _("已设置，手上的联络办完后生效") if change.pending else _("状态已更改")
            messages.success(request, said)
            return redirect("floor:agent", staff_id)
    day = timezone.localtime(at).date()
    held = Contact.objects.filter(state__in=HELD).select_related("org", "queue", "customer")
    mine = [*held.filter(agent_id=staff_id), *held.filter(offered_to_id=staff_id)]
    context = {
        "session": session,
        "elapsed": _elapsed(session.state_since, at),
        "times": [
            (state, seconds) for state, seconds in agent_day(staff_id, day).items() if state != AgentMode.LOGGED_OUT
        ],
        "day": AgentDay.objects.filter(staff_id=staff_id, day=day).first(),
        "contacts": [card(row, actor) for row in mine],
        "odd": FloorException.objects.filter(staff_id=staff_id, ended_at=None).order_by("-raised_at"),
        "may_control": actor.can("agent.control", session.org.path),
        "may_monitor": actor.can_somewhere("contact.monitor"),
        "modes": [(str(mode), AgentMode(mode).label) for mode in SUPERVISED],
        "typed": request.POST,
        "errors": errors,
        "at": at,
        "paths": actor.paths_for(PERMISSION),
        "live_topics": [f"agent:{staff_id}", *[f"floor:{path}" for path in actor.paths_for(PERMISSION)]],
    }
    template = "floor/live/_agent.html" if getattr(request, "htmx", False) else "floor/live/agent.html"
    return render(request, template, context, status=422 if errors else 200)
