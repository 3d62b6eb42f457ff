"""Files as entries: Word, Excel and CSV, PDF, Markdown. What kind a file is, its bytes say; its name only helps text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.imports import outline, sheet
from denghuo.apps.knowledge.imports.found import Found, Unreadable
from denghuo.core import sheets

MOST_EXPANDED: Final = 200 * 1024 * 1024  # bytes a Word file may unpack to
MOST_PAGES: Final = 500


def format_of(data: bytes, name: str) -> str:
    """docx, xlsx, csv, pdf or md. Raises Unreadable for anything else."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("这是旧版 Word 或 Excel 文件，请另存为 .docx 或 .xlsx 后再上传"))
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    lower = name.lower()
    if lower.endswith((".md", ".markdown", ".txt")):
        return "md"
    if lower.endswith(".csv"):
        return "csv"
    raise Unreadable(_("只能读取 Word（.docx）、Excel（.xlsx）、CSV、PDF 和 Markdown（.md）文件"))


def _office(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_EXPANDED:
                raise Unreadable(_("文件解开后过大，请拆成几个文件再上传"))
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise Unreadable(_("文件已损坏或加密，请另存后再上传")) from error
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise Unreadable(_("只能读取 Word（.docx）、Excel（.xlsx）、CSV、PDF 和 Markdown（.md）文件"))


def read(data: bytes, format: str) -> list[Found]:
    """The entries of a file. Raises Unreadable with what to do."""
    if format in ("xlsx", "csv"):
        return sheet.read(io.BytesIO(data))
    if format == "docx":
        return _word(data)
    if format == "pdf":
        return outline.parse(_pdf_lines(data))
    file = io.BytesIO(data)
    try:
        encoding = sheets.detect_encoding(file)
    except sheets.SheetError as error:
        raise Unreadable(str(error)) from error
    return outline.parse(data.decode(encoding).splitlines())


def _pdf_lines(data: bytes) -> Iterator[str]:
    """The text of a PDF, line by line as it stands on the page; pictures of text hold none."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(_("PDF 有密码保护，请去掉密码后再上传"))
        if len(reader.pages) > MOST_PAGES:
            raise Unreadable(_("PDF 超过 %(most)s 页，请拆成几个文件再上传") % {"most": MOST_PAGES})
        text = "\n".join(page.extract_text() or "" for page in reader.pages)
    except Unreadable:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise Unreadable(_("PDF 已损坏或无法解析，请另存为 Word 后再上传")) from error
    if not text.strip():
        raise Unreadable(_("PDF 里没有文字（可能是扫描件），请先做文字识别，或改用 Word、Excel"))
    yield from text.splitlines()


def _word(data: bytes) -> list[Found]:
    """Paragraphs as outlined text; a table with question and answer columns as rows."""
    import docx
    from docx.opc.exceptions import OpcError
    from docx.table import Table

    try:
        document = docx.Document(io.BytesIO(data))
        parts = list(document.iter_inner_content())
    except (OpcError, KeyError, ValueError, SyntaxError, zipfile.BadZipFile) as error:
        raise Unreadable(_("Word 文件已损坏或加密，请另存为 .docx 后再上传")) from error
    lines: list[str] = []
    found: list[Found] = []
    for part in parts:
        if not isinstance(part, Table):
            lines.append(_paragraph(part))
            continue
        rows = [[cell.text.strip() for cell in row.cells] for row in part.rows]
        if rows and {"question", "answer"} <= {sheet.column_of(head) for head in rows[0]}:
            found += sheet.from_rows(rows[0], rows[1:])
        else:
            lines += _markdown_table(rows)
    return outline.parse(lines) + found


def _paragraph(part: Any) -> str:
    """A paragraph as a line of Markdown: its heading level, or its bullet."""
    text = part.text.strip()
    style = (part.style.name or "") if part.style is not None else ""
    if text and style.startswith(("Heading ", "标题 ")) and style.split()[-1].isdigit():
        return "#" * min(6, int(style.split()[-1])) + " " + text.replace("\n", " ")
    if text and style == "Title":
        return "# " + text.replace("\n", " ")
    return f"- {text}" if text and style.startswith(("List", "列表")) else text


def _markdown_table(rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    cells = [[cell.replace("\n", " ").replace("|", "\\|") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return ["", lines[0], "|" + " --- |" * len(cells[0]), *lines[1:], ""]
