"""Unmasking: seeing one personal value in plain, with a reason, on the record."""

from __future__ import annotations

import datetime as dt

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, TooManyRequests
from denghuo.core.events import record
from denghuo.core.events.models import Event
from denghuo.core.privacy.masking import redact
from denghuo.core.privacy.views import encrypted_field, org_path_of

MAX_REASON = 200
HOUR = dt.timedelta(hours=1)


@action("privacy.reveal")
def reveal(actor: Actor, obj: models.Model, field: str, reason: str) -> str:
    """The plain text of one encrypted field, recorded as ``privacy.revealed`` with who, what and why.

    Needs ``privacy.reveal`` over the object's unit. Raises NotAllowed; InvalidInput (``reason`` empty or over 200
    characters; ``field`` not an encrypted one); TooManyRequests beyond ``privacy.reveal.per_hour`` in the last hour.
    """
    actor.require("privacy.reveal", org_path_of(obj))
    try:
        encrypted = encrypted_field(obj, field)
    except Exception as error:
        raise InvalidInput({"field": _("没有可查看的个人信息字段“%(field)s”") % {"field": field[:40]}}) from error
    reason = _checked_reason(reason)
    _limit(actor, obj)
    record(
        actor,
        "privacy.revealed",
        obj,
        org=getattr(obj, "org", None),
        payload={"field": field, "classification": encrypted.classification, "reason": redact(reason)},
        at=timezone.now(),  # the limit counts on the wall clock, also in a demonstration that runs another day
    )
    return getattr(obj, field) or ""


def _checked_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput({"reason": _("请填写查看个人信息的原因，例如“联系客户确认到场时间”")})
    if len(reason) > MAX_REASON:
        raise InvalidInput({"reason": _("原因不能超过 %(max)s 个字，请简要说明") % {"max": MAX_REASON}})
    return reason


def _limit(actor: Actor, obj: models.Model) -> None:
    """Count what this actor has seen in the last hour; a lock keeps two windows of one person from counting apart."""
    if actor.kind == "system":
        return
    with connection.cursor() as cursor:
        key = f"privacy.reveal:{actor.kind}:{actor.id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    since = timezone.now() - HOUR
    mine = Event.objects.filter(kind="privacy.revealed", actor_kind=actor.kind, actor_id=actor.id, at__gt=since)
    allowed: int = policies.get("privacy.reveal.per_hour", getattr(obj, "org", None))
    times = list(mine.order_by("-at").values_list("at", flat=True)[:allowed])
    if len(times) >= allowed:
        wait = int((times[-1] - since).total_seconds()) + 1 if times else int(HOUR.total_seconds())
        raise TooManyRequests(
            _("一小时内最多查看 %(count)s 条个人信息，请稍后再试或联系安全管理员") % {"count": allowed},
            retry_after=wait,
        )
