"""The tree of one feeder as the inference works on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from denghuo.apps.grid.choices import SupplyDeviceKind
from denghuo.apps.grid.models import Feeder, FeederSection, SupplyDevice, Transformer
from denghuo.engine.outage import DeviceKind, Forest, forest


@dataclass(frozen=True)
class FeederTree:
    """Devices of a feeder, parents first, and where accounts hang that are known by their transformer only."""

    devices: list[SupplyDevice]
    place: dict[int, int]
    by_transformer: dict[int, int]

    def spot(self, transformer_id: int | None, device_id: int | None = None) -> int:
        """Where an account hangs: its own device when the topology told it, else its transformer; -1 when neither is here."""
        if device_id is not None and device_id in self.place:
            return self.place[device_id]
        return -1 if transformer_id is None else self.by_transformer.get(transformer_id, -1)

    def over(self, transformer_ids: Iterable[int]) -> int | None:
        """The lowest device that feeds all of these transformers, as its place; None when none does."""
        path: list[int] | None = None
        for pk in transformer_ids:
            if pk not in self.by_transformer:
                continue
            line, at = [], self.by_transformer[pk]
            while at >= 0:
                line.append(at)
                at = self.place.get(self.devices[at].parent_id or 0, -1)
            line.reverse()
            path = line if path is None else [a for a, b in zip(path, line, strict=False) if a == b]
        return path[-1] if path else None

    def arrays(self, spots: Iterable[int], coverage: float) -> Forest:
        """The arrays; ``spots``: where each observed account hangs; ``coverage``: share of meters that report.

        Customers nobody heard of enter as counts only: what a device takes is its own count and all below it.
        """
        own = [device.customers for device in self.devices]
        heard = list(spots)
        return forest(
            [self.place.get(device.parent_id or 0, -1) for device in self.devices],
            [DeviceKind(device.kind) for device in self.devices],
            heard,
            own=own,
            own_meters=[int(count * coverage) for count in own],
        )


def ensure_devices(feeder: Feeder) -> int:
    """Make the devices of a feeder nobody imported: its breaker, its sections in their order, its transformers.

    Gives how many were made; 0 when the feeder has devices. Called inside actions, which hold the feeder's lock.
    """
    if SupplyDevice.objects.filter(feeder=feeder, retired_at=None).exists():
        return 0
    kinds = SupplyDeviceKind
    head = SupplyDevice.objects.create(
        org_id=feeder.org_id, feeder=feeder, code=f"{feeder.code}-0", name=feeder.name, kind=kinds.FEEDER
    )
    above, sections = head, {}
    for section in FeederSection.objects.filter(feeder=feeder).order_by("position"):
        above = SupplyDevice.objects.create(
            org_id=feeder.org_id, feeder=feeder, parent=above, code=f"{section.code}-S", name=section.name,
            kind=kinds.SECTION,
        )  # fmt: skip
        sections[section.pk] = above
    rows = Transformer.objects.filter(feeder=feeder).order_by("code")
    made = SupplyDevice.objects.bulk_create(
        SupplyDevice(
            org_id=one.org_id, feeder=feeder, parent=sections.get(one.section_id or 0, head), transformer=one,
            code=f"{one.code}-T", name=one.name, kind=kinds.TRANSFORMER, customers=one.customers,
        )
        for one in rows
    )  # fmt: skip
    return 1 + len(sections) + len(made)


def tree_of(feeder: Feeder) -> FeederTree:
    """The feeder's devices in operation, parents first. One query by the index on ``feeder``."""
    rows = list(
        SupplyDevice.objects.filter(feeder=feeder, retired_at=None).select_related("transformer").order_by("pk")
    )
    children: dict[int | None, list[SupplyDevice]] = {}
    known = {row.pk for row in rows}
    for row in rows:
        children.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    ordered: list[SupplyDevice] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting.extend(reversed(children.get(row.pk, [])))
    place = {row.pk: index for index, row in enumerate(ordered)}
    by_transformer = {row.transformer_id: index for index, row in enumerate(ordered) if row.transformer_id}
    return FeederTree(ordered, place, by_transformer)


def transformers_below(tree: FeederTree, device_id: int) -> list[int]:
    """Transformers a device feeds; the one it belongs to when it lies below one. None for a device that was moved to
    another feeder since."""
    if device_id not in tree.place:
        return []
    inside = {device_id}
    found = []
    for row in tree.devices:
        if row.parent_id in inside:
            inside.add(row.pk)
        if row.pk in inside and row.transformer_id:
            found.append(row.transformer_id)
    at = tree.devices[tree.place[device_id]]
    while not found and at.parent_id in tree.place:
        at = tree.devices[tree.place[at.parent_id]]
        if at.transformer_id:
            found.append(at.transformer_id)
    return found
