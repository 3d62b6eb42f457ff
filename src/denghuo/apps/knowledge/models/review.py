"""How an entry comes to be published: revisions, the mark of who is editing, comments, imports, checks of the base."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import CheckKind, ImportStage, PairState, Stage
from denghuo.apps.knowledge.models.base import StandardQuestion
from denghuo.core.scoping.models import OrgUnit

STAFF = settings.AUTH_USER_MODEL
OPEN_STAGES = ("draft", "in_review", "approved", "scheduled")


class Revision(models.Model):
    """One version of an entry (修订): its whole content, who wrote it, who looked at it, and what became of it.

    ``content`` holds the fields of :class:`~denghuo.apps.knowledge.actions.writing.Draft` as JSON. ``edits`` counts the
    times a draft was saved, so that a second editor who began earlier is told. What was published is never changed
    again. At most one revision of an entry is under way.
    """

    event_subject_kind = "knowledge_revision"

    entry = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("版本"))
    state = models.CharField(_("状态"), max_length=12, choices=Stage, default=Stage.DRAFT)
    content = models.JSONField(_("内容"))
    edits = models.PositiveIntegerField(default=1)
    restored_from = models.PositiveIntegerField(null=True, blank=True, help_text="Number of the version brought back")
    author = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("作者"))
    note = models.CharField(_("修改说明"), max_length=300, blank=True)
    written_at = models.DateTimeField(_("保存时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    reviewer = models.ForeignKey(
        STAFF, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审核人")
    )
    review_note = models.CharField(_("审核意见"), max_length=300, blank=True)
    reviewed_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    publisher = models.ForeignKey(
        STAFF, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发布人")
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("修订")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="knowledge_revision_number"),
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(state="published"), name="knowledge_revision_one_published"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(state__in=OPEN_STAGES), name="knowledge_revision_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-written_at"], name="knowledge_revision_state"),
            models.Index(fields=["author", "state"], name="knowledge_revision_author"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} v{self.number}"


class EditLock(models.Model):
    """Who has an entry open for editing: a courtesy to others, not a bar. It lapses when its holder goes silent."""

    entry = models.OneToOneField(StandardQuestion, models.CASCADE, related_name="edit_lock")
    holder = models.ForeignKey(STAFF, models.CASCADE, related_name="+", verbose_name=_("编辑人"))
    since = models.DateTimeField(_("开始时间"))
    seen_at = models.DateTimeField(_("最近心跳"))


class Comment(models.Model):
    """A remark of a colleague on an entry, or an answer to one; ``resolved_at`` closes the thread."""

    entry = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    number = models.PositiveIntegerField(_("所评版本"))
    author = models.ForeignKey(STAFF, models.PROTECT, related_name="+", verbose_name=_("作者"))
    text = models.CharField(_("内容"), max_length=500)
    at = models.DateTimeField(_("时间"))
    resolved_at = models.DateTimeField(_("解决时间"), null=True, blank=True)
    resolved_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["entry", "at"], name="knowledge_comment_entry")]

    def __str__(self) -> str:
        return self.text


class KnowledgeImport(models.Model):
    """A document or table taken in: read, looked at by a person, made into drafts.

    ``data`` is the file, kept until it has been read. Nothing of it enters the base before somebody confirms.
    """

    event_subject_kind = "knowledge_import"

    client_id = models.UUIDField(unique=True)
    file_name = models.CharField(_("文件名"), max_length=120)
    format = models.CharField(_("格式"), max_length=8)
    data = models.BinaryField(null=True, editable=False)
    org = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位"))
    scene = models.CharField(_("默认场景"), max_length=16, blank=True)
    source = models.CharField(_("默认依据"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=ImportStage, default=ImportStage.READING)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    job_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(STAFF, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    at = models.DateTimeField(_("上传时间"))
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("知识导入")
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"], name="knowledge_import_newest")]

    def __str__(self) -> str:
        return self.file_name


class ImportItem(models.Model):
    """One entry found in an imported file; ``problems`` is a list of ``[code, weight, text]``, weight error or warn."""

    batch = models.ForeignKey(KnowledgeImport, models.CASCADE, related_name="items")
    place = models.PositiveIntegerField(_("序号"))
    content = models.JSONField()
    problems = models.JSONField(default=list)
    skipped = models.BooleanField(_("跳过"), default=False)
    like = models.ForeignKey(StandardQuestion, models.SET_NULL, null=True, blank=True, related_name="+")
    entry = models.ForeignKey(StandardQuestion, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["batch", "place"], name="knowledge_import_place")]

    @property
    def wrong(self) -> bool:
        """Whether it cannot be taken in as it is."""
        return any(problem[1] == "error" for problem in self.problems)


class DuplicatePair(models.Model):
    """Two wordings that say nearly the same (疑似重复). Decided once, remembered as long as both stand."""

    event_subject_kind = "knowledge_pair"

    left = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="+")
    left_text = models.CharField(max_length=120)
    right = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="+")
    right_text = models.CharField(max_length=120)
    score = models.FloatField(_("相似度"))
    digest = models.CharField(max_length=32, unique=True, help_text="Of both entries and both wordings")
    state = models.CharField(_("状态"), max_length=12, choices=PairState, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-score"], name="knowledge_pair_state")]


class BaseCheck(models.Model):
    """One run through the whole base: how many wordings were looked at and how many stood out."""

    event_subject_kind = "knowledge_check"

    kind = models.CharField(max_length=12, choices=CheckKind)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    job_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    total = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["kind", "-started_at"], name="knowledge_check_newest")]


class WordingMiss(models.Model):
    """A wording that did not find its own entry first in a self test; ``other`` is what stood first, if anything."""

    check_run = models.ForeignKey(BaseCheck, models.CASCADE, related_name="misses")
    entry = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="+")
    wording = models.CharField(max_length=120)
    other = models.ForeignKey(StandardQuestion, models.SET_NULL, null=True, blank=True, related_name="+")
