"""Writing drafts of entries, and ending what is published."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Max
from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import Life, Stage
from denghuo.apps.knowledge.content import Content, Draft, checked, content_of, put_into
from denghuo.apps.knowledge.index import fill_index
from denghuo.apps.knowledge.models import Revision, StandardQuestion
from denghuo.apps.knowledge.models.review import OPEN_STAGES
from denghuo.apps.knowledge.queries import EDIT, PUBLISH, may, may_edit, today
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

__all__ = ["Draft", "expire_entry", "write_draft", "write_entry"]

TOPICS = ["knowledge"]


def staff_id(actor: Actor) -> int | None:
    """The person behind the actor; None for the product itself."""
    return actor.id if actor.kind == "staff" else None


def may_publish(actor: Actor, org: OrgUnit | None) -> bool:
    """Whether the actor may make content public for ``org``: who holds the right, and, where policy
    ``knowledge.four_eyes`` is off (a centre with a single editor), whoever may write."""
    return may(actor, PUBLISH, org) or (may_edit(actor, org) and not policies.get("knowledge.four_eyes", org))


@action("knowledge.write_draft")
def write_draft(
    actor: Actor,
    draft: Draft,
    *,
    entry_id: int | None = None,
    org: OrgUnit | None = None,
    base_id: int | None = None,
    seen: str | None = None,
    note: str = "",
) -> Revision:
    """Write the first draft of a new entry for ``org`` (None: for all; with ``base_id`` in place of that one), or the
    next version of ``entry_id``; what is published stays as it is until the draft is published.

    ``seen`` is the mark the editor began from (:func:`mark_of`): what another saved meanwhile is not overwritten. Raises
    NotAllowed (``knowledge.edit`` over the unit; the whole company for what all share), NotFound, Conflict (changed
    meanwhile, or under review), InvalidInput.
    """
    entry = locked_entry(entry_id) if entry_id is not None else new_entry(org, base_id)
    require_edit(actor, entry.org)
    content = checked(draft, since=entry.valid_from or today())
    note = _note(note)
    if entry_id is None:
        put_into(entry, content)
        entry.active, entry.life = False, Life.DRAFT
        fill_index(entry)
        entry.save()
    row = open_revision(entry)
    if seen is not None and entry_id is not None and seen != mark_of(entry, row):
        raise Conflict(_("您打开之后此条已被他人修改；您写的内容仍在，请对照后再保存"), code="version_conflict")
    if row is not None and row.state != Stage.DRAFT:
        raise Conflict(_("这一版正在审核或等待发布，请先撤回再改"), code="under_review")
    row = _saved(actor, entry, row, content, note)
    _tell(actor, entry, "knowledge.written", row.number, scene=content["scene"], new=entry_id is None)
    return row


def _note(text: str) -> str:
    form = Form()
    clean = form.text("note", text, longest=300, lines=False)
    form.finish()
    return clean


def _saved(actor: Actor, entry: StandardQuestion, row: Revision | None, content: Content, note: str) -> Revision:
    if row is None:
        return Revision.objects.create(
            entry=entry, number=next_number(entry), content=content, note=note, author_id=staff_id(actor),
            written_at=moment.now(),
        )  # fmt: skip
    row.content, row.note, row.edits, row.written_at = content, note, row.edits + 1, moment.now()
    row.author_id = staff_id(actor)
    row.save(update_fields=["content", "note", "edits", "written_at", "author"])
    return row


@action("knowledge.write")
def write_entry(
    actor: Actor,
    draft: Draft,
    *,
    entry_id: int | None = None,
    org: OrgUnit | None = None,
    base_id: int | None = None,
    version: int | None = None,
) -> StandardQuestion:
    """Write and publish in one step, for who may do both (the product itself, or a centre without second reader).

    With ``version`` (what was published when the writer began) a later publication is not overwritten. Raises as
    :func:`write_draft`, and NotAllowed when the actor may not publish.
    """
    from denghuo.apps.knowledge.actions.reviewing import put_out

    if entry_id is not None:
        entry = locked_entry(entry_id)
        if version is not None and version != entry.version:
            raise Conflict(_("此条已被他人修改，请刷新后在新版本上再改"), code="version_conflict")
        org = entry.org
    if not may_publish(actor, org):
        require_edit(actor, org)
        raise NotAllowed(_("直接发布需要发布权限；请保存为草稿并提交审核"))
    row = write_draft(actor, draft, entry_id=entry_id, org=org, base_id=base_id)
    return put_out(actor, row)


@action("knowledge.expire")
def expire_entry(actor: Actor, entry_id: int, *, last_day: dt.date | None = None) -> StandardQuestion:
    """A published answer holds no longer: after ``last_day``, or from now on.

    Pulling down a wrong answer must not wait for a second reader: who may write or publish for the unit may do it. Raises
    NotAllowed, NotFound, Conflict, InvalidInput.
    """
    entry = locked_entry(entry_id)
    if not (may_edit(actor, entry.org) or may(actor, PUBLISH, entry.org)):
        raise NotAllowed()
    if not entry.active:
        raise Conflict(_("此条已经失效"))
    if last_day is None:
        entry.active, entry.life = False, Life.WITHDRAWN
    else:
        _end_on(actor, entry, last_day)
    entry.edited_at, entry.edited_by_id = moment.now(), staff_id(actor)
    entry.save()
    _tell(actor, entry, "knowledge.expired", entry.version)
    return entry


def _end_on(actor: Actor, entry: StandardQuestion, last_day: dt.date) -> None:
    """The last day is content too: it makes a version of its own."""
    form = Form()
    if last_day < max(entry.valid_from, today()):
        form.wrong("valid_to", _("失效日不能早于生效日和今天，请改晚；要立即停用请留空"))
    form.finish()
    entry.valid_to, now = last_day, moment.now()
    number = next_number(entry)
    entry.revisions.filter(state=Stage.PUBLISHED).update(state=Stage.SUPERSEDED)
    Revision.objects.create(
        entry=entry, number=number, state=Stage.PUBLISHED, content=content_of(entry), author_id=staff_id(actor),
        note=_("设定失效日"), written_at=now, published_at=now, publisher_id=staff_id(actor),
    )  # fmt: skip
    entry.version = number


def locked_entry(entry_id: int) -> StandardQuestion:
    """The entry, locked until the transaction ends. Raises NotFound."""
    row = StandardQuestion.objects.select_for_update(of=("self",)).select_related("org").filter(pk=entry_id).first()
    if row is None:
        raise NotFound(_("没有这条知识"))
    return row


def require_edit(actor: Actor, org: OrgUnit | None) -> None:
    """Raise NotAllowed unless the actor may write for ``org``."""
    if not may_edit(actor, org):
        actor.require(EDIT, org.path if org is not None else "")


def open_revision(entry: StandardQuestion) -> Revision | None:
    """The version under way, if any (unique index ``knowledge_revision_one_open``)."""
    return entry.revisions.filter(state__in=OPEN_STAGES).first()


def mark_of(entry: StandardQuestion, row: Revision | None) -> str:
    """What an editor has before them: the published version, and the version under way with its savings."""
    return f"{entry.version}-{row.number}.{row.edits}" if row is not None else f"{entry.version}-"


def next_number(entry: StandardQuestion) -> int:
    """The number after the last of the entry's versions, whatever became of it."""
    last = entry.revisions.aggregate(last=Max("number"))["last"]
    if last is None:
        return 1 if entry.life == Life.DRAFT else entry.version + 1
    return int(last) + 1


def new_entry(org: OrgUnit | None, base_id: int | None) -> StandardQuestion:
    """An entry not yet saved; with ``base_id`` the unit's own version of that one. Raises NotFound, Conflict."""
    entry = StandardQuestion(code=f"q-{uuid.uuid4().hex[:12]}", org=org, valid_from=today())
    if base_id is None:
        return entry
    base = StandardQuestion.objects.filter(pk=base_id, active=True).first()
    if base is None or org is None:
        raise NotFound(_("没有可改写的全网答案"))
    if StandardQuestion.objects.filter(base=base, org=org).exclude(life=Life.WITHDRAWN).exists():
        raise Conflict(_("本单位已有这一条的改写版本，请直接修改它"))
    entry.base = base
    return entry


def _tell(actor: Actor, entry: StandardQuestion, kind: str, version: int, **facts: object) -> None:
    record(actor, kind, entry, org=entry.org, topics=TOPICS, payload={"version": version, **facts})
