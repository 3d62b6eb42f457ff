"""Connections, and every message that passes over them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.exchange.choices import AdapterCode, Direction, MessageState
from denghuo.apps.exchange.models import AdapterConnection, AdapterMessage
from denghuo.apps.exchange.webhooks import guard, signing
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

MANAGE = "exchange.manage"
SECRETS = ("token", "inbound_secret", "outbound_token", "outbound_secret")
SIGNING = ("inbound_secret", "outbound_secret")
SENDER = Actor.system("exchange.adapters")


@action("adapter.save")
def save_connection(
    actor: Actor, code: str, *, org: OrgUnit, base_url: str, secrets: Mapping[str, str], active: bool
) -> AdapterConnection:
    """Set a connection up; a secret left empty stays. Raises NotAllowed, InvalidInput (base_url and the secrets)."""
    actor.require(MANAGE, org.path)
    form = Form()
    form.choice("code", code, AdapterCode.values)
    form.finish()
    row = AdapterConnection.objects.select_related("org").select_for_update(of=("self",)).filter(code=code).first()
    if row is None:
        row = AdapterConnection(code=code, org=org)
    else:
        actor.require(MANAGE, row.org.path)
    base_url = form.text("base_url", base_url, longest=300, lines=False).rstrip("/")
    if base_url:
        try:
            guard.check_url(base_url)
            guard.resolve(base_url)
        except guard.Forbidden as error:
            form.wrong("base_url", str(error))
        except guard.Unresolved:
            form.wrong("base_url", _("域名无法解析，请核对网址或请网络管理员检查 DNS"))
        if urlsplit(base_url).query:
            form.wrong("base_url", _("接口地址不能带参数"))
    held = {**row.held_secrets()}
    for name in SECRETS:
        value = form.text(name, secrets.get(name, ""), longest=200, lines=False)
        if value and name in SIGNING and not value.startswith("env:"):
            try:
                signing.key_of(value)
            except ValueError:
                form.wrong(name, _("签名密钥应为 whsec_ 开头、24 至 64 字节的 Base64"))
        if value:
            held[name] = value
        if active and not held.get(name):
            form.wrong(name, _("启用前须填写"))
    if active and not base_url:
        form.wrong("base_url", _("启用前须填写"))
    form.finish()
    row.org, row.base_url, row.active, row.secrets = org, base_url, active, json.dumps(held)
    row.save()
    record(actor, "adapter.changed", row, org=org, payload={"code": code, "active": active})
    return row


def receive(
    actor: Actor, row: AdapterConnection, *, kind: str, number: str, key: str, body: Mapping[str, Any],
    act: Callable[[], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Take one message in: ``act`` runs once for ``key``; a repeat gets the first answer. A refusal is noted and rises.

    Raises what ``act`` raises, and Conflict ``number_reused`` when the same key comes with other content.
    """
    try:
        return _take(actor, row, kind=kind, number=number, key=key, body=body, act=act)
    except ActionError as error:
        note_refusal(actor, row.pk, kind=kind, status=error.status, reason=error.message)
        raise


@action("adapter.take")
def _take(
    actor: Actor, row: AdapterConnection, *, kind: str, number: str, key: str, body: Mapping[str, Any],
    act: Callable[[], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, default=str)
    print_ = hashlib.sha256(text.encode()).hexdigest()
    with connection.cursor() as cursor:  # two sendings at once: the second waits for the first to commit
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"adapter:{row.pk}:{key}"])
    known = AdapterMessage.objects.filter(connection=row, direction=Direction.IN, key=key).first()
    if known is not None:
        if known.answer.get("print") != print_:
            raise Conflict(_("该编号已收到过内容不同的消息，请换一个编号或按变更接口发送"), code="number_reused")
        return dict(known.answer["answer"])
    answer = act()
    now = timezone.now()
    AdapterMessage.objects.create(
        connection=row, direction=Direction.IN, kind=kind, number=number, key=key, body=text, state=MessageState.DONE,
        status=200, answer={"print": print_, "answer": answer}, at=now, ended_at=now,
    )  # fmt: skip
    AdapterConnection.objects.filter(pk=row.pk).update(last_in_at=now)
    record(actor, "adapter.received", row, org=row.org, payload={"code": row.code, "message_kind": kind, "new": True})
    return answer


@action("adapter.note_refusal")
def note_refusal(actor: Actor, connection_id: int, *, kind: str, status: int, reason: str) -> None:
    """A message of theirs was refused: kept on the connection for whoever looks after it."""
    row = AdapterConnection.objects.select_related("org").get(pk=connection_id)
    AdapterConnection.objects.filter(pk=row.pk).update(last_error_at=timezone.now(), last_error=reason[:200])
    record(
        actor, "adapter.refused", row, org=row.org,
        payload={"code": row.code, "message_kind": kind, "status": status},
    )  # fmt: skip


