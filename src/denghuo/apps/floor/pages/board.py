"""The live board of the contact floor: queues, teams, the day so far; and its wall form."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.choices import AgentState
from denghuo.apps.contacts.plans import plans_in_force, standing_plan
from denghuo.apps.floor import figures, forecast, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor.choices import ExceptionKind, Level
from denghuo.apps.floor.models import FloorException
from denghuo.apps.floor.subscribers import CONTACT_KINDS
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import log
from denghuo.core.events.models import ConsumerCursor
from denghuo.core.http import actor_of

OPEN_SHOWN = 6
ON_SCREEN = 8  # queues on one turn of the wall: read from eight metres
#: what the page says when an exception comes, by its kind and level
EXCEPTION_WORDS = {"kind": dict(ExceptionKind.choices), "level": dict(Level.choices)}
IN_SECONDS = {"long_talk", "long_wrap_up", "long_break", "silent_desk", "slow_reply"}
EVERYTHING = 2**62  # a reading limit above every transaction: what readers may not take yet is late too
LAGGING = 5.0  # seconds; above it the board says that it is behind
STATES = (
    AgentState.READY, AgentState.OFFERED, AgentState.BUSY, AgentState.WRAP_UP, AgentState.BREAK, AgentState.MEAL,
    AgentState.TRAINING, AgentState.MEETING, AgentState.OUTBOUND, AgentState.OTHER, AgentState.MISSED,
)  # fmt: skip


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f}%"


def _seconds(value: float | None) -> str:
    if value is None:
        return "—"
    whole = round(value)
    return (
        f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
        if whole >= 3600
        else f"{whole // 60}:{whole % 60:02d}"
    )


def row_of(row: figures.Row, at: dt.datetime, patience: float) -> dict[str, Any]:
    """One line of the board with its words; a queue whose longest wait is past ``patience`` (seconds) is marked."""
    target = policies.get("floor.level_target")
    waited = row.now.longest_wait(at)
    level = row.window.service_level
    return {
        "queue": row.queue,
        "name": row.queue.label if row.queue else _("未分队列"),
        "now": row.now,
        "longest": _seconds(waited) if row.now.waiting else "—",
        "late": row.now.waiting > 0 and waited > patience,
        "patience": int(patience),
        "level": _percent(level),
        "low": level is not None and level < target,
        "connect": _percent(row.window.connect_rate),
        "abandon": _percent(row.window.abandonment),
        "asa": _seconds(row.window.asa),
        "today": row.today,
        "today_level": _percent(row.today.service_level),
        "today_connect": _percent(row.today.connect_rate),
        "today_abandon": _percent(row.today.abandonment),
        "handle": _seconds(row.today.handle_seconds),
        "rating": "—" if row.today.rating is None else f"{row.today.rating:.2f}",
    }


def context_of(request: HttpRequest) -> dict[str, Any]:
    """Everything the board and the wall show."""
    actor, at = actor_of(request), moment.now()
    board = figures.board(actor, at)
    chosen = request.GET.get("queue", "")
    queue_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else None
    paths = actor.paths_for(figures.PERMISSION)
    open_rows = shown_exceptions(open_exceptions(actor))
    plans = plans_in_force([row.queue for row in board.rows if row.queue is not None], at)
    standing = standing_plan().target_seconds
    patience = {pk: plan.target_seconds for pk, plan in plans.items()}
    rows = [row_of(row, at, patience.get(row.queue.pk, standing) if row.queue else standing) for row in board.rows]
    return {
        "at": at,
        "rows": rows,
        "screens": [rows[start : start + ON_SCREEN] for start in range(0, len(rows), ON_SCREEN)],
        "total": row_of(board.total, at, standing),
        "agents": [
            (state, board.agents.get(state, 0)) for state in STATES if board.agents.get(state) or state in STATES[:5]
        ],
        "signed_on": sum(board.agents.values()),
        "teams": [team | {"load": _percent(team["occupancy"]), "shown": _team_states(team)} for team in board.teams],
        "occupancy": _percent(board.occupancy),
        "exceptions": open_rows[:OPEN_SHOWN],
        "exception_count": len(open_rows),
        "words": EXCEPTION_WORDS,
        "chart": day_chart(actor, at, queue_id),
        "queue_id": queue_id,
        "window": policies.get("floor.window_minutes"),
        "paths": paths,
        "live_topics": [f"floor:{path}" for path in paths],
        "behind": behind_seconds(at) > LAGGING,
    }


def behind_seconds(at: dt.datetime) -> float:
    """Age of the oldest event the queues' figures have not yet taken in; 0 when they are up to date."""
    row = ConsumerCursor.objects.filter(name="floor.queues").first()
    waiting = log.read_between(row.cursor, EVERYTHING, 1, CONTACT_KINDS) if row else []
    return max(0.0, (at - waiting[0].at).total_seconds()) if waiting else 0.0


