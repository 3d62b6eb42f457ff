"""Every change a planner makes: shift library, periods, days, needs, publishing."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.workforce.rosters import reading, rules
from denghuo.apps.workforce.rosters.models import (
    Acknowledgement,
    DayKind,
    HoursSystem,
    NightLimit,
    PeriodState,
    RosterPeriod,
    ShiftAssignment,
    ShiftNeed,
    ShiftType,
    Wish,
    WishState,
)
from denghuo.apps.workforce.rosters.reading import APPROVE, PLAN
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

LONGEST_SHIFT = 16 * 60


def topic(org: OrgUnit) -> str:
    """What pages of a unit's roster listen to."""
    return f"roster:{org.path}"


@action("shift_type.save")
def save_shift(
    actor: Actor, org: OrgUnit, *, code: str, name: str, start: dt.time, minutes: int,
    breaks: Sequence[dict[str, Any]] = (),
) -> ShiftType:  # fmt: skip
    """Put a shift into a unit's library; one of the same code there is succeeded, rosters made with it keep the old one.

    Raises NotAllowed, InvalidInput (``code``, ``name``, ``minutes``, ``breaks``).
    """
    actor.require(PLAN, org.path)
    form = Form()
    code = form.text("code", code, longest=8, required=True, lines=False)
    name = form.text("name", name, longest=20, required=True, lines=False)
    if not 60 <= minutes <= LONGEST_SHIFT:
        form.wrong("minutes", _("班次时长须在 1 到 16 小时之间，请检查起止时刻"))
    kept = [{"at": int(one["at"]), "minutes": int(one["minutes"]), "paid": bool(one["paid"])} for one in breaks]
    if any(one["at"] < 0 or one["minutes"] <= 0 or one["at"] + one["minutes"] > minutes for one in kept):
        form.wrong("breaks", _("休息须落在班次之内，请检查开始与时长"))
    form.finish()
    before = ShiftType.objects.select_for_update().filter(org=org, code=code).order_by("-version").first()
    now = moment.now()
    if before is not None and before.retired_at is None:
        before.retired_at = now
        before.save(update_fields=["retired_at"])
    night = rules.night_minutes(start, minutes) >= int(policies.get("workforce.roster.night_minutes", org))
    row = ShiftType.objects.create(
        org=org, code=code, name=name, start=start, minutes=minutes, breaks=kept, night=night,
        version=before.version + 1 if before else 1,
    )  # fmt: skip
    record(actor, "shift.saved", row, org=org, payload={"code": code, "version": row.version})
    return row


@action("shift_type.retire")
def retire_shift(actor: Actor, shift_id: int) -> ShiftType:
    """Take a shift out of the library; rosters keep it. Raises NotFound, NotAllowed, Conflict ``already_retired``."""
    row = ShiftType.objects.select_for_update(of=("self",)).select_related("org").filter(pk=shift_id).first()
    if row is None or not actor.can(reading.VIEW, row.org.path):
        raise NotFound()
    actor.require(PLAN, row.org.path)
    if row.retired_at is not None:
        raise Conflict(_("这个班次已经停用"), code="already_retired")
    row.retired_at = moment.now()
    row.save(update_fields=["retired_at"])
    record(actor, "shift.retired", row, org=row.org, payload={"code": row.code})
    return row


@action("roster.make")
def make_period(actor: Actor, org: OrgUnit, *, month: dt.date, hours: str = HoursSystem.STANDARD) -> RosterPeriod:
    """Open the roster of a unit for the month of ``month``. Raises NotAllowed, InvalidInput, Conflict ``already_made``."""
    actor.require(PLAN, org.path)
    form = Form()
    hours = form.choice("hours", hours, HoursSystem.values)
    form.finish()
    first = month.replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    period, made = RosterPeriod.objects.get_or_create(
        org=org, first=first, defaults={"last": last, "hours": hours, "made_at": moment.now(), "made_by_id": actor.id}
    )
    if not made:
        raise Conflict(_("这个月的排班表已经有了，请直接打开"), code="already_made")
    record(actor, "roster.made", period, org=org, payload={"first": first, "last": last}, topics=[topic(org)])
    return period


