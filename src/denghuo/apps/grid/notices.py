"""By when outage information must be given, and whether it was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from denghuo.apps.grid.choices import ACCOUNT_KINDS, NoticeRule, OutageKind
from denghuo.apps.grid.models import Outage, OutageNotice
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit and what it is counted from; ``due_at`` None when no rule sets one."""

    due_at: dt.datetime | None
    rule: str = ""  # the policy it comes from

    def met(self, at: dt.datetime) -> bool | None:
        """Whether ``at`` is in time; the limit itself still is."""
        return None if self.due_at is None else at <= self.due_at


def publish_deadline(
    kind: str, unit: OrgUnit | None, start: dt.datetime, confirmed: dt.datetime | None, at: dt.datetime
) -> Deadline:
    """The latest moment to release an outage, by the values in force at ``at``.

    Planned and temporary works: so many hours before the start (``outage.notice_hours``). Faults: so many minutes after the
    fault point was confirmed (``outage.fault_publish_minutes``); not judged while nobody has confirmed it. Cuts for arrears,
    theft and breach: so many minutes before the start (``outage.own_cut_notice_minutes``). No rule for other kinds.
    """
    if kind == OutageKind.FAULT:
        if confirmed is None:
            return Deadline(None)
        minutes = policies.get("outage.fault_publish_minutes", unit, at)
        return Deadline(confirmed + dt.timedelta(minutes=minutes), "outage.fault_publish_minutes")
    if kind in ACCOUNT_KINDS:
        before = policies.get("outage.own_cut_notice_minutes", unit, at).get(kind)
        return Deadline(
            None if before is None else start - dt.timedelta(minutes=before), "outage.own_cut_notice_minutes"
        )
    hours = policies.get("outage.notice_hours", unit, at).get(kind)
    return Deadline(None if hours is None else start - dt.timedelta(hours=hours), "outage.notice_hours")


def restore_deadline(unit: OrgUnit | None, restored: dt.datetime) -> Deadline:
    """By when a restoration must be entered (``outage.restore_tell_minutes`` after it)."""
    return _after("outage.restore_tell_minutes", unit, restored)


def change_deadline(unit: OrgUnit | None, known: dt.datetime) -> Deadline:
    """By when a change must be entered (``outage.change_tell_minutes`` after it became known)."""
    return _after("outage.change_tell_minutes", unit, known)


def _after(key: str, unit: OrgUnit | None, moment: dt.datetime) -> Deadline:
    return Deadline(moment + dt.timedelta(minutes=policies.get(key, unit, moment)), key)


def note(outage: Outage, rule: NoticeRule, deadline: Deadline, done_at: dt.datetime) -> bool | None:
    """Keep when something was due and when it was done; gives whether in time."""
    met = deadline.met(done_at)
    OutageNotice.objects.create(outage=outage, rule=rule, due_at=deadline.due_at, done_at=done_at, met=met)
    return met
