"""Tasks of teams, their week plans, quality marks, reviews and who is away."""

from __future__ import annotations

import datetime as dt

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.teams.choices import AbsenceKind, ItemState, MarkKind, PlanState, TaskSource, TaskState
from denghuo.core.scoping.models import OrgScoped


@pghistory.track(exclude=["version"])
class WeekPlan(OrgScoped):
    """A team's week, from ``monday``. ``org`` is the team. ``released_*`` is what stood in it when it was released."""

    event_subject_kind = "week_plan"

    monday = models.DateField(_("周一"))
    state = models.CharField(_("状态"), max_length=8, choices=PlanState, default=PlanState.DRAFT)
    released_at = models.DateTimeField(_("下达时间"), null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    released_tasks = models.PositiveIntegerField(default=0)
    released_points = models.FloatField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("周计划")
        constraints = [models.UniqueConstraint(fields=["org", "monday"], name="teams_one_plan_a_week")]

    def __str__(self) -> str:
        return f"{self.org} {self.week}"

    @property
    def week(self) -> str:
        """ISO week, as 2026-W48."""
        return week_of(self.monday)


def week_of(day: dt.date) -> str:
    """The ISO week a day lies in, as 2026-W48."""
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(day: dt.date) -> dt.date:
    """The Monday of the day's week."""
    return day - dt.timedelta(days=day.weekday())


@pghistory.track(exclude=["version", "last_event_id"])
class TeamTask(OrgScoped):
    """Something a team has to do on a day. ``org`` is the team; codes of speciality, type and conditions are policies.

    ``points`` are work points (工作当量) of the whole task under the catalogue of its day, without quality marks.
    A task of a work ``order`` is written by the order's events only; ``last_event_id`` is the last that was applied.
    """

    event_subject_kind = "team_task"

    speciality = models.CharField(_("专业"), max_length=24)
    type = models.CharField(_("任务类型"), max_length=32)
    title = models.CharField(_("任务"), max_length=80)
    place = models.CharField(_("地点"), max_length=120, blank=True)
    day = models.DateField(_("日期"))
    start = models.TimeField(_("计划开始"), null=True, blank=True)
    end = models.TimeField(_("计划结束"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=TaskState, default=TaskState.PLANNED)
    source = models.CharField(_("来源"), max_length=10, choices=TaskSource, default=TaskSource.PLANNED)
    conditions = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    distance_km = models.FloatField(_("单程距离（公里）"), null=True, blank=True)
    points = models.FloatField(_("工作当量"), default=0)
    started_at = models.DateTimeField(_("开工时间"), null=True, blank=True)
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    result = models.CharField(_("完成情况"), max_length=400, blank=True)
    safety_checked = models.BooleanField(_("已做安全交底"), null=True, blank=True)
    reason = models.CharField(_("取消原因"), max_length=200, blank=True)
    order = models.OneToOneField(
        "field.WorkOrder", models.PROTECT, null=True, blank=True, related_name="team_task", verbose_name=_("工单")
    )
    request = models.ForeignKey("requests.Request", models.PROTECT, null=True, blank=True, related_name="+")
    carried_from = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="carried_to")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    last_event_id = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("班组任务")
        indexes = [
            models.Index(fields=["org", "day"], name="teams_task_org_day"),
            models.Index(
                fields=["org", "day"], condition=models.Q(state__in=["planned", "started"]), name="teams_task_open"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TaskShare(models.Model):
    """Who does the task, and which part of its points is theirs; the shares of a task add up to 1."""

    task = models.ForeignKey(TeamTask, models.CASCADE, related_name="shares")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="task_shares")
    share = models.FloatField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "staff"], name="teams_share_once"),
            models.CheckConstraint(condition=models.Q(share__gt=0, share__lte=1), name="teams_share_0_to_1"),
        ]


class TaskMark(models.Model):
    """Quality points a task gained (positive) or lost. An automatic one names the event that brought it."""

    task = models.ForeignKey(TeamTask, models.CASCADE, related_name="marks")
    kind = models.CharField(_("原因"), max_length=20, choices=MarkKind)
    points = models.FloatField(_("质量分"))
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    event_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "kind", "event_id"], name="teams_mark_once_an_event"),
        ]


class WeekReview(models.Model):
    """What a team's week came to. ``figures`` holds the indicators as they stood when it was closed."""

    plan = models.OneToOneField(WeekPlan, models.PROTECT, related_name="review")
    figures = models.JSONField(default=dict)
    remarks = models.CharField(_("总结"), max_length=1000, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(_("评价时间"))


class ImprovementItem(OrgScoped):
    """Something to be done better after a week: by whom, until when, and what came of it."""

    event_subject_kind = "team_improvement"

    plan = models.ForeignKey(WeekPlan, models.PROTECT, related_name="items")
    text = models.CharField(_("改进内容"), max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("责任人"))
    due = models.DateField(_("期限"))
    state = models.CharField(_("状态"), max_length=8, choices=ItemState, default=ItemState.OPEN)
    outcome = models.CharField(_("落实情况"), max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("改进项")
        indexes = [models.Index(fields=["org", "due"], condition=models.Q(state="open"), name="teams_item_open")]


class Absence(OrgScoped):
    """Days on which somebody does not work for the team, first and last included."""

    event_subject_kind = "team_absence"

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences")
    kind = models.CharField(_("类别"), max_length=10, choices=AbsenceKind)
    first = models.DateField(_("第一天"))
    last = models.DateField(_("最后一天"))

    class Meta:
        verbose_name = _("离岗")
        indexes = [models.Index(fields=["org", "first"], name="teams_absence_org")]
        constraints = [
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="teams_absence_order")
        ]
