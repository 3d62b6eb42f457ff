"""After "restored": who is still out below the device, told to the dispatcher and the crew before it leaves."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from denghuo.apps.grid.actions import common, open_outage
from denghuo.apps.grid.choices import ObservationKind, OutageKind, OutageState, RemainingState
from denghuo.apps.grid.inference import reading, trees
from denghuo.apps.grid.models import Outage, OutageObservation, RemainingOutage, SupplyDevice
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.engine import outage as engine

ACTOR = "grid.remaining"
MOST_IDS = 500
MOST_DEVICES = 10
MINUTE = dt.timedelta(minutes=1)


def watched(feeder_id: int | None = None) -> list[int]:
    """Outages reported restored within ``remaining.watch_minutes`` (index ``grid_outage_restored``), and those whose crew
    has returned its order while the dispatcher has not reported restoration yet."""
    since = moment.now() - float(policies.get("remaining.watch_minutes")) * MINUTE
    rows = Outage.objects.filter(
        Q(restored_at__gte=since, state=OutageState.RESTORED)
        | Q(restored_at=None, state=OutageState.ACTIVE, remaining__state=RemainingState.OPEN)
    )
    if feeder_id is not None:
        rows = rows.filter(feeder_id=feeder_id)
    return list(rows.distinct().order_by("-pk").values_list("pk", flat=True)[:200])


def look_all() -> int:
    """Look at every outage restored lately; gives how many have somebody left. A sweep's work."""
    actor = Actor.system(ACTOR)
    return sum(look(actor, pk) is not None for pk in watched())


@action("remaining.look")
def look(actor: Actor, outage_id: int, *, reported_at: dt.datetime | None = None) -> RemainingOutage | None:
    """Find who is still out below a restored outage; gives the open list, None when nobody is (an open one is cleared).

    ``reported_at``: when supply came back as the crew said, for an outage the dispatcher has not ended yet. Callers since
    then, meters that fell silent before and did not come back although most have, and as a hint the callers of before whom
    nobody has confirmed. Decided lists stay; something newer than the decision opens a new one. Raises NotFound, NotAllowed.
    """
    outage = common.locked(actor, outage_id)
    row = RemainingOutage.objects.select_for_update().filter(outage=outage, state=RemainingState.OPEN).first()
    back = outage.restored_at or reported_at or (row.restored_at if row else None)
    if back is None or outage.feeder is None or outage.of_accounts:
        return None
    found = _found(outage, back)
    if found is None:
        return _none_left(actor, row)
    if row is None and _decided_since(outage, found["newest"]):
        return None
    new = row is None
    if row is None:
        row = RemainingOutage(org=outage.org, outage=outage, found_at=moment.now())
    before = (row.callers, row.silent, [one["device_id"] for one in row.devices])
    for name in ("callers", "silent", "unconfirmed", "account_ids", "request_ids", "unconfirmed_ids", "devices"):
        setattr(row, name, found[name])
    row.restored_at, row.seen_at = back, moment.now()
    row.save()
    if new or before != (row.callers, row.silent, [one["device_id"] for one in row.devices]):
        _tell(actor, "remaining.found" if new else "remaining.changed", row)
    return row


def _found(outage: Outage, back: dt.datetime) -> dict[str, Any] | None:
    """What the inference says of those left, None when nobody is."""
    assert outage.feeder is not None
    tree = trees.tree_of(outage.feeder)
    place = _place(outage, tree)
    if place is None:
        return None
    heard = reading.heard(outage.feeder, tree, explained=False)
    minute = (back - heard.base) / MINUTE
    settle = float(policies.get("remaining.settle_minutes", outage.org))
    left = engine.still_out(heard.forest, heard.seen, place, minute, reading.parameters(outage.org), settle)
    if not left.customers:
        return None
    silent = set(left.silent_meters)
    callers = [c for c in left.customers if any(one.customer == c and one.at > minute for one in heard.seen.calls)]
    requests = sorted({pk for c in callers for pk in heard.requests.get(c, ())})
    unsure = _unconfirmed(outage, back)
    return {
        "callers": len(callers), "silent": len(silent), "unconfirmed": len(unsure), "request_ids": requests[:MOST_IDS],
        "account_ids": sorted({pk for c in left.customers if (pk := heard.accounts[c])})[:MOST_IDS],
        "unconfirmed_ids": unsure[:MOST_IDS],
        "devices": [
            {
                "device_id": tree.devices[one.device].pk, "posterior": round(one.posterior, 4),
                "customers": one.customers, "calls": len(one.calls), "gasps": len(one.gasps),
            }
            for one in left.devices[:MOST_DEVICES]
        ],
        "newest": heard.base + max((one.at for one in heard.seen.calls if one.customer in set(callers)), default=minute)
        * MINUTE,
    }  # fmt: skip


