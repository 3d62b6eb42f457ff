"""What devices send, checked. One JSON object a message:

``<prefix>/<device>/position``  ``{"lon", "lat", "at", "accuracy"?, "seq"?, "battery"?}``
``<prefix>/<device>/hazard``    ``{"kind", "at", "seq"?, "value"?, "unit"?, "substance"?, "kv"?, "alarm"?}``

``lon``/``lat`` are degrees of WGS-84, ``accuracy`` metres (68 %), ``battery`` per cent, ``at`` ISO 8601 with a zone or
milliseconds since 1970. ``kind`` is sos, fall, near_voltage or gas. A device that repeats a message repeats ``at`` and
``seq``: that is how a repetition is known.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.safety.choices import HAZARDS

LONGEST = 4096  # bytes of a message
MOST_SEQ = 2**62
DEFAULT_ACCURACY = 20.0  # metres, for a receiver that does not say


class BadMessage(ValueError):
    """A message that cannot be taken; ``reason`` is a short code, the text says what to mend."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Place:
    """A position as sent."""

    code: str
    at: dt.datetime
    seq: int
    lon: float
    lat: float
    accuracy: float
    battery: int | None


@dataclass(frozen=True, slots=True)
class Sensed:
    """A hazard as sent. ``alarm`` is the device's own verdict, where it has one."""

    code: str
    at: dt.datetime
    seq: int
    kind: str
    substance: str
    value: float | None
    unit: str
    kv: str
    alarm: bool | None


def parse(topic: str, payload: bytes) -> Place | Sensed:
    """The message as a value. Raises BadMessage."""
    parts = topic.split("/")
    if len(parts) < 3 or parts[-1] not in ("position", "hazard"):
        raise BadMessage("topic", _("主题应以 设备编号/position 或 设备编号/hazard 结尾"))
    code = parts[-2]
    if not 0 < len(code) <= 40 or not code.isprintable():
        raise BadMessage("topic", _("设备编号应为 1 到 40 个可见字符"))
    data = _object(payload)
    at, seq = _moment(data.get("at")), _whole(data, "seq", MOST_SEQ) or 0
    if parts[-1] == "position":
        lon, lat = _number(data, "lon", -180, 180), _number(data, "lat", -90, 90)
        if lon is None or lat is None:
            raise BadMessage("place", _("须给出 lon 和 lat（WGS-84，度）"))
        accuracy = _number(data, "accuracy", 0, 100_000)
        return Place(
            code, at, seq, lon, lat, DEFAULT_ACCURACY if accuracy is None else accuracy, _whole(data, "battery", 100)
        )
    return _sensed(code, at, seq, data)


def _sensed(code: str, at: dt.datetime, seq: int, data: dict[str, Any]) -> Sensed:
    kind = data.get("kind")
    if kind not in HAZARDS:
        raise BadMessage("kind", _("kind 应为 sos、fall、near_voltage 或 gas"))
    alarm = data.get("alarm")
    if alarm is not None and not isinstance(alarm, bool):
        raise BadMessage("field", _("alarm 应为 true 或 false"))
    return Sensed(
        code, at, seq, str(kind), _word(data, "substance", 16).lower(), _number(data, "value", -1e9, 1e9),
        _word(data, "unit", 12), _word(data, "kv", 6), alarm,
    )  # fmt: skip


def _object(payload: bytes) -> dict[str, Any]:
    if len(payload) > LONGEST:
        raise BadMessage("size", _("消息最长 %(most)s 字节") % {"most": LONGEST})
    try:
        data = json.loads(payload.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadMessage("json", _("消息应为一个 UTF-8 编码的 JSON 对象")) from None
    if not isinstance(data, dict):
        raise BadMessage("json", _("消息应为一个 JSON 对象"))
    return data


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _moment(value: Any) -> dt.datetime:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**14:
        return dt.datetime.fromtimestamp(value / 1000, dt.UTC)
    if isinstance(value, str) and len(value) <= 40:
        try:
            at = dt.datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
    raise BadMessage("time", _("at 应为带时区的 ISO 8601 时间，或 1970 年起的毫秒数"))


def _number(data: dict[str, Any], name: str, least: float, most: float) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadMessage("field", _("%(name)s 应为数字") % {"name": name})
    if not least <= value <= most:
        raise BadMessage(
            "range",
            _("%(name)s 应在 %(least)s 到 %(most)s 之间") % {"name": name, "least": f"{least:g}", "most": f"{most:g}"},
        )
    return float(value)


def _whole(data: dict[str, Any], name: str, most: int) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadMessage("field", _("%(name)s 应为 0 到 %(most)s 的整数") % {"name": name, "most": most})
    return value


def _word(data: dict[str, Any], name: str, longest: int) -> str:
    value = data.get(name)
    if value is None:
        return ""
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    text = f"{value:g}" if number else value
    if not isinstance(text, str) or len(text) > longest or not text.isprintable():
        raise BadMessage("field", _("%(name)s 应为不超过 %(longest)s 个字的文字") % {"name": name, "longest": longest})
    return text.strip()
