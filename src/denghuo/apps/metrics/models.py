"""Running figures of the floor, kept from events."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgScoped


class FloorTally(OrgScoped):
    """A count (and a sum) per unit, day, measure and part, moved only by events.

    Gauges such as requests by state have ``day`` null: they go up when something enters a state and down when it
    leaves. Daily figures such as arrivals have the business day.
    """

    day = models.DateField(null=True)
    measure = models.CharField(max_length=40)
    part = models.CharField(max_length=40, default="")
    count = models.BigIntegerField(default=0)
    total = models.FloatField(default=0)

    class Meta:
        verbose_name = _("大厅计数")
        constraints = [
            models.UniqueConstraint(fields=["org", "day", "measure", "part"], nulls_distinct=False, name="metrics_tally_once")
        ]
