"""Safety measures and work steps of an order: the lines by policy, and which of them the crew has ticked."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from denghuo.apps.field.choices import ChecklistPart
from denghuo.apps.field.materials import steps_for
from denghuo.apps.field.models import ChecklistTick, WorkOrder
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

#: which policy holds the lines of a part
KEYS = {ChecklistPart.SAFETY: "crew.safety_steps", ChecklistPart.STEPS: "crew.checklist"}
LONGEST = 200  # characters of a line that are kept


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list; ``at`` and ``by`` when it is ticked."""

    code: str
    text: str
    at: dt.datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One list of one visit."""

    part: str
    label: str
    visit: int
    lines: tuple[Line, ...]

    @property
    def done(self) -> int:
        return sum(line.at is not None for line in self.lines)

    @property
    def total(self) -> int:
        return len(self.lines)

    @property
    def complete(self) -> bool:
        return self.done == self.total


def code_of(text: str) -> str:
    """The name of a line that phones send: it stays true when lines are put in another order."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def lines_of(order: WorkOrder, part: str) -> list[Line]:
    """The lines that hold for an order's class of fault."""
    found = steps_for(KEYS[ChecklistPart(part)], order.request.fault_class or "", order.org)
    return [Line(code_of(text), text) for text in found]


def known_line(org: OrgUnit, part: str, code: str, moments: Iterable[dt.datetime]) -> str | None:
    """The text behind ``code`` in any class's list at any of ``moments``; None when there was never such a line.

    A phone may show the list of an hour ago, or that of the class the order had before it was classified anew.
    """
    for at in moments:
        by_class: dict[str, list[str]] = policies.get(KEYS[ChecklistPart(part)], org, at)
        for texts in by_class.values():
            for text in texts:
                if code_of(text) == code:
                    return text
    return None


def checks_of(order: WorkOrder) -> list[Check]:
    """Both lists of every visit that has ticks, and of the present one; newest visit first. One query, by the index of
    ``field_tick_once``."""
    ticked: dict[tuple[int, str], dict[str, ChecklistTick]] = defaultdict(dict)
    for tick in ChecklistTick.objects.filter(order=order).select_related("staff").order_by("at", "pk"):
        ticked[tick.visit, tick.part][tick.code] = tick
    visits = sorted({order.visit, *(visit for visit, _part in ticked)}, reverse=True)
    found = [_check(order, visit, part, ticked[visit, part.value]) for visit in visits for part in ChecklistPart]
    return [check for check in found if check.lines]


def safety_count(order: WorkOrder) -> tuple[int, int]:
    """How many safety measures of the present visit are ticked, and how many there are."""
    wanted = {line.code for line in lines_of(order, ChecklistPart.SAFETY)}
    rows = ChecklistTick.objects.filter(order=order, visit=order.visit, part=ChecklistPart.SAFETY)
    return len(wanted & set(rows.values_list("code", flat=True))), len(wanted)


def _check(order: WorkOrder, visit: int, part: ChecklistPart, ticked: dict[str, ChecklistTick]) -> Check:
    """The lines of today with their ticks; ticked lines that the policy no longer has come after them."""
    lines = [line for line in lines_of(order, part) if visit == order.visit or line.code in ticked]
    codes = {line.code for line in lines}
    lines += [Line(tick.code, tick.text) for tick in ticked.values() if tick.code not in codes]
    return Check(part.value, str(part.label), visit, tuple(_told(line, ticked.get(line.code)) for line in lines))


def _told(line: Line, tick: ChecklistTick | None) -> Line:
    if tick is None:
        return line
    return Line(line.code, tick.text, tick.at, tick.staff.display_name if tick.staff else "")