def _place(outage: Outage, tree: trees.FeederTree) -> int | None:
    """Where the outage stands in the tree: its device, else the lowest device over its transformers."""
    if outage.device_id in tree.place:
        return tree.place[outage.device_id]
    return tree.over(outage.transformers.values_list("pk", flat=True))


def _unconfirmed(outage: Outage, back: dt.datetime) -> list[int]:
    """Accounts that called during the outage and were not shown to have supply since."""
    below = list(outage.transformers.values_list("pk", flat=True))
    rows = OutageObservation.objects.filter(transformer_id__in=below, account_id__isnull=False)
    if outage.feeder_id is not None:
        rows = rows.filter(feeder_id=outage.feeder_id)
    called = rows.filter(kind=ObservationKind.CALL, at__gte=outage.started_at - 30 * MINUTE, at__lt=back)
    fine = rows.filter(kind__in=(ObservationKind.POWER_ON, ObservationKind.SUPPLIED), at__gte=back)
    return sorted(set(called.values_list("account_id", flat=True)) - set(fine.values_list("account_id", flat=True)))


def _none_left(actor: Actor, row: RemainingOutage | None) -> None:
    if row is None:
        return
    row.state, row.decided_at, row.callers, row.silent = RemainingState.CLEARED, moment.now(), 0, 0
    row.save(update_fields=["state", "decided_at", "callers", "silent"])
    _tell(actor, "remaining.cleared", row)


def _decided_since(outage: Outage, newest: dt.datetime) -> bool:
    decided = RemainingOutage.objects.filter(outage=outage).exclude(state=RemainingState.OPEN)
    last = decided.order_by("-decided_at").values_list("decided_at", flat=True).first()
    return last is not None and newest <= last


@action("remaining.ask")
def ask(actor: Actor, remaining_id: int) -> list[int]:
    """Ask a sample of those nobody has heard of whether their supply is back; gives their account ids.

    Up to ``remaining.ask_sample`` of those not asked before: silent meters and unconfirmed callers. The message goes out by
    the channel each of them subscribed on. Needs ``outage.manage``. Raises NotFound, NotAllowed, Conflict (decided, all
    asked).
    """
    row = _undecided(actor, remaining_id)
    waiting = [pk for pk in (*row.account_ids, *row.unconfirmed_ids) if pk not in set(row.asked_ids)]
    sample = list(dict.fromkeys(waiting))[: int(policies.get("remaining.ask_sample", row.org))]
    if not sample:
        raise Conflict(_("没有可询问的客户，或都已询问过"))
    row.asked_ids = [*row.asked_ids, *sample]
    row.save(update_fields=["asked_ids"])
    record(
        actor, "remaining.asked", row, org=row.org, topics=_topics(row),
        payload={"outage_id": row.outage_id, "account_ids": sample},
    )  # fmt: skip
    return sample


