"""The week before this one and this one of every team: planned by the leaders, worked, last week's reviewed.

Rows are written in bulk, without events, with the points the catalogue gives. Repair orders of the history come beside
them by their events. Days are relative to now, everything else is the seed's.
"""

from __future__ import annotations

import datetime as dt
from random import Random

from django.db.models import Prefetch
from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.teams import figures
from denghuo.apps.teams.choices import (
    AbsenceKind,
    ItemState,
    MarkKind,
    PlanState,
    TaskSource,
    TaskState,
)
from denghuo.apps.teams.models import (
    Absence,
    ImprovementItem,
    TaskMark,
    TaskShare,
    TeamTask,
    WeekPlan,
    WeekReview,
    monday_of,
)
from denghuo.apps.teams.points import catalogue_points, skills_needed
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgKind, OrgUnit

ONE_DAY = dt.timedelta(days=1)
PLACES = ("一号台区", "二号台区", "河东村", "沿街商铺", "开发区厂房", "老城小区", "10 千伏主线 12 至 30 号杆", "供电所")
#: type, what the card says, hour it begins, hours, conditions, km, people
WORK: tuple[tuple[str, str, int, float, tuple[str, ...], float, int], ...] = (
    ("line_patrol", "主线及分支通道巡视", 8, 3, (), 9, 2),
    ("transformer_patrol", "台区设备巡视与测温", 9, 2, (), 4, 1),
    ("meter_change", "轮换到期电能表 8 块", 14, 2.5, (), 3, 1),
    ("meter_install", "新装用户装表接电 3 户", 9, 2, (), 6, 1),
    ("check_customer", "高压用户周期检查", 14, 1.5, (), 7, 1),
    ("defect", "处理避雷器引线松动缺陷", 8, 2.5, ("height",), 8, 2),
    ("tree_trim", "线路通道树障清理", 8, 3, ("height",), 11, 2),
    ("voltage_fix", "末端低电压线路改造", 8, 4, ("height",), 10, 2),
    ("arrears", "欠费用户上门提醒", 15, 1, (), 2, 1),
    ("site_survey", "充电桩报装现场勘查", 10, 1.5, (), 5, 1),
    ("customer_visit", "重要用户走访", 15, 1, (), 4, 1),
    ("hall_duty", "营业厅引导值班", 8, 4, (), 0, 1),
    ("theft_check", "线损异常台区核查", 14, 3, (), 6, 2),
    ("training", "安规学习与事故案例讨论", 8, 2, (), 0, 3),
    ("stock", "安全工器具检查与试验登记", 16, 1, (), 0, 1),
    ("meter_read", "采集失败表计现场补抄", 10, 0.5, (), 3, 1),
)
RESULTS = ("已按计划完成", "完成，现场已清理", "完成，发现一处隐患已登记", "完成")
REMARKS = "计划任务基本完成，抢修集中在周三周四，个别巡视结转。下周先补巡视，再安排表计轮换。"
ITEMS = (
    "抢修返回后当天补齐现场照片和签名",
    "巡视任务提前到周初，避免被抢修挤占",
    "开工前由工作负责人在手机上确认安全交底",
)


def build(seed: int) -> int:
    """Fill last week and this one for every team; gives the number of tasks. Needs the province; runs in a second."""
    today = timezone.localdate(moment.now())
    mondays = (monday_of(today) - 7 * ONE_DAY, monday_of(today))
    teams = OrgUnit.objects.filter(kind=OrgKind.TEAM).select_related("parent").order_by("code")
    people: dict[int, list[Staff]] = {}
    rows = Staff.objects.filter(org__kind=OrgKind.TEAM, is_active=True).order_by("employee_no")
    for one in rows.prefetch_related(Prefetch("skills"), "skills__skill"):
        people.setdefault(one.org_id, []).append(one)
    made = _Made()
    for team in teams:
        staff = people.get(team.pk, [])
        if len(staff) >= 2:
            for monday in mondays:
                _week(made, team, staff, monday, today, Random(f"teamwork:{seed}:{team.code}:{mondays.index(monday)}"))
    made.write()
    for team in teams:
        if team.pk in people:
            _review(team, mondays[0], people[team.pk], today, Random(f"review:{seed}:{team.code}"))
    return len(made.tasks)


class _Made:
    """Rows on their way into the database, each kind in one statement or few."""

    def __init__(self) -> None:
        self.plans: list[WeekPlan] = []
        self.absences: list[Absence] = []
        self.tasks: list[TeamTask] = []
        self.shares: list[TaskShare] = []
        self.marks: list[TaskMark] = []

    def write(self) -> None:
        WeekPlan.objects.bulk_create(self.plans)
        Absence.objects.bulk_create(self.absences)
        TeamTask.objects.bulk_create(self.tasks, batch_size=500)
        for row in self.shares:
            row.task_id = row.task.pk
        for mark in self.marks:
            mark.task_id = mark.task.pk
        TaskShare.objects.bulk_create(self.shares, batch_size=1000)
        TaskMark.objects.bulk_create(self.marks, batch_size=1000)


