"""Announcing, changing and ending outages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.grid.choices import OutageKind, OutageState
from denghuo.apps.grid.models import Feeder, Outage, Transformer
from denghuo.apps.grid.queries import LIVE
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form, shown
from denghuo.core.scoping.models import OrgUnit

MANAGE = "outage.manage"
LONGEST_CAUSE, LONGEST_REF = 120, 60
MOST_TRANSFORMERS = 5000  # more in one outage is a mistake or another system's export; protects the transaction


@action("outage.open")
def open_outage(
    actor: Actor,
    *,
    kind: str,
    org: OrgUnit | None = None,
    feeder: Feeder | int | None = None,
    transformer_ids: Collection[int] = (),
    started_at: dt.datetime | None = None,
    expected_at: dt.datetime | None = None,
    cause: str = "",
    source_ref: str = "",
) -> Outage:
    """Announce an outage of some transformers, or of all of a feeder when only that is named.

    ``org`` is the smallest unit that covers them unless given. A start in the future makes it *announced*, possible for
    planned and temporary ones only; otherwise it is *active*. The same ``source_ref`` again gives the outage that is
    already open under it, so an upstream system may send twice. Needs ``outage.manage`` over every transformer.
    Raises NotAllowed, InvalidInput (kind, feeder_id, transformer_ids, started_at, expected_at, cause, source_ref).
    """
    form = Form()
    kind = form.choice("kind", kind, OutageKind.values)
    cause = form.text("cause", cause, longest=LONGEST_CAUSE, lines=False)
    source_ref = form.text("source_ref", source_ref, longest=LONGEST_REF, lines=False)
    line = _feeder(form, feeder)
    transformers = _transformers(form, line, transformer_ids)
    start = _start(form, kind, started_at)
    expected_at = _expected(form, expected_at, start)
    form.finish()
    unit = org or _smallest_unit([t.org for t in transformers])
    for place in {t.org.path for t in transformers}:
        actor.require(MANAGE, place)
    if source_ref and (known := _open_under(source_ref)):
        return known
    now = moment.now()
    state = OutageState.ANNOUNCED if start > now else OutageState.ACTIVE
    pk = _next_id()
    outage = Outage(
        pk=pk,
        number=f"TD{timezone.localtime(start):%Y%m%d}{pk:06d}",
        org=unit,
        kind=kind,
        state=state,
        feeder=line,
        started_at=start,
        expected_at=expected_at,
        cause=cause,
        customers_out=sum(t.customers for t in transformers),
        source_ref=source_ref,
    )
    outage.save(force_insert=True)
    outage.transformers.set(transformers)
    record(
        actor, "outage.opened", outage, org=unit, topics=topics_of(outage),
        payload={
            "outage_kind": kind, "state": state, "feeder_id": line.pk if line else None,
            "transformer_ids": sorted(t.pk for t in transformers), "customers_out": outage.customers_out,
            "started_at": start, "expected_at": expected_at, "notice_met": notice_met(kind, unit, start, now),
        },
    )  # fmt: skip
    return outage


@action("outage.start")
def start_outage(actor: Actor, outage_id: int, *, at: dt.datetime | None = None) -> Outage:
    """An announced outage begins. Already begun: nothing happens. Raises NotAllowed, NotFound, Conflict (over)."""
    outage = _locked(actor, outage_id)
    if outage.state == OutageState.ACTIVE:
        return outage
    _require_live(outage)
    if at is not None:
        outage.started_at = _not_future(at, "at")
    outage.state = OutageState.ACTIVE
    outage.save(update_fields=["state", "started_at"])
    record(
        actor, "outage.started", outage, org=outage.org, at=outage.started_at, topics=topics_of(outage),
        payload={"state": outage.state, "customers_out": outage.customers_out},
    )  # fmt: skip
    return outage


@action("outage.update")
def update_outage(
    actor: Actor,
    outage_id: int,
    *,
    expected_at: dt.datetime | None = None,
    cause: str | None = None,
    transformer_ids: Collection[int] | None = None,
) -> Outage:
    """Change what is known of an outage; what is left out stays. Nothing new: no event.

    Raises NotAllowed, NotFound, Conflict (already over), InvalidInput (expected_at, cause, transformer_ids).
    """
    outage = _locked(actor, outage_id)
    _require_live(outage)
    form = Form()
    changed: list[str] = []
    added: set[int] = set()
    removed: set[int] = set()
    if expected_at is not None and expected_at != outage.expected_at:
        outage.expected_at = _expected(form, expected_at, outage.started_at)
        changed.append("expected_at")
    if cause is not None and (clean := form.text("cause", cause, longest=LONGEST_CAUSE, lines=False)) != outage.cause:
        outage.cause = clean
        changed.append("cause")
    if transformer_ids is not None:
        wanted = _transformers(form, None, transformer_ids)
        present = set(outage.transformers.values_list("pk", flat=True))
        added, removed = {t.pk for t in wanted} - present, present - {t.pk for t in wanted}
        if not form.faults and (added or removed):
            for place in {t.org.path for t in wanted}:
                actor.require(MANAGE, place)
            outage.transformers.set(wanted)
            outage.customers_out = sum(t.customers for t in wanted)
            changed.append("transformers")
    form.finish()
    if not changed:
        return outage
    outage.save(update_fields=["expected_at", "cause", "customers_out"])
    record(
        actor, "outage.updated", outage, org=outage.org, topics=topics_of(outage),
        payload={
            "fields": changed, "state": outage.state, "customers_out": outage.customers_out,
            "expected_at": outage.expected_at, "transformers_added": sorted(added), "transformers_removed": sorted(removed),
        },
    )  # fmt: skip
    return outage


@action("outage.restore")
def restore_outage(actor: Actor, outage_id: int, *, at: dt.datetime | None = None) -> Outage:
    """Supply is back. Restoring again at whatever time gives the outage as it is.

    Raises NotAllowed, NotFound, Conflict (announced only, or cancelled), InvalidInput (at: future, before the start).
    """
    outage = _locked(actor, outage_id)
    if outage.state == OutageState.RESTORED:
        return outage
    if outage.state == OutageState.ANNOUNCED and outage.started_at <= moment.now():
        outage = start_outage(actor, outage_id)
    if outage.state != OutageState.ACTIVE:
        raise Conflict(_("停电当前为“%(state)s”，不能登记恢复") % {"state": OutageState(outage.state).label})
    now = moment.now()
    restored = _not_future(at, "at") if at else max(now, outage.started_at)
    if restored < outage.started_at:
        raise InvalidInput(
            {"at": _("恢复时间不能早于停电开始（%(start)s），请核对后重填") % {"start": shown(outage.started_at)}}
        )
    outage.state, outage.restored_at = OutageState.RESTORED, restored
    outage.save(update_fields=["state", "restored_at"])
    minutes = (restored - outage.started_at).total_seconds() / 60
    record(
        actor, "outage.restored", outage, org=outage.org, at=restored, topics=topics_of(outage),
        payload={
            "state": outage.state, "customers_out": outage.customers_out, "minutes": round(minutes, 2),
            "customer_minutes": round(minutes * outage.customers_out, 1),
        },
    )  # fmt: skip
    return outage


@action("outage.cancel")
def cancel_outage(actor: Actor, outage_id: int, *, reason: str) -> Outage:
    """An announced outage will not take place. Raises NotAllowed, NotFound, Conflict (not announced), InvalidInput (reason)."""
    outage = _locked(actor, outage_id)
    form = Form()
    reason = form.text("reason", reason, longest=LONGEST_CAUSE, required=True, lines=False)
    form.finish()
    if outage.state != OutageState.ANNOUNCED:
        raise Conflict(_("只有尚未开始的停电可以取消；已开始的请登记恢复"))
    outage.state = OutageState.CANCELLED
    outage.save(update_fields=["state"])
    record(
        actor, "outage.cancelled", outage, org=outage.org, topics=topics_of(outage),
        payload={"state": outage.state, "customers_out": outage.customers_out, "reason": reason},
    )  # fmt: skip
    return outage


@action("outage.set_master")
def set_outage_master(actor: Actor, outage_id: int, request_id: int) -> Outage:
    """The first accepted request of an outage becomes the one that others are merged into.

    Called by the requests app inside its own action, which checked permission. A master already set stays: the caller
    reads it from the outage given back. Raises NotFound.
    """
    outage = _row(outage_id)
    if outage.master_request_id is not None:
        return outage
    outage.master_request_id = request_id
    outage.save(update_fields=["master_request_id"])
    record(
        actor, "outage.master_set", outage, org=outage.org, topics=topics_of(outage), payload={"request_id": request_id}
    )
    return outage


def topics_of(outage: Outage) -> list[str]:
    """Live topics of an outage; its floor follows from the org unit."""
    return [f"outage:{outage.pk}"]


def notice_met(kind: str, unit: OrgUnit, start: dt.datetime, announced: dt.datetime) -> bool | None:
    """Whether the outage was announced early enough (``outage.notice_hours``); None for kinds nobody can announce."""
    hours = policies.get("outage.notice_hours", unit, announced).get(kind)
    return None if hours is None else start - announced >= dt.timedelta(hours=hours)


def _row(outage_id: int) -> Outage:
    row = Outage.objects.select_related("org").select_for_update(of=("self",)).filter(pk=outage_id).first()
    if row is None:
        raise NotFound(_("没有这次停电"))
    return row


def _locked(actor: Actor, outage_id: int) -> Outage:
    outage = _row(outage_id)
    actor.require(MANAGE, outage.org.path)
    return outage


def _require_live(outage: Outage) -> None:
    if outage.state not in LIVE:
        raise Conflict(_("停电当前为“%(state)s”，不能再变更") % {"state": OutageState(outage.state).label})


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('grid_outage', 'id'))")
        return int(cursor.fetchone()[0])


def _open_under(source_ref: str) -> Outage | None:
    """The open outage of an upstream reference; the lock keeps two sendings at once from both finding none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grid.outage:{source_ref}"])
    return Outage.objects.select_related("org").filter(source_ref=source_ref, restored_at=None, state__in=LIVE).first()


