"""Shift library, rosters of a month, who works when, wishes, swaps. A day is a person's whole plan for that date."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.scoping.models import OrgScoped


class HoursSystem(models.TextChoices):
    """How working time is counted. Comprehensive hours need the approval of the labour authority."""

    STANDARD = "standard", _("标准工时")
    COMPREHENSIVE = "comprehensive", _("综合计算工时")


class PeriodState(models.TextChoices):
    DRAFT = "draft", _("编制中")
    PUBLISHED = "published", pgettext_lazy("排班", "已发布")
    CLOSED = "closed", _("已结束")


class DayKind(models.TextChoices):
    WORK = "work", _("上班")
    LEAVE = "leave", _("休假")
    TRAINING = "training", _("培训")
    STANDBY = "standby", _("备班")


class WishState(models.TextChoices):
    OPEN = "open", _("待考虑")
    MET = "met", _("已满足")
    MISSED = "missed", _("未满足")
    WITHDRAWN = "withdrawn", pgettext_lazy("排班", "已撤回")


class SwapState(models.TextChoices):
    OPEN = "open", _("等待同事接班")
    TAKEN = "taken", _("等待批准")
    APPROVED = "approved", pgettext_lazy("排班", "已批准")
    REFUSED = "refused", pgettext_lazy("排班", "未批准")
    WITHDRAWN = "withdrawn", pgettext_lazy("排班", "已撤回")


class ShiftType(OrgScoped):
    """A shift of the library. ``breaks``: ``[{"at": minutes after the start, "minutes": n, "paid": bool}]``.

    A shift that rosters use is never changed: its successor has the next ``version``, the old one ``retired_at``.
    """

    event_subject_kind = "shift_type"

    code = models.CharField(_("代码"), max_length=8)
    name = models.CharField(_("名称"), max_length=20)
    start = models.TimeField(_("开始"))
    minutes = models.PositiveSmallIntegerField(_("时长"), help_text="From start to end, breaks included")
    breaks = models.JSONField(default=list)
    night = models.BooleanField(_("夜班"), default=False)
    version = models.PositiveSmallIntegerField(default=1)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("班次")
        constraints = [
            models.UniqueConstraint(fields=["org", "code", "version"], name="workforce_shift_version"),
            models.UniqueConstraint(
                fields=["org", "code"], condition=models.Q(retired_at=None), name="workforce_shift_current"
            ),
        ]

    @property
    def paid_minutes(self) -> int:
        """Working time in minutes: without unpaid breaks."""
        return self.minutes - sum(int(one["minutes"]) for one in self.breaks if not one["paid"])


class RosterPeriod(OrgScoped):
    """The roster of a unit for a month, ``first`` to ``last``."""

    event_subject_kind = "roster"

    first = models.DateField()
    last = models.DateField()
    hours = models.CharField(_("工时制度"), max_length=14, choices=HoursSystem, default=HoursSystem.STANDARD)
    state = models.CharField(max_length=10, choices=PeriodState, default=PeriodState.DRAFT)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("排班表")
        constraints = [models.UniqueConstraint(fields=["org", "first"], name="workforce_period_once")]


class ShiftAssignment(models.Model):
    """One person's day. ``exception``: why limits of working time were left aside (labour law, art. 42)."""

    event_subject_kind = "shift"

    period = models.ForeignKey(RosterPeriod, models.CASCADE, related_name="days")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shifts")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=DayKind, default=DayKind.WORK)
    shift = models.ForeignKey(ShiftType, models.PROTECT, null=True, related_name="+")
    locked = models.BooleanField(default=False)
    exception = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "day"], name="workforce_shift_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(kind="leave", shift=None)
                | (~models.Q(kind="leave") & models.Q(shift__isnull=False)),
                name="workforce_shift_unless_leave",
            ),
        ]
        indexes = [models.Index(fields=["period", "day"], name="workforce_shift_period")]


class ShiftNeed(models.Model):
    """Heads a shift of a day needs, typed by a planner; used where no required heads by half hour are known."""

    period = models.ForeignKey(RosterPeriod, models.CASCADE, related_name="needs")
    day = models.DateField()
    shift = models.ForeignKey(ShiftType, models.PROTECT, related_name="+")
    heads = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "day", "shift"], name="workforce_need_once")]


class NightLimit(models.Model):
    """Until when somebody works no nights and no overtime. The cause (health, pregnancy, nursing) is not kept."""

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="night_limit")
    until = models.DateField()


class Wish(models.Model):
    """Somebody wishes a day off (``shift`` empty) or a shift, backed with points of their month's budget."""

    event_subject_kind = "wish"

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wishes")
    day = models.DateField(_("日期"))
    shift = models.ForeignKey(ShiftType, models.PROTECT, null=True, related_name="+")
    points = models.PositiveSmallIntegerField(_("积分"))
    state = models.CharField(max_length=10, choices=WishState, default=WishState.OPEN)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "day"], condition=~models.Q(state="withdrawn"), name="workforce_wish_once"
            )
        ]


class SwapOffer(models.Model):
    """Somebody gives a published shift away; a colleague takes it; a supervisor approves."""

    event_subject_kind = "swap"

    given = models.ForeignKey(ShiftAssignment, models.CASCADE, related_name="swaps")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=SwapState, default=SwapState.OPEN)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["given"], condition=models.Q(state__in=["open", "taken"]), name="workforce_swap_once"
            )
        ]


class Acknowledgement(models.Model):
    """Somebody has read their published roster."""

    period = models.ForeignKey(RosterPeriod, models.CASCADE, related_name="acknowledged")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "staff"], name="workforce_acknowledged_once")]


class CalendarFeed(models.Model):
    """A private address of somebody's shifts as iCalendar (RFC 5545). Only the token's hash is kept."""

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()


__all__ = [
    "Acknowledgement",
    "CalendarFeed",
    "DayKind",
    "HoursSystem",
    "NightLimit",
    "PeriodState",
    "RosterPeriod",
    "ShiftAssignment",
    "ShiftNeed",
    "ShiftType",
    "SwapOffer",
    "SwapState",
    "Wish",
    "WishState",
]
