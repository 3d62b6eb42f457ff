"""Going through a file: once to see what is wrong, once to take in what is right.

Taking in commits a few rows at a time, the batch's place and counts with them: a job that is killed goes on where it
stood, and no row is counted or made twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.exchange import vault
from denghuo.apps.exchange.actions.imports import IMPORT, end_import, note_checked
from denghuo.apps.exchange.choices import ImportState
from denghuo.apps.exchange.importing.columns import cells_of
from denghuo.apps.exchange.importing.kinds import IMPORTS, Context, Faults, Kind, Row
from denghuo.apps.exchange.models import ImportBatch, ImportFault
from denghuo.core import sheets
from denghuo.core.actors import Actor, Grant
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.jobs import progress
from denghuo.core.jobs.progressing import Progress
from denghuo.core.jobs.registry import Cancelled

CHECK_CHUNK = 500
RUN_CHUNK = 20  # rows in one transaction: it holds back readers of the event log while it lasts
SYSTEM = Actor.system("exchange.import")
Cells = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Read:
    """One row of the file: its number there, its cells, and its fields."""

    place: int
    cells: list[str]
    row: Row


def actor_of(batch: ImportBatch) -> Actor:
    """Who the rows are made as: the person who uploaded them, with the rights an import needs and no others, on the
    batch's unit as far as they may still import there."""
    staff = Staff.objects.filter(pk=batch.by_id, is_active=True).first()
    paths = actor_for(staff).paths_for(IMPORT) if staff is not None else ()
    unit = batch.org.path
    held = [unit if unit.startswith(path) else path for path in paths if unit.startswith(path) or path.startswith(unit)]
    wanted = IMPORTS[batch.kind].permissions
    return Actor("staff", batch.by_id, batch.by_name, tuple(Grant("import", wanted, path) for path in held))


def rows_of(batch: ImportBatch, table: sheets.Table) -> Iterator[Read]:
    """The rows under the header, as fields."""
    kind = IMPORTS[batch.kind]
    next(table.rows, None)
    for place, cells in table.rows:
        yield Read(place, cells, cells_of(kind.fields, batch.mapping, batch.constants, cells))


def _chunks(rows: Iterator[Read], size: int) -> Iterator[list[Read]]:
    held: list[Read] = []
    for row in rows:
        held.append(row)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


class _Twice:
    """Numbers seen in this file; short digests, so that a long file takes little memory."""

    def __init__(self) -> None:
        self.seen: dict[bytes, int] = {}

    def refuse(self, kind: Kind, read: Read) -> None:
        identity = kind.identity(read.row)
        if not identity.strip("|"):
            return
        first = self.seen.setdefault(hashlib.blake2b(identity.encode(), digest_size=10).digest(), read.place)
        if first != read.place:
            name = kind.fields[0].name
            raise Faults([(name, _("与第 %(row)s 行重复，请删去其中一行") % {"row": first})])


def check(batch_id: int) -> None:
    """The trial run: every row looked at, nothing made. Ends in *checked*, *cancelled* or *failed*."""
    batch = ImportBatch.objects.select_related("org").get(pk=batch_id)
    if batch.state != ImportState.CHECKING:
        return
    with translation.override("zh-hans"), _ending(batch):
        shown = progress(_("校验 %(name)s") % {"name": batch.file_name}, batch.total or None)
        kind, twice = IMPORTS[batch.kind], _Twice()
        ctx = Context(actor_of(batch), batch.source)
        batch.faults.all().delete()
        total = faulty = 0
        with vault.opened(batch.file_key) as file:
            for chunk in _chunks(rows_of(batch, sheets.read(file)), CHECK_CHUNK):
                kind.load(ctx, [read.row for read in chunk])
                found = [fault for read in chunk if (fault := _look(batch, kind, ctx, twice, read)) is not None]
                ImportFault.objects.bulk_create(found)
                total += len(chunk)
                faulty += len(found)
                shown.advance(len(chunk))
        note_checked(SYSTEM, batch.pk, total=total, faulty=faulty)


def _look(batch: ImportBatch, kind: Kind, ctx: Context, twice: _Twice, read: Read) -> ImportFault | None:
    try:
        twice.refuse(kind, read)
        kind.check(ctx, read.row)
    except Faults as faults:
        return _fault(batch, kind, read, faults.found)
    return None


