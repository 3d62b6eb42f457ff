"""A major service event with its requests, report group, entries and the customers to call."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.linking.major import choices as c
from denghuo.core.privacy.fields import EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class MajorServiceEvent(OrgScoped):
    """An event that leaders must know of at once; ``reasons`` are codes of :class:`choices.Trigger` the rules found."""

    event_subject_kind = "major"

    trigger = models.CharField(_("触发类型"), max_length=20, choices=c.Trigger)
    level = models.CharField(_("级别"), max_length=10, choices=c.Level)
    title = models.CharField(_("标题"), max_length=80)
    area_text = models.CharField(_("涉及区域"), max_length=200, blank=True)
    transformer = models.ForeignKey("grid.Transformer", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=10, choices=c.State, default=c.State.PROPOSED)
    reasons = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.CharField(_("不成立的理由"), max_length=300, blank=True)
    first_reported_at = models.DateTimeField(_("首次报告时间"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    requests = models.ManyToManyField("requests.Request", related_name="major_events")

    class Meta:
        app_label = "requests"
        verbose_name = _("重大服务事件")
        indexes = [
            models.Index(fields=["org", "-proposed_at"], name="requests_major_org"),
            models.Index(
                fields=["-proposed_at"],
                condition=models.Q(state__in=["proposed", "open"]),
                name="requests_major_live",
            ),
        ]


class MajorMember(models.Model):
    """Somebody of the report group."""

    major = models.ForeignKey(MajorServiceEvent, models.CASCADE, related_name="members")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(_("组内角色"), max_length=10, choices=c.Role, default=c.Role.MEMBER)
    at = models.DateTimeField()

    class Meta:
        app_label = "requests"
        constraints = [models.UniqueConstraint(fields=["major", "staff"], name="requests_major_member_once")]


class MajorEntry(models.Model):
    """One entry of the event's course: a report, a measure, a result."""

    major = models.ForeignKey(MajorServiceEvent, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=14, choices=c.EntryKind)
    text = EncryptedTextField(classification="note")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        app_label = "requests"
        indexes = [models.Index(fields=["major", "id"], name="requests_major_entry")]


class MajorCall(models.Model):
    """A customer at risk to be called because of the event; one a request."""

    major = models.ForeignKey(MajorServiceEvent, models.CASCADE, related_name="calls")
    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=c.CallState, default=c.CallState.PENDING)
    at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = EncryptedTextField(classification="note", blank=True, default="")

    class Meta:
        app_label = "requests"
        constraints = [models.UniqueConstraint(fields=["major", "request"], name="requests_major_call_once")]
