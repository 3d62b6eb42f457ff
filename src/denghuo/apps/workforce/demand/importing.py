"""Counts from a file, checked line by line before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.models import Queue
from denghuo.core import sheets

COLUMNS: Final = ("queue", "start", "offered", "answered", "abandoned", "handle_seconds")
MOST_ROWS: Final = 20_000
SHOWN: Final = 50


@dataclass
class Checked:
    """Rows that can be written and, by line, why others cannot."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    lines: int = 0

    @property
    def first(self) -> dt.datetime | None:
        return min((row["start"] for row in self.rows), default=None)

    @property
    def last(self) -> dt.datetime | None:
        return max((row["start"] for row in self.rows), default=None)


def check(file: BinaryIO, queues: Sequence[Queue]) -> Checked:
    """Read a CSV or Excel file whose first row names :data:`COLUMNS`: the queue's code, the local start of a half hour, counts.

    Raises SheetError for a file that is no table; faults of lines are collected.
    """
    by_code = {queue.code: queue.pk for queue in queues}
    found, places, seen = Checked(), {}, set()
    for line, cells in sheets.read(file).rows:
        if not places:
            places = {name.strip().lower(): number for number, name in enumerate(cells)}
            missing = [name for name in COLUMNS[:3] if name not in places]
            if missing:
                raise sheets.SheetError(_("缺少列：%(names)s；第一行须为列名") % {"names": _("、").join(missing)})
            continue
        found.lines += 1
        if found.lines > MOST_ROWS:
            raise sheets.SheetError(_("一次最多导入 %(most)d 行，请分几个文件") % {"most": MOST_ROWS})
        try:
            row = _row({name: cells[at] if at < len(cells) else "" for name, at in places.items()}, by_code)
        except ValueError as error:
            found.faults.append((line, str(error)))
            continue
        key = (row["queue_id"], row["start"])
        if key in seen:
            found.faults.append((line, _("同一队列同一时段在文件中出现了两次，请合并")))
            continue
        seen.add(key)
        found.rows.append(row)
    return found


def _row(cells: dict[str, str], queues: dict[str, int]) -> dict[str, Any]:
    code = cells["queue"].strip()
    if code not in queues:
        raise ValueError(_("没有代码为“%(code)s”的队列，请用队列与方案页上的代码") % {"code": code[:40]})
    try:
        start = dt.datetime.fromisoformat(cells["start"].strip())
    except ValueError:
        raise ValueError(_("时段开始须写成 2026-01-31 08:30")) from None
    start = timezone.make_aware(start) if start.tzinfo is None else start
    if start.minute % 30 or start.second:
        raise ValueError(_("时段须从整点或半点开始"))
    numbers = {name: _count(cells.get(name, ""), name) for name in COLUMNS[2:]}
    if not cells.get("answered", "").strip():
        numbers["answered"] = numbers["offered"] - min(numbers["abandoned"], numbers["offered"])
    if numbers["answered"] + numbers["abandoned"] > numbers["offered"]:
        raise ValueError(_("接通与放弃之和不能大于来量"))
    return {"queue_id": queues[code], "start": start, **numbers}


def _count(text: str, name: str) -> int:
    text = text.strip() or ("" if name == "offered" else "0")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ValueError(_("%(name)s 须为不小于 0 的整数") % {"name": name})
    return int(text)
