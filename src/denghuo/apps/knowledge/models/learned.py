"""Weights and classifiers that were trained here, with how good they are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import LearnedKind, LearnedState


class LearnedModel(models.Model):
    """One trained model (训练模型): ``artifact`` is what the engine reads back (numbers only, never code), ``card`` its
    data card: on what it was trained, on which frozen set it was measured, before and after.

    At most one of a kind is released; releasing another retires it. A released model is never changed.
    """

    event_subject_kind = "learned_model"

    kind = models.CharField(_("用途"), max_length=24, choices=LearnedKind)
    number = models.PositiveIntegerField(_("版本"))
    state = models.CharField(_("状态"), max_length=12, choices=LearnedState, default=LearnedState.CANDIDATE)
    artifact = models.BinaryField()
    card = models.JSONField(_("数据卡"), default=dict)
    trained_at = models.DateTimeField(_("训练时间"))
    trained_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("训练模型")
        ordering = ["kind", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="knowledge_learned_number"),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="released"), name="knowledge_learned_one_released"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
