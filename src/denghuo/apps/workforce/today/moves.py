"""Every change of the running day: a look ahead kept, a move applied, declined, undone, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.contacts.actions import set_profile
from denghuo.apps.contacts.models import AgentProfile
from denghuo.apps.workforce.demand.actions import topic
from denghuo.apps.workforce.demand.reading import VIEW
from denghuo.apps.workforce.rosters import actions as rosters
from denghuo.apps.workforce.rosters.models import DayKind, RosterPeriod, ShiftAssignment, ShiftType
from denghuo.apps.workforce.today.candidates import longer
from denghuo.apps.workforce.today.models import Move, MoveKind, MovePerson, MoveState, Outlook
from denghuo.apps.workforce.today.projecting import Candidate
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

ACT = "workforce.act"


@action("outlook.keep")
def keep_outlook(
    actor: Actor, unit: OrgUnit, *, day: dt.date, at: dt.datetime, result: dict[str, Any],
    moves: Sequence[tuple[Candidate, dict[str, Any]]] = (),
) -> Outlook:  # fmt: skip
    """Keep a look ahead with the moves it recommends; what an earlier one recommended and nobody decided on lapses.

    Raises NotAllowed.
    """
    actor.require(ACT, unit.path)
    row = Outlook.objects.create(org=unit, day=day, at=at, result=result)
    Move.objects.filter(org=unit, state=MoveState.PROPOSED).update(state=MoveState.LAPSED)
    for one, effect in moves:
        starts, ends = min(who.starts for who in one.people), max(who.ends for who in one.people)
        move = Move.objects.create(
            org=unit, outlook=row, day=day, kind=one.kind, starts=starts, ends=ends, effect=effect, made_at=at,
            detail=one.detail | {"minutes": one.minutes},
        )  # fmt: skip
        MovePerson.objects.bulk_create(
            MovePerson(move=move, staff=who.line.staff, starts=who.starts, ends=who.ends) for who in one.people
        )
    level = result["level"][0] if result.get("level") else None
    record(
        actor, "outlook.made", row, org=unit, topics=[topic(unit)],
        payload={"day": day, "level": level, "moves": len(moves)},
    )  # fmt: skip
    return row


@action("move.apply")
def apply_move(actor: Actor, move_id: int, *, reason: str = "", exception: str = "") -> Move:
    """Do what was recommended: the roster days are changed, or places by channel, and everybody is told.

    The limits of working time are checked again; ``exception`` says which emergency sets them aside (labour law, art. 42).
    Raises NotFound, NotAllowed, Conflict ``decided``, ``past``, ``changed``, ``locked``, InvalidInput (``shift``: rules broken).
    """
    move = _locked(actor, move_id)
    form = Form()
    reason = form.text("reason", reason, longest=200, lines=False)
    form.finish()
    if move.state != MoveState.PROPOSED:
        raise Conflict(_("这条建议已经处理过，请看最新的建议"), code="decided")
    if move.ends <= moment.now():
        raise Conflict(_("这条建议的时间已过，请重新推算"), code="past")
    people = list(move.people.select_related("staff__org").order_by("staff_id"))
    for one in people:
        if move.kind == MoveKind.SHIFT_CHANNEL:
            _keep_for(one, str(move.detail["channel"]))
        else:
            _change_day(actor, move, one, exception)
        tell_staff(
            actor, org=move.org, text=_words(move, one), subject=("move", move.pk), staff_id=one.staff_id
        )  # fmt: skip
    return _decide(actor, move, MoveState.APPLIED, "move.applied", reason, len(people))


@action("move.decline")
def decline_move(actor: Actor, move_id: int, *, reason: str = "") -> Move:
    """Leave a recommendation aside. Raises NotFound, NotAllowed, InvalidInput (``reason``), Conflict ``decided``."""
    move = _locked(actor, move_id)
    form = Form()
    reason = form.text("reason", reason, longest=200, lines=False)
    form.finish()
    if move.state != MoveState.PROPOSED:
        raise Conflict(_("这条建议已经处理过，请看最新的建议"), code="decided")
    return _decide(actor, move, MoveState.DECLINED, "move.declined", reason, move.people.count())


@action("move.undo")
def undo_move(actor: Actor, move_id: int, *, reason: str = "") -> Move:
    """Take an applied move back before it is over: days and places are again as before, everybody is told.

    Raises NotFound, NotAllowed, Conflict ``not_applied``, ``past``, ``changed``, ``locked``, InvalidInput (``shift``).
    """
    move = _locked(actor, move_id)
    if move.state != MoveState.APPLIED:
        raise Conflict(_("这条调整没有在执行，不能撤销"), code="not_applied")
    if move.ends <= moment.now():
        raise Conflict(_("这条调整已经到时，不能撤销"), code="past")
    people = list(move.people.select_related("staff__org", "before_shift", "after_shift").order_by("staff_id"))
    for one in people:
        if move.kind == MoveKind.SHIFT_CHANNEL:
            _give_back(one)
        else:
            _restore_day(actor, move, one)
        text = _("今天的日内调整已撤销，恢复原来的安排，请到“我的班次”查看")
        tell_staff(actor, org=move.org, text=text, subject=("move", move.pk), staff_id=one.staff_id)
    return _decide(actor, move, MoveState.UNDONE, "move.undone", reason[:200], len(people))


@action("move.end")
def end_channel_move(actor: Actor, move_id: int) -> Move:
    """Give people kept for one channel their places back when the time is over; a repetition changes nothing."""
    move = _locked(actor, move_id)
    if move.kind != MoveKind.SHIFT_CHANNEL or move.state != MoveState.APPLIED or move.detail.get("over"):
        return move
    people = list(move.people.select_related("staff__org"))
    for one in people:
        _give_back(one)
    move.detail = move.detail | {"over": True}
    move.save(update_fields=["detail"])
    record(actor, "move.ended", move, org=move.org, payload=_payload(move, len(people)), topics=[topic(move.org)])
    return move


def channel_moves_over() -> list[int]:
    """Applied moves between channels whose time has passed; a handful a day (index ``workforce_move_day``)."""
    rows = Move.objects.filter(kind=MoveKind.SHIFT_CHANNEL, state=MoveState.APPLIED, ends__lte=moment.now())
    return list(rows.filter(detail__over__isnull=True).values_list("pk", flat=True))


def _locked(actor: Actor, move_id: int) -> Move:
    move = Move.objects.select_related("org").select_for_update(of=("self",)).filter(pk=move_id).first()
    if move is None or not actor.can(VIEW, move.org.path):
        raise NotFound()
    actor.require(ACT, move.org.path)
    return move


def _decide(actor: Actor, move: Move, state: MoveState, kind: str, reason: str, people: int) -> Move:
    move.state, move.reason, move.decided_at = state, reason or move.reason, moment.now()
    move.decided_by_id = actor.id if actor.kind == "staff" else None
    move.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    record(actor, kind, move, org=move.org, payload=_payload(move, people), topics=[topic(move.org)])
    return move


def _payload(move: Move, people: int) -> dict[str, Any]:
    return {
        "move_kind": str(move.kind), "day": move.day, "people": people, "starts": move.starts, "ends": move.ends,
    }  # fmt: skip


def _row_of(move: Move, one: MovePerson) -> ShiftAssignment:
    """The person's roster day that the move changes: it may have begun the evening before."""
    rows = ShiftAssignment.objects.select_for_update(of=("self",)).select_related("shift", "period__org")
    days = (move.day, move.day - dt.timedelta(days=1))
    for row in rows.filter(staff=one.staff_id, day__in=days, shift__isnull=False).order_by("-day"):
        begin = timezone.make_aware(dt.datetime.combine(row.day, row.shift.start))  # type: ignore[union-attr]
        if begin <= one.starts <= begin + dt.timedelta(minutes=row.shift.minutes):  # type: ignore[union-attr]
            return row
    raise _changed(one.staff)


