"""Looking ahead and watching in a worker, never in a web process: the simulation compiles there."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.contacts.models import EchelonActivation
from denghuo.apps.workforce.rosters.models import PeriodState, RosterPeriod
from denghuo.apps.workforce.today import moves, projecting, reading, reserves, watching
from denghuo.apps.workforce.today.candidates import candidates
from denghuo.apps.workforce.today.centre import Change, Floor, floor_of
from denghuo.apps.workforce.today.models import CallState, EmergencyCall, Outlook
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.jobs import announce, enqueue, job, periodic, progress
from denghuo.core.scoping.models import OrgUnit

MINUTE = dt.timedelta(minutes=1)


@job(name="workforce.look_ahead", retries=1, lock="workforce.look_ahead")
def look_ahead(unit_id: int) -> None:
    """Simulate the rest of today of a unit, try moves, and keep what came of it."""
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    floor = floor_of(unit) if unit is not None else None
    if unit is None or floor is None:
        return
    many = int(policies.get("workforce.outlook.replications", unit))
    seed = int(floor.at.timestamp()) // 60
    base = projecting.play(floor, floor.centre, many, seed)
    wanted = candidates(floor, base)
    shown = progress(label(unit), len(wanted) + 1)
    shown.advance()
    spare = float(policies.get("workforce.moves.spare", unit))
    found = projecting.tried(
        floor, base, wanted, spare=spare, replications=many, seed=seed, advance=shown.advance
    )  # fmt: skip
    actor = Actor.system("workforce.look_ahead")
    moves.keep_outlook(
        actor, unit, day=floor.day, at=floor.at, result=projecting.outlook(floor, base), moves=found
    )  # fmt: skip


def label(unit: OrgUnit) -> str:
    """What the progress of a unit's look ahead is called."""
    return _("推算当天剩余时间：%(unit)s") % {"unit": unit.name}


def start(actor: Actor, unit: OrgUnit) -> int:
    """Look ahead now, for somebody who asks; gives the job's number. Raises NotAllowed."""
    actor.require(moves.ACT, unit.path)
    with transaction.atomic():
        number = enqueue(look_ahead, unit_id=unit.pk)
        announce(number, label(unit))
    return number


@periodic("4,14,24,34,44,54 * * * *", name="workforce.outlook", retries=0)
def look_ahead_all() -> None:
    """Every ten minutes for units with a published roster of today."""
    today = reading.today()
    rows = RosterPeriod.objects.filter(first__lte=today, last__gte=today).exclude(state=PeriodState.DRAFT)
    for unit_id in rows.order_by("org__path").values_list("org_id", flat=True).distinct():
        look_ahead(unit_id)


@periodic("* * * * *", name="workforce.watch", retries=0)
def watch() -> None:
    """Every minute: propose reserves where thresholds are broken, let proposals lapse, end what is over."""
    actor = Actor.system("workforce.watch")
    for unit in watching.units():
        watch_unit(actor, unit)
    for pk in moves.channel_moves_over():
        moves.end_channel_move(actor, pk)
    released = EmergencyCall.objects.filter(state=CallState.ACTIVE, activation__ended_at__isnull=False)
    for pk in released.values_list("pk", flat=True):
        reserves.end(actor, pk)


def watch_unit(actor: Actor, unit: OrgUnit) -> EmergencyCall | None:
    """Hold a unit's figures against its thresholds; the proposal that stands afterwards, if any.

    Somebody's no holds until the figures have been back within their limits, or ask for a higher echelon.
    """
    causes = watching.causes(unit, watching.figures(unit))
    last = EmergencyCall.objects.filter(org=unit).order_by("-pk").first()
    wanted = max((int(one["echelon"]) for one in causes), default=0)
    if last is not None and last.state == CallState.PROPOSED:
        if wanted == last.echelon:
            return last
        reserves.lapse(actor, last.pk)
    if not causes:
        if last is not None and last.state == CallState.DECLINED:
            EmergencyCall.objects.filter(pk=last.pk, ended_at=None).update(ended_at=moment.now())
        return None
    active = watching.called_in(unit)
    refused = last is not None and last.state == CallState.DECLINED and last.ended_at is None and last.echelon >= wanted
    if refused or (active is not None and active.echelon >= wanted):
        return None
    call = reserves.propose(actor, unit, causes=causes, effect=effect_of_reserves(unit, wanted, active))
    if policies.get("workforce.emergency.automatic", unit):
        return reserves.approve(actor, call.pk)
    return call


def effect_of_reserves(unit: OrgUnit, echelon: int, active: EchelonActivation | None) -> dict[str, Any]:
    """What calling the echelon in would do to the rest of the day; empty where nothing can be simulated."""
    people = watching.reserves(unit, echelon)
    already = set(watching.reserves(unit, active.echelon)) if active else set()
    floor = floor_of(unit, people)
    if floor is None:
        return {"people": len(people)}
    many = int(policies.get("workforce.outlook.replications", unit))
    seed = int(floor.at.timestamp()) // 60
    base = projecting.play(floor, floor.centre, many, seed)
    since = floor.step_of(floor.at + int(policies.get("workforce.emergency.lead", unit)) * MINUTE)
    rostered = {line.staff.pk for line in floor.lines if line.at_work}
    fresh = [one for one in people if one not in already and one not in rostered]
    changes = [Change(None, floor.group_of[one], since, _end(floor)) for one in fresh]
    return projecting.effect(floor, base, changes, (), many, seed) | {"people": len(people)}


def _end(floor: Floor) -> int:
    return floor.centre.intervals


@periodic("53 3 * * *", name="workforce.forget_outlooks", retries=2)
def forget_outlooks() -> None:
    """Delete looks ahead past ``workforce.outlook.keep_days``; moves that were decided on stay."""
    before = moment.now() - dt.timedelta(days=policies.get("workforce.outlook.keep_days"))
    Outlook.objects.filter(at__lt=before).delete()


__all__ = ["effect_of_reserves", "look_ahead", "look_ahead_all", "start", "watch", "watch_unit"]
