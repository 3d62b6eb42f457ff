"""What came, what is expected, what moves it, and how many people it takes. Half hours of a day are arrays of 48."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.scoping.models import OrgScoped

SLOTS = 48


class CountSource(models.TextChoices):
    """Where a count is from. A file replaces what was counted, counting never replaces a file."""

    CONTACTS = "contacts", _("联络记录")
    FILE = "file", _("文件导入")


class RunKind(models.TextChoices):
    """``replayed``: made later, from no more than was known on the day."""

    DAILY = "daily", _("每日预测")
    INTRADAY = "intraday", _("日内重算")
    ASKED = "asked", _("人工发起")
    REPLAYED = "replayed", _("补算")


class DriverKind(models.TextChoices):
    """What may move the contacts. Storms and failed lines are abnormal: nothing is learned from their hours."""

    CAMPAIGN = "campaign", _("营销活动")
    OUTAGE = "outage", _("计划停电")
    WARNING = "warning", _("天气预警")
    HOLIDAY = "holiday", _("节假日修正")
    STORM = "storm", _("灾害天气过程")
    FAILURE = "failure", _("系统或线路故障")


ABNORMAL_KINDS = (DriverKind.STORM, DriverKind.FAILURE)


class IntervalCount(OrgScoped):
    """Contacts of one queue in the half hour from ``start``. ``org`` is the queue's unit.

    ``handle_seconds``: from answer to the end of the after-work of all answered. A half hour without a row between a
    queue's first and last had no contact.
    """

    queue = models.ForeignKey("contacts.Queue", models.PROTECT, related_name="+")
    start = models.DateTimeField()
    offered = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    abandoned = models.PositiveIntegerField(default=0)
    handle_seconds = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=8, choices=CountSource, default=CountSource.CONTACTS)

    class Meta:
        verbose_name = _("时段来量")
        constraints = [models.UniqueConstraint(fields=["queue", "start"], name="workforce_count_once")]
        indexes = [models.Index(fields=["start"], name="workforce_count_start")]


class DriverEvent(OrgScoped):
    """Something known to move the contacts of a unit, or of one queue, for a time."""

    event_subject_kind = "driver"

    queue = models.ForeignKey("contacts.Queue", models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(_("类型"), max_length=12, choices=DriverKind)
    name = models.CharField(_("名称"), max_length=60)
    starts = models.DateTimeField(_("开始"))
    ends = models.DateTimeField(_("结束"))
    strength = models.FloatField(_("强度"), default=1.0)
    removed_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("影响因素")
        indexes = [models.Index(fields=["starts"], name="workforce_driver_starts")]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="workforce_driver_ends_later")
        ]

    @property
    def abnormal(self) -> bool:
        """Whether nothing is learned from its hours."""
        return self.kind in ABNORMAL_KINDS


class ForecastRun(OrgScoped):
    """One forecast of all queues under ``org``. ``first`` is the first day foretold, ``learned_from`` the first learned."""

    event_subject_kind = "forecast"

    kind = models.CharField(max_length=10, choices=RunKind)
    made_at = models.DateTimeField()
    first = models.DateField()
    days = models.PositiveSmallIntegerField()
    learned_from = models.DateField(null=True)
    counted_until = models.DateTimeField(null=True, help_text="Counts known when it was made")
    notes = models.JSONField(default=dict, help_text="Queue id: codes of the engine, models left out among them")

    class Meta:
        verbose_name = pgettext_lazy("排班", "预测")
        indexes = [models.Index(fields=["org", "-id"], name="workforce_run_org")]


class ForecastDay(models.Model):
    """A day of one queue, or of a unit with everything below it (``queue`` empty), by half hour.

    ``low``, ``high`` hold the policy's share of half hours. ``handle_seconds`` and ``abandoned`` are means by contact;
    ``weights`` by model, ``effects`` as factors over the baseline, ``tried``: error of the horizon at rolling origins.
    """

    run = models.ForeignKey(ForecastRun, models.CASCADE, related_name="rows")
    org = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+")
    queue = models.ForeignKey("contacts.Queue", models.CASCADE, null=True, related_name="+")
    day = models.DateField()
    mean = ArrayField(models.FloatField(), size=SLOTS)
    low = ArrayField(models.FloatField(), size=SLOTS)
    high = ArrayField(models.FloatField(), size=SLOTS)
    handle_seconds = ArrayField(models.FloatField(), size=SLOTS, default=list)
    abandoned = ArrayField(models.FloatField(), size=SLOTS, default=list)
    shrinkage = models.FloatField(null=True, help_text="Share of paid time away from contacts")
    weights = models.JSONField(default=dict)
    effects = models.JSONField(default=dict)
    tried = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "org", "queue", "day"], name="workforce_forecast_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["queue", "day", "-run"], name="workforce_forecast_queue"),
            models.Index(fields=["org", "day", "-run"], name="workforce_forecast_org"),
        ]


class ForecastOverride(OrgScoped):
    """A planner's own word on one queue for a time: a factor on the forecast, or a number of contacts per half hour.

    Never changed: taken back, it stays with who and when.
    """

    event_subject_kind = "forecast_override"

    queue = models.ForeignKey("contacts.Queue", models.CASCADE, related_name="+")
    starts = models.DateTimeField(_("开始"))
    ends = models.DateTimeField(_("结束"))
    factor = models.FloatField(_("系数"), null=True, blank=True)
    value = models.FloatField(_("每半小时来量"), null=True, blank=True)
    reason = models.CharField(_("原因"), max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["queue", "starts"], name="workforce_override_queue")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(factor=None) | models.Q(value=None),
                name="workforce_override_one_way",
            )
        ]


class RequirementDay(OrgScoped):
    """Heads one queue needs by half hour: ``heads`` at work, ``rostered`` with shrinkage, ``bound`` the target they hang on
    (:class:`denghuo.engine.queueing.Bound`, 6: work that can lie). What those heads give: ``service_level``, ``answer``
    (seconds), ``abandoned``, ``occupancy``. ``targets`` as they were."""

    queue = models.ForeignKey("contacts.Queue", models.CASCADE, related_name="+")
    day = models.DateField()
    run = models.ForeignKey(ForecastRun, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    contacts = ArrayField(models.FloatField(), size=SLOTS)
    handling = ArrayField(models.FloatField(), size=SLOTS)
    heads = ArrayField(models.IntegerField(), size=SLOTS)
    rostered = ArrayField(models.IntegerField(), size=SLOTS)
    bound = ArrayField(models.SmallIntegerField(), size=SLOTS)
    service_level = ArrayField(models.FloatField(), size=SLOTS)
    answer = ArrayField(models.FloatField(), size=SLOTS)
    abandoned = ArrayField(models.FloatField(), size=SLOTS)
    occupancy = ArrayField(models.FloatField(), size=SLOTS)
    beside = models.JSONField(default=dict, help_text="fewer, more: what one head less or more would give")
    targets = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("人力需求")
        constraints = [models.UniqueConstraint(fields=["queue", "day"], name="workforce_required_once")]
        indexes = [models.Index(fields=["day"], name="workforce_required_day")]


class ScenarioState(models.TextChoices):
    WAITING = "waiting", _("等待计算")
    DONE = "done", _("已完成")
    FAILED = "failed", _("未完成")


class Scenario(OrgScoped):
    """A day of one queue played under other conditions beside the same day as planned.

    ``changes``: what differs from the base; ``base``, ``other``: the day by half hour; ``result``: figures of both with
    intervals. ``drill``: kept as a script for an exercise.
    """

    event_subject_kind = "scenario"

    queue = models.ForeignKey("contacts.Queue", models.CASCADE, related_name="+")
    name = models.CharField(_("名称"), max_length=60)
    day = models.DateField(_("日期"))
    changes = models.JSONField(default=dict)
    base = models.JSONField(default=dict)
    other = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=ScenarioState, default=ScenarioState.WAITING)
    job_id = models.BigIntegerField(null=True)
    drill = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("推演方案")
        indexes = [models.Index(fields=["org", "-id"], name="workforce_scenario_org")]


__all__ = [
    "DriverEvent",
    "DriverKind",
    "ForecastDay",
    "ForecastOverride",
    "ForecastRun",
    "IntervalCount",
    "RequirementDay",
    "RunKind",
    "Scenario",
    "ScenarioState",
]
