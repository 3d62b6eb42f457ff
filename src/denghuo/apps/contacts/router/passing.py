"""One pass: take back what nobody answered, look after silent desks, and ring those whom the engine names."""

from __future__ import annotations

import datetime as dt
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError
from django.utils import timezone

from denghuo.apps.contacts.actions.agents import is_silent, retire_silent
from denghuo.apps.contacts.actions.handing import overdue, release_transfer
from denghuo.apps.contacts.actions.offers import Offer, expire_offer, offer_contact, offer_many
from denghuo.apps.contacts.choices import AgentMode, ContactState
from denghuo.apps.contacts.models import AgentSession, Contact
from denghuo.apps.contacts.router import truth as reading
from denghuo.apps.contacts.router.deciding import decide
from denghuo.core import moment, policies
from denghuo.core.actors import Actor

logger = logging.getLogger("denghuo.routing")

ROUTER = Actor.system("router")
BATCH = 50  # offers in one transaction: few enough that nobody waits long for a row
MOST = 200  # offers in one pass: after so many the world is looked at anew
MOST_SWEPT = 60  # offers taken back in one pass, each in a transaction of its own


@dataclass
class Passed:
    """What a pass did. ``decided`` may be more than ``offered``: rows that somebody held, and what is too much for one
    pass, are left to the next, which follows at once.
    ``next_at``: Unix seconds of business time at which waiting alone changes something, inf for never."""

    expired: int = 0
    silent: int = 0
    released: int = 0
    waiting: int = 0
    decided: int = 0
    offered: int = 0
    next_at: float = math.inf
    seconds: dict[str, float] = field(default_factory=dict)


def pass_once(*, sweep: bool = True) -> Passed:
    """One whole pass; ``sweep=False`` leaves out what has to be looked at only now and then."""
    passed, begun = Passed(), time.perf_counter()
    if sweep:
        passed.expired = _expire()
        passed.silent = _silent_desks()
        passed.released = _overdue_transfers()
    passed.seconds["sweep"] = time.perf_counter() - begun
    _assign(passed)
    passed.next_at = min(passed.next_at, _next_expiry())
    passed.seconds["all"] = time.perf_counter() - begun
    return passed


def _assign(passed: Passed) -> None:
    begun = time.perf_counter()
    waiting = reading.read_waiting()
    passed.waiting = len(waiting)
    if not waiting:
        return
    seen = reading.read(moment.now(), waiting)
    read_at = time.perf_counter()
    decision = decide(seen)
    decided_at = time.perf_counter()
    passed.decided, passed.next_at = len(decision.offers), decision.next_at
    now_due = decision.offers[:MOST]
    for start in range(0, len(now_due), BATCH):
        passed.offered += _ring(now_due[start : start + BATCH])
    passed.seconds |= {
        "read": read_at - begun,
        "decide": decided_at - read_at,
        "apply": time.perf_counter() - decided_at,
    }


def _ring(offers: Sequence[Offer]) -> int:
    """Ring a batch. A row that cannot be written must not hold up the others: then each goes alone."""
    try:
        return len(offer_many(ROUTER, offers))
    except IntegrityError:
        logger.exception("a batch of offers could not be written; trying them one by one")
    made = 0
    for offer in offers:
        try:
            made += offer_contact(ROUTER, offer.contact_id, offer.staff_id, parts=offer.parts) is not None
        except IntegrityError:
            logger.exception("contact %s cannot be offered", offer.contact_id)
    return made


def _expire() -> int:
    """Offers that ran out (partial index ``contacts_offered``: as many rows as desks that ring)."""
    due = Contact.objects.filter(state=ContactState.OFFERED, offer_expires_at__lte=moment.now())
    ids = list(due.order_by("offer_expires_at", "pk").values_list("pk", flat=True)[:MOST_SWEPT])
    return sum(expire_offer(ROUTER, pk) is not None for pk in ids)


def _silent_desks() -> int:
    """Desks without a sign of life (partial index ``contacts_agents_on``)."""
    shortest = dt.timedelta(seconds=float(policies.get("agent.silent_seconds")))
    rows = AgentSession.objects.filter(seen_at__lt=timezone.now() - shortest).exclude(mode=AgentMode.LOGGED_OUT)
    silent = [row for row in rows.select_related("org") if is_silent(row, "agent.silent_seconds")]
    if not silent:
        return 0
    ids = [row.staff_id for row in silent]
    rung = Contact.objects.filter(state=ContactState.OFFERED, offered_to__in=ids)
    ringing = set(rung.values_list("offered_to_id", flat=True))
    count = 0
    for row in silent:
        # MISSED and silent for long: kept only because there is work in hand, nothing more to do.
        gone = row.mode != AgentMode.MISSED and is_silent(row, "agent.silent_out_seconds")
        if row.staff_id in ringing or gone:
            count += retire_silent(ROUTER, row.staff_id) is not None
    return count


def _overdue_transfers() -> int:
    return sum(release_transfer(ROUTER, pk) is not None for pk in overdue(moment.now()))


def _next_expiry() -> float:
    """When the first offer that rings now runs out."""
    first = Contact.objects.filter(state=ContactState.OFFERED).order_by("offer_expires_at")
    found: dt.datetime | None = first.values_list("offer_expires_at", flat=True).first()
    return found.timestamp() if found else math.inf
