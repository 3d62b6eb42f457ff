"""The supply tree: substation, feeder, section, transformer."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

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


class FeederSection(models.Model):
    """The part of a feeder behind one switch (分段开关): what works on a line usually switch off."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="sections")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("分段开关"), max_length=60)
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("线路分段")
        ordering = ["feeder_id", "position"]


class Transformer(OrgScoped):
    """A distribution transformer (台区): the lowest device outages are studied at."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="transformers")
    section = models.ForeignKey(FeederSection, models.PROTECT, null=True, blank=True, related_name="transformers")
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("台区"), max_length=60)
    capacity_kva = models.PositiveIntegerField(_("容量"))
    lon = models.FloatField()
    lat = models.FloatField()
    customers = models.PositiveIntegerField(_("户数"), default=0)
