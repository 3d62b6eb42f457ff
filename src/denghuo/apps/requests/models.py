"""Requests (诉求) and the calls made after the work."""

from __future__ import annotations

import secrets

import pghistory
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests import choices as c
from denghuo.core.privacy.fields import EncryptedCharField, EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


def new_public_token() -> str:
    """128 random bits for the address of the public progress page: nobody finds another's page by counting."""
    return secrets.token_urlsafe(16)


OPEN_STATES = ("submitted", "accepted", "dispatched", "handling", "returned", "rework", "callback", "merged")


@pghistory.track(exclude=["version"])
class Request(OrgScoped):
    """What a customer wants, from the moment it is told to the moment it is filed.

    ``org`` is the county company that answers for it. Times are those of the business, written by actions; the
    timeline with actors is in the event log.
    """

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

    class Meta:
        verbose_name = _("回访")
        constraints = [models.UniqueConstraint(fields=["request", "round"], name="requests_callback_once_a_round")]
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(state="pending"), name="requests_callback_due")
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
