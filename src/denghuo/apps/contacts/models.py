"""Conversations with customers, whatever the channel."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Channel, ContactState, Outcome, Sender
from denghuo.core.privacy.fields import EncryptedCharField
from denghuo.core.scoping.models import OrgScoped


class Contact(OrgScoped):
    """One conversation (联络): it waits, is taken by one agent, and ends in exactly one final state."""

    client_id = models.UUIDField(
        null=True, unique=True, help_text="Made by the sender, so that sending twice is harmless"
    )
    channel = models.CharField(_("渠道"), max_length=16, choices=Channel)
    state = models.CharField(_("状态"), max_length=16, choices=ContactState, default=ContactState.WAITING)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, blank=True, related_name="contacts")
    caller_phone = EncryptedCharField(_("来电号码"), classification="phone", blind_index=True, blank=True, default="")
    subject = models.CharField(_("事由"), max_length=120, blank=True)
    priority = models.SmallIntegerField(default=0)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="contacts")
    opened_at = models.DateTimeField(_("进线时间"))
    taken_at = models.DateTimeField(_("应答时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    outcome = models.CharField(_("结果"), max_length=16, choices=Outcome, blank=True)
    request_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("联络")
        indexes = [
            models.Index(
                fields=["priority", "opened_at"], condition=models.Q(state="waiting"), name="contacts_waiting"
            ),
            models.Index(fields=["agent"], condition=models.Q(state="in_service"), name="contacts_in_service"),
            models.Index(fields=["org", "-opened_at"], name="contacts_org_opened"),
        ]
        constraints = [
            models.CheckConstraint(
                name="contacts_final_state_is_whole",
                condition=(
                    models.Q(state="waiting", taken_at=None, closed_at=None)
                    | models.Q(state="in_service", taken_at__isnull=False, agent__isnull=False, closed_at=None)
                    | models.Q(state="closed", closed_at__isnull=False) & ~models.Q(outcome="")
                    | models.Q(state="abandoned", closed_at__isnull=False, outcome="")
                ),
            )
        ]


class Message(models.Model):
    """One message of a conversation, in the order it was accepted."""

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="messages")
    client_id = models.UUIDField(unique=True)
    sender = models.CharField(max_length=16, choices=Sender)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(max_length=4000)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["contact", "id"], name="contacts_message_order")]
