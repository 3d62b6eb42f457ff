"""Links between requests, matters told again and again, areas that lose their supply again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import OutageKind
from denghuo.apps.requests.linking import choices as c
from denghuo.core.scoping.models import OrgScoped


class RequestLink(models.Model):
    """``from_request`` has to do with ``to_request``. Kinds without a direction run from the later to the earlier one.

    Merging is not a link: a merged request stands under its master (``Request.master``).
    """

    from_request = models.ForeignKey("requests.Request", models.PROTECT, related_name="links_out")
    to_request = models.ForeignKey("requests.Request", models.PROTECT, related_name="links_in")
    kind = models.CharField(_("关联类型"), max_length=16, choices=c.LinkKind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note_id = models.BigIntegerField(null=True)
    score = models.FloatField(null=True, help_text="Likeness when it was found by the rule, 0 to 1")

    class Meta:
        app_label = "requests"
        verbose_name = _("关联诉求")
        constraints = [
            models.UniqueConstraint(fields=["from_request", "to_request", "kind"], name="requests_link_once"),
            models.CheckConstraint(
                condition=~models.Q(from_request=models.F("to_request")), name="requests_link_not_itself"
            ),
        ]


class RepeatedMatter(OrgScoped):
    """A matter a customer had to tell ``contacts`` times, kept at its first request; one row a kind."""

    request = models.ForeignKey("requests.Request", models.PROTECT, related_name="repeated")
    kind = models.CharField(_("类型"), max_length=12, choices=c.RepeatKind)
    contacts = models.PositiveSmallIntegerField(_("次数"))
    first_at = models.DateTimeField(_("首次来电"))
    at = models.DateTimeField(_("最近来电"))
    proposed_grade = models.CharField(_("建议等级"), max_length=12, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("重复诉求")
        constraints = [models.UniqueConstraint(fields=["request", "kind"], name="requests_repeated_once")]
        indexes = [models.Index(fields=["org", "-at"], name="requests_repeated_org")]


class FrequentOutageArea(OrgScoped):
    """A transformer area with so many outages in the window that policy calls them frequent (频繁停电).

    ``ended_on`` is set when the window no longer holds enough; the next time makes a new row.
    """

    transformer = models.ForeignKey("grid.Transformer", models.PROTECT, related_name="+")
    since = models.DateTimeField(_("列入时间"))
    times = models.PositiveSmallIntegerField(_("停电次数"))
    by_kind = models.JSONField(default=dict, help_text="Kind of outage → how often")
    causes = models.JSONField(default=list, help_text="[cause, how often], most frequent first")
    last_at = models.DateTimeField(_("最近停电"))
    band = models.CharField(_("程度"), max_length=10, choices=c.OutageBand)
    computed_at = models.DateTimeField()
    ended_on = models.DateTimeField(null=True, blank=True)

    @property
    def kinds_shown(self) -> list[tuple[str, int]]:
        """Kinds of outages with how often, most frequent first, in words."""
        labels = dict(OutageKind.choices)
        return [(str(labels.get(kind, kind)), n) for kind, n in sorted(self.by_kind.items(), key=lambda item: -item[1])]

    class Meta:
        app_label = "requests"
        verbose_name = _("频繁停电台区")
        constraints = [
            models.UniqueConstraint(
                fields=["transformer"], condition=models.Q(ended_on=None), name="requests_frequent_once"
            )
        ]
        indexes = [
            models.Index(fields=["org", "-times"], condition=models.Q(ended_on=None), name="requests_frequent_org")
        ]
