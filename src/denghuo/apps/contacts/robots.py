"""The door to the robot: which conversations it serves, and how it hears of what a customer says.

The robot itself stands above this app (it makes requests and runs functions); it hands itself in with :func:`register`.
It is called inside the transaction that takes the customer's message in. A process killed in between leaves neither the
message nor an answer, and whoever sent the message sends it again: each message is answered once.
"""

from __future__ import annotations

import logging
from typing import Protocol

from django.db import DatabaseError, transaction

from denghuo.apps.contacts.models import Contact, Message
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

logger = logging.getLogger("denghuo.robot")
NAME = "robot"


class Responder(Protocol):
    """What a robot does. Both actions run in the caller's transaction, the conversation locked."""

    def serves(self, channel: str, org: OrgUnit) -> bool:
        """Whether it takes new conversations of ``org`` on ``channel`` now."""

    def greet(self, actor: Actor, contact: Contact, *, asked: bool) -> None:
        """A conversation has begun with it; ``asked``: the customer's first message follows at once."""

    def hear(self, actor: Actor, contact: Contact, message: Message) -> None:
        """The customer has said something. The same message again must change nothing."""


_held: list[Responder] = []


def register(responder: Responder) -> None:
    """Hand in the robot; the last one counts."""
    _held[:] = [responder]


def actor() -> Actor:
    """Who the robot is in events."""
    return Actor.system(NAME)


def serves(channel: str, org: OrgUnit) -> bool:
    """Whether a robot takes new conversations of ``org`` on ``channel``."""
    return bool(_held) and _held[0].serves(str(channel), org)


def greet(contact: Contact, *, asked: bool) -> None:
    """Let the robot begin; see :meth:`Responder.greet`."""
    if _held:
        _safely(contact, lambda: _held[0].greet(actor(), contact, asked=asked))


def hear(contact: Contact, message: Message) -> None:
    """Let the robot answer; see :meth:`Responder.hear`. What breaks in it costs the customer nothing: people take over."""
    if _held:
        _safely(contact, lambda: _held[0].hear(actor(), contact, message))
    else:
        _to_people(contact)


def _safely(contact: Contact, run: object) -> None:
    assert callable(run)
    try:
        with transaction.atomic():
            run()
    except DatabaseError:
        raise  # the whole transaction is tried again, or fails as any other
    except Exception:
        logger.exception("the robot failed; people take over")
        _to_people(contact)


def _to_people(contact: Contact) -> None:
    from denghuo.apps.contacts.actions.robot import HandOver, hand_over

    hand_over(actor(), contact.pk, HandOver(reason="fault"))