def _team_states(team: dict[str, Any]) -> list[tuple[str, int]]:
    return [(state, team["states"][state]) for state in STATES if team["states"].get(state)]


def open_exceptions(actor: Actor) -> list[FloorException]:
    """Open exceptions of the watched units, the gravest and newest first."""
    grave = {"alarm": 0, "warning": 1, "notice": 2}
    rows = FloorException.objects.visible_to(actor, figures.PERMISSION).filter(ended_at=None)
    found = rows.select_related("org", "staff", "queue", "threshold__queue", "acknowledged_by").order_by("-raised_at")
    return sorted(found, key=lambda row: (row.acknowledged_at is not None, grave[row.level]))


def about(row: FloorException) -> str:
    """What it is about, in words: the agent, the conversation, the queue."""
    parts = []
    if row.staff is not None:
        parts.append(row.staff.display_name)
    if row.threshold is not None:
        parts.append(f"{row.threshold.get_measure_display()} · {row.queue.label if row.queue else _('全部队列')}")
    elif row.contact_id is not None:
        parts.append(_("联络 %(id)s") % {"id": row.contact_id})
    return " · ".join(parts) or "—"


def measured(row: FloorException) -> str:
    """Value against limit, where the exception has them."""
    if row.value is None:
        return ""
    if row.kind in IN_SECONDS:
        value, limit = _seconds(row.value), None if row.limit is None else _seconds(row.limit)
    else:
        value, limit = f"{round(row.value, 1):g}", None if row.limit is None else f"{row.limit:g}"
    return value if limit is None else _("%(value)s（限值 %(limit)s）") % {"value": value, "limit": limit}


def shown_exceptions(rows: list[FloorException]) -> list[Any]:
    """The rows with their words: ``about``, ``measured``."""
    found: list[Any] = rows
    for row in found:
        row.about, row.measured = about(row), measured(row)
    return found


def day_chart(actor: Actor, at: dt.datetime, queue_id: int | None) -> dict[str, Any]:
    """The day by half hours: answered and abandoned stacked, what entered as a line, the forecast when there is one."""
    rows = figures.day_series(actor, at, queue_id)
    hours = [timezone.localtime(row["slot"]).strftime("%H:%M") for row in rows]
    expected = forecast.of_day(actor, at, queue_id)
    series: list[dict[str, Any]] = [
        {"name": _("应答"), "type": "bar", "stack": "n", "data": [row["n_answered"] for row in rows]},
        {"name": _("放弃"), "type": "bar", "stack": "n", "data": [row["n_abandoned"] for row in rows]},
        {"name": _("进线"), "type": "line", "symbol": "circle", "data": [row["n_entered"] for row in rows]},
    ]
    if expected:
        known = {timezone.localtime(slot).strftime("%H:%M"): value for slot, value in expected}
        hours = sorted(set(hours) | set(known))
        for one in series:
            by_hour = dict(
                zip([timezone.localtime(row["slot"]).strftime("%H:%M") for row in rows], one["data"], strict=True)
            )
            one["data"] = [by_hour.get(hour) for hour in hours]
        line = {"type": "dashed"}
        series.append(
            {"name": _("预测"), "type": "line", "lineStyle": line, "data": [known.get(hour) for hour in hours]}
        )
    return {
        "animation": False,  # it is drawn anew with every change
        "legend": {},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {"type": "category", "data": hours},
        "yAxis": {"type": "value", "min": 0, "minInterval": 1},
        "series": series,
    }


@staff_page(figures.PERMISSION)
def board(request: HttpRequest) -> HttpResponse:
    """The board; an HTMX call gets the moving part only."""
    context = context_of(request) | {"wide": True}
    template = "floor/live/_board.html" if getattr(request, "htmx", False) else "floor/live/board.html"
    return render(request, template, context)


@staff_page(figures.PERMISSION)
def wall(request: HttpRequest) -> HttpResponse:
    """The board for a wall: large figures, no controls."""
    context = context_of(request)
    template = "floor/live/_wall.html" if getattr(request, "htmx", False) else "floor/live/wall.html"
    return render(request, template, context)
