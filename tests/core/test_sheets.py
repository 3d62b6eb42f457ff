"""Tables as files: read whatever spreadsheets write, write what is harmless and keeps its digits."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from denghuo.core import sheets


def rows(data: bytes) -> list[tuple[int, list[str]]]:
    return list(sheets.read(io.BytesIO(data)).rows)


@pytest.mark.parametrize(
    ("encoding", "known"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_in_the_encodings_people_save(encoding: str, known: str, separator: str) -> None:
    text = f'姓名{separator}电话\r\n江小满{separator}013900001234\r\n\r\n"多行\n文字"{separator}x\r\n'
    table = sheets.read(io.BytesIO(text.encode(encoding)))
    assert (table.format, table.encoding) == ("csv", known)
    assert list(table.rows) == [(1, ["姓名", "电话"]), (2, ["江小满", "013900001234"]), (4, ["多行\n文字", "x"])]


def test_a_character_cut_by_the_reading_of_pieces_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_CHUNK", 5)
    assert rows("编号,内容\n1,灯火通明\n".encode())[1] == (2, ["1", "灯火通明"])


def test_a_workbook_keeps_numbers_texts_and_times_as_people_see_them() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["户号", "电话", "时间", "数", "空"])
    sheet.append(["0033", 13900001234, dt.datetime(2026, 1, 31, 8, 30), 2.5, None])
    sheet.append([])
    sheet.append([True, 3.0, "", "", "=1+1"])
    file = io.BytesIO()
    book.save(file)
    found = rows(file.getvalue())
    assert found[1] == (2, ["0033", "13900001234", "2026-01-31 08:30:00", "2.5"])
    assert found[2][0] == 4 and found[2][1][:2] == ["TRUE", "3"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_is_written_cannot_run_in_a_spreadsheet_and_reads_back_the_same(format: str) -> None:
    file = io.BytesIO()
    given = ['=HYPERLINK("x")', "+cmd", "013900001234", "-5", "@a", "普通\x07文字", "'引号"]
    count = sheets.write(file, format, ["a", "b", "c", "d", "e", "f", "g"], [given])
    assert count == 1
    if format == "xlsx":
        cells = next(load_workbook(file).active.iter_rows(min_row=2))
        assert all(cell.data_type != "f" for cell in cells) and cells[2].number_format == "@"
    else:
        assert b"\n=" not in file.getvalue() and b",+" not in file.getvalue() and b",@" not in file.getvalue()
    wanted = [text.replace("\x07", "") if format == "xlsx" else text for text in given]
    assert rows(file.getvalue())[1][1] == wanted


def test_times_are_written_as_local_time() -> None:
    file = io.BytesIO()
    sheets.write(file, "csv", ["t"], [[dt.datetime(2026, 1, 31, 0, 30, tzinfo=dt.UTC)], [None]])
    assert "2026-01-31 08:30:00" in file.getvalue().decode("utf-8-sig")
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"", "空"), (b"\xd0\xcf\x11\xe0rest", ".xlsx"), (b"PK\x03\x04broken", "损坏"), (b"\xff\xfe\xfd\x80\x81\x00\x00", "编码"),
     (b"a\x00b\x00\n", "编码")],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_the_remedy(data: bytes, word: str) -> None:
    with pytest.raises(sheets.SheetError) as caught:
        rows(data)
    assert word in str(caught.value)


def test_a_workbook_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_EXPANDED", 1000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 100_000)
    with pytest.raises(sheets.SheetError):
        rows(file.getvalue())


def test_a_sheet_formatted_to_its_end_stops_after_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_BLANK", 3)
    assert rows(b"a\n1\n\n\n\n\n\n2\n") == [(1, ["a"]), (2, ["1"])]
