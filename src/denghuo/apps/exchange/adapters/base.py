"""What every adapter shares: a signed call to the other system, and the checks of its calls to us.

Both directions carry ``Authorization: Bearer <token>`` and the three headers of Standard Webhooks over the body, each
direction under a secret of its own.
"""

from __future__ import annotations

import hmac
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.utils.translation import gettext as _

from denghuo.apps.exchange.adapters.iec61968 import envelope
from denghuo.apps.exchange.adapters.iec61968.tree import BadXml
from denghuo.apps.exchange.models import AdapterConnection
from denghuo.apps.exchange.webhooks import calling, signing
from denghuo.core import policies
from denghuo.core.actors import Actor, Grant
from denghuo.core.errors import NotSignedIn

# What another system may do here, under the unit of its connection.
PERMISSIONS: dict[str, frozenset[str]] = {
    "marketing": frozenset({"request.note", "customers.view"}),
    "pms": frozenset({"outage.manage", "grid.view", "order.work", "request.note"}),
    "oms": frozenset({"outage.manage", "grid.view", "order.work", "request.note"}),
    "hotline12345": frozenset({"request.create", "request.note", "request.urge", "request.cancel"}),
}


class Unavailable(Exception):
    """The other system does not answer or is not set up; ``reason`` is for people. Trying again may help."""

    def __init__(self, reason: str, status: int = 0, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status, self.after = reason, status, after


class Refused(Exception):
    """The other system said no; trying again would get the same answer."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


def connection_of(code: str) -> AdapterConnection:
    """The connection in use; raises Unavailable while it is off."""
    row = AdapterConnection.objects.select_related("org").filter(code=code, active=True).first()
    if row is None:
        raise Unavailable(_("该系统尚未启用对接"))
    return row


def actor_of(row: AdapterConnection) -> Actor:
    """Who acts for the other system: the product, limited to what that system may do under its unit."""
    return Actor("system", None, f"exchange.{row.code}", (Grant("adapter", PERMISSIONS[row.code], row.org.path),))


def call(
    row: AdapterConnection, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str = ""
) -> dict[str, Any]:
    """One signed call; gives the JSON object it answered. ``key`` is our number of the message (``webhook-id``), the
    same at every attempt. Raises Unavailable, Refused."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    answer = _called(row, method, path, content, key, {"Accept": "application/json"})
    if not answer.ok:
        raise Refused(_reason(answer.content) or answer.error, answer.status)
    if not answer.content.strip():
        return {}
    try:
        found = json.loads(answer.content)
    except ValueError:
        raise Unavailable(_("对方应答不是 JSON"), answer.status) from None
    if not isinstance(found, dict):
        raise Unavailable(_("对方应答不是 JSON 对象"), answer.status)
    return found


def call_xml(row: AdapterConnection, path: str, content: bytes, *, key: str) -> None:
    """One signed call with an IEC 61968-100 message; returns when the ResponseMessage says OK. Raises Unavailable,
    Refused."""
    head = {"Accept": "application/xml", "Content-Type": "application/xml; charset=utf-8"}
    answer = _called(row, "POST", path, content, key, head)
    try:
        reply = envelope.read_reply(answer.content)
    except BadXml:
        if not answer.ok:
            raise Refused(answer.error, answer.status) from None
        raise Unavailable(_("对方应答不是 IEC 61968-100 应答消息"), answer.status) from None
    if not (answer.ok and reply.ok):
        raise Refused(reply.reason[:200] or answer.error, answer.status)


def _called(
    row: AdapterConnection, method: str, path: str, content: bytes, key: str, more: Mapping[str, str]
) -> calling.Answer:
    """Sign and send; an answer that may come otherwise later is raised as Unavailable."""
    secret = row.secret("outbound_secret")
    try:
        signed = signing.headers([secret], key or f"call_{uuid.uuid4().hex}", int(time.time()), content)
    except ValueError:
        raise Unavailable(_("对接密钥未设置或格式不对")) from None
    head = {**signed, "Authorization": f"Bearer {row.secret('outbound_token')}", **more}
    answer = calling.call(method, row.base_url.rstrip("/") + path, body=content, headers=head)
    if answer.status == 0 or answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unavailable(answer.error, answer.status, answer.retry_after)
    return answer


def _reason(content: bytes) -> str:
    """The detail of a problem document, or nothing."""
    try:
        found = json.loads(content)
    except ValueError:
        return ""
    return str(found.get("detail") or found.get("message") or "")[:200] if isinstance(found, dict) else ""


def segment(text: str) -> str:
    """Another system's number as one part of a path."""
    return quote(text, safe="")


class AdapterAuth:
    """Calls of one system to us: its token, and its signature over the body within ``adapter.signature_seconds``.

    Puts the connection on ``request.adapter``. One answer for every fault, so that nobody can probe which it was.
    """

    def __init__(self, code: str) -> None:
        self.code = code

    def __call__(self, request: HttpRequest) -> AdapterConnection:
        row = AdapterConnection.objects.select_related("org").filter(code=self.code, active=True).first()
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        held = row.secret("token") if row is not None else ""
        same = hmac.compare_digest(token.strip().encode(), held.encode())
        if row is None or not held or not same or scheme.lower() != "bearer":
            raise NotSignedIn(_("令牌或签名无效，请核对对接配置"))
        try:
            number = signing.verify(
                row.secret("inbound_secret"), request.headers, request.body,
                seconds=policies.get("adapter.signature_seconds"),
            )  # fmt: skip
        except signing.BadSignature:
            raise NotSignedIn(_("令牌或签名无效，请核对对接配置")) from None
        request.adapter, request.message_key = row, number  # type: ignore[attr-defined]
        return row
