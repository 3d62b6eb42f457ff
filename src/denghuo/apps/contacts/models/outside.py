"""The other end of a channel that is not ours: our accounts there, who writes, what came in, what goes out."""

from __future__ import annotations

import json
import os
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Channel, OutboundState
from denghuo.core.privacy.fields import EncryptedCharField, EncryptedTextField
from denghuo.core.scoping.models import OrgScoped

FROM_ENVIRONMENT = "env:"


class ChannelAccount(OrgScoped):
    """Our account with a provider: an official account, a mailbox, a contract with an SMS gateway.

    ``settings`` holds what may be shown, ``secrets`` (sealed JSON) what may not; both are described by
    :mod:`denghuo.apps.contacts.ports.settings`. A secret written ``env:NAME`` is read from the environment, so that an
    installation may keep its secrets outside the database. ``code`` is part of the address a provider calls.
    """

    code = models.SlugField(_("代码"), max_length=32, unique=True)
    channel = models.CharField(_("渠道"), max_length=16, choices=Channel)
    name = models.CharField(_("名称"), max_length=60)
    active = models.BooleanField(_("启用"), default=True)
    settings = models.JSONField(default=dict)
    secrets = EncryptedTextField(classification="secret", blank=True, default="")
    access_token = EncryptedTextField(classification="secret", blank=True, default="")
    access_token_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict, help_text="How far a mailbox has been read; no personal data")
    looked_at = models.DateTimeField(null=True)
    healthy = models.BooleanField(null=True)
    health_detail = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["channel", "code"]
        verbose_name = _("外部渠道账号")

    def __str__(self) -> str:
        return self.name

    def setting(self, name: str, default: Any = "") -> Any:
        """A setting, or ``default`` while it is empty."""
        value = self.settings.get(name)
        return default if value in (None, "") else value

    def secret(self, name: str) -> str:
        """A secret in plain, "" when there is none; for the port alone."""
        held = str(self.held_secrets().get(name, ""))
        if held.startswith(FROM_ENVIRONMENT):
            return os.environ.get(held.removeprefix(FROM_ENVIRONMENT), "")
        return held

    def held_secrets(self) -> dict[str, str]:
        """All secrets as they were entered."""
        try:
            held = json.loads(self.secrets) if self.secrets else {}
        except ValueError:
            return {}  # not written by us: as good as none, and the probe says so
        return held if isinstance(held, dict) else {}


class ChannelIdentity(OrgScoped):
    """Somebody as one of our accounts knows them: a WeChat openid, a number, an e-mail address; perhaps bound to a
    customer."""

    channel = models.CharField(max_length=16, choices=Channel)
    via = models.ForeignKey(ChannelAccount, models.PROTECT, null=True, blank=True, related_name="identities")
    external = EncryptedCharField(_("渠道标识"), classification="external_id", blind_index=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, blank=True, related_name="identities")
    account = models.ForeignKey("customers.Account", models.PROTECT, null=True, blank=True, related_name="+")
    bound_at = models.DateTimeField(null=True)
    subscribed = models.BooleanField(default=True)
    first_seen_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True, help_text="A WeChat account may write for 48 h after this")
    data = models.JSONField(default=dict, help_text="State of a dialogue with menus; no personal data")

    class Meta:
        verbose_name = _("渠道身份")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "via", "external_bidx"], nulls_distinct=False, name="contacts_identity_once"
            )
        ]


class InboundReceipt(models.Model):
    """What a provider has handed us, by its own number: providers send again until they are sure."""

    channel = models.CharField(max_length=16, choices=Channel)
    via = models.ForeignKey(ChannelAccount, models.PROTECT, null=True, related_name="receipts")
    provider_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, blank=True)
    received_at = models.DateTimeField()
    contact_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    answer = models.TextField(blank=True, help_text="What was answered, to answer a repeat the same way")
    error = models.CharField(max_length=80, blank=True, help_text="Why nothing could be made of it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="contacts_receipt_once")]
        indexes = [models.Index(fields=["via", "-received_at"], name="contacts_receipt_via")]


class OutboundMessage(OrgScoped):
    """Something to be sent over somebody else's channel; kept until it is sent or given up."""

    channel = models.CharField(max_length=16, choices=Channel)
    via = models.ForeignKey(ChannelAccount, models.PROTECT, null=True, related_name="outbound")
    contact = models.ForeignKey("contacts.Contact", models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey("contacts.Message", models.PROTECT, null=True, related_name="outbound")
    identity = models.ForeignKey(ChannelIdentity, models.PROTECT, null=True, related_name="outbound")
    address = EncryptedCharField(classification="external_id", blank=True, default="")
    body = models.JSONField(help_text="What the channel's port needs")
    state = models.CharField(_("状态"), max_length=16, choices=OutboundState, default=OutboundState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_at = models.DateTimeField(help_text="Not before; while an attempt runs, the end of its lease")
    provider_ref = models.CharField(max_length=120, blank=True)
    parts = models.PositiveSmallIntegerField(default=1, help_text="Short messages a text was counted as")
    error = models.CharField(_("原因"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    sent_at = models.DateTimeField(_("发送时间"), null=True)
    delivery = models.CharField(max_length=16, blank=True, help_text="What the provider reported afterwards")
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("外发消息")
        indexes = [
            models.Index(
                fields=["next_at"], condition=models.Q(state__in=["queued", "failed"]), name="contacts_outbound_due"
            ),
            models.Index(fields=["org", "-created_at"], name="contacts_outbound_org"),
            models.Index(fields=["via", "-created_at"], name="contacts_outbound_via"),
            models.Index(
                fields=["via", "provider_ref"], condition=~models.Q(provider_ref=""), name="contacts_outbound_ref"
            ),
        ]
