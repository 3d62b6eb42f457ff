"""Drafting, releasing and withdrawing editions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from denghuo.apps.catalogue.editions import MODELS, SHELVES, check
from denghuo.apps.catalogue.models import Edition, EditionState
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

EDIT, RELEASE = "catalogue.edit", "catalogue.release"
LONGEST_LABEL, LONGEST_NOTE = 80, 300


@action("catalogue.save_draft")
def save_draft(
    actor: Actor,
    kind: str,
    *,
    code: str,
    document: Mapping[str, Any],
    org: OrgUnit | None = None,
    label: str = "",
    note: str = "",
    version: int | None = None,
    source: str = "",
    trust: str = "",
) -> Edition:
    """Write the draft of ``code`` for ``org``; there is one at most, and it may be faulty until it is released.

    ``version`` is that of the draft the editor read (None for a new one). Raises NotAllowed (``catalogue.edit``),
    Conflict (somebody else has written it since), InvalidInput (code, label, note, document).
    """
    actor.require(EDIT, org.path if org else ROOT_PATH)
    form = Form()
    code = form.text("code", code, longest=60, required=True, lines=False)
    label = form.text(
        "label", label or str(document.get("label", "")), longest=LONGEST_LABEL, required=True, lines=False
    )
    note = form.text("note", note, longest=LONGEST_NOTE, lines=False)
    form.finish()
    model = MODELS[kind]
    rows = model._default_manager.select_for_update().filter(code=code, org=org)
    draft = rows.filter(state=EditionState.DRAFT).first()
    if draft is not None and version is not None and version != draft.version:
        raise Conflict(_("这份草稿刚被他人修改，请刷新后合并您的改动"), code="changed", version=draft.version)
    if draft is None:
        last = rows.aggregate(last=Max("number"))["last"] or 0
        draft = model(org=org, code=code, number=last + 1, version=0)
    draft.label, draft.note, draft.document = label, note, dict(document)
    draft.source, draft.trust = source or draft.source, trust or draft.trust
    draft.made_by_id = actor.id if actor.kind == "staff" else None
    draft.made_at, draft.version = moment.now(), draft.version + 1
    draft.save()
    _tell(actor, "catalogue.drafted", draft)
    return draft


@action("catalogue.release")
def release(actor: Actor, kind: str, pk: int, *, valid_from: dt.datetime | None = None, note: str = "") -> Edition:
    """Put a draft in force from ``valid_from`` on (default: now). What was made before keeps the edition it has.

    Raises NotAllowed (``catalogue.release``), NotFound, Conflict (not a draft), InvalidInput (``valid_from`` in the past,
    ``document`` with every fault that bars it).
    """
    row = _locked(kind, pk)
    actor.require(RELEASE, row.org.path if row.org else ROOT_PATH)
    if row.state != EditionState.DRAFT:
        raise Conflict(_("该版本已是“%(state)s”，不能再发布") % {"state": row.get_state_display()}, code="wrong_state")
    now = moment.now()
    start = valid_from or now
    faults: dict[str, list[str]] = {}
    if start < now - dt.timedelta(minutes=1):
        faults["valid_from"] = [_("生效时间不能早于现在，请改为现在或以后")]
    bars = [f"{one.where}：{one.message}" for one in check(kind, row.document, row.org) if one.severe]
    if bars:
        faults["document"] = bars
    if faults:
        raise InvalidInput(faults)
    before = SHELVES[kind].in_force(row.code, row.org, start)
    row.state, row.valid_from, row.note = EditionState.RELEASED, start, note or row.note
    row.released_by_id, row.released_at = (actor.id if actor.kind == "staff" else None), now
    row.version += 1
    row.save()
    SHELVES[kind].changed()
    _tell(
        actor, "catalogue.released", row,
        valid_from=start, replaces=before.id if before and before.org_id == row.org_id else None,
    )  # fmt: skip
    return row


@action("catalogue.withdraw")
def withdraw(actor: Actor, kind: str, pk: int, *, at: dt.datetime | None = None) -> Edition:
    """A released edition ends at ``at`` (default: now); the one before it, or that of the unit above, holds again.

    Raises NotAllowed, NotFound, Conflict (not released; nothing would hold in its place).
    """
    row = _locked(kind, pk)
    actor.require(RELEASE, row.org.path if row.org else ROOT_PATH)
    if row.state != EditionState.RELEASED or row.valid_to is not None:
        raise Conflict(_("只有生效中的版本可以撤回"), code="wrong_state")
    end = max(at or moment.now(), moment.now())
    others = model_rows(kind).filter(code=row.code, state=EditionState.RELEASED, valid_from__lte=end, valid_to=None)
    lineage = row.org.ancestor_ids() if row.org else []
    if not [one for one in others.exclude(pk=row.pk) if one.org_id is None or one.org_id in lineage]:
        raise Conflict(_("撤回后将没有可用版本，请先发布替代版本"), code="nothing_left")
    row.valid_to = end
    row.version += 1
    row.save(update_fields=["valid_to", "version"])
    SHELVES[kind].changed()
    _tell(actor, "catalogue.withdrawn", row, valid_to=end)
    return row


@action("catalogue.discard")
def discard(actor: Actor, kind: str, pk: int) -> None:
    """Throw a draft away. Raises NotAllowed, NotFound, Conflict (not a draft)."""
    row = _locked(kind, pk)
    actor.require(EDIT, row.org.path if row.org else ROOT_PATH)
    if row.state != EditionState.DRAFT:
        raise Conflict(_("只能删除草稿；已发布的版本请撤回"), code="wrong_state")
    _tell(actor, "catalogue.discarded", row)
    row.delete()


def model_rows(kind: str) -> Any:
    """All editions of a kind."""
    return MODELS[kind]._default_manager.select_related("org")


def _locked(kind: str, pk: int) -> Edition:
    row = model_rows(kind).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个版本"))
    return row


def _tell(actor: Actor, what: str, row: Edition, **more: Any) -> None:
    payload = {"edition": row.kind, "code": row.code, "number": row.number, **more}
    record(actor, what, (row.kind, row.pk), org=row.org, payload=payload)
