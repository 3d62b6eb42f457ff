"""Policy values."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgUnit


class TrustMark(models.TextChoices):
    """How sure the source is, as the trade facts are marked."""

    SOURCED = "S", _("来源可靠")
    WEAK = "W", _("来源较弱，请核对")
    KNOWN = "K", _("行业通行，请核对")
    DOUBTFUL = "K?", _("存疑，默认停用")
    OWN = "D", _("本系统推定")
    LOCAL = "L", _("本单位规定")


class PolicyValue(models.Model):
    """One value of a policy for an org subtree over a stretch of time.

    The nearest unit up the tree that has a value in force wins. Two values of one key for one unit never overlap in
    time: an exclusion constraint says so, not only the code.
    """

    key = models.CharField(_("策略"), max_length=80, db_index=True)
    org = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用单位")
    )
    valid = DateTimeRangeField(_("有效期"))
    value = models.JSONField(_("取值"))
    source = models.CharField(_("来源"), max_length=300)
    trust = models.CharField(_("可信标记"), max_length=2, choices=TrustMark, default=TrustMark.LOCAL)
    note = models.TextField(_("说明"), blank=True)
    approver_id = models.BigIntegerField(null=True)
    approver_name = models.CharField(_("批准人"), max_length=80, blank=True)
    shipped = models.BooleanField(default=False, help_text="Loaded from the product's own defaults")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="core_policyvalue_no_overlap",
                expressions=[
                    (models.F("key"), RangeOperators.EQUAL),
                    (
                        models.functions.Coalesce(models.F("org"), models.Value(0, models.BigIntegerField())),
                        RangeOperators.EQUAL,
                    ),
                    (models.F("valid"), RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}@{self.org_id or '*'}"
