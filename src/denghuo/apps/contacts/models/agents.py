"""Agents: what they can take, what they are doing, and where they sit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import AgentMode, AgentState
from denghuo.core.scoping.models import OrgScoped


class Seat(OrgScoped):
    """A place on the floor, by room, row and column."""

    code = models.CharField(_("座席号"), max_length=16)
    room = models.CharField(_("区域"), max_length=32)
    row = models.PositiveSmallIntegerField()
    column = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["room", "row", "column"]
        constraints = [models.UniqueConstraint(fields=["org", "code"], name="contacts_seat_once")]


class AgentProfile(OrgScoped):
    """What an agent can take at once, and which reserve echelon they belong to (0: on the regular floor)."""

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="agent_profile")
    echelon = models.PositiveSmallIntegerField(_("梯队"), default=0)
    capacity = models.JSONField(default=dict, help_text="Channel class -> places; what is missing comes from policy")
    home_seat = models.ForeignKey(Seat, models.SET_NULL, null=True, blank=True, related_name="+")


class AgentSession(OrgScoped):
    """What an agent is doing now; one row a person, kept for ever and changed in place.

    ``mode`` is what they chose; ``state`` is what the floor sees: the mode, or offered, busy, wrap-up while there is work
    in hand. ``next_mode`` waits for the end of that work.
    """

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="agent_session")
    mode = models.CharField(max_length=16, choices=AgentMode, default=AgentMode.LOGGED_OUT)
    mode_since = models.DateTimeField()
    next_mode = models.CharField(max_length=16, choices=AgentMode, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=AgentState, default=AgentState.LOGGED_OUT)
    state_since = models.DateTimeField()
    idle_since = models.DateTimeField(null=True, help_text="Since when without any work, for longest-idle routing")
    signed_on_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="Last sign of life of the desk")
    missed_in_row = models.PositiveSmallIntegerField(default=0)
    seat = models.ForeignKey(Seat, models.SET_NULL, null=True, blank=True, related_name="sessions")

    class Meta:
        indexes = [
            models.Index(fields=["org"], condition=~models.Q(mode="logged_out"), name="contacts_agents_on"),
        ]


class AgentStateSpan(OrgScoped):
    """A stretch of time in one state, written when it begins and completed when it ends."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=AgentState)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["staff", "-started_at"], name="contacts_span_staff"),
            models.Index(fields=["org", "-started_at"], name="contacts_span_org"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["staff"], condition=models.Q(ended_at=None), name="contacts_span_open_once")
        ]
