"""Editions: versions of a class tree, a scene template or a flow."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgUnit


class EditionState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    RELEASED = "released", _("已发布")
    WITHDRAWN = "withdrawn", _("已撤回")


class Edition(models.Model):
    """One version of a document: ``code`` says which, ``org`` whose (null: the whole company; the nearest unit wins).

    A draft may be changed; a released edition never: a later one takes its place from its ``valid_from`` on, and what was
    made under the earlier keeps pointing at it. Which edition is in force at a moment is the newest ``valid_from`` not
    after it among the released ones (``editions.in_force``).
    """

    org = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用单位")
    )
    code = models.CharField(_("代码"), max_length=60)
    number = models.PositiveIntegerField(_("版次"))
    label = models.CharField(_("名称"), max_length=80)
    state = models.CharField(_("状态"), max_length=12, choices=EditionState, default=EditionState.DRAFT)
    document = models.JSONField(_("内容"))
    valid_from = models.DateTimeField(_("生效时间"), null=True, blank=True)
    valid_to = models.DateTimeField(_("失效时间"), null=True, blank=True)
    note = models.CharField(_("修订说明"), max_length=300, blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)
    trust = models.CharField(_("可信标记"), max_length=8, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("编制时间"))
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(_("发布时间"), null=True)
    version = models.PositiveIntegerField(default=1)

    #: word for events, permissions and addresses
    kind: ClassVar[str]

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["org", "code", "number"], name="%(app_label)s_%(class)s_once", nulls_distinct=False
            ),
            models.UniqueConstraint(
                fields=["org", "code"],
                condition=models.Q(state="draft"),
                name="%(app_label)s_%(class)s_one_draft",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~models.Q(state="released") | models.Q(valid_from__isnull=False),
                name="%(app_label)s_%(class)s_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.number}"


class ClassTree(Edition):
    """A tree of classes: fault classes, fault causes, complaint classes, consulting topics, … (分类树)."""

    kind = "class_tree"

    class Meta(Edition.Meta):
        verbose_name = _("分类树")


class SceneTemplate(Edition):
    """What is asked, checked and said in one scene (一场景一模板)."""

    kind = "template"

    class Meta(Edition.Meta):
        verbose_name = _("场景模板")


class Flow(Edition):
    """The states of a type of request and the steps between them (流程)."""

    kind = "flow"

    class Meta(Edition.Meta):
        verbose_name = _("流程")


class DryRun(models.Model):
    """A draft of a flow tried on past requests. ``version`` is that of the draft it was made with: a later change of the
    draft makes it stale. ``result`` is what ``engine.flow.dryrun.Report.as_json`` gives, empty until it is done."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="dry_runs")
    version = models.PositiveIntegerField()
    since = models.DateTimeField(_("从"))
    until = models.DateTimeField(_("至"))
    most = models.PositiveIntegerField(_("最多条数"))
    job_id = models.BigIntegerField(null=True)
    result = models.JSONField(default=dict, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("发起时间"))
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("试运行")
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.flow} {self.made_at:%Y-%m-%d}"
