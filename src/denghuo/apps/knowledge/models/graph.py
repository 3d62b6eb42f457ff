"""The knowledge graph: what there is in the trade, how it hangs together, and what texts propose to add."""

from __future__ import annotations

import datetime as dt

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import ProposalState, RelationState, Trust
from denghuo.apps.knowledge.models.base import StandardQuestion
from denghuo.core.scoping.models import OrgUnit


class Valid(models.Model):
    """What every statement of the graph carries: for which unit, from when to when, from where, how sure."""

    org = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用单位")
    )
    valid_from = models.DateField(_("生效日"))
    valid_to = models.DateField(_("失效日"), null=True, blank=True, help_text="Last day on which it holds")
    source = models.CharField(_("依据"), max_length=300)
    trust = models.CharField(_("可信度"), max_length=1, choices=Trust)
    version = models.PositiveIntegerField(_("版本"), default=1)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True, help_text="Null: as the product ships it")

    class Meta:
        abstract = True

    def within(self, day: dt.date) -> bool:
        """Whether ``day`` lies between its first and its last day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@pghistory.track()
class GraphEntity(Valid):
    """One thing of the trade (知识图谱实体): a business, a material, a price band, a clause, a place …

    ``kind`` and the ``attributes`` that a kind has are data: ``graph/seed/vocabulary.toml``. ``org`` null holds
    everywhere; ``base`` is the entity that this one replaces for its unit and all below. ``entries`` are the answers that
    tell of it.
    """

    event_subject_kind = "graph_entity"

    code = models.CharField(_("编码"), max_length=64, unique=True)
    kind = models.CharField(_("类型"), max_length=16)
    name = models.CharField(_("名称"), max_length=80)
    aliases = ArrayField(models.CharField(max_length=80), default=list, blank=True, verbose_name=_("别名"))
    attributes = models.JSONField(_("属性"), default=dict, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="local_versions")
    entries = models.ManyToManyField(StandardQuestion, related_name="graph_entities", blank=True)
    active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("图谱实体")
        ordering = ["kind", "pk"]
        indexes = [
            models.Index(fields=["kind", "name"], name="knowledge_graph_kind"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="knowledge_graph_name"),
        ]
        constraints = [
            models.CheckConstraint(
                name="knowledge_graph_entity_ends",
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
            ),
            models.UniqueConstraint(
                fields=["base", "org"], condition=models.Q(active=True), name="knowledge_graph_one_local"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class GraphRelation(Valid):
    """One statement (关系): ``head`` stands in ``kind`` to ``tail``, under the qualifiers.

    ``place`` limits it to a place and all that is part of it; ``customer``, ``voltage`` and ``area`` to those; an empty
    qualifier means any. ``condition`` says in words when it applies. What is withdrawn stays as a row and is told to nobody.
    """

    event_subject_kind = "graph_relation"

    head = models.ForeignKey(GraphEntity, models.PROTECT, related_name="out_relations", verbose_name=_("从"))
    kind = models.CharField(_("关系"), max_length=16)
    tail = models.ForeignKey(GraphEntity, models.PROTECT, related_name="in_relations", verbose_name=_("到"))
    place = models.ForeignKey(
        GraphEntity, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用地区")
    )
    customer = models.CharField(_("客户类别"), max_length=12, blank=True)
    voltage = models.CharField(_("电压"), max_length=12, blank=True)
    area = models.CharField(_("区域"), max_length=12, blank=True)
    condition = models.CharField(_("条件"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(_("次序"), default=0)
    state = models.CharField(_("状态"), max_length=12, choices=RelationState, default=RelationState.CONFIRMED)
    entry = models.ForeignKey(StandardQuestion, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("图谱关系")
        ordering = ["head_id", "kind", "position", "pk"]
        indexes = [
            models.Index(fields=["head", "kind"], name="knowledge_graph_out"),
            models.Index(fields=["tail", "kind"], name="knowledge_graph_in"),
        ]
        constraints = [
            models.CheckConstraint(
                name="knowledge_graph_relation_ends",
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
            ),
            models.CheckConstraint(name="knowledge_graph_no_loop", condition=~models.Q(head=models.F("tail"))),
            models.UniqueConstraint(
                fields=[
                    "head",
                    "kind",
                    "tail",
                    "place",
                    "customer",
                    "voltage",
                    "area",
                    "condition",
                    "org",
                    "valid_from",
                ],
                condition=~models.Q(state="withdrawn"),
                nulls_distinct=False,
                name="knowledge_graph_said_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.head_id} {self.kind} {self.tail_id}"


class GraphProposal(models.Model):
    """A statement read out of a published answer (抽取建议), for a person to confirm, correct or reject.

    ``tail`` null proposes a new entity of ``tail_kind`` named ``tail_name``. ``digest`` is the statement's and the
    sentence's: what was rejected is never proposed again, and one sentence proposes a statement once.
    """

    event_subject_kind = "graph_proposal"

    entry = models.ForeignKey(StandardQuestion, models.CASCADE, related_name="+", verbose_name=_("出处"))
    sentence = models.CharField(_("原句"), max_length=500)
    head = models.ForeignKey(GraphEntity, models.CASCADE, related_name="+")
    head_start = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Null: not said in the sentence")
    head_end = models.PositiveSmallIntegerField(null=True, blank=True)
    kind = models.CharField(_("关系"), max_length=16)
    tail = models.ForeignKey(GraphEntity, models.CASCADE, null=True, blank=True, related_name="+")
    tail_kind = models.CharField(max_length=16)
    tail_name = models.CharField(max_length=80)
    tail_start = models.PositiveSmallIntegerField()
    tail_end = models.PositiveSmallIntegerField()
    pattern = models.CharField(max_length=24)
    confidence = models.FloatField(_("把握"))
    digest = models.CharField(max_length=32, unique=True)
    state = models.CharField(_("状态"), max_length=12, choices=ProposalState, default=ProposalState.PROPOSED)
    relation = models.ForeignKey(GraphRelation, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("图谱抽取建议")
        indexes = [
            models.Index(
                fields=["-confidence", "id"],
                condition=models.Q(state="proposed"),
                name="knowledge_graph_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.head_id} {self.kind} {self.tail_name}"
