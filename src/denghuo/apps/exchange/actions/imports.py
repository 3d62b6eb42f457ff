"""Imports: a file is uploaded, its columns are named, it is looked through, and taken in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.exchange import vault
from denghuo.apps.exchange.choices import ImportKind, ImportState
from denghuo.apps.exchange.importing.columns import Field, code_of, guess
from denghuo.apps.exchange.importing.kinds import IMPORTS, NUMBER
from denghuo.apps.exchange.models import ImportBatch
from denghuo.core import jobs, moment, policies, sheets
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

IMPORT = "exchange.import"
ENDED = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)


def locked(actor: Actor, batch_id: int) -> ImportBatch:
    """The batch, locked, if the actor may import for its unit. Raises NotFound, NotAllowed."""
    rows = ImportBatch.objects.select_related("org").select_for_update(of=("self",))
    row = rows.filter(pk=batch_id).first()
    if row is None:
        raise NotFound(_("没有这个导入批次"))
    actor.require(IMPORT, row.org.path)
    return row


@action("import.upload")
def upload(
    actor: Actor, *, client_id: uuid.UUID, kind: str, source: str, org: OrgUnit, name: str, chunks: Iterable[bytes]
) -> ImportBatch:
    """Keep a file (sealed) and read its header. The same ``client_id`` again gives the same batch.

    ``source`` names the system the rows come from: with a row's own number it is the row's identity. Raises NotAllowed,
    InvalidInput (kind, source, file).
    """
    actor.require(IMPORT, org.path)
    known = ImportBatch.objects.select_related("org").filter(client_id=client_id, by_id=actor.id).first()
    if known is not None:
        return known
    form = Form()
    form.choice("kind", kind, ImportKind.values)
    source = form.text("source", source, longest=32, required=True, lines=False)
    if source and not NUMBER.fullmatch(source):
        form.wrong("source", _("来源系统只能用文字、数字和 - _ . : / #"))
    form.finish()
    key = uuid.uuid4()
    vault.keep(key, _limited(chunks))
    try:
        found, columns = _header(key)
    except sheets.SheetError as error:
        vault.forget(key)
        raise InvalidInput({"file": str(error)}) from error
    row = ImportBatch.objects.create(
        client_id=client_id, kind=kind, source=source, org=org, file_name=PurePath(name.replace("\\", "/")).name[:120],
        format=found.format, encoding=found.encoding, file_key=key, columns=columns,
        mapping=guess(IMPORTS[kind].fields, columns), by_id=actor.id or 0, by_name=actor.name, created_at=moment.now(),
    )  # fmt: skip
    record(actor, "import.uploaded", row, org=org, payload={"import_kind": kind, "source": source})
    return row


def _limited(chunks: Iterable[bytes]) -> Iterable[bytes]:
    limit: int = policies.get("import.max_bytes")
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise InvalidInput(
                {"file": _("文件超过 %(limit)s MB 上限，请拆成几个文件再上传") % {"limit": f"{limit / 1_000_000:.3g}"}}
            )
        yield chunk


def _header(key: uuid.UUID) -> tuple[sheets.Table, list[str]]:
    with vault.opened(key) as file:
        found = sheets.read(file)
        first = next(found.rows, None)
        if first is None or next(found.rows, None) is None:
            raise sheets.SheetError(_("文件里没有数据：第一行应为列名，从第二行起为数据"))
        return found, [head[:60] for head in first[1]]


def preview(batch: ImportBatch, most: int = 5) -> list[tuple[int, list[str]]]:
    """The first rows under the header, for naming the columns. Raises FileNotFoundError when it was cleared."""
    with vault.opened(batch.file_key) as file:
        table = sheets.read(file)
        next(table.rows, None)
        return [row for row, _n in zip(table.rows, range(most), strict=False)]


@action("import.check")
def start_check(
    actor: Actor, batch_id: int, *, mapping: Mapping[str, int | None], constants: Mapping[str, str]
) -> ImportBatch:
    """Name the columns and begin the trial run, which makes nothing.

    ``mapping`` is field → column place; ``constants`` says what the whole file has in common. Raises NotAllowed,
    NotFound, Conflict (a run is under way or it has ended), InvalidInput (by field).
    """
    from denghuo.apps.exchange.jobs import check_import

    row = locked(actor, batch_id)
    if row.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise Conflict(_("该批次正在处理或已结束，如需再导入请重新上传"))
    fields = IMPORTS[row.kind].fields
    row.mapping, row.constants = _checked(fields, mapping, constants, len(row.columns))
    row.state, row.total, row.faulty = ImportState.CHECKING, 0, 0
    row.job_id = jobs.enqueue(check_import, batch_id=row.pk)
    jobs.announce(row.job_id, _("校验 %(name)s") % {"name": row.file_name})
    row.save(update_fields=["mapping", "constants", "state", "total", "faulty", "job_id"])
    return row


def _checked(
    fields: Iterable[Field], mapping: Mapping[str, int | None], constants: Mapping[str, str], width: int
) -> tuple[dict[str, int], dict[str, str]]:
    form = Form()
    chosen: dict[str, int] = {}
    common: dict[str, str] = {}
    for field in fields:
        place, value = mapping.get(field.name), str(constants.get(field.name, "")).strip()
        if place is not None:
            if not 0 <= place < width:
                form.wrong(field.name, _("没有这一列，请重新选择"))
            elif place in chosen.values():
                form.wrong(field.name, _("这一列已对应到别的内容，请另选"))
            else:
                chosen[field.name] = place
        if value and field.constant:
            code = code_of(field.choices, value) if field.choices else value[:80]
            if code is None:
                form.wrong(field.name, _("没有这个选项，请重新选择"))
            else:
                common[field.name] = code
        if field.required and place is None and not value:
            common_too = _("必填内容没有对应的列，请选择列或填写统一取值")
            form.wrong(field.name, common_too if field.constant else _("必填内容没有对应的列，请选择列"))
    form.finish()
    return chosen, common


@action("import.note_checked")
def note_checked(actor: Actor, batch_id: int, *, total: int, faulty: int) -> None:
    """The trial run has ended."""
    row = locked(actor, batch_id)
    row.state, row.total, row.faulty = ImportState.CHECKED, total, faulty
    row.save(update_fields=["state", "total", "faulty"])
    record(actor, "import.checked", row, org=row.org, payload={"rows": total, "faulty": faulty})


@action("import.start")
def start_run(actor: Actor, batch_id: int) -> ImportBatch:
    """Take in what is right. Raises NotAllowed, NotFound, Conflict (not looked through, or nothing is right)."""
    from denghuo.apps.exchange.jobs import run_import

    row = locked(actor, batch_id)
    if row.state != ImportState.CHECKED:
        raise Conflict(_("请先完成校验，再导入"))
    if row.total <= row.faulty:
        raise Conflict(_("没有一行可以导入，请按错误说明修改后重新上传"))
    most: int = policies.get("import.max_rows", row.org)
    if row.total > most:
        raise Conflict(_("共 %(total)s 行，超过 %(most)s 行上限，请拆成几个文件") % {"total": row.total, "most": most})
    row.state, row.position, row.made, row.known, row.faulty = ImportState.RUNNING, 0, 0, 0, 0
    row.faults.all().delete()
    row.job_id = jobs.enqueue(run_import, batch_id=row.pk)
    jobs.announce(row.job_id, _("导入 %(name)s") % {"name": row.file_name}, row.total)
    row.save(update_fields=["state", "position", "made", "known", "faulty", "job_id"])
    return row


@action("import.cancel")
def cancel_import(actor: Actor, batch_id: int) -> ImportBatch:
    """Stop: what was taken in stays, the rest does not happen. Raises NotAllowed, NotFound, Conflict (it has ended)."""
    row = locked(actor, batch_id)
    if row.state in ENDED:
        raise Conflict(_("该批次已结束"))
    running = row.state in (ImportState.CHECKING, ImportState.RUNNING)
    if running and row.job_id is not None and jobs.cancel(row.job_id) and _works(row.job_id):
        return row  # the job itself ends the batch at its next step
    end_import(actor, batch_id, state=ImportState.CANCELLED, reason=_("已由人员取消"))
    row.refresh_from_db()
    return row


def _works(job_id: int) -> bool:
    from denghuo.core.jobs.models import JobProgress, JobState

    return JobProgress.objects.filter(pk=job_id, state=JobState.RUNNING).exists()


@action("import.end")
def end_import(actor: Actor, batch_id: int, *, state: str, reason: str = "") -> None:
    """Write how it ended; the file is cleared. Ended already: nothing happens."""
    row = locked(actor, batch_id)
    if row.state in ENDED:
        return
    row.state, row.reason, row.ended_at = state, reason[:200], moment.now()
    row.save(update_fields=["state", "reason", "ended_at"])
    payload: dict[str, Any] = {"state": str(state), "made": row.made, "known": row.known, "faulty": row.faulty}
    record(actor, "import.ended", row, org=row.org, payload=payload)
    from django.db import transaction

    transaction.on_commit(lambda: vault.forget(row.file_key))
