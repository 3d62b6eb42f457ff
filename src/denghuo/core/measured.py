"""Checking rows of measurements, whoever delivers them: a name, a time, and figures that may be missing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from denghuo.core import moment, policies
from denghuo.core.errors import InvalidInput

SHOWN_FAULTS: Final = 20
#: (name of what was measured, time, figures in the order of the columns)
Measured = tuple[str, dt.datetime, tuple[float | None, ...]]


class Faults:
    """Faults by row; :meth:`finish` raises InvalidInput (``rows``) naming the first of them."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, number: int, text: str) -> None:
        self.texts.append(_("第 %(n)s 行：%(text)s") % {"n": number, "text": text})

    def finish(self) -> None:
        if not self.texts:
            return
        shown = self.texts[:SHOWN_FAULTS]
        if len(self.texts) > SHOWN_FAULTS:
            shown.append(_("……另有 %(n)s 处，请先改正以上各行") % {"n": len(self.texts) - SHOWN_FAULTS})
        raise InvalidInput({"rows": shown})


def checked(
    rows: Iterable[Mapping[str, Any]],
    name: str,
    columns: Mapping[str, tuple[str, float]],
    *,
    oldest: dt.datetime,
    most: int,
) -> tuple[list[Measured], Faults]:
    """Each row as (name, time, figures) and what is wrong with the others.

    ``columns``: key → (label, highest value); figures lie from 0 to that. Times run from ``oldest`` to now; without a zone
    they are local. A row without any figure is a fault. Raises InvalidInput when there are none or more than ``most``.
    """
    given = list(rows)
    if not given:
        raise InvalidInput({"rows": _("没有数据行，请按样例填写")})
    if len(given) > most:
        raise InvalidInput({"rows": _("一次最多 %(n)s 行，请分批导入") % {"n": most}})
    newest = moment.now() + dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))
    faults, found = Faults(), []
    for number, row in enumerate(given, 1):
        before = len(faults.texts)
        at = _time(row.get("at"))
        if at is None:
            faults.add(number, _("时间请写成 2026-01-31 08:15"))
        elif at > newest:
            faults.add(number, _("时间晚于现在，请核对终端时钟"))
        elif at < oldest:
            faults.add(number, _("时间早于保留期限，不再导入"))
        values = tuple(_figure(row.get(key), label, top, number, faults) for key, (label, top) in columns.items())
        if len(faults.texts) == before and all(value is None for value in values):
            faults.add(number, _("没有任何量测值，缺测的行不必导入"))
        if at is not None and len(faults.texts) == before:
            found.append((str(row.get(name) or "").strip(), at, values))
    return found, faults


def _time(value: Any) -> dt.datetime | None:
    try:
        at = value if isinstance(value, dt.datetime) else parse_datetime(str(value or "").strip())
    except ValueError:
        return None
    if at is None:
        return None
    return at if at.tzinfo else timezone.make_aware(at)


def _figure(value: Any, label: str, top: float, number: int, faults: Faults) -> float | None:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    try:
        figure = float(text)
    except ValueError:
        figure = float("nan")
    if not 0 <= figure <= top:
        faults.add(number, _("%(label)s应为 0 到 %(top)g 之间的数字") % {"label": label, "top": top})
        return None
    return figure


def csv_rows(content: bytes, needed: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV file in UTF-8 or GB 18030 whose first line names the columns. Raises InvalidInput (``file``)."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InvalidInput({"file": _("无法识别文件编码，请另存为 UTF-8 的 CSV 文件")})
    reader = csv.DictReader(io.StringIO(text.replace("\x00", "")))
    heads = [head.strip() for head in reader.fieldnames or []]
    missing = [one for one in needed if one not in heads]
    if missing:
        raise InvalidInput({"file": _("缺少列：%(names)s；第一行应为列名") % {"names": "、".join(missing)}})
    try:
        return [
            {(key or "").strip(): value or "" for key, value in row.items() if isinstance(value, str)} for row in reader
        ]
    except csv.Error as error:
        raise InvalidInput({"file": _("文件不是有效的 CSV：%(why)s") % {"why": str(error)}}) from error
