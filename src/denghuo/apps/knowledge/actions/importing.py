"""Imports: a file is read, looked at row by row, and made into drafts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.knowledge.actions.writing import TOPICS, require_edit, write_draft
from denghuo.apps.knowledge.choices import ImportStage, Scene
from denghuo.apps.knowledge.imports import reading
from denghuo.apps.knowledge.imports.checking import draft_from, known_entry, look_over
from denghuo.apps.knowledge.imports.found import Unreadable
from denghuo.apps.knowledge.models import ImportItem, KnowledgeImport
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.jobs.progressing import Progress
from denghuo.core.jobs.registry import Cancelled
from denghuo.core.scoping.models import OrgUnit

ENDED = (ImportStage.DONE, ImportStage.CANCELLED, ImportStage.FAILED)
CHUNK = 20  # items in one transaction


def locked_import(actor: Actor, batch_id: int) -> KnowledgeImport:
    """The import, locked, if the actor may write for its unit. Raises NotFound, NotAllowed."""
    rows = KnowledgeImport.objects.select_for_update(of=("self",)).select_related("org").exclude(format="graph")
    row = rows.filter(pk=batch_id).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    require_edit(actor, row.org)
    return row


@action("knowledge.import_upload")
def upload(
    actor: Actor, *, client_id: uuid.UUID, name: str, chunks: Iterable[bytes], org: OrgUnit | None, scene: str = "",
    source: str = "",
) -> KnowledgeImport:  # fmt: skip
    """Keep a file and read it in the background. The same ``client_id`` again gives the same import.

    ``scene`` and ``source`` stand in for what the file does not say. Raises NotAllowed, InvalidInput (file, scene).
    """
    from denghuo.apps.knowledge.jobs_entries import read_import

    require_edit(actor, org)
    if actor.kind != "staff" or actor.id is None:
        raise NotAllowed()
    known = KnowledgeImport.objects.filter(client_id=client_id, by_id=actor.id).first()
    if known is not None:
        return known
    form = Form()
    scene = form.choice("scene", scene, Scene.values, required=False)
    source = form.text("source", source, longest=300, lines=False)
    form.finish()
    data = whole(chunks)
    try:
        found = reading.format_of(data, name)
    except Unreadable as error:
        raise InvalidInput({"file": [str(error)]}) from error
    row = KnowledgeImport.objects.create(
        client_id=client_id, file_name=PurePath(name.replace("\\", "/")).name[-120:], format=found, data=data, org=org,
        scene=scene, source=source, by_id=actor.id, at=moment.now(),
    )  # fmt: skip
    row.job_id = jobs.enqueue(read_import, batch_id=row.pk)
    jobs.announce(row.job_id, _("解析 %(name)s") % {"name": row.file_name})
    row.save(update_fields=["job_id"])
    record(actor, "knowledge.import_uploaded", row, org=org, topics=TOPICS, payload={"format": found})
    return row


def whole(chunks: Iterable[bytes]) -> bytes:
    """The bytes of an upload. Raises InvalidInput (file): empty, or above ``knowledge.import_max_bytes``."""
    limit: int = policies.get("knowledge.import_max_bytes")
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) > limit:
            most = f"{limit / 1_000_000:.3g}"
            raise InvalidInput({"file": [_("文件超过 %(limit)s MB 上限，请拆成几个文件再上传") % {"limit": most}]})
    if not held:
        raise InvalidInput({"file": [_("文件是空的，请重新选择文件")]})
    return bytes(held)


def read_in(batch_id: int, shown: Progress) -> None:
    """The reading job: what the file holds becomes items with their problems. A failure is written on the import."""
    batch = KnowledgeImport.objects.select_related("org").get(pk=batch_id)
    if batch.state != ImportStage.READING or batch.data is None:
        return
    try:
        found = reading.read(bytes(batch.data), batch.format)
        most = int(policies.get("knowledge.import_max_items", batch.org))
        if len(found) > most:
            told = {"n": len(found), "most": most}
            raise Unreadable(_("文件里有 %(n)s 条，超过 %(most)s 条上限，请拆成几个文件") % told)
        if not found:
            raise Unreadable(_("没有认出条目：请用标题、“问：/答：”或含“标准问、答案”两列的表格"))
    except Unreadable as error:
        _end(batch, ImportStage.FAILED, str(error))
        return
    seen: dict[str, int] = {}
    items = [ImportItem(batch=batch, place=place, content=one.content()) for place, one in enumerate(found, 1)]
    try:
        for item in items:
            look_over(batch, item, seen)
            shown.advance()
    except Cancelled:
        _end(batch, ImportStage.CANCELLED, _("已由人员取消"))
        raise
    with transaction.atomic():
        batch.items.all().delete()
        ImportItem.objects.bulk_create(items)
        batch.state, batch.data = ImportStage.READY, None
        batch.save(update_fields=["state", "data"])


def _end(batch: KnowledgeImport, state: ImportStage, note: str = "") -> None:
    batch.state, batch.note, batch.data, batch.ended_at = state, note[:300], None, moment.now()
    batch.save(update_fields=["state", "note", "data", "ended_at"])
    rows = batch.items.filter(entry__isnull=False).count()
    record(
        Actor.system("knowledge.import"), "knowledge.import_ended", batch, org=batch.org, topics=TOPICS,
        payload={"state": str(state), "rows": rows},
    )  # fmt: skip


@action("knowledge.import_mend")
def mend_item(actor: Actor, batch_id: int, place: int, changes: Mapping[str, Any], *, skip: bool) -> ImportItem:
    """Change an item before it is taken in, or leave it out; its problems are found anew.

    Raises NotAllowed, NotFound, Conflict (the import is not waiting for a person).
    """
    batch = locked_import(actor, batch_id)
    item = _waiting(batch).filter(place=place).first()
    if item is None:
        raise NotFound(_("没有这一条"))
    kept = {"question", "answer", "similar", "negative", "scene", "source", "trust", "kind"}
    item.content = item.content | {name: value for name, value in changes.items() if name in kept}
    others = batch.items.filter(place__lt=place, skipped=False).values_list("content__question", "place")
    seen = {question: first for question, first in others.order_by("-place") if question}
    item.skipped = False
    look_over(batch, item, seen)
    item.skipped = skip
    item.save()
    return item


@action("knowledge.import_skip")
def skip_items(actor: Actor, batch_id: int, which: str) -> int:
    """Leave out all items that are wrong (``wrong``) or like an existing one (``like``); how many.

    Raises NotAllowed, NotFound, Conflict.
    """
    batch = locked_import(actor, batch_id)
    picked = [
        item.pk for item in _waiting(batch).filter(skipped=False)
        if (which == "wrong" and item.wrong) or (which == "like" and any(one[0] == "like" for one in item.problems))
    ]  # fmt: skip
    return batch.items.filter(pk__in=picked).update(skipped=True)


def _waiting(batch: KnowledgeImport) -> Any:
    if batch.state != ImportStage.READY:
        raise Conflict(_("这个导入不在待确认状态，请刷新"))
    return batch.items.all()


@action("knowledge.import_start")
def start_import(actor: Actor, batch_id: int) -> KnowledgeImport:
    """Make drafts of what was not skipped. Nothing is left out silently: what is wrong must be mended or skipped first.

    Raises NotAllowed, NotFound, Conflict.
    """
    from denghuo.apps.knowledge.jobs_entries import run_import

    batch = locked_import(actor, batch_id)
    items = list(_waiting(batch).filter(skipped=False))
    wrong = sum(item.wrong for item in items)
    if wrong:
        raise Conflict(_("还有 %(n)s 条有错误，请逐条改好或跳过，再导入") % {"n": wrong})
    if not items:
        raise Conflict(_("没有要导入的条目"))
    batch.state = ImportStage.RUNNING
    batch.job_id = jobs.enqueue(run_import, batch_id=batch.pk)
    jobs.announce(batch.job_id, _("导入 %(name)s") % {"name": batch.file_name}, len(items))
    batch.save(update_fields=["state", "job_id"])
    record(actor, "knowledge.import_started", batch, org=batch.org, topics=TOPICS, payload={"rows": len(items)})
    return batch


def take_in(batch_id: int, shown: Progress) -> None:
    """The import job: drafts in the name of the person who uploaded, a few in one transaction; goes on where it stood."""
    batch = KnowledgeImport.objects.select_related("org").get(pk=batch_id)
    if batch.state != ImportStage.RUNNING:
        return
    actor = actor_for(Staff.objects.get(pk=batch.by_id))
    try:
        while True:
            with transaction.atomic():
                items = list(batch.items.filter(skipped=False, entry=None).order_by("place")[:CHUNK])
                for item in items:
                    _take_in(actor, batch, item)
            if not items:
                break
            shown.advance(len(items))
    except Cancelled:
        _end(batch, ImportStage.CANCELLED, _("已由人员取消；已生成的草稿保留"))
        raise
    failed = batch.items.filter(skipped=True, problems__contains=[["refused"]]).count()
    left = batch.items.filter(skipped=False, entry=None).count() + failed
    _end(batch, ImportStage.DONE, _("%(n)s 条未能导入，见各条说明") % {"n": left} if left else "")


def _take_in(actor: Actor, batch: KnowledgeImport, item: ImportItem) -> None:
    """One item; a refusal is written beside it and the others go on."""
    known = known_entry(item.content)
    try:
        with transaction.atomic():
            row = write_draft(
                actor, draft_from(item.content, batch), entry_id=known.pk if known else None,
                org=None if known else batch.org, note=_("导入自 %(name)s") % {"name": batch.file_name},
            )  # fmt: skip
    except ActionError as error:
        item.skipped, item.problems = True, [["refused", "error", error.message], *item.problems]
    else:
        item.entry_id = row.entry_id
    item.save(update_fields=["entry", "skipped", "problems"])


@action("knowledge.import_cancel")
def cancel_import(actor: Actor, batch_id: int) -> KnowledgeImport:
    """Stop: drafts already made stay. Raises NotAllowed, NotFound, Conflict (it has ended)."""
    from denghuo.core.jobs.models import JobProgress, JobState

    batch = locked_import(actor, batch_id)
    if batch.state in ENDED:
        raise Conflict(_("这个导入已结束"))
    running = batch.state in (ImportStage.READING, ImportStage.RUNNING) and batch.job_id is not None
    if running and jobs.cancel(batch.job_id or 0):
        held = JobProgress.objects.filter(pk=batch.job_id).first()
        if held is not None and held.state == JobState.RUNNING:
            return batch  # the job itself ends it at its next step
    _end(batch, ImportStage.CANCELLED, _("已由人员取消"))
    return batch