def _feeder(form: Form, feeder: Feeder | int | None) -> Feeder | None:
    if feeder is None or isinstance(feeder, Feeder):
        return feeder
    found = Feeder.objects.select_related("org").filter(pk=feeder).first()
    if found is None:
        form.wrong("feeder_id", _("没有这条馈线，请从列表中选择"))
    return found


def _transformers(form: Form, feeder: Feeder | None, ids: Collection[int]) -> list[Transformer]:
    """The named transformers, or all of the feeder; faults: none, unknown, too many, not of the feeder."""
    wanted = set(ids)
    if len(wanted) > MOST_TRANSFORMERS:
        form.wrong("transformer_ids", _("一次停电最多 %(most)s 个台区，请分次登记") % {"most": MOST_TRANSFORMERS})
        return []
    rows = Transformer.objects.select_related("org").order_by("pk")
    found = list(rows.filter(pk__in=wanted) if wanted else rows.filter(feeder=feeder) if feeder else rows.none())
    missing = wanted - {t.pk for t in found}
    if missing:
        some = _("、").join(str(pk) for pk in sorted(missing)[:5])
        form.wrong("transformer_ids", _("没有编号为 %(some)s 的台区，请从列表中选择") % {"some": some})
    elif not found and not form.faults:
        form.wrong("transformer_ids", _("请选择馈线或至少一个台区"))
    if feeder is not None and any(t.feeder_id != feeder.pk for t in found):
        form.wrong("transformer_ids", _("所选台区中有不属于该馈线的，请核对"))
    return found


