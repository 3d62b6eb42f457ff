"""Records of returns, transfers, holds, supervision, escalation and what overruns oblige us to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.handling import choices as c
from denghuo.core.scoping.models import OrgUnit


class Record(models.Model):
    """Something that happened to a request: when and by whom. Free text stands in a note of the request."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True
        app_label = "requests"


class Decline(Record):
    """A unit gave the request back (退单); ``other_org`` is whose it is, when the unit says it is somebody else's."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="declines")
    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    reason = models.CharField(_("退单原因"), max_length=16, choices=c.DeclineReason)
    other_org = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+")

    class Meta(Record.Meta):
        indexes = [models.Index(fields=["org", "-at"], name="requests_decline_org")]


class Transfer(Record):
    """Another unit took the request over (转派)."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="transfers")
    from_org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    to_org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    reason = models.CharField(_("转派原因"), max_length=16, choices=c.TransferReason)

    class Meta(Record.Meta):
        indexes = [models.Index(fields=["from_org", "-at"], name="requests_transfer_from")]


class Hold(Record):
    """A stretch in which nothing can be done (挂起); ``paused`` are the clocks that stood still for it."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="holds")
    reason = models.CharField(_("挂起原因"), max_length=16, choices=c.HoldReason)
    until = models.DateTimeField(_("挂起至"))
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=16, blank=True, help_text="staff, sweeper, cancelled, archived")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paused = models.JSONField(default=list)

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(ended_at=None), name="requests_hold_one_open"
            )
        ]
        indexes = [models.Index(fields=["until"], condition=models.Q(ended_at=None), name="requests_hold_until")]


class Supervision(Record):
    """Somebody above watches the request until it is ended (督办)."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="supervisions")
    why = models.CharField(_("督办来源"), max_length=12, choices=c.SupervisionWhy)
    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    due_at = models.DateTimeField(_("督办期限"), null=True)
    ended_at = models.DateTimeField(null=True)
    end_note_id = models.BigIntegerField(null=True)

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(ended_at=None), name="requests_supervision_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["org", "due_at"], condition=models.Q(ended_at=None), name="requests_supervised")
        ]


class SupervisionReply(Record):
    """What the handling unit answers to a supervision, or whoever set it asks again."""

    supervision = models.ForeignKey(Supervision, models.PROTECT, related_name="replies")


class Escalation(Record):
    """A rung of the ladder reached (升级): once a level and round."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="escalations")
    round = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField(_("升级层级"))
    why = models.CharField(max_length=32, help_text="kind of the clock, or by hand")
    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta(Record.Meta):
        constraints = [models.UniqueConstraint(fields=["request", "round", "level"], name="requests_escalation_once")]
        indexes = [
            models.Index(fields=["org", "-at"], condition=models.Q(taken_at=None), name="requests_escalation_open")
        ]


class OverrunStep(Record):
    """An explanation, apology or compensation given for a broken limit."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="overrun_steps")
    round = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=c.OverrunStepKind)
    amount = models.DecimalField(_("补偿金额"), max_digits=10, decimal_places=2, null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta(Record.Meta):
        constraints = [models.UniqueConstraint(fields=["request", "round", "kind"], name="requests_overrun_step_once")]
