"""Working on an entry beside others: who is editing, and what they say of it."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.actions.writing import TOPICS, locked_entry, open_revision, require_edit
from denghuo.apps.knowledge.models import Comment, EditLock, StandardQuestion
from denghuo.apps.knowledge.queries import EDIT, REVIEW, may
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form


def lapsed(lock: EditLock) -> bool:
    """Whether nothing was heard of its holder for ``knowledge.lock_minutes``."""
    return lock.seen_at < moment.now() - dt.timedelta(minutes=policies.get("knowledge.lock_minutes"))


@action("knowledge.hold")
def hold(actor: Actor, entry_id: int, *, take_over: bool = False) -> EditLock:
    """Mark the actor as the one who edits, or keep the mark; gives the lock, whoever holds it.

    Another's mark is left alone unless it has lapsed or ``take_over`` is set, which its holder is told. Raises NotAllowed,
    NotFound.
    """
    entry = locked_entry(entry_id)
    require_edit(actor, entry.org)
    if actor.id is None:
        raise NotAllowed()
    now = moment.now()
    lock = EditLock.objects.select_related("holder").filter(entry=entry).first()
    if lock is None:
        return EditLock.objects.create(entry=entry, holder_id=actor.id, since=now, seen_at=now)
    if lock.holder_id != actor.id:
        if not lapsed(lock) and not take_over:
            return lock
        if not lapsed(lock):
            payload = {"version": entry.version, "from_id": lock.holder_id}
            record(actor, "knowledge.taken_over", entry, org=entry.org, topics=TOPICS, payload=payload)
        lock.holder_id, lock.since = actor.id, now
    lock.seen_at = now
    lock.save()
    return lock


@action("knowledge.let_go")
def let_go(actor: Actor, entry_id: int) -> None:
    """Take one's own mark off."""
    EditLock.objects.filter(entry_id=entry_id, holder_id=actor.id).delete()


def _may_comment(actor: Actor, entry: StandardQuestion) -> bool:
    return actor.id is not None and (may(actor, EDIT, entry.org) or may(actor, REVIEW, entry.org))


@action("knowledge.comment")
def comment(actor: Actor, entry_id: int, text: str, *, parent_id: int | None = None) -> Comment:
    """Say something of an entry, or answer a remark. Raises NotAllowed, NotFound, InvalidInput (text)."""
    entry = locked_entry(entry_id)
    if not _may_comment(actor, entry):
        raise NotAllowed()
    form = Form()
    clean = form.text("text", text, longest=500, required=True)
    form.finish()
    parent = entry.comments.filter(pk=parent_id, parent=None).first() if parent_id is not None else None
    if parent_id is not None and parent is None:
        raise NotFound(_("没有这条评论，可能已被删除，请刷新"))
    row = open_revision(entry)
    made = Comment.objects.create(
        entry=entry, parent=parent, number=row.number if row else entry.version, author_id=actor.id or 0, text=clean,
        at=moment.now(),
    )  # fmt: skip
    payload = {"version": made.number, "comment_id": made.pk}
    record(actor, "knowledge.commented", entry, org=entry.org, topics=TOPICS, payload=payload)
    return made


@action("knowledge.resolve_comment")
def resolve_comment(actor: Actor, comment_id: int) -> Comment:
    """Close a thread. Raises NotAllowed, NotFound, Conflict."""
    row = Comment.objects.select_related("entry__org").filter(pk=comment_id, parent=None).first()
    if row is None:
        raise NotFound(_("没有这条评论，可能已被删除，请刷新"))
    if not _may_comment(actor, row.entry):
        raise NotAllowed()
    if row.resolved_at is not None:
        raise Conflict(_("这条评论已标为解决"))
    row.resolved_at, row.resolved_by_id = moment.now(), actor.id
    row.save(update_fields=["resolved_at", "resolved_by"])
    payload = {"version": row.number, "comment_id": row.pk}
    record(actor, "knowledge.comment_resolved", row.entry, org=row.entry.org, topics=TOPICS, payload=payload)
    return row
