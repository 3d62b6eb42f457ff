"""What people do about their own shifts: acknowledge, wish, swap, subscribe; and a supervisor's word on swaps."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db.models import Sum
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.workforce.rosters import reading
from denghuo.apps.workforce.rosters.actions import topic
from denghuo.apps.workforce.rosters.models import (
    Acknowledgement,
    CalendarFeed,
    DayKind,
    PeriodState,
    RosterPeriod,
    ShiftAssignment,
    SwapOffer,
    SwapState,
    Wish,
    WishState,
)
from denghuo.apps.workforce.rosters.reading import PLAN, WORK
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form


@action("roster.acknowledge")
def acknowledge(actor: Actor, period_id: int) -> Acknowledgement:
    """Say that one's published shifts have been read; a repetition changes nothing. Raises NotFound."""
    staff = _me(actor)
    period = RosterPeriod.objects.select_related("org").filter(pk=period_id, state=PeriodState.PUBLISHED).first()
    if period is None or not period.days.filter(staff=staff).exists():
        raise NotFound()
    row, made = Acknowledgement.objects.get_or_create(period=period, staff=staff, defaults={"at": moment.now()})
    if made:
        payload = {"staff_id": staff.pk}
        record(actor, "roster.acknowledged", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return row


@action("wish.make")
def wish(actor: Actor, *, day: dt.date, points: int, shift_id: int | None = None) -> Wish:
    """Wish a day off or a shift, backed with points of that month's budget; replaces an earlier wish for the day.

    Raises NotAllowed, InvalidInput (``day``, ``points``, ``shift``).
    """
    staff = _me(actor)
    form = Form()
    if day <= reading.today():
        form.wrong("day", _("只能为今后的日子提意愿，请改选日期"))
    if ShiftAssignment.objects.filter(staff=staff, day=day, period__state=PeriodState.PUBLISHED).exists():
        form.wrong("day", _("这一天的排班已发布，请用换班"))
    if shift_id is not None and not any(one.pk == shift_id for one in reading.shifts_for(staff.org)):
        form.wrong("shift", _("请从班次库中选择一个班次"))
    left = points_left(staff, day, but=day)
    if not 1 <= points <= left:
        form.wrong("points", _("积分须在 1 到 %(left)s 之间（当月余额）") % {"left": left})
    form.finish()
    Wish.objects.filter(staff=staff, day=day).exclude(state=WishState.WITHDRAWN).update(state=WishState.WITHDRAWN)
    row = Wish.objects.create(staff=staff, day=day, shift_id=shift_id, points=points, made_at=moment.now())
    record(actor, "wish.made", row, org=staff.org, payload={"day": day, "points": points}, topics=[topic(staff.org)])
    return row


@action("wish.withdraw")
def withdraw_wish(actor: Actor, wish_id: int) -> Wish:
    """Take a wish back, its points are free again. Raises NotFound, Conflict ``settled``."""
    staff = _me(actor)
    row = Wish.objects.select_for_update().filter(pk=wish_id, staff=staff).first()
    if row is None:
        raise NotFound()
    if row.state != WishState.OPEN:
        raise Conflict(_("这条意愿已有结果，不能再撤回"), code="settled")
    row.state = WishState.WITHDRAWN
    row.save(update_fields=["state"])
    record(actor, "wish.withdrawn", row, org=staff.org, payload={"day": row.day}, topics=[topic(staff.org)])
    return row


def points_left(staff: Staff, day: dt.date, but: dt.date | None = None) -> int:
    """Points somebody may still spend in the month of ``day``; a wish for ``but`` counts as taken back."""
    rows = Wish.objects.filter(staff=staff, day__year=day.year, day__month=day.month)
    spent = rows.exclude(state=WishState.WITHDRAWN).exclude(day=but).aggregate(all=Sum("points"))["all"] or 0
    return max(0, int(policies.get("workforce.roster.wish_points", staff.org)) - spent)


@action("swap.offer")
def offer_swap(actor: Actor, *, day: dt.date) -> SwapOffer:
    """Offer one's published shift of a day to colleagues of the same unit. Raises NotFound, Conflict ``past``, ``offered``."""
    staff = _me(actor)
    rows = ShiftAssignment.objects.select_for_update(of=("self",)).select_related("period__org")
    given = rows.filter(staff=staff, day=day, kind=DayKind.WORK, period__state=PeriodState.PUBLISHED).first()
    if given is None:
        raise NotFound()
    if day <= reading.today():
        raise Conflict(_("当天和以前的班不能再换，请联系班长"), code="past")
    if given.locked:
        raise Conflict(_("这一班已锁定，不能换，请联系排班人员"), code="locked")
    if given.swaps.filter(state__in=[SwapState.OPEN, SwapState.TAKEN]).exists():
        raise Conflict(_("这一班已经在换班之中"), code="offered")
    swap = SwapOffer.objects.create(given=given, giver=staff, made_at=moment.now())
    _tell(actor, "swap.offered", swap)
    return swap


@action("swap.take")
def take_swap(actor: Actor, swap_id: int) -> SwapOffer:
    """Be ready to work a colleague's offered shift; limits of working time are checked. Raises NotFound, Conflict
    ``not_open``, ``busy``, InvalidInput (``swap``)."""
    staff = _me(actor)
    swap = _locked(swap_id)
    if swap.giver_id == staff.pk or not _same_unit(swap, staff):
        raise NotFound()
    if swap.state != SwapState.OPEN:
        raise Conflict(_("这一班已有人接，或已撤回"), code="not_open")
    _check_taker(swap, staff.pk)
    swap.taker, swap.state = staff, SwapState.TAKEN
    swap.save(update_fields=["taker", "state"])
    _tell(actor, "swap.taken", swap)
    return swap


@action("swap.withdraw")
def withdraw_swap(actor: Actor, swap_id: int) -> SwapOffer:
    """Take one's own offer back before it is approved. Raises NotFound, Conflict ``not_open``."""
    staff = _me(actor)
    swap = _locked(swap_id)
    if swap.giver_id != staff.pk:
        raise NotFound()
    if swap.state not in (SwapState.OPEN, SwapState.TAKEN):
        raise Conflict(_("这次换班已有结果"), code="not_open")
    swap.state = SwapState.WITHDRAWN
    swap.save(update_fields=["state"])
    _tell(actor, "swap.withdrawn", swap)
    return swap


@action("swap.decide")
def decide_swap(actor: Actor, swap_id: int, *, approved: bool) -> SwapOffer:
    """Approve or refuse a swap that a colleague has taken; approved, the shift changes hands after a last check.

    Raises NotFound, NotAllowed, Conflict ``not_taken``, ``busy``, InvalidInput (``swap``).
    """
    swap = _locked(swap_id)
    org = swap.given.period.org
    if not actor.can(reading.VIEW, org.path):
        raise NotFound()
    actor.require(PLAN, org.path)
    if swap.state != SwapState.TAKEN or swap.taker_id is None:
        raise Conflict(_("这次换班还没有人接，或已有结果"), code="not_taken")
    if approved:
        _check_taker(swap, swap.taker_id)
        given = swap.given
        given.staff_id = swap.taker_id
        given.save(update_fields=["staff"])
    swap.state = SwapState.APPROVED if approved else SwapState.REFUSED
    swap.save(update_fields=["state"])
    _tell(actor, "swap.decided", swap, approved=approved)
    text = _("%(day)s 的换班已批准") if approved else _("%(day)s 的换班未获批准")
    for staff_id in (swap.giver_id, swap.taker_id):
        told = text % {"day": f"{swap.given.day:%m-%d}"}
        tell_staff(actor, org=org, text=told, subject=("roster", swap.given.period_id), staff_id=staff_id)
    return swap


@action("calendar_feed.make")
def make_feed(actor: Actor) -> str:
    """A new private address of one's shifts; the earlier one stops working. Gives the token, which is not kept."""
    staff = _me(actor)
    token = secrets.token_urlsafe(24)
    values = {"digest": digest(token), "made_at": moment.now()}
    feed, _made = CalendarFeed.objects.update_or_create(staff=staff, defaults=values)
    record(actor, "calendar.made", ("staff", feed.staff_id), org=staff.org, payload={})
    return token


@action("calendar_feed.revoke")
def revoke_feed(actor: Actor) -> None:
    """Stop one's private address; a repetition changes nothing."""
    staff = _me(actor)
    if CalendarFeed.objects.filter(staff=staff).delete()[0]:
        record(actor, "calendar.revoked", ("staff", staff.pk), org=staff.org, payload={})


def digest(token: str) -> str:
    """What is kept of a feed's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def offers_for(staff: Staff) -> list[SwapOffer]:
    """Open offers of colleagues on the rosters that somebody's unit belongs to, the soonest first."""
    rows = SwapOffer.objects.filter(state=SwapState.OPEN, given__period__org__in=staff.org.ancestor_ids())
    rows = rows.exclude(giver=staff).filter(given__day__gt=reading.today())
    return list(rows.select_related("given__shift", "giver").order_by("given__day"))


def _me(actor: Actor) -> Staff:
    staff = Staff.objects.select_related("org").filter(pk=actor.id).first() if actor.kind == "staff" else None
    if staff is None or not actor.can_somewhere(WORK):
        raise NotFound()
    return staff


def _locked(swap_id: int) -> SwapOffer:
    rows = SwapOffer.objects.select_for_update(of=("self", "given")).select_related(
        "given__period__org", "given__shift"
    )
    swap = rows.filter(pk=swap_id).first()
    if swap is None:
        raise NotFound()
    return swap


def _same_unit(swap: SwapOffer, staff: Staff) -> bool:
    return staff.org.path.startswith(swap.given.period.org.path)


def _check_taker(swap: SwapOffer, staff_id: int) -> None:
    given = swap.given
    Staff.objects.select_for_update(of=("self",), no_key=True).filter(pk=staff_id).first()
    if ShiftAssignment.objects.filter(staff=staff_id, day=given.day).exists():
        raise Conflict(_("接班的人那一天已有安排"), code="busy")
    work = reading.duty_of(given)
    broken = reading.broken_by(given.period, staff_id, {given.day: work})
    if broken:
        raise InvalidInput({"swap": [one.text for one in broken]})


def _tell(actor: Actor, kind: str, swap: SwapOffer, **more: bool) -> None:
    org = swap.given.period.org
    payload = {"day": swap.given.day, "giver_id": swap.giver_id, "taker_id": swap.taker_id, **more}
    record(actor, kind, swap, org=org, payload=payload, topics=[topic(org)])
