"""Class trees as files: Excel, CSV and TOML, out and in."""

from __future__ import annotations

import csv
import io
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

from denghuo.apps.catalogue.classes.words import ATTRIBUTE_LABELS, VALUE_LABELS, attribute_label, row_fault_text
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.core import policies
from denghuo.engine.classes import COLUMNS, Tree, from_rows, to_rows
from denghuo.engine.classes.tree import to_document
from denghuo.web.tables.export import XLSX_TYPE, neutralise

TYPES: Final = {"xlsx": XLSX_TYPE, "csv": "text/csv; charset=utf-8", "toml": "application/toml; charset=utf-8"}
MOST_BYTES, MOST_ROWS = "catalogue.import_bytes", "catalogue.import_rows"


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault of an imported file: ``row`` as the spreadsheet counts (0: the file as a whole)."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds: a document's nodes (and head, from TOML), and its faults."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)
    rows: int = 0


def export(tree: Tree, kind: str) -> bytes:
    """The tree as a file of ``kind`` (a key of :data:`TYPES`); importing it again gives the same tree."""
    if kind == "toml":
        return to_toml(to_document(tree)).encode()
    heading = [attribute_label(name) for name in COLUMNS]
    rows = [[_written(name, cell) for name, cell in zip(COLUMNS, row, strict=True)] for row in to_rows(tree)]
    return _xlsx(tree, heading, rows) if kind == "xlsx" else _csv(heading, rows)


def _written(name: str, cell: str) -> str:
    return neutralise(str(VALUE_LABELS.get(name, {}).get(cell, cell)))


def _csv(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([heading, *rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # spreadsheets take UTF-8 only with the mark


def _xlsx(tree: Tree, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = tree.code[:31] or "classes"
    sheet.append(list(heading))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append(list(row))
    sheet.freeze_panes = "C2"
    for letter, width in (("A", 38), ("B", 26), ("C", 30)):
        sheet.column_dimensions[letter].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(upload: UploadedFile) -> Imported:
    """The classes a file holds. What cannot be taken is told by row and column; nothing is written."""
    most = policies.get(MOST_BYTES)
    if upload.size is None or upload.size > most:
        return _wrong(_("文件过大，最多 %(n)s KB") % {"n": most // 1024})
    data, name = upload.read(), (upload.name or "").lower()
    if name.endswith(".toml"):
        return _from_toml(data)
    table = _xlsx_rows(data) if data[:2] == b"PK" else _csv_rows(data)
    if table is None:
        return _wrong(_("不能读取该文件，请上传本页导出的 Excel、CSV 或 TOML 文件"))
    if len(table) < 2:
        return _wrong(_("表中没有数据行，请在表头下填写分类"))
    if len(table) - 1 > policies.get(MOST_ROWS):
        return _wrong(_("行数过多，最多 %(n)s 行") % {"n": policies.get(MOST_ROWS)})
    names = {str(label): name for name, label in ATTRIBUTE_LABELS.items()}
    values = {name: {str(label): code for code, label in known.items()} for name, known in VALUE_LABELS.items()}
    nodes, faults = from_rows([str(cell or "") for cell in table[0]], table[1:], names, values)
    told = [CellFault(one.row, attribute_label(one.column), row_fault_text(one)) for one in faults]
    return Imported(nodes, {}, told, len(table) - 1)


def _wrong(message: str) -> Imported:
    return Imported(faults=[CellFault(0, "", message)])


def _from_toml(data: bytes) -> Imported:
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return _wrong(_("TOML 格式有误：%(reason)s") % {"reason": error})
    nodes = document.get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        return _wrong(_("文件中没有 nodes 列表，请以导出的文件为准"))
    head = {name: document[name] for name in ("label", "label_en", "levels") if name in document}
    return Imported(nodes, head, [], len(nodes))


def _csv_rows(data: bytes) -> list[list[Any]] | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return list(csv.reader(io.StringIO(text, newline="")))
        except csv.Error:
            return None
    return None


def _xlsx_rows(data: bytes) -> list[list[Any]] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 50 * len(data) + 10_000_000:
                return None  # a file that unpacks to far more than it is
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        most = policies.get(MOST_ROWS) + 2
        rows = [
            list(row) for row in book.worksheets[0].iter_rows(max_row=most, max_col=len(COLUMNS) + 10, values_only=True)
        ]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError):
        return None
    while rows and not any(cell not in (None, "") for cell in rows[-1]):
        rows.pop()
    return rows
