"""``Idempotency-Key`` of external writes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils.translation import gettext as _

from denghuo.core.actions.run import run_undivided
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput

KEY_FORM = re.compile(r"[\x21-\x7e]{8,100}")

INSERT = """
INSERT INTO core_idempotencykey (caller, key, name, fingerprint, response, created_at)
VALUES (%s, %s, %s, %s, NULL, now()) ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""


def fingerprint_of(name: str, payload: Mapping[str, Any]) -> str:
    """SHA-256 of the action's name and its payload in canonical JSON."""
    text = json.dumps([name, payload], cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def caller_of(actor: Actor) -> str:
    """Whose keys these are: two callers may use the same key without meeting."""
    return f"{actor.kind}:{actor.id or actor.session_id or actor.ip or '-'}"


def run_idempotent(
    actor: Actor, key: str | None, name: str, payload: Mapping[str, Any], fn: Callable[[], Any]
) -> tuple[Any, bool]:
    """Run ``fn`` once for ``key``; give ``(answer, replayed)``.

    ``fn`` returns something JSON can hold. Two calls at once with one key: the second waits at the unique index for
    the first to commit and then gets its answer; if the first fails, the second runs. No key: ``fn`` simply runs.
    Raises Conflict ``idempotency_mismatch`` when the key was used for something else.
    """
    if key is None:
        return fn(), False
    if not KEY_FORM.fullmatch(key):
        raise InvalidInput({"Idempotency-Key": _("幂等键须为 8 至 100 个可见 ASCII 字符，建议使用 UUID")})
    fingerprint, caller = fingerprint_of(name, payload), caller_of(actor)
    return run_undivided(name, lambda: _once(caller, key, name, fingerprint, fn))


def _once(caller: str, key: str, name: str, fingerprint: str, fn: Callable[[], Any]) -> tuple[Any, bool]:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [caller, key, name, fingerprint])
        if cursor.fetchone() is None:
            return _remembered(caller, key, fingerprint), True
        answer = fn()
        cursor.execute(
            "UPDATE core_idempotencykey SET response = %s WHERE caller = %s AND key = %s",
            [json.dumps(answer, cls=DjangoJSONEncoder), caller, key],
        )
        return answer, False


def _remembered(caller: str, key: str, fingerprint: str) -> Any:
    from denghuo.core.actions.models import IdempotencyKey

    row = IdempotencyKey.objects.get(caller=caller, key=key)
    if row.fingerprint != fingerprint:
        raise Conflict(_("此幂等键已用于另一次请求，请为新的请求换一个键"), code="idempotency_mismatch")
    return row.response
