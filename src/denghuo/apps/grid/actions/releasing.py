"""From a draft to released information: entering, submitting, reviewing, releasing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.grid import notices
from denghuo.apps.grid.actions import common
from denghuo.apps.grid.choices import ACCOUNT_KINDS, NoticeRule, OutageKind, OutageState, PublicChannel
from denghuo.apps.grid.households import AccountRef
from denghuo.apps.grid.models import Feeder, Outage, OutageAccount, Transformer
from denghuo.apps.grid.queries import analyse
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of outage information as it was typed and checked."""

    kind: str
    unit: OrgUnit
    feeder: Feeder | None
    transformers: list[Transformer]
    accounts: list[AccountRef]
    started_at: dt.datetime
    expected_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    cause: str
    equipment: str
    range_text: str
    channels: list[str]
    source_ref: str


@action("outage.open")
def open_outage(
    actor: Actor,
    *,
    kind: str,
    org: OrgUnit | None = None,
    feeder: Feeder | int | None = None,
    transformer_ids: Collection[int] = (),
    account_ids: Collection[int] = (),
    started_at: dt.datetime | None = None,
    expected_at: dt.datetime | None = None,
    confirmed_at: dt.datetime | None = None,
    cause: str = "",
    equipment: str = "",
    range_text: str = "",
    channels: Collection[str] | None = None,
    source_ref: str = "",
) -> Outage:
    """Release an outage at once, without a review: for faults, and for systems that have reviewed it themselves.

    It covers some transformers, or all of a feeder when only that is named; arrears, theft and breach cover accounts.
    ``org`` is the smallest unit that covers them unless given. A start in the future makes it *announced*, not possible
    for faults; otherwise it is *active*. The same ``source_ref`` again gives the outage that is already open under it, so
    an upstream system may send twice. Needs ``outage.manage`` over all of the scope. Raises NotAllowed, InvalidInput (kind,
    feeder_id, transformer_ids, account_ids, started_at, expected_at, confirmed_at, cause, equipment, range_text, channels,
    source_ref).
    """
    entry = _read(
        actor, kind=kind, org=org, feeder=feeder, transformer_ids=transformer_ids, account_ids=account_ids,
        started_at=started_at, expected_at=expected_at, confirmed_at=confirmed_at, cause=cause, equipment=equipment,
        range_text=range_text, channels=channels, source_ref=source_ref,
    )  # fmt: skip
    if entry.source_ref and (known := common.open_under(entry.source_ref)):
        return known
    outage = _new(actor, entry)
    _publish(actor, outage, entry)
    return outage


@action("outage.draft")
def draft_outage(
    actor: Actor,
    *,
    outage_id: int | None = None,
    channels: Collection[str] | None = None,
    kind: str,
    cause: str = "",
    equipment: str = "",
    range_text: str = "",
    feeder: Feeder | int | None = None,
    transformer_ids: Collection[int] = (),
    account_ids: Collection[int] = (),
    started_at: dt.datetime | None = None,
    expected_at: dt.datetime | None = None,
    confirmed_at: dt.datetime | None = None,
) -> Outage:
    """Keep a piece of information as a draft, or change one that was kept (``outage_id``). Nobody outside sees it.

    Raises as :func:`open_outage`; Conflict when it is no draft any more; NotFound.
    """
    entry = _read(
        actor, kind=kind, org=None, feeder=feeder, transformer_ids=transformer_ids, account_ids=account_ids,
        started_at=started_at, expected_at=expected_at, confirmed_at=confirmed_at, cause=cause, equipment=equipment,
        range_text=range_text, channels=channels, source_ref="",
    )  # fmt: skip
    if outage_id is None:
        outage = _new(actor, entry)
        _save(outage, entry)
        record(
            actor, "outage.drafted", outage, org=outage.org, topics=common.topics_of(outage),
            payload={"outage_kind": entry.kind, "state": outage.state},
        )  # fmt: skip
        return outage
    outage = common.locked(actor, outage_id)
    if outage.state != OutageState.DRAFT:
        raise Conflict(_("停电当前为“%(state)s”，只有草稿可以修改") % {"state": OutageState(outage.state).label})
    _fill(outage, entry)
    outage.entered_by_id = common.staff_id(actor)
    outage.save()
    _save(outage, entry)
    record(
        actor, "outage.draft_edited", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"state": outage.state},
    )  # fmt: skip
    return outage


