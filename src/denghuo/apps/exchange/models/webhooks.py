"""Who is told of what, and every telling."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.apps.exchange.choices import DeliveryCause, DeliveryState, SubscriptionState
from denghuo.core.privacy.fields import EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class Subscription(OrgScoped):
    """Another system's address that is told of events of ``kinds`` under ``org``, recorded after
    number ``start_id``.

    ``secrets`` is a sealed JSON list [{"secret", "until"}], newest first; an older one stays valid until its time so
    that the other side can change over. ``holder`` and ``leased_until``: the worker that is sending at present.
    ``failures`` counts dead deliveries since the last success.
    """

    event_subject_kind = "subscription"

    name = models.CharField(_("名称"), max_length=60)
    url = models.CharField(_("接收地址"), max_length=500)
    kinds = ArrayField(models.CharField(max_length=60), verbose_name=_("事件类型"))
    secrets = EncryptedTextField(classification="secret")
    ordered = models.BooleanField(_("严格按顺序"), default=True)
    state = models.CharField(_("状态"), max_length=8, choices=SubscriptionState, default=SubscriptionState.ACTIVE)
    state_reason = models.CharField(_("原因"), max_length=200, blank=True)
    state_at = models.DateTimeField(null=True)
    start_id = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    holder = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(_("最近成功"), null=True)
    last_failure_at = models.DateTimeField(_("最近失败"), null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("推送订阅")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def held_secrets(self, at: dt.datetime | None = None) -> list[str]:
        """Secrets valid at ``at`` (wall time, default now), newest first."""
        now = at or timezone.now()
        try:
            rows: list[dict[str, Any]] = json.loads(self.secrets) if self.secrets else []
        except ValueError:
            return []  # not written by us: as good as none, and every receiver refuses what is unsigned
        return [r["secret"] for r in rows if not r["until"] or dt.datetime.fromisoformat(r["until"]) > now]

    @property
    def changing_over(self) -> bool:
        """Whether an older secret is still valid."""
        return len(self.held_secrets()) > 1


class Delivery(models.Model):
    """One event on its way to one subscription. ``body`` is kept as it is signed, so every attempt sends the same bytes.

    ``message_id`` (header ``webhook-id``) is the event's own and the same at every attempt and replay: receivers drop
    what they have. ``next_at`` is wall time: it plans network calls, not business.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries", db_index=False)
    cause = models.CharField(_("来由"), max_length=8, choices=DeliveryCause, default=DeliveryCause.EVENT)
    event_id = models.BigIntegerField(null=True)
    kind = models.CharField(_("事件类型"), max_length=60)
    message_id = models.CharField(_("消息编号"), max_length=64)
    body = models.TextField()
    state = models.CharField(_("状态"), max_length=8, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_at = models.DateTimeField(_("下次尝试"))
    last_status = models.PositiveSmallIntegerField(_("应答码"), null=True)
    error = models.CharField(_("原因"), max_length=200, blank=True)
    tries = models.JSONField(default=list, help_text="Latest attempts: at, status, error, ms, snippet (redacted)")
    event_at = models.DateTimeField(_("事件时间"))
    created_at = models.DateTimeField(_("创建时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    drop_reason = models.CharField(_("丢弃原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("推送")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "event_id"], condition=models.Q(cause="event"), name="exchange_delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["subscription", "id"], condition=models.Q(state="pending"), name="exchange_delivery_pending"
            ),
            models.Index(fields=["subscription", "-created_at"], name="exchange_delivery_newest"),
            models.Index(fields=["-ended_at"], condition=models.Q(state="dead"), name="exchange_delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.subscription_id}"
