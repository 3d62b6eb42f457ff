"""The workbook layout: what an export writes and an import reads back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from denghuo.apps.knowledge.choices import Kind, Scene, Trust
from denghuo.apps.knowledge.imports.found import Found, Unreadable
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.core import sheets

#: column → head; the heads are Chinese in every language, so that a file written by one person is read by another
HEADS: Final = {
    "code": gettext_noop("编码"),
    "question": gettext_noop("标准问"),
    "kind": gettext_noop("类型"),
    "scene": gettext_noop("场景"),
    "org": gettext_noop("适用单位"),
    "answer": gettext_noop("答案"),
    "similar": gettext_noop("相似问"),
    "negative": gettext_noop("反例问"),
    "valid_from": gettext_noop("生效日"),
    "valid_to": gettext_noop("失效日"),
    "source": gettext_noop("依据"),
    "trust": gettext_noop("可信度"),
    "varies": gettext_noop("各地标准不同"),
    "public": gettext_noop("可发给客户"),
    "tags": gettext_noop("标签"),
    "review_months": gettext_noop("复审周期（月）"),
}
OTHER_HEADS: Final = {
    "问题": "question", "标题": "question", "问": "question", "question": "question", "title": "question", "回答": "answer",
    "答": "answer", "内容": "answer", "答复": "answer", "answer": "answer", "相似问法": "similar", "similar": "similar",
    "扩展问": "similar", "反例": "negative", "来源": "source", "出处": "source", "source": "source", "分类": "scene",
    "类别": "scene", "scene": "scene", "失效日期": "valid_to", "生效日期": "valid_from", "复审周期": "review_months",
}  # fmt: skip
LISTS: Final = ("similar", "negative", "tags")
YES: Final = {"是", "1", "TRUE", "true", "yes", "Y", "y", "√"}
LABELS: Final = {"kind": Kind, "scene": Scene, "trust": Trust}


def column_of(head: str) -> str | None:
    """The column a head names, None when it names none."""
    clean = re.sub(r"\s+", "", head)
    known = {label: name for name, label in HEADS.items()} | OTHER_HEADS
    return known.get(clean) or known.get(clean.lower())


def code_of(field: str, text: str) -> str:
    """The code of a label such as 停电抢修; what is none comes back as it is, for the check to name."""
    for code, label in LABELS[field].choices:  # type: ignore[attr-defined]
        if text in (code, str(label)) or text == _label(field, code):
            return str(code)
    return text


def _label(field: str, code: str) -> str:
    from django.utils import translation

    with translation.override("zh-hans"):
        return str(LABELS[field](code).label)  # type: ignore[operator]


def sheet_rows(rows: QuerySet[StandardQuestion]) -> Iterator[list[Any]]:
    """The cells of entries under :data:`HEADS`."""
    for row in rows.iterator(chunk_size=500):
        yield [_cell(row, name) for name in HEADS]


def _cell(row: StandardQuestion, name: str) -> Any:
    if name == "org":
        return row.org.code if row.org else ""
    value = getattr(row, name)
    if name in LABELS:
        return _label(name, value)
    if name in LISTS:
        return "\n".join(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else value


def read(file: BinaryIO) -> list[Found]:
    """The rows of an Excel or CSV file. Raises Unreadable."""
    try:
        table = sheets.read(file)
        first = next(table.rows, None)
        rows = [cells for _place, cells in table.rows]
    except sheets.SheetError as error:
        raise Unreadable(str(error)) from error
    return from_rows(first[1] if first else [], rows)


def from_rows(heads: list[str], rows: Iterable[list[str]]) -> list[Found]:
    """The entries of a table. Raises Unreadable when no column is the question or the answer."""
    columns = [column_of(head) for head in heads]
    if "question" not in columns or "answer" not in columns:
        raise Unreadable(_("第一行须有“标准问”和“答案”两列；可先导出一份作为模板"))
    found = []
    for cells in rows:
        row = {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell}
        if row:
            found.append(_found(row))
    return found


def _found(row: dict[str, str]) -> Found:
    more: dict[str, Any] = {}
    for name in ("code", "org", "source", "valid_from", "valid_to"):
        if row.get(name):
            more[name] = iso_day(row[name]) if name.startswith("valid") else row[name]
    for name in LABELS:
        if row.get(name):
            more[name] = code_of(name, row[name])
    for name in ("varies", "public"):
        if row.get(name):
            more[name] = row[name] in YES
    if row.get("tags"):
        more["tags"] = [one for one in re.split(r"[\n,，、;；]+", row["tags"]) if one.strip()]
    if row.get("review_months", "").isdigit():
        more["review_months"] = int(row["review_months"])
    return Found(
        row.get("question", ""), row.get("answer", ""), lines_of(row.get("similar", "")),
        lines_of(row.get("negative", "")), more,
    )  # fmt: skip


def iso_day(text: str) -> str:
    """A day however a spreadsheet writes it, as ISO; what is none as it is."""
    match = re.match(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", text.strip())
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else text.strip()


def lines_of(text: str) -> list[str]:
    """Wordings in one cell: a line or a semicolon each."""
    return [one.strip() for one in re.split(r"[\n;；|]+", text) if one.strip()]