@action("outage.submit")
def submit_outage(actor: Actor, outage_id: int) -> Outage:
    """Hand a draft in: to review, or straight out when its kind needs none (``outage.review_kinds``).

    Raises NotAllowed, NotFound, Conflict (no draft), InvalidInput (a start that has passed the planning horizon).
    """
    outage = common.locked(actor, outage_id)
    if outage.state != OutageState.DRAFT:
        raise Conflict(_("停电当前为“%(state)s”，不能提交") % {"state": OutageState(outage.state).label})
    outage.submitted_at = moment.now()
    if outage.kind not in policies.get("outage.review_kinds", outage.org):
        outage.save(update_fields=["submitted_at"])
        _publish(actor, outage, _entry_of(outage))
        return outage
    outage.state = OutageState.SUBMITTED
    outage.save(update_fields=["state", "submitted_at"])
    record(
        actor, "outage.submitted", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"state": outage.state},
    )  # fmt: skip
    return outage


@action("outage.release")
def release_outage(actor: Actor, outage_id: int) -> Outage:
    """Review passed: the information goes out to its channels. Released already: nothing happens.

    Needs ``outage.review``; who entered it may not release it (``outage.review_by_another``). Raises NotAllowed, NotFound,
    Conflict (not submitted).
    """
    outage = common.locked(actor, outage_id, common.REVIEW)
    if outage.published_at is not None:
        return outage
    if outage.state != OutageState.SUBMITTED:
        raise Conflict(_("停电当前为“%(state)s”，不能审核") % {"state": OutageState(outage.state).label})
    _require_another(actor, outage)
    outage.reviewed_by_id = common.staff_id(actor)
    outage.save(update_fields=["reviewed_by"])
    _publish(actor, outage, _entry_of(outage))
    return outage


@action("outage.return")
def return_outage(actor: Actor, outage_id: int, *, reason: str) -> Outage:
    """Review not passed: back to a draft, with what is wrong. Raises NotAllowed, NotFound, Conflict, InvalidInput (reason)."""
    outage = common.locked(actor, outage_id, common.REVIEW)
    form = Form()
    reason = form.text("reason", reason, longest=common.LONGEST_NOTE, required=True, lines=False)
    form.finish()
    if outage.state != OutageState.SUBMITTED:
        raise Conflict(_("停电当前为“%(state)s”，不能审核") % {"state": OutageState(outage.state).label})
    outage.state, outage.reviewed_by_id = OutageState.DRAFT, common.staff_id(actor)
    outage.save(update_fields=["state", "reviewed_by"])
    record(
        actor, "outage.returned", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"state": outage.state, "reason": reason},
    )  # fmt: skip
    return outage


def notice_met(kind: str, unit: OrgUnit, start: dt.datetime, announced: dt.datetime) -> bool | None:
    """Whether the outage was announced early enough (``outage.notice_hours``); None for kinds without such a limit."""
    return notices.publish_deadline(kind, unit, start, None, announced).met(announced)


def channels_of(form: Form, kind: str, channels: Collection[str] | None, unit: OrgUnit | None = None) -> list[str]:
    """Where the information goes, in the order of the choices; the agents' desk always.

    Cuts of single accounts go to the desk and to the account's holder, whatever was ticked: they are nobody else's business.
    """
    wanted = set(policies.get("outage.channels", unit) if channels is None else channels)
    unknown = wanted - set(PublicChannel.values)
    if unknown:
        form.wrong("channels", _("请从可选值中选择：%(allowed)s") % {"allowed": _("、").join(PublicChannel.values)})
    if kind in ACCOUNT_KINDS:
        wanted &= {PublicChannel.WECHAT}
    wanted.add(PublicChannel.DESK)
    return [str(value) for value in PublicChannel.values if value in wanted]


def _read(
    actor: Actor, *, kind: str, org: OrgUnit | None, feeder: Feeder | int | None, transformer_ids: Collection[int],
    account_ids: Collection[int], started_at: dt.datetime | None, expected_at: dt.datetime | None,
    confirmed_at: dt.datetime | None, cause: str, equipment: str, range_text: str, channels: Collection[str] | None,
    source_ref: str,
) -> Entry:  # fmt: skip
    form = Form()
    kind = form.choice("kind", kind, OutageKind.values)
    cause = form.text("cause", cause, longest=common.LONGEST_CAUSE, lines=False)
    equipment = form.text("equipment", equipment, longest=common.LONGEST_EQUIPMENT, lines=False)
    range_text = form.text("range_text", range_text, longest=common.LONGEST_RANGE, lines=False)
    source_ref = form.text("source_ref", source_ref, longest=common.LONGEST_REF, lines=False)
    accounts: list[AccountRef] = []
    transformers: list[Transformer] = []
    line = None
    if kind in ACCOUNT_KINDS:
        accounts = common.accounts_of(form, account_ids)
    else:
        line = common.feeder_of(form, feeder)
        transformers = common.transformers_of(form, line, transformer_ids)
    start = common.start_moment(form, kind, started_at)
    expected_at = common.expected_moment(form, expected_at, start)
    confirmed_at = common.past_moment(form, "confirmed_at", confirmed_at)
    places = channels_of(form, kind, channels)
    form.finish()
    units = [t.org for t in transformers]
    field = "transformer_ids"
    if accounts:
        units, field = list(OrgUnit.objects.filter(pk__in={one.org_id for one in accounts})), "account_ids"
    unit = org or common.smallest_unit(units, field)
    common.require_everywhere(actor, units)
    return Entry(
        kind, unit, line, transformers, accounts, start, expected_at, confirmed_at, cause, equipment, range_text, places,
        source_ref,
    )  # fmt: skip