@action("roster.set_day")
def set_day(
    actor: Actor, period_id: int, *, staff_id: int, day: dt.date, kind: str = DayKind.WORK, shift_id: int | None = None,
    exception: str = "",
) -> ShiftAssignment:  # fmt: skip
    """Plan somebody's day, in place of what was planned. A plan that would break a limit of working time is refused,
    unless ``exception`` says which emergency demands it (labour law, art. 42); that is kept and recorded.

    Raises NotFound, NotAllowed, InvalidInput (``staff``, ``day``, ``kind``, ``shift``), Conflict ``locked``, ``closed``.
    """
    period = _open_period(actor, period_id)
    form = Form()
    kind = form.choice("kind", kind, DayKind.values)
    exception = form.text("exception", exception, longest=200, lines=False)
    if not period.first <= day <= period.last:
        form.wrong("day", _("日期须在本排班表的月份之内"))
    if not _may_be_rostered(period, staff_id):
        form.wrong("staff", _("此人不在本单位的排班人员之中，请另选"))
    shift = next((one for one in reading.shifts_for(period.org) if one.pk == shift_id), None)
    if kind in DayKind.values and kind != DayKind.LEAVE and shift is None:
        form.wrong("shift", _("请从班次库中选择一个班次"))
    form.finish()
    shift = None if kind == DayKind.LEAVE else shift
    before = _locked_row(period, staff_id, day)
    work = reading.duty(day, shift) if shift is not None and kind in reading.ON_DUTY else None
    broken = reading.broken_by(period, staff_id, {day: work})
    if broken and not exception:
        for text in dict.fromkeys(one.text for one in broken):
            form.wrong("shift", text)
        form.finish()
    values = {"period": period, "kind": kind, "shift": shift, "exception": exception if broken else ""}
    row, _made = ShiftAssignment.objects.update_or_create(staff_id=staff_id, day=day, defaults=values)
    payload = {"staff_id": staff_id, "day": day, "shift_kind": kind, "shift_id": shift.pk if shift else None}
    record(actor, "roster.day_set", period, org=period.org, payload=payload, topics=[topic(period.org)])
    if broken:
        told = {"staff_id": staff_id, "day": day, "rules": " ".join(sorted({one.rule for one in broken}))}
        record(actor, "roster.exception_made", period, org=period.org, payload=told)
    if period.state == PeriodState.PUBLISHED and (
        before is None or (before.shift_id, before.kind) != (row.shift_id, kind)
    ):
        _tell_change(actor, period, staff_id, day)
    return row


@action("roster.clear_day")
def clear_day(actor: Actor, period_id: int, *, staff_id: int, day: dt.date) -> None:
    """Give somebody the day off. Raises NotFound, NotAllowed, Conflict ``locked``, ``closed``."""
    period = _open_period(actor, period_id)
    row = _locked_row(period, staff_id, day)
    if row is None:
        raise NotFound()
    payload = {"staff_id": staff_id, "day": day, "shift_kind": row.kind, "shift_id": row.shift_id}
    row.delete()
    record(actor, "roster.day_cleared", period, org=period.org, payload=payload, topics=[topic(period.org)])
    if period.state == PeriodState.PUBLISHED:
        _tell_change(actor, period, staff_id, day)


@action("roster.move_day")
def move_day(
    actor: Actor, period_id: int, *, staff_id: int, day: dt.date, to_staff_id: int, to_day: dt.date
) -> ShiftAssignment:
    """Move a planned day to another person or date that is free. Raises as :func:`set_day`, Conflict ``taken``."""
    period = _open_period(actor, period_id)
    row = _locked_row(period, staff_id, day)
    if row is None:
        raise NotFound()
    if ShiftAssignment.objects.filter(staff=to_staff_id, day=to_day).exists():
        raise Conflict(_("那一天已有安排，请先取消或换一天"), code="taken")
    kind, shift_id = row.kind, row.shift_id
    clear_day(actor, period_id, staff_id=staff_id, day=day)
    return set_day(actor, period_id, staff_id=to_staff_id, day=to_day, kind=kind, shift_id=shift_id)