def _start(form: Form, kind: str, started_at: dt.datetime | None) -> dt.datetime:
    now = moment.now()
    if started_at is None:
        return now
    furthest = dt.timedelta(days=policies.get("outage.furthest_days"))
    ahead = (
        dt.timedelta(seconds=policies.get("time.future_tolerance_seconds")) if kind == OutageKind.FAULT else furthest
    )
    oldest = dt.timedelta(days=policies.get("outage.oldest_days"))
    return form.moment("started_at", started_at, tolerance=ahead, now=now, oldest=oldest) or now


def _expected(form: Form, expected_at: dt.datetime | None, start: dt.datetime) -> dt.datetime | None:
    furthest = dt.timedelta(days=policies.get("outage.furthest_days"))
    return form.moment(
        "expected_at",
        expected_at,
        tolerance=furthest,
        now=max(start, moment.now()),
        after=start,
        after_what=_("停电开始"),
    )


def _not_future(at: dt.datetime, field: str) -> dt.datetime:
    form = Form()
    tolerance = dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))
    oldest = dt.timedelta(days=policies.get("outage.oldest_days"))
    value = form.moment(field, at, tolerance=tolerance, oldest=oldest)
    form.finish()
    assert value is not None
    return value


def _smallest_unit(units: list[OrgUnit]) -> OrgUnit:
    """The lowest unit whose subtree holds all of them."""
    lineages = [unit.ancestor_ids() for unit in units]
    common = lineages[0]
    for lineage in lineages[1:]:
        common = [a for a, b in zip(common, lineage, strict=False) if a == b]
    if common == lineages[0]:
        return units[0]
    if not common:
        raise InvalidInput({"transformer_ids": _("所选台区不属于同一公司，请分次登记")})
    return OrgUnit.objects.get(pk=common[-1])
