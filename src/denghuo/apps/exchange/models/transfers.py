"""Files that come in and go out, as batches with their progress."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.exchange.choices import ExportState, FileFormat, ImportKind, ImportState
from denghuo.core.privacy.fields import EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class ImportBatch(OrgScoped):
    """One uploaded file on its way in.

    The file lies sealed on disk as ``file_key`` until the batch has ended. ``source`` is the system the rows come from;
    with a row's own number it makes the row's identity, so sending a mended file again makes nothing twice.
    ``mapping`` is {field: column index}, ``constants`` {field: value} for what the file does not say. ``position`` is
    the last row dealt with: its effect and this number commit together, so a killed job goes on where it stood.
    """

    event_subject_kind = "import_batch"

    client_id = models.UUIDField(unique=True)
    kind = models.CharField(_("内容"), max_length=16, choices=ImportKind)
    source = models.CharField(_("来源系统"), max_length=32)
    file_name = models.CharField(_("文件名"), max_length=120)
    format = models.CharField(_("格式"), max_length=4, choices=FileFormat)
    encoding = models.CharField(_("编码"), max_length=16, blank=True)
    file_key = models.UUIDField()
    state = models.CharField(_("状态"), max_length=12, choices=ImportState, default=ImportState.UPLOADED)
    columns = models.JSONField(default=list, help_text="Header cells as found")
    mapping = models.JSONField(default=dict)
    constants = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("行数"), default=0)
    position = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(_("新增"), default=0)
    known = models.PositiveIntegerField(_("已存在"), default=0)
    faulty = models.PositiveIntegerField(_("有误"), default=0)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    job_id = models.BigIntegerField(null=True)
    by_id = models.BigIntegerField()
    by_name = models.CharField(_("上传人"), max_length=80)
    created_at = models.DateTimeField(_("上传时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)

    class Meta:
        verbose_name = _("导入批次")
        indexes = [models.Index(fields=["org", "-created_at"], name="exchange_import_org")]

    def __str__(self) -> str:
        return self.file_name


class ImportFault(models.Model):
    """A row that could not be taken in: its cells (sealed: they hold personal data) and what is wrong with which."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="faults", db_index=False)
    row = models.PositiveIntegerField(_("行号"))
    cells = EncryptedTextField(classification="note")
    errors = models.JSONField(help_text="[[column, message], …]; messages quote no values")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="exchange_import_fault_once")]


class ExportJob(OrgScoped):
    """A large file made in the background. ``plain``: personal data unmasked, with ``reason`` on the record."""

    event_subject_kind = "export_job"

    client_id = models.UUIDField(unique=True)
    format = models.CharField(_("格式"), max_length=4, choices=FileFormat)
    since = models.DateTimeField(_("起"))
    until = models.DateTimeField(_("止"))
    filters = models.JSONField(default=dict)
    plain = models.BooleanField(_("不脱敏"), default=False)
    reason = models.CharField(_("用途"), max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=ExportState, default=ExportState.WAITING)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    total = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    file_key = models.UUIDField()
    job_id = models.BigIntegerField(null=True)
    by_id = models.BigIntegerField()
    by_name = models.CharField(_("导出人"), max_length=80)
    created_at = models.DateTimeField(_("创建时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)

    class Meta:
        verbose_name = _("导出任务")
        indexes = [models.Index(fields=["by_id", "-created_at"], name="exchange_export_mine")]
