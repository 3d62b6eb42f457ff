"""Team work over REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.teams import actions, figures
from denghuo.apps.teams.access import MANAGE, VIEW, tasks_seen, team_seen
from denghuo.apps.teams.actions.moving import Preview
from denghuo.apps.teams.models import TeamTask, monday_of
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write

router = Router(tags=["teams"], auth=StaffAuth())
Id = Annotated[int, Field(ge=1, le=BIGGEST_KEY)]


class TaskShareOut(Schema):
    staff_id: int
    share: float


class TaskMarkOut(Schema):
    """Quality points and why; ``reason`` is the leader's own words."""

    kind: str
    points: float
    reason: str
    at: dt.datetime


class TeamTaskOut(Schema):
    """A task; ``points`` are work points of the whole task without marks."""

    id: int
    team_id: int
    speciality: str
    type: str
    title: str
    place: str
    day: dt.date
    start: dt.time | None
    end: dt.time | None
    state: str
    source: str
    conditions: list[str]
    distance_km: float | None
    points: float
    order_id: int | None
    request_id: int | None
    carried_from_id: int | None
    started_at: dt.datetime | None
    done_at: dt.datetime | None
    version: int
    shares: list[TaskShareOut]
    marks: list[TaskMarkOut]


class TeamTasksOut(Schema):
    """A page of tasks; ``next`` goes into ``before``, null on the last."""

    items: list[TeamTaskOut]
    next: int | None


class TeamTaskIn(Schema):
    team_id: Id
    type: str = Field(max_length=64)
    title: str = Field(max_length=400)
    day: dt.date
    place: str = Field("", max_length=400)
    start: dt.time | None = None
    end: dt.time | None = None
    conditions: list[str] = Field([], max_length=20)
    distance_km: float | None = Field(None, allow_inf_nan=False)
    staff_ids: list[Id] = Field([], max_length=50)


class TeamTaskMoveIn(Schema):
    """Where to: ``staff_id`` null is nobody. ``from_staff_id``: of several people, who hands over. ``version`` as read."""

    day: dt.date
    staff_id: Id | None = None
    from_staff_id: Id | None = None
    version: int | None = None


class SaturationChangeOut(Schema):
    """Somebody's saturation of that week, load ÷ capacity; null without capacity. ``level``: low, fit, high, none."""

    staff_id: int
    name: str
    before: float | None
    after: float | None
    level: str


class TeamTaskMoveOut(Schema):
    """What the move does; ``why`` where it is not allowed, ``words`` the change as text."""

    allowed: bool
    why: str
    points: float
    changes: list[SaturationChangeOut]
    warnings: list[str]
    words: str


class TeamTaskFinishIn(Schema):
    result: str = Field("", max_length=4000)
    safety_checked: bool = False


class TaskMarkIn(Schema):
    points: float = Field(allow_inf_nan=False)
    reason: str = Field("", max_length=4000)


class TaskMarkMadeOut(Schema):
    id: int


class PersonLoadOut(Schema):
    """Points of load and capacity over the week; ``saturation`` is their ratio."""

    staff_id: int
    name: str
    load: float
    capacity: float
    saturation: float | None
    level: str


class TeamWeekOut(Schema):
    """Indicators of a week; rates 0–1, null where there was nothing to measure."""

    team_id: int
    monday: dt.date
    tasks: int
    done: int
    carried: int
    temporary: int
    points: float
    marks: float
    performance: float
    completion: float | None
    planned_rate: float | None
    on_day: float | None
    saturation: float | None
    people: list[PersonLoadOut]


