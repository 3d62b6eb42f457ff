"""Reading and writing tables as files: Excel workbooks (xlsx) and CSV, row by row, never a whole file in memory.

What is written is harmless when opened in a spreadsheet (no cell becomes a formula) and keeps numbers that are names
(phones, account numbers) as text; what was guarded so on the way out is taken off again on the way in.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv; charset=utf-8"
#: a spreadsheet takes a cell that begins like this for a formula (full-width signs included)
_FORMULA = re.compile(r"^[\s\ufeff]*[=+\-@\t\r\n＝＋－＠|]")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_ILLEGAL_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
MOST_COLUMNS = 200
MOST_BLANK = 1000  # empty rows in a row: the rest of the sheet is only formatted, not filled
MOST_EXPANDED = 600 * 1024 * 1024  # bytes a workbook may unpack to: more is a bomb
_CHUNK = 1024 * 1024


class SheetError(ValueError):
    """The file cannot be read as a table; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file opened for reading. ``rows`` yields (row number as the spreadsheet shows it, cells as text)."""

    format: str
    encoding: str
    rows: Iterator[tuple[int, list[str]]]


def neutralise(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula; plain numbers stay numbers."""
    if _FORMULA.match(text) and not _NUMBER.match(text):
        return "'" + text
    return text


def restored(text: str) -> str:
    """The text that :func:`neutralise` guarded."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def read(file: BinaryIO) -> Table:
    """Open a seekable file as a table, its kind and encoding known by its bytes, not its name.

    CSV may be UTF-8 with or without mark, UTF-16 with mark, or GB18030 (what Chinese spreadsheets write); separated by
    comma, semicolon or tab. Raises SheetError, also while rows are read.
    """
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if not start:
        raise SheetError(_("文件是空的，请重新选择文件"))
    if start.startswith(b"PK\x03\x04"):
        return Table("xlsx", "", _filled(_workbook_rows(file)))
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(_("这是旧版 Excel（.xls）文件，请另存为 .xlsx 或 CSV 后再上传"))
    encoding = detect_encoding(file)
    return Table("csv", encoding, _filled(_csv_rows(file, encoding)))


def detect_encoding(file: BinaryIO) -> str:
    """``utf-8-sig``, ``utf-16``, ``utf-8`` or ``gb18030``; raises SheetError when the bytes are no text in any."""
    file.seek(0)
    start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for name in candidates:
        if _decodes(file, name):
            return name
    raise SheetError(_("无法识别文件编码，请另存为“CSV UTF-8”或 .xlsx 后再上传"))


def _decodes(file: BinaryIO, name: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while chunk := file.read(_CHUNK):
            if "\x00" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _csv_rows(file: BinaryIO, encoding: str) -> Iterator[tuple[int, list[str]]]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        head = text.readline(65536)
        separator = max(",;\t", key=head.count)
        text.seek(0)
        reader = csv.reader(text, delimiter=separator)
        for place, row in enumerate(reader, 1):
            yield place, [restored(cell.strip()) for cell in row[:MOST_COLUMNS]]
    except (csv.Error, UnicodeError) as error:
        raise SheetError(_("CSV 文件格式有误，请用表格软件打开后另存再上传")) from error
    finally:
        with contextlib.suppress(ValueError):  # the file was closed before all rows were read
            text.detach()


def _workbook_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_EXPANDED:
                raise SheetError(_("Excel 文件解开后过大，请拆成几个文件再上传"))
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
    except SheetError:
        raise
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise SheetError(_("Excel 文件已损坏或加密，请另存为 .xlsx 后再上传")) from error
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise SheetError(_("Excel 文件中没有可见的工作表"))
        sheets[0].reset_dimensions()  # what a file claims of its size is often wrong
        for place, row in enumerate(sheets[0].iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
            yield place, _trimmed([cell_text(value) for value in row])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError(_("Excel 文件已损坏，请另存为 .xlsx 后再上传")) from error
    finally:
        book.close()


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _filled(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Without empty rows; ends after ``MOST_BLANK`` of them."""
    blank = 0
    for place, cells in rows:
        if any(cells):
            blank = 0
            yield place, cells
        else:
            blank += 1
            if blank > MOST_BLANK:
                return


def cell_text(value: Any) -> str:
    """A workbook's value as people read it: a number without a point that is not there, a time in full."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return restored(str(value).strip())


def plain(value: Any) -> Any:
    """A value as a file holds it: local times without zone, formulas guarded only in CSV."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        from django.utils import timezone

        return timezone.localtime(value).replace(tzinfo=None)
    return value


def write(
    file: BinaryIO, format: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Sheet1",
    notes: Iterable[Sequence[str]] = (), notes_title: str = "",
) -> int:  # fmt: skip
    """Write a table to ``file``; gives the number of rows. ``notes`` become a second sheet (xlsx only)."""
    if format == "csv":
        return _write_csv(file, heads, rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, head in enumerate(heads):
        letter = chr(ord("A") + place) if place < 26 else "A" + chr(ord("A") + place - 26)
        sheet.column_dimensions[letter].width = max(14, 2 * len(head) + 4)
    sheet.append([_bold(sheet, head) for head in heads])
    count = 0
    for row in rows:
        sheet.append([sheet_cell(sheet, plain(value)) for value in row])
        count += 1
    if notes_title:
        second = book.create_sheet(notes_title[:31])
        second.column_dimensions["A"].width = 18
        second.column_dimensions["B"].width = 90
        for line in notes:
            second.append([sheet_cell(second, text) for text in line])
    book.save(file)
    return count


def _write_csv(file: BinaryIO, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    # The mark by which spreadsheets recognise UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([neutralise(head) for head in heads])
    count = 0
    for row in rows:
        writer.writerow([_csv_text(plain(value)) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return neutralise(value) if isinstance(value, str) else str(value)


def _bold(sheet: Any, text: str) -> Any:
    head = WriteOnlyCell(sheet, value=_ILLEGAL_XML.sub("", text))
    head.font = Font(bold=True)
    head.data_type = "s"
    return head


def sheet_cell(sheet: Any, value: Any) -> Any:
    """A cell of a write-only sheet; text stays text, whatever it begins with."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value="")
    # set the type by hand: openpyxl would make a formula of text that starts with "="
    cell.value = _ILLEGAL_XML.sub("", value)
    cell.data_type = "s"
    cell.number_format = "@"  # a phone number stays text when somebody edits it
    return cell
