"""Checking what a customer gives to a function, by the function's own fields.

text, longtext → str · phone, account_number → digits · choice → the code (its label is taken too, for chats) ·
date → date · month → date, the first of the month · datetime → aware datetime · place → {"address", "lon", "lat"} ·
file → the id of a stored file as text.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.channels.choices import FieldType
from denghuo.apps.channels.registry import Field, Function
from denghuo.core.inputs import Form

_MONTH: Final = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?")
_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_RAW_LENGTH: Final = 20_000


def missing_inputs(function: Function, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of required fields that ``inputs`` does not fill: what a bot asks for next."""
    return tuple(name for name in function.required if _blank(inputs.get(name)))


def clean_inputs(function: Function, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Checked and converted inputs; raises InvalidInput that tells every fault at its field."""
    form = Form()
    known = {item.name for item in function.fields}
    for name in inputs:
        if name not in known:
            form.wrong(str(name)[:80], _("没有这一项，请删去"))
    clean = {item.name: _clean(form, item, inputs.get(item.name)) for item in function.fields}
    form.finish()
    return {name: value for name, value in clean.items() if value is not None}


def _clean(form: Form, item: Field, value: Any) -> Any:
    if _blank(value):
        if item.required:
            form.wrong(item.name, _("此项必填，请补充"))
        return None
    if item.type == FieldType.PLACE:
        return _place(form, item, value)
    if isinstance(value, dt.datetime | dt.date | uuid.UUID):
        value = value.isoformat() if not isinstance(value, uuid.UUID) else str(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        form.wrong(item.name, _("请填写文字"))
        return None
    text = str(value)
    if len(text) > _RAW_LENGTH:
        form.wrong(item.name, _("内容过长，最多 %(longest)s 个字符") % {"longest": item.max_length})
        return None
    return CLEANERS[item.type](form, item, text.strip())


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(form: Form, item: Field, text: str) -> str:
    return form.text(item.name, text, longest=item.max_length, lines=item.type == FieldType.LONGTEXT)


def _phone(form: Form, item: Field, text: str) -> str:
    return form.phone(item.name, text)


def _account_number(form: Form, item: Field, text: str) -> str:
    return form.account_number(item.name, text)


def _choice(form: Form, item: Field, text: str) -> str | None:
    for code, label in item.choices:
        if text in (code, str(label)):
            return code
    offered = _("、").join(str(label) for _code, label in item.choices)
    form.wrong(item.name, _("请从可选值中选择：%(allowed)s") % {"allowed": offered})
    return None


def _date(form: Form, item: Field, text: str) -> dt.date | None:
    match = _DATE.fullmatch(text)
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])) if match else dt.date.fromisoformat(text)
    except ValueError:
        form.wrong(item.name, _("日期格式不对，请按 2026-01-31 的格式填写"))
        return None


def _month(form: Form, item: Field, text: str) -> dt.date | None:
    match = _MONTH.fullmatch(text)
    try:
        if match:
            return dt.date(int(match[1]), int(match[2]), 1)
        return dt.date.fromisoformat(text).replace(day=1)
    except ValueError:
        form.wrong(item.name, _("月份格式不对，请按 2026-01 的格式填写"))
        return None


def _datetime(form: Form, item: Field, text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        form.wrong(item.name, _("时间格式不对，请按 2026-01-31 08:30 的格式填写"))
        return None
    if not 2000 <= found.year <= 2199:
        form.wrong(item.name, _("时间须在 2000 年至 2199 年之间"))
        return None
    return timezone.make_aware(found) if found.tzinfo is None else found


def _file(form: Form, item: Field, text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        form.wrong(item.name, _("文件编号不对，请重新上传"))
        return None


def _place(form: Form, item: Field, value: Any) -> dict[str, Any] | None:
    given = {"address": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        form.wrong(item.name, _("地点请填写地址，或给出经度和纬度"))
        return None
    address = given.get("address") or ""
    if not isinstance(address, str):
        form.wrong(item.name, _("请填写文字"))
        return None
    clean = form.text(item.name, address, longest=item.max_length, lines=False)
    lon, lat = _degrees(given.get("lon"), 180), _degrees(given.get("lat"), 90)
    if (given.get("lon") is None) != (given.get("lat") is None) or (
        given.get("lon") is not None and None in (lon, lat)
    ):
        form.wrong(item.name, _("经度须在 -180 到 180 之间，纬度须在 -90 到 90 之间，且两项一同给出"))
    elif not clean and lon is None and item.required:
        form.wrong(item.name, _("地点请填写地址，或给出经度和纬度"))
    return {"address": clean, "lon": lon, "lat": lat}


def _degrees(value: Any, limit: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
        return None
    return float(value)


CLEANERS: Final[dict[str, Callable[[Form, Field, str], Any]]] = {
    FieldType.TEXT.value: _text,
    FieldType.LONGTEXT.value: _text,
    FieldType.PHONE.value: _phone,
    FieldType.ACCOUNT_NUMBER.value: _account_number,
    FieldType.CHOICE.value: _choice,
    FieldType.DATE.value: _date,
    FieldType.MONTH.value: _month,
    FieldType.DATETIME.value: _datetime,
    FieldType.FILE.value: _file,
}
