"""Plans as they were made, what a dispatcher pinned, whom an emergency pushed back, and who is watching."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgScoped


class PlanState(models.TextChoices):
    """``shown``: nobody is asked to decide. ``superseded``: a newer plan came before a decision."""

    SHOWN = "shown", _("仅供查看")
    PROPOSED = "proposed", _("待确认")
    ACCEPTED = "accepted", _("已采用")
    REJECTED = "rejected", _("未采用")
    SUPERSEDED = "superseded", _("已被新计划取代")


class PlanMode(models.TextChoices):
    """How far the planner may go for a team (policy ``dispatch.mode``)."""

    MANUAL = "manual", _("人工")
    SUGGESTED = "suggested", _("建议")
    AUTOMATIC = "automatic", _("自动")


class PlanArea(models.Model):
    """A unit that is planned as a whole. Its row is the lock under which plans of the area are kept and decided."""

    org = models.OneToOneField("core.OrgUnit", models.CASCADE, related_name="plan_area")
    watched_at = models.DateTimeField(_("最近查看"), null=True, blank=True)

    class Meta:
        verbose_name = _("派单计划区域")


class DispatchPlan(OrgScoped):
    """One plan of an area (``org``), never changed but for its decision.

    ``digest`` is over everything the plan was made from but the time. ``body`` holds the stops of every crew in the plan and
    as things stand (``plan``, ``current``), what would change, and the codes why; ids, times and numbers only. ``costs``
    holds the figures of both. ``solve_ms`` is the time the search took.
    """

    event_subject_kind = "plan"

    made_at = models.DateTimeField(_("生成时间"))
    cause = models.CharField(max_length=40)
    state = models.CharField(_("状态"), max_length=12, choices=PlanState, default=PlanState.SHOWN)
    digest = models.CharField(max_length=64)
    body = models.JSONField(default=dict)
    costs = models.JSONField(default=dict)
    solve_ms = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("不采用的原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("派单计划")
        indexes = [
            models.Index(fields=["org", "-id"], name="field_plan_org"),
            models.Index(fields=["made_at"], name="field_plan_made"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["org"], condition=models.Q(state="proposed"), name="field_one_proposal_an_area"
            )
        ]


class DispatchLock(OrgScoped):
    """A dispatcher has fixed the crew of a request; the planner moves everything else around it."""

    request = models.OneToOneField("requests.Request", models.CASCADE, related_name="dispatch_lock")
    crew = models.ForeignKey("field.Crew", models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("派单锁定")


class Displacement(OrgScoped):
    """A request whose visit an emergency pushed back, once for each emergency; ``due_at`` is the new expected begin."""

    request = models.ForeignKey("requests.Request", models.CASCADE, related_name="displacements")
    emergency = models.ForeignKey("requests.Request", models.CASCADE, related_name="+")
    plan = models.ForeignKey(DispatchPlan, models.SET_NULL, null=True, related_name="+")
    was_at = models.DateTimeField(_("原预计"))
    due_at = models.DateTimeField(_("现预计"))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("因应急后移的工单")
        constraints = [models.UniqueConstraint(fields=["request", "emergency"], name="field_displaced_once")]
