"""What follows an outage once it is known: when supply will be back, who is still out after it came back, topology imports."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import EstimateBasis, ImportState, RemainingState
from denghuo.apps.grid.models.inference import SupplyDevice
from denghuo.apps.grid.models.outages import Outage
from denghuo.apps.grid.models.supply import Feeder
from denghuo.core.scoping.models import OrgScoped


class SupplyAccount(models.Model):
    """The device an account hangs on, where the imported topology told it. ``account_id`` points into the customers app.

    Accounts without a row hang on their transformer.
    """

    account_id = models.BigIntegerField(unique=True)
    device = models.ForeignKey(SupplyDevice, models.CASCADE, related_name="accounts")

    class Meta:
        verbose_name = _("用户与设备关系")


class TopologyImport(OrgScoped):
    """A document of a feeder's topology, from upload to the moment it holds. The file itself is kept, compressed.

    ``found`` is the preview: counts, what is new, changed and gone, and the faults of the document.
    """

    event_subject_kind = "topology_import"

    client_id = models.UUIDField(unique=True)
    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="imports")
    file_name = models.CharField(_("文件名"), max_length=120)
    document = models.BinaryField()
    customers = models.BinaryField(null=True, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=ImportState, default=ImportState.CHECKING)
    job_id = models.BigIntegerField(null=True, blank=True)
    found = models.JSONField(default=dict)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("上传时间"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("拓扑导入")
        indexes = [models.Index(fields=["-at"], name="grid_topology_import_newest")]


class OutageEstimate(models.Model):
    """When supply was estimated to be back, as it was estimated at ``at``; never changed afterwards.

    The interval low to high holds the restoration at the share of policy ``restoration.coverage``. ``told_at`` is the time
    given out with it, None when it moved too little to be told again.
    """

    outage = models.ForeignKey(Outage, models.CASCADE, related_name="estimates")
    at = models.DateTimeField(_("估计时间"))
    low_at = models.DateTimeField(_("最早"))
    middle_at = models.DateTimeField(_("预计恢复"))
    high_at = models.DateTimeField(_("最晚"))
    basis = models.CharField(_("依据"), max_length=12, choices=EstimateBasis)
    stage = models.CharField(max_length=12)
    alike = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("恢复时间估计")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["outage", "-at"], name="grid_estimate_newest")]


class RemainingOutage(OrgScoped):
    """Who is still without supply below an outage that was reported restored, and the device inferred to keep them out.

    ``devices``: one item a device: id, chance, customers, calls, silent meters; the likeliest first. Account and request
    ids only, no person.
    """

    event_subject_kind = "remaining_outage"

    outage = models.ForeignKey(Outage, models.PROTECT, related_name="remaining")
    state = models.CharField(_("状态"), max_length=12, choices=RemainingState, default=RemainingState.OPEN)
    restored_at = models.DateTimeField(_("报送恢复"))
    callers = models.PositiveIntegerField(_("恢复后报修"), default=0)
    silent = models.PositiveIntegerField(_("未复电电表"), default=0)
    unconfirmed = models.PositiveIntegerField(_("未核实报修"), default=0)
    account_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    request_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    unconfirmed_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    asked_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    devices = models.JSONField(default=list)
    found_at = models.DateTimeField(_("发现时间"))
    seen_at = models.DateTimeField()
    nested = models.ForeignKey(Outage, models.PROTECT, null=True, blank=True, related_name="nested_from")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("仍未恢复")
        constraints = [
            models.UniqueConstraint(fields=["outage"], condition=models.Q(state="open"), name="grid_remaining_one_open")
        ]
        indexes = [models.Index(fields=["-found_at"], name="grid_remaining_found")]


class RestorationModel(models.Model):
    """What was learned from past outages about how long they last. The newest one is used.

    ``document`` is the fitted model, ``slips`` how crews' and plans' own times came out (low, middle, high, cases).
    """

    at = models.DateTimeField()
    cases = models.PositiveIntegerField()
    document = models.JSONField(null=True)
    slips = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("恢复时间模型")
        get_latest_by = "pk"
