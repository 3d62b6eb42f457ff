"""The graph the product ships: ``seed/*.toml``, each entity with its statements and their sources."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction

from denghuo.apps.knowledge.choices import RelationState, Trust
from denghuo.apps.knowledge.graph.vocabulary import QUALIFIERS, SEED, entity_kinds, qualifiers, relation_kinds
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation, StandardQuestion

SHIPPED_FROM = dt.date(2024, 6, 1)  # the day from which the present supply rules (供电营业规则, 2024) are in force
TABLES = {"knowledge_graphentity", "knowledge_graphrelation", "knowledge_graphproposal", "knowledge_graphentityevent"}
NOT_GRAPHS = {"vocabulary.toml", "sources.toml"}
ENTITY_FIELDS = ("kind", "name", "aliases", "attributes", "note", "source", "trust", "valid_from")
RELATION_FIELDS = ("position", "source", "trust")


@dataclass(frozen=True)
class Said:
    """One shipped statement."""

    head: str
    kind: str
    tail: str
    place: str
    customer: str
    voltage: str
    area: str
    condition: str
    position: int
    source: str
    trust: str


def shipped() -> tuple[list[GraphEntity], list[Said], dict[str, list[str]]]:
    """Entities not saved, statements by codes, and the codes of answers by entity. Raises ValueError for a code used
    twice, an unknown kind, source or end, or a statement between kinds of things it cannot stand between.
    """
    sources = tomllib.loads((SEED / "sources.toml").read_text(encoding="utf-8"))
    given = [
        row
        for path in sorted(SEED.glob("*.toml"))
        if path.name not in NOT_GRAPHS
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["entity"]
    ]
    entities = {row["code"]: _entity(row, sources) for row in given}
    if len(entities) != len(given):
        codes = [row["code"] for row in given]
        raise ValueError(f"shipped twice: {sorted({code for code in codes if codes.count(code) > 1})}")
    said = [
        _said(row["code"], place, relation, entities, sources)
        for row in given
        for place, relation in enumerate(row.get("relations", ()))
    ]
    return list(entities.values()), said, {row["code"]: row["entries"] for row in given if row.get("entries")}


def _entity(row: dict[str, Any], sources: dict[str, Any]) -> GraphEntity:
    kind = entity_kinds()[row["kind"]]
    known = {attribute.name for attribute in kind.attributes}
    if not set(row.get("attributes", {})) <= known:
        raise ValueError(f"{row['code']}: attributes {set(row['attributes']) - known} are not in the vocabulary")
    return GraphEntity(
        code=row["code"],
        kind=kind.code,
        name=row["name"],
        aliases=row.get("aliases", []),
        attributes=row.get("attributes", {}),
        note=row.get("note", ""),
        source=sources[row["source"]]["text"],
        trust=Trust(sources[row["source"]]["trust"]),
        valid_from=SHIPPED_FROM,
    )


def _said(head: str, place: int, row: list[Any], entities: dict[str, GraphEntity], sources: dict[str, Any]) -> Said:
    kind, tail, source, *more = row
    given = more[0] if more else {}
    relation = relation_kinds()[kind]
    if tail not in entities or entities[head].kind not in relation.heads or entities[tail].kind not in relation.tails:
        raise ValueError(f"{head} {kind} {tail} cannot be said")
    for name in QUALIFIERS:
        if given.get(name) and given[name] not in qualifiers(name):
            raise ValueError(f"{head} {kind} {tail}: {name} {given[name]}")
    if given.get("place") and entities[given["place"]].kind != "place":
        raise ValueError(f"{head} {kind} {tail}: {given['place']} is no place")
    return Said(
        head, kind, tail, given.get("place", ""), given.get("customer", ""), given.get("voltage", ""),
        given.get("area", ""), given.get("if", ""), place, sources[source]["text"],
        given.get("trust", sources[source]["trust"]),
    )  # fmt: skip


def sync_graph() -> int:
    """Write shipped entities and statements that are missing or outdated; give how many. What a person edited, added or
    withdrew is never touched; shipped statements that the product no longer makes are withdrawn.
    """
    with transaction.atomic():
        entities, said, entries = shipped()
        changed, by_code = _sync_entities(entities)
        changed += _sync_relations(said, by_code)
        _link_entries(entries, by_code)
    return changed


def _sync_entities(wanted: list[GraphEntity]) -> tuple[int, dict[str, GraphEntity]]:
    present = {row.code: row for row in GraphEntity.objects.select_for_update()}
    fresh = [entity for entity in wanted if entity.code not in present]
    GraphEntity.objects.bulk_create(fresh)
    changed = len(fresh)
    for entity in wanted:
        row = present.get(entity.code)
        if row is None or row.edited_at is not None or all(_same(row, entity, f) for f in ENTITY_FIELDS):
            continue
        for name in ENTITY_FIELDS:
            setattr(row, name, getattr(entity, name))
        row.save()
        changed += 1
    return changed, present | {entity.code: entity for entity in fresh}


def _same(row: Any, other: Any, field: str) -> bool:
    return bool(getattr(row, field) == getattr(other, field))


def _sync_relations(said: list[Said], by_code: dict[str, GraphEntity]) -> int:
    rows = GraphRelation.objects.select_for_update().filter(org=None, valid_from=SHIPPED_FROM)
    present = {_key(row): row for row in rows}
    shipped_keys = set()
    fresh, changed = [], 0
    for one in said:
        place = by_code[one.place].pk if one.place else None
        key = (
            by_code[one.head].pk, one.kind, by_code[one.tail].pk, place, one.customer, one.voltage, one.area,
            one.condition,
        )  # fmt: skip
        shipped_keys.add(key)
        row = present.get(key)
        if row is None:
            fresh.append(
                GraphRelation(
                    head_id=key[0], kind=one.kind, tail_id=key[2], place_id=place, customer=one.customer,
                    voltage=one.voltage, area=one.area, condition=one.condition, position=one.position,
                    source=one.source, trust=Trust(one.trust), valid_from=SHIPPED_FROM,
                )
            )  # fmt: skip
        elif row.edited_at is None and not all(_same(row, one, f) for f in RELATION_FIELDS):
            for name in RELATION_FIELDS:
                setattr(row, name, getattr(one, name))
            row.save()
            changed += 1
    GraphRelation.objects.bulk_create(fresh)
    gone = [row for key, row in present.items() if key not in shipped_keys and _as_shipped(row)]
    for row in gone:
        row.state = RelationState.WITHDRAWN
        row.save()
    return changed + len(fresh) + len(gone)


def _as_shipped(row: GraphRelation) -> bool:
    return row.edited_at is None and row.state == RelationState.CONFIRMED


def _key(row: GraphRelation) -> tuple[Any, ...]:
    return (row.head_id, row.kind, row.tail_id, row.place_id, row.customer, row.voltage, row.area, row.condition)


def _link_entries(entries: dict[str, list[str]], by_code: dict[str, GraphEntity]) -> None:
    """Answers by their codes; one that is not there is left out, as answers may be withdrawn."""
    wanted = {code for codes in entries.values() for code in codes}
    answers = dict(StandardQuestion.objects.filter(code__in=wanted).values_list("code", "pk"))
    through = GraphEntity.entries.through
    through.objects.bulk_create(
        [
            through(graphentity_id=by_code[entity].pk, standardquestion_id=answers[code])
            for entity, codes in entries.items()
            for code in codes
            if code in answers
        ],
        ignore_conflicts=True,
    )


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration and the tables are not there yet."""
    if using == "default" and set(connections[using].introspection.table_names()) >= TABLES:
        sync_graph()
