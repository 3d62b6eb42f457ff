"""Setting a working calendar: a new version from a day on; what was counted on the old one stays counted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.clocks.calendars import Pairs
from denghuo.core.clocks.models import WorkCalendar
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.moment import now as business_now
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime import windows_from_pairs
from denghuo.engine.worktime.calendar import DAY_NAMES

NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST_LABEL, LONGEST_SOURCE, MOST_EXCEPTIONS = 80, 300, 2000


@action("calendar.set")
def set_calendar(
    actor: Actor,
    name: str,
    *,
    org: OrgUnit | None,
    label: str,
    windows: Mapping[str, Sequence[Sequence[str]]],
    exceptions: Mapping[str, Sequence[Sequence[str]]],
    valid_from: dt.date,
    source: str,
) -> WorkCalendar:
    """Give ``org`` (None: the whole company) a version of calendar ``name`` from ``valid_from`` on.

    The version in force ends on that day. Clocks that have started keep counting on the version they started with; a
    version that is not in force yet is replaced. Raises NotAllowed (needs ``policy.approve``), InvalidInput (name,
    label, windows, exceptions, valid_from, source), Conflict when a version in force begins that day, or one is planned
    for later.
    """
    actor.require("policy.approve", org.path if org else ROOT_PATH)
    today = timezone.localdate(business_now())
    form = Form()
    if not NAME.fullmatch(name):
        form.wrong("name", _("代码用 2 到 40 个小写字母、数字或下划线，以字母开头，如 office"))
    label = form.text("label", label, longest=LONGEST_LABEL, required=True, lines=False)
    source = form.text("source", source, longest=LONGEST_SOURCE, required=True)
    if valid_from < today:
        form.wrong("valid_from", _("生效日期不能早于今天：已发生的计时不会被改写"))
    _check_week(form, windows)
    _check_exceptions(form, exceptions)
    form.finish()
    row = _place(name, org, valid_from, today)
    row.label, row.source = label, source
    row.windows = {day: [list(pair) for pair in windows[day]] for day in DAY_NAMES if windows.get(day)}
    row.exceptions = {date: [list(pair) for pair in exceptions[date]] for date in sorted(exceptions)}
    row.save()
    payload = {"code": name, "calendar_id": row.pk, "valid_from": valid_from.isoformat()}
    record(actor, "calendar.changed", ("calendar", row.pk), org=org, payload=payload)
    return row


def _place(name: str, org: OrgUnit | None, valid_from: dt.date, today: dt.date) -> WorkCalendar:
    """The row of the new version; what is in force ends where it begins."""
    same = WorkCalendar.objects.select_for_update(of=("self",)).filter(name=name, org=org)
    rows = list(same.order_by("valid_from"))
    if later := [row for row in rows if row.valid_from > valid_from]:
        raise Conflict(
            _("已有一个版本定于 %(date)s 生效，请改那一个版本，或选择更晚的日期") % {"date": later[0].valid_from},
            code="later_version",
        )
    for row in rows:
        if row.valid_from == valid_from:
            if valid_from > today:
                return row
            raise Conflict(_("今天生效的版本已被使用，请把新版本定在明天或以后"), code="in_force")
    for row in rows:
        if row.valid_to is None or row.valid_to > valid_from:
            row.valid_to = valid_from
            row.save(update_fields=["valid_to", "changed_at"])
    return WorkCalendar(name=name, org=org, valid_from=valid_from)


def _check_week(form: Form, windows: Mapping[str, Sequence[Sequence[str]]]) -> None:
    if set(windows) - set(DAY_NAMES):
        form.wrong("windows", _("每周工作时段只能按周一至周日填写"))
    if not any(windows.get(day) for day in DAY_NAMES):
        form.wrong("windows", _("一周里至少要有一个工作时段，否则时限永远走不完"))
    for day in DAY_NAMES:
        if fault := fault_of(windows.get(day, ())):
            form.wrong(day, fault)


def _check_exceptions(form: Form, exceptions: Mapping[str, Sequence[Sequence[str]]]) -> None:
    if len(exceptions) > MOST_EXCEPTIONS:
        form.wrong("exceptions", _("例外日期最多 %(most)s 个") % {"most": MOST_EXCEPTIONS})
    for date, pairs in exceptions.items():
        try:
            dt.date.fromisoformat(date)
        except ValueError:
            form.wrong("exceptions", _("“%(date)s”不是日期，请写成 2026-10-01") % {"date": date[:20]})
        if fault := fault_of(pairs):
            form.wrong("exceptions", f"{date[:20]}：{fault}")


def fault_of(pairs: Sequence[Sequence[str]]) -> str:
    """What is wrong with the windows of one day, in words; "" when nothing is."""
    try:
        windows_from_pairs(pairs)
    except ValueError:
        shown = "、".join("-".join(str(part) for part in pair) for pair in pairs)[:80]
        return _("“%(shown)s”有误：时段写成 08:30-12:00，同一天的时段不能重叠") % {"shown": shown}
    return ""


def shown_pairs(pairs: Pairs) -> str:
    """Windows as people write them: ``08:30-12:00 13:30-17:30``."""
    return " ".join(f"{start}-{end}" for start, end in pairs)
