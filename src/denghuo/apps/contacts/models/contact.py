"""Conversations with customers, whatever the channel."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import (
    Audience,
    Channel,
    ContactState,
    Handling,
    LegEnd,
    LegHow,
    MessageKind,
    Outcome,
    PartyRole,
    PartyState,
    Sender,
)
from denghuo.core.privacy.fields import EncryptedCharField, EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class Contact(OrgScoped):
    """One conversation (联络): it waits, is offered to one agent at a time, is served, wrapped up, and ends in exactly one
    final state.

    ``entered_at`` is where it stands in its queue: it stays the same when an offer comes back, when a call-back is asked
    for and when it is put back, so nobody loses their place.
    """

    client_id = models.UUIDField(
        null=True, unique=True, help_text="Made by the sender, so that sending twice is harmless"
    )
    channel = models.CharField(_("渠道"), max_length=16, choices=Channel)
    handling = models.CharField(_("服务方式"), max_length=16, choices=Handling, default=Handling.LIVE)
    state = models.CharField(_("状态"), max_length=16, choices=ContactState, default=ContactState.WAITING)
    queue = models.ForeignKey("contacts.Queue", models.PROTECT, null=True, blank=True, related_name="contacts")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, blank=True, related_name="contacts")
    account = models.ForeignKey("customers.Account", models.PROTECT, null=True, blank=True, related_name="contacts")
    identity = models.ForeignKey(
        "contacts.ChannelIdentity", models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    caller_phone = EncryptedCharField(_("来电号码"), classification="phone", blind_index=True, blank=True, default="")
    visitor_name = EncryptedCharField(_("称呼"), classification="name", blank=True, default="")
    language = models.CharField(_("语言"), max_length=8, default="zh")
    subject = models.CharField(_("事由"), max_length=120, blank=True)
    priority = models.SmallIntegerField(default=0, help_text="Lower is served first")
    boost = models.FloatField(default=0, help_text="Points of the routing score added to this conversation alone")
    entered_at = models.DateTimeField(_("排队起点"), null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    wanted_agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # last agent, or the one it is transferred to
    wanted_only = models.BooleanField(default=False, help_text="A transfer to one agent: nobody else may take it")
    offered_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    missed_offers = models.PositiveSmallIntegerField(default=0)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="contacts")
    opened_at = models.DateTimeField(_("进线时间"))
    taken_at = models.DateTimeField(_("应答时间"), null=True, blank=True, help_text="First answer")
    served_at = models.DateTimeField(null=True, blank=True, help_text="When the present agent took it")
    ended_at = models.DateTimeField(_("挂断时间"), null=True, blank=True, help_text="End of the talk, before wrap-up")
    ended_by = models.CharField(max_length=16, choices=Sender, blank=True)
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    outcome = models.CharField(_("结果"), max_length=16, choices=Outcome, blank=True)
    disposition = models.ForeignKey(
        "contacts.Disposition", models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    wrap_note = EncryptedTextField(_("小结"), classification="note", blank=True, default="")
    callback_phone = EncryptedCharField(_("回呼号码"), classification="phone", blank=True, default="")
    callback_attempts = models.PositiveSmallIntegerField(default=0)
    agent_read_id = models.BigIntegerField(default=0, help_text="Last message the agent has seen")
    request_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("联络")
        indexes = [
            models.Index(
                fields=["priority", "opened_at"], condition=models.Q(state="waiting"), name="contacts_waiting"
            ),
            models.Index(fields=["offered_to"], condition=models.Q(state="offered"), name="contacts_offered"),
            models.Index(fields=["opened_at"], condition=models.Q(state="bot"), name="contacts_with_robot"),
            models.Index(
                fields=["agent"], condition=models.Q(state__in=["in_service", "wrap_up"]), name="contacts_in_service"
            ),
            models.Index(fields=["org", "-opened_at"], name="contacts_org_opened"),
            models.Index(fields=["customer", "-opened_at"], name="contacts_customer_opened"),
        ]
        constraints = [
            models.CheckConstraint(
                name="contacts_state_is_whole",
                condition=(
                    models.Q(state="bot", offered_to=None, agent=None, queue=None, entered_at=None, closed_at=None)
                    | models.Q(state="waiting", offered_to=None, agent=None, closed_at=None)
                    | models.Q(
                        state="offered", offered_to__isnull=False, offered_at__isnull=False, agent=None, closed_at=None
                    )
                    | models.Q(
                        state="in_service", taken_at__isnull=False, agent__isnull=False, offered_to=None, closed_at=None
                    )
                    | models.Q(
                        state="wrap_up", agent__isnull=False, ended_at__isnull=False, offered_to=None, closed_at=None
                    )
                    | models.Q(state="closed", closed_at__isnull=False, offered_to=None) & ~models.Q(outcome="")
                    | models.Q(state="abandoned", closed_at__isnull=False, offered_to=None, outcome="")
                ),
            )
        ]


class ContactLeg(models.Model):
    """One agent's part in a conversation, from the offer to the end: what per-agent figures are counted from."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="legs")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    queue = models.ForeignKey("contacts.Queue", models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=16, choices=LegHow)
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=16, choices=LegEnd, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    parts = models.JSONField(default=dict, help_text="Why the router chose this agent: codes and numbers")

    class Meta:
        indexes = [
            models.Index(fields=["agent", "-offered_at"], name="contacts_leg_agent"),
            models.Index(fields=["contact", "id"], name="contacts_leg_contact"),
            models.Index(fields=["queue", "-offered_at"], name="contacts_leg_queue"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["contact"], condition=models.Q(ended_at=None), name="contacts_one_open_leg")
        ]


class ContactParty(models.Model):
    """Somebody else of the house in a conversation: asked for advice, joined, or listening."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="parties")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=PartyRole)
    state = models.CharField(max_length=16, choices=PartyState)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    invited_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["staff"], condition=models.Q(left_at=None), name="contacts_party_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "staff"], condition=models.Q(left_at=None), name="contacts_party_once"
            )
        ]


class Message(models.Model):
    """One message of a conversation, in the order it was accepted."""

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="messages")
    client_id = models.UUIDField(unique=True)
    sender = models.CharField(max_length=16, choices=Sender)
    audience = models.CharField(max_length=16, choices=Audience, default=Audience.EVERYONE)
    kind = models.CharField(max_length=16, choices=MessageKind, default=MessageKind.TEXT)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(max_length=4000, blank=True)
    file = models.ForeignKey("core.StoredFile", models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(
        default=dict, blank=True, help_text="Coordinates of a place, lines of a card, code of a notice"
    )
    flags = models.JSONField(default=list, blank=True, help_text="Ids of the phrase rules it met")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["contact", "id"], name="contacts_message_order")]


class Rating(models.Model):
    """What the customer thought of a conversation, asked at its end. No rating is not a good rating."""

    contact = models.OneToOneField(Contact, models.CASCADE, related_name="rating")
    score = models.PositiveSmallIntegerField(help_text="1 (bad) to 5 (good)")
    resolved = models.BooleanField(null=True)
    comment = EncryptedTextField(classification="note", blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=1, score__lte=5), name="contacts_rating_1_to_5")
        ]