@action("remaining.accept")
def accept(actor: Actor, remaining_id: int, *, device_id: int | None = None) -> Outage:
    """There is another outage below: make it one of its own, for the crew of the first.

    ``device_id``: one of those inferred, the likeliest when left out. It begins when supply was reported back, because its
    customers were counted to the first until then. The app above puts the reports to it and sends the same crew. Needs
    ``outage.manage``. Raises NotFound, NotAllowed, Conflict (decided), InvalidInput (device_id).
    """
    row = _undecided(actor, remaining_id)
    known = [int(one["device_id"]) for one in row.devices]
    wanted = device_id or (known[0] if known else None)
    device = SupplyDevice.objects.select_related("feeder__org").filter(pk=wanted, pk__in=known).first()
    if device is None:
        raise InvalidInput({"device_id": _("请选择推断出的设备")})
    below = trees.transformers_below(trees.tree_of(device.feeder), device.pk)
    if not below:
        raise InvalidInput({"device_id": _("该设备下没有台区，请先完善拓扑")})
    parent = row.outage
    nested = open_outage(
        actor, kind=OutageKind.FAULT, feeder=device.feeder_id, transformer_ids=below, started_at=row.restored_at,
        equipment=device.name, cause=parent.cause, source_ref=f"nested:{row.pk}",
    )  # fmt: skip
    Outage.objects.filter(pk=nested.pk).update(device=device, device_kind=device.kind)
    row.nested = nested
    _decide(actor, row, RemainingState.NESTED, "")
    _tell(
        actor, "remaining.accepted", row, nested_id=nested.pk, device_id=device.pk, request_ids=list(row.request_ids),
        master_request_id=parent.master_request_id,
    )  # fmt: skip
    return nested


@action("remaining.clear")
def clear(actor: Actor, remaining_id: int, *, note: str) -> RemainingOutage:
    """Supply is back at all of them after all, as somebody found out. Needs ``outage.manage``.

    Raises NotFound, NotAllowed, Conflict (decided), InvalidInput (note).
    """
    row = _undecided(actor, remaining_id)
    form = Form()
    note = form.text("note", note, longest=common.LONGEST_NOTE, required=True, lines=False)
    form.finish()
    _decide(actor, row, RemainingState.CLEARED, note)
    _tell(actor, "remaining.cleared", row)
    return row


def open_for(outage_ids: list[int]) -> dict[int, RemainingOutage]:
    """The open lists of these outages, by outage. One query; for pages of other apps, such as the crew's order."""
    rows = RemainingOutage.objects.filter(outage__in=outage_ids, state=RemainingState.OPEN)
    return {row.outage_id: row for row in rows}


def device_names(row: RemainingOutage) -> list[str]:
    """Names of the devices inferred to keep them out, the likeliest first."""
    names = dict(
        SupplyDevice.objects.filter(pk__in=[one["device_id"] for one in row.devices]).values_list("pk", "name")
    )
    return [names[one["device_id"]] for one in row.devices if one["device_id"] in names]


def _undecided(actor: Actor, remaining_id: int) -> RemainingOutage:
    rows = RemainingOutage.objects.select_related("org", "outage__org").select_for_update(of=("self",))
    row = rows.filter(pk=remaining_id).first()
    if row is None:
        raise NotFound(_("没有这份名单"))
    actor.require(common.MANAGE, row.org.path)
    if row.state != RemainingState.OPEN:
        raise Conflict(_("名单当前为“%(state)s”，请刷新") % {"state": RemainingState(row.state).label})
    return row


def _decide(actor: Actor, row: RemainingOutage, state: str, note: str) -> None:
    row.state, row.note = state, note
    row.decided_at, row.decided_by_id = moment.now(), common.staff_id(actor)
    row.save(update_fields=["state", "note", "decided_at", "decided_by", "nested"])


def _topics(row: RemainingOutage) -> list[str]:
    return [f"remaining:{row.pk}", f"outage:{row.outage_id}"]


def _tell(actor: Actor, kind: str, row: RemainingOutage, **more: Any) -> None:
    payload = {
        "outage_id": row.outage_id, "state": str(row.state), "callers": row.callers, "silent": row.silent,
        "unconfirmed": row.unconfirmed, "device_ids": [int(one["device_id"]) for one in row.devices],
    }  # fmt: skip
    record(actor, kind, row, org=row.org, topics=_topics(row), payload=payload | more)
