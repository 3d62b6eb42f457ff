"""What the customer said that belongs into the form of a request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.choices import Phenomenon
from denghuo.core import moment
from denghuo.engine.language.slots import find_slots

#: kind of the slot → field of the desk's form, its label
FIELDS: dict[str, tuple[str, str | Promise]] = {
    "name": ("caller_name", _("姓名")),
    "phone": ("caller_phone", _("联系电话")),
    "account": ("account_number", _("户号")),
    "address": ("address", _("地址")),
    "time": ("occurred_at", _("发生时间")),
    "phenomenon": ("phenomenon", _("故障现象")),
}


#: what customers see, as the engine names it → as the form of a request does
PHENOMENA: dict[str, str] = {
    "outage": "no_power", "area_outage": "no_power", "building_outage": "no_power", "single_outage": "no_power",
    "trip": "no_power", "no_restore": "no_power", "phase_loss": "partial", "flicker": "flicker",
    "unstable_voltage": "flicker", "high_voltage": "flicker", "dimming": "low_voltage", "low_voltage": "low_voltage",
    "wire_down": "wire_down", "spark": "spark", "fire": "spark", "burnt_smell": "spark", "transformer": "spark",
    "pole": "pole", "meter_box": "pole", "meter_stopped": "meter", "meter_fast": "meter", "charger": "charger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """A value for one field of the form, as the customer said it."""

    field: str
    label: str | Promise
    value: str
    shown: str
    sure: float


def slots_in(said: Sequence[str]) -> list[Filled]:
    """The newest value of each field in what the customer said, in the order of the form."""
    found: dict[str, Filled] = {}
    for text in said:
        for slot in find_slots(text, now=timezone.localtime(moment.now())):
            known = FIELDS.get(slot.kind)
            if known is None or not str(slot.value).strip():
                continue
            field, label = known
            value, shown = _for_form(slot.kind, str(slot.value))
            if value:
                found[field] = Filled(field, label, value, shown, float(slot.sure))
    return [found[field] for field, _label in FIELDS.values() if field in found]


def _for_form(kind: str, value: str) -> tuple[str, str]:
    """The value as the field takes it and as a reader sees it; "" when the field cannot take it."""
    if kind == "phenomenon":
        code = PHENOMENA.get(value, "")
        return code, str(Phenomenon(code).label) if code else ""
    if kind == "time":
        try:
            at = dt.datetime.fromisoformat(value)
        except ValueError:
            return "", ""
        local = timezone.localtime(at) if at.tzinfo else at
        return local.strftime("%Y-%m-%dT%H:%M"), local.strftime("%m-%d %H:%M")
    return value, value
