"""What stands around the call-backs: wishes, scripts, campaigns, corrections, improvement items."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.catalogue.models import Edition
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests.callbacks import choices as c
from denghuo.core.privacy.fields import EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class CallWish(models.Model):
    """What a caller asked for about our call: none at all, not before a time, only between two times of the day."""

    request = models.OneToOneField("requests.Request", models.CASCADE, related_name="call_wish")
    no_reply = models.BooleanField(_("无需回复"), default=False)
    not_before = models.DateTimeField(_("最早回访时间"), null=True, blank=True)
    window_from = models.TimeField(_("希望时段起"), null=True, blank=True)
    window_to = models.TimeField(_("希望时段止"), null=True, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("回访意愿")


class CallScript(Edition):
    """What is said and asked on a call: opening, questions with their branches, closing. An edition like a flow's."""

    kind = "call_script"

    class Meta(Edition.Meta):
        app_label = "requests"
        verbose_name = _("回访脚本")


class Campaign(OrgScoped):
    """A list of calls beyond those every round of work requires: storm after-care, special groups, a sample.

    ``org`` bounds whom it reaches. The filter (types, class, area, the days in which requests were filed, or their
    numbers) is applied once, by a job that walks the requests by id: ``reached`` is how far it has come, so that an
    interrupted job goes on where it was. ``share`` draws a part of the matches by their ids, the same part each time.
    """

    name = models.CharField(_("任务名称"), max_length=60)
    state = models.CharField(_("状态"), max_length=12, choices=c.CampaignState, default=c.CampaignState.DRAFT)
    types = models.JSONField(_("业务类型"), default=list)
    class_code = models.CharField(_("分类"), max_length=80, blank=True)
    area_type = models.CharField(_("地域"), max_length=8, choices=AreaType, blank=True)
    filed_from = models.DateTimeField(_("归档时间起"), null=True, blank=True)
    filed_to = models.DateTimeField(_("归档时间止"), null=True, blank=True)
    numbers = models.JSONField(_("指定诉求"), default=list, help_text="numbers of requests; empty: by the filter")
    share = models.PositiveSmallIntegerField(_("抽取比例"), default=100, help_text="percent")
    script_code = models.CharField(_("回访脚本"), max_length=60)
    priority = models.PositiveSmallIntegerField(_("优先级"), default=7, help_text="1 first … 9 last")
    window_from = models.TimeField(_("每日时段起"), null=True, blank=True)
    window_to = models.TimeField(_("每日时段止"), null=True, blank=True)
    planned = models.PositiveIntegerField(_("已生成"), default=0)
    matched = models.PositiveIntegerField(_("符合条件"), default=0)
    reached = models.BigIntegerField(default=0)
    job_id = models.BigIntegerField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("创建时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("回访任务")
        indexes = [models.Index(fields=["org", "-made_at"], name="requests_campaign_newest")]

    def __str__(self) -> str:
        return self.name


class Correction(OrgScoped):
    """What the crew wrote and what the customer said do not agree: the unit corrects the ticket or upholds it."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="corrections")
    call_back = models.OneToOneField("requests.CallBack", models.PROTECT, related_name="correction")
    state = models.CharField(_("状态"), max_length=12, choices=c.CorrectionState, default=c.CorrectionState.OPEN)
    aspects = models.JSONField(_("不一致之处"), default=list)
    said = EncryptedTextField(_("客户表述"), classification="note", blank=True, default="")
    due_at = models.DateTimeField(_("更正期限"))
    was_result = EncryptedTextField(_("原处理结果"), classification="note", blank=True, default="")
    explanation = EncryptedTextField(_("更正说明"), classification="note", blank=True, default="")
    upheld = models.BooleanField(_("核实后维持原内容"), null=True)
    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)
    opened_at = models.DateTimeField(_("提出时间"))
    corrected_at = models.DateTimeField(_("更正时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("内容更正")
        indexes = [
            models.Index(fields=["org", "due_at"], condition=~models.Q(state="closed"), name="requests_correction_open")
        ]


class ImprovementItem(OrgScoped):
    """What must change because a customer was dissatisfied. ``org`` is where it happened, ``owner`` who puts it right.

    One open item a request: a second dissatisfied call sends the same item back instead of raising another.
    """

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="improvements")
    call_back = models.ForeignKey("requests.CallBack", models.PROTECT, related_name="+")
    verified_by = models.ForeignKey("requests.CallBack", models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("状态"), max_length=12, choices=c.ImprovementState, default=c.ImprovementState.OPEN)
    cause_class = models.CharField(_("原因类别"), max_length=12, choices=c.ImprovementClass, blank=True)
    owner = models.ForeignKey("core.OrgUnit", models.PROTECT, null=True, related_name="+", verbose_name=_("责任单位"))
    due_on = models.DateField(_("完成期限"), null=True, blank=True)
    said = EncryptedTextField(_("客户意见"), classification="note", blank=True, default="")
    measure = models.TextField(_("整改措施"), max_length=2000, blank=True)
    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)
    raised_at = models.DateTimeField(_("提出时间"))
    measured_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(_("客户确认时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("整改事项")
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=~models.Q(state="closed"), name="requests_improvement_one_open"
            )
        ]
        indexes = [models.Index(fields=["org", "state", "due_on"], name="requests_improvement_state")]
