"""The table of the graph: one layout for template, export and import. A row is an entity or a statement."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from denghuo.apps.knowledge.choices import RelationState, Trust
from denghuo.apps.knowledge.graph import queries
from denghuo.apps.knowledge.graph.vocabulary import QUALIFIERS, Attribute, entity_kinds, qualifiers, relation_kinds
from denghuo.apps.knowledge.imports.found import Unreadable
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation
from denghuo.core import sheets
from denghuo.core.actors import Actor

#: column → head; the heads are Chinese in every language, so that a file written by one person is read by another
HEADS: Final = {
    "name": gettext_noop("名称"),
    "kind": gettext_noop("类型"),
    "aliases": gettext_noop("别名"),
    "attributes": gettext_noop("属性"),
    "note": gettext_noop("说明"),
    "head": gettext_noop("从"),
    "relation": gettext_noop("关系"),
    "tail": gettext_noop("到"),
    "place": gettext_noop("适用地区"),
    "customer": gettext_noop("客户类别"),
    "voltage": gettext_noop("电压"),
    "area": gettext_noop("区域"),
    "condition": gettext_noop("条件"),
    "valid_from": gettext_noop("生效日"),
    "valid_to": gettext_noop("失效日"),
    "source": gettext_noop("依据"),
    "trust": gettext_noop("可信度"),
}
ENTITY: Final = ("name", "kind", "aliases", "attributes", "note")
STATEMENT: Final = ("head", "relation", "tail", "place", "customer", "voltage", "area", "condition")
SHARED: Final = ("valid_from", "valid_to", "source", "trust")
OTHER_HEADS: Final = {
    "实体": "name",
    "实体名称": "name",
    "起点": "head",
    "终点": "tail",
    "地区": "place",
    "来源": "source",
}
LONGEST: Final = 600


def read(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows of an Excel or CSV file with the numbers they have in it. Raises Unreadable with what to do."""
    try:
        table = sheets.read(io.BytesIO(data))
        first = next(table.rows, None)
        heads = [column_of(head) for head in (first[1] if first else [])]
        if not {"name", "kind"} <= set(heads) and not {"head", "relation", "tail"} <= set(heads):
            raise Unreadable(_("第一行须有“名称、类型”（实体）或“从、关系、到”（关系）各列；可先下载模板"))
        found = []
        for number, cells in table.rows:
            row = {
                name: sheets.restored(cell.strip())[:LONGEST] for name, cell in zip(heads, cells, strict=False) if name
            }
            if row := {name: cell for name, cell in row.items() if cell}:
                found.append((number, row))
    except sheets.SheetError as error:
        raise Unreadable(str(error)) from error
    if not found:
        raise Unreadable(_("列名下面没有内容，请填好后再上传"))
    return found


def column_of(head: str) -> str | None:
    """The column a head names, None when it names none."""
    clean = re.sub(r"\s+", "", head)
    return ({label: name for name, label in HEADS.items()} | OTHER_HEADS).get(clean)


def is_statement(row: Mapping[str, Any]) -> bool:
    """Whether a row states something; otherwise it names an entity."""
    return any(row.get(name) for name in ("head", "relation", "tail"))


def several(text: str) -> tuple[str, ...]:
    """Names in one cell."""
    return tuple(dict.fromkeys(one.strip() for one in re.split(r"[\n、;；|]+", text) if one.strip()))


def code_of(known: Mapping[str, Any], text: str) -> str:
    """The code of a kind or qualifier by its code or its name in either language; "" when there is none."""
    for code, one in known.items():
        if text in (code, one.given["name"], one.given.get("name_en")):
            return code
    return ""


def trust_of(text: str) -> str:
    """The code of a degree of trust; what is none comes back as it is, for the check to name."""
    from django.utils import translation

    with translation.override("zh-hans"):
        return next((str(code) for code, label in Trust.choices if text in (code, str(label))), text)


def attributes_of(kind: str, text: str) -> tuple[dict[str, str], list[str]]:
    """``数值=5；单位=工作日`` by name of the attribute, and the parts that are none."""
    known = {label: one.name for one in entity_kinds()[kind].attributes for label in (one.given["label"], one.name)}
    found, unknown = {}, []
    for part in re.split(r"[\n;；]+", text):
        if not part.strip():
            continue
        match = re.match(r"^\s*(.+?)\s*[=＝:：]\s*(.*?)\s*$", part)
        name = known.get(match[1]) if match else None
        if match is None or name is None:
            unknown.append(part.strip())
        else:
            found[name] = _typed(kind, name, match[2])
    return found, unknown


def _typed(kind: str, name: str, text: str) -> str:
    one = next(one for one in entity_kinds()[kind].attributes if one.name == name)
    if one.type == "bool":
        return "1" if text in {"是", "1", "TRUE", "true", "yes"} else ""
    return code_of(qualifiers(one.choices), text) or text if one.type == "choice" else text


def rows(actor: Actor) -> Iterator[list[Any]]:
    """All that is in use and that the actor may see, in the layout of an import: entities, then statements. Two queries."""
    from django.utils import translation

    seen = queries.entities(actor).filter(active=True)
    with translation.override("zh-hans"):
        for row in seen.order_by("kind", "code"):
            yield [_entity_cell(row, name) for name in HEADS]
        held = GraphRelation.objects.filter(
            Q(head__in=seen.values("pk"), tail__in=seen.values("pk")), state=RelationState.CONFIRMED
        )
        for one in held.select_related("head", "tail", "place").order_by("head__code", "kind", "position", "pk"):
            yield [_statement_cell(one, name) for name in HEADS]


def _entity_cell(row: GraphEntity, name: str) -> Any:
    kind = entity_kinds().get(row.kind)
    if name == "kind":
        return kind.given["name"] if kind else row.kind
    if name == "aliases":
        return "、".join(row.aliases)
    if name == "attributes":
        told = [
            (one, row.attributes[one.name]) for one in (kind.attributes if kind else ()) if one.name in row.attributes
        ]
        return "；".join(f"{one.given['label']}={_worded(one, value)}" for one, value in told)
    return _shared_cell(row, name) if name in SHARED else getattr(row, name) if name in ENTITY else ""


def _worded(attribute: Attribute, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if attribute.type == "choice" and value in qualifiers(attribute.choices):
        return str(qualifiers(attribute.choices)[value].given["name"])
    return str(value)


def _statement_cell(row: GraphRelation, name: str) -> Any:
    if name in ("head", "tail"):
        return getattr(row, name).name
    if name == "relation":
        return relation_kinds()[row.kind].given["name"] if row.kind in relation_kinds() else row.kind
    if name == "place":
        return row.place.name if row.place else ""
    if name in QUALIFIERS:
        known = qualifiers(name).get(getattr(row, name))
        return known.given["name"] if known else ""
    return _shared_cell(row, name) if name in SHARED else row.condition if name == "condition" else ""


def _shared_cell(row: GraphEntity | GraphRelation, name: str) -> Any:
    value = getattr(row, name)
    if name == "trust":
        return row.get_trust_display()
    return value.isoformat() if hasattr(value, "isoformat") else value or ""
