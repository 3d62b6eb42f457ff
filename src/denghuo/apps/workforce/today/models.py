"""What the rest of the day is expected to bring, what to do about it, and reserves called in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.workforce.rosters.models import DayKind
from denghuo.core.scoping.models import OrgScoped


class MoveKind(models.TextChoices):
    """What can be done with people during the day."""

    EXTEND = "extend", _("延班")
    CALL_IN = "call_in", _("启用备班")
    RECALL = "recall", _("培训改上班")
    SHIFT_CHANNEL = "channel", _("调整渠道")
    RELEASE = "release", _("提前下班")


class MoveState(models.TextChoices):
    """``lapsed``: a later look ahead took its place, or its time has passed."""

    PROPOSED = "proposed", _("建议")
    APPLIED = "applied", pgettext_lazy("调整", "已采用")
    DECLINED = "declined", pgettext_lazy("调整", "未采用")
    LAPSED = "lapsed", pgettext_lazy("调整", "已过期")
    UNDONE = "undone", pgettext_lazy("调整", "已撤销")


class CallState(models.TextChoices):
    PROPOSED = "proposed", _("待批准")
    ACTIVE = "active", _("已启动")
    DECLINED = "declined", pgettext_lazy("应急", "未批准")
    LAPSED = "lapsed", pgettext_lazy("应急", "已回落")
    ENDED = "ended", pgettext_lazy("应急", "已解除")


class Outlook(OrgScoped):
    """The rest of ``day`` of a unit as simulated at ``at``; ``result`` as :func:`projecting.outlook` gives it."""

    event_subject_kind = "outlook"

    day = models.DateField()
    at = models.DateTimeField()
    result = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["org", "day", "-id"], name="workforce_outlook_day")]


class Move(OrgScoped):
    """Something to do with a few people, with its simulated effect. ``effect``: figures before, after and their difference.

    ``detail``: ``channel`` (class they are kept for), ``minutes`` (of work more, or less when negative, all people together).
    """

    event_subject_kind = "move"

    outlook = models.ForeignKey(Outlook, models.SET_NULL, null=True, related_name="moves")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=MoveKind)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=8, choices=MoveState, default=MoveState.PROPOSED)
    effect = models.JSONField(default=dict)
    detail = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("日内调整")
        indexes = [models.Index(fields=["org", "day", "-id"], name="workforce_move_day")]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="workforce_move_ends_later")
        ]


class MovePerson(models.Model):
    """Somebody of a move: the day as it was planned before, and as the move made it. ``capacity``: places before."""

    move = models.ForeignKey(Move, models.CASCADE, related_name="people")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    before_kind = models.CharField(max_length=8, choices=DayKind, blank=True, default="")
    before_shift = models.ForeignKey("workforce.ShiftType", models.PROTECT, null=True, related_name="+")
    after_shift = models.ForeignKey("workforce.ShiftType", models.PROTECT, null=True, related_name="+")
    capacity = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["move", "staff"], name="workforce_move_person_once")]


class EmergencyCall(OrgScoped):
    """Reserves up to ``echelon`` proposed, and when approved called in. ``causes``: thresholds broken, with value and limit."""

    event_subject_kind = "emergency_call"

    echelon = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=CallState, default=CallState.PROPOSED)
    causes = models.JSONField(default=list)
    effect = models.JSONField(default=dict)
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    activation = models.ForeignKey("contacts.EchelonActivation", models.PROTECT, null=True, related_name="+")
    told = models.PositiveIntegerField(default=0, help_text="People told")
    texted = models.PositiveIntegerField(default=0, help_text="Short messages put out")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("应急启动")
        indexes = [models.Index(fields=["org", "-id"], name="workforce_call_org")]
        constraints = [
            models.UniqueConstraint(
                fields=["org"], condition=models.Q(state="proposed"), name="workforce_call_proposed_once"
            )
        ]


__all__ = ["CallState", "EmergencyCall", "Move", "MoveKind", "MovePerson", "MoveState", "Outlook"]
