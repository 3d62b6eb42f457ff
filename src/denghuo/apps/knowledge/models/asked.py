"""What was asked of the base and what came of it; vectors of texts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import AskedBy, SearchOutcome
from denghuo.apps.knowledge.models.base import StandardQuestion
from denghuo.core.scoping.models import OrgUnit


class Asked(models.Model):
    """One question put to the base (提问记录), with what was returned and what became of it.

    ``text`` is kept without telephone numbers, account numbers, identity numbers and names
    (:func:`denghuo.engine.language.redaction.redact`); ``digest`` is the normalised text's, so that equal questions
    count together. ``chosen`` is the answer that was opened, clicked or sent; ``solved`` None as long as nobody said.
    """

    at = models.DateTimeField(_("时间"))
    by = models.CharField(_("提问方"), max_length=12, choices=AskedBy)
    channel = models.CharField(_("渠道"), max_length=16, blank=True)
    org = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位"))
    contact_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.CharField(_("提问"), max_length=200)
    digest = models.CharField(max_length=32)
    scene = models.CharField(max_length=16, blank=True, help_text="Narrowed to this scene by the asker")
    outcome = models.CharField(_("结果"), max_length=8, choices=SearchOutcome)
    confidence = models.FloatField(_("把握"), default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    chosen = models.ForeignKey(
        StandardQuestion, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("选用答案")
    )
    solved = models.BooleanField(_("已解决"), null=True, blank=True)
    transferred = models.BooleanField(_("转人工"), default=False)
    dissatisfied = models.BooleanField(_("不满意"), default=False)
    cluster_id = models.BigIntegerField(null=True, blank=True, db_index=True, help_text="Group of like questions")
    dealt_with = models.CharField(
        max_length=12, blank=True, help_text="What an editor made of it: new, similar, negative, ignored"
    )

    class Meta:
        verbose_name = _("提问记录")
        indexes = [
            models.Index(fields=["-at"], name="knowledge_asked_newest"),
            models.Index(fields=["digest"], name="knowledge_asked_digest"),
            models.Index(
                fields=["-at"], condition=models.Q(outcome="refuse", dealt_with=""), name="knowledge_asked_unanswered"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class AskedHit(models.Model):
    """One answer returned to a question, in its place: what hit and click rates per answer are counted from."""

    asked = models.ForeignKey(Asked, models.CASCADE, related_name="hits")
    question = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    score = models.FloatField()
    shown = models.BooleanField(default=True, help_text="The asker saw it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asked", "place"], name="knowledge_asked_place")]
        indexes = [models.Index(fields=["question", "asked"], name="knowledge_asked_question")]


class TextVector(models.Model):
    """The embedding of one text by one model: 8-bit numbers and their scale. A pure function of both, never changed."""

    model = models.CharField(max_length=40)
    digest = models.CharField(max_length=32)
    scale = models.FloatField()
    vector = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "digest"], name="knowledge_vector_once")]
