"""What is wrong with the rows of a table of the graph, and what the graph holds already."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import RelationState, Trust
from denghuo.apps.knowledge.graph.actions import EntityDraft, RelationDraft, fill_entity
from denghuo.apps.knowledge.graph.imports import sheet
from denghuo.apps.knowledge.graph.vocabulary import QUALIFIERS, entity_kinds, qualifiers, relation_kinds
from denghuo.apps.knowledge.imports.sheet import iso_day
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation, ImportItem, KnowledgeImport
from denghuo.core.errors import InvalidInput

ERROR, WARN = "error", "warn"
Problem = list[str]


class Known:
    """The graph as the rows of one file meet it: what is in use, and what the file itself adds. Two queries."""

    def __init__(self, batch: KnowledgeImport) -> None:
        self.batch = batch
        rows = GraphEntity.objects.filter(active=True).filter(org=None) | GraphEntity.objects.filter(
            active=True, org=batch.org
        )
        self.by_name: dict[str, list[GraphEntity]] = defaultdict(list)
        self.by_alias: dict[str, list[GraphEntity]] = defaultdict(list)
        for row in rows.distinct():
            self.by_name[row.name].append(row)
            self.by_name[row.code].append(row)
            for alias in row.aliases:
                self.by_alias[alias].append(row)
        said = GraphRelation.objects.exclude(state=RelationState.WITHDRAWN).filter(org=batch.org)
        self.said = {(one.head_id, one.kind, one.tail_id, *_rest(one)): one.pk for one in said}
        self.new: dict[str, str] = {}  # entities of the file by name: their kind
        self.rows: dict[tuple[Any, ...], int] = {}  # what the file said so far: in which row

    def entity(self, text: str) -> GraphEntity | None:
        """The entity called so (name, code, or an only other name), None when there is none or more than one."""
        found = self.by_name.get(text) or self.by_alias.get(text) or []
        return found[0] if len(found) == 1 else None

    def fault(self, text: str) -> str:
        """Why ``text`` names no entity; "" when it does, in the graph or in the file."""
        if text in self.new or self.entity(text) is not None:
            return ""
        if self.by_name.get(text) or self.by_alias.get(text):
            return _("有多个叫“%(name)s”的实体，请写它的编码") % {"name": text}
        return _("图谱里没有“%(name)s”，请改名，或在文件里加一行这个实体") % {"name": text}

    def kind_of(self, text: str) -> str:
        """The kind of what is called so."""
        row = self.entity(text)
        return row.kind if row is not None else self.new.get(text, "")


def _rest(one: GraphRelation | RelationDraft) -> tuple[Any, ...]:
    return (one.place_id, one.customer, one.voltage, one.area, one.condition)


def look_over(batch: KnowledgeImport, items: Iterable[ImportItem]) -> None:
    """Write the problems of all items, each with those before it in mind. What the graph holds word for word is skipped.
    The caller saves."""
    known, rows = Known(batch), list(items)
    for item in rows:
        if not item.skipped and not sheet.is_statement(item.content):
            kind = sheet.code_of(entity_kinds(), str(item.content.get("kind", "")))
            known.new.setdefault(str(item.content.get("name", "")), kind)
    for item in rows:
        if "made" in item.content or (item.skipped and not any(one[0] == "same" for one in item.problems)):
            continue
        look = _statement if sheet.is_statement(item.content) else _entity
        item.problems = look(known, item)
        item.skipped = any(one[0] == "same" for one in item.problems)


def entity_draft(content: dict[str, Any], batch: KnowledgeImport) -> EntityDraft:
    """The draft of a row. Raises InvalidInput."""
    kind = sheet.code_of(entity_kinds(), str(content.get("kind", "")))
    given, unknown = sheet.attributes_of(kind, str(content.get("attributes", ""))) if kind else ({}, [])
    if unknown:
        labels = "、".join(one.label for one in entity_kinds()[kind].attributes) or _("（没有）")
        told = {"part": unknown[0], "labels": labels}
        raise InvalidInput({"attributes": [_("“%(part)s”不是这类实体的属性；可写：%(labels)s") % told]})
    return EntityDraft(
        kind=kind or str(content.get("kind", "")), name=str(content.get("name", "")),
        aliases=sheet.several(str(content.get("aliases", ""))), attributes=dict(given), note=str(content.get("note", "")),
        **_shared(content, batch),
    )  # fmt: skip


def _shared(content: dict[str, Any], batch: KnowledgeImport) -> dict[str, Any]:
    return {
        "valid_from": _date("valid_from", content), "valid_to": _date("valid_to", content),
        "source": str(content.get("source") or batch.source),
        "trust": sheet.trust_of(str(content.get("trust") or Trust.WEAK)),
    }  # fmt: skip


def _date(name: str, content: dict[str, Any]) -> dt.date | None:
    text = str(content.get(name, ""))
    if not text:
        return None
    try:
        return dt.date.fromisoformat(iso_day(text))
    except ValueError:
        raise InvalidInput({name: [_("日期格式不对，请写成 2026-01-31")]}) from None


def present_entity(content: dict[str, Any], batch: KnowledgeImport) -> GraphEntity | None:
    """The entity of this kind and name that the unit has already."""
    kind, name = sheet.code_of(entity_kinds(), str(content.get("kind", ""))), str(content.get("name", ""))
    rows = GraphEntity.objects.filter(active=True, kind=kind, name=name, org=batch.org, base=None)
    return rows.select_related("org").first()


def _entity(known: Known, item: ImportItem) -> list[Problem]:
    content, batch = item.content, known.batch
    item.content = {name: value for name, value in content.items() if name != "like"}
    kind = sheet.code_of(entity_kinds(), str(content.get("kind", "")))
    if not kind:
        labels = "、".join(one.label for one in entity_kinds().values())
        return [_wrong("kind", _("没有这个类型；可写：%(labels)s") % {"labels": labels})]
    first = known.rows.setdefault(("entity", kind, content.get("name")), item.place)
    if first != item.place:
        return [_wrong("name", _("与第 %(row)s 行是同一个实体，请合并或跳过") % {"row": first})]
    there = present_entity(content, batch)
    row = there or GraphEntity(org=batch.org)
    before = _state(row) if there else None
    try:
        fill_entity(row, entity_draft(content, batch), new=there is None)
    except InvalidInput as error:
        return _faults(error)
    if there is None:
        return []
    item.content = item.content | {"like": there.pk}
    if _state(row) == before:
        return [["same", WARN, _("图谱里已有相同的实体，无需导入")]]
    return [["like", WARN, _("已有同名的这类实体，导入后改为这里的内容")]]


def _state(row: GraphEntity) -> tuple[Any, ...]:
    return (row.name, tuple(row.aliases), dict(row.attributes), row.note, row.valid_to, row.source, row.trust)


def relation_draft(content: dict[str, Any], known: Known) -> RelationDraft:
    """The draft of a row; ends that only the file holds so far are 0. Raises InvalidInput."""
    ends = {name: known.entity(str(content.get(name, ""))) for name in ("head", "tail", "place")}
    ids = {f"{name}_id": row.pk if row is not None else 0 for name, row in ends.items()}
    return RelationDraft(
        head_id=ids["head_id"], tail_id=ids["tail_id"], place_id=ids["place_id"] if content.get("place") else None,
        kind=sheet.code_of(relation_kinds(), str(content.get("relation", ""))),
        condition=str(content.get("condition", "")), **_qualified(content), **_shared(content, known.batch),
    )  # fmt: skip


def _qualified(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name in QUALIFIERS:
        text = str(content.get(name, ""))
        found[name] = sheet.code_of(qualifiers(name), text) if text else ""
        if text and not found[name]:
            labels = "、".join(one.label for one in qualifiers(name).values())
            wrong[name] = [_("没有“%(text)s”；可写：%(labels)s") % {"text": text, "labels": labels}]
    if wrong:
        raise InvalidInput(wrong)
    return found


def _statement(known: Known, item: ImportItem) -> list[Problem]:
    content = item.content
    item.content = content = {name: value for name, value in content.items() if name != "like"}
    if content.get("name"):
        return [_wrong("name", _("一行只能写一个实体或一条关系，请分成两行"))]
    problems = [_wrong(name, fault) for name in ("head", "tail") if (fault := _end(known, str(content.get(name, ""))))]
    place = str(content.get("place", ""))
    if place and (fault := known.fault(place)):
        problems.append(_wrong("place", fault))
    elif place and known.kind_of(place) != "place":
        problems.append(_wrong("place", _("“%(name)s”不是地区") % {"name": place}))
    problems += _kind(known, content, ended=not problems)
    try:
        draft = relation_draft(content, known)
        if not draft.source.strip():
            problems.append(_wrong("source", _("请写依据：法规、文件或承诺的名称与条款")))
        if draft.trust not in Trust.values:
            problems.append(
                _wrong("trust", _("没有这个可信度；可写：%(labels)s") % {"labels": "、".join(map(str, Trust.labels))})
            )
        if draft.valid_from and draft.valid_to and draft.valid_to < draft.valid_from:
            problems.append(_wrong("valid_to", _("失效日不能早于生效日，请改晚或留空")))
    except InvalidInput as error:
        return problems + _faults(error)
    return problems or _said(known, item, draft)


def _end(known: Known, text: str) -> str:
    return known.fault(text) if text else _("请写实体的名称")


def _kind(known: Known, content: dict[str, Any], *, ended: bool) -> list[Problem]:
    """Whether the kind of statement exists and may stand between these two."""
    kind = sheet.code_of(relation_kinds(), str(content.get("relation", "")))
    if not kind:
        labels = "、".join(one.label for one in relation_kinds().values())
        return [_wrong("relation", _("没有这种关系；可写：%(labels)s") % {"labels": labels})]
    if not ended:
        return []
    found, head, tail = relation_kinds()[kind], str(content.get("head")), str(content.get("tail"))
    if head == tail:
        return [_wrong("tail", _("两端不能是同一个实体"))]
    for name, given, allowed in (("head", head, found.heads), ("tail", tail, found.tails)):
        if known.kind_of(given) not in allowed:
            wanted = "、".join(entity_kinds()[one].label for one in sorted(allowed))
            told = {"kind": found.label, "name": given, "wanted": wanted}
            text = (
                _("“%(kind)s”只能从%(wanted)s出发，“%(name)s”不是")
                if name == "head"
                else _("“%(kind)s”只能指向%(wanted)s，“%(name)s”不是")
            )
            return [_wrong(name, text % told)]
    return []


def _said(known: Known, item: ImportItem, draft: RelationDraft) -> list[Problem]:
    """Whether the file or the graph says it already."""
    key = (item.content["head"], draft.kind, item.content["tail"], *_rest(draft))
    first = known.rows.setdefault(("statement", *key), item.place)
    if first != item.place:
        return [_wrong("relation", _("与第 %(row)s 行是同一条关系，请合并或跳过") % {"row": first})]
    if known.said.get((draft.head_id, draft.kind, draft.tail_id, *_rest(draft))):
        item.content = item.content | {"like": draft.head_id}
        return [["same", WARN, _("图谱里已有这条关系，无需导入")]]
    return []


def _wrong(field: str, text: str) -> Problem:
    label = _(sheet.HEADS.get(field, "")) if field in sheet.HEADS else field
    return [field, ERROR, _("%(field)s：%(text)s") % {"field": label, "text": text}]


def _faults(error: InvalidInput) -> list[Problem]:
    return [
        _wrong("attributes" if name.startswith("attribute") else name, text)
        for name, texts in error.fields.items()
        for text in texts
    ]
