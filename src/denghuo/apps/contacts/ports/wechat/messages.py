"""What the platform pushes, as :class:`Inbound`; what is answered, as its XML."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from denghuo.apps.contacts.ports.port import Inbound
from denghuo.apps.contacts.ports.wechat.xml import build
from denghuo.engine.geo import gcj_to_wgs

SUCCESS = "success"
TEXT_BYTES = 2048  # longest text of a passive answer and of a customer-service message, in UTF-8


def to_inbound(given: Mapping[str, Any]) -> Inbound:
    """One pushed message or event. Raises ValueError when a member that identifies it is missing.

    Messages are known by MsgId; events by who, when and what, as the platform advises (FromUserName + CreateTime).
    """
    sender, created, kind = _text(given, "FromUserName"), _text(given, "CreateTime"), _text(given, "MsgType")
    if not sender or not created.isdigit() or not kind:
        raise ValueError("FromUserName, CreateTime or MsgType is missing")
    at = dt.datetime.fromtimestamp(int(created), tz=dt.UTC)
    if kind == "event":
        return _event(given, sender, created, at)
    number = _text(given, "MsgId")
    if not number.isdigit():
        raise ValueError("MsgId is missing")
    text, media, data = _content(kind, given)
    known = {"text", "image", "voice", "location", "link"}
    told = kind if kind in known else "video" if kind in {"video", "shortvideo"} else "text"
    return Inbound(f"m:{number}", sender, told, text, media, data, at)


def _content(kind: str, given: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    media = _text(given, "MediaId")
    if kind == "text":
        return _text(given, "Content"), "", {}
    if kind == "image":
        return "", media, {}
    if kind == "voice":  # Recognition is there when the account has speech recognition switched on
        return _text(given, "Recognition"), media, {"format": _text(given, "Format")[:10]}
    if kind in {"video", "shortvideo"}:
        return "", media, {}
    if kind == "location":
        return _text(given, "Label"), "", place(given, "Location_Y", "Location_X")
    if kind == "link":
        parts = (_text(given, name) for name in ("Title", "Description", "Url"))
        return "\n".join(part for part in parts if part), "", {}
    return f"[{kind[:20]}]", "", {}


def _event(given: Mapping[str, Any], sender: str, created: str, at: dt.datetime) -> Inbound:
    event, key = _text(given, "Event"), _text(given, "EventKey")
    data: dict[str, Any] = {"event": event.lower(), "key": key}
    if event == "LOCATION":
        data |= place(given, "Longitude", "Latitude")
    elif event == "TEMPLATESENDJOBFINISH":
        data |= {"ref": _text(given, "MsgID"), "status": _text(given, "Status")}
    known = hashlib.sha256(f"{sender}|{created}|{event}|{key}|{data.get('ref', '')}".encode()).hexdigest()
    return Inbound(f"e:{known[:48]}", sender, "event", data=data, at=at)


def place(given: Mapping[str, Any], lon_name: str, lat_name: str) -> dict[str, Any]:
    """The place in WGS-84: the platform gives GCJ-02. Nothing when it is no place."""
    try:
        lon, lat = gcj_to_wgs(float(_text(given, lon_name)), float(_text(given, lat_name)))
    except ValueError:
        return {}
    return {"lon": round(lon, 6), "lat": round(lat, 6)}


def text_answer(given: Mapping[str, Any], text: str, now: dt.datetime) -> str:
    """The XML of a passive text answer to ``given``."""
    return build(
        {
            "ToUserName": _text(given, "FromUserName"),
            "FromUserName": _text(given, "ToUserName"),
            "CreateTime": int(now.timestamp()),
            "MsgType": "text",
            "Content": text,
        }
    )


def pieces(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """``text`` in pieces of at most ``limit`` bytes of UTF-8, cut at line ends where there are any."""
    found: list[str] = []
    rest = text.strip()
    while len(rest.encode()) > limit:
        cut = len(rest.encode()[:limit].decode(errors="ignore"))
        line = rest.rfind("\n", 1, cut + 1)
        cut = line if line > cut // 2 else cut
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip("\n")
    return [*found, rest] if rest or not found else found


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    return value.strip() if isinstance(value, str) else ""
