"""Filing important service matters ahead: hand in, review, withdraw; and who may not file for a while."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.grid.actions import common
from denghuo.apps.grid.choices import FilingReason, FilingState, MatterType
from denghuo.apps.grid.models import FilingSuspension, ServiceFiling, Transformer
from denghuo.apps.grid.queries import suspension_of
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form, shown
from denghuo.core.scoping.models import OrgUnit

LONGEST_TITLE, LONGEST_AREA, LONGEST_SCRIPT = 80, 300, 1000


@action("filing.submit")
def file_matter(
    actor: Actor,
    *,
    org_id: int,
    title: str,
    reason: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    script: str,
    area_text: str = "",
    transformer_ids: Collection[int] = (),
    answers: bool = False,
    request_types: Collection[str] = (),
    filing_id: int | None = None,
) -> ServiceFiling:
    """Hand in a matter for review; with ``filing_id`` one that was returned, mended.

    Without transformers it covers the unit and all below. Needs ``outage.manage`` there. Raises NotAllowed (also: the
    unit's right to file is suspended), NotFound, Conflict (not returned), InvalidInput (org_id, title, reason, starts_at,
    ends_at, script, area_text, transformer_ids, request_types).
    """
    form = Form()
    unit = OrgUnit.objects.filter(pk=org_id).first()
    if unit is None:
        form.wrong("org_id", _("没有这个单位，请从列表中选择"))
    values: dict[str, Any] = {
        "title": form.text("title", title, longest=LONGEST_TITLE, required=True, lines=False),
        "reason": form.choice("reason", reason, FilingReason.values),
        "area_text": form.text("area_text", area_text, longest=LONGEST_AREA, lines=False),
        "script": form.text("script", script, longest=LONGEST_SCRIPT, required=True),
        "answers": answers,
        "request_types": [
            form.choice("request_types", code, MatterType.values) for code in dict.fromkeys(request_types)
        ],
    }
    values["starts_at"], values["ends_at"] = _period(form, starts_at, ends_at, unit)
    transformers = _transformers(form, unit, transformer_ids)
    form.finish()
    assert unit is not None
    actor.require(common.MANAGE, unit.path)
    if (stopped := suspension_of(unit)) is not None:
        raise NotAllowed(
            _("%(unit)s的报备权限已暂停至 %(until)s") % {"unit": stopped.org.label, "until": shown(stopped.ends_at)}
        )
    values |= {"org": unit, "entered_by_id": common.staff_id(actor), "entered_at": moment.now()}
    filing = _write(actor, values, filing_id)
    filing.transformers.set(transformers)
    _record(actor, "filing.submitted", filing, [t.pk for t in transformers])
    return filing


@action("filing.review")
def review_filing(actor: Actor, filing_id: int, *, passed: bool, note: str = "") -> ServiceFiling:
    """Approve a filing, from when on agents see it, or return it with what is wrong.

    Needs ``outage.review``; who entered it may not review it (``outage.review_by_another``). Raises NotAllowed, NotFound,
    Conflict (not submitted; over already), InvalidInput (note, needed to return).
    """
    filing = _locked(actor, filing_id, common.REVIEW)
    form = Form()
    note = form.text("note", note, longest=common.LONGEST_NOTE, required=not passed, lines=False)
    form.finish()
    if filing.state != FilingState.SUBMITTED:
        raise Conflict(_("报备当前为“%(state)s”，不能审核") % {"state": filing.get_state_display()})
    alone = actor.kind == "staff" and actor.id == filing.entered_by_id
    if alone and policies.get("outage.review_by_another", filing.org):
        raise NotAllowed(_("录入人不能审核自己的报备，请由他人审核"))
    now = moment.now()
    if passed and filing.ends_at <= now:
        raise Conflict(_("报备期已过，不能再通过，请退回后重新填写期限"))
    filing.state = FilingState.APPROVED if passed else FilingState.RETURNED
    filing.reviewed_by_id, filing.reviewed_at, filing.note = common.staff_id(actor), now, note
    filing.save(update_fields=["state", "reviewed_by", "reviewed_at", "note"])
    _record(actor, "filing.approved" if passed else "filing.returned", filing)
    return filing


@action("filing.withdraw")
def withdraw_filing(actor: Actor, filing_id: int, *, note: str) -> ServiceFiling:
    """It does not apply any more: agents see it no longer. Withdrawn already: nothing happens.

    Raises NotAllowed, NotFound, InvalidInput (note).
    """
    filing = _locked(actor, filing_id, common.MANAGE)
    form = Form()
    note = form.text("note", note, longest=common.LONGEST_NOTE, required=True, lines=False)
    form.finish()
    if filing.state == FilingState.WITHDRAWN:
        return filing
    filing.state, filing.note = FilingState.WITHDRAWN, note
    filing.save(update_fields=["state", "note"])
    _record(actor, "filing.withdrawn", filing)
    return filing


@action("filing.suspend")
def suspend_filing(actor: Actor, *, org_id: int, days: int, reason: str) -> FilingSuspension:
    """A unit filed what was not so: it may not file for some days (at most ``filing.suspend_days``).

    What it has filed stays; withdraw it apart. Needs ``outage.review`` there. Raises NotAllowed, InvalidInput (org_id,
    days, reason).
    """
    form = Form()
    unit = OrgUnit.objects.filter(pk=org_id).first()
    if unit is None:
        form.wrong("org_id", _("没有这个单位，请从列表中选择"))
    most = policies.get("filing.suspend_days", unit)
    if not 1 <= days <= most:
        form.wrong("days", _("请填写 1 到 %(most)s 天") % {"most": most})
    reason = form.text("reason", reason, longest=common.LONGEST_NOTE, required=True, lines=False)
    form.finish()
    assert unit is not None
    actor.require(common.REVIEW, unit.path)
    now = moment.now()
    row = FilingSuspension.objects.create(
        org=unit, begins_at=now, ends_at=now + dt.timedelta(days=days), reason=reason, set_by_id=common.staff_id(actor)
    )
    record(
        actor, "filing.suspended", ("filing_suspension", row.pk), org=unit,
        payload={"begins_at": row.begins_at, "ends_at": row.ends_at},
    )  # fmt: skip
    return row


def _period(
    form: Form, starts_at: dt.datetime, ends_at: dt.datetime, unit: OrgUnit | None
) -> tuple[dt.datetime | None, dt.datetime | None]:
    now, days = moment.now(), policies.get("filing.longest_days", unit)
    longest = dt.timedelta(days=days)
    start = form.moment("starts_at", starts_at, tolerance=longest, oldest=longest)
    end = form.moment(
        "ends_at", ends_at, tolerance=2 * longest, after=max(starts_at, now) if start and starts_at.tzinfo else now,
        after_what=_("开始和现在"),
    )  # fmt: skip
    if start and end and end - start > longest:
        form.wrong("ends_at", _("一次报备最长 %(days)s 天，请缩短或分次报备") % {"days": days})
    elif start and end and end <= start:
        form.wrong("ends_at", _("结束须晚于开始"))
    return start, end


def _transformers(form: Form, unit: OrgUnit | None, ids: Collection[int]) -> list[Transformer]:
    wanted = set(ids)
    if len(wanted) > common.MOST_TRANSFORMERS:
        form.wrong("transformer_ids", _("一次最多 %(most)s 个台区") % {"most": common.MOST_TRANSFORMERS})
        return []
    found = list(Transformer.objects.select_related("org").filter(pk__in=wanted).order_by("pk"))
    if len(found) < len(wanted):
        form.wrong("transformer_ids", _("所选台区中有不存在的，请从列表中选择"))
    elif unit is not None and any(not t.org.path.startswith(unit.path) for t in found):
        form.wrong("transformer_ids", _("所选台区中有不属于该单位的，请核对"))
    return found


def _write(actor: Actor, values: dict[str, Any], filing_id: int | None) -> ServiceFiling:
    if filing_id is None:
        pk = common.next_id("grid_servicefiling")
        number = f"BB{timezone.localtime(values['entered_at']):%Y%m%d}{pk:05d}"
        return ServiceFiling.objects.create(pk=pk, number=number, **values)
    filing = _locked(actor, filing_id, common.MANAGE)
    if filing.state != FilingState.RETURNED:
        raise Conflict(_("报备当前为“%(state)s”，只有退回的报备可以修改") % {"state": filing.get_state_display()})
    for name, value in values.items():
        setattr(filing, name, value)
    filing.state = FilingState.SUBMITTED
    filing.save()
    return filing


def _locked(actor: Actor, filing_id: int, permission: str) -> ServiceFiling:
    rows = ServiceFiling.objects.select_related("org").select_for_update(of=("self",))
    filing = rows.filter(pk=filing_id).first()
    if filing is None:
        raise NotFound(_("没有这条报备"))
    actor.require(permission, filing.org.path)
    return filing


def _record(actor: Actor, kind: str, filing: ServiceFiling, transformer_ids: list[int] | None = None) -> None:
    if transformer_ids is None:
        transformer_ids = list(filing.transformers.order_by("pk").values_list("pk", flat=True))
    record(
        actor, kind, ("service_filing", filing.pk), org=filing.org, topics=[f"filing:{filing.pk}"],
        payload={
            "reason": filing.reason, "state": str(filing.state), "starts_at": filing.starts_at, "ends_at": filing.ends_at,
            "transformer_ids": transformer_ids,
        },
    )  # fmt: skip