def _fault(batch: ImportBatch, kind: Kind, read: Read, found: list[tuple[str, str]]) -> ImportFault:
    heads = {field.name: str(field.label) for field in kind.fields}
    for name, place in batch.mapping.items():
        if place < len(batch.columns) and batch.columns[place]:
            heads[name] = batch.columns[place]
    errors = [[heads.get(name, _("整行")), message] for name, message in found]
    return ImportFault(batch=batch, row=read.place, cells=json.dumps(read.cells, ensure_ascii=False), errors=errors)


def run(batch_id: int) -> None:
    """Take in what is right; rows with faults are kept with what is wrong. Ends in *done*, *cancelled* or *failed*."""
    batch = ImportBatch.objects.select_related("org").get(pk=batch_id)
    if batch.state != ImportState.RUNNING:
        return
    with translation.override("zh-hans"), _ending(batch):
        shown = progress(_("导入 %(name)s") % {"name": batch.file_name}, batch.total or None)
        ctx, twice = Context(actor_of(batch), batch.source), _Twice()
        with vault.opened(batch.file_key) as file:
            _run_all(batch, ctx, twice, rows_of(batch, sheets.read(file)), shown)
        end_import(SYSTEM, batch.pk, state=ImportState.DONE)


def _run_all(batch: ImportBatch, ctx: Context, twice: _Twice, rows: Iterator[Read], shown: Progress) -> None:
    kind = IMPORTS[batch.kind]
    for chunk in _chunks(rows, RUN_CHUNK):
        if chunk[-1].place <= batch.position:
            shown.advance(len(chunk))  # dealt with before this worker began
            continue
        with transaction.atomic():
            row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            kind.load(ctx, [read.row for read in chunk])
            for read in chunk:
                if read.place > row.position:
                    _take_in(row, kind, ctx, twice, read)
            row.position = chunk[-1].place
            row.save(update_fields=["position", "made", "known", "faulty"])
        shown.advance(len(chunk))


def _take_in(batch: ImportBatch, kind: Kind, ctx: Context, twice: _Twice, read: Read) -> None:
    """One row: its action, or its faults."""
    try:
        twice.refuse(kind, read)
        item = kind.check(ctx, read.row)
        with transaction.atomic():
            made = kind.run(ctx, item)
    except Faults as faults:
        found = faults.found
    except InvalidInput as error:
        found = [(name, text) for name, texts in error.fields.items() for text in texts]
    except ActionError as error:
        found = [("", error.message)]
    else:
        batch.made += made
        batch.known += not made
        return
    fault = _fault(batch, kind, read, found)
    ImportFault.objects.update_or_create(
        batch=batch, row=read.place, defaults={"cells": fault.cells, "errors": fault.errors}
    )
    batch.faulty += 1


class _ending:  # noqa: N801  (used as a statement)
    """Whatever ends a run is written on the batch: a cancel, a file that cannot be read, a fault of ours."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Cancelled):
            end_import(SYSTEM, self.batch.pk, state=ImportState.CANCELLED, reason=_("已由人员取消"))
            return False
        if isinstance(error, sheets.SheetError):
            end_import(SYSTEM, self.batch.pk, state=ImportState.FAILED, reason=str(error))
            return True
        if isinstance(error, FileNotFoundError):
            end_import(SYSTEM, self.batch.pk, state=ImportState.FAILED, reason=_("文件已清除，请重新上传"))
            return True
        return False


def faults_file(batch: ImportBatch) -> tuple[list[str], Iterator[list[str]]]:
    """Header and rows of the file to mend: the rows as they came, with what is wrong in a last column."""
    width = max(len(batch.columns), 1)
    heads = [*batch.columns, _("错误说明")]

    def rows() -> Iterator[list[str]]:
        for fault in batch.faults.order_by("row").iterator(chunk_size=500):
            cells = json.loads(fault.cells)[:width]
            told = _("；").join(f"{column}：{message}" for column, message in fault.errors)
            yield [*cells, *[""] * (width - len(cells)), told]

    return heads, rows()