def _changed(staff: Staff) -> Conflict:
    text = _("%(name)s的排班已与建议时不同，请重新推算") % {"name": staff.display_name}
    return Conflict(text, code="changed")


def _change_day(actor: Actor, move: Move, one: MovePerson, exception: str) -> None:
    row = _row_of(move, one)
    assert row.shift is not None
    expected = {MoveKind.CALL_IN: DayKind.STANDBY, MoveKind.RECALL: DayKind.TRAINING}
    if row.kind != expected.get(MoveKind(move.kind), DayKind.WORK):
        raise _changed(one.staff)
    if move.kind == MoveKind.EXTEND and not _ends_at(row, one.starts):
        raise _changed(one.staff)
    if move.kind == MoveKind.RELEASE and not _ends_at(row, one.ends):
        raise _changed(one.staff)
    one.before_kind, one.before_shift = row.kind, row.shift
    one.after_shift = _set(actor, row.period, one, row.day, _shift_for(move, one, row.shift), exception)
    one.save(update_fields=["before_kind", "before_shift", "after_shift"])


def _ends_at(row: ShiftAssignment, at: dt.datetime) -> bool:
    assert row.shift is not None
    begin = timezone.make_aware(dt.datetime.combine(row.day, row.shift.start))
    return begin + dt.timedelta(minutes=row.shift.minutes) == at


