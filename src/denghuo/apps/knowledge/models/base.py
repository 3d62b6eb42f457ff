"""Standard questions and answers, and what agents did with them."""

from __future__ import annotations

import datetime as dt

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import Kind, Life, Scene, Trust, Use
from denghuo.core.scoping.models import OrgUnit


@pghistory.track(exclude=["search_text"])
class StandardQuestion(models.Model):
    """One question of the trade (标准问), or an article, with what is told of it, where and how long it holds.

    The row is what is published; until the first publication it holds the first draft and is not ``active``. What is
    being written stands in its revisions (:class:`~denghuo.apps.knowledge.models.review.Revision`).

    ``org`` null holds everywhere; else for the unit and all below it. ``base`` is the answer that this one replaces
    there, so a province can write its own without touching what all share. ``search_text`` is made from the
    questions whenever they change; only the lists of editors read it.
    """

    event_subject_kind = "standard_question"

    code = models.CharField(_("编码"), max_length=48, unique=True)
    kind = models.CharField(_("类型"), max_length=8, choices=Kind, default=Kind.QA)
    life = models.CharField(_("发布状态"), max_length=12, choices=Life, default=Life.PUBLISHED)
    scene = models.CharField(_("场景"), max_length=16, choices=Scene)
    org = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用单位")
    )
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="local_versions")
    question = models.CharField(_("标准问"), max_length=120)
    answer = models.TextField(_("答案"), max_length=20000, help_text="An article's is Markdown")
    similar = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("相似问"))
    negative = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("反例问"))
    valid_from = models.DateField(_("生效日"))
    valid_to = models.DateField(_("失效日"), null=True, blank=True, help_text="Last day on which it holds")
    source = models.CharField(_("依据"), max_length=300)
    trust = models.CharField(_("可信度"), max_length=1, choices=Trust)
    varies = models.BooleanField(_("各地不同"), default=False)
    public = models.BooleanField(_("可发给客户"), default=True)
    tags = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("标签"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("负责人")
    )
    review_months = models.PositiveSmallIntegerField(_("复审周期"), default=0, help_text="Months; 0: never due")
    next_review_on = models.DateField(_("下次复审"), null=True, blank=True)
    active = models.BooleanField(_("在用"), default=True)
    position = models.PositiveSmallIntegerField(_("次序"), default=0)
    version = models.PositiveIntegerField(_("版本"), default=1)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True, help_text="Null: as the product ships it")
    search_text = models.TextField(default="", editable=False)

    class Meta:
        verbose_name = _("标准问")
        ordering = ["scene", "position", "pk"]
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="knowledge_letters"),
            models.Index(fields=["scene", "position"], name="knowledge_scene"),
            models.Index(fields=["next_review_on"], condition=models.Q(life="published"), name="knowledge_review_due"),
            models.Index(
                fields=["valid_to"], condition=models.Q(valid_to__isnull=False, active=True), name="knowledge_ending"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="knowledge_ends_after_it_begins",
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
            ),
            models.UniqueConstraint(
                fields=["base", "org"], condition=models.Q(active=True), name="knowledge_one_local_version"
            ),
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def questions(self) -> tuple[str, ...]:
        """The standard question and the similar ones."""
        return (self.question, *self.similar)

    def holds_on(self, day: dt.date) -> bool:
        """Whether it may be used on ``day``."""
        return self.active and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class KnowledgeUse(models.Model):
    """An agent opened an answer, put it into a reply or sent its link; what was asked is not kept."""

    question = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="uses")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    how = models.CharField(max_length=12, choices=Use)
    contact_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["staff", "-at"], name="knowledge_use_staff"),
            models.Index(fields=["-at"], name="knowledge_use_newest"),
        ]
