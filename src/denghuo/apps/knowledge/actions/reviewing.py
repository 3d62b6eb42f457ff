"""From draft to publication: submit, look over, publish, bring back."""

from __future__ import annotations

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.actions.writing import (
    TOPICS,
    locked_entry,
    may_publish,
    next_number,
    open_revision,
    require_edit,
    staff_id,
)
from denghuo.apps.knowledge.choices import Life, Stage
from denghuo.apps.knowledge.content import months_later, put_into
from denghuo.apps.knowledge.index import fill_index
from denghuo.apps.knowledge.models import Revision, StandardQuestion
from denghuo.apps.knowledge.queries import EDIT, REVIEW, may, today
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form


def _under_way(entry_id: int, *stages: str) -> tuple[StandardQuestion, Revision]:
    """The entry, locked, and its version under way in one of ``stages``. Raises NotFound, Conflict."""
    entry = locked_entry(entry_id)
    row = open_revision(entry)
    if row is None:
        raise NotFound(_("这一条没有正在办理的修订"))
    if row.state not in stages:
        raise Conflict(_("这一版现在是“%(state)s”，请刷新后再操作") % {"state": Stage(row.state).label})
    return entry, row


def _tell(actor: Actor, entry: StandardQuestion, kind: str, row: Revision, **facts: object) -> None:
    record(actor, kind, entry, org=entry.org, topics=TOPICS, payload={"version": row.number, **facts})


@action("knowledge.submit")
def submit(actor: Actor, entry_id: int) -> Revision:
    """Hand the draft in for review. Raises NotAllowed, NotFound, Conflict."""
    entry, row = _under_way(entry_id, Stage.DRAFT)
    require_edit(actor, entry.org)
    row.state, row.submitted_at = Stage.IN_REVIEW, moment.now()
    row.reviewer, row.reviewed_at, row.review_note = None, None, ""
    row.save()
    _tell(actor, entry, "knowledge.submitted", row)
    return row


@action("knowledge.take_back")
def take_back(actor: Actor, entry_id: int) -> Revision:
    """Make what was handed in, or passed, a draft again. Raises NotAllowed, NotFound, Conflict."""
    entry, row = _under_way(entry_id, Stage.IN_REVIEW, Stage.APPROVED, Stage.SCHEDULED)
    require_edit(actor, entry.org)
    row.state = Stage.DRAFT
    row.save(update_fields=["state"])
    _tell(actor, entry, "knowledge.taken_back", row)
    return row


@action("knowledge.review")
def review(actor: Actor, entry_id: int, *, passed: bool, note: str = "") -> Revision:
    """Pass a version, or give it back with what to mend.

    Who wrote it does not pass it (policy ``knowledge.four_eyes``). Raises NotAllowed (``knowledge.review`` over the
    unit), NotFound, Conflict, InvalidInput (note missing when given back).
    """
    entry, row = _under_way(entry_id, Stage.IN_REVIEW)
    four_eyes = policies.get("knowledge.four_eyes", entry.org)
    if not may(actor, REVIEW, entry.org) and (four_eyes or not may(actor, EDIT, entry.org)):
        raise NotAllowed(_("您没有该单位知识的审核权限，请联系主管或知识编辑"))
    if four_eyes and actor.kind == "staff" and row.author_id == actor.id:
        raise NotAllowed(_("作者不能审核自己写的内容，请由另一位同事审核"))
    form = Form()
    row.review_note = form.text("note", note, longest=300, required=not passed, lines=False)
    form.finish()
    row.state = Stage.APPROVED if passed else Stage.DRAFT
    row.reviewer_id, row.reviewed_at = staff_id(actor), moment.now()
    row.save(update_fields=["state", "review_note", "reviewer", "reviewed_at"])
    _tell(actor, entry, "knowledge.reviewed", row, passed=passed)
    return row


@action("knowledge.publish")
def publish(actor: Actor, entry_id: int) -> Revision:
    """Publish the version that passed; one that begins later while another still holds waits for its day.

    Raises NotAllowed (``knowledge.publish`` over the unit), NotFound, Conflict (not passed; its base has another version
    of the unit).
    """
    entry, row = _under_way(entry_id, Stage.APPROVED, Stage.SCHEDULED)
    if not may_publish(actor, entry.org):
        raise NotAllowed(_("您没有该单位知识的发布权限，请由管理者发布"))
    if row.state == Stage.APPROVED and row.content["valid_from"] > today().isoformat() and entry.holds_on(today()):
        row.state, row.publisher_id = Stage.SCHEDULED, staff_id(actor)
        row.save(update_fields=["state", "publisher"])
        _tell(actor, entry, "knowledge.scheduled", row)
        return row
    put_out(actor, row)
    return row


