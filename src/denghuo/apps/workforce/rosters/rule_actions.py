"""Local rules: saving and retiring. A rule is never changed; its successor is saved and it is retired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.workforce.rosters import reading
from denghuo.apps.workforce.rosters.actions import topic
from denghuo.apps.workforce.rosters.making import MAKE
from denghuo.apps.workforce.rosters.rule_kinds import (
    ANY_WORD,
    COUNT,
    DATE,
    DUTY_WORD,
    KINDS,
    OFF_WORD,
    ORDER,
    PATTERN,
    PER,
    PERS,
    PERSON,
    SHIFT_OR_OFF,
    SHIFTS,
    TEAM,
    WEEKDAY_LIST,
    Parameter,
)
from denghuo.apps.workforce.rosters.solution_models import RuleChoice
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

HEAVIEST = 10_000.0  # a rule that matters more should be hard
LONGEST_PATTERN = 62


@action("roster_rule.save")
def save_rule(
    actor: Actor, org: OrgUnit, *, kind: str, parameters: Mapping[str, Any], active_from: dt.date,
    active_to: dt.date | None = None, weight: float | None = None, people: Sequence[int] = (),
) -> RuleChoice:  # fmt: skip
    """Add a rule. ``weight`` None: hard; ``people`` empty: everybody.

    Raises NotAllowed, InvalidInput (``kind``, ``weight``, ``people``, ``active_to`` and the names of the kind's parameters).
    """
    actor.require(MAKE, org.path)
    form = Form()
    form.choice("kind", kind, list(KINDS))
    form.finish()
    chosen = KINDS[kind]
    if weight is None and not chosen.hard:
        form.wrong("weight", _("这种规则只能按权重尽量满足，请填写权重"))
    if weight is not None and not chosen.soft:
        form.wrong("weight", _("这种规则必须遵守，请不要填写权重"))
    if weight is not None and not 0 < weight <= HEAVIEST:
        form.wrong("weight", _("权重须大于 0，且不超过 10000"))
    if active_to is not None and active_to < active_from:
        form.wrong("active_to", _("停用日期须不早于启用日期"))
    known = {one.pk for one in reading.people_of(org)}
    if set(people) - known or (people and not chosen.people):
        form.wrong("people", _("请从本单位的排班人员中选择"))
    kept = cleaned(form, kind, parameters, {one.code for one in reading.shifts_for(org)}, known)
    form.finish()
    row = RuleChoice.objects.create(
        org=org, kind=kind, parameters=kept, weight=weight, people=sorted(set(people)), active_from=active_from,
        active_to=active_to, made_at=moment.now(), made_by_id=actor.id,
    )  # fmt: skip
    record(actor, "roster.rule_saved", row, org=org, payload={"rule": kind}, topics=[topic(org)])
    return row


@action("roster_rule.retire")
def retire_rule(actor: Actor, rule_id: int) -> RuleChoice:
    """Let a rule no longer hold. Raises NotFound, NotAllowed, Conflict ``already_retired``."""
    row = RuleChoice.objects.select_for_update(of=("self",)).select_related("org").filter(pk=rule_id).first()
    if row is None or not actor.can(reading.VIEW, row.org.path):
        raise NotFound()
    actor.require(MAKE, row.org.path)
    if row.retired_at is not None:
        raise Conflict(_("这条规则已经停用"), code="already_retired")
    row.retired_at = moment.now()
    row.save(update_fields=["retired_at"])
    record(actor, "roster.rule_retired", row, org=row.org, payload={"rule": row.kind}, topics=[topic(row.org)])
    return row


def cleaned(
    form: Form, kind: str, given: Mapping[str, Any], shifts: set[str], people: set[int]
) -> dict[str, Any]:  # fmt: skip
    """The parameters of a kind as JSON keeps them; faults go into ``form`` under the parameters' names."""
    kept: dict[str, Any] = {}
    for one in KINDS[kind].parameters:
        value = given.get(one.name)
        if value in (None, [], ()) or (value == "" and one.type != SHIFT_OR_OFF):
            if one.required:
                form.wrong(one.name, _("此项必填，请补充"))
            continue
        if (text := _CHECKS[one.type](one, value, shifts, people)) is not None:
            form.wrong(one.name, text)
        else:
            kept[one.name] = value.isoformat() if isinstance(value, dt.date) else value
    least, most = kept.get("least"), kept.get("most")
    if least is not None and most is not None and most < least:
        form.wrong("most", _("至多须不小于至少"))
    if kind == "pair_with_mentor" and kept and kept.get("newcomer") == kept.get("mentor"):
        form.wrong("mentor", _("新人与师傅须是两个人"))
    return kept


def _shifts(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    if isinstance(value, list) and set(value) <= shifts:
        return None
    return _("请从班次库中选择班次")


def _shift_or_off(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    return None if value == "" or value in shifts else _("请从班次库中选择班次")


def _order(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    if isinstance(value, list) and len(value) > 1 and set(value) <= shifts and len(set(value)) == len(value):
        return None
    return _("请填写至少两个不同的班次代码，以空格分开；代码见班次库")


def _pattern(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    if (
        isinstance(value, list)
        and len(value) <= LONGEST_PATTERN
        and set(value) <= shifts | {OFF_WORD, DUTY_WORD, ANY_WORD}
    ):
        return None
    return _("每一格须是班次代码、休、班或 *，以空格分开，最多 62 格")


def _count(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and (one.least or 0) <= value <= one.most:
        return None
    return _("请填写 %(least)s 到 %(most)s 之间的整数") % {"least": one.least or 0, "most": one.most}


def _per(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    return None if value in PERS else _("请从可选值中选择")


def _weekdays(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    return None if isinstance(value, list) and set(value) <= set(range(7)) else _("请从可选值中选择")


def _date(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    return None if isinstance(value, dt.date) else _("请按 2026-01-31 的格式填写日期")


def _person(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    return None if value in people else _("请从本单位的排班人员中选择")


def _team(one: Parameter, value: Any, shifts: set[str], people: set[int]) -> str | None:
    if isinstance(value, list) and len(set(value)) > 1 and set(value) <= people:
        return None
    return _("请从本单位的排班人员中选择至少两人")


_CHECKS: dict[str, Callable[[Parameter, Any, set[str], set[int]], str | None]] = {
    SHIFTS: _shifts, SHIFT_OR_OFF: _shift_or_off, ORDER: _order, PATTERN: _pattern, COUNT: _count, PER: _per,
    WEEKDAY_LIST: _weekdays, DATE: _date, PERSON: _person, TEAM: _team,
}  # fmt: skip
