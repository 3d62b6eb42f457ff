"""Uses of functions: begun on a page or in a chat, ended in one of four ways.

Anybody may begin a use and end the one whose ``ref`` they hold (122 random bits); a use holds no personal data.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils.translation import gettext as _

from denghuo.apps.channels.actions.common import known_channel, known_function
from denghuo.apps.channels.choices import Mode, UseState
from denghuo.apps.channels.models import FunctionUse
from denghuo.apps.channels.places import common_unit
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.privacy import blind_index
from denghuo.core.scoping.models import OrgUnit


@action("function_use.start")
def start_use(
    actor: Actor,
    *,
    code: str,
    channel: str,
    org: OrgUnit | None = None,
    mode: str = Mode.SELF_SERVICE,
    contact_id: int | None = None,
    person: str = "",
) -> FunctionUse:
    """Note that somebody begins ``code`` on ``channel``; keep ``ref`` to end it. One insert.

    ``org`` None: the place is not known (yet). ``person``: see :func:`person_of`. Raises NotFound, InvalidInput.
    """
    if mode not in Mode.values:
        raise InvalidInput({"mode": _("办理方式只能是自助、人工辅助或预约")})
    return FunctionUse.objects.create(
        function=known_function(code).code,
        channel=known_channel(channel),
        org=org or common_unit(),
        mode=mode,
        actor_kind=actor.kind,
        actor_id=actor.id,
        person=person,
        started_at=moment.now(),
        contact_id=contact_id,
    )


@action("function_use.finish")
def finish_use(actor: Actor, ref: uuid.UUID, *, request_id: int | None = None) -> FunctionUse:
    """It is done. A use that has ended already stays as it ended. Raises NotFound."""
    return _end(actor, ref, UseState.DONE, request_id=request_id)


@action("function_use.hand_over")
def hand_over_use(actor: Actor, ref: uuid.UUID, *, contact_id: int | None = None) -> FunctionUse:
    """A human goes on with it, in conversation ``contact_id`` if there is one."""
    return _end(actor, ref, UseState.HANDED_OVER, contact_id=contact_id)


@action("function_use.abandon")
def abandon_use(actor: Actor, ref: uuid.UUID) -> FunctionUse:
    """The customer left before the end."""
    return _end(actor, ref, UseState.ABANDONED)


@action("function_use.fail")
def fail_use(actor: Actor, ref: uuid.UUID) -> FunctionUse:
    """Something of ours broke."""
    return _end(actor, ref, UseState.FAILED)


def person_of(
    actor: Actor, *, customer_id: int | None = None, account_id: int | None = None, contact_id: int | None = None
) -> str:
    """A keyed hash of who is served: the customer, else the account, the conversation, the network address; "" for nobody."""
    for kind, value in (("customer", customer_id), ("account", account_id), ("contact", contact_id)):
        if value is not None:
            return _hashed(f"{kind}:{value}")
    if actor.kind == "customer" and actor.id is not None:
        return _hashed(f"customer:{actor.id}")
    return _hashed(f"ip:{actor.ip}") if actor.kind == "customer" and actor.ip else ""


def record_end(actor: Actor, use: FunctionUse, org: OrgUnit | None) -> None:
    """The events of a use that has just ended."""
    payload = {"function": use.function, "channel": use.channel}
    record(
        actor, "function.used", use, org=org,
        payload=payload | {
            "mode": use.mode, "state": use.state, "seconds": use.seconds or 0.0, "contact_id": use.contact_id,
            "request_id": use.request_id,
        },
    )  # fmt: skip
    if use.state == UseState.HANDED_OVER:
        record(actor, "function.handed_over", use, org=org, payload=payload | {"contact_id": use.contact_id})


def seconds_between(start: dt.datetime, end: dt.datetime) -> float:
    """Business seconds, never negative."""
    return max(0.0, (end - start).total_seconds())


def _end(
    actor: Actor, ref: uuid.UUID, state: UseState, *, contact_id: int | None = None, request_id: int | None = None
) -> FunctionUse:
    rows = FunctionUse.objects.select_for_update(of=("self",)).select_related("org")
    use = rows.filter(ref=ref).first()
    if use is None:
        raise NotFound(_("没有这次办理记录"))
    if use.state != UseState.STARTED:
        return use
    use.state, use.ended_at = state, moment.now()
    use.seconds = seconds_between(use.started_at, use.ended_at)
    use.contact_id = contact_id if contact_id is not None else use.contact_id
    use.request_id = request_id if request_id is not None else use.request_id
    use.save(update_fields=["state", "ended_at", "seconds", "contact_id", "request_id"])
    record_end(actor, use, use.org)
    return use


def _hashed(text: str) -> str:
    found = blind_index("function_person", text)
    return found.hex()[:64] if found else ""
