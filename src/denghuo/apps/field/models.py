"""Crews and what they are sent to do."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.field.choices import OrderState, PhotoKind
from denghuo.apps.field.driving.models import DrivingModel, Journey
from denghuo.apps.field.models_phone import ChecklistTick, CrewReport, MaterialUse, PartialFile
from denghuo.apps.field.planning.models import DispatchLock, DispatchPlan, Displacement, PlanArea
from denghuo.apps.requests.choices import FaultCause
from denghuo.core.scoping.models import OrgScoped

__all__ = [
    "OPEN_STATES",
    "ChecklistTick",
    "Crew",
    "CrewMember",
    "CrewReport",
    "DispatchLock",
    "DispatchPlan",
    "Displacement",
    "DrivingModel",
    "Journey",
    "MaterialUse",
    "OrderPhoto",
    "PartialFile",
    "PlanArea",
    "WorkOrder",
]

OPEN_STATES = (OrderState.SENT, OrderState.ACCEPTED, OrderState.DEPARTED, OrderState.ARRIVED, OrderState.SENT_BACK)


class Crew(OrgScoped):
    """A repair crew with a vehicle. ``org`` is its team, under the county it serves."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("班组"), max_length=40)
    vehicle = models.CharField(_("车辆"), max_length=20, blank=True)
    skills = ArrayField(models.CharField(max_length=32), default=list)
    on_duty = models.BooleanField(_("值班"), default=True)
    base_lon = models.FloatField()
    base_lat = models.FloatField()
    lon = models.FloatField()
    lat = models.FloatField()
    positioned_at = models.DateTimeField(null=True, blank=True)
    position_told_at = models.DateTimeField(null=True, blank=True, help_text="Last position that made an event")
    position_told_lon = models.FloatField(null=True, blank=True)
    position_told_lat = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name = _("抢修班组")
        indexes = [models.Index(fields=["org", "code"], name="field_crew_org")]

    def __str__(self) -> str:
        return self.name


class CrewMember(models.Model):
    """A person of a crew; one leads."""

    crew = models.ForeignKey(Crew, models.CASCADE, related_name="members")
    staff = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="crew_membership")
    is_leader = models.BooleanField(default=False)


@pghistory.track(exclude=["version", "last_step_at", "review_event_id", "made_by_event_id"])
class WorkOrder(OrgScoped):
    """What a crew does for a request (作业工单). A dissatisfied call-back makes a new one with the next ``round``.

    ``org`` is the county that answers for the request; the crew's team may lie elsewhere. Times are of the first visit,
    which the promise is measured on; after a send-back ``visit`` counts on and ``last_step_at`` holds the latest step.
    ``review_event_id`` and ``made_by_event_id`` make reactions to events of requests happen once.
    """

    event_subject_kind = "order"

    number = models.CharField(_("工单号"), max_length=28, unique=True)
    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="orders")
    crew = models.ForeignKey(Crew, models.PROTECT, related_name="orders")
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(_("状态"), max_length=16, choices=OrderState, default=OrderState.SENT)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    note = models.CharField(_("派单说明"), max_length=300, blank=True)
    sent_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    departed_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    arrived_lon = models.FloatField(null=True, blank=True)
    arrived_lat = models.FloatField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    last_step_at = models.DateTimeField()
    visit = models.PositiveSmallIntegerField(_("第几次上门"), default=1)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(_("故障原因"), max_length=16, choices=FaultCause, blank=True)
    result = models.TextField(_("处理结果"), max_length=2000, blank=True)
    restored_at = models.DateTimeField(_("恢复送电时间"), null=True, blank=True)
    no_signature_reason = models.CharField(_("未签名原因"), max_length=200, blank=True)
    send_back_reason = models.CharField(_("退回原因"), max_length=300, blank=True)
    withdraw_reason = models.CharField(_("撤回原因"), max_length=300, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    review_event_id = models.BigIntegerField(default=0)
    made_by_event_id = models.BigIntegerField(null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("作业工单")
        indexes = [
            models.Index(
                fields=["crew", "sent_at"],
                condition=~models.Q(state__in=["passed", "withdrawn"]),
                name="field_order_open",
            ),
            models.Index(fields=["org", "-sent_at"], name="field_order_org"),
            models.Index(
                fields=["org", "sent_at"],
                condition=models.Q(state__in=["sent", "accepted", "departed", "arrived", "sent_back"]),
                name="field_order_running",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round"], condition=~models.Q(state="withdrawn"), name="field_one_order_a_round"
            )
        ]

    def __str__(self) -> str:
        return self.number


class OrderPhoto(models.Model):
    """A picture or signature that belongs to a work order."""

    order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="photos")
    file = models.ForeignKey("core.StoredFile", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=PhotoKind)
    visit = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "file"], name="field_photo_once")]
