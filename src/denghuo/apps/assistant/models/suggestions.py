"""What was suggested to an agent, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SuggestionKind(models.TextChoices):
    """What is suggested."""

    ANSWER = "answer", _("推荐答案")
    STEP = "step", _("话术下一步")
    SIMILAR = "similar", _("相似诉求")
    SLOT = "slot", _("表单填写")


class SuggestionOutcome(models.TextChoices):
    """What the agent did with it."""

    OPEN = "open", _("未处理")
    ACCEPTED = "accepted", _("采用")
    EDITED = "edited", _("修改后采用")
    IGNORED = "ignored", _("未采用")


class Suggestion(models.Model):
    """One suggestion beside a conversation (坐席助手建议). Its text is not kept, only the digest of it.

    ``key`` names what is suggested, so that the same is offered once in a conversation: ``answer:12``, ``step:4.2``,
    ``similar:77``, ``slot:phone:<digest>``. ``sent_message_id`` is the message that went out with an accepted text.
    """

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, related_name="suggestions")
    kind = models.CharField(_("类型"), max_length=8, choices=SuggestionKind)
    key = models.CharField(max_length=64)
    message_id = models.BigIntegerField(help_text="The customer's message it was made for; 0: the subject")
    entry = models.ForeignKey("knowledge.StandardQuestion", models.SET_NULL, null=True, blank=True, related_name="+")
    asked_id = models.BigIntegerField(null=True, blank=True)
    script = models.ForeignKey("contacts.DeskScript", models.SET_NULL, null=True, blank=True, related_name="+")
    request_id = models.BigIntegerField(null=True, blank=True)
    slot = models.CharField(max_length=16, blank=True)
    digest = models.CharField(max_length=32)
    place = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(default=0)
    offered_at = models.DateTimeField(_("提出时间"))
    offered_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("坐席"))
    outcome = models.CharField(_("结果"), max_length=8, choices=SuggestionOutcome, default=SuggestionOutcome.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    sent_message_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("坐席助手建议")
        constraints = [models.UniqueConstraint(fields=["contact", "key"], name="assistant_suggested_once")]
        indexes = [
            models.Index(fields=["-offered_at"], name="assistant_suggested_newest"),
            models.Index(fields=["entry", "-offered_at"], name="assistant_suggested_entry"),
        ]

    def __str__(self) -> str:
        return self.key