def _week(made: _Made, team: OrgUnit, staff: list[Staff], monday: dt.date, today: dt.date, rng: Random) -> None:
    away = _absence(made, team, staff, monday, rng)
    leader = staff[0]
    week = [_task(team, monday, item, rng) for item in rng.sample(WORK, min(len(WORK), 4 + 3 * len(staff)))]
    planned = []
    for place, (task, wanted) in enumerate(week):
        if place >= len(week) - 2:
            task.source = TaskSource.TEMPORARY
        workers = _workers(task, staff, away, wanted, place)
        if not workers and task.source == TaskSource.PLANNED:
            continue  # nobody of the team can do it: the leader did not plan it
        task.made_by = leader
        task.points = catalogue_points(
            team, task.day, type=task.type, conditions=task.conditions, distance_km=task.distance_km,
            people=max(len(workers), 1),
        ).total  # fmt: skip
        if workers:
            _progress(made, task, today, monday, rng)
        planned += [task] if task.source == TaskSource.PLANNED else []
        made.tasks.append(task)
        made.shares += [TaskShare(task=task, staff=one, share=1 / len(workers)) for one in workers]
    released = timezone.make_aware(dt.datetime.combine(monday - 3 * ONE_DAY, dt.time(16, 30)))
    made.plans.append(
        WeekPlan(
            org=team, monday=monday, state=PlanState.RELEASED, released_at=released, released_by=leader,
            released_tasks=len(planned), released_points=round(sum(one.points for one in planned), 2), version=2,
        )
    )  # fmt: skip


def _absence(made: _Made, team: OrgUnit, staff: list[Staff], monday: dt.date, rng: Random) -> dict[int, set[dt.date]]:
    if rng.random() < 0.5:
        return {}
    person, first = rng.choice(staff[1:]), monday + rng.randrange(4) * ONE_DAY
    last = first + rng.randrange(2) * ONE_DAY
    kind = rng.choice((AbsenceKind.LEAVE, AbsenceKind.REST, AbsenceKind.TRAINING))
    made.absences.append(Absence(org=team, staff=person, kind=kind, first=first, last=last))
    return {person.pk: {first, last}}


def _task(
    team: OrgUnit, monday: dt.date, item: tuple[str, str, int, float, tuple[str, ...], float, int], rng: Random
) -> tuple[TeamTask, int]:
    kind, title, hour, hours, conditions, km, people = item
    end = dt.datetime.combine(monday, dt.time(hour)) + dt.timedelta(hours=hours)
    task = TeamTask(
        org=team, type=kind, speciality=policies.get("teams.type_speciality", team).get(kind, "common"), title=title,
        place=rng.choice(PLACES), day=monday + rng.randrange(5) * ONE_DAY, start=dt.time(hour), end=end.time(),
        conditions=list(conditions), distance_km=km + rng.randrange(4), source=TaskSource.PLANNED,
    )  # fmt: skip
    return task, people


def _workers(task: TeamTask, staff: list[Staff], away: dict[int, set[dt.date]], wanted: int, place: int) -> list[Staff]:
    needed = skills_needed(task.org, task.day, task.type, task.conditions)
    able = [
        one
        for one in staff
        if task.day not in away.get(one.pk, set()) and needed <= {each.skill.code for each in one.skills.all()}
    ]
    start = place % len(able) if able else 0
    return (able[start:] + able[:start])[:wanted]


def _progress(made: _Made, task: TeamTask, today: dt.date, monday: dt.date, rng: Random) -> None:
    """What lies behind is done, all but a few of this week; of today some run."""
    begun = timezone.make_aware(dt.datetime.combine(task.day, task.start or dt.time(9)))
    last_week = monday < monday_of(today)
    if task.day < today and (last_week or rng.random() < 0.88):
        late = rng.random() < 0.1
        done = begun + dt.timedelta(hours=rng.uniform(1, 4)) + (ONE_DAY if late else dt.timedelta())
        task.state, task.started_at, task.done_at = TaskState.DONE, begun, min(done, moment.now())
        task.result, task.safety_checked = rng.choice(RESULTS), rng.random() > 0.06
        if not task.safety_checked and task.type in policies.get("teams.safety_types", task.org):
            _mark(made, task, MarkKind.SAFETY_MISSING)
        elif rng.random() < 0.08:
            mark = _mark(made, task, MarkKind.MANUAL, 0.5)
            mark.by, mark.reason = task.made_by, "主动发现并消除隐患"
    elif task.day == today and begun < moment.now() and rng.random() < 0.6:
        task.state, task.started_at = TaskState.STARTED, begun


def _mark(made: _Made, task: TeamTask, kind: MarkKind, points: float | None = None) -> TaskMark:
    worth = policies.get("teams.mark_points", task.org)[str(kind)] if points is None else points
    mark = TaskMark(task=task, kind=kind, points=worth, at=task.done_at, event_id=None if points else 0)
    made.marks.append(mark)
    return mark


def _review(team: OrgUnit, monday: dt.date, staff: list[Staff], today: dt.date, rng: Random) -> None:
    plan = WeekPlan.objects.filter(org=team, monday=monday).first()
    if plan is None:
        return
    found = figures.indicators(figures.read_week(team, monday))
    at = timezone.make_aware(dt.datetime.combine(monday + 6 * ONE_DAY, dt.time(17)))
    WeekReview.objects.create(plan=plan, figures=found, remarks=REMARKS, reviewed_by=staff[0], reviewed_at=at)
    WeekPlan.objects.filter(pk=plan.pk).update(state=PlanState.REVIEWED, version=3)
    ImprovementItem.objects.create(
        org=team, plan=plan, text=rng.choice(ITEMS), owner=rng.choice(staff[1:]), due=today + rng.randrange(-1, 6) * ONE_DAY,
        state=ItemState.OPEN,
    )  # fmt: skip
