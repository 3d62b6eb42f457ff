"""Escalation (升级): an overdue request climbs from level to level until somebody there takes it."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.handling import ladder
from denghuo.apps.requests.handling.choices import Level
from denghuo.apps.requests.handling.models import Escalation
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import LIVE_STATES, Clock
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import NewEvent

BY_HAND = "hand"
SWEEPER = Actor.system("requests.escalation")
A_SWEEP = 2000


@action("request.escalate")
def escalate_request(actor: Actor, request_id: int, *, text: str, version: int | None = None) -> Request:
    """Take an open request to the next level by hand: who handles, calls or supervises may ask for help above.

    Raises NotAllowed (``request.urge``), NotFound, Conflict (filed; at the top), InvalidInput (text).
    """
    request = common.known(actor, request_id)
    actor.require("request.urge", request.org.path)
    common.require_version(request, version)
    if request.state in FINAL:
        raise Conflict(_("该诉求已办结，不能升级；需要时请先重启"), code="wrong_state")
    words = common.reason_text(text, field="text")
    if request.escalation_level >= max(Level.values):
        raise Conflict(_("该诉求已升级到最高一级"), code="at_the_top")
    at = common.moment_of(None, request)
    note = common.write_note(actor, request, NoteKind.ESCALATE, words, at)
    common.tell(_climb(actor, request, request.escalation_level + 1, BY_HAND, at, note))
    return request


@action("request.escalate_due")
def escalate_due(actor: Actor, request_id: int, now: dt.datetime | None = None) -> int:
    """Bring the request to the level its overdue clocks ask for; every rung on the way is told. Gives how many rungs."""
    request = common.known(actor, request_id)
    if request.state in FINAL:
        return 0
    at = now or common.moment_of(None, request)
    level, why = ladder.due_level(request, ladder.live_clocks(request_id), at)
    was = request.escalation_level
    if level <= was:
        return 0
    common.tell(_climb(actor, request, level, why, at, None))
    return level - was


@action("request.take_escalation")
def take_escalation(actor: Actor, escalation_id: int) -> Request:
    """Somebody on that level takes it in hand. Raises NotAllowed (``request.supervise`` there, or for the team's rung
    ``request.dispatch``), NotFound, Conflict (taken already)."""
    row = Escalation.objects.select_related("org").filter(pk=escalation_id).first()
    if row is None:
        raise NotFound(_("没有这条升级记录"))
    request = common.known(actor, row.request_id)
    row = Escalation.objects.select_related("org", "taken_by").get(pk=escalation_id)
    if not actor.can("request.supervise", row.org.path):
        actor.require("request.dispatch", row.org.path)
    if row.taken_at is not None:
        raise Conflict(
            _("%(who)s已接手") % {"who": row.taken_by.display_name if row.taken_by else _("他人")}, code="taken"
        )
    row.taken_by_id, row.taken_at = actor.id if actor.kind == "staff" else None, common.moment_of(None, request)
    row.save(update_fields=["taken_by", "taken_at"])
    common.tell(
        common.event(actor, request, "request.raise_taken", row.taken_at, level=row.level, escalation_id=row.pk)
    )
    return request


def sweep(now: dt.datetime | None = None) -> int:
    """Take every request whose overdue clocks have come to the next level there; gives how many climbed.

    Open requests below the top with a breach, the oldest breach first, are looked at without a lock; only those that are
    due are locked. Served by ``requests_open`` and ``core_clock_subject``.
    """
    when = now or moment.now()
    below = Request.objects.filter(escalation_level__lt=max(Level.values)).exclude(state__in=FINAL)
    rows = Clock.objects.filter(
        subject_kind="request", state__in=LIVE_STATES, breached_at__isnull=False, subject_id__in=below.values("pk")
    ).order_by("breached_at")[:A_SWEEP]
    clocks: dict[int, list[Clock]] = {}
    for clock in rows:
        clocks.setdefault(clock.subject_id, []).append(clock)
    waiting = Request.objects.select_related("org").filter(pk__in=clocks)
    due = [row.pk for row in waiting if ladder.due_level(row, clocks[row.pk], when)[0] > row.escalation_level]
    return sum(bool(escalate_due(SWEEPER, pk, when)) for pk in due)


def _climb(actor: Actor, request: Request, level: int, why: str, at: dt.datetime, note: int | None) -> list[NewEvent]:
    """Write every rung up to ``level`` that this round has not seen; the events, not yet written."""
    first = request.escalation_level + 1
    told = []
    for rung in range(first, level + 1):
        if why != BY_HAND and ladder.after(request, rung, at) is None:
            continue
        unit = ladder.unit_of(request.org, rung)
        _row, new = Escalation.objects.get_or_create(
            request=request, round=request.round, level=rung,
            defaults={
                "why": why, "org": unit, "at": at, "note_id": note, "by_id": actor.id if actor.kind == "staff" else None,
            },
        )  # fmt: skip
        if new:
            told.append(
                common.event(
                    actor, request, "request.raised", at,
                    level=rung, unit_id=unit.pk, why=why, round=request.round, note_id=note,
                )
            )  # fmt: skip
    request.escalation_level = level
    common.save(request, "escalation_level")
    return told
