"""What crews' phones send: reports of steps, files that come in pieces, materials."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.field.choices import ChecklistPart, ReportKind, ReportOutcome
from denghuo.core.privacy.fields import EncryptedTextField


class CrewReport(models.Model):
    """One thing somebody of a crew pressed on the phone, kept as it was pressed.

    ``client_id`` is made on the phone at the press: however often it is sent, there is one row. ``pressed_at`` is the
    business time the phone told, ``at`` the time it took effect with (never before the step it follows, never ahead of
    the platform), ``received_at`` when it came. ``data`` holds codes and numbers, ``text`` what was written.
    """

    client_id = models.UUIDField(unique=True)
    order = models.ForeignKey("field.WorkOrder", models.PROTECT, related_name="reports")
    crew = models.ForeignKey("field.Crew", models.PROTECT, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(_("上报内容"), max_length=16, choices=ReportKind)
    outcome = models.CharField(_("处理结果"), max_length=16, choices=ReportOutcome)
    visit = models.PositiveSmallIntegerField(default=1)
    pressed_at = models.DateTimeField(_("按下时间"))
    at = models.DateTimeField()
    received_at = models.DateTimeField(_("收到时间"))
    data = models.JSONField(default=dict)
    text = EncryptedTextField(_("说明"), classification="note", blank=True)
    file = models.ForeignKey("core.StoredFile", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("现场上报")
        indexes = [
            models.Index(fields=["order", "id"], name="field_report_order"),
            models.Index(fields=["order"], condition=models.Q(outcome="kept"), name="field_report_kept"),
        ]


class MaterialUse(models.Model):
    """What was used up on a visit. ``name`` and ``unit`` are those of the catalogue on the day."""

    order = models.ForeignKey("field.WorkOrder", models.PROTECT, related_name="materials")
    visit = models.PositiveSmallIntegerField(default=1)
    code = models.CharField(_("材料编码"), max_length=32)
    name = models.CharField(_("材料"), max_length=40)
    unit = models.CharField(_("单位"), max_length=8)
    quantity = models.DecimalField(_("数量"), max_digits=8, decimal_places=2)

    class Meta:
        verbose_name = _("材料使用")
        constraints = [models.UniqueConstraint(fields=["order", "visit", "code"], name="field_material_once")]


class ChecklistTick(models.Model):
    """One line of the safety measures or work steps, ticked on a visit. ``text`` is the line as it stood on the phone."""

    order = models.ForeignKey("field.WorkOrder", models.PROTECT, related_name="ticks")
    visit = models.PositiveSmallIntegerField(default=1)
    part = models.CharField(_("清单"), max_length=8, choices=ChecklistPart)
    code = models.CharField(max_length=12)
    text = models.CharField(_("内容"), max_length=200)
    at = models.DateTimeField(_("勾选时间"))
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("勾选记录")
        constraints = [models.UniqueConstraint(fields=["order", "visit", "part", "code"], name="field_tick_once")]


class PartialFile(models.Model):
    """A file on its way from a phone: ``received`` of ``size`` bytes are on the disk, in order, without gaps.

    The row goes when the file is complete and attached, or when nothing came for the policy's hours.
    """

    client_id = models.UUIDField(unique=True)
    order = models.ForeignKey("field.WorkOrder", models.CASCADE, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    received = models.PositiveIntegerField(default=0, help_text="bytes")
    pressed_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)
