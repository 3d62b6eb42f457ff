"""What the base is taught by its use: questions it could not answer, their groups, what agents typed, the frozen set."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.learning.choices import ClusterState, Decision, Origin, ProposedState, RunState
from denghuo.apps.knowledge.models.base import StandardQuestion
from denghuo.apps.knowledge.models.learned import LearnedModel

STAFF = settings.AUTH_USER_MODEL


class QuestionCluster(models.Model):
    """Questions that seem to ask the same and that the base does not answer (待处理问题组). A proposal to an editor.

    It keeps its number while questions join. ``title`` is the question nearest to all others, ``words`` what is typical
    of it, ``times`` how often its questions were asked.
    """

    event_subject_kind = "question_cluster"

    state = models.CharField(_("状态"), max_length=8, choices=ClusterState, default=ClusterState.OPEN)
    title = models.CharField(_("问题"), max_length=200)
    words = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("关键词"))
    size = models.PositiveIntegerField(_("问法"), default=0)
    times = models.PositiveIntegerField(_("次数"), default=0)
    first_at = models.DateTimeField(_("首次"))
    last_at = models.DateTimeField(_("最近"))
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("待处理问题组")
        indexes = [models.Index(fields=["state", "-times", "-last_at"], name="knowledge_cluster_work")]

    def __str__(self) -> str:
        return self.title


class UnknownQuestion(models.Model):
    """One wording the base did not answer (未解问法), once per digest, with what an editor decided of it.

    A wording that was decided never returns to the work list, however often it is asked again. ``weeks`` counts how often
    it was asked, by ISO week (2026-W47).
    """

    digest = models.CharField(max_length=32, unique=True)
    text = models.CharField(_("问法"), max_length=200)
    origin = models.CharField(_("来源"), max_length=8, choices=Origin)
    times = models.PositiveIntegerField(_("次数"), default=0)
    weeks = models.JSONField(default=dict)
    first_at = models.DateTimeField(_("首次"))
    last_at = models.DateTimeField(_("最近"))
    cluster = models.ForeignKey(QuestionCluster, models.SET_NULL, null=True, blank=True, related_name="members")
    decision = models.CharField(_("处理"), max_length=12, choices=Decision, blank=True)
    entry = models.ForeignKey(StandardQuestion, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    decided_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("未解问法")
        ordering = ["-times", "pk"]
        indexes = [
            models.Index(fields=["cluster"], condition=models.Q(decision=""), name="knowledge_unknown_open"),
            models.Index(fields=["last_at"], name="knowledge_unknown_last"),
        ]

    def __str__(self) -> str:
        return self.text


class MinedOnce(models.Model):
    """How far the texts of one source have been read for gaps: the key of the last subject looked at."""

    source = models.CharField(max_length=16, unique=True)
    last_id = models.BigIntegerField(default=0)
    read = models.PositiveBigIntegerField(default=0)
    found = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(null=True)


class Sighting(models.Model):
    """One unanswered wording in one conversation or request: what counts are made of, and what makes reading twice
    harmless."""

    unknown = models.ForeignKey(UnknownQuestion, models.CASCADE, related_name="sightings")
    origin = models.CharField(max_length=8, choices=Origin)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unknown", "origin", "subject_id"], name="knowledge_sighting_once")
        ]


class TypedAnswer(models.Model):
    """What agents wrote by hand when a wording was asked (坐席手写答复): a draft for a reviewer, never used by itself."""

    unknown = models.ForeignKey(UnknownQuestion, models.CASCADE, related_name="typed")
    digest = models.CharField(max_length=32)
    text = models.CharField(_("答复"), max_length=1000)
    contacts = ArrayField(models.BigIntegerField(), default=list)
    times = models.PositiveIntegerField(_("次数"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=ProposedState, default=ProposedState.OPEN)
    last_at = models.DateTimeField(_("最近"))

    class Meta:
        ordering = ["-times", "-last_at"]
        constraints = [models.UniqueConstraint(fields=["unknown", "digest"], name="knowledge_typed_once")]


class FrozenCase(models.Model):
    """One question of the frozen set (冻结测评集) with the answer that is right, or none for a question to refuse.

    Models are measured on it and never trained on it.
    """

    event_subject_kind = "frozen_case"

    text = models.CharField(_("问题"), max_length=200)
    digest = models.CharField(max_length=32, unique=True)
    code = models.CharField(_("应答条目"), max_length=48, blank=True, help_text="Code of the entry; empty: refuse")
    shipped = models.BooleanField(default=False)
    active = models.BooleanField(_("在用"), default=True)
    added_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("测评题")
        ordering = ["code", "pk"]

    def __str__(self) -> str:
        return self.text


class TrainingRun(models.Model):
    """One training (训练): when, by whom, what came of it."""

    event_subject_kind = "training_run"

    kind = models.CharField(_("用途"), max_length=24)
    state = models.CharField(_("状态"), max_length=10, choices=RunState, default=RunState.WAITING)
    job_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发起人"))
    asked_at = models.DateTimeField(_("发起时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    model = models.ForeignKey(LearnedModel, models.SET_NULL, null=True, blank=True, related_name="runs")
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("训练")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["kind", "-asked_at"], name="knowledge_training_newest")]
