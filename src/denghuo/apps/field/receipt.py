"""A receipt for the customer as bytes for a thermal printer (ESC/POS, Chinese in GB 18030-2022 double-byte mode)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.field.models import WorkOrder
from denghuo.core import policies
from denghuo.core.privacy.masking import mask

INIT = b"\x1b@"
CHINESE = b"\x1c&"
CENTRE, LEFT = b"\x1ba\x01", b"\x1ba\x00"
DOUBLE, SINGLE = b"\x1d!\x11", b"\x1d!\x00"
FEED = b"\x1bd\x04"
CUT = b"\x1dVB\x00"  # partial cut; printers without a knife take no notice


def cells(text: str) -> int:
    """Width in half-width columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def wrapped(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most ``columns`` half-width columns."""
    lines, line, used = [], "", 0
    for char in text:
        width = cells(char)
        if char == "\n" or used + width > columns:
            lines.append(line)
            line, used = "", 0
        if char != "\n":
            line, used = line + char, used + width
    return [*lines, line] if line or not lines else lines


def printable(text: str) -> str:
    """``text`` without control characters: what is typed by people must not steer the printer."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


def receipt(order: WorkOrder) -> bytes:
    """The receipt of an order: what was found and done, when, by whom, with what. Personal data is masked on it."""
    columns = max(16, policies.get("crew.receipt_columns", order.org))
    out = bytearray(INIT + CHINESE + CENTRE + DOUBLE)
    _lines(out, [_("供电抢修服务回执")], columns // 2)
    out += SINGLE + LEFT
    _lines(out, ["-" * columns], columns)
    _lines(out, (f"{label}{_('：')}{value}" for label, value in _facts(order) if value), columns)
    used = [f"  {row.name} {row.quantity.normalize():f} {row.unit}" for row in order.materials.all()]
    if used:
        _lines(out, [_("所用材料") + _("："), *used], columns)
    _lines(out, ["-" * columns, _("抢修服务不收取费用；对服务有意见请拨打 95598")], columns)
    return bytes(out + FEED + CUT)


def _facts(order: WorkOrder) -> list[tuple[str, str]]:
    request, account = order.request, order.request.account
    return [
        (_("工单号"), order.number),
        (_("户号"), mask("account_number", account.number) if account else ""),
        (_("地址"), mask("address", request.address) if request.address else ""),
        (_("到达时间"), _stamp(order.arrived_at)),
        (_("恢复送电"), _stamp(order.restored_at)),
        (_("故障原因"), order.get_cause_display() if order.cause else ""),
        (_("处理结果"), order.result),
        (_("抢修班组"), order.crew.name),
    ]


def _stamp(value: object) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""  # type: ignore[arg-type]


def _lines(out: bytearray, texts: Iterable[str], columns: int) -> None:
    for text in texts:
        for line in wrapped(printable(text), columns):
            out += line.encode("gb18030", "replace") + b"\n"
