"""Taking a table's rows away as CSV or XLSX: streamed, limited, and harmless when opened in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.db import transaction
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]

from denghuo.core import events, policies
from denghuo.core.errors import InvalidInput
from denghuo.core.sheets import XLSX_TYPE, neutralise, sheet_cell

if TYPE_CHECKING:
    from denghuo.web.tables.table import Table

MAX_ROWS = "export.max_rows"
CHUNK = 500


class TooManyRows(InvalidInput):
    """The filters leave more rows than a file may hold."""

    def __init__(self, limit: int) -> None:
        super().__init__({"export": _("结果超过 %d 行，请缩小筛选范围后再导出") % limit})


def row_limit() -> int:
    """Rows that one file may hold: policy ``export.max_rows``."""
    return int(policies.get(MAX_ROWS))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return neutralise(value) if isinstance(value, str) else str(value)


def _rows(table: Table) -> Iterator[list[Any]]:
    columns = [column for column in table.columns if column.export]
    for item in table.filtered.iterator(chunk_size=CHUNK):
        yield [column.plain(item, table.context) for column in columns]


def _heads(table: Table) -> list[str]:
    return [str(column.label) for column in table.columns if column.export]


class _Echo:
    def write(self, text: str) -> str:
        return text


def export(table: Table, kind: str) -> HttpResponseBase:
    """Return the file response for ``kind`` "csv" or "xlsx". Raises TooManyRows beyond the policy's limit."""
    limit = row_limit()
    count = table.filtered.order_by()[: limit + 1].count()
    if count > limit:
        raise TooManyRows(limit)
    _put_on_record(table, kind, count)
    name = f"{table.meta.name}-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    response = _xlsx(table) if kind == "xlsx" else _csv(table)
    response["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _put_on_record(table: Table, kind: str, count: int) -> None:
    """An export by a member of staff is itself an event; the values of the filters stay out of it."""
    if table.actor is None:
        return
    used = [filter_.name for filter_ in table.meta.filters if filter_.value(table.request.GET) is not None]
    payload = {"table": table.meta.name, "format": kind, "rows": count, "filters": used}
    with transaction.atomic():
        events.record(table.actor, "table.exported", ("staff", table.actor.id or 0), org=None, payload=payload)


def csv_lines(heads: Iterable[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """Lines of the file; the first carries the mark by which spreadsheets recognise UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(list(heads))
    for row in rows:
        yield writer.writerow([_as_text(value) for value in row])


def _csv(table: Table) -> HttpResponseBase:
    return StreamingHttpResponse(csv_lines(_heads(table), _rows(table)), content_type="text/csv; charset=utf-8")


def _xlsx(table: Table) -> HttpResponseBase:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.meta.name[:31])
    sheet.freeze_panes = "A2"
    bold = []
    for text in _heads(table):
        head = WriteOnlyCell(sheet, value=text)
        head.font = Font(bold=True)
        bold.append(head)
    sheet.append(bold)
    for row in _rows(table):
        sheet.append([sheet_cell(sheet, value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, content_type=XLSX_TYPE)
