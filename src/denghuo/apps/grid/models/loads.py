"""What transformers carry, every quarter of an hour."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.models.supply import Transformer


class TransformerLoad(models.Model):
    """Load of one transformer at the end of a quarter of an hour: apparent power and the currents of the phases.

    Share of capacity and unbalance follow from these and are never stored beside them. The key is transformer and time.
    """

    pk = models.CompositePrimaryKey("transformer_id", "at")
    transformer = models.ForeignKey(Transformer, models.CASCADE, related_name="loads", db_index=False)
    at = models.DateTimeField(_("时间"))
    kva = models.FloatField(_("负载（千伏安）"), null=True)
    ia = models.FloatField(_("A 相电流（安）"), null=True)
    ib = models.FloatField(_("B 相电流（安）"), null=True)
    ic = models.FloatField(_("C 相电流（安）"), null=True)

    class Meta:
        verbose_name = _("台区负载")
        indexes = [BrinIndex(fields=["at"], name="grid_load_age")]
