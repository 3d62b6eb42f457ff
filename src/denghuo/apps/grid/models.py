"""The supply tree and its outages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import OutageKind, OutageState
from denghuo.core.scoping.models import OrgScoped


class Substation(OrgScoped):
    """Where feeders begin."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("变电站"), max_length=60)
    lon = models.FloatField()
    lat = models.FloatField()


class Feeder(OrgScoped):
    """A medium-voltage line (10 kV) out of a substation."""

    substation = models.ForeignKey(Substation, models.PROTECT, related_name="feeders")
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("馈线"), max_length=60)


class Transformer(OrgScoped):
    """A distribution transformer (台区): the lowest device outages are studied at."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="transformers")
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("台区"), max_length=60)
    capacity_kva = models.PositiveIntegerField(_("容量"))
    lon = models.FloatField()
    lat = models.FloatField()
    customers = models.PositiveIntegerField(_("户数"), default=0)


class Outage(OrgScoped):
    """A stretch of time without supply on some transformers, planned or not.

    ``org`` is the smallest unit that covers it. ``master_request_id`` is the request that later reports of the same
    outage are merged into (the requests app stands above this one, so it is a number).
    """

    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=16, choices=OutageKind)
    state = models.CharField(max_length=16, choices=OutageState, default=OutageState.ACTIVE)
    feeder = models.ForeignKey(Feeder, models.PROTECT, null=True, blank=True, related_name="outages")
    transformers = models.ManyToManyField(Transformer, related_name="outages")
    started_at = models.DateTimeField()
    expected_at = models.DateTimeField(_("预计恢复"), null=True, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(_("原因"), max_length=120, blank=True)
    customers_out = models.PositiveIntegerField(_("影响户数"), default=0)
    master_request_id = models.BigIntegerField(null=True, blank=True)
    source_ref = models.CharField(max_length=60, blank=True, help_text="Reference in the system it was announced by")

    class Meta:
        verbose_name = _("停电")
        indexes = [
            models.Index(fields=["org", "started_at"], condition=models.Q(restored_at=None), name="grid_outage_open")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(restored_at=None) | models.Q(restored_at__gte=models.F("started_at")),
                name="grid_outage_ends_after_start",
            )
        ]
