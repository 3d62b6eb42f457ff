"""Queues and what decides who serves them."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import ChannelClass
from denghuo.core.scoping.models import OrgScoped


@pghistory.track()
class Queue(OrgScoped):
    """Conversations of one kind that wait together (技能队列). ``org`` is the unit whose agents serve it."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("队列"), max_length=40)
    name_en = models.CharField(max_length=60)
    channels = ArrayField(models.CharField(max_length=16), verbose_name=_("渠道"))
    topics = ArrayField(
        models.CharField(max_length=32), default=list, help_text="Skill codes or subjects that lead here; empty: all"
    )
    channel_class = models.CharField(max_length=16, choices=ChannelClass)
    active = models.BooleanField(_("启用"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("队列")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the language of the reader."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class QueuePlan(models.Model):
    """A queue's routing plan from a moment on; the newest one that has begun is in force.

    ``definition`` is checked by :mod:`denghuo.apps.contacts.plans`: skills, ageing, ladder, hours, announcements.
    """

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="plans")
    valid_from = models.DateTimeField(_("生效时间"))
    definition = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["queue", "-valid_from"], name="contacts_plan_in_force")]


class EchelonActivation(OrgScoped):
    """A reserve echelon (应急梯队) called in for a unit and everything below it."""

    echelon = models.PositiveSmallIntegerField(_("梯队"))
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "echelon"], condition=models.Q(ended_at=None), name="contacts_echelon_once"
            )
        ]
