"""Checking what people type: phone and account numbers, names, texts, times.

A :class:`Form` collects every fault of an input, so that the caller is told of all of them at once; each message says
what is wrong and what to do.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core import moment
from denghuo.core.errors import InvalidInput

MOBILE: Final = re.compile(r"1[3-9]\d{9}")
LANDLINE: Final = re.compile(r"0\d{2,3}\d{7,8}")
SHORT: Final = re.compile(r"[19]\d{4}")  # 95598, 12345, 12398: service lines that pass callers on
_PHONE_NOISE: Final = re.compile(r"[\s\-—()（）]+")
ACCOUNT_NUMBER: Final = re.compile(r"\d{10}|\d{13}|\d{16}")  # State Grid, its newer systems, Southern Grid
_SKIN = range(0x1F3FB, 0x1F400)
_FLAG = range(0x1F1E6, 0x1F200)
_JOINER = "\u200d"


def count_characters(text: str) -> int:
    """Characters as a reader counts them: 𠮷 is one, so is a family emoji, so is a letter with its accent."""
    count, joined, flags = 0, False, 0
    for char in text:
        code = ord(char)
        if code in _FLAG:
            flags += 1
            count += flags % 2
            joined = False
            continue
        flags = 0
        if char == _JOINER:
            joined = count > 0
        elif joined:
            joined = False
        elif count and (code in _SKIN or unicodedata.category(char) in {"Mn", "Me", "Cf"}):
            pass
        else:
            count += 1
    return count


def has_control(text: str, *, lines: bool) -> bool:
    """Whether control characters, lone surrogates or unassigned code points are in ``text`` (line breaks if ``lines``)."""
    for char in text:
        if char < " " or "\x7f" <= char <= "\x9f":
            if not (lines and char in "\n\r\t"):
                return True
        elif char > "\uabff" and unicodedata.category(char) in {"Cs", "Cn"}:
            return True
        elif char in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            return True  # they make text read otherwise than it is stored
    return False


class Form:
    """The faults of one input, by field."""

    def __init__(self) -> None:
        self.faults: dict[str, list[str]] = {}

    def wrong(self, field: str, message: str) -> None:
        """Note a fault."""
        self.faults.setdefault(field, []).append(message)

    def finish(self) -> None:
        """Raise InvalidInput when there was any fault."""
        if self.faults:
            raise InvalidInput(self.faults)

    def text(self, field: str, value: str | None, *, longest: int, required: bool = False, lines: bool = True) -> str:
        """``value`` stripped; faults: missing, too long (characters as read), control characters."""
        clean = (value or "").strip()
        if not clean:
            if required:
                self.wrong(field, _("此项必填，请补充"))
            return ""
        if len(clean) > longest and count_characters(clean) > longest:
            self.wrong(
                field,
                _("内容过长：最多 %(longest)s 个字，现有 %(length)s 个，请精简")
                % {"longest": longest, "length": count_characters(clean)},
            )
        if has_control(clean, lines=lines):
            self.wrong(field, _("含有不可见的控制字符，请删去后重新填写"))
        return clean

    def name(self, field: str, value: str | None, *, longest: int, required: bool = True) -> str:
        """A person's or organisation's name: any script and rare characters, no control characters."""
        clean = self.text(field, value, longest=longest, required=required, lines=False)
        if clean and field not in self.faults and not any(c.isalpha() for c in clean):
            self.wrong(field, _("姓名中没有文字，请填写客户的称呼"))
        return clean

    def phone(self, field: str, value: str | None, *, required: bool = True) -> str:
        """A mobile, a landline with its area code, or a short service number; spaces and dashes are taken out."""
        clean = _PHONE_NOISE.sub("", unicodedata.normalize("NFKC", (value or "").strip()[:40]))
        if not clean:
            if required:
                self.wrong(field, _("请填写联系电话"))
            return ""
        for prefix in ("+86", "0086"):
            clean = clean.removeprefix(prefix)
        if not (clean.isascii() and (MOBILE.fullmatch(clean) or LANDLINE.fullmatch(clean) or SHORT.fullmatch(clean))):
            self.wrong(field, _("电话号码格式不对：手机填 11 位（如 13900000000），座机须带区号（如 0571-80000000）"))
        return clean

    def account_number(self, field: str, value: str | None, *, required: bool = True) -> str:
        """The customer number on the bill: 10, 13 or 16 digits."""
        clean = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", (value or "").strip()[:40]))
        if not clean and not required:
            return ""
        if not (clean.isascii() and ACCOUNT_NUMBER.fullmatch(clean)):
            self.wrong(field, _("户号格式不对：应为 10、13 或 16 位数字，见电费账单"))
        return clean

    def choice(self, field: str, value: str | None, allowed: Collection[str], *, required: bool = True) -> str:
        """One of ``allowed``."""
        clean = value or ""
        if not clean and not required:
            return ""
        if clean not in allowed:
            self.wrong(field, _("请从可选值中选择：%(allowed)s") % {"allowed": _("、").join(allowed)})
        return str.__str__(clean)

    def place(self, lon: float | None, lat: float | None) -> tuple[float | None, float | None]:
        """Longitude and latitude, both or neither, in degrees (fields ``lon`` and ``lat``)."""
        if lon is None and lat is None:
            return None, None
        if lon is None or not -180 <= lon <= 180:
            self.wrong("lon", _("经度须与纬度一同给出，且在 -180 到 180 之间"))
        if lat is None or not -90 <= lat <= 90:
            self.wrong("lat", _("纬度须与经度一同给出，且在 -90 到 90 之间"))
        return lon, lat

    def moment(
        self,
        field: str,
        value: dt.datetime | None,
        *,
        tolerance: dt.timedelta,
        now: dt.datetime | None = None,
        after: dt.datetime | None = None,
        after_what: str = "",
        oldest: dt.timedelta | None = None,
    ) -> dt.datetime | None:
        """An aware time, not in the future by more than ``tolerance``, not before ``after``, not older than ``oldest``."""
        if value is None:
            return None
        if value.tzinfo is None:
            self.wrong(field, _("时间须带时区，如 2026-01-31T08:30:00+08:00"))
            return None
        now = now or moment.now()
        if value > now + tolerance:
            self.wrong(field, _("时间不能晚于现在（%(now)s），请核对后重填") % {"now": shown(now)})
        elif oldest is not None and value < now - oldest:
            days = max(1, oldest.days)
            self.wrong(field, _("时间不能早于 %(days)s 天前，请核对后重填") % {"days": days})
        elif after is not None and value < after:
            self.wrong(
                field,
                _("时间不能早于%(what)s（%(after)s），请核对后重填") % {"what": after_what, "after": shown(after)},
            )
        return value


def shown(value: dt.datetime) -> str:
    """A time as messages show it, in the product's time zone."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
