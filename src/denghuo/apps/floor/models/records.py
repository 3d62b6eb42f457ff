"""The floor's books: shift hand-over, meetings, reports up the line, discipline and attendance, the duty log.

Seed S2 names them among the nine floor rules (shift hand-over, team meetings, labour discipline, conduct, phone-state
management, information reporting). What is written stays: corrections are further entries.
"""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.floor.choices import (
    DutyCategory,
    HandoverState,
    MatterState,
    MeetingKind,
    NoteKind,
    ReportCategory,
    ReportUrgency,
)
from denghuo.core.scoping.models import OrgScoped


def _searchable(name: str, *fields: str) -> GinIndex:
    """Trigram index for searching parts of words, Chinese included."""
    return GinIndex(fields=list(fields), opclasses=["gin_trgm_ops"] * len(fields), name=name)


@pghistory.track()
class Handover(OrgScoped):
    """One shift hands the floor to the next (交接班): its summary, the figures at that moment, the open matters."""

    shift = models.CharField(_("班次"), max_length=20)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=8, choices=HandoverState, default=HandoverState.DRAFT)
    summary = models.TextField(_("本班情况"), max_length=4000, blank=True)
    remark = models.CharField(_("接班意见"), max_length=400, blank=True)
    figures = models.JSONField(default=dict, help_text="Waiting, exceptions, agents at the moment of giving")
    begun_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("交接班")
        indexes = [
            models.Index(fields=["org", "-begun_at"], name="floor_handover_org"),
            _searchable("floor_handover_text", "summary"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["org"], condition=models.Q(state__in=["draft", "given"]), name="floor_handover_one_open"
            )
        ]


class HandoverMatter(models.Model):
    """Something the next shift must carry on with; it goes from hand-over to hand-over until somebody ends it."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="matters")
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="carried_to")
    text = models.CharField(_("事项"), max_length=400)
    request_id = models.BigIntegerField(null=True, blank=True)
    contact_id = models.BigIntegerField(null=True, blank=True)
    due_at = models.DateTimeField(_("办理时限"), null=True, blank=True)
    state = models.CharField(max_length=8, choices=MatterState, default=MatterState.OPEN)
    result = models.CharField(_("办理结果"), max_length=400, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]


@pghistory.track()
class Meeting(OrgScoped):
    """A meeting of a team: what was said, who was there, what is to be done."""

    kind = models.CharField(_("类型"), max_length=16, choices=MeetingKind)
    topic = models.CharField(_("主题"), max_length=80)
    notes = models.TextField(_("纪要"), max_length=8000)
    todo = models.TextField(_("待办"), max_length=2000, blank=True)
    attended = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    absent = models.CharField(_("缺席及原因"), max_length=200, blank=True)
    held_at = models.DateTimeField(_("时间"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("班务会")
        indexes = [
            models.Index(fields=["org", "-held_at"], name="floor_meeting_org"),
            _searchable("floor_meeting_text", "topic", "notes"),
        ]


class InformationReport(OrgScoped):
    """Something told up the line (信息报送), to be confirmed by every unit it goes to. ``org`` is who reports."""

    category = models.CharField(_("类别"), max_length=16, choices=ReportCategory)
    urgency = models.CharField(_("等级"), max_length=8, choices=ReportUrgency)
    title = models.CharField(_("标题"), max_length=80)
    body = models.TextField(_("内容"), max_length=4000)
    continues = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="continued_by")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(_("报送时间"))
    receipt_due_at = models.DateTimeField(_("回执时限"))

    class Meta:
        verbose_name = _("信息报送")
        indexes = [
            models.Index(fields=["org", "-reported_at"], name="floor_report_org"),
            _searchable("floor_report_text", "title", "body"),
        ]


class ReportReceipt(OrgScoped):
    """A unit above has taken note of a report (回执), with what it orders. ``org`` is the unit it was sent to."""

    report = models.ForeignKey(InformationReport, models.CASCADE, related_name="receipts")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(null=True)
    reply = models.CharField(_("批示"), max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "org"], name="floor_receipt_once")]
        indexes = [models.Index(fields=["org"], condition=models.Q(received_at=None), name="floor_receipt_open")]


@pghistory.track()
class ConductNote(OrgScoped):
    """A note on somebody's discipline, conduct or attendance, which they see and may answer."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(_("类型"), max_length=16, choices=NoteKind)
    happened_at = models.DateTimeField(_("发生时间"))
    minutes = models.PositiveIntegerField(_("时长（分钟）"), null=True, blank=True)
    text = models.CharField(_("情况"), max_length=400)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    statement = models.CharField(_("本人说明"), max_length=400, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("纪律考勤")
        indexes = [
            models.Index(fields=["org", "-happened_at"], name="floor_note_org"),
            models.Index(fields=["staff", "-happened_at"], name="floor_note_staff"),
        ]


class DutyEntry(OrgScoped):
    """One line of the duty log (值班日志). Lines are never changed; a correction names the line it corrects."""

    at = models.DateTimeField(_("时间"))
    category = models.CharField(_("类别"), max_length=16, choices=DutyCategory)
    text = models.CharField(_("内容"), max_length=1000)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")

    class Meta:
        verbose_name = _("值班日志")
        indexes = [
            models.Index(fields=["org", "-at"], name="floor_duty_org"),
            _searchable("floor_duty_text", "text"),
        ]
