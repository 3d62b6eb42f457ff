"""Observing, inferring, and what a person decides about an inferred outage."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils.translation import gettext as _

from denghuo.apps.grid.actions import common, open_outage, update_outage
from denghuo.apps.grid.choices import InferredState, ObservationKind, OutageCause, OutageKind, SupplyDeviceKind
from denghuo.apps.grid.inference import reading, trees
from denghuo.apps.grid.models import Feeder, InferredOutage, Outage, OutageObservation, SupplyDevice, Transformer
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.engine import outage as engine
from denghuo.engine.outage import Found, Grade

DEVICE_KINDS = frozenset({ObservationKind.TRIP, ObservationKind.OPENED, ObservationKind.CLOSED})


@action("outage.observe")
def observe(
    actor: Actor,
    *,
    kind: str,
    source_ref: str,
    at: dt.datetime | None = None,
    transformer_id: int | None = None,
    account_id: int | None = None,
    device_id: int | None = None,
    request_id: int | None = None,
    groupable: bool = True,
    sure: bool = True,
) -> OutageObservation:
    """Keep one thing that was heard and look again at its feeder. The same ``source_ref`` of a kind again: nothing new.

    Trips and what somebody saw name a device (``device_id``), everything else a transformer. Needs ``outage.manage`` in the
    feeder's unit. Raises NotAllowed, InvalidInput (kind, source_ref, at, transformer_id, device_id).
    """
    form = Form()
    kind = form.choice("kind", kind, ObservationKind.values)
    source_ref = form.text("source_ref", source_ref, longest=80, required=True)
    at = common.past_moment(form, "at", at) or moment.now()
    device = SupplyDevice.objects.select_related("feeder__org").filter(pk=device_id).first() if device_id else None
    below = (
        Transformer.objects.select_related("feeder__org").filter(pk=transformer_id).first() if transformer_id else None
    )
    if kind in DEVICE_KINDS and device is None:
        form.wrong("device_id", _("请选择设备"))
    if kind not in DEVICE_KINDS and below is None:
        form.wrong("transformer_id", _("请选择台区"))
    form.finish()
    feeder = device.feeder if device is not None else below.feeder if below is not None else None
    assert feeder is not None
    actor.require(common.MANAGE, feeder.org.path)
    row, new = OutageObservation.objects.get_or_create(
        kind=kind, source_ref=source_ref,
        defaults={
            "feeder": feeder, "at": at, "device": device if kind in DEVICE_KINDS else None, "account_id": account_id,
            "transformer_id": transformer_id if kind not in DEVICE_KINDS else None, "request_id": request_id,
            "groupable": groupable, "sure": sure,
        },
    )  # fmt: skip
    if new:
        record(
            actor, "outage.observed", feeder, org=feeder.org,
            payload={"observation_id": row.pk, "observation": kind, "feeder_id": feeder.pk},
        )  # fmt: skip
        look_again(actor, feeder.pk)
    return row


@action("outage.infer")
def look_again(actor: Actor, feeder_id: int) -> list[InferredOutage]:
    """Infer the feeder's outages anew: new ones are told, known ones follow, those nothing speaks for any more fade.

    Under a lock of the feeder, so that two reports at once make one row. What somebody rejected stays rejected until
    something newer than the decision speaks for it. Needs ``outage.manage``. Raises NotFound, NotAllowed.
    """
    feeder = Feeder.objects.select_related("org").filter(pk=feeder_id).first()
    if feeder is None:
        raise NotFound(_("没有这条馈线"))
    actor.require(common.MANAGE, feeder.org.path)
    if not policies.get("inference.enabled", feeder.org):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grid.inference:{feeder.pk}"])
    trees.ensure_devices(feeder)
    tree = trees.tree_of(feeder)
    heard = reading.heard(feeder, tree)
    found = engine.infer(heard.forest, heard.seen, reading.parameters(feeder.org))
    known = {row.device_id: row for row in InferredOutage.objects.filter(feeder=feeder, state=InferredState.OPEN)}
    rejected = _rejected(feeder)
    kept = []
    for one in found:
        device = tree.devices[one.device]
        newest = max((minute for minute in _minutes(heard, one)), default=heard.seen.now)
        if device.pk in rejected and heard.base + dt.timedelta(minutes=newest) <= rejected[device.pk]:
            continue
        kept.append(_keep(actor, feeder, tree, heard, one, known.pop(device.pk, None)))
    for row in known.values():
        row.state = InferredState.FADED
        row.save(update_fields=["state"])
        _tell(actor, "inferred.faded", row)
    return kept


def look_at_open(actor: Actor) -> int:
    """Look again at feeders with an undecided inferred outage not seen for a while: evidence fades by its half-life. How many."""
    before = moment.now() - dt.timedelta(minutes=float(policies.get("restoration.refresh_minutes")))
    rows = InferredOutage.objects.filter(state=InferredState.OPEN, seen_at__lt=before)
    feeders = sorted(set(rows.values_list("feeder_id", flat=True)[:200]))
    for pk in feeders:
        look_again(actor, pk)
    return len(feeders)


def _rejected(feeder: Feeder) -> dict[int, dt.datetime]:
    rows = InferredOutage.objects.filter(feeder=feeder, state=InferredState.REJECTED).order_by("decided_at")
    return {row.device_id: row.decided_at for row in rows if row.decided_at is not None}


def _minutes(heard: reading.Heard, one: Found) -> list[float]:
    who = set(one.calls) | set(one.gasps)
    minutes = [call.at for call in heard.seen.calls if call.customer in who]
    return minutes + [at for customer, at in heard.seen.gasps if customer in who]


def _keep(
    actor: Actor, feeder: Feeder, tree: trees.FeederTree, heard: reading.Heard, one: Found, row: InferredOutage | None
) -> InferredOutage:
    device, now = tree.devices[one.device], moment.now()
    new = row is None
    if row is None:
        row = InferredOutage(org_id=device.org_id, feeder=feeder, device=device, found_at=now)
    sure = one.grade == Grade.CONFIRMED
    newly_sure = sure and not row.confirmed and not new
    row.above = tree.devices[one.above] if one.above is not None else None
    row.confirmed, row.posterior, row.ratio = sure, one.posterior, one.ratio
    row.customers, row.calls, row.gasps = one.customers, len(one.calls), len(one.gasps)
    row.request_ids = sorted({pk for place in one.calls for pk in heard.requests.get(place, ())})
    row.reasons = [reason.value for reason in one.reasons]
    row.began_at, row.seen_at = heard.base + dt.timedelta(minutes=one.began), now
    row.save()
    if new or newly_sure:
        _tell(actor, "inferred.found" if new else "inferred.confirmed", row)
    return row


@action("inferred.accept")
def accept_inferred(
    actor: Actor, inferred_id: int, *, expected_at: dt.datetime | None = None, outage_id: int | None = None
) -> Outage:
    """Make an inferred outage an outage, or count it to one that lasts (``outage_id``).

    The new outage covers the transformers the device feeds; its opening puts the reports behind them to it, and the first
    accepted one becomes the master request, as for any outage. Needs ``outage.manage``. Raises NotFound, NotAllowed,
    Conflict (decided already, the other outage is over), InvalidInput (expected_at).
    """
    row = _undecided(actor, inferred_id)
    tree = trees.tree_of(row.feeder)
    below = trees.transformers_below(tree, row.device_id)
    if outage_id is not None:
        outage = common.locked(actor, outage_id)
        common.require_live(outage)
        if outage.feeder_id not in (None, row.feeder_id):
            raise Conflict(_("该停电属于另一条馈线，不能并入"))
        covered = set(outage.transformers.values_list("pk", flat=True))
        if set(below) - covered:
            outage = update_outage(actor, outage.pk, transformer_ids=sorted(covered | set(below)))
    else:
        if not below:
            raise InvalidInput({"device": _("该设备下没有台区，请先完善拓扑")})
        outage = open_outage(
            actor, kind=OutageKind.FAULT, feeder=row.feeder_id, transformer_ids=below, started_at=row.began_at,
            expected_at=expected_at, equipment=row.device.name, source_ref=f"inferred:{row.pk}",
        )  # fmt: skip
        Outage.objects.filter(pk=outage.pk).update(device=row.device, device_kind=row.device.kind)
    row.outage = outage
    _decide(actor, row, InferredState.ACCEPTED, "")
    _tell(actor, "inferred.accepted", row, outage_id=outage.pk)
    return outage


@action("inferred.merge")
def merge_inferred(actor: Actor, inferred_id: int, into_id: int) -> InferredOutage:
    """Two inferred outages are one: the lowest device that feeds both is open; gives the inferred outage of that device.

    Said by somebody who knows, so it is kept as a fact about that device, and the inference will not take them apart again.
    Needs ``outage.manage``. Raises NotFound, NotAllowed, Conflict (decided, the same one, other feeders, nothing above both).
    """
    if inferred_id == into_id:
        raise Conflict(_("请选择另一条推断停电"))
    first, second = (_undecided(actor, pk) for pk in sorted((inferred_id, into_id)))
    if first.feeder_id != second.feeder_id:
        raise Conflict(_("两条推断停电不在同一馈线，不能合并"))
    tree = trees.tree_of(first.feeder)
    above = _above_both(tree, first.device_id, second.device_id)
    if above is None:
        raise Conflict(_("没有同时供给两者的设备，不能合并"))
    device = tree.devices[above]
    rows = [row for row in (first, second) if row.device_id != device.pk]
    for row in rows:
        _decide(actor, row, InferredState.MERGED, "")
    observe(
        actor, kind=ObservationKind.OPENED, source_ref=f"merged:{first.pk}:{second.pk}", device_id=device.pk,
        at=min(moment.now(), max(row.began_at for row in (first, second))),
    )  # fmt: skip
    kept = InferredOutage.objects.filter(device=device, state=InferredState.OPEN).order_by("-pk").first()
    if kept is None:
        raise Conflict(_("合并后没有推断出停电，请核对线索"))
    for row in rows:
        row.merged_into = kept
        row.save(update_fields=["merged_into"])
        _tell(actor, "inferred.merged", row, into_id=kept.pk)
    return kept


def _above_both(tree: trees.FeederTree, one: int, other: int) -> int | None:
    lines = []
    for pk in (one, other):
        line, at = [], tree.place.get(pk, -1)
        while at >= 0:
            line.append(at)
            at = tree.place.get(tree.devices[at].parent_id or 0, -1)
        lines.append(line[::-1])
    shared = [a for a, b in zip(*lines, strict=False) if a == b]
    return shared[-1] if shared else None


@action("outage.classify")
def classify_outage(actor: Actor, outage_id: int, *, device_kind: str, cause_code: str) -> Outage:
    """Say which kind of device failed and why, for the analysis of faults; "" takes a class away.

    Needs ``outage.manage``. Raises NotFound, NotAllowed, InvalidInput (device_kind, cause_code).
    """
    outage = common.locked(actor, outage_id)
    form = Form()
    kind = form.choice("device_kind", device_kind, SupplyDeviceKind.values, required=False)
    cause = form.choice("cause_code", cause_code, OutageCause.values, required=False)
    form.finish()
    if (kind, cause) == (outage.device_kind, outage.cause_code):
        return outage
    outage.device_kind, outage.cause_code = kind, cause
    outage.save(update_fields=["device_kind", "cause_code"])
    record(
        actor, "outage.classified", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"device_kind": kind, "cause_code": cause},
    )  # fmt: skip
    return outage


@action("inferred.reject")
def reject_inferred(actor: Actor, inferred_id: int, *, reason: str) -> InferredOutage:
    """There is no such outage; the device is named again only for something newer. Needs ``outage.manage``.

    Raises NotFound, NotAllowed, Conflict (decided already), InvalidInput (reason).
    """
    row = _undecided(actor, inferred_id)
    form = Form()
    reason = form.text("reason", reason, longest=common.LONGEST_NOTE, required=True)
    form.finish()
    _decide(actor, row, InferredState.REJECTED, reason)
    _tell(actor, "inferred.rejected", row)
    return row


def _undecided(actor: Actor, inferred_id: int) -> InferredOutage:
    rows = InferredOutage.objects.select_related("org", "device", "feeder").select_for_update(of=("self",))
    row = rows.filter(pk=inferred_id).first()
    if row is None:
        raise NotFound(_("没有这条推断停电"))
    actor.require(common.MANAGE, row.org.path)
    if row.state != InferredState.OPEN:
        raise Conflict(_("推断停电当前为“%(state)s”，请刷新") % {"state": InferredState(row.state).label})
    return row


def _decide(actor: Actor, row: InferredOutage, state: str, note: str) -> None:
    row.state, row.note = state, note
    row.decided_at, row.decided_by_id = moment.now(), common.staff_id(actor)
    row.save(update_fields=["state", "note", "decided_at", "decided_by", "outage"])


def _tell(actor: Actor, kind: str, row: InferredOutage, **more: int) -> None:
    payload = {
        "state": str(row.state), "device_id": row.device_id, "feeder_id": row.feeder_id, "customers": row.customers,
        "calls": row.calls, "confirmed": row.confirmed,
    }  # fmt: skip
    record(actor, kind, row, org=row.org, topics=[f"inferred:{row.pk}"], payload=payload | more)
