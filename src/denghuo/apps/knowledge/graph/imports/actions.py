"""Taking a table into the graph: one person uploads and mends, another looks it over and lets it hold."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import PurePath

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.knowledge.actions.importing import ENDED, whole
from denghuo.apps.knowledge.actions.writing import TOPICS, require_edit
from denghuo.apps.knowledge.choices import ImportStage
from denghuo.apps.knowledge.graph.actions import write_entity, write_relation
from denghuo.apps.knowledge.graph.imports import FORMAT, sheet
from denghuo.apps.knowledge.graph.imports.checking import (
    Known,
    entity_draft,
    look_over,
    present_entity,
    relation_draft,
)
from denghuo.apps.knowledge.imports.found import Unreadable
from denghuo.apps.knowledge.models import ImportItem, KnowledgeImport
from denghuo.apps.knowledge.queries import REVIEW, may
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.jobs.progressing import Progress
from denghuo.core.jobs.registry import Cancelled
from denghuo.core.scoping.models import OrgUnit

CHUNK = 20  # rows in one transaction


def locked(batch_id: int) -> KnowledgeImport:
    """The import of the graph, locked. Raises NotFound."""
    rows = KnowledgeImport.objects.select_for_update(of=("self",)).select_related("org")
    row = rows.filter(pk=batch_id, format=FORMAT).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    return row


def _mending(actor: Actor, batch_id: int) -> KnowledgeImport:
    batch = locked(batch_id)
    require_edit(actor, batch.org)
    if batch.state != ImportStage.READY:
        raise Conflict(_("这个导入已不能修改"))
    return batch


@action("knowledge.graph_import_upload")
def upload(
    actor: Actor, *, client_id: uuid.UUID, name: str, chunks: Iterable[bytes], org: OrgUnit | None, source: str = ""
) -> KnowledgeImport:
    """Read a table and keep its rows for looking over; nothing of it holds yet. The same ``client_id`` again gives the
    same import; ``source`` stands in for rows without one. Raises NotAllowed, InvalidInput (file, source)."""
    require_edit(actor, org)
    if actor.kind != "staff" or actor.id is None:
        raise NotAllowed()
    known = KnowledgeImport.objects.filter(client_id=client_id, by_id=actor.id).first()
    if known is not None:
        return known
    form = Form()
    source = form.text("source", source, longest=300, lines=False)
    form.finish()
    most = int(policies.get("knowledge.import_max_items", org))
    try:
        rows = sheet.read(whole(chunks))
        if len(rows) > most:
            told = {"n": len(rows), "most": most}
            raise Unreadable(_("文件里有 %(n)s 条，超过 %(most)s 条上限，请拆成几个文件") % told)
    except Unreadable as error:
        raise InvalidInput({"file": [str(error)]}) from error
    batch = KnowledgeImport.objects.create(
        client_id=client_id, file_name=PurePath(name.replace("\\", "/")).name[-120:], format=FORMAT, org=org,
        source=source, state=ImportStage.READY, by_id=actor.id, at=moment.now(),
    )  # fmt: skip
    items = [ImportItem(batch=batch, place=number, content=row) for number, row in rows]
    look_over(batch, items)
    ImportItem.objects.bulk_create(items)
    record(actor, "knowledge.import_uploaded", batch, org=org, topics=TOPICS, payload={"format": FORMAT})
    return batch


@action("knowledge.graph_import_mend")
def mend(actor: Actor, batch_id: int, place: int, changes: Mapping[str, str], *, skip: bool) -> None:
    """Change a row before it is taken in, or leave it out; all rows are looked over anew, for they speak of each other.

    Raises NotAllowed, NotFound, Conflict (no longer waiting).
    """
    batch = _mending(actor, batch_id)
    items = list(batch.items.order_by("place"))
    item = next((one for one in items if one.place == place), None)
    if item is None:
        raise NotFound(_("没有这一条"))
    kept = {name: text.strip()[: sheet.LONGEST] for name, text in changes.items() if name in sheet.HEADS}
    item.content = {name: text for name, text in (item.content | kept).items() if text}
    item.skipped, item.problems = skip, []
    _again(batch, items)


@action("knowledge.graph_import_skip")
def skip_wrong(actor: Actor, batch_id: int) -> int:
    """Leave out all rows that are wrong; how many. Raises NotAllowed, NotFound, Conflict."""
    batch = _mending(actor, batch_id)
    items = list(batch.items.order_by("place"))
    wrong = [item for item in items if item.wrong and not item.skipped]
    for item in wrong:
        item.skipped = True
    _again(batch, items)
    return len(wrong)


def _again(batch: KnowledgeImport, items: list[ImportItem]) -> None:
    look_over(batch, items)
    ImportItem.objects.bulk_update(items, ["content", "problems", "skipped"], batch_size=500)


@action("knowledge.graph_import_start")
def start(actor: Actor, batch_id: int) -> KnowledgeImport:
    """A second person has looked it over: from now on it is taken in, in the background, and holds.

    Raises NotAllowed (needs ``knowledge.review`` over the unit), NotFound, Conflict (one's own upload, rows that are wrong,
    nothing to take in, no longer waiting).
    """
    from denghuo.apps.knowledge.graph.jobs import take_in_import

    batch = locked(batch_id)
    if not may(actor, REVIEW, batch.org):
        raise NotAllowed()
    if batch.state != ImportStage.READY:
        raise Conflict(_("这个导入已不能修改"))
    if actor.id == batch.by_id:
        raise Conflict(_("须由另一位同事复核后生效"), code="own_work")
    items = list(batch.items.filter(skipped=False))
    wrong = sum(item.wrong for item in items)
    if wrong:
        raise Conflict(_("还有 %(n)s 条有错误，请逐条改好或跳过，再导入") % {"n": wrong})
    if not items:
        raise Conflict(_("没有要导入的条目"))
    batch.state = ImportStage.RUNNING
    batch.job_id = jobs.enqueue(take_in_import, batch_id=batch.pk)
    jobs.announce(batch.job_id, _("导入 %(name)s") % {"name": batch.file_name}, len(items))
    batch.save(update_fields=["state", "job_id"])
    record(actor, "knowledge.import_started", batch, org=batch.org, topics=TOPICS, payload={"rows": len(items)})
    return batch


@action("knowledge.graph_import_cancel")
def cancel(actor: Actor, batch_id: int) -> KnowledgeImport:
    """Give an import up that waits. Raises NotAllowed, NotFound, Conflict (it has begun or ended)."""
    batch = locked(batch_id)
    if not may(actor, REVIEW, batch.org):
        require_edit(actor, batch.org)
    if batch.state in ENDED or batch.state == ImportStage.RUNNING:
        raise Conflict(_("这个导入已结束"))
    _end(batch, ImportStage.CANCELLED, _("已由人员取消"))
    return batch


def waiting(batch: KnowledgeImport) -> list[ImportItem]:
    """Rows still to be taken in: entities before the statements that speak of them."""
    rows = batch.items.filter(skipped=False).exclude(content__has_key="made").order_by("place")
    return sorted(rows, key=lambda item: (sheet.is_statement(item.content), item.place))


def take_in(batch_id: int, shown: Progress) -> None:
    """The job: rows in the name of the person who uploaded, a few in one transaction; goes on where it stood."""
    batch = KnowledgeImport.objects.select_related("org").get(pk=batch_id)
    if batch.state != ImportStage.RUNNING:
        return
    actor = actor_for(Staff.objects.get(pk=batch.by_id))
    try:
        while items := waiting(batch)[:CHUNK]:
            with transaction.atomic():
                known = Known(batch)
                for item in items:
                    _take_in(actor, known, item)
            shown.advance(len(items))
    except Cancelled:
        _end(batch, ImportStage.CANCELLED, _("已由人员取消；已导入的保留"))
        raise
    failed = batch.items.filter(skipped=True, problems__contains=[["refused"]]).count()
    _end(batch, ImportStage.DONE, _("%(n)s 条未能导入，见各条说明") % {"n": failed} if failed else "")


def _take_in(actor: Actor, known: Known, item: ImportItem) -> None:
    """One row; a refusal is written beside it and the others go on."""
    batch = known.batch
    try:
        with transaction.atomic():
            if sheet.is_statement(item.content):
                row = write_relation(actor, relation_draft(item.content, known), org=batch.org)
                made = row.head_id
            else:
                there = present_entity(item.content, batch)
                draft = entity_draft(item.content, batch)
                entity = write_entity(
                    actor, draft, entity_id=there.pk if there else None, org=None if there else batch.org
                )
                made = entity.pk
                known.by_name[entity.name] = [entity]
    except ActionError as error:
        texts = [text for found in getattr(error, "fields", {}).values() for text in found] or [error.message]
        item.skipped, item.problems = True, [["refused", "error", " ".join(texts)], *item.problems]
    else:
        item.content = item.content | {"made": made}
    item.save(update_fields=["content", "skipped", "problems"])


def _end(batch: KnowledgeImport, state: ImportStage, note: str = "") -> None:
    batch.state, batch.note, batch.ended_at = state, note[:300], moment.now()
    batch.save(update_fields=["state", "note", "ended_at"])
    rows = batch.items.filter(content__has_key="made").count()
    record(
        Actor.system("knowledge.import"), "knowledge.import_ended", batch, org=batch.org, topics=TOPICS,
        payload={"state": str(state), "rows": rows},
    )  # fmt: skip