@action("adapter.queue")
def queue_message(actor: Actor, code: str, *, kind: str, number: str, key: str, body: Mapping[str, Any]) -> bool:
    """Put a message into the queue to go out, in the transaction of what causes it. False while the connection is off
    or when it was queued before under ``key``."""
    from denghuo.apps.exchange.jobs import send_adapter_messages
    from denghuo.core.jobs import enqueue

    row = AdapterConnection.objects.filter(code=code, active=True).first()
    if row is None or AdapterMessage.objects.filter(connection=row, direction=Direction.OUT, key=key).exists():
        return False
    now = timezone.now()
    AdapterMessage.objects.create(
        connection=row, direction=Direction.OUT, kind=kind, number=number, key=key,
        body=json.dumps(body, ensure_ascii=False), state=MessageState.PENDING, next_at=now, at=now,
    )  # fmt: skip
    enqueue(send_adapter_messages, connection_id=row.pk)
    return True


@action("adapter.claim")
def claim_message(actor: Actor, connection_id: int) -> AdapterMessage | None:
    """Begin the next attempt of a connection's messages: the oldest that is due and first of its matter."""
    now = timezone.now()
    rows = AdapterMessage.objects.filter(
        connection_id=connection_id, direction=Direction.OUT, state=MessageState.PENDING, connection__active=True
    )
    seen: set[str] = set()
    for row in rows.select_for_update(of=("self",)).select_related("connection__org").order_by("id")[:500]:
        first = row.number not in seen
        seen.add(row.number)
        if first and row.next_at is not None and row.next_at <= now:
            row.attempts += 1
            row.next_at = now + dt.timedelta(seconds=policies.get("webhook.lease_seconds"))
            row.save(update_fields=["attempts", "next_at"])
            return row
    return None


@action("adapter.settle")
def settle_message(
    actor: Actor, message_id: int, attempt: int, *, state: str, status: int = 0, error: str = "", pause: float = 0.0
) -> None:
    """Write what came of attempt number ``attempt``; nothing when another has begun meanwhile."""
    row = AdapterMessage.objects.select_for_update(of=("self",)).select_related("connection__org").get(pk=message_id)
    if row.attempts != attempt or row.state != MessageState.PENDING:
        return
    now = timezone.now()
    row.state, row.status, row.error = state, status or None, error[:200]
    if state == MessageState.PENDING:
        row.next_at = now + dt.timedelta(seconds=pause)
    else:
        row.ended_at = now
    row.save(update_fields=["state", "status", "error", "next_at", "ended_at"])
    mine = AdapterConnection.objects.filter(pk=row.connection_id)
    if state == MessageState.DONE:
        mine.update(last_out_at=now)
        return
    mine.update(last_error_at=now, last_error=error[:200])
    if state in (MessageState.DEAD, MessageState.REFUSED):
        record(
            actor, "adapter.died", row.connection, org=row.connection.org,
            payload={"code": row.connection.code, "message_kind": row.kind, "attempts": row.attempts},
        )  # fmt: skip


@action("adapter.retry")
def retry_message(actor: Actor, message_id: int) -> None:
    """Send a message that was given up or refused again. Raises NotAllowed, NotFound, Conflict."""
    from denghuo.apps.exchange.jobs import send_adapter_messages
    from denghuo.core.jobs import enqueue

    rows = AdapterMessage.objects.select_for_update(of=("self",)).select_related("connection__org")
    row = rows.filter(pk=message_id, direction=Direction.OUT).first()
    if row is None:
        raise NotFound(_("没有这条对接消息"))
    actor.require(MANAGE, row.connection.org.path)
    if row.state not in (MessageState.DEAD, MessageState.REFUSED):
        raise Conflict(_("只有已放弃或被拒绝的消息可以重新发送"))
    row.state, row.attempts, row.next_at, row.ended_at = MessageState.PENDING, 0, timezone.now(), None
    row.save(update_fields=["state", "attempts", "next_at", "ended_at"])
    connection_id = row.connection_id
    enqueue(send_adapter_messages, connection_id=connection_id)


@action("adapter.note_call")
def note_call(actor: Actor, connection_id: int, *, error: str = "") -> None:
    """What a look-up of ours came to."""
    now = timezone.now()
    changes: dict[str, Any] = {"last_error_at": now, "last_error": error[:200]} if error else {"last_out_at": now}
    AdapterConnection.objects.filter(pk=connection_id).update(**changes)