@action("roster.lock_day")
def lock_day(actor: Actor, period_id: int, *, staff_id: int, day: dt.date, locked: bool) -> ShiftAssignment:
    """Keep a day as it is, or let it go again. Raises NotFound, NotAllowed, Conflict ``closed``."""
    period = _open_period(actor, period_id)
    row = ShiftAssignment.objects.select_for_update().filter(period=period, staff=staff_id, day=day).first()
    if row is None:
        raise NotFound()
    row.locked = locked
    row.save(update_fields=["locked"])
    payload = {"staff_id": staff_id, "day": day, "locked": locked}
    record(actor, "roster.day_locked", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return row


@action("roster.set_need")
def set_need(actor: Actor, period_id: int, *, day: dt.date, shift_id: int, heads: int) -> None:
    """Say how many people a shift of a day needs; 0 takes it back. Raises NotFound, NotAllowed, InvalidInput."""
    period = _open_period(actor, period_id)
    form = Form()
    if not period.first <= day <= period.last:
        form.wrong("day", _("日期须在本排班表的月份之内"))
    if not 0 <= heads <= 999:
        form.wrong("heads", _("人数须在 0 到 999 之间"))
    if not any(one.pk == shift_id for one in reading.shifts_for(period.org)):
        form.wrong("shift", _("请从班次库中选择一个班次"))
    form.finish()
    if heads:
        ShiftNeed.objects.update_or_create(period=period, day=day, shift_id=shift_id, defaults={"heads": heads})
    else:
        ShiftNeed.objects.filter(period=period, day=day, shift_id=shift_id).delete()
    payload = {"day": day, "shift_id": shift_id, "heads": heads}
    record(actor, "roster.need_set", period, org=period.org, payload=payload, topics=[topic(period.org)])


@action("roster.limit_nights")
def limit_nights(actor: Actor, period_id: int, *, staff_id: int, until: dt.date) -> NightLimit:
    """Somebody works no nights and no overtime until a day; why is not kept. Raises NotFound, NotAllowed, InvalidInput."""
    period = _open_period(actor, period_id)
    form = Form()
    if not _may_be_rostered(period, staff_id):
        form.wrong("staff", _("此人不在本单位的排班人员之中，请另选"))
    form.finish()
    row, _made = NightLimit.objects.update_or_create(staff_id=staff_id, defaults={"until": until})
    payload = {"staff_id": staff_id, "until": until}
    record(actor, "roster.night_limited", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return row


@action("roster.publish")
def publish(actor: Actor, period_id: int) -> RosterPeriod:
    """Publish a roster: everybody on it is told and asked to acknowledge, wishes of its days are settled.

    Raises NotFound, NotAllowed, Conflict ``not_draft``, ``empty``.
    """
    reading.need_period(actor, period_id, APPROVE)
    period = RosterPeriod.objects.select_related("org").select_for_update(of=("self",)).get(pk=period_id)
    if period.state != PeriodState.DRAFT:
        raise Conflict(_("这张排班表已经发布"), code="not_draft")
    people = sorted(set(period.days.values_list("staff_id", flat=True)))
    if not people:
        raise Conflict(_("还没有安排任何班次，不能发布"), code="empty")
    period.state, period.published_at = PeriodState.PUBLISHED, moment.now()
    period.save(update_fields=["state", "published_at"])
    _settle_wishes(period, people)
    text = _("%(month)s的排班已发布，请到“我的班次”查看并确认") % {"month": f"{period.first:%Y-%m}"}
    for staff_id in people:
        tell_staff(actor, org=period.org, text=text, subject=("roster", period.pk), staff_id=staff_id)
    payload = {"first": period.first, "people": len(people)}
    record(actor, "roster.published", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return period


def _settle_wishes(period: RosterPeriod, people: Sequence[int]) -> None:
    wishes = Wish.objects.filter(
        staff__in=people, day__gte=period.first, day__lte=period.last, state=WishState.OPEN
    ).select_for_update()
    planned = {(row.staff_id, row.day): row for row in period.days.all()}
    for wish in wishes:
        row = planned.get((wish.staff_id, wish.day))
        off = row is None or row.kind == DayKind.LEAVE
        met = off if wish.shift_id is None else (row is not None and row.shift_id == wish.shift_id)
        wish.state = WishState.MET if met else WishState.MISSED
        wish.save(update_fields=["state"])


def _open_period(actor: Actor, period_id: int) -> RosterPeriod:
    period = reading.need_period(actor, period_id, PLAN)
    if period.state == PeriodState.CLOSED:
        raise Conflict(_("这张排班表已经结束，不能再改"), code="closed")
    return period


def _may_be_rostered(period: RosterPeriod, staff_id: int) -> bool:
    return any(one.pk == staff_id for one in reading.people_of(period.org))


def _locked_row(period: RosterPeriod, staff_id: int, day: dt.date) -> ShiftAssignment | None:
    """The day as planned, held for a change. The person's row is locked first: rules span days."""
    Staff.objects.select_for_update(of=("self",), no_key=True).filter(pk=staff_id).first()
    row = ShiftAssignment.objects.filter(staff=staff_id, day=day).first()
    if row is not None and row.period_id != period.pk:
        raise Conflict(_("这一天在另一个单位的排班表上已有安排"), code="taken")
    if row is not None and row.locked:
        raise Conflict(_("这一天已锁定，请先解锁"), code="locked")
    return row


def _tell_change(actor: Actor, period: RosterPeriod, staff_id: int, day: dt.date) -> None:
    """A changed roster has to be acknowledged again."""
    Acknowledgement.objects.filter(period=period, staff=staff_id).delete()
    text = _("您 %(day)s 的排班有变动，请到“我的班次”查看并确认") % {"day": f"{day:%m-%d}"}
    tell_staff(actor, org=period.org, text=text, subject=("roster", period.pk), staff_id=staff_id)
