"""Outage information (停送电信息): what is out, for whom, until when, and who was told by when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import (
    ACCOUNT_KINDS,
    MARKETING_KINDS,
    DelayCause,
    DelayStage,
    EstimateBasis,
    NoticeRule,
    OutageCause,
    OutageClass,
    OutageKind,
    OutageState,
    PublicChannel,
    SupplyDeviceKind,
)
from denghuo.apps.grid.models.supply import Feeder, Transformer
from denghuo.core import moment
from denghuo.core.scoping.models import OrgScoped


class Outage(OrgScoped):
    """A stretch of time without supply, and the information given about it: one row from draft to restoration.

    The information and the outage are one thing here, because requests, map and desk ask the same question of both:
    "why has this customer no supply?" What is not released yet is told apart by ``state``. ``started_at`` and
    ``expected_at`` are what is known now; ``planned_*`` is the plan as released and moves only with a change of the plan,
    so that delays can be counted. ``org`` is the smallest unit that covers the scope: transformers, or for arrears,
    theft and breach single accounts. ``master_request_id`` is the request that later reports of the same outage are merged
    into (the requests app stands above this one, so it is a number).
    """

    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=16, choices=OutageKind)
    state = models.CharField(max_length=16, choices=OutageState, default=OutageState.ACTIVE)
    feeder = models.ForeignKey(Feeder, models.PROTECT, null=True, blank=True, related_name="outages")
    transformers = models.ManyToManyField(Transformer, related_name="outages")
    equipment = models.CharField(_("停电设备"), max_length=200, blank=True)
    range_text = models.CharField(_("停电范围"), max_length=500, blank=True)
    planned_start_at = models.DateTimeField(_("计划停电"), null=True, blank=True)
    planned_end_at = models.DateTimeField(_("计划送电"), null=True, blank=True)
    started_at = models.DateTimeField()
    expected_at = models.DateTimeField(_("预计恢复"), null=True, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(_("故障点确认"), null=True, blank=True)
    start_confirmed = models.BooleanField(default=False, help_text="Somebody reported that it began, not only the plan")
    cause = models.CharField(_("原因"), max_length=120, blank=True)
    customers_out = models.PositiveIntegerField(_("影响户数"), default=0)
    master_request_id = models.BigIntegerField(null=True, blank=True)
    source_ref = models.CharField(max_length=60, blank=True, help_text="Reference in the system it was announced by")

    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    channels = ArrayField(models.CharField(max_length=16, choices=PublicChannel), default=list, blank=True)
    changes = models.PositiveSmallIntegerField(_("变更次数"), default=0)

    households_found = models.PositiveIntegerField(null=True, blank=True, help_text="Accounts found behind the scope")
    important_count = models.PositiveIntegerField(_("重要用户"), default=0)
    sensitive_count = models.PositiveIntegerField(_("敏感客户"), default=0)
    life_support_count = models.PositiveIntegerField(_("家有生命维持设备"), default=0)
    analysed_at = models.DateTimeField(null=True, blank=True)

    overdue_start_told_at = models.DateTimeField(null=True, blank=True)
    overdue_stop_told_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    device = models.ForeignKey("grid.SupplyDevice", models.SET_NULL, null=True, blank=True, related_name="outages")
    device_kind = models.CharField(
        _("设备类型"), max_length=16, choices=SupplyDeviceKind, blank=True, default="", db_default=""
    )
    cause_code = models.CharField(
        _("原因分类"), max_length=16, choices=OutageCause, blank=True, default="", db_default=""
    )
    estimate_low_at = models.DateTimeField(_("最早恢复"), null=True, blank=True)
    estimate_high_at = models.DateTimeField(_("最晚恢复"), null=True, blank=True)
    estimate_basis = models.CharField(
        _("估计依据"), max_length=12, choices=EstimateBasis, blank=True, default="", db_default=""
    )
    crew_arrived_at = models.DateTimeField(_("班组到达"), null=True, blank=True)
    crew_stage = models.CharField(
        max_length=12, blank=True, default="", db_default="", help_text="Last step of the crew's order"
    )
    site_told_at = models.DateTimeField(null=True, blank=True, help_text="When the crew named a time")
    site_until = models.DateTimeField(_("现场预计恢复"), null=True, blank=True)

    class Meta:
        verbose_name = _("停电")
        indexes = [
            models.Index(
                fields=["master_request_id"],
                condition=models.Q(master_request_id__isnull=False),
                name="grid_outage_master",
            ),
            models.Index(
                fields=["restored_at"], condition=models.Q(restored_at__isnull=False), name="grid_outage_restored"
            ),
            models.Index(fields=["org", "started_at"], condition=models.Q(restored_at=None), name="grid_outage_open"),
            models.Index(fields=["started_at"], name="grid_outage_started"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(restored_at=None) | models.Q(restored_at__gte=models.F("started_at")),
                name="grid_outage_ends_after_start",
            )
        ]

    @property
    def of_accounts(self) -> bool:
        """Whether it cuts single accounts and no transformer."""
        return self.kind in ACCOUNT_KINDS

    @property
    def kind_class(self) -> OutageClass:
        """Production or marketing."""
        return OutageClass.MARKETING if self.kind in MARKETING_KINDS else OutageClass.PRODUCTION

    @property
    def alarm(self) -> tuple[str, str, str] | None:
        """What is late about it now, as words, tone and icon of a badge; None when nothing is."""
        if self.state == OutageState.ACTIVE and self.expected_at is not None and self.expected_at < moment.now():
            return (_now("逾期未送电"), "danger", "clock-exclamation")
        if self.overdue_start_told_at is not None and not self.start_confirmed and self.restored_at is None:
            return (_now("停电未确认"), "warn", "clock-exclamation")
        return None

    @property
    def household_share(self) -> float | None:
        """Accounts found of those the scope is known to hold, 0 to 1; None when nothing was analysed."""
        if self.households_found is None or not self.customers_out:
            return None
        return min(1.0, self.households_found / self.customers_out)


class OutageAccount(models.Model):
    """One account that is cut by itself. ``account_id`` points into the customers app, which stands beside this one.

    Households behind a transformer are not kept row by row: they follow from the supply tree whenever asked, and at
    national size would be hundreds of millions of rows a year. What was found at release is kept as counts.
    """

    outage = models.ForeignKey(Outage, models.CASCADE, related_name="accounts")
    account_id = models.BigIntegerField(db_index=True)
    transformer_id = models.BigIntegerField(null=True)
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("停电用户")
        constraints = [models.UniqueConstraint(fields=["outage", "account_id"], name="grid_outage_account_once")]


class OutageDelay(models.Model):
    """A start or stop that did not come in time, with one of the six causes. ``until`` is the new expectation."""

    outage = models.ForeignKey(Outage, models.CASCADE, related_name="delays")
    stage = models.CharField(max_length=8, choices=DelayStage)
    cause = models.CharField(_("延迟原因"), max_length=16, choices=DelayCause)
    due_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("延迟停送电")
        ordering = ["noted_at", "pk"]


class OutageNotice(models.Model):
    """One deadline of one piece of information: by when it was due, when it was given, and whether in time.

    A change of the plan replaces nothing: each change has a row of its own. ``due_at`` None: no rule sets a limit, so
    ``met`` is None too and the row is left out of the share given in time.
    """

    outage = models.ForeignKey(Outage, models.CASCADE, related_name="notices")
    rule = models.CharField(max_length=8, choices=NoticeRule)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField()
    met = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("信息报送时限")
        ordering = ["done_at", "pk"]
        indexes = [models.Index(fields=["done_at"], name="grid_notice_done")]
