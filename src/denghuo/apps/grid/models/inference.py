"""The supply tree down to single switches, what was observed on it, and the outages inferred from that."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import InferredState, ObservationKind, SupplyDeviceKind
from denghuo.apps.grid.models.outages import Outage
from denghuo.apps.grid.models.supply import Feeder, Transformer
from denghuo.core.scoping.models import OrgScoped


class SupplyDevice(OrgScoped):
    """Something of a feeder that can open: outgoing breaker, section switch, line, transformer, low-voltage feeder.

    ``parent`` feeds it, None at the feeder's own breaker. ``transformer`` is set for a transformer area, so that accounts
    known only by their transformer hang there.
    """

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="devices")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    transformer = models.ForeignKey(Transformer, models.PROTECT, null=True, blank=True, related_name="devices")
    code = models.CharField(_("设备编码"), max_length=64, unique=True)
    name = models.CharField(_("设备名称"), max_length=100)
    kind = models.CharField(_("设备类型"), max_length=16, choices=SupplyDeviceKind)
    customers = models.PositiveIntegerField(_("直接挂接户数"), default=0)
    retired_at = models.DateTimeField(
        _("退出运行"), null=True, blank=True, help_text="Gone, kept for what stands on it"
    )

    class Meta:
        verbose_name = _("供电设备")


class OutageObservation(models.Model):
    """One thing that was heard: a call, a meter's message, a breaker's trip, what somebody saw. Append only.

    ``account_id`` points into the customers app. ``source_ref`` makes sending twice harmless.
    """

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="observations")
    kind = models.CharField(_("来源"), max_length=12, choices=ObservationKind)
    account_id = models.BigIntegerField(null=True, blank=True)
    transformer_id = models.BigIntegerField(null=True, blank=True)
    device = models.ForeignKey(SupplyDevice, models.PROTECT, null=True, blank=True, related_name="observations")
    request_id = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField(_("时间"))
    groupable = models.BooleanField(default=True)
    sure = models.BooleanField(default=True)
    source_ref = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("停电线索")
        indexes = [models.Index(fields=["feeder", "at"], name="grid_observation_feeder_at")]
        constraints = [models.UniqueConstraint(fields=["kind", "source_ref"], name="grid_observation_once")]


class InferredOutage(OrgScoped):
    """A device that is open as far as can be told, kept up to date until somebody decides or the evidence goes."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="inferred")
    device = models.ForeignKey(SupplyDevice, models.PROTECT, related_name="inferred")
    above = models.ForeignKey(SupplyDevice, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=12, choices=InferredState, default=InferredState.OPEN)
    confirmed = models.BooleanField(_("已证实"), default=False)
    posterior = models.FloatField(_("把握"))
    ratio = models.FloatField()
    customers = models.PositiveIntegerField(_("影响户数"))
    calls = models.PositiveIntegerField(_("报修"))
    gasps = models.PositiveIntegerField(_("停电上报电表"))
    request_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    reasons = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    began_at = models.DateTimeField(_("推断起始"))
    found_at = models.DateTimeField(_("发现时间"))
    seen_at = models.DateTimeField()
    outage = models.ForeignKey(Outage, models.PROTECT, null=True, blank=True, related_name="inferred")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")

    class Meta:
        verbose_name = _("推断停电")
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=models.Q(state="open"), name="grid_inferred_one_open_per_device"
            )
        ]
        indexes = [models.Index(fields=["-found_at"], name="grid_inferred_found")]
