"""Short messages through an HTTP gateway.

Providers' interfaces differ; this is one plain dialect that a provider or a small adapter in front of one can speak.
JSON both ways, every call signed: header ``X-Timestamp`` (Unix seconds) and ``X-Signature``, the hex HMAC-SHA256 of
``<timestamp>.<body>`` under the key of that direction. See docs/how-to/sms.md.

``POST <gateway>/messages`` {ref, to, sender, text, encoding, parts} → {id}. The gateway sends one message per ``ref``
however often it is asked. ``GET <gateway>/status`` → {ok}. The gateway calls us with {id, from, to, text, at} and, for
delivery, {id, ref, state: delivered|failed, code, at}.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import time
from typing import Any

import httpx
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.port import Health, Inbound, Outbound, Refused, Retry, Sent
from denghuo.core import policies

logging.getLogger("httpx").setLevel(logging.WARNING)

GSM7, UCS2 = "gsm7", "ucs2"
# 3GPP TS 23.038: the default alphabet, and the signs of its extension table, which take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
# Places in one message, and in each of several joined ones (a header takes the rest).
_PLACES = {GSM7: (160, 153), UCS2: (70, 67)}


def count_parts(text: str) -> tuple[str, int]:
    """Encoding and number of short messages a text takes; a pair that belongs together is not cut apart."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        encoding, widths = GSM7, [2 if c in _EXTENDED else 1 for c in text]
    else:
        encoding, widths = UCS2, [len(c.encode("utf-16-be")) // 2 for c in text]
    single, joined = _PLACES[encoding]
    if sum(widths) <= single:
        return encoding, 1
    parts, left = 1, joined
    for width in widths:
        if width > left:
            parts, left = parts + 1, joined
        left -= width
    return encoding, parts


def sign(key: str, timestamp: str, body: bytes) -> str:
    """The signature of one call."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class SmsPort:
    """One contract with a gateway."""

    code = Channel.SMS.value

    def __init__(self, account: ChannelAccount) -> None:
        self.account = account
        self.base = str(account.setting("gateway_url")).rstrip("/")
        self.seconds: float = policies.get("outside.http_seconds")

    def verifies(self, timestamp: str, signature: str, body: bytes) -> bool:
        """Whether a call is the gateway's, signed within ``sms.signature_seconds`` of now."""
        key = self.account.secret("inbound_key")
        if not key or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
            return False
        if abs(time.time() - int(timestamp)) > policies.get("sms.signature_seconds"):
            return False
        return hmac.compare_digest(signature.encode(), sign(key, timestamp, body).encode())

    def receive(self, raw: Any) -> list[Inbound]:
        """``raw`` is a decoded JSON object: a message or a delivery receipt. Raises ValueError."""
        if not isinstance(raw, dict):
            raise ValueError("not an object")
        number, at = _text(raw, "id", 100), _moment(raw.get("at"))
        if "state" in raw:
            state = _text(raw, "state", 16)
            if state not in {"delivered", "failed"}:
                raise ValueError("unknown state")
            data = {
                "event": "receipt",
                "ref": _text(raw, "ref", 100),
                "status": state,
                "code": str(raw.get("code", ""))[:40],
            }
            return [Inbound(f"r:{number}", "", "event", data=data, at=at)]
        return [Inbound(f"m:{number}", _text(raw, "from", 32), "text", _text(raw, "text", 4000, empty=True), at=at)]

    def send(self, outbound: Outbound) -> Sent:
        """Hand a text to the gateway, the contract's signature before it. Raises Retry, Refused."""
        if outbound.file is not None:
            raise Refused(_("短信不能发送文件，请改发文字"))
        text = f"【{self.account.setting('signature')}】{outbound.text}"
        encoding, parts = count_parts(text)
        most: int = policies.get("sms.parts_most", self.account.org)
        if parts > most:
            raise Refused(_("短信过长：共 %(parts)s 条，最多 %(most)s 条，请精简") % {"parts": parts, "most": most})
        found = self._call(
            "POST", "/messages",
            {
                "ref": outbound.reference, "to": outbound.address, "sender": self.account.setting("sender"),
                "text": text, "encoding": encoding, "parts": parts,
            },
        )  # fmt: skip
        return Sent(str(found.get("id", ""))[:120], parts)

    def probe(self) -> Health:
        """The gateway answers and takes our signature."""
        try:
            found = self._call("GET", "/status", None)
        except (Retry, Refused) as error:
            return Health(False, error.reason)
        return Health(bool(found.get("ok")), "status")

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        stamp = str(int(time.time()))
        headers = {
            "X-Timestamp": stamp,
            "X-Signature": sign(self.account.secret("outbound_key"), stamp, content),
            "Content-Type": "application/json",
        }
        try:
            with httpx.Client(timeout=self.seconds) as http:
                answer = http.request(method, self.base + path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Retry(type(error).__name__) from error
        if answer.status_code == 429 or answer.status_code >= 500 or answer.status_code in (401, 403):
            after = answer.headers.get("Retry-After", "")
            raise Retry(f"HTTP {answer.status_code}", float(after) if after.isdigit() else None)
        try:
            found = answer.json()
        except ValueError:
            raise Retry(f"HTTP {answer.status_code}, no JSON") from None
        if answer.status_code >= 400 or not isinstance(found, dict):
            code = str(found.get("code", ""))[:40] if isinstance(found, dict) else ""
            raise Refused(_("网关拒绝：%(code)s") % {"code": code or f"HTTP {answer.status_code}"})
        return found


def _text(raw: dict[str, Any], name: str, longest: int, *, empty: bool = False) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or len(value) > longest or not (empty or value.strip()):
        raise ValueError(f"{name} is missing or too long")
    return value.strip()


def _moment(value: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
