"""What the automatic roster leaves behind, and local rules as data."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce.rosters.models import RosterPeriod
from denghuo.core.scoping.models import OrgScoped


class SolutionKind(models.TextChoices):
    MAKE = "make", _("自动排班")
    ADJUST = "adjust", _("临时缺勤调整")


class SolutionState(models.TextChoices):
    WAITING = "waiting", _("等待计算")
    WRITTEN = "written", _("已写入排班表")
    PROPOSED = "proposed", _("等待采纳")
    ACCEPTED = "accepted", _("已采纳")
    DISCARDED = "discarded", _("已放弃")
    CANCELLED = "cancelled", _("已取消")
    REFUSED = "refused", _("没有写入")
    FAILED = "failed", _("未完成")


class RosterSolution(models.Model):
    """One run of the solver on a period.

    ``unmet``: needs that stay short (:func:`denghuo.apps.workforce.rosters.making.plain_unmet`). ``broken``: hard local
    rules that could not all hold, as ``[rule, staff id, date]``. ``changes`` of an adjustment: ``[staff id, date, shift id
    before, after]``, None is a day off. ``seen``: fingerprint of the plan it was worked out from. ``note``: why it was
    refused. ``reason``: the planner's words for the absence; never in events.
    """

    period = models.ForeignKey(RosterPeriod, models.CASCADE, related_name="solutions")
    kind = models.CharField(max_length=6, choices=SolutionKind, default=SolutionKind.MAKE)
    state = models.CharField(max_length=9, choices=SolutionState, default=SolutionState.WAITING)
    job_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0.0)
    cost = models.FloatField(null=True)
    bound = models.FloatField(null=True)
    gap = models.FloatField(null=True, help_text="Share of the cost that a better roster could save at most")
    feasible = models.BooleanField(default=False)
    unmet = models.JSONField(default=list)
    broken = models.JSONField(default=list)
    changes = models.JSONField(default=list)
    left_out = ArrayField(
        models.BigIntegerField(), default=list, help_text="People whose kept days break limits already"
    )
    seen = models.CharField(max_length=64, default="")
    note = models.CharField(max_length=300, default="")
    absent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    absent_from = models.DateField(null=True)
    absent_to = models.DateField(null=True)
    reason = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [models.Index(fields=["period", "-id"], name="workforce_solution_period")]


class RuleChoice(OrgScoped):
    """A local rule of a unit and those below it. ``weight`` None: hard. ``people``: whom it concerns, empty for everybody.

    ``kind`` and ``parameters``: :mod:`denghuo.apps.workforce.rosters.local_rules`.
    """

    event_subject_kind = "roster_rule"

    kind = models.CharField(max_length=24)
    parameters = models.JSONField(default=dict)
    weight = models.FloatField(null=True)
    people = ArrayField(models.BigIntegerField(), default=list)
    active_from = models.DateField()
    active_to = models.DateField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("本地排班规则")
        indexes = [
            models.Index(fields=["org"], condition=models.Q(retired_at=None), name="workforce_rule_current"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weight=None) | models.Q(weight__gt=0), name="workforce_rule_weight_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(active_to=None) | models.Q(active_to__gte=models.F("active_from")),
                name="workforce_rule_ends_later",
            ),
        ]


__all__ = ["RosterSolution", "RuleChoice", "SolutionKind", "SolutionState"]
