"""Important service matters filed ahead (重要服务事项报备), so that agents explain instead of making requests."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import FilingReason, FilingState
from denghuo.apps.grid.models.supply import Transformer
from denghuo.core.scoping.models import OrgScoped


class ServiceFiling(OrgScoped):
    """What a unit tells the centre ahead: where, when, why, and what agents are to say.

    Without transformers it covers the whole unit. ``answers`` True: calls about it of the types in ``request_types`` (none:
    of all types) are answered on the spot and no request is made.
    """

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(_("标题"), max_length=80)
    reason = models.CharField(_("报备类型"), max_length=16, choices=FilingReason)
    area_text = models.CharField(_("涉及区域"), max_length=300, blank=True)
    transformers = models.ManyToManyField(Transformer, related_name="filings", blank=True)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    script = models.TextField(_("答复口径"))
    answers = models.BooleanField(_("解释答复，不再派单"), default=False)
    request_types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=FilingState, default=FilingState.SUBMITTED)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    entered_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("审核意见"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("重要服务事项报备")
        indexes = [
            models.Index(fields=["ends_at"], condition=models.Q(state="approved"), name="grid_filing_in_force"),
            models.Index(fields=["org", "-starts_at"], name="grid_filing_org"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="grid_filing_ends_after")
        ]


class FilingSuspension(OrgScoped):
    """A unit that may not file for a while, because something it filed was untrue."""

    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(_("原因"), max_length=200)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("暂停报备权限")
