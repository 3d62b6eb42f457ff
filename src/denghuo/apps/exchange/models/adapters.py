"""Connections to the systems a service centre works with, and every message that passed."""

from __future__ import annotations

import json
import os
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.exchange.choices import AdapterCode, Direction, MessageState
from denghuo.core.privacy.fields import EncryptedTextField
from denghuo.core.scoping.models import OrgScoped

FROM_ENVIRONMENT = "env:"


class AdapterConnection(OrgScoped):
    """One connection; off until somebody fills it in and switches it on.

    ``secrets`` (sealed JSON): ``token`` and ``inbound_secret`` for calls to us, ``outbound_token`` and
    ``outbound_secret`` for ours. A value ``env:NAME`` is read from the environment.
    """

    event_subject_kind = "adapter"

    code = models.CharField(_("系统"), max_length=16, choices=AdapterCode)
    active = models.BooleanField(_("启用"), default=False)
    base_url = models.CharField(_("接口地址"), max_length=300, blank=True)
    secrets = EncryptedTextField(classification="secret", blank=True, default="")
    last_in_at = models.DateTimeField(_("最近收到"), null=True)
    last_out_at = models.DateTimeField(_("最近发出"), null=True)
    last_error_at = models.DateTimeField(_("最近出错"), null=True)
    last_error = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("对接系统")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(active=True), name="exchange_adapter_one_active"
            )
        ]

    def __str__(self) -> str:
        return str(self.get_code_display())

    def secret(self, name: str) -> str:
        """A secret in plain, "" when there is none."""
        held = str(self.held_secrets().get(name, ""))
        if held.startswith(FROM_ENVIRONMENT):
            return os.environ.get(held.removeprefix(FROM_ENVIRONMENT), "")
        return held

    def held_secrets(self) -> dict[str, Any]:
        """All secrets as they were entered."""
        try:
            held = json.loads(self.secrets) if self.secrets else {}
        except ValueError:
            return {}
        return held if isinstance(held, dict) else {}


class AdapterMessage(models.Model):
    """One message in or out. ``body`` is sealed: it can hold a caller's name and number.

    Outgoing ones are kept until sent or given up, in order per ``subject`` matter.
    """

    connection = models.ForeignKey(AdapterConnection, models.CASCADE, related_name="messages", db_index=False)
    direction = models.CharField(_("方向"), max_length=4, choices=Direction)
    kind = models.CharField(_("内容"), max_length=32)
    number = models.CharField(_("对方编号"), max_length=64)
    key = models.CharField(
        max_length=120, help_text="Our idempotency key of an outgoing message; theirs of an incoming"
    )
    body = EncryptedTextField(classification="note")
    state = models.CharField(_("状态"), max_length=8, choices=MessageState)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(_("应答码"), null=True)
    error = models.CharField(_("原因"), max_length=200, blank=True)
    answer = models.JSONField(default=dict, help_text="What was answered, to answer a repeat the same way")
    at = models.DateTimeField(_("时间"))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("对接消息")
        constraints = [
            models.UniqueConstraint(fields=["connection", "direction", "key"], name="exchange_adapter_message_once")
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="pending"), name="exchange_adapter_due"),
            models.Index(fields=["connection", "-at"], name="exchange_adapter_newest"),
        ]


class SourceLink(models.Model):
    """Another system's number of something of ours: the same number again is the same thing."""

    source = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    number = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "number"], name="exchange_source_once")]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="exchange_source_subject")]
