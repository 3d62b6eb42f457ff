"""Dialogues as editions, the recorded cases they are tried on, and what the robot did in each conversation."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.assistant.choices import CaseStyle, TalkResult
from denghuo.apps.catalogue.models import Edition
from denghuo.core.privacy.fields import EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class Dialogue(Edition):
    """What the robot says and asks in one matter (对话); the code ``main`` holds what all of them share."""

    kind = "dialogue"

    class Meta(Edition.Meta):
        verbose_name = _("对话")


class DialogueCase(models.Model):
    """A recorded talk that a dialogue must still pass before it is released (测试用例).

    ``turns`` is a list of ``{"say": …, "expect": {"code", "step", "slots", "acts", "says", "done"}}``; every part of
    ``expect`` may be left out. ``results`` says what functions answer: ``{"call": {"ok": true, "text": …}, …}``.
    No personal data: numbers and names in it are made up or taken out.
    """

    code = models.CharField(_("对话"), max_length=60)
    title = models.CharField(_("标题"), max_length=80)
    style = models.CharField(_("说法"), max_length=12, choices=CaseStyle, default=CaseStyle.PLAIN)
    turns = models.JSONField(_("轮次"))
    results = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    shipped = models.CharField(max_length=80, unique=True, null=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("编制时间"))
    from_talk = models.BigIntegerField(null=True, help_text="The talk it was taken from, its personal data taken out")

    class Meta:
        verbose_name = _("对话测试用例")
        ordering: ClassVar[list[str]] = ["code", "pk"]
        indexes = [models.Index(fields=["code"], condition=models.Q(active=True), name="assistant_case_code")]

    def __str__(self) -> str:
        return self.title


class CaseRun(models.Model):
    """The cases of a dialogue run on one version of an edition; a later change of the draft makes it stale."""

    dialogue = models.ForeignKey(Dialogue, models.CASCADE, related_name="runs")
    version = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    result = models.JSONField(default=list, help_text="[{case, title, passed, faults: [..]}]")
    overridden = models.CharField(_("放行原因"), max_length=300, blank=True)
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    run_at = models.DateTimeField(_("运行时间"))

    class Meta:
        verbose_name = _("用例运行")
        ordering: ClassVar[list[str]] = ["-pk"]


class RobotTalk(OrgScoped):
    """The robot's part in one conversation. ``state`` is where the talk stands (sealed: it holds what the customer gave);
    ``last_message_id`` the newest message it has answered, so that none is answered twice."""

    contact = models.OneToOneField("contacts.Contact", models.CASCADE, related_name="robot_talk")
    channel = models.CharField(_("渠道"), max_length=16)
    editions = models.JSONField(default=dict, help_text="Dialogue code -> edition it began with")
    state = EncryptedTextField(classification="note", blank=True, default="")
    last_message_id = models.BigIntegerField(default=0)
    codes = ArrayField(models.CharField(max_length=60), default=list, help_text="Dialogues it went through")
    turns = models.PositiveIntegerField(_("轮数"), default=0)
    refusals = models.PositiveIntegerField(_("未听懂"), default=0)
    answered = models.PositiveIntegerField(_("知识答复"), default=0)
    asked_ids = ArrayField(models.BigIntegerField(), default=list)
    result = models.CharField(_("结果"), max_length=16, choices=TalkResult, default=TalkResult.OPEN)
    reason = models.CharField(_("转人工原因"), max_length=20, blank=True)
    request_id = models.BigIntegerField(null=True)
    began_at = models.DateTimeField(_("开始时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("机器人会话")
        indexes = [
            models.Index(fields=["org", "-began_at"], name="assistant_talk_org"),
            models.Index(fields=["began_at"], condition=models.Q(result="open"), name="assistant_talk_open"),
        ]