def _shift_for(move: Move, one: MovePerson, shift: ShiftType) -> ShiftType:
    """The shift as the move makes it; a shift of the library itself when only the kind of day changes."""
    minutes = int((one.ends - one.starts).total_seconds() // 60)
    if move.kind == MoveKind.EXTEND:
        return longer(shift, minutes)
    return longer(shift, -minutes) if move.kind == MoveKind.RELEASE else shift


def _set(
    actor: Actor, period: RosterPeriod, one: MovePerson, day: dt.date, wanted: ShiftType, exception: str
) -> ShiftType:
    """Write the roster day by the roster's own action, with all its checks. A changed shift is put into the library for it
    and taken out at once: the roster keeps it, planners never see it among those to choose from."""
    current = wanted if wanted.pk and wanted.retired_at is None else None
    if current is None:
        base = wanted.code.split("~")[0]
        current = rosters.save_shift(
            actor, period.org, code=f"{base[:3]}~{wanted.minutes}", name=wanted.name, start=wanted.start,
            minutes=wanted.minutes, breaks=wanted.breaks,
        )  # fmt: skip
    try:
        rosters.set_day(
            actor,
            period.pk,
            staff_id=one.staff_id,
            day=day,
            kind=DayKind.WORK,
            shift_id=current.pk,
            exception=exception,
        )
    except InvalidInput as error:
        named = {name: [f"{one.staff.display_name}：{text}" for text in texts] for name, texts in error.fields.items()}
        raise InvalidInput(named) from error
    if current is not wanted:
        rosters.retire_shift(actor, current.pk)
    return current


def _restore_day(actor: Actor, move: Move, one: MovePerson) -> None:
    row = _row_of_after(one, move)
    assert one.before_shift is not None
    if one.before_kind == DayKind.WORK:
        _set(actor, row.period, one, row.day, one.before_shift, "")
        return
    # Standby and training take the shift they had, which may have left the library since.
    row.kind, row.shift = one.before_kind, one.before_shift
    row.save(update_fields=["kind", "shift"])
    payload = {"staff_id": one.staff_id, "day": row.day, "shift_kind": row.kind, "shift_id": row.shift_id}
    org = row.period.org
    record(actor, "roster.day_set", row.period, org=org, payload=payload, topics=[rosters.topic(org)])


def _row_of_after(one: MovePerson, move: Move) -> ShiftAssignment:
    rows = ShiftAssignment.objects.select_for_update(of=("self",)).select_related("period__org", "shift")
    days = (move.day, move.day - dt.timedelta(days=1))
    row = rows.filter(staff=one.staff_id, day__in=days, shift=one.after_shift_id).order_by("-day").first()
    if row is None:
        raise _changed(one.staff)
    return row


def _keep_for(one: MovePerson, channel: str) -> None:
    """Take the places of the other class that is answered on the spot away, until the move ends."""
    profile = AgentProfile.objects.select_for_update().filter(staff=one.staff_id).first()
    before = dict(profile.capacity) if profile else {}
    other = "chat" if channel == "voice" else "voice"
    set_profile(
        Actor.system("workforce.moves"), one.staff_id, capacity=before | {other: 0},
        echelon=profile.echelon if profile else 0, home_seat_id=profile.home_seat_id if profile else None,
    )  # fmt: skip
    one.capacity = before
    one.save(update_fields=["capacity"])


def _give_back(one: MovePerson) -> None:
    profile = AgentProfile.objects.select_for_update().filter(staff=one.staff_id).first()
    set_profile(
        Actor.system("workforce.moves"), one.staff_id, capacity=one.capacity or {},
        echelon=profile.echelon if profile else 0, home_seat_id=profile.home_seat_id if profile else None,
    )  # fmt: skip


def _words(move: Move, one: MovePerson) -> str:
    """What the person is told."""
    told = {"from": f"{timezone.localtime(one.starts):%H:%M}", "to": f"{timezone.localtime(one.ends):%H:%M}"}
    texts = {
        MoveKind.EXTEND: _("请今天延班到 %(to)s，加班计入工时"), MoveKind.CALL_IN: _("请今天 %(from)s 到岗，备班启用到 %(to)s"),
        MoveKind.RECALL: _("今天 %(from)s 起的培训改为上班，到 %(to)s"), MoveKind.RELEASE: _("今天可在 %(from)s 提前下班"),
    }  # fmt: skip
    if move.kind == MoveKind.SHIFT_CHANNEL:
        only = _("电话") if move.detail["channel"] == "voice" else _("在线会话")
        return _("今天到 %(to)s 请只接%(only)s") % (told | {"only": only})
    return texts[MoveKind(move.kind)] % told
