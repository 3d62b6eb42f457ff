"""Who is away, and when."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.teams.access import MANAGE, people_of
from denghuo.apps.teams.choices import AbsenceKind
from denghuo.apps.teams.models import Absence
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit


@action("team.set_absence")
def set_absence(
    actor: Actor, team: OrgUnit, *, staff_id: int | None, kind: str, first: dt.date | None, last: dt.date | None
) -> Absence:
    """Somebody does not work from ``first`` to ``last``. What they have to do stays with them until the leader moves it.

    Raises NotAllowed, InvalidInput (``staff``, ``kind``, ``first``, ``last``).
    """
    actor.require(MANAGE, team.path)
    form = Form()
    clean = form.choice("kind", kind, AbsenceKind.values)
    if staff_id is None or not people_of(team).filter(pk=staff_id).exists():
        form.wrong("staff", _("请从本班组选择人员"))
    if first is None:
        form.wrong("first", _("请选择第一天"))
    last = last or first
    if first is not None and last is not None:
        longest = policies.get("teams.absence_days", team)
        if last < first:
            form.wrong("last", _("最后一天不能早于第一天，请重新选择"))
        elif (last - first).days >= longest:
            form.wrong("last", _("一次最多登记 %(days)s 天，请分次登记") % {"days": longest})
        elif Absence.objects.filter(staff_id=staff_id, first__lte=last, last__gte=first).exists():
            form.wrong("first", _("这几天已有离岗登记，请先取消原登记"))
    form.finish()
    row = Absence.objects.create(org=team, staff_id=staff_id, kind=clean, first=first, last=last)
    payload = {
        "team_id": team.pk, "staff_id": row.staff_id, "absence_kind": clean, "first": row.first, "last": row.last,
    }  # fmt: skip
    record(actor, "team.absence_set", row, org=team, payload=payload, topics=[f"team:{team.pk}"])
    return row


@action("team.end_absence")
def end_absence(actor: Actor, absence_id: int) -> None:
    """Take an absence back. Raises NotAllowed, NotFound."""
    row = Absence.objects.select_related("org").select_for_update(of=("self",)).filter(pk=absence_id).first()
    if row is None:
        raise NotFound(_("没有这条离岗登记"))
    actor.require(MANAGE, row.org.path)
    payload = {"team_id": row.org_id, "staff_id": row.staff_id}
    record(actor, "team.absence_ended", row, org=row.org, payload=payload, topics=[f"team:{row.org_id}"])
    row.delete()
