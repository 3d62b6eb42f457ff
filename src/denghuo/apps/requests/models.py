"""Requests (诉求) and the calls made after the work."""

from __future__ import annotations

import secrets
from typing import Self

import pghistory
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.callbacks.choices import HolderKind, SkipReason
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.privacy.fields import EncryptedCharField, EncryptedTextField
from denghuo.core.scoping.models import OrgScoped, ScopedQuerySet, units_under

#: who may know of a confidential request: it is not there for anybody else
CONFIDENTIAL = "request.confidential"


def new_public_token() -> str:
    """128 random bits for the address of the public progress page: nobody finds another's page by counting."""
    return secrets.token_urlsafe(16)


OPEN_STATES = ("submitted", "accepted", "dispatched", "handling", "returned", "rework", "callback", "merged")


class RequestQuerySet(ScopedQuerySet["Request"]):
    """Requests; confidential ones are shown only to who may know of them."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """As for every scoped row, without the confidential ones of units where ``actor`` has no ``request.confidential``."""
        rows = super().visible_to(actor, permission)
        paths = actor.paths_for(CONFIDENTIAL)
        if ROOT_PATH in paths:
            return rows
        known = models.Q(confidential=False)
        return rows.filter(known | models.Q(org__in=units_under(paths)) if paths else known)


@pghistory.track(exclude=["version"])
class Request(OrgScoped):
    """What a customer wants, from the moment it is told to the moment it is filed.

    ``org`` is the county company that answers for it. Times are those of the business, written by actions; the
    timeline with actors is in the event log.
    """

    objects = models.Manager.from_queryset(RequestQuerySet)()

    number = models.CharField(_("编号"), max_length=24, unique=True)
    public_token = models.CharField(max_length=32, unique=True, default=new_public_token)
    client_id = models.UUIDField(null=True, unique=True)
    type = models.CharField(_("业务类型"), max_length=20, choices=c.RequestType)
    state = models.CharField(_("状态"), max_length=16, choices=c.RequestState, default=c.RequestState.SUBMITTED)
    channel = models.CharField(_("渠道"), max_length=16, choices=Channel)
    contact = models.ForeignKey("contacts.Contact", models.PROTECT, null=True, blank=True, related_name="requests")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, blank=True, related_name="requests")
    account = models.ForeignKey("customers.Account", models.PROTECT, null=True, blank=True, related_name="requests")
    caller_name = EncryptedCharField(_("联系人"), classification="name")
    caller_phone = EncryptedCharField(_("联系电话"), classification="phone", blind_index=True)
    address = EncryptedCharField(_("地址"), classification="address")
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    description = models.TextField(_("描述"), max_length=2000, blank=True)
    phenomenon = models.CharField(_("故障现象"), max_length=16, choices=c.Phenomenon, blank=True)
    scope = models.CharField(_("影响范围"), max_length=16, choices=c.Scope, blank=True)
    occurred_at = models.DateTimeField(_("发生时间"), null=True, blank=True)

    fault_class = models.CharField(_("故障类别"), max_length=16, choices=c.FaultClass, blank=True)
    urgency = models.CharField(_("紧急程度"), max_length=8, choices=c.Urgency, default=c.Urgency.NORMAL)
    area_type = models.CharField(_("地域"), max_length=8, choices=AreaType, blank=True)
    transformer = models.ForeignKey("grid.Transformer", models.PROTECT, null=True, blank=True, related_name="requests")
    outage = models.ForeignKey("grid.Outage", models.PROTECT, null=True, blank=True, related_name="requests")
    master = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_requests")

    cause = models.CharField(_("故障原因"), max_length=16, choices=c.FaultCause, blank=True)
    result = models.TextField(_("处理结果"), max_length=2000, blank=True)
    round = models.PositiveSmallIntegerField(_("处理轮次"), default=1)
    satisfaction = models.CharField(_("满意度"), max_length=16, choices=c.Satisfaction, blank=True)
    urges = models.PositiveSmallIntegerField(_("催办次数"), default=0)
    urged_at = models.DateTimeField(_("最近催办时间"), null=True, blank=True)
    supervised = models.BooleanField(_("督办"), default=False)

    flow = models.ForeignKey("catalogue.Flow", models.PROTECT, null=True, blank=True, related_name="requests")
    step = models.CharField(_("流程环节"), max_length=24, default="submitted", db_default="submitted")
    step_since = models.DateTimeField(null=True, blank=True)
    class_code = models.CharField(_("分类"), max_length=80, blank=True, default="", db_default="")
    class_tree = models.ForeignKey("catalogue.ClassTree", models.PROTECT, null=True, blank=True, related_name="+")
    cause_code = models.CharField(_("故障原因细类"), max_length=80, blank=True, default="", db_default="")
    cause_tree = models.ForeignKey("catalogue.ClassTree", models.PROTECT, null=True, blank=True, related_name="+")
    template = models.ForeignKey(
        "catalogue.SceneTemplate", models.PROTECT, null=True, blank=True, related_name="requests"
    )
    answers = EncryptedTextField(
        classification="note", blank=True, default="", help_text="JSON of the template's fields"
    )
    completeness = models.PositiveSmallIntegerField(_("必填完整率"), null=True, blank=True, help_text="percent")
    grade = models.CharField(
        _("投诉等级"), max_length=12, choices=c.ComplaintGrade, blank=True, default="", db_default=""
    )
    complexity = models.CharField(
        _("复杂程度"), max_length=8, choices=c.Complexity, blank=True, default="", db_default=""
    )
    sensitive = models.BooleanField(_("敏感客户"), default=False, db_default=False)
    confidential = models.BooleanField(_("保密"), default=False, db_default=False)
    anonymous = models.BooleanField(_("匿名"), default=False, db_default=False)
    held_at = models.DateTimeField(_("挂起时间"), null=True, blank=True)
    hold_reason = models.CharField(max_length=24, blank=True, default="", db_default="")
    split_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="split_into")
    reopened = models.PositiveSmallIntegerField(_("重启次数"), default=0, db_default=0)
    returns = models.PositiveSmallIntegerField(_("退单次数"), default=0, db_default=0)
    contact_count = models.PositiveSmallIntegerField(_("同一事项来电次数"), default=1, db_default=1)
    escalation_level = models.PositiveSmallIntegerField(_("升级层级"), default=0, db_default=0)

    submitted_at = models.DateTimeField(_("提交时间"))
    accepted_at = models.DateTimeField(_("受理时间"), null=True, blank=True)
    dispatched_at = models.DateTimeField(_("派单时间"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("到达时间"), null=True, blank=True)
    restored_at = models.DateTimeField(_("恢复时间"), null=True, blank=True)
    returned_at = models.DateTimeField(_("回单时间"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    archived_at = models.DateTimeField(_("归档时间"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("诉求")
        indexes = [
            models.Index(fields=["org", "state", "-submitted_at"], name="requests_org_state"),
            models.Index(
                fields=["state", "submitted_at"],
                condition=~models.Q(state__in=["archived", "cancelled"]),
                name="requests_open",
            ),
            models.Index(fields=["-submitted_at"], name="requests_newest"),
            models.Index(fields=["transformer", "-submitted_at"], name="requests_transformer"),
        ]
        constraints = [
            models.CheckConstraint(
                name="requests_merged_has_master", condition=~models.Q(state="merged") | models.Q(master__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def withheld_from(self, actor: Actor) -> bool:
        """Whether this is confidential and ``actor`` is not among those who may know of it."""
        return self.confidential and actor.kind == "staff" and not actor.can(CONFIDENTIAL, self.org.path)


class CallBack(models.Model):
    """Our call to the customer after the work; one per round of work for each caller."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="call_backs")
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=16, choices=c.CallBackState, default=c.CallBackState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(_("最早回访时间"))
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    held_at = models.DateTimeField(null=True, blank=True)
    resolved = models.BooleanField(_("问题已解决"), null=True)
    arrival_honoured = models.BooleanField(_("到达时间属实"), null=True)
    satisfaction = models.CharField(max_length=16, choices=c.Satisfaction, blank=True)
    note = models.TextField(_("客户意见"), max_length=2000, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    campaign = models.ForeignKey("requests.Campaign", models.PROTECT, null=True, blank=True, related_name="calls")
    priority = models.PositiveSmallIntegerField(default=5, db_default=5, help_text="1 first … 9 last")
    skipped = models.CharField(
        _("不回访原因"), max_length=16, choices=SkipReason, blank=True, default="", db_default=""
    )
    window_from = models.TimeField(null=True, blank=True)
    window_to = models.TimeField(null=True, blank=True)
    postponed = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="how often the customer asked for another time; no failed attempts"
    )
    holder_kind = models.CharField(max_length=8, choices=HolderKind, blank=True, default="", db_default="")
    lease = models.UUIDField(null=True)
    dialled_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=16, blank=True, default="", db_default="")
    number_wanted_at = models.DateTimeField(null=True, blank=True)
    script = models.ForeignKey("requests.CallScript", models.PROTECT, null=True, related_name="+")
    answers = EncryptedTextField(classification="note", blank=True, default="", help_text="JSON by question")
    disagrees = models.BooleanField(_("工单内容与客户表述不一致"), null=True)
    rating_token = models.CharField(max_length=32, null=True, unique=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("回访")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round"],
                condition=models.Q(campaign=None),
                name="requests_callback_once_a_round",
            ),
            models.UniqueConstraint(fields=["campaign", "request", "round"], name="requests_callback_once_a_campaign"),
        ]
        indexes = [
            models.Index(
                fields=["priority", "not_before"], condition=models.Q(state="pending"), name="requests_callback_due"
            )
        ]


