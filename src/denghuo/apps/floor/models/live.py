"""Figures of queues and agents, kept from events, and what is out of the ordinary."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.floor.choices import Comparison, ExceptionKind, Level, Measure
from denghuo.core.scoping.models import OrgScoped


class QueueSlot(OrgScoped):
    """What one queue did in one half hour for one unit and channel; moved only by events.

    A conversation counts in the half hour in which the thing happened: entered when it came, answered when it was first
    answered, abandoned when the customer left. Sums are in seconds.
    """

    queue = models.ForeignKey("contacts.Queue", models.CASCADE, null=True, related_name="+")
    channel = models.CharField(max_length=16)
    slot = models.DateTimeField(help_text="Start of the half hour")
    entered = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    answered_in_time = models.PositiveIntegerField(default=0, help_text="First answer within the queue's target")
    abandoned = models.PositiveIntegerField(default=0)
    abandoned_short = models.PositiveIntegerField(default=0, help_text="Left sooner than the policy's short wait")
    wait_seconds = models.BigIntegerField(default=0, help_text="Of the answered")
    wait_longest = models.PositiveIntegerField(default=0)
    lost_seconds = models.BigIntegerField(default=0, help_text="Waited by those who left")
    handled = models.PositiveIntegerField(default=0)
    talk_seconds = models.BigIntegerField(default=0)
    wrap_seconds = models.BigIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0, help_text="Offers missed or declined")
    transferred = models.PositiveIntegerField(default=0)
    rated = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "org", "queue", "channel"], nulls_distinct=False, name="floor_slot_once"
            )
        ]


class AgentDay(OrgScoped):
    """An agent's business day: seconds in each state, and what they did. ``org`` is their team."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField()
    seconds = models.JSONField(default=dict, help_text="Agent state -> seconds completed")
    answered = models.PositiveIntegerField(default=0)
    handled = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    talk_seconds = models.PositiveIntegerField(default=0)
    wrap_seconds = models.PositiveIntegerField(default=0)
    rated = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "day"], name="floor_agent_day_once")]
        indexes = [models.Index(fields=["day", "org"], name="floor_agent_day")]


class FloorException(OrgScoped):
    """Something out of the ordinary (异常): raised once, seen by somebody, and ended when it is over."""

    kind = models.CharField(_("类型"), max_length=24, choices=ExceptionKind)
    level = models.CharField(_("级别"), max_length=8, choices=Level)
    subject = models.CharField(max_length=64, help_text="contact:12, agent:7, threshold:3")
    contact_id = models.BigIntegerField(null=True)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    queue = models.ForeignKey("contacts.Queue", models.CASCADE, null=True, related_name="+")
    threshold = models.ForeignKey("floor.FloorThreshold", models.CASCADE, null=True, related_name="+")
    value = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    raised_at = models.DateTimeField(_("发生时间"))
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("处置"), max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("异常")
        indexes = [models.Index(fields=["org", "-raised_at"], name="floor_exception_org")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(ended_at=None), name="floor_exception_open_once"
            )
        ]


@pghistory.track()
class FloorThreshold(OrgScoped):
    """A limit that, broken for a while, raises an exception. ``org`` and everything below it; one queue or all."""

    queue = models.ForeignKey("contacts.Queue", models.CASCADE, null=True, blank=True, related_name="+")
    measure = models.CharField(_("指标"), max_length=24, choices=Measure)
    comparison = models.CharField(max_length=8, choices=Comparison)
    value = models.FloatField(_("限值"))
    for_seconds = models.PositiveIntegerField(_("持续秒数"), default=0)
    level = models.CharField(_("级别"), max_length=8, choices=Level, default=Level.WARNING)
    echelon = models.PositiveSmallIntegerField(_("建议启动梯队"), null=True, blank=True)
    message = models.CharField(_("处置建议"), max_length=200, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    source = models.CharField(max_length=200, blank=True)
    trust = models.CharField(max_length=1, default="D")
    broken_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("越限规则")
        ordering = ["measure", "pk"]
