"""Running figures of the floor, kept from events."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgScoped


class FloorItem(OrgScoped):
    """Where a contact, request or order stands, as the events tell it; one row while it is open."""

    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    state = models.CharField(max_length=16)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id"], name="metrics_floor_item_once")]


class FloorTally(OrgScoped):
    """A count and a sum per unit, day, measure and part, moved only by events.

    Gauges (requests by state) have ``day`` null: up when something enters a state, down when it leaves. Daily figures
    (arrivals, call-backs) have the business day in the product's time zone.
    """

    day = models.DateField(null=True)
    measure = models.CharField(max_length=40)
    part = models.CharField(max_length=40, default="")
    count = models.BigIntegerField(default=0)
    total = models.FloatField(default=0)

    class Meta:
        verbose_name = _("大厅计数")
        constraints = [
            models.UniqueConstraint(
                fields=["org", "day", "measure", "part"], nulls_distinct=False, name="metrics_tally_once"
            )
        ]
        indexes = [models.Index(fields=["day", "measure"], name="metrics_tally_day")]


class ArrivalRecord(OrgScoped):
    """One crew's arrival at one order: the minutes the customer waited, counted from acceptance of the report."""

    order_id = models.BigIntegerField(unique=True)
    request_id = models.BigIntegerField()
    number = models.CharField(max_length=24)
    area_type = models.CharField(max_length=8, blank=True)
    urgency = models.CharField(max_length=8, blank=True)
    crew_name = models.CharField(max_length=40)
    accepted_at = models.DateTimeField()
    arrived_at = models.DateTimeField(db_index=True)
    minutes = models.FloatField()
    limit_minutes = models.FloatField(null=True)
    met = models.BooleanField()