class CallBackAttempt(models.Model):
    """One dialling of a call-back."""

    call_back = models.ForeignKey(CallBack, models.PROTECT, related_name="tries")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=16, choices=c.AttemptOutcome)
    note = models.CharField(max_length=300, blank=True)


class RequestNote(models.Model):
    """What somebody wrote about a request: a remark, or the reason of a step. Events name it by its id only."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=16, choices=c.NoteKind)
    text = EncryptedTextField(classification="note")
    at = models.DateTimeField()
    by_kind = models.CharField(max_length=16)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("备注")
        indexes = [models.Index(fields=["request", "id"], name="requests_note_order")]


# Registered with this app's other tables.
from denghuo.apps.requests.applications.models import Application, ApplicationStep, Appointment  # noqa: E402,F401
from denghuo.apps.requests.callbacks.models import (  # noqa: E402,F401
    CallScript,
    CallWish,
    Campaign,
    Correction,
    ImprovementItem,
)
from denghuo.apps.requests.handling.models import (  # noqa: E402,F401
    Decline,
    Escalation,
    Hold,
    OverrunStep,
    Supervision,
    SupervisionReply,
    Transfer,
)
from denghuo.apps.requests.linking.major.models import (  # noqa: E402,F401
    MajorCall,
    MajorEntry,
    MajorMember,
    MajorServiceEvent,
)
from denghuo.apps.requests.linking.models import FrequentOutageArea, RepeatedMatter, RequestLink  # noqa: E402,F401
from denghuo.apps.requests.prediction.models import PredictionMade, PredictionModel, WeatherHour  # noqa: E402,F401
