"""What happens to released outage information: it begins, changes, is late, is called off, ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.utils.translation import gettext as _

from denghuo.apps.grid import notices
from denghuo.apps.grid.actions import common
from denghuo.apps.grid.actions.releasing import channels_of, take_analysis
from denghuo.apps.grid.choices import DelayCause, DelayStage, NoticeRule, OutageKind, OutageState
from denghuo.apps.grid.models import Outage, OutageAccount
from denghuo.apps.grid.queries import INSIDE
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events import record
from denghuo.core.inputs import Form, shown


@action("outage.start")
def start_outage(actor: Actor, outage_id: int, *, at: dt.datetime | None = None, delay_cause: str = "") -> Outage:
    """An announced outage begins, or somebody reports that one which began by the plan really did.

    The product begins it at the planned moment without knowing more; a person's report (``at``: the moment supply was cut)
    makes the start certain. Later than the plan by more than ``outage.on_time_minutes`` it needs one of the six causes,
    unless a delay was noted before. Begun and certain: nothing happens. Raises NotAllowed, NotFound, Conflict (over),
    InvalidInput (at, delay_cause).
    """
    outage = common.locked(actor, outage_id)
    by_plan = actor.kind == "system" and at is None
    if outage.state == OutageState.ACTIVE and (by_plan or outage.start_confirmed):
        return outage
    common.require_live(outage)
    was = OutageState(outage.state)
    planned = outage.planned_start_at
    if at is not None:
        outage.started_at = common.not_future(at, "at")
    if not by_plan:
        cause = common.late_cause(actor, outage, DelayStage.START, planned, outage.started_at, delay_cause)
        if cause and planned is not None:
            common.write_delay(actor, outage, DelayStage.START, cause, planned, outage.started_at, "")
    outage.state, outage.start_confirmed = OutageState.ACTIVE, not by_plan
    outage.save(update_fields=["state", "started_at", "start_confirmed"])
    payload = {"state": outage.state, "customers_out": outage.customers_out}
    if was == OutageState.ACTIVE:
        kind, payload = "outage.start_confirmed", payload | {"started_at": outage.started_at}
    else:
        kind = "outage.started"
    begun_at = outage.started_at if was != OutageState.ACTIVE else None
    record(actor, kind, outage, org=outage.org, at=begun_at, topics=common.topics_of(outage), payload=payload)
    return outage


@action("outage.update")
def update_outage(
    actor: Actor,
    outage_id: int,
    *,
    started_at: dt.datetime | None = None,
    expected_at: dt.datetime | None = None,
    cause: str | None = None,
    equipment: str | None = None,
    range_text: str | None = None,
    channels: Collection[str] | None = None,
    transformer_ids: Collection[int] | None = None,
    known_at: dt.datetime | None = None,
) -> Outage:
    """Change what is known of a released outage; what is left out stays. Nothing new: no event.

    ``started_at`` moves the plan of an announced one. ``known_at`` is when the change became known: it must be told within
    ``outage.change_tell_minutes``, and whether it was is kept. Raises NotAllowed, NotFound, Conflict (already over, not
    released), InvalidInput (started_at, expected_at, cause, equipment, range_text, channels, transformer_ids, known_at).
    """
    outage = common.locked(actor, outage_id)
    common.require_live(outage)
    form = Form()
    changed = _change_plan(form, outage, started_at, expected_at)
    for name, value, longest in (
        ("cause", cause, common.LONGEST_CAUSE),
        ("equipment", equipment, common.LONGEST_EQUIPMENT),
        ("range_text", range_text, common.LONGEST_RANGE),
    ):
        if value is not None and (clean := form.text(name, value, longest=longest, lines=False)) != getattr(
            outage, name
        ):
            setattr(outage, name, clean)
            changed.append(name)
    if channels is not None and (places := channels_of(form, outage.kind, channels)) != outage.channels:
        outage.channels = places
        changed.append("channels")
    known = common.past_moment(form, "known_at", known_at)
    added, removed = _change_scope(actor, form, outage, transformer_ids)
    if added or removed:
        changed.append("transformers")
    form.finish()
    if not changed:
        return outage
    outage.changes += 1
    outage.save()
    if known is not None:
        notices.note(outage, NoticeRule.CHANGE, notices.change_deadline(outage.org, known), moment.now())
    record(
        actor, "outage.updated", outage, org=outage.org, topics=common.topics_of(outage),
        payload={
            "fields": changed, "state": outage.state, "customers_out": outage.customers_out,
            "expected_at": outage.expected_at, "transformers_added": sorted(added), "transformers_removed": sorted(removed),
        },
    )  # fmt: skip
    return outage


def _change_plan(
    form: Form, outage: Outage, started_at: dt.datetime | None, expected_at: dt.datetime | None
) -> list[str]:
    """Move the start of an announced outage, or the end that is expected. Deadlines told before count anew."""
    changed = []
    if started_at is not None and started_at != outage.started_at:
        if outage.state != OutageState.ANNOUNCED:
            form.wrong("started_at", _("停电已经开始，不能改期；实际停电时间请在“确认停电”中登记"))
        else:
            outage.started_at = common.start_moment(form, outage.kind, started_at)
            outage.planned_start_at = outage.started_at
            outage.overdue_start_told_at = outage.reminded_at = None
            changed.append("started_at")
    if expected_at is not None and expected_at != outage.expected_at:
        outage.expected_at = common.expected_moment(form, expected_at, outage.started_at)
        if outage.state == OutageState.ANNOUNCED:
            outage.planned_end_at = outage.expected_at
        outage.overdue_stop_told_at = None
        changed.append("expected_at")
    elif changed and outage.expected_at is not None and outage.expected_at < outage.started_at:
        form.wrong("expected_at", _("改期后预计恢复早于停电开始，请一并修改"))
    return changed


def _change_scope(
    actor: Actor, form: Form, outage: Outage, transformer_ids: Collection[int] | None
) -> tuple[set[int], set[int]]:
    """Set other transformers; gives those added and removed."""
    if transformer_ids is None:
        return set(), set()
    if outage.of_accounts:
        form.wrong("transformer_ids", _("单户停电不能改为台区停电，请取消后重新登记"))
        return set(), set()
    wanted = common.transformers_of(form, None, transformer_ids)
    present = set(outage.transformers.values_list("pk", flat=True))
    added, removed = {t.pk for t in wanted} - present, present - {t.pk for t in wanted}
    if form.faults or not (added or removed):
        return set(), set()
    common.require_everywhere(actor, (t.org for t in wanted))
    outage.transformers.set(wanted)
    take_analysis(outage, [t.pk for t in wanted])
    return added, removed


@action("outage.delay")
def delay_outage(actor: Actor, outage_id: int, *, stage: str, cause: str, until: dt.datetime, note: str = "") -> Outage:
    """Note that the start or the restoration will not come in time, why, and when it is expected now.

    A delayed start keeps the outage announced, or puts it back there when only the plan had begun it. The plan itself stays,
    so the delay counts. Raises NotAllowed, NotFound, Conflict (over; the start is certain; not begun), InvalidInput (stage,
    cause, until, note).
    """
    outage = common.locked(actor, outage_id)
    common.require_live(outage)
    form = Form()
    stage = form.choice("stage", stage, DelayStage.values)
    cause = form.choice("cause", cause, DelayCause.values)
    note = form.text("note", note, longest=common.LONGEST_NOTE, lines=False)
    due = outage.started_at if stage == DelayStage.START else outage.expected_at
    now = moment.now()
    furthest = dt.timedelta(days=policies.get("outage.furthest_days"))
    floor = max(due, now) if due is not None else now
    clean = form.moment("until", until, tolerance=furthest, now=floor, after=floor, after_what=_("原定时间和现在"))
    form.finish()
    assert clean is not None
    if stage == DelayStage.START:
        _put_off(outage, clean)
    elif outage.state != OutageState.ACTIVE:
        raise Conflict(_("停电还没有开始，不能登记延迟送电；请改期或登记延迟停电"))
    else:
        outage.expected_at, outage.overdue_stop_told_at = clean, None
        outage.save(update_fields=["expected_at", "overdue_stop_told_at"])
    due = due or now
    common.write_delay(actor, outage, stage, cause, due, clean, note)
    record(
        actor, "outage.delayed", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"stage": stage, "cause": cause, "state": outage.state, "due_at": due, "until": clean},
    )  # fmt: skip
    return outage


def _put_off(outage: Outage, until: dt.datetime) -> None:
    if outage.kind == OutageKind.FAULT or outage.start_confirmed:
        raise Conflict(_("停电已经开始，不能登记延迟停电"))
    shift = until - outage.started_at
    if outage.expected_at is not None and outage.expected_at <= until:
        outage.expected_at += shift
    outage.state, outage.started_at = OutageState.ANNOUNCED, until
    outage.overdue_start_told_at = outage.reminded_at = None
    outage.save(update_fields=["state", "started_at", "expected_at", "overdue_start_told_at", "reminded_at"])


@action("outage.restore")
def restore_outage(actor: Actor, outage_id: int, *, at: dt.datetime | None = None, delay_cause: str = "") -> Outage:
    """Supply is back. Restoring again at whatever time gives the outage as it is.

    Later than planned by more than ``outage.on_time_minutes`` it needs one of the six causes, unless a delay was noted
    before. Whether the restoration was entered within ``outage.restore_tell_minutes`` is kept. Raises NotAllowed, NotFound,
    Conflict (announced only, or cancelled), InvalidInput (at: future, before the start; delay_cause).
    """
    outage = common.locked(actor, outage_id)
    if outage.state == OutageState.RESTORED:
        return outage
    if outage.state == OutageState.ANNOUNCED and outage.started_at <= moment.now():
        outage = start_outage(actor, outage_id)
    if outage.state != OutageState.ACTIVE:
        raise Conflict(_("停电当前为“%(state)s”，不能登记恢复") % {"state": OutageState(outage.state).label})
    now = moment.now()
    restored = common.not_future(at, "at") if at else max(now, outage.started_at)
    if restored < outage.started_at:
        raise InvalidInput(
            {"at": _("恢复时间不能早于停电开始（%(start)s），请核对后重填") % {"start": shown(outage.started_at)}}
        )
    cause = common.late_cause(actor, outage, DelayStage.STOP, outage.planned_end_at, restored, delay_cause)
    if cause and outage.planned_end_at is not None:
        common.write_delay(actor, outage, DelayStage.STOP, cause, outage.planned_end_at, restored, "")
    _end(actor, outage, restored, now)
    return outage


def _end(actor: Actor, outage: Outage, restored: dt.datetime, now: dt.datetime) -> None:
    outage.state, outage.restored_at = OutageState.RESTORED, restored
    outage.save(update_fields=["state", "restored_at"])
    OutageAccount.objects.filter(outage=outage, restored_at=None).update(restored_at=restored)
    notices.note(outage, NoticeRule.RESTORE, notices.restore_deadline(outage.org, restored), now)
    minutes = (restored - outage.started_at).total_seconds() / 60
    record(
        actor, "outage.restored", outage, org=outage.org, at=restored, topics=common.topics_of(outage),
        payload={
            "state": outage.state, "customers_out": outage.customers_out, "minutes": round(minutes, 2),
            "customer_minutes": round(minutes * outage.customers_out, 1),
        },
    )  # fmt: skip


@action("outage.restore_accounts")
def restore_accounts(
    actor: Actor, outage_id: int, account_ids: Collection[int], *, at: dt.datetime | None = None
) -> Outage:
    """Some accounts of a cut have their supply back (paid, settled); with the last of them the cut ends.

    Accounts that have it already, or were never in it, are passed over. Raises NotAllowed, NotFound, Conflict (not in
    force), InvalidInput (at).
    """
    outage = common.locked(actor, outage_id)
    if outage.state != OutageState.ACTIVE or not outage.of_accounts:
        raise Conflict(_("只有正在停电的单户停电信息可以逐户恢复"))
    now = moment.now()
    restored = common.not_future(at, "at") if at else max(now, outage.started_at)
    if restored < outage.started_at:
        raise InvalidInput({"at": _("恢复时间不能早于停电开始，请核对后重填")})
    rows = OutageAccount.objects.filter(outage=outage)
    back = sorted(rows.filter(restored_at=None, account_id__in=account_ids).values_list("account_id", flat=True))
    if not back:
        return outage
    rows.filter(account_id__in=back).update(restored_at=restored)
    left = rows.filter(restored_at=None).count()
    record(
        actor, "outage.accounts_restored", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"state": outage.state, "account_ids": back, "left": left},
    )  # fmt: skip
    if not left:
        _end(actor, outage, restored, now)
    return outage


@action("outage.cancel")
def cancel_outage(actor: Actor, outage_id: int, *, reason: str) -> Outage:
    """An announced outage will not take place, or a draft is thrown away.

    Raises NotAllowed, NotFound, Conflict (begun or over), InvalidInput (reason).
    """
    outage = common.locked(actor, outage_id)
    form = Form()
    reason = form.text("reason", reason, longest=common.LONGEST_CAUSE, required=True, lines=False)
    form.finish()
    if outage.state not in (*INSIDE, OutageState.ANNOUNCED):
        raise Conflict(_("只有尚未开始的停电可以取消；已开始的请登记恢复"))
    outage.state = OutageState.CANCELLED
    outage.save(update_fields=["state"])
    record(
        actor, "outage.cancelled", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"state": outage.state, "customers_out": outage.customers_out, "reason": reason},
    )  # fmt: skip
    return outage


@action("outage.set_master")
def set_outage_master(actor: Actor, outage_id: int, request_id: int) -> Outage:
    """The first accepted request of an outage becomes the one that others are merged into.

    Called by the requests app inside its own action, which checked permission. A master already set stays: the caller
    reads it from the outage given back. A cut of single accounts gets none: what its customers report is not one fault.
    Raises NotFound.
    """
    outage = common.row(outage_id)
    if outage.master_request_id is not None or outage.of_accounts:
        return outage
    outage.master_request_id = request_id
    outage.save(update_fields=["master_request_id"])
    record(
        actor, "outage.master_set", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"request_id": request_id},
    )  # fmt: skip
    return outage