def _new(actor: Actor, entry: Entry) -> Outage:
    pk = common.next_id()
    outage = Outage(
        pk=pk, number=f"TD{timezone.localtime(entry.started_at):%Y%m%d}{pk:06d}", state=OutageState.DRAFT,
        entered_by_id=common.staff_id(actor),
    )  # fmt: skip
    _fill(outage, entry)
    return outage


def _fill(outage: Outage, entry: Entry) -> None:
    outage.org, outage.kind, outage.feeder = entry.unit, entry.kind, entry.feeder
    outage.started_at, outage.expected_at = entry.started_at, entry.expected_at
    if entry.kind != OutageKind.FAULT:
        outage.planned_start_at, outage.planned_end_at = entry.started_at, entry.expected_at
    else:
        outage.planned_start_at = outage.planned_end_at = None
    outage.confirmed_at, outage.cause = entry.confirmed_at, entry.cause
    outage.equipment, outage.range_text = entry.equipment, entry.range_text
    outage.channels, outage.source_ref = entry.channels, entry.source_ref
    outage.customers_out = sum(t.customers for t in entry.transformers) + len(entry.accounts)


def _save(outage: Outage, entry: Entry) -> None:
    """Write the row and what hangs on it."""
    if outage._state.adding:
        outage.save(force_insert=True)
    else:
        OutageAccount.objects.filter(outage=outage).delete()
    outage.transformers.set(entry.transformers)
    OutageAccount.objects.bulk_create(
        OutageAccount(outage=outage, account_id=one.account_id, transformer_id=one.transformer_id)
        for one in entry.accounts
    )


def _entry_of(outage: Outage) -> Entry:
    """What a draft holds, for its release."""
    accounts = [
        AccountRef(one.account_id, outage.org_id, one.transformer_id) for one in outage.accounts.order_by("account_id")
    ]
    return Entry(
        outage.kind, outage.org, outage.feeder, list(outage.transformers.select_related("org")), accounts,
        outage.started_at, outage.expected_at, outage.confirmed_at, outage.cause, outage.equipment, outage.range_text,
        outage.channels, outage.source_ref,
    )  # fmt: skip


def _publish(actor: Actor, outage: Outage, entry: Entry) -> None:
    """Release: into force or announced, analysed to household, its deadline kept, told to the house."""
    now = moment.now()
    start = outage.started_at
    outage.state = OutageState.ANNOUNCED if start > now else OutageState.ACTIVE
    outage.start_confirmed = outage.state == OutageState.ACTIVE
    outage.published_at = now
    ids = [t.pk for t in entry.transformers]
    take_analysis(outage, ids, [one.account_id for one in entry.accounts])
    if outage._state.adding:
        _save(outage, entry)
    else:
        outage.save()
    deadline = notices.publish_deadline(entry.kind, entry.unit, start, entry.confirmed_at, now)
    met = notices.note(outage, NoticeRule.PUBLISH, deadline, now)
    record(
        actor, "outage.opened", outage, org=outage.org, topics=common.topics_of(outage),
        payload={
            "outage_kind": outage.kind, "state": outage.state, "feeder_id": outage.feeder_id,
            "transformer_ids": sorted(ids), "customers_out": outage.customers_out, "started_at": start,
            "expected_at": outage.expected_at, "notice_met": met,
        },
    )  # fmt: skip


def take_analysis(outage: Outage, transformer_ids: Collection[int], account_ids: Collection[int] = ()) -> None:
    """Set what the analysis to household finds; the caller saves."""
    scope = analyse(transformer_ids, account_ids)
    outage.customers_out = scope.known
    if scope.tally is None:
        return
    outage.households_found, outage.analysed_at = scope.tally.total, moment.now()
    outage.important_count, outage.sensitive_count = scope.tally.important, scope.tally.sensitive
    outage.life_support_count = scope.tally.life_support


def _require_another(actor: Actor, outage: Outage) -> None:
    alone = actor.kind == "staff" and actor.id == outage.entered_by_id
    if alone and policies.get("outage.review_by_another", outage.org):
        raise NotAllowed(_("录入人不能审核自己的停电信息，请由他人审核"))
