"""Working calendars as data, clocks, and what was changed on a clock."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime import ALWAYS, WorkingCalendar


class WorkCalendar(models.Model):
    """When a unit works: windows of each weekday, and dates that differ. Dated, found by walking up the org tree.

    ``windows`` is ``{"mon": [["08:30", "12:00"], …], …}``; ``exceptions`` is ``{"2026-10-01": [], …}`` where an empty
    list is a holiday and windows make a make-up or short day.
    """

    org = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用单位")
    )
    name = models.CharField(_("名称"), max_length=40, help_text="office, business_hall, …")
    label = models.CharField(_("显示名称"), max_length=80)
    windows = models.JSONField(_("每周工作时段"))
    exceptions = models.JSONField(_("节假日与调休"), default=dict, blank=True)
    tz = models.CharField(max_length=40, default="Asia/Shanghai")
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "name", "valid_from"], name="core_workcalendar_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")), name="core_workcalendar_order"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def engine(self) -> WorkingCalendar:
        """The calculating form; ValueError when the stored windows are malformed."""
        return WorkingCalendar.from_json(self.windows, self.exceptions, self.tz)


class ClockFamily(models.TextChoices):
    FIELD = "field", _("现场时限")
    AGENT = "agent", _("坐席处理时限")
    HANDLING = "handling", _("受理处理回复时限")


class ClockState(models.TextChoices):
    RUNNING = "running", _("计时中")
    PAUSED = "paused", _("已暂停")
    MET = "met", _("按时完成")
    BREACHED_STOPPED = "breached_stopped", _("超时完成")
    CANCELLED = "cancelled", _("已取消")


LIVE_STATES = (ClockState.RUNNING, ClockState.PAUSED)


class Clock(models.Model):
    """A time limit attached to a subject.

    Used-up time is ``spent`` (up to ``counting_from``) plus the working time since ``counting_from`` while running;
    elapsed + remaining = budget at every moment. ``due_at`` and ``warn_at`` are the moments at which the budget, and
    the share of it that calls for a warning, are used up; both are null while paused. ``breached_at`` is the moment
    the budget ran out, not the moment somebody noticed.
    """

    subject_kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    kind = models.CharField(_("时限"), max_length=48)
    family = models.CharField(max_length=16, choices=ClockFamily)
    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("所属单位"))
    calendar = models.ForeignKey(
        WorkCalendar, models.PROTECT, null=True, blank=True, related_name="+", help_text="null: round the clock"
    )
    state = models.CharField(max_length=16, choices=ClockState, default=ClockState.RUNNING)
    started_at = models.DateTimeField()
    counting_from = models.DateTimeField()
    budget_seconds = models.PositiveIntegerField()
    warn_seconds = models.PositiveIntegerField(help_text="used-up seconds at which to warn")
    spent = models.DurationField(default=dt.timedelta)
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_for = models.DurationField(
        default=dt.timedelta, help_text="clock-on-the-wall time spent paused, ended pauses"
    )
    stopped_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    policy_key = models.CharField(max_length=80, blank=True)
    policy_value_id = models.BigIntegerField(null=True)
    topics = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "kind"],
                condition=Q(state__in=["running", "paused"]),
                name="core_clock_one_live",
            ),
            models.CheckConstraint(
                condition=Q(warn_seconds__lte=models.F("budget_seconds")), name="core_clock_warn_within_budget"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(due_at__isnull=False, warn_at__isnull=False),
                name="core_clock_running_is_due",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="core_clock_subject"),
            # The sweeper's two: tiny, for a clock leaves them the moment it has warned, breached or stopped.
            models.Index(
                fields=["warn_at"],
                condition=Q(state="running", warned_at=None, breached_at=None),
                name="core_clock_to_warn",
            ),
            models.Index(
                fields=["due_at"], condition=Q(state="running", breached_at=None), name="core_clock_to_breach"
            ),
            # Boards: what runs out next in a unit.
            models.Index(fields=["org", "due_at"], condition=Q(state="running"), name="core_clock_org_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind}:{self.subject_id}"

    @property
    def budget(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.budget_seconds)

    @property
    def paused_seconds(self) -> float:
        """Seconds spent in pauses that have ended."""
        return self.paused_for.total_seconds()

    @property
    def live(self) -> bool:
        return self.state in LIVE_STATES

    def working_calendar(self) -> WorkingCalendar:
        """The calendar it counts on; round the clock when none is set."""
        if self.calendar_id is None:
            return ALWAYS
        from denghuo.core.clocks.calendars import engine_of

        return engine_of(self)


class ClockChange(models.Model):
    """One pause, resume, recompute, cancel or late correction of a clock: who, why, and the values before and after."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    what = models.CharField(
        max_length=16,
        choices=[
            ("paused", _("暂停")),
            ("resumed", _("恢复")),
            ("recomputed", _("重新计算")),
            ("cancelled", _("取消")),
            ("corrected", _("更正")),
        ],
    )
    reason = models.CharField(_("原因"), max_length=300, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=80)

    class Meta:
        ordering = ["at", "id"]
