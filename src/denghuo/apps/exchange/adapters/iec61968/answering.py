"""Taking in a message of PMS or OMS in the XML envelope: the same work as its JSON, answered with a ResponseMessage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.exchange.actions.adapters import receive
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.iec61968 import envelope, profile
from denghuo.apps.exchange.adapters.iec61968.envelope import Message
from denghuo.apps.exchange.adapters.iec61968.tree import BadXml
from denghuo.apps.exchange.adapters.operations.mapping import OMS, Operations
from denghuo.apps.exchange.models import AdapterConnection
from denghuo.core import moment
from denghuo.core.errors import ActionError, InvalidInput


def answered(row: AdapterConnection, raw: bytes, key: str) -> tuple[int, bytes]:
    """Status and ResponseMessage for a message. ``key`` is the number of the sending; the header's MessageID goes before
    it, so that a message sent again by another way is still the same."""
    now = moment.now()
    try:
        message = envelope.read_message(raw)
    except BadXml as error:
        return 400, envelope.response("", correlation_id=key, at=now, error=str(error), code="bad_xml")
    try:
        found = _take(row, message, message.message_id or key)
    except ActionError as error:
        told = envelope.response(
            message.noun, correlation_id=message.correlation_id or key, at=now, error=_words(error), code=error.code
        )
        return error.status, told
    return 200, envelope.response(
        message.noun, correlation_id=message.correlation_id or key, at=now, payload=found, namespace=profile.PROFILE
    )


def _take(row: AdapterConnection, message: Message, key: str) -> dict[str, Any]:
    port = Operations(row)
    act: Callable[[], dict[str, Any]]
    if message.noun == profile.OUTAGES:
        outage = profile.outage_of(message)
        kind, number, body = "outage", outage.number, dataclasses.asdict(outage)
        act = lambda: port.outage_in(outage)  # noqa: E731
    elif message.noun == profile.ORDERS:
        step = profile.progress_of(message)
        kind, number, body = "progress", step.number, dataclasses.asdict(step)
        act = lambda: port.progress_in(step)  # noqa: E731
    elif message.noun == profile.EVENTS and row.code == OMS:
        told = profile.observation_of(message)
        kind, number, body = "observation", told.number, dataclasses.asdict(told)
        act = lambda: port.observation_in(told)  # noqa: E731
    else:
        nouns = [profile.OUTAGES, profile.ORDERS, *([profile.EVENTS] if row.code == OMS else [])]
        raise InvalidInput({"Noun": _("只接收 %(nouns)s") % {"nouns": _("、").join(nouns)}})
    return receive(base.actor_of(row), row, kind=kind, number=number, key=f"{kind}:{key}"[:120], body=body, act=act)


def _words(error: ActionError) -> str:
    """The reason in one line, with the elements at fault."""
    if not isinstance(error, InvalidInput):
        return error.message
    return "；".join(f"{name}: {'；'.join(texts)}" for name, texts in error.fields.items()) or error.message
