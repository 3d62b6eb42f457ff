"""Files people upload."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgUnit


class FileKind(models.TextChoices):
    IMAGE = "image", _("图片")
    DOCUMENT = "document", _("文档")
    AUDIO = "audio", _("录音")


class StoredFile(models.Model):
    """One uploaded file. The bytes lie under ``FILES_ROOT`` by their SHA-256, so equal content is kept once.

    ``client_id`` is made by the sender before the first attempt: sending again after a lost answer finds the same
    row. ``source_sha256`` is of the bytes as they came, ``sha256`` of what is kept (images are re-encoded).
    """

    client_id = models.UUIDField(unique=True)
    sha256 = models.CharField(max_length=64)
    source_sha256 = models.CharField(max_length=64)
    kind = models.CharField(_("类型"), max_length=16, choices=FileKind)
    content_type = models.CharField(max_length=40)
    name = models.CharField(_("文件名"), max_length=120)
    size = models.PositiveIntegerField(_("大小"), help_text="bytes kept")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    org = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("所属单位"))
    subject_kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    uploaded_by_kind = models.CharField(max_length=16)
    uploaded_by_id = models.BigIntegerField(null=True)
    uploaded_by_name = models.CharField(max_length=80)
    uploaded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="core_storedfile_subject"),
            models.Index(fields=["sha256"], name="core_storedfile_sha256"),
        ]

    def __str__(self) -> str:
        return self.name
