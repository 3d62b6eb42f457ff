"""Where the business time is anchored during a demonstration."""

from django.db import models


class BusinessClock(models.Model):
    """At most one row; none means: business time is wall time."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    anchor_wall = models.DateTimeField()
    anchor_business = models.DateTimeField()
    speed = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="core_businessclock_single"),
            models.CheckConstraint(condition=models.Q(speed__gte=1, speed__lte=1000), name="core_businessclock_speed"),
        ]