@router.get("/team-tasks", response=TeamTasksOut, summary="班组任务列表", operation_id="team_tasks_list")
def list_tasks(
    request: HttpRequest,
    team_id: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
    mine: bool = False,
    since: dt.date | None = None,
    until: dt.date | None = None,
    state: Literal["planned", "started", "done", "cancelled", "carried"] | None = None,
    before: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Tasks the caller may see, newest first: of the watched teams and the caller's own. ``mine`` only the latter."""
    actor = actor_of(request)
    rows = tasks_seen(actor).prefetch_related("shares", "marks").order_by("-pk")
    if mine:
        rows = rows.filter(pk__in=TeamTask.objects.filter(shares__staff_id=actor.id).values("pk"))
    for name, value in (
        ("org_id", team_id), ("day__gte", since), ("day__lte", until), ("state", state), ("pk__lt", before)
    ):  # fmt: skip
        if value is not None:
            rows = rows.filter(**{name: value})
    found = list(rows[: limit + 1])
    more = found[limit - 1].pk if len(found) > limit else None
    return {"items": [task_out(one) for one in found[:limit]], "next": more}


@router.post("/team-tasks", response=TeamTaskOut, summary="新建班组任务", operation_id="team_task_create")
def create(request: HttpRequest, body: TeamTaskIn) -> Any:
    """Put a task on a team's board."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        data = body.model_dump()
        team = team_seen(actor, data.pop("team_id"), MANAGE)
        return json_of(actions.create_task(actor, team, **data).pk)

    return write(request, actor, "team.create_task", body, run)


@router.get("/team-tasks/{task_id}", response=TeamTaskOut, summary="班组任务", operation_id="team_task")
def one(request: HttpRequest, task_id: Key) -> Any:
    """One task."""
    return task_out(_seen(actor_of(request), task_id))


@router.post(
    "/team-tasks/{task_id}/move-preview",
    response=TeamTaskMoveOut,
    summary="调整任务的影响",
    operation_id="team_task_preview",
)
def preview(request: HttpRequest, task_id: Key, body: TeamTaskMoveIn) -> Any:
    """Saturation before and after; changes nothing."""
    data = body.model_dump(exclude={"version"})
    return preview_out(actions.preview_move(actor_of(request), task_id, **data))


@router.post("/team-tasks/{task_id}/move", response=TeamTaskMoveOut, summary="调整任务", operation_id="team_task_move")
def move(request: HttpRequest, task_id: Key, body: TeamTaskMoveIn) -> Any:
    """Give the task to somebody else or another day. 422 away or lacking a skill, 409 not movable or changed meanwhile."""
    actor = actor_of(request)
    payload = body.model_dump(mode="json") | {"task_id": task_id}
    return write(
        request, actor, "team.move_task", payload,
        lambda: preview_out(actions.move_task(actor, task_id, **body.model_dump())),
    )  # fmt: skip


@router.post("/team-tasks/{task_id}/start", response=TeamTaskOut, summary="任务开工", operation_id="team_task_start")
def start(request: HttpRequest, task_id: Key) -> Any:
    """Begin."""
    actor = actor_of(request)
    return write(
        request, actor, "team.start_task", {"task_id": task_id},
        lambda: json_of(actions.start_task(actor, task_id).pk),
    )  # fmt: skip


@router.post("/team-tasks/{task_id}/finish", response=TeamTaskOut, summary="任务完成", operation_id="team_task_finish")
def finish(request: HttpRequest, task_id: Key, body: TeamTaskFinishIn) -> Any:
    """Done; 409 for a work order's task, which follows its order."""
    actor = actor_of(request)
    return write(
        request, actor, "team.finish_task", body.model_dump() | {"task_id": task_id},
        lambda: json_of(actions.finish_task(actor, task_id, **body.model_dump()).pk),
    )  # fmt: skip


@router.post("/team-tasks/{task_id}/marks", response=TaskMarkMadeOut, summary="班长评定", operation_id="team_task_mark")
def mark(request: HttpRequest, task_id: Key, body: TaskMarkIn) -> Any:
    """The leader's own points, within the cap, with the reason."""
    actor = actor_of(request)
    return write(
        request, actor, "team.mark_task", body.model_dump() | {"task_id": task_id},
        lambda: {"id": actions.mark_task(actor, task_id, **body.model_dump()).pk},
    )  # fmt: skip


@router.get("/teams/{team_id}/week", response=TeamWeekOut, summary="班组周指标", operation_id="team_week")
def week(request: HttpRequest, team_id: Key, day: dt.date) -> Any:
    """Saturation and rates of the week that ``day`` lies in."""
    team = team_seen(actor_of(request), team_id, VIEW)
    found = figures.read_week(team, monday_of(day))
    people = [
        {
            "staff_id": one.staff.pk, "name": one.staff.display_name, "load": one.total_load,
            "capacity": one.total_capacity, "saturation": one.saturation, "level": figures.level(one.saturation, team),
        }
        for one in found.people
    ]  # fmt: skip
    return figures.indicators(found) | {"team_id": team.pk, "monday": found.days[0], "people": people}


def _seen(actor: Actor, task_id: int) -> TeamTask:
    task = tasks_seen(actor).prefetch_related("shares", "marks").filter(pk=task_id).first()
    if task is None:
        raise NotFound()
    return task


def task_out(task: TeamTask) -> dict[str, Any]:
    """A task as the API shows it."""
    names = (
        "id", "speciality", "type", "title", "place", "day", "start", "end", "state", "source", "conditions",
        "distance_km", "points", "order_id", "request_id", "carried_from_id", "started_at", "done_at", "version",
    )  # fmt: skip
    return {name: getattr(task, name) for name in names} | {
        "team_id": task.org_id,
        "shares": [{"staff_id": one.staff_id, "share": round(one.share, 4)} for one in task.shares.all()],
        "marks": [
            {"kind": one.kind, "points": one.points, "reason": one.reason, "at": one.at} for one in task.marks.all()
        ],
    }


def json_of(task_id: int) -> dict[str, Any]:
    """A task freshly read, in JSON types (what an idempotent answer keeps)."""
    task = TeamTask.objects.prefetch_related("shares", "marks").get(pk=task_id)
    found: dict[str, Any] = TeamTaskOut.model_validate(task_out(task)).model_dump(mode="json")
    return found


def preview_out(seen: Preview) -> dict[str, Any]:
    """A move's effect in JSON types."""
    return {
        "allowed": seen.allowed, "why": seen.why, "points": seen.points, "warnings": list(seen.warnings),
        "words": seen.words,
        "changes": [
            {"staff_id": one.staff_id, "name": one.name, "before": one.before, "after": one.after, "level": one.level}
            for one in seen.changes
        ],
    }  # fmt: skip
