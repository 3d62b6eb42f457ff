"""What policies exist: the key, its type and its label. Values are rows; shipped values are TOML files."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from denghuo.core.errors import InvalidInput


class PolicyMissing(LookupError):
    """No value of this key is in force at that place and moment."""


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(_("请填写数字"))
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(_("请填写不小于 0 的整数"))
    return value


def _minutes(value: Any) -> float:
    if _number(value) < 0:
        raise ValueError(_("时长不能为负数"))
    return float(value)


def _ratio(value: Any) -> float:
    if not 0 <= _number(value) <= 1:
        raise ValueError(_("请填写 0 到 1 之间的比例"))
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(_("请填写文字"))
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("请选择是或否"))
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(_("请填写文字列表"))
    return [_text(item) for item in value]


def _map_of(check: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    def run(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not value:
            raise ValueError(_("请按类别逐项填写"))
        if not all(isinstance(name, str) and name.strip() for name in value):
            raise ValueError(_("每一类别都要有代码"))
        return {name: check(item) for name, item in value.items()}

    return run


def _window(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or set(value) != {"from", "to"}:
        raise ValueError(_("请填写起止时刻，如 08:00 至 21:00"))
    start, end = value["from"], value["to"]
    try:
        same = dt.time.fromisoformat(start) == dt.time.fromisoformat(end)
    except (ValueError, TypeError):
        raise ValueError(_("请填写起止时刻，如 08:00 至 21:00")) from None
    if same:
        raise ValueError(_("起止时刻不能相同"))
    return {"from": start, "to": end}


TYPES: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "count": _count,
    "minutes": _minutes,
    "seconds": _minutes,
    "ratio": _ratio,
    "text": _text,
    "texts": _texts,
    "flag": _flag,
    "window": _window,
    "minutes_by": _map_of(_minutes),
    "number_by": _map_of(_number),
    "count_by": _map_of(_count),
    "ratio_by": _map_of(_ratio),
    "text_by": _map_of(_text),
    "texts_by": _map_of(_texts),
}


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One policy: what it is called, what type its values have, what they are for."""

    key: str
    type: str
    label: str | Promise
    unit: str | Promise = ""
    help: str | Promise = ""

    def check(self, value: Any) -> Any:
        """The value, validated; raises InvalidInput on ``value`` that is not of this key's type."""
        try:
            return TYPES[self.type](value)
        except (ValueError, TypeError) as error:
            raise InvalidInput({"value": str(error)}) from error


KEYS: dict[str, PolicyKey] = {}


def define(
    key: str, *, type: str, label: str | Promise, unit: str | Promise = "", help: str | Promise = ""
) -> PolicyKey:
    """Declare a policy. Called at import of an app's ``policy_keys.py``; the same key twice is an error."""
    if key in KEYS:
        raise RuntimeError(f"policy {key!r} is defined twice")
    if type not in TYPES:
        raise RuntimeError(f"policy {key!r} has unknown type {type!r}")
    KEYS[key] = PolicyKey(key, type, label, unit, help)
    return KEYS[key]
