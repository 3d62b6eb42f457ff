"""The graph as files: JSON of entities and statements, and rows of statements for a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.graph import queries, vocabulary
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation
from denghuo.core.actors import Actor


def _relations(actor: Actor) -> Any:
    seen = queries.entities(actor).values("pk")
    rows = GraphRelation.objects.filter(head__in=seen, tail__in=seen).select_related("head", "tail", "place", "org")
    return rows.order_by("head__code", "kind", "position", "pk")


def entity_json(row: GraphEntity) -> dict[str, Any]:
    """One entity as the API and the export give it."""
    return {
        "id": row.pk, "code": row.code, "kind": row.kind, "name": row.name, "aliases": row.aliases,
        "attributes": row.attributes, "note": row.note, "org": row.org.code if row.org else None,
        "valid_from": row.valid_from.isoformat(), "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "source": row.source, "trust": row.trust, "version": row.version, "active": row.active,
    }  # fmt: skip


def relation_json(row: GraphRelation) -> dict[str, Any]:
    """One statement as the API and the export give it."""
    return {
        "id": row.pk, "head": row.head.code, "kind": row.kind, "tail": row.tail.code,
        "place": row.place.code if row.place else None, "customer": row.customer, "voltage": row.voltage,
        "area": row.area, "condition": row.condition, "state": row.state, "org": row.org.code if row.org else None,
        "valid_from": row.valid_from.isoformat(), "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "source": row.source, "trust": row.trust, "version": row.version,
    }  # fmt: skip


def as_json(actor: Actor) -> dict[str, Any]:
    """All entities and statements that the actor may see. Two queries."""
    return {
        "entities": [entity_json(row) for row in queries.entities(actor).order_by("code")],
        "relations": [relation_json(row) for row in _relations(actor)],
    }


def heads() -> list[str]:
    """Headings of :func:`rows`, in the reader's language."""
    return [
        _("从"), _("关系"), _("到"), _("适用地区"), _("客户类别"), _("电压"), _("区域"), _("条件"), _("状态"), _("生效日"),
        _("失效日"), _("依据"), _("可信度"),
    ]  # fmt: skip


def rows(actor: Actor) -> Iterator[list[Any]]:
    """Statements in words. One query."""
    for row in _relations(actor):
        yield [
            row.head.name, vocabulary.relation_label(row.kind), row.tail.name, row.place.name if row.place else "",
            *(vocabulary.qualifier_label(name, getattr(row, name)) for name in vocabulary.QUALIFIERS),
            row.condition, row.get_state_display(), row.valid_from, row.valid_to, row.source, row.get_trust_display(),
        ]  # fmt: skip
