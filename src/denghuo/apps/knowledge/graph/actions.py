"""Changes of the graph: entities and statements."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import RelationState, Trust
from denghuo.apps.knowledge.graph.network import held
from denghuo.apps.knowledge.graph.vocabulary import QUALIFIERS, Attribute, entity_kinds, qualifiers, relation_kinds
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation, StandardQuestion
from denghuo.apps.knowledge.queries import EDIT, today
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

MOST_ALIASES = 40


@dataclass(frozen=True, slots=True)
class EntityDraft:
    """All an editor writes of an entity. ``attributes`` by name, as typed text or as numbers and truths."""

    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""
    trust: str = Trust.KNOWN
    entry_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class RelationDraft:
    """All an editor writes of a statement."""

    head_id: int
    kind: str
    tail_id: int
    place_id: int | None = None
    customer: str = ""
    voltage: str = ""
    area: str = ""
    condition: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""
    trust: str = Trust.KNOWN
    position: int = 0


@action("knowledge.graph_write")
def write_entity(
    actor: Actor,
    draft: EntityDraft,
    *,
    entity_id: int | None = None,
    org: OrgUnit | None = None,
    base_id: int | None = None,
    version: int | None = None,
) -> GraphEntity:
    """Write a new entity for ``org`` (None: for all; with ``base_id`` in place of that one), or change ``entity_id``.

    Raises NotAllowed (needs ``knowledge.edit`` over the unit; everywhere for what all share), NotFound, Conflict (edited
    meanwhile, or a local version is there already), InvalidInput.
    """
    row = entity(entity_id) if entity_id is not None else GraphEntity(code=f"e-{uuid.uuid4().hex[:12]}", org=org)
    actor.require(EDIT, row.org.path if row.org else "")
    if entity_id is not None:
        _unchanged(row, version)
    if base_id is not None and entity_id is None:
        _local(row, base_id)
    fill_entity(row, draft, new=entity_id is None)
    edited(row, actor, new=entity_id is None)
    row.save()
    if draft.entry_ids is not None:
        row.entries.set(StandardQuestion.objects.filter(pk__in=draft.entry_ids))
    noted(actor, "knowledge.graph_entity_written", row, {"version": row.version, "kind": row.kind})
    return row


@action("knowledge.graph_expire")
def expire_entity(actor: Actor, entity_id: int) -> GraphEntity:
    """An entity is in use no longer; its statements are told no more. Raises NotAllowed, NotFound, Conflict."""
    row = entity(entity_id)
    actor.require(EDIT, row.org.path if row.org else "")
    if not row.active:
        raise Conflict(_("此实体已经停用"))
    row.active = False
    edited(row, actor, new=False)
    row.save()
    noted(actor, "knowledge.graph_entity_expired", row, {"version": row.version, "kind": row.kind})
    return row


@action("knowledge.graph_relate")
def write_relation(
    actor: Actor,
    draft: RelationDraft,
    *,
    relation_id: int | None = None,
    org: OrgUnit | None = None,
    proposed: bool = False,
    version: int | None = None,
) -> GraphRelation:
    """State something new for ``org`` (None: for all; ``proposed``: not told until confirmed), or change ``relation_id``.

    Raises NotAllowed, NotFound, Conflict (said already, or edited meanwhile), InvalidInput.
    """
    row = _relation(relation_id) if relation_id is not None else GraphRelation(org=org)
    actor.require(EDIT, row.org.path if row.org else "")
    if relation_id is None:
        row.state = RelationState.PROPOSED if proposed else RelationState.CONFIRMED
    else:
        _unchanged(row, version)
    fill_relation(row, draft)
    edited(row, actor, new=relation_id is None)
    save_once(row)
    noted(actor, "knowledge.graph_relation_written", row, {"version": row.version, "kind": row.kind})
    return row


@action("knowledge.graph_confirm")
def confirm_relation(actor: Actor, relation_id: int) -> GraphRelation:
    """A proposed or withdrawn statement holds (again). Raises NotAllowed, NotFound, Conflict (said elsewhere already)."""
    return _set_state(actor, relation_id, RelationState.CONFIRMED, "knowledge.graph_relation_confirmed")


@action("knowledge.graph_withdraw")
def withdraw_relation(actor: Actor, relation_id: int) -> GraphRelation:
    """A statement is told no more; it stays as a row. Raises NotAllowed, NotFound, Conflict (withdrawn already)."""
    return _set_state(actor, relation_id, RelationState.WITHDRAWN, "knowledge.graph_relation_withdrawn")


def _set_state(actor: Actor, relation_id: int, state: RelationState, event: str) -> GraphRelation:
    row = _relation(relation_id)
    actor.require(EDIT, row.org.path if row.org else "")
    if row.state == state:
        raise Conflict(_("此关系已是“%(state)s”") % {"state": state.label})
    row.state = state
    edited(row, actor, new=False)
    save_once(row)
    noted(actor, event, row, {"version": row.version, "kind": row.kind})
    return row


def entity(entity_id: int) -> GraphEntity:
    """Locked, for a change. Raises NotFound."""
    row = GraphEntity.objects.select_for_update(of=("self",)).select_related("org").filter(pk=entity_id).first()
    if row is None:
        raise NotFound(_("没有这个实体"))
    return row


def _relation(relation_id: int) -> GraphRelation:
    row = GraphRelation.objects.select_for_update(of=("self",)).select_related("org").filter(pk=relation_id).first()
    if row is None:
        raise NotFound(_("没有这条关系"))
    return row


def _unchanged(row: GraphEntity | GraphRelation, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Conflict(_("此条已被他人修改，请刷新后在新版本上再改"), code="version_conflict")


def _local(row: GraphEntity, base_id: int) -> None:
    base = GraphEntity.objects.filter(pk=base_id, active=True, base=None).first()
    if base is None or row.org is None:
        raise NotFound(_("没有可改写的全网实体"))
    if GraphEntity.objects.filter(base=base, org=row.org, active=True).exists():
        raise Conflict(_("本单位已有这一条的改写版本，请直接修改它"))
    row.base = base


def fill_entity(row: GraphEntity, draft: EntityDraft, *, new: bool) -> None:
    """Put a draft into an entity. Raises InvalidInput with all its faults."""
    form = Form()
    kind = form.choice("kind", draft.kind, entity_kinds())
    kind = kind if kind in entity_kinds() else ""
    if not new and kind and kind != row.kind:
        form.wrong("kind", _("类型不能改，请停用后另建"))
    row.name = form.text("name", draft.name, longest=80, required=True, lines=False)
    aliases = [form.text("aliases", one, longest=80, lines=False) for one in draft.aliases]
    row.aliases = [one for one in dict.fromkeys(aliases) if one and one != row.name]
    if len(row.aliases) > MOST_ALIASES:
        form.wrong("aliases", _("最多 %(most)s 个别名，请删去相近的") % {"most": MOST_ALIASES})
    row.note = form.text("note", draft.note, longest=500)
    if kind:
        row.kind = kind
        row.attributes = _attributes(form, kind, draft.attributes)
    _validity(form, row, draft)
    twin = GraphEntity.objects.filter(kind=row.kind, name=row.name, org=row.org, active=True).exclude(pk=row.pk)
    if row.base_id is None and row.name and twin.exists():
        form.wrong("name", _("已有同名的这类实体，请直接修改它或换个名称"))
    form.finish()


def _attributes(form: Form, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for attribute in entity_kinds()[kind].attributes:
        value = given.get(attribute.name)
        if value in (None, "", False):
            continue
        clean = _typed(form, attribute, value)
        if clean is not None:
            found[attribute.name] = clean
    return found


def _typed(form: Form, attribute: Attribute, value: Any) -> Any:
    name = f"attribute_{attribute.name}"
    if attribute.type == "bool":
        return bool(value)
    if attribute.type == "number":
        try:
            number = float(str(value).strip())
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            form.wrong(name, _("请填数字，如 5 或 0.5383"))
            return None
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    if attribute.type == "date":
        try:
            return dt.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            form.wrong(name, _("请填日期，如 2024-06-01"))
            return None
    if attribute.type == "choice":
        return form.choice(name, str(value), qualifiers(attribute.choices)) or None
    return form.text(name, str(value), longest=120, lines=False)


def _validity(form: Form, row: GraphEntity | GraphRelation, draft: EntityDraft | RelationDraft) -> None:
    row.source = form.text("source", draft.source, longest=300, required=True, lines=False)
    row.trust = form.choice("trust", draft.trust, Trust.values)
    row.valid_from = draft.valid_from or row.valid_from or today()
    row.valid_to = draft.valid_to
    if row.valid_to is not None and row.valid_to < row.valid_from:
        form.wrong("valid_to", _("失效日不能早于生效日，请改晚或留空"))


def fill_relation(row: GraphRelation, draft: RelationDraft) -> None:
    """Put a draft into a statement. Raises InvalidInput with all its faults."""
    form = Form()
    ends = GraphEntity.objects.filter(pk__in=[draft.head_id, draft.tail_id, draft.place_id or 0], active=True)
    held_by = {one.pk: one for one in ends}
    kind = form.choice("kind", draft.kind, relation_kinds())
    kind = kind if kind in relation_kinds() else ""
    head, tail = held_by.get(draft.head_id), held_by.get(draft.tail_id)
    if head is None:
        form.wrong("head", _("请从列表里选一个在用的实体"))
    if tail is None:
        form.wrong("tail", _("请从列表里选一个在用的实体"))
    if head and tail and kind:
        _may_stand(form, head, kind, tail)
        row.head, row.kind, row.tail = head, kind, tail
    place = held_by.get(draft.place_id or 0)
    if draft.place_id is not None and (place is None or place.kind != "place"):
        form.wrong("place", _("请选一个地区"))
    row.place = place if place is not None and place.kind == "place" else None
    for name in QUALIFIERS:
        setattr(row, name, form.choice(name, getattr(draft, name), qualifiers(name), required=False))
    row.condition = form.text("condition", draft.condition, longest=120, lines=False)
    row.position = draft.position or row.position
    _validity(form, row, draft)
    form.finish()


def _may_stand(form: Form, head: GraphEntity, kind: str, tail: GraphEntity) -> None:
    relation = relation_kinds()[kind]
    if head.pk == tail.pk:
        form.wrong("tail", _("两端不能是同一个实体"))
    elif head.kind not in relation.heads:
        wanted = "、".join(entity_kinds()[one].label for one in sorted(relation.heads))
        form.wrong(
            "kind", _("“%(kind)s”只能从%(wanted)s出发，请换一种关系") % {"kind": relation.label, "wanted": wanted}
        )
    elif tail.kind not in relation.tails:
        wanted = "、".join(entity_kinds()[one].label for one in sorted(relation.tails))
        form.wrong("tail", _("“%(kind)s”只能指向%(wanted)s，请另选") % {"kind": relation.label, "wanted": wanted})


def edited(row: GraphEntity | GraphRelation, actor: Actor, *, new: bool) -> None:
    """Mark who changed it and when; a change counts its version up."""
    row.edited_at, row.edited_by_id = moment.now(), actor.id
    row.version += 0 if new else 1


def save_once(row: GraphRelation) -> None:
    """Save; Conflict when the same is said already."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(_("图谱里已有这条关系"), code="said_already") from None


def noted(actor: Actor, event: str, row: GraphEntity | GraphRelation, payload: dict[str, Any]) -> None:
    """Note the change, and let this transaction and this process read the graph afresh."""
    held.read_afresh()
    transaction.on_commit(held.clear)
    record(actor, event, row, org=row.org, topics=["knowledge"], payload=payload)