def put_out(actor: Actor, row: Revision) -> StandardQuestion:
    """Copy a version into its entry, which the caller has locked, and say so; the one before becomes history.

    Raises Conflict when the unit has another version of the same shared answer.
    """
    entry, now = row.entry, moment.now()
    if entry.base_id is not None:
        others = StandardQuestion.objects.filter(base_id=entry.base_id, org_id=entry.org_id, active=True)
        if others.exclude(pk=entry.pk).exists():
            raise Conflict(_("本单位已有这一条的改写版本在用，请先停用它"))
    new = entry.life == Life.DRAFT
    if row.number < entry.version:
        row.number = next_number(entry)
    entry.revisions.filter(state=Stage.PUBLISHED).update(state=Stage.SUPERSEDED)
    row.state, row.published_at = Stage.PUBLISHED, now
    row.publisher_id = staff_id(actor) or row.publisher_id
    row.save()
    put_into(entry, row.content)
    entry.active, entry.life, entry.version = True, Life.PUBLISHED, row.number
    entry.edited_at, entry.edited_by_id = now, row.author_id
    entry.next_review_on = months_later(today(), entry.review_months) if entry.review_months else None
    fill_index(entry)
    entry.save()
    _tell(actor, entry, "knowledge.published", row, scene=entry.scene, entry_kind=entry.kind, new=new)
    return entry


@action("knowledge.drop_draft")
def drop_draft(actor: Actor, entry_id: int) -> Revision:
    """Give up the version under way; what is published stays. Raises NotAllowed, NotFound, Conflict."""
    entry, row = _under_way(entry_id, Stage.DRAFT, Stage.IN_REVIEW, Stage.APPROVED, Stage.SCHEDULED)
    require_edit(actor, entry.org)
    row.state = Stage.DROPPED
    row.save(update_fields=["state"])
    if entry.life == Life.DRAFT:
        entry.life = Life.WITHDRAWN
        entry.save(update_fields=["life"])
    _tell(actor, entry, "knowledge.draft_dropped", row)
    return row


@action("knowledge.restore")
def restore_version(actor: Actor, entry_id: int, number: int) -> Revision:
    """Begin a new draft with the content of an old version; it goes through review as any other.

    Raises NotAllowed, NotFound, Conflict (a version is under way).
    """
    entry = locked_entry(entry_id)
    require_edit(actor, entry.org)
    old = entry.revisions.filter(number=number).first()
    if old is None:
        raise NotFound(_("没有这个版本"))
    if open_revision(entry) is not None:
        raise Conflict(_("已有一版正在修订，请先发布或放弃它，再恢复旧版本"))
    row = Revision.objects.create(
        entry=entry, number=next_number(entry), content=old.content, author_id=staff_id(actor), written_at=moment.now(),
        restored_from=number, note=_("恢复自版本 %(number)s") % {"number": number},
    )  # fmt: skip
    _tell(actor, entry, "knowledge.written", row, scene=old.content["scene"], new=False)
    return row


@action("knowledge.confirm_review")
def confirm_current(actor: Actor, entry_id: int) -> StandardQuestion:
    """A published entry was looked at again and still holds: the next look is a cycle away.

    Raises NotAllowed (``knowledge.review`` over the unit), NotFound, Conflict (not published, or without a cycle).
    """
    entry = locked_entry(entry_id)
    if not may(actor, REVIEW, entry.org):
        raise NotAllowed(_("您没有该单位知识的审核权限，请联系主管或知识编辑"))
    if entry.life != Life.PUBLISHED or not entry.review_months:
        raise Conflict(_("这一条没有发布或没有设复审周期"))
    entry.next_review_on = months_later(today(), entry.review_months)
    entry.save(update_fields=["next_review_on"])
    record(
        actor, "knowledge.confirmed", entry, org=entry.org, topics=TOPICS, payload={"version": entry.version}
    )  # fmt: skip
    return entry


def publish_due(actor: Actor) -> int:
    """Publish what was scheduled and whose day has come; how many."""
    due = Revision.objects.filter(state=Stage.SCHEDULED, content__valid_from__lte=today().isoformat())
    done = 0
    for entry_id in due.values_list("entry_id", flat=True):
        publish(actor, entry_id)
        done += 1
    return done
